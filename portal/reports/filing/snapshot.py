"""The frozen report: what is kept, under which digest, and whether it still is what was filed."""

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.reports import document
from portal.reports.document import Report
from portal.reports.filing import chunks
from portal.reports.filing.models import Filing, FilingChunk, FilingFile, FilingRows
from portal.reports.filing.work import (
    Work,
    canonical,
    digest_of,
    figures_json,
    plain,
    rules_json,
    tree_json,
)
from portal.reports.writers import csv, docx, pdf_report, xlsx

SHAPE = 1
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF, CSV = "application/pdf", "text/csv"


def working(work: Work, report: Report, checks: Sequence[Any], changed: Sequence[Any]) -> dict[str, Any]:
    """Return what a report not yet filed keeps: all it shows, computed at one moment, without rows and files."""
    return {
        "shape": SHAPE,
        "plan": {"code": work.plan.code, "number": work.plan.number, "digest": work.plan.digest},
        "figures": figures_json(work),
        "rules": rules_json(work),
        "tree": tree_json(work),
        "below": plain(work.below),
        "checks": [one.document() for one in checks],
        "adjustments": [one.document() for one in changed],
        "report": document.to_json(report),
    }


def identity(filing: Filing) -> dict[str, Any]:
    """Return what names a report, as it stands under the digest."""
    return {
        "plan": filing.plan,
        "period": filing.period,
        "place": filing.place,
        "place_name": filing.place_name,
        "sector": filing.sector,
        "number": filing.number,
        "target_set": filing.target_set,
        "cut_off": filing.cut_off.isoformat(),
    }


def freeze(session: Session, filing: Filing, work: Work, kept: dict[str, Any], now: datetime) -> None:
    """Write rows and files of a report, and everything it stands on under one digest; flushes.

    Rows and files go first: once the digest stands, the database refuses any change.
    """
    rows = {}
    for code, opened in sorted(work.opened.items()):
        digest = chunks.keep(session, filing.id, code, opened.rows)
        session.add(
            FilingRows(filing_id=filing.id, indicator=code, row_count=len(opened.rows), digest=digest)
        )
        rows[code] = {"digest": digest, "count": len(opened.rows)}
    files = {}
    for name, media, content in rendered(document.from_json(kept["report"]), base_name(filing), now):
        digest = digest_of(content)
        session.add(FilingFile(filing_id=filing.id, name=name, media=media, content=content, digest=digest))
        files[name] = digest
    session.flush()
    whole = {
        **kept,
        "filing": identity(filing),
        "narrative": dict(filing.narrative),
        "rows": rows,
        "files": files,
        "filed_at": now.isoformat(),
    }
    filing.snapshot, filing.digest, filing.filed_at = whole, digest_of(canonical(whole)), now
    session.flush()


def base_name(filing: Filing) -> str:
    """Return what the files of a report are called, without ending."""
    return f"bao-cao-{filing.plan}-{filing.period}-{filing.place.replace(':', '-').replace('/', '-')}"


def rendered(report: Report, base: str, now: datetime) -> list[tuple[str, str, bytes]]:
    """Return every file of a report: name, media type, bytes."""
    missing = document.NO_DENOMINATOR
    sheets = [(f"Phụ lục {one.numeral}", one.table) for one in report.appendices]
    with xlsx.write_book(sheets, missing, now) as book:
        workbook = book.read()
    return [
        (f"{base}.docx", DOCX, docx.write(report, now)),
        (f"{base}.pdf", PDF, pdf_report.write(report)),
        (f"{base}.xlsx", XLSX, workbook),
        *(
            (f"{base}-{one.code}.csv", CSV, b"".join(csv.write(one.table, missing)))
            for one in report.appendices
        ),
    ]


def verify(session: Session, filing: Filing) -> list[str]:
    """Return what of a filed report is no longer as it was filed: nothing, where it has not moved."""
    kept: Mapping[str, Any] = filing.snapshot or {}
    faults = []
    if filing.digest is None:
        return ["not filed"]
    if digest_of(canonical(kept)) != filing.digest:
        faults.append("snapshot: its digest differs")
    if kept.get("filing") != identity(filing):
        faults.append("filing: plan, period, place or cut-off differ from the snapshot")
    if kept.get("narrative") != dict(filing.narrative):
        faults.append("narrative: differs from the snapshot")
    if filing.filed_at is not None and kept.get("filed_at") != _iso(filing.filed_at, kept):
        faults.append("filed_at: differs from the snapshot")
    return [*faults, *_rows(session, filing, kept), *_files(session, filing, kept)]


def _iso(moment: datetime, kept: Mapping[str, Any]) -> str:
    """Return the stored moment as the snapshot writes it, be it kept in another zone of the same moment."""
    try:
        said = datetime.fromisoformat(str(kept.get("filed_at")))
    except ValueError:
        return moment.isoformat()
    return said.isoformat() if said == moment else moment.isoformat()


def _rows(session: Session, filing: Filing, kept: Mapping[str, Any]) -> list[str]:
    faults = []
    asked: dict[str, Any] = dict(kept.get("rows", {}))
    for one in session.scalars(
        select(FilingRows).where(FilingRows.filing_id == filing.id).order_by(FilingRows.indicator)
    ):
        expected = asked.pop(one.indicator, None)
        if expected is None:
            faults.append(f"rows {one.indicator}: not part of the filed report")
            continue
        said = _said(session, one)
        if said is None:
            faults.append(f"rows {one.indicator}: damaged")
            continue
        digest, count, summed = said
        if digest != expected["digest"] or one.digest != expected["digest"]:
            faults.append(f"rows {one.indicator}: their digest differs")
        elif count != expected["count"] or one.row_count != expected["count"]:
            faults.append(f"rows {one.indicator}: their number differs")
        elif not summed:
            faults.append(f"rows {one.indicator}: a summary differs from its rows")
    return [*faults, *(f"rows {code}: missing" for code in sorted(asked))]


def _said(session: Session, one: FilingRows) -> tuple[str, int, bool] | None:
    """Return what the stored rows of a figure say: digest, number, whether their summaries are theirs; None: damaged."""
    texts, count, summed = [], 0, True
    for number, chunk in enumerate(
        session.scalars(
            select(FilingChunk)
            .where(FilingChunk.filing_id == one.filing_id, FilingChunk.indicator == one.indicator)
            .order_by(FilingChunk.number)
        )
    ):
        try:
            text = chunks.unpacked(chunk.rows)
            rows = json.loads(text)
            own = chunks.summary(rows)
        except (zlib.error, ValueError, LookupError, TypeError):
            return None
        texts.append(text)
        count += len(rows)
        summed = summed and chunk.number == number and chunk.summary == own
    return chunks.digest(texts), count, summed


def _files(session: Session, filing: Filing, kept: Mapping[str, Any]) -> list[str]:
    faults = []
    asked: dict[str, Any] = dict(kept.get("files", {}))
    for one in session.scalars(
        select(FilingFile).where(FilingFile.filing_id == filing.id).order_by(FilingFile.name)
    ):
        expected = asked.pop(one.name, None)
        if expected is None:
            faults.append(f"file {one.name}: not part of the filed report")
        elif digest_of(one.content) != expected or one.digest != expected:
            faults.append(f"file {one.name}: its digest differs")
    return [*faults, *(f"file {name}: missing" for name in sorted(asked))]

"""Everything about a person as one zip: JSON for machines, one page for people, a CSV for each part, the papers."""

import csv
import html
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core.locale import show_moment
from portal.core.rights.holdings import HOLDINGS, Holding, Part


def parts_of(session: Session, user_id: int) -> list[tuple[Holding, Part]]:
    """Return every holding with what it has about a person, in the order in which they registered."""
    return [(holding, holding.collect(session, user_id)) for holding in HOLDINGS.values()]


def packed(session: Session, user_id: int, full_name: str, now: datetime) -> bytes:
    """Return the zip, worded in the reader's language."""
    parts = parts_of(session, user_id)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        everything = {
            "made_at": now.isoformat(),
            **{holding.code: list(part.rows) for holding, part in parts},
        }
        archive.writestr("du-lieu.json", json.dumps(everything, ensure_ascii=False, indent=2, default=str))
        archive.writestr("doc-truoc.html", _page(parts, full_name, now))
        for holding, part in parts:
            archive.writestr(f"csv/{holding.code}.csv", _csv(holding, part))
            for name, content in part.files.items():
                archive.writestr(f"{holding.code}/{name}", content)
    return out.getvalue()


def cells(holding: Holding, row: Mapping[str, Any]) -> list[str]:
    """Return the cells of a row in the order of the holding's columns, codes worded."""
    return [_cell(holding, key, row.get(key)) for key, _label in holding.columns]


def _cell(holding: Holding, key: str, value: Any) -> str:
    message = holding.words.get(key, {}).get(str(value))
    return str(_(message)) if message is not None else shown(value)


def shown(value: object) -> str:
    """Return a JSON value as a reader sees it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, str):
        try:
            return (
                show_moment(datetime.fromisoformat(value)) if "T" in value and value[:4].isdigit() else value
            )
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {shown(one)}" for key, one in value.items())
    if isinstance(value, Sequence):
        return "; ".join(shown(one) for one in value)
    return str(value)


def _csv(holding: Holding, part: Part) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_(label) for _key, label in holding.columns])
    for row in part.rows:
        writer.writerow([_guarded(cell) for cell in cells(holding, row)])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _guarded(text: str) -> str:
    """Return text that a spreadsheet does not run as a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _page(parts: Sequence[tuple[Holding, Part]], full_name: str, now: datetime) -> str:
    title = html.escape(_("What the learning portal knows about %(name)s", name=full_name))
    pieces = [
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>',
        f"<p>{html.escape(_('As of %(moment)s.', moment=show_moment(now)))}</p>",
    ]
    for holding, part in parts:
        pieces.append(f"<h2>{html.escape(_(holding.title))}</h2>")
        if not part.rows:
            pieces.append(f"<p>{html.escape(_('Nothing.'))}</p>")
            continue
        pieces.append("<table border><thead><tr>")
        pieces += [f"<th>{html.escape(_(label))}</th>" for _key, label in holding.columns]
        pieces.append("</tr></thead><tbody>")
        for row in part.rows:
            inside = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells(holding, row))
            pieces.append(f"<tr>{inside}</tr>")
        pieces.append("</tbody></table>")
    pieces.append("</body></html>")
    return "".join(pieces)

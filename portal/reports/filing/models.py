"""A report of a period for a place, with everything it stands on, frozen when it is filed."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, LongText, Pk
from portal.core.text import N_


class FilingState(StrEnum):
    """How far a report is. From `filed` on its figures, rows and files are frozen; a returned one is filed anew."""

    DRAFT = "draft"
    PREPARED = "prepared"
    APPROVED = "approved"
    FILED = "filed"
    RECEIVED = "received"
    RETURNED = "returned"


FILING_STATE_LABELS = {
    FilingState.DRAFT: N_("draft"),
    FilingState.PREPARED: N_("prepared, waiting for approval"),
    FilingState.APPROVED: N_("approved, ready to file"),
    FilingState.FILED: N_("filed"),
    FilingState.RECEIVED: N_("received"),
    FilingState.RETURNED: N_("returned"),
}
FROZEN = (FilingState.FILED, FilingState.RECEIVED, FilingState.RETURNED)


class Filing(Base):
    """One report: plan, period and place; `number` counts the filings of the same question (2: after a return).

    `place` is the code as figures are asked for (`area:34/education`). `narrative` holds the words of each section.
    `snapshot` holds figures, rules, unit tree, checks and the document: of a draft as last computed; once filed also
    the digests of rows and files, and all of it under `digest`. Number, date, signature and seal of the paper are the clerk's: `issued_number`, `issued_on` and the signed
    scan are added afterwards, and stand outside the digest.
    """

    __tablename__ = "filing"

    id: Mapped[Pk]
    plan: Mapped[Code]
    period: Mapped[Code]
    place: Mapped[str] = mapped_column(String(80))
    place_name: Mapped[Line]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    sector: Mapped[Code | None]
    number: Mapped[int]
    target_set: Mapped[Code]
    cut_off: Mapped[date]
    state: Mapped[FilingState] = mapped_column(String(10))
    narrative: Mapped[dict[str, Any]] = mapped_column(Document)
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(Document)
    digest: Mapped[str | None] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    filed_at: Mapped[datetime | None]
    issued_number: Mapped[Line | None]
    issued_on: Mapped[date | None]
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))

    __table_args__ = (
        UniqueConstraint("plan", "period", "place", "number"),
        CheckConstraint("(digest IS NULL) = (filed_at IS NULL)", "frozen_when_filed"),
        CheckConstraint("number >= 1", "numbers_count_from_one"),
        Index("ix_filing_period_state", "period", "state"),
    )


class FilingRows(Base):
    """The rows behind one figure of a filed report: who and what was counted, and what was not and why.

    They stand in chunks; `digest` is that of all of them as one JSON list, `row_count` how many there are.
    """

    __tablename__ = "filing_rows"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id", ondelete="CASCADE"), primary_key=True)
    indicator: Mapped[Code] = mapped_column(primary_key=True)
    row_count: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))


class FilingChunk(Base):
    """Some of the rows behind a figure, in their order: so a page need not read them all.

    `rows` is compressed JSON (zlib), `summary` what `chunks.summary` makes of it.
    """

    __tablename__ = "filing_chunk"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id", ondelete="CASCADE"), primary_key=True)
    indicator: Mapped[Code] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    rows: Mapped[bytes] = mapped_column(LargeBinary)
    summary: Mapped[dict[str, Any]] = mapped_column(Document)


class FilingFile(Base):
    """A file of a filed report as it was rendered then."""

    __tablename__ = "filing_file"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[Line] = mapped_column(primary_key=True)
    media: Mapped[Line]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))


class FilingStep(Base):
    """Who moved a report to which state, when, with what words. Appended, never changed."""

    __tablename__ = "filing_step"

    id: Mapped[Pk]
    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id", ondelete="CASCADE"), index=True)
    state: Mapped[FilingState] = mapped_column(String(10))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    by_name: Mapped[Line]
    note: Mapped[LongText | None]

    __table_args__ = (CheckConstraint("state <> 'returned' OR length(note) >= 10", "a_return_says_why"),)

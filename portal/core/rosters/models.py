"""The basis of a unit's denominator, imports of staff lists with everything they changed, and transfers."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Line, LongText, Pk
from portal.core.organisation.following import follows
from portal.core.organisation.reorganise import Follower, Subject
from portal.core.text import N_

#: How many rows of a list are read, planned, written or taken back at a time: memory does not grow with the file.
BATCH = 1000
#: As `db.Document`; None is the database's NULL, for queries ask for it.
Facts = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Evidence(StrEnum):
    """What a unit gave: names; codes without names; or no list, a signed total."""

    NAMED = "named"
    CODED = "coded"
    TOTALS = "totals"


EVIDENCE_LABELS = {
    Evidence.NAMED: N_("list of names"),
    Evidence.CODED: N_("list of codes, without names"),
    Evidence.TOTALS: N_("declared total with a signed paper"),
}


class RosterBasis(Base):
    """What a unit's denominator stands on, from one date until another (both inclusive); one at a time.

    named, coded: the posts of the unit are its list, and a headcount is counted from them. totals: nobody is listed;
    `totals` holds people by audience, and `file_id` the signed paper. `confirmed_at` None: from before the portal
    kept that, from a table of units, or from the lists of the units that a reorganisation made this one of.
    """

    __tablename__ = "roster_basis"

    id: Mapped[Pk]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    evidence: Mapped[Evidence] = mapped_column(String(10))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    totals: Mapped[dict[str, int] | None] = mapped_column(Facts)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("roster_import.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    confirmed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "ends_after_it_begins"),
        CheckConstraint("(evidence = 'totals') = (file_id IS NOT NULL)", "totals_come_with_a_paper"),
        Index("ix_roster_basis_unit_id_valid_from", "unit_id", "valid_from"),
        Index(
            "uq_roster_basis_current",
            "unit_id",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
    )


class ImportState(StrEnum):
    """How far an import is. Only `applied` has changed the roster; `undone` has changed it back."""

    PLANNING = "planning"
    PLANNED = "planned"
    UNREADABLE = "unreadable"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    DISCARDED = "discarded"


IMPORT_STATE_LABELS = {
    ImportState.PLANNING: N_("being read"),
    ImportState.PLANNED: N_("read, nothing changed yet"),
    ImportState.UNREADABLE: N_("could not be read"),
    ImportState.APPLYING: N_("being applied"),
    ImportState.APPLIED: N_("applied"),
    ImportState.UNDOING: N_("being undone"),
    ImportState.UNDONE: N_("undone"),
    ImportState.DISCARDED: N_("discarded"),
}


class RosterImport(Base):
    """A staff list brought in from a file: read first (a dry run), applied on request, undone within seven days.

    `unit_id` None: every row names its unit. `full_list`: whoever is not in the file has left. `as_of` is the day the
    list describes. `counts` holds how many lines of each kind; `note` and `note_values` why it stands where it does;
    `erased_people` how many people's rows were blanked when their data were removed.
    """

    __tablename__ = "roster_import"

    id: Mapped[Pk]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    file_name: Mapped[Line]
    full_list: Mapped[bool]
    as_of: Mapped[date]
    state: Mapped[ImportState] = mapped_column(String(12))
    counts: Mapped[dict[str, int]] = mapped_column(Facts)
    note: Mapped[LongText | None]
    note_values: Mapped[dict[str, Any] | None] = mapped_column(Facts)
    erased_people: Mapped[int] = mapped_column(default=0, server_default="0")
    job_id: Mapped[int | None]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class RosterLine(Base):
    """One line of a dry run: what a row of the file (or its absence: number 0) would do, and why.

    `row` holds the values read; `outcome` what is planned (see `plan.Outcome`); `decision` what a person chose for a
    doubtful double.
    """

    __tablename__ = "roster_line"

    id: Mapped[Pk]
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id", ondelete="CASCADE"))
    position: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(40))
    unit_code: Mapped[Code]
    search_key: Mapped[str] = mapped_column(String(300))
    row: Mapped[dict[str, Any]] = mapped_column(Facts)
    outcome: Mapped[dict[str, Any]] = mapped_column(Facts)
    decision: Mapped[str | None] = mapped_column(String(10))

    __table_args__ = (Index("ix_roster_line_import_id_position", "import_id", "position", unique=True),)


class RosterChange(Base):
    """One row that an import added (`before` None) or changed: what it was, and a digest of what it became."""

    __tablename__ = "roster_change"

    id: Mapped[Pk]
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    row_id: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(Facts)
    after_digest: Mapped[str] = mapped_column(String(32))


class TransferState(StrEnum):
    """A transfer waits for the other head, who accepts or declines; the one who asked may withdraw it."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


TRANSFER_STATE_LABELS = {
    TransferState.ASKED: N_("waiting for the other unit"),
    TransferState.ACCEPTED: N_("accepted"),
    TransferState.DECLINED: N_("declined"),
    TransferState.WITHDRAWN: N_("withdrawn"),
}


class Transfer(Base):
    """A person goes from a post to another unit: the last day here is `leaves_on`, the first there the day after.

    requested: the receiving unit asks and the giving one answers; else it is the other way round. `reason`: why the
    answer is no.
    """

    __tablename__ = "transfer"

    id: Mapped[Pk]
    posting_id: Mapped[int] = mapped_column(ForeignKey("posting.id"), index=True)
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    leaves_on: Mapped[date]
    state: Mapped[TransferState] = mapped_column(String(10))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime]
    requested: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[LongText | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None]
    new_posting_id: Mapped[int | None] = mapped_column(ForeignKey("posting.id"))

    __table_args__ = (
        Index(
            "uq_transfer_open",
            "posting_id",
            unique=True,
            sqlite_where=text("state = 'asked'"),
            postgresql_where=text("state = 'asked'"),
        ),
    )


def _unapplied(row: Mapping[str, Any], day: date) -> bool:
    """Return whether an import is still a dry run."""
    return row["state"] in (ImportState.PLANNING, ImportState.PLANNED)


def _unanswered(row: Mapping[str, Any], day: date) -> bool:
    """Return whether a transfer still waits for the receiving head."""
    return bool(row["state"] == TransferState.ASKED)


# what waits for somebody of a unit waits at its successor; what was answered or applied is history
follows(Follower("roster_import", "unit_id", Subject.UNIT, dated=False, going_on=_unapplied))
follows(Follower("transfer", "to_unit_id", Subject.UNIT, dated=False, going_on=_unanswered))

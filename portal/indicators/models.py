"""What units declare, facts about people that no course gives, and tallies.

Figures are computed from facts, never stored here. Tallies are sums of facts that stand elsewhere, kept so that they
need not be added up for every page: throw them away and nothing is lost.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, LongText, Pk
from portal.core.text import N_


class DeclarationState(StrEnum):
    """A declaration counts once it is approved up the line; a returned one is corrected by a new one."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"


DECLARATION_STATE_LABELS = {
    DeclarationState.SUBMITTED: N_("waiting for approval"),
    DeclarationState.APPROVED: N_("approved"),
    DeclarationState.RETURNED: N_("returned"),
}


class Declaration(Base):
    """A value that a unit declares for an item of a plan, as of a day, with its evidence; never edited.

    `value` is {"count": 12}, {"yes": true}, {"ticks": ["posters"]}, {"number": "12/KH", "on": "2025-03-01"} or
    {"words": "…"}, by the kind of the item. The latest approved one on or before a day is what counts on that day.
    `note` explains a difference from what the portal computes.
    """

    __tablename__ = "declaration"

    id: Mapped[Pk]
    plan: Mapped[Code]
    item: Mapped[Code]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    said_on: Mapped[date]
    value: Mapped[dict[str, Any]] = mapped_column(Document)
    note: Mapped[LongText | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    state: Mapped[DeclarationState] = mapped_column(String(10))
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    entered_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    decided_note: Mapped[LongText | None]

    __table_args__ = (
        CheckConstraint("(state = 'submitted') = (decided_at IS NULL)", "decided_at_a_moment"),
        CheckConstraint("state <> 'returned' OR length(decided_note) >= 10", "a_return_says_why"),
        Index("ix_declaration_plan_item_unit_id", "plan", "item", "unit_id", "said_on"),
        Index("ix_declaration_unit_id_state", "unit_id", "state"),
    )


class PersonFact(Base):
    """A fact about a person that counts for an indicator and that no course gives, from a day to a day (inclusive).

    `network`: signed her registration in the social network. `active`: re-affirmed that she is a volunteer.
    """

    __tablename__ = "person_fact"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    fact: Mapped[Code]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "ends_after_it_begins"),
        Index("ix_person_fact_fact_user_id", "fact", "user_id"),
    )


#: A table of sums: what it holds follows from other tables, so no backup carries it.
DERIVED = {"derived": True}


class TallyState(Base):
    """How often tallies were brought up to the facts, one row: locked by whoever does it, so one does it at a time."""

    __tablename__ = "tally_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    turn: Mapped[int]
    places_turn: Mapped[int]
    said_turn: Mapped[int]

    __table_args__ = ({"info": DERIVED},)


class TallyDay(Base):
    """A day of which tallies of a plan are kept. basis: digest of what was tallied (courses, audiences).

    ready: every unit has been tallied; until then nobody reads them. turn: the last that changed what is known of it.
    """

    __tablename__ = "tally_day"

    id: Mapped[Pk]
    plan: Mapped[Code]
    day: Mapped[date]
    basis: Mapped[str] = mapped_column(String(64))
    ready: Mapped[bool]
    turn: Mapped[int]

    __table_args__ = (UniqueConstraint("plan", "day"), {"info": DERIVED})


class Tally(Base):
    """How many people (or households) of a unit are alike on a day.

    what: `staff` (by audience), `parents`, `carers`, `unlinked`, `households`; and who is only shown behind a figure of
    families: `posted`, `with_child`, `childless`. held, facts: bits of courses and of
    facts; of parents, `facts` are bits of what they answered before and after (`queries.home_rows`). person: the id of the one person counted here who is counted elsewhere, too. commune: code of the key of
    households. unit: where the post is; of households, their community of today. Ids without foreign keys: whatever
    goes, its tallies go with the next turn.
    """

    __tablename__ = "tally"

    id: Mapped[Pk]
    day_id: Mapped[int] = mapped_column(ForeignKey("tally_day.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(10))
    unit: Mapped[int]
    audience: Mapped[str | None] = mapped_column(String(30))
    commune: Mapped[Code | None]
    held: Mapped[int]
    facts: Mapped[int]
    person: Mapped[int | None]
    people: Mapped[int]

    __table_args__ = (Index("ix_tally_day_id_what_unit", "day_id", "what", "unit"), {"info": DERIVED})


class TallyMark(Base):
    """Something was written on which tallies stand. Triggers write it (migration inc1), in the transaction of the fact.

    what: `person` (the units of her posts, and of her household, must be counted anew), `unit` likewise, `all`
    (thousands of facts at once), `places` (areas, units, lists, courses), `said` (declarations), `class`. since: the
    first day that can differ; None: any.
    """

    __tablename__ = "tally_mark"

    id: Mapped[Pk]
    what: Mapped[str] = mapped_column(String(10))
    person: Mapped[int | None]
    unit: Mapped[int | None]
    since: Mapped[date | None]

    __table_args__ = ({"info": DERIVED},)

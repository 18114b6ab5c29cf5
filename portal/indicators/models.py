"""What units declare, and facts about people that no course gives. Figures are computed from facts, never stored here."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
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

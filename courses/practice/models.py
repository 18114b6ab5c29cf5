"""Practice of an enrolment: who marks it, the sheets, and the exact result."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, LongText, Pk


class Practice(Base):
    """One try of a course's practice. `result` is the exact share as a fraction ("7/12"), None until it is settled.

    `rubric` is the version's, frozen in. Unit, area and audience are those of the learner's post on `held_on`.
    """

    __tablename__ = "practice"

    id: Mapped[Pk]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"))
    number: Mapped[int]
    held_on: Mapped[date]
    place: Mapped[Line]
    rubric: Mapped[dict[str, Any]] = mapped_column(Document)
    assessors: Mapped[int]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    audience: Mapped[str | None] = mapped_column(String(30))
    arranged_at: Mapped[datetime]
    arranged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    settled_at: Mapped[datetime | None]
    result: Mapped[Code | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[LongText | None]

    __table_args__ = (
        UniqueConstraint("enrolment_id", "number"),
        CheckConstraint("number >= 1", "numbers_count_from_one"),
        CheckConstraint("assessors IN (1, 2)", "one_or_two_assessors"),
        CheckConstraint("(settled_at IS NULL) = (result IS NULL)", "settled_with_a_result"),
    )


class Assessor(Base):
    """A person named to mark: seats 1 and 2; seat 3 decides where the two differ. A sheet is handed in once.

    `levels` maps a criterion's ref to the place of a level, from 0; for seat 3 only the criteria that were apart.
    """

    __tablename__ = "practice_assessor"

    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"), primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    full_name: Mapped[Line]
    named_at: Mapped[datetime]
    named_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    handed_in_at: Mapped[datetime | None]
    levels: Mapped[dict[str, int] | None] = mapped_column(Document)
    note: Mapped[LongText]

    __table_args__ = (
        UniqueConstraint("practice_id", "user_id"),
        CheckConstraint("seat IN (1, 2, 3)", "three_seats"),
    )

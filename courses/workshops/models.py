"""Classes in a hall: the class, its days and trainers, who registered, who was there, and what the paper lists said.

Whoever was there is written down with name, unit, area and audience as of that day: later changes of posts move nothing.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, LongText, Pk
from portal.core.text import N_


class How(StrEnum):
    """How somebody's being there became known."""

    TICK = "tick"
    CODE = "code"
    FILE = "file"
    PAPER = "paper"
    CORRECTION = "correction"


HOW_LABELS = {
    How.TICK: N_("ticked by the trainer"),
    How.CODE: N_("checked in by code"),
    How.FILE: N_("from a file"),
    How.PAPER: N_("from a paper list"),
    How.CORRECTION: N_("corrected after closing"),
}


class Decision(StrEnum):
    """What was decided about a line of a paper list."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    PERSON = "person"
    VISIT = "visit"


DECISION_LABELS = {
    Decision.SURE: N_("certain"),
    Decision.DOUBTFUL: N_("to be decided"),
    Decision.PERSON: N_("decided"),
    Decision.VISIT: N_("a visit"),
}


class Workshop(Base):
    """A class in a hall. With `course_id` it counts towards that course's rule `workshop_attended`.

    `for_area_id`, `for_sector`, `for_audience` say whom it is open to (None does not narrow). `secret` makes the codes
    of its check-in screen. `origin` is `hall`, or `paper` for a class of the past that came as a list; `visits` counts
    those on such a list (or at the door) whom nobody could name: "lượt", never people.
    """

    __tablename__ = "workshop"

    id: Mapped[Pk]
    key: Mapped[Code] = mapped_column(unique=True)
    origin: Mapped[Code]
    title: Mapped[Line]
    search_key: Mapped[Line]
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    plan_item: Mapped[Code]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    place: Mapped[Line]
    guest_trainers: Mapped[Line]
    capacity: Mapped[int]
    days_needed: Mapped[int]
    for_area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    for_sector: Mapped[str | None] = mapped_column(String(20))
    for_audience: Mapped[str | None] = mapped_column(String(30))
    secret: Mapped[str] = mapped_column(String(64))
    starts_on: Mapped[date] = mapped_column(index=True)
    ends_on: Mapped[date]
    visits: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    cancelled_at: Mapped[datetime | None]
    cancelled_reason: Mapped[LongText | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    signatures: Mapped[int | None]
    difference_reason: Mapped[LongText | None]
    whole_course: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("capacity >= 1", "has_seats"),
        CheckConstraint("days_needed >= 1", "asks_for_a_day"),
        CheckConstraint("ends_on >= starts_on", "ends_after_it_begins"),
        CheckConstraint("visits >= 0", "visits_are_counted_up"),
        CheckConstraint("closed_at IS NULL OR cancelled_at IS NULL", "closed_or_cancelled"),
        CheckConstraint("signatures IS NULL OR signatures >= 0", "signatures_are_counted_up"),
    )


class WorkshopDay(Base):
    """A day of a class, with its hours in words (`07:30–11:30`)."""

    __tablename__ = "workshop_day"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    hours: Mapped[Code]


class WorkshopTrainer(Base):
    """A trainer whom the portal knows: may tick, show the check-in screen and count signatures."""

    __tablename__ = "workshop_trainer"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Registration(Base):
    """A person's place in a class's line. `number` is given once; giving the place up ends the row.

    Seated or waiting is not stored: `seats.seating` says it from the numbers.
    """

    __tablename__ = "workshop_registration"

    id: Mapped[Pk]
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    registered_at: Mapped[datetime]
    registered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    given_up_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("workshop_id", "number"),
        CheckConstraint("number >= 1", "numbers_count_from_one"),
        Index(
            "uq_workshop_registration_live",
            "workshop_id",
            "user_id",
            unique=True,
            sqlite_where=text("given_up_at IS NULL"),
            postgresql_where=text("given_up_at IS NULL"),
        ),
    )


class Mark(Base):
    """One tick or its taking back, as it was made: `key` comes from the device, so that sending it twice is once."""

    __tablename__ = "workshop_mark"

    key: Mapped[Code] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"))
    day: Mapped[date]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    present: Mapped[bool]
    how: Mapped[How] = mapped_column(String(20))
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    reason: Mapped[LongText | None]

    __table_args__ = (
        Index("ix_workshop_mark_workshop_id_day_user_id", "workshop_id", "day", "user_id"),
        CheckConstraint("how <> 'correction' OR length(reason) >= 10", "a_correction_says_why"),
    )


class Attendance(Base):
    """A person on a day of a class, as the latest of her marks says (by the moment it was made, then by its key)."""

    __tablename__ = "workshop_attendance"

    id: Mapped[Pk]
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"))
    day: Mapped[date]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    present: Mapped[bool]
    how: Mapped[How] = mapped_column(String(20))
    made_at: Mapped[datetime]
    mark_key: Mapped[Code]
    full_name: Mapped[Line]
    sort_key: Mapped[str] = mapped_column(String(700))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    unit_name: Mapped[Line]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    audience: Mapped[str | None] = mapped_column(String(30))

    __table_args__ = (UniqueConstraint("workshop_id", "day", "user_id"),)


class Attended(Base):
    """The fact that a person took part in a class: written once, at closing (or by a correction after it).

    What completion rules and figures count: one row for a person and a class. `withdrawn_at`: a correction with a
    reason took it back.
    """

    __tablename__ = "workshop_attended"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    on_day: Mapped[date]
    days: Mapped[int]
    origin: Mapped[Code]
    full_name: Mapped[Line]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    audience: Mapped[str | None] = mapped_column(String(30))
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_workshop_attended_user_id_course_id", "user_id", "course_id"),
        CheckConstraint("days >= 1", "was_there_a_day"),
    )


class PaperLine(Base):
    """A line of the list of a paper class: as typed, whom it may be, and what was decided by whom."""

    __tablename__ = "workshop_paper_line"

    id: Mapped[Pk]
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"))
    row: Mapped[int]
    name: Mapped[Line]
    unit: Mapped[Line]
    code: Mapped[Line]
    phone: Mapped[Line]
    year: Mapped[int]
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(Document)
    decision: Mapped[Decision] = mapped_column(String(20))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    outcome: Mapped[Code | None]

    __table_args__ = (UniqueConstraint("workshop_id", "row"),)


class WorkshopFile(Base):
    """A scanned sheet or a list that belongs to a class."""

    __tablename__ = "workshop_file"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), primary_key=True)

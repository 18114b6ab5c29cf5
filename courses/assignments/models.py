"""Rules, what they asked of whom, and reminders."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Pk
from portal.core.organisation.following import follows
from portal.core.organisation.reorganise import Follower, Subject


class AssignmentRule(Base):
    """Who must learn a course and by when: an audience (None: all of the course's) of an area or a unit, with sector.

    Never edited: another wish is another rule, and this one is ended (`valid_to`).
    """

    __tablename__ = "assignment_rule"

    id: Mapped[Pk]
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    audience: Mapped[str | None] = mapped_column(String(30))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    sector: Mapped[str | None] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    due_on: Mapped[date | None]
    due_days: Mapped[int | None]
    renewal_days: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    applied_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(area_id IS NULL) <> (unit_id IS NULL)", "has_one_place"),
        CheckConstraint("(due_on IS NULL) <> (due_days IS NULL)", "has_one_due_date"),
        CheckConstraint(
            "renewal_days BETWEEN 0 AND 365 AND coalesce(due_days, 0) BETWEEN 0 AND 3650", "bounds"
        ),
    )


class Assignment(Base):
    """A rule asked a person to learn a course (this cycle of it) by a day.

    Whether she has begun is not written here: an enrolment of the same person, course and cycle says it, and takes
    the due date. `ended_on`: from this day on it is no longer asked (its rule ended or she left before beginning);
    the row stays, so that a count as of an earlier day stays what it was.
    """

    __tablename__ = "assignment"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    cycle: Mapped[int]
    due_on: Mapped[date]
    rule_id: Mapped[int] = mapped_column(ForeignKey("assignment_rule.id"), index=True)
    assigned_on: Mapped[date]
    ended_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("cycle >= 1", "cycles_count_from_one"),
        Index(
            "uq_assignment_standing",
            "user_id",
            "course_id",
            "cycle",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        Index("ix_assignment_course_id_user_id", "course_id", "user_id"),
    )


class Reminder(Base):
    """A head reminded a person of a course on a day. One a day at most, by this key; the setting spaces them further."""

    __tablename__ = "reminder"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    sent_on: Mapped[date]
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    __table_args__ = (UniqueConstraint("user_id", "sent_on"),)


# one rule goes on, so that what it asked of people stays asked
follows(Follower("assignment_rule", "area_id", Subject.AREA, dated=False))
follows(Follower("assignment_rule", "unit_id", Subject.UNIT, dated=False))

"""A lesson played to a group: which one, where, by whom; who was there; hands counted for the group."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Line, Pk


class GroupLesson(Base):
    """One evening. `key` comes from the device, so that sending it twice makes one. `others`: people who were there
    and are not on the list, a number ("lượt"), never persons.
    """

    __tablename__ = "group_lesson"

    id: Mapped[Pk]
    key: Mapped[Code] = mapped_column(unique=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    place: Mapped[Line]
    played_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    played_by_name: Mapped[Line]
    played_on: Mapped[date]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    received_at: Mapped[datetime]
    others: Mapped[int]

    __table_args__ = (
        Index("ix_group_lesson_unit_id_played_on", "unit_id", "played_on"),
        CheckConstraint("others >= 0", "others_are_counted_up"),
    )


class GroupPresent(Base):
    """A person who was there, with name, unit, area and audience as of that day.

    `enrolment_id` is the enrolment in which the lesson became done; None where the lesson could not be noted (the version
    she learns has no such lesson).
    """

    __tablename__ = "group_present"

    group_lesson_id: Mapped[int] = mapped_column(
        ForeignKey("group_lesson.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    full_name: Mapped[Line]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    audience: Mapped[str | None] = mapped_column(String(30))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id", ondelete="SET NULL"))


class GroupHands(Base):
    """How many hands went up for an option: of the group, never of a person."""

    __tablename__ = "group_hands"

    group_lesson_id: Mapped[int] = mapped_column(
        ForeignKey("group_lesson.id", ondelete="CASCADE"), primary_key=True
    )
    question: Mapped[str] = mapped_column(String(40), primary_key=True)
    option: Mapped[str] = mapped_column(String(40), primary_key=True)
    hands: Mapped[int]

    __table_args__ = (CheckConstraint("hands >= 0", "hands_are_counted_up"),)

"""Courses, their published versions and lessons; who began which version, what she did, and that she completed it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, LongText, Pk


class Course(Base):
    """A course of the catalogue."""

    __tablename__ = "course"

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
    sector: Mapped[Code]
    access: Mapped[Code]


class CourseAudience(Base):
    """An audience that a course is for: who counts towards its rate, and who sees it where access is by audience."""

    __tablename__ = "course_audience"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    audience: Mapped[str] = mapped_column(String(30), primary_key=True)


class Version(Base):
    """A published version: what its files said, never edited. `current` marks the one that a new learner begins.

    `manifest` holds titles, objectives, modules, completion rules and quizzes as read from course.toml.
    """

    __tablename__ = "course_version"

    id: Mapped[Pk]
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    title: Mapped[dict[str, str]] = mapped_column(Document)
    manifest: Mapped[dict[str, Any]] = mapped_column(Document)
    certificate_kind: Mapped[Code]
    minutes: Mapped[int]
    validity_months: Mapped[int | None]
    published_at: Mapped[datetime]
    current: Mapped[bool]

    __table_args__ = (
        UniqueConstraint("course_id", "number"),
        Index(
            "uq_course_version_current",
            "course_id",
            unique=True,
            sqlite_where=text("current = 1"),
            postgresql_where=text("current"),
        ),
    )


class Lesson(Base):
    """A lesson of a version, in order."""

    __tablename__ = "lesson"

    id: Mapped[Pk]
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    module_ref: Mapped[Code]
    position: Mapped[int]
    slug: Mapped[Line]
    minutes: Mapped[int]
    title: Mapped[dict[str, str]] = mapped_column(Document)

    __table_args__ = (UniqueConstraint("version_id", "slug"), UniqueConstraint("version_id", "position"))


class LessonText(Base):
    """A lesson in one language, its HTML rendered once at publishing."""

    __tablename__ = "lesson_text"

    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(5), primary_key=True)
    html: Mapped[LongText]
    action: Mapped[LongText]
    content_note: Mapped[LongText | None]
    sources: Mapped[list[dict[str, Any]]] = mapped_column(Document)
    job_aids: Mapped[list[dict[str, str]]] = mapped_column(Document)


class Enrolment(Base):
    """A person began a course, on one version and for one cycle, and stays on that version."""

    __tablename__ = "enrolment"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    cycle: Mapped[int] = mapped_column(default=1)
    enrolled_at: Mapped[datetime]
    due_on: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("user_id", "course_id", "cycle"),
        CheckConstraint("cycle >= 1", "cycles_count_from_one"),
        Index("ix_enrolment_course_id_user_id", "course_id", "user_id"),
        # counting a province's people reads nothing but this index, and that of completions
        Index("ix_enrolment_user_id_course_id", "user_id", "course_id", "enrolled_at", "due_on"),
    )


class LessonDone(Base):
    """A person said that she finished a lesson: written once, never removed."""

    __tablename__ = "lesson_done"

    enrolment_id: Mapped[int] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), primary_key=True)
    done_at: Mapped[datetime]


class QuizAttempt(Base):
    """Ties an attempt (which knows no course) to the enrolment and the quiz it was for."""

    __tablename__ = "quiz_attempt"

    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"), index=True)
    quiz_ref: Mapped[Code]


class Completion(Base):
    """The fact that an enrolment was completed: appended once, dated once, pinned to its version.

    Unit and audience are those of the person's post on that day. `facts` holds what met each rule.
    """

    __tablename__ = "completion"

    id: Mapped[Pk]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    completed_at: Mapped[datetime]
    completed_on: Mapped[date]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    audience: Mapped[Code | None]
    facts: Mapped[dict[str, Any]] = mapped_column(Document)

    __table_args__ = (
        Index("ix_completion_course_id_user_id", "course_id", "user_id"),
        Index("ix_completion_user_id", "user_id"),
        Index("ix_completion_enrolment_id", "enrolment_id", "completed_at", "completed_on"),
    )

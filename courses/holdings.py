"""What courses hold about a person, and what of it goes when she is removed.

Enrolments, completions and the marks of attempts stay under an id without a name: past counts and the statistics of
questions are made of them. Answers, attempts that were never handed in, and the files of certificates go; what stands
on a certificate is reduced to the shortened name that `/verify` shows anyway.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from courses.before_after.models import PairedScore
from courses.certificates.models import Certificate, CertificateFile
from courses.models import Completion, Course, Enrolment, Lesson, LessonDone, QuizAttempt, Version
from portal.core.names import masked
from portal.core.rights import own  # noqa: F401 - account, posts and roles stand before the courses
from portal.core.rights.holdings import (
    NAMELESS,
    Holding,
    Part,
    holds,
    nothing_to_erase,
    table_holding,
)
from portal.core.text import N_
from quizzes.models import Answer, Attempt


def _enrolments(session: Session, user_id: int) -> Part:
    rows = session.execute(
        select(Enrolment, Course.code, Version.number, Completion.completed_on)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Version, Version.id == Enrolment.version_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.user_id == user_id)
        .order_by(Enrolment.id)
    )
    return Part(
        [
            {
                "course": code,
                "version": version,
                "cycle": one.cycle,
                "enrolled_at": one.enrolled_at.isoformat(),
                "due_on": one.due_on.isoformat() if one.due_on else None,
                "completed_on": completed.isoformat() if completed else None,
            }
            for one, code, version, completed in rows
        ]
    )


def _keep_enrolments(session: Session, user_id: int, now: datetime) -> None:
    """Let go of which lesson was read when; that a course was begun or completed stays."""
    mine = select(Enrolment.id).where(Enrolment.user_id == user_id)
    session.execute(delete(LessonDone).where(LessonDone.enrolment_id.in_(mine)))


holds(
    Holding(
        "courses",
        N_("Courses"),
        (
            ("course", N_("Course")),
            ("version", N_("Version")),
            ("enrolled_at", N_("Enrolled on")),
            ("due_on", N_("Due on")),
            ("completed_on", N_("Completed on")),
        ),
        ("enrolment", "completion", "lesson_done"),
        _enrolments,
        _keep_enrolments,
    )
)


def _lessons(session: Session, user_id: int) -> Part:
    rows = session.execute(
        select(Course.code, Lesson.title, LessonDone.done_at)
        .join(Enrolment, Enrolment.id == LessonDone.enrolment_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Lesson, Lesson.id == LessonDone.lesson_id)
        .where(Enrolment.user_id == user_id)
        .order_by(LessonDone.done_at, Lesson.id)
    )
    return Part([{"course": code, "lesson": title["vi"], "at": at.isoformat()} for code, title, at in rows])


holds(
    Holding(
        "lessons",
        N_("Lessons read"),
        (("course", N_("Course")), ("lesson", N_("Lesson")), ("at", N_("When"))),
        (),
        _lessons,
        lambda session, user_id, now: None,  # they go with the courses
    )
)


def _attempts(session: Session, user_id: int) -> Part:
    answers: dict[str, dict[str, Any]] = {}
    for answer in session.scalars(
        select(Answer).join(Attempt, Attempt.id == Answer.attempt_id).where(Attempt.taker_id == user_id)
    ):
        answers.setdefault(answer.attempt_id, {})[answer.ref] = answer.value
    rows = session.scalars(select(Attempt).where(Attempt.taker_id == user_id).order_by(Attempt.started_at))
    return Part(
        [
            {
                "started_at": one.started_at.isoformat(),
                "submitted_at": one.submitted_at.isoformat() if one.submitted_at else None,
                "share": str(one.share) if one.share is not None else None,
                "passed": one.passed,
                "answers": answers.get(one.id, {}),
            }
            for one in rows
        ]
    )


def _forget_answers(session: Session, user_id: int, now: datetime) -> None:
    mine = select(Attempt.id).where(Attempt.taker_id == user_id)
    session.execute(delete(Answer).where(Answer.attempt_id.in_(mine)))
    open_ones = mine.where(Attempt.submitted_at.is_(None), Attempt.annulled_at.is_(None))
    session.execute(delete(QuizAttempt).where(QuizAttempt.attempt_id.in_(open_ones)))
    session.execute(
        delete(Attempt).where(
            Attempt.taker_id == user_id, Attempt.submitted_at.is_(None), Attempt.annulled_at.is_(None)
        )
    )


holds(
    Holding(
        "quizzes",
        N_("Quizzes"),
        (
            ("started_at", N_("Begun")),
            ("submitted_at", N_("Handed in")),
            ("share", N_("Mark")),
            ("passed", N_("Passed")),
        ),
        ("attempt", "answer", "quiz_attempt"),
        _attempts,
        _forget_answers,
    )
)


def _pairs(session: Session, user_id: int) -> Part:
    rows = session.execute(
        select(PairedScore, Course.code)
        .join(Course, Course.id == PairedScore.course_id)
        .where(PairedScore.user_id == user_id)
        .order_by(PairedScore.enrolment_id)
    )
    return Part(
        [
            {
                "course": code,
                "before": f"{one.before_points}/{one.possible}",
                "after": f"{one.after_points}/{one.possible}",
                "at": one.scored_at.isoformat(),
            }
            for one, code in rows
        ]
    )


holds(
    Holding(
        "before_after",
        N_("Questions before and after a course"),
        (("course", N_("Course")), ("before", N_("Before")), ("after", N_("After")), ("at", N_("When"))),
        ("paired_score",),
        _pairs,
        nothing_to_erase,  # two numbers under an id without a name, like the marks of attempts
    )
)


def _certificates(session: Session, user_id: int) -> Part:
    rows = session.execute(
        select(Certificate, CertificateFile.pdf)
        .outerjoin(CertificateFile, CertificateFile.certificate_id == Certificate.id)
        .where(Certificate.user_id == user_id)
        .order_by(Certificate.id)
    ).all()
    return Part(
        [
            {
                "serial": one.serial,
                "course": one.course_title.get("vi", ""),
                "completed_on": one.completed_on.isoformat(),
                "expires_on": one.expires_on.isoformat() if one.expires_on else None,
                "full_name": one.full_name,
            }
            for one, _pdf in rows
        ],
        {f"{one.serial}.pdf": pdf for one, pdf in rows if pdf is not None},
    )


def _mask_certificates(session: Session, user_id: int, now: datetime) -> None:
    """Keep number, course, dates and digest: the paper in somebody's hand is still genuine, and can still be checked."""
    for one in session.scalars(select(Certificate).where(Certificate.user_id == user_id)).all():
        short = masked(one.full_name)
        session.execute(delete(CertificateFile).where(CertificateFile.certificate_id == one.id))
        session.execute(
            update(Certificate)
            .where(Certificate.id == one.id)
            .values(full_name=short, facts={**one.facts, "full_name": short}, erased_at=now)
        )


holds(
    Holding(
        "certificates",
        N_("Certificates"),
        (
            ("serial", N_("Number")),
            ("course", N_("Course")),
            ("completed_on", N_("Completed on")),
            ("expires_on", N_("Valid through")),
            ("full_name", N_("Full name")),
        ),
        (
            "certificate",
            "certificate_file",
            "revocation",
            # who arranged, made or looked stands there by id, for accountability
            "workshop",
            "practice",
            "assignment_rule",
            "accompaniment",
            "accompaniment_look",
        ),
        _certificates,
        _mask_certificates,
    )
)


holds(
    table_holding(
        "assignments",
        N_("Courses that I must do"),
        "assignment",
        "user_id",
        (("course_id", N_("Course")), ("assigned_on", N_("When")), ("due_on", N_("Due on"))),
        blank={},
    )
)
holds(
    table_holding(
        "reminders",
        N_("Reminders"),
        "reminder",
        "user_id",
        (("course_id", N_("Course")), ("sent_at", N_("When"))),
        blank=None,
    )
)
_CLASS = (("workshop_id", N_("Class")),)
holds(
    table_holding(
        "class_registrations",
        N_("Registrations for classes"),
        "workshop_registration",
        "user_id",
        (*_CLASS, ("registered_at", N_("When"))),
        blank={},
    )
)
holds(
    table_holding(
        "class_marks", N_("Attendance, as ticked"), "workshop_mark", "user_id",
        (*_CLASS, ("day", N_("Day")), ("present", N_("Present"))), blank={},
    )
)  # fmt: skip
holds(
    table_holding(
        "class_days",
        N_("Attendance"),
        "workshop_attendance",
        "user_id",
        (*_CLASS, ("day", N_("Day")), ("present", N_("Present")), ("unit_name", N_("Unit"))),
        blank={"full_name": NAMELESS, "sort_key": "~"},
    )
)
holds(
    table_holding(
        "classes",
        N_("Classes attended"),
        "workshop_attended",
        "user_id",
        (*_CLASS, ("on_day", N_("Day")), ("days", N_("Days"))),
        blank={"full_name": NAMELESS},
    )
)
holds(
    table_holding(
        "class_trainings", N_("Classes that I taught"), "workshop_trainer", "user_id", _CLASS, blank={}
    )
)
holds(
    table_holding(
        "paper_classes",
        N_("Lines of paper lists"),
        "workshop_paper_line",
        "user_id",
        (*_CLASS, ("name", N_("Full name")), ("unit", N_("Unit"))),
        blank={"name": NAMELESS, "code": "", "phone": "", "candidates": []},
    )
)
holds(
    table_holding(
        "group_lessons",
        N_("Group lessons"),
        "group_present",
        "user_id",
        (("group_lesson_id", N_("Lesson")), ("audience", N_("Audience"))),
        blank={"full_name": NAMELESS},
    )
)
holds(
    table_holding(
        "group_lessons_played",
        N_("Group lessons that I played"),
        "group_lesson",
        "played_by_id",
        (("place", N_("Place")), ("played_on", N_("Day"))),
        blank={"played_by_name": NAMELESS},
    )
)
holds(
    table_holding(
        "practice_marked",
        N_("Practice that I marked"),
        "practice_assessor",
        "user_id",
        (("practice_id", N_("Number")), ("handed_in_at", N_("When"))),
        blank={"full_name": NAMELESS},
    )
)

"""Beginning a course, finishing a lesson, sitting a quiz: every way of learning ends in `completion`, and that issues.

One can read the way of a fact from top to bottom: the last lesson, the passed quiz (and later the ticked
attendance) call `complete_if_met` in the same unit of work; it appends the completion once and has the certificate
issued. None of these functions commits.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.before_after import services as before_after
from courses.before_after.pair import REFS
from courses.certificates import services as certificates
from courses.certificates.issuing import Issuer
from courses.certificates.models import Certificate
from courses.errors import AlreadyCompleted, LessonsFirst, NotAsked, NotForYou
from courses.families import paths
from courses.models import Completion, Course, Enrolment, Lesson, LessonDone, QuizAttempt
from courses.published import version_of
from courses.queries import access, cycles, standing, terms, versions
from courses.queries.audiences import post_counted
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.db import insert_once
from portal.core.policy import Actor
from quizzes import queries as quiz_queries
from quizzes import services as quizzes
from quizzes.errors import AlreadySubmitted
from quizzes.lifecycle import State
from quizzes.models import Attempt
from quizzes.services import HandedIn


def enrol(
    session: Session, who: Actor, course: Course, now: datetime, *, due_on: date | None = None
) -> Enrolment:
    """Begin a course on its current version; a second click finds the first one's enrolment.

    Where the certificate of an earlier cycle ends soon, ended or was revoked, or a rule asks for it anew, the next
    cycle begins beside it; the old enrolment, completion and certificate stay as they are. An enrolment takes the
    due date of what was asked (`due_on` goes before it).
    Raises `NotForYou` where the course is not for the person's audiences, `NotAsked` where it is begun only by those
    whom a rule asks.
    """
    if course.access == "discreet" or (course.access != "open" and not access.is_for(session, course, who)):
        raise NotForYou
    asked = cycles.asked_of(session, who, course)
    stands = cycles.learning_of(session, who.id or 0, course.id)
    if cycles.waits_to_be_asked(course, stands, asked):
        raise NotAsked
    cycle = cycles.cycle_to_begin(stands, asked, local_date(now))
    if cycle is not None and cycle != stands.cycle:
        made = insert_once(
            session,
            Enrolment,
            user_id=who.id,
            course_id=course.id,
            version_id=versions.current_version(session, course).id,
            cycle=cycle,
            enrolled_at=now,
            due_on=due_on or asked.get(cycle),
        )
        if made:
            paths.follow(session, who.id or 0, course)
    return session.scalars(
        select(Enrolment)
        .where(Enrolment.user_id == who.id, Enrolment.course_id == course.id)
        .order_by(Enrolment.cycle.desc())
        .limit(1)
    ).one()


def finish_lesson(
    session: Session, issuer: Issuer, enrolment: Enrolment, lesson: Lesson, now: datetime
) -> Certificate | None:
    """Note that a lesson was read; return the certificate where that completed the course."""
    insert_once(session, LessonDone, enrolment_id=enrolment.id, lesson_id=lesson.id, done_at=now)
    return complete_if_met(session, issuer, enrolment, now)


def start_quiz(session: Session, enrolment: Enrolment, quiz_ref: str, seed: int, now: datetime) -> Attempt:
    """Begin an attempt of a quiz of the course, or return the open one.

    Raises `LessonsFirst` where the quiz decides the course and lessons are still to be read, `AlreadyCompleted`
    where it has been passed, `NotFound` where it is asked of others only, and what `quizzes.services.start` refuses
    (attempts used, waiting time).
    """
    version = versions.version_learned(session, enrolment)
    status = standing.status(session, enrolment, version, local_date(now))
    quiz = terms.offered(version, quiz_ref, status.audience)
    if status.lessons_left and terms.is_decisive(version, quiz_ref):
        raise LessonsFirst(left=len(status.lessons_left))
    if any(attempt.passed for attempt in status.attempts.get(quiz_ref, ())) and terms.is_decisive(
        version, quiz_ref
    ):
        raise AlreadyCompleted
    attempt = quizzes.start(
        session,
        taker_id=enrolment.user_id,
        scope=scope_of(enrolment, quiz_ref),
        release=terms.release_of(session, quiz),
        blueprint=terms.blueprint_of(quiz),
        rules=terms.rules_of(quiz),
        pass_share=Fraction(quiz["pass_share"]),
        seed=seed,
        now=now,
    )
    insert_once(session, QuizAttempt, attempt_id=attempt.id, enrolment_id=enrolment.id, quiz_ref=quiz_ref)
    return attempt


def hand_in_expired(
    session: Session, issuer: Issuer, enrolment: Enrolment, quiz_ref: str, now: datetime
) -> str | None:
    """Hand in, with what was saved, the attempt whose time is over; return its id, or None where there is none.

    It may have passed: then it completes the course like any other, and its result is what the learner must see,
    not another paper.
    """
    for one in quiz_queries.sat(session, enrolment.user_id, scope_of(enrolment, quiz_ref)):
        if quizzes.state_of(one, now) is State.EXPIRED:
            with suppress(AlreadySubmitted):  # another tab was first
                submit_quiz(session, issuer, session.get_one(Attempt, one.id), now)
            return one.id
    return None


def scope_of(enrolment: Enrolment, quiz_ref: str) -> str:
    """Return the name under which attempts of one quiz in one enrolment are counted together."""
    return f"enrolment:{enrolment.id}:{quiz_ref}"


def submit_quiz(session: Session, issuer: Issuer, attempt: Attempt, now: datetime) -> Certificate | None:
    """Hand an attempt in, once; return the certificate where that completed the course."""
    quizzes.submit(session, attempt_id=attempt.id, taker_id=attempt.taker_id, now=now)
    return _follow(session, issuer, attempt.id, now)


def hand_in(
    session: Session,
    issuer: Issuer,
    *,
    attempt_id: str,
    taker_id: int,
    posted: Mapping[str, Sequence[str]],
    seq: int,
    now: datetime,
) -> tuple[HandedIn, Certificate | None]:
    """Keep what a posted page holds and hand the attempt in, once; return the certificate where that completed the course.

    Raises `NotFound`, `AlreadySubmitted`, `AttemptAnnulled`, `BeforeIsOver`.
    """
    handed = quizzes.hand_in(
        session, attempt_id=attempt_id, taker_id=taker_id, posted=posted, seq=seq, now=now
    )
    if handed.unread:
        return handed, None
    return handed, _follow(session, issuer, attempt_id, now)


def _follow(session: Session, issuer: Issuer, attempt_id: str, now: datetime) -> Certificate | None:
    """Do what follows from an attempt that was handed in: of the questions before and after, no completion ever."""
    enrolment, ref = session.execute(_ENROLMENT_WITH, {"attempt": attempt_id}).one()
    if ref in REFS:
        before_after.handed_in(session, enrolment, ref, now)
        return None
    return complete_if_met(session, issuer, enrolment, now)


_ENROLMENT_WITH = (
    select(Enrolment, QuizAttempt.quiz_ref)
    .join(QuizAttempt, QuizAttempt.enrolment_id == Enrolment.id)
    .where(QuizAttempt.attempt_id == bindparam("attempt"))
)
_LOCK = select(Enrolment.id).where(Enrolment.id == bindparam("enrolment")).with_for_update(key_share=True)


def complete_if_met(
    session: Session, issuer: Issuer, enrolment: Enrolment, now: datetime
) -> Certificate | None:
    """Append the completion when every rule of the version is met, and issue; None when not, or when it stands.

    The enrolment's row is locked before anything is looked at: of two transactions that each did one of the last two
    things, the second sees what the first did (on PostgreSQL, where both may write at a time). The completion is
    inserted under its unique key: of two that see the last rule met, one issues.

    Of several posts that the person holds on the day, the completion takes one that the course is for; of these, or
    where there is none, the one begun last. The certificate names the same. In a course that asks different things of
    different audiences, staff who are parents too are bound and counted as staff (`audiences.post_counted`).
    """
    session.execute(_LOCK, {"enrolment": enrolment.id})
    version = version_of(session, enrolment.version_id)
    day = local_date(now)
    status = standing.status(session, enrolment, versions.version_learned(session, enrolment), day)
    if not status.progress.complete:
        return None
    posting = post_counted(session, enrolment, version.manifest, day)
    quizzes_here = {quiz["ref"] for quiz in version.manifest.get("quizzes", [])}
    facts: dict[str, Any] = {
        "version": version.number,
        "rules": terms.rules_for(version.manifest, posting[2] if posting else None),
        "shares": {ref: share for ref, share in status.shares.items() if ref in quizzes_here},
    }
    if status.done.workshops:
        facts["workshops"] = status.done.workshops
    if status.done.practice is not None:
        facts["practice"] = str(status.done.practice)
    made = insert_once(
        session,
        Completion,
        enrolment_id=enrolment.id,
        user_id=enrolment.user_id,
        course_id=enrolment.course_id,
        completed_at=now,
        completed_on=day,
        unit_id=posting[0].id if posting else None,
        audience=posting[2] if posting else None,
        facts=facts,
    )
    if not made:
        return None
    completion = session.scalars(select(Completion).where(Completion.enrolment_id == enrolment.id)).one()
    course = session.get_one(Course, enrolment.course_id)
    record(
        session,
        at=now,
        actor_id=enrolment.user_id,
        code="course.complete",
        target=f"enrolment:{enrolment.id}",
        course=course.code,
        version=version.number,
    )
    return certificates.issue(
        session, issuer, completion, course=course, version=version, cycle=enrolment.cycle, now=now
    )

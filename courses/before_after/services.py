"""Answering before and after, once each; the second time the pair is scored. None of these functions commits.

The enrolment's row is locked before anything is looked at: of a lesson that is marked as read and of answers handed in
at one moment, one is first for both.
"""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from courses.before_after.errors import BeforeIsOver, NotAskedNow
from courses.before_after.models import PairedScore
from courses.before_after.pair import AFTER, BEFORE, Stage, compare, stage
from courses.models import Completion, Enrolment, LessonDone, QuizAttempt
from courses.queries import versions
from courses.queries.terms import before_after_of, release_of
from portal.core.clock import local_date
from portal.core.db import insert_once, rows
from quizzes import queries as quiz_queries
from quizzes import services as quizzes
from quizzes.lifecycle import Rules
from quizzes.marking import Feedback, Result
from quizzes.models import Attempt

#: One attempt each. What was right is told after the second: told after the first, the pair would measure memory.
_RULES = {
    BEFORE: Rules(attempts=1, wait_after=0, wait_hours=0, feedback=Feedback.NONE),
    AFTER: Rules(attempts=1, wait_after=0, wait_hours=0, feedback=Feedback.FULL),
}
_LOCK = select(Enrolment.id).where(Enrolment.id == bindparam("enrolment")).with_for_update(key_share=True)


def _handed_in(ref: str) -> Any:
    return exists().where(
        QuizAttempt.enrolment_id == bindparam("enrolment"),
        QuizAttempt.quiz_ref == ref,
        Attempt.id == QuizAttempt.attempt_id,
        Attempt.submitted_at.is_not(None),
        Attempt.annulled_at.is_(None),
    )


_STANDS = select(
    _handed_in(BEFORE),
    _handed_in(AFTER),
    exists().where(LessonDone.enrolment_id == bindparam("enrolment")),
    exists().where(Completion.enrolment_id == bindparam("enrolment")),
)


def stands(session: Session, enrolment: Enrolment, *, locked: bool = False) -> Stage:
    """Return where the learner of an enrolment stands; locked: until the end of the unit of work."""
    here = {"enrolment": enrolment.id}
    if locked:
        session.execute(_LOCK, here)
    before, after, begun, completed = rows(session, _STANDS, here).one()
    return stage(before=bool(before), after=bool(after), begun=bool(begun), completed=bool(completed))


def start(session: Session, enrolment: Enrolment, now: datetime, *, attempt_id: str | None = None) -> Attempt:
    """Begin to answer, before or after, or return the open attempt; attempt_id as in `quizzes.services.start`.

    Raises `NotFound` where the version asks nothing, `NotAskedNow` where it is not the time.
    """
    asked = before_after_of(versions.version_learned(session, enrolment))
    here = stands(session, enrolment, locked=True)
    if here not in (Stage.BEFORE, Stage.AFTER):
        raise NotAskedNow
    ref = BEFORE if here is Stage.BEFORE else AFTER
    attempt = quizzes.start(
        session,
        taker_id=enrolment.user_id,
        scope=f"enrolment:{enrolment.id}:{ref}",
        release=release_of(session, asked),
        blueprint=None,
        rules=_RULES[ref],
        pass_share=Fraction(0),
        seed=0,
        now=now,
        attempt_id=attempt_id,
    )
    insert_once(session, QuizAttempt, attempt_id=attempt.id, enrolment_id=enrolment.id, quiz_ref=ref)
    return attempt


def handed_in(session: Session, enrolment: Enrolment, ref: str, now: datetime) -> None:
    """Take what was just handed in: the second time the pair is scored, in the same unit of work.

    Raises `BeforeIsOver` where a lesson was read meanwhile, or the course was completed without one (a class of which
    there is a paper list); whoever lets it through takes back the handing in.
    """
    here = {"enrolment": enrolment.id}
    session.execute(_LOCK, here)
    if ref == BEFORE:
        _before, _after, begun, completed = rows(session, _STANDS, here).one()
        if begun or completed:
            raise BeforeIsOver
        return
    if rows(session, _TAUGHT_BEFORE, here).scalar():
        return  # an evening without a signal came to the portal later: the first answers were given after it
    found = {one: _answered(session, enrolment, one) for one in (BEFORE, AFTER)}
    (before, first), (after, second) = found[BEFORE], found[AFTER]
    scores = compare(before, after, first, second)
    if scores is None:
        return
    insert_once(
        session,
        PairedScore,
        enrolment_id=enrolment.id,
        user_id=enrolment.user_id,
        course_id=enrolment.course_id,
        before_points=scores.before,
        after_points=scores.after,
        possible=scores.of,
        scored_at=now,
        scored_on=local_date(now),
    )


_MARKED = (
    select(Attempt.id, Attempt.result)
    .join(QuizAttempt, QuizAttempt.attempt_id == Attempt.id)
    .where(
        QuizAttempt.enrolment_id == bindparam("enrolment"),
        QuizAttempt.quiz_ref == bindparam("ref"),
        Attempt.submitted_at.is_not(None),
        Attempt.annulled_at.is_(None),
    )
)


_TAUGHT_BEFORE = select(
    exists()
    .where(
        LessonDone.enrolment_id == bindparam("enrolment"),
        LessonDone.done_at < Attempt.submitted_at,
        QuizAttempt.enrolment_id == LessonDone.enrolment_id,
        QuizAttempt.quiz_ref == BEFORE,
        Attempt.id == QuizAttempt.attempt_id,
    )
    .select_from(LessonDone, QuizAttempt, Attempt)
)


def _answered(session: Session, enrolment: Enrolment, ref: str) -> tuple[Mapping[str, Fraction], set[str]]:
    """Return the marks of one answering by question, and which questions were answered."""
    row = rows(session, _MARKED, {"enrolment": enrolment.id, "ref": ref}).first()
    if row is None:
        return {}, set()
    marks = {one: mark.share for one, mark in Result.read(row.result).marks.items()}
    kept = quiz_queries.answers(session, row.id)
    return marks, {one for one, answer in kept.items() if answer.value is not None}


def score_of(session: Session, enrolment: Enrolment) -> PairedScore | None:
    """Return the scores of an enrolment, None before there are both."""
    return session.get(PairedScore, enrolment.id)


def attempt_of(session: Session, enrolment: Enrolment, ref: str) -> str | None:
    """Return the id of what was handed in before or after, None where nothing was."""
    row = rows(session, _MARKED, {"enrolment": enrolment.id, "ref": ref}).first()
    return str(row.id) if row is not None else None

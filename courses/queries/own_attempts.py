"""A person's own attempt and where it belongs."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.before_after.pair import REFS
from courses.families.models import EnrolmentPath
from courses.models import Course, Enrolment, QuizAttempt, Version
from courses.published import Published, published
from courses.queries.terms import before_after_of, quiz_of
from courses.queries.versions import LEARNED
from portal.core.errors import NotFound
from portal.core.policy import Actor
from quizzes.models import Attempt


@dataclass(frozen=True, slots=True)
class AttemptPlace:
    """Where an attempt belongs: for its page's way back. quiz: as course.toml describes it, with its `ref`."""

    attempt: Attempt
    enrolment: Enrolment
    course: Course
    version: Published
    quiz: dict[str, Any]


_ATTEMPT = (
    select(Attempt, Enrolment, Course, Version.id, Version.digest, QuizAttempt.quiz_ref)
    .join(QuizAttempt, QuizAttempt.attempt_id == Attempt.id)
    .join(Enrolment, Enrolment.id == QuizAttempt.enrolment_id)
    .join(Course, Course.id == Enrolment.course_id)
    .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
    .join(Version, Version.id == LEARNED)
    .where(Attempt.id == bindparam("attempt"), Attempt.taker_id == bindparam("taker"))
)


def attempt_for(session: Session, who: Actor, attempt_id: str) -> AttemptPlace:
    """Return an attempt of the person's own. Raises `NotFound` for anybody else's, as if there were none."""
    row = session.execute(_ATTEMPT, {"attempt": attempt_id, "taker": who.id}).first()
    if row is None:
        raise NotFound
    attempt, enrolment, course, version_id, digest, ref = row
    version = published(session, version_id, digest)
    quiz = {**before_after_of(version), "ref": ref} if ref in REFS else quiz_of(version, ref)
    return AttemptPlace(attempt, enrolment, course, version, quiz)

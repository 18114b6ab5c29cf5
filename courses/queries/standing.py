"""How far an enrolment is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.completion import (
    Done,
    Progress,
    QuizDone,
    Requirements,
    binding,
    progress,
    track_of,
    tracks,
    way,
)
from courses.legs import legs_of
from courses.models import Enrolment, Lesson, LessonDone, QuizAttempt
from courses.published import Published
from courses.queries.audiences import audience_bound
from courses.queries.terms import requirements_of
from portal.core.db import rows
from quizzes.models import Attempt
from quizzes.queries import SAT, Sat


@dataclass(frozen=True, slots=True)
class Status:
    """How far an enrolment is: the rules of its version, what was done, the attempts of each quiz, oldest first.

    The rules are those that bind the learner: `audience` is by whose she is judged where they differ, None elsewhere.
    """

    requirements: Requirements
    done: Done
    progress: Progress
    attempts: Mapping[str, Sequence[Sat]]
    audience: str | None = None

    @property
    def track(self) -> str | None:
        """Return the module that she reads of those of which one is read; None where there are none, or not yet."""
        return track_of(self.requirements, self.done)

    @property
    def lessons_left(self) -> tuple[str, ...]:
        """Return the slugs of her way that are not read yet, in order; before she has a track, with those of the first."""
        first = next(iter(tracks(self.requirements)), None)
        mine = way(self.requirements, self.track or first)
        return tuple(slug for slug in mine if slug not in self.done.lessons)

    @property
    def shares(self) -> dict[str, str]:
        """Return the best share of each quiz as an exact fraction, for the facts of a completion."""
        return {ref: str(quiz.best) for ref, quiz in self.done.quizzes.items() if quiz.best is not None}


_LESSONS_READ = (
    select(Lesson.slug)
    .join(LessonDone, LessonDone.lesson_id == Lesson.id)
    .where(LessonDone.enrolment_id == bindparam("enrolment"))
)


_ATTEMPTS = (
    select(QuizAttempt.quiz_ref, *SAT)
    .join(Attempt, Attempt.id == QuizAttempt.attempt_id)
    .where(QuizAttempt.enrolment_id == bindparam("enrolment"), Attempt.annulled_at.is_(None))
    .order_by(Attempt.started_at)
)


def status(session: Session, enrolment: Enrolment, version: Published, day: date) -> Status:
    """Return how far an enrolment of `version` is on `day`, by the rules that bind its learner then.

    Two queries, one for each leg, and two where rules differ by audience; papers of attempts are not among what they read.
    """
    here = {"enrolment": enrolment.id}
    read = rows(session, _LESSONS_READ, here).scalars()
    attempts: dict[str, list[Sat]] = {}
    for ref, *columns in rows(session, _ATTEMPTS, here):
        attempts.setdefault(ref, []).append(Sat(*columns))
    quizzes = {ref: _done(many) for ref, many in attempts.items() if any(one.submitted_at for one in many)}
    audience = audience_bound(session, enrolment, version.manifest, day)
    wanted = binding(requirements_of(version), audience)
    legs = legs_of(session, enrolment, version.manifest)
    done = Done(frozenset(read), quizzes, workshops=legs.workshops, practice=legs.practice)
    return Status(wanted, done, progress(wanted, done), attempts, audience)


def _done(attempts: Sequence[Sat]) -> QuizDone:
    marked = [Fraction(one.share) for one in attempts if one.share is not None]
    return QuizDone(best=max(marked, default=None), passed=any(one.passed for one in attempts))

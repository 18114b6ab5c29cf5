"""A course as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from courses.before_after.pair import AFTER, BEFORE, Stage, stage
from courses.completion import StepKind, asked, next_step, tracks
from courses.models import Course, Enrolment
from courses.published import Published, Texts
from courses.queries.access import enrolment_of
from courses.queries.cycles import asked_of, cycle_to_begin, ended, waits_to_be_asked
from courses.queries.standing import Status, status
from courses.queries.terms import certificate_kind, quizzes_for, requirements_of
from courses.queries.versions import current_version, version_learned
from courses.renewal import Learning, opens_on
from portal.core.policy import Action, Actor


@dataclass(frozen=True, slots=True)
class LessonLine:
    """A lesson in a course's path."""

    slug: str
    title: Texts
    minutes: int
    module: str
    done: bool


@dataclass(frozen=True, slots=True)
class CoursePage:
    """A course as its page shows it: for a visitor, or for one who has begun it.

    due_on: by when it is asked for, None where it is not. After a completion whose certificate ends (`expires_on`),
    `opens_on` is the day from which it may be renewed, and `renewable` whether it may today. waits_to_be_asked: the
    course is begun only by those whom a rule asks, and she is not among them; its lessons are then open to authors alone.
    tracks: the refs of the modules of which one is read. asked: how many lessons a learner reads, who reads one track.
    quizzes: those offered to her who has begun. certificates: each kind with whom it is for; who has begun sees hers
    alone, and for nobody in particular: so does everybody where there is one kind.
    """

    course: Course
    version: Published
    enrolment: Enrolment | None
    lessons: Sequence[LessonLine]
    status: Status | None
    completed_on: date | None
    serial: str | None
    due_on: date | None = None
    opens_on: date | None = None
    expires_on: date | None = None
    renewable: bool = False
    waits_to_be_asked: bool = False
    lessons_open: bool = True
    tracks: Sequence[str] = ()
    asked: int = 0
    quizzes: Sequence[dict[str, Any]] = ()
    certificates: Sequence[tuple[str, Sequence[str]]] = ()

    @property
    def before_after(self) -> Stage | None:
        """Return where she stands with the questions before and after; None where none are asked, or not of her."""
        if self.status is None or "before_after" not in self.version.manifest:
            return None
        given = {
            ref: any(one.submitted_at for one in self.status.attempts.get(ref, ())) for ref in (BEFORE, AFTER)
        }
        return stage(
            before=given[BEFORE],
            after=given[AFTER],
            begun=bool(self.status.done.lessons),
            completed=self.completed_on is not None,
        )

    @property
    def modules(self) -> Sequence[tuple[dict[str, Any], Sequence[LessonLine]]]:
        """Return each module with its lessons."""
        return [
            (module, [line for line in self.lessons if line.module == module["ref"]])
            for module in self.version.manifest["modules"]
        ]

    @property
    def choosing(self) -> bool:
        """Return whether the next thing to do is to choose a track."""
        step = next_step(self.status.requirements, self.status.done) if self.status else None
        return self.completed_on is None and step is not None and step.kind is StepKind.TRACK

    @property
    def next_lesson(self) -> LessonLine | None:
        """Return the first lesson of the learner's way that is not done; none while she is to choose a track."""
        if self.choosing:
            return None
        track = self.status.track if self.status else None
        others = set(self.tracks) - {track}
        return next((line for line in self.lessons if not line.done and line.module not in others), None)


def course_page(session: Session, who: Actor, course: Course, today: date) -> CoursePage:
    """Return everything a course's page shows on a day."""
    enrolment = enrolment_of(session, who, course) if who.id is not None else None
    version = version_learned(session, enrolment) if enrolment else current_version(session, course)
    now = status(session, enrolment, version, today) if enrolment else None
    wanted = now.requirements if now else requirements_of(version)
    read = now.done.lessons if now else frozenset()
    lessons = [
        LessonLine(one.slug, one.title, one.minutes, one.module, one.slug in read) for one in version.lessons
    ]
    completed_on, serial, expires_on, revoked = (
        ended(session, enrolment) if enrolment is not None else (None, None, None, False)
    )
    stands = Learning(enrolment.cycle if enrolment else 0, completed_on is not None, expires_on, revoked)
    due_by = asked_of(session, who, course) if who.id is not None else {}
    begin = cycle_to_begin(stands, due_by, today)
    due = due_by.get(begin or max(1, stands.cycle))
    if enrolment is not None and not completed_on:
        due = enrolment.due_on or due
    waits = waits_to_be_asked(course, stands, due_by)
    return CoursePage(
        course=course,
        version=version,
        enrolment=enrolment,
        lessons=lessons,
        status=now,
        completed_on=completed_on,
        serial=serial,
        due_on=due if not completed_on or begin else None,
        opens_on=opens_on(expires_on) if expires_on else None,
        expires_on=expires_on,
        renewable=bool(completed_on and begin),
        waits_to_be_asked=waits,
        lessons_open=not waits or who.may(Action.COURSE_PREVIEW),
        tracks=tracks(wanted),
        asked=asked(wanted, now.done if now else None),
        quizzes=quizzes_for(version.manifest, now.audience if now else None),
        certificates=[(certificate_kind(version, now.audience), ())] if now else _certificates(version),
    )


def _certificates(version: Published) -> Sequence[tuple[str, Sequence[str]]]:
    others = version.manifest.get("certificate_for", {})
    return [(version.certificate_kind, ()), *others.items()]

"""A learner's own courses: what she must do, by when, and where she was."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from courses.assignments.models import Assignment
from courses.certificates.models import Certificate, Revocation
from courses.completion import Done, QuizDone, StepKind, binding, next_step, track_of, way
from courses.completion import asked as asked_of_one
from courses.families.models import EnrolmentPath
from courses.legs import NONE, legs_of_many
from courses.models import (
    Completion,
    Course,
    CourseAudience,
    Enrolment,
    Lesson,
    LessonDone,
    QuizAttempt,
    Version,
)
from courses.published import Published, Texts, published
from courses.queries.audiences import audiences_bound
from courses.queries.cycles import CERTIFIED, cycle_to_begin, learning
from courses.queries.terms import quiz_of, requirements_of
from courses.queries.versions import LEARNED
from courses.renewal import Learning
from portal.core.policy import Actor
from quizzes.models import Attempt


@dataclass(frozen=True, slots=True)
class MyCourse:
    """A course on the learner's own page: what she must do, by when, and where she was.

    lessons: of one learner's way, who reads one of several tracks; lessons_done: of these. next_place: of the next lesson
    on that way, from 1; 0 where no lesson is next. required: somebody asked for it
    (a rule, or a due date). renews: the last day of the certificate that this cycle renews, None for a first cycle.
    """

    code: str
    title: Texts
    minutes: int
    enrolled: bool
    required: bool
    due_on: date | None
    overdue: bool
    days_left: int | None
    completed_on: date | None
    serial: str | None
    lessons_done: int
    lessons: int
    next_kind: StepKind | None
    next_ref: str
    next_title: Texts
    next_minutes: int
    next_place: int
    path: Sequence["PathStep"] = ()
    cycle: int = 1
    renews: date | None = None

    @property
    def state(self) -> str:
        """Return how far she is in one word: done, late, progress or todo."""
        if self.completed_on is not None:
            return "done"
        if self.overdue:
            return "late"
        return "progress" if self.enrolled else "todo"


@dataclass(frozen=True, slots=True)
class PathStep:
    """A lesson near the one that is next. place: in the course, from 1. state: done, current or todo."""

    slug: str
    place: int
    title: Texts
    state: str


def my_courses(session: Session, who: Actor, today: date) -> Sequence[MyCourse]:
    """Return the courses of a learner: the soonest due first, then begun ones, those she is meant to take, those done.

    A fixed number of queries, however many courses.
    """
    enrolments = session.execute(
        select(
            Enrolment,
            Course.code,
            Version.id,
            Version.digest,
            Completion.completed_on,
            Certificate.serial,
            Certificate.expires_on,
            Revocation.revoked_at,
        )
        .join(Course, Course.id == Enrolment.course_id)
        .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
        .join(Version, Version.id == LEARNED)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, CERTIFIED)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Enrolment.user_id == who.id)
        .order_by(Enrolment.enrolled_at)
    ).all()
    ids = [row[0].id for row in enrolments]
    read: dict[int, set[str]] = {}
    for enrolment_id, slug in session.execute(
        select(LessonDone.enrolment_id, Lesson.slug)
        .join(Lesson, Lesson.id == LessonDone.lesson_id)
        .where(LessonDone.enrolment_id.in_(ids))
    ):
        read.setdefault(enrolment_id, set()).add(slug)
    passed: dict[int, dict[str, QuizDone]] = {}
    for enrolment_id, ref, share, ok in session.execute(
        select(QuizAttempt.enrolment_id, QuizAttempt.quiz_ref, Attempt.share, Attempt.passed)
        .join(Attempt, Attempt.id == QuizAttempt.attempt_id)
        .where(
            QuizAttempt.enrolment_id.in_(ids),
            Attempt.submitted_at.is_not(None),
            Attempt.annulled_at.is_(None),
        )
    ):
        before = passed.setdefault(enrolment_id, {}).get(ref)
        best = max(
            (mark for mark in (before.best if before else None, share) if mark is not None), default=None
        )
        passed[enrolment_id][ref] = QuizDone(
            best=Fraction(best) if best is not None else None,
            passed=bool(ok) or (before is not None and before.passed),
        )
    legs = legs_of_many(
        session,
        [(row[0], published(session, row[2], row[3]).manifest) for row in enrolments],
    )
    bound = audiences_bound(
        session,
        who.id or 0,
        {row[0].id: published(session, row[2], row[3]).manifest for row in enrolments if row[4] is None},
        today,
    )
    meant, asked = _meant(session, who, {row[0].course_id for row in enrolments})
    ends = {(row[0].course_id, row[0].cycle): row[6] for row in enrolments}
    found = [
        _mine(
            enrolment,
            code,
            published(session, version_id, digest),
            (completed_on, serial),
            Done(
                frozenset(read.get(enrolment.id, ())),
                passed.get(enrolment.id, {}),
                workshops=legs.get(enrolment.id, NONE).workshops,
                practice=legs.get(enrolment.id, NONE).practice,
            ),
            today,
            audience=bound.get(enrolment.id),
            asked=(enrolment.course_id, enrolment.cycle) in asked,
            renews=ends.get((enrolment.course_id, enrolment.cycle - 1)),
        )
        for enrolment, code, version_id, digest, completed_on, serial, _ends, _revoked in enrolments
    ]
    latest = {
        row[0].course_id: learning(row[0].cycle, row[0].id if row[4] else None, row[6], row[7])
        for row in sorted(enrolments, key=lambda row: row[0].cycle)
    }
    for course_id, code, version_id, digest in meant:
        stands = latest.get(course_id, Learning())
        cycle = cycle_to_begin(stands, {c for course, c in asked if course == course_id}, today)
        if cycle is None or cycle == stands.cycle:
            continue
        found.append(
            _not_begun(
                code,
                published(session, version_id, digest),
                today,
                cycle=cycle,
                due_on=asked.get((course_id, cycle)),
                renews=stands.valid_through,
            )
        )
    return sorted(
        found,
        key=lambda one: (
            one.completed_on is not None,
            one.due_on or date.max,
            not one.enrolled,
            one.code,
        ),
    )


def _meant(
    session: Session, who: Actor, begun: Collection[int]
) -> tuple[Collection[tuple[int, str, int, str]], dict[tuple[int, int], date]]:
    """Return the courses that are for a person, asked of her or begun, and what rules ask: a due date for each cycle.

    A course is its id and code, and id and digest of its current version. One query.
    """
    rows = session.execute(
        select(Course.id, Course.code, Version.id, Version.digest, Assignment.cycle, Assignment.due_on)
        .join(Version, and_(Version.course_id == Course.id, Version.current))
        .outerjoin(
            Assignment,
            and_(
                Assignment.course_id == Course.id,
                Assignment.user_id == who.id,
                Assignment.ended_on.is_(None),
            ),
        )
        .where(
            Course.access != "discreet",
            or_(
                Course.id.in_(
                    select(CourseAudience.course_id).where(CourseAudience.audience.in_(who.audiences))
                ),
                Course.id.in_(begun),
                Assignment.id.is_not(None),
            ),
        )
    ).all()
    asked = {(course, cycle): due for course, _c, _v, _d, cycle, due in rows if cycle is not None}
    return {(course, code, version, digest) for course, code, version, digest, *_ in rows}, asked


def _not_begun(
    code: str, version: Published, today: date, *, cycle: int, due_on: date | None, renews: date | None
) -> MyCourse:
    return MyCourse(
        code=code,
        title=version.title,
        minutes=version.minutes,
        enrolled=False,
        required=due_on is not None,
        due_on=due_on,
        overdue=due_on is not None and due_on < today,
        days_left=(due_on - today).days if due_on is not None else None,
        completed_on=None,
        cycle=cycle,
        renews=renews,
        serial=None,
        lessons_done=0,
        lessons=asked_of_one(requirements_of(version)),
        next_kind=None,
        next_ref="",
        next_title={},
        next_minutes=0,
        next_place=0,
    )


def _mine(
    enrolment: Enrolment,
    code: str,
    version: Published,
    finished: tuple[date | None, str | None],
    done: Done,
    today: date,
    *,
    audience: str | None,
    asked: bool,
    renews: date | None,
) -> MyCourse:
    completed_on, serial = finished
    wanted = binding(requirements_of(version), audience)
    step = next_step(wanted, done) if completed_on is None else None
    lesson = version.lesson(step.ref) if step is not None and step.kind == StepKind.LESSON else None
    quiz = quiz_of(version, step.ref) if step is not None and step.kind == StepKind.QUIZ else None
    due = enrolment.due_on
    mine = way(wanted, track_of(wanted, done))
    return MyCourse(
        code=code,
        title=version.title,
        minutes=version.minutes,
        enrolled=True,
        required=asked or due is not None,
        cycle=enrolment.cycle,
        renews=renews,
        due_on=due,
        overdue=completed_on is None and due is not None and due < today,
        days_left=(due - today).days if due is not None else None,
        completed_on=completed_on,
        serial=serial,
        lessons_done=sum(slug in done.lessons for slug in mine),
        lessons=asked_of_one(wanted, done),
        next_kind=step.kind if step else None,
        next_ref=step.ref if step else "",
        next_title=lesson.title if lesson else quiz["title"] if quiz else {},
        next_minutes=lesson.minutes if lesson else 0,
        next_place=mine.index(lesson.slug) + 1 if lesson else 0,
        path=_around(version, mine, done.lessons, lesson.slug) if lesson else (),
    )


def _around(version: Published, mine: Sequence[str], read: Collection[str], here: str) -> Sequence[PathStep]:
    """Return at most six lessons of `mine` around `here`, two of them before it."""
    lines = [one for one in version.lessons if one.slug in mine]
    first = max(0, min(mine.index(here) - 2, len(lines) - 6))
    return [
        PathStep(
            one.slug,
            place,
            one.title,
            "current" if one.slug == here else "done" if one.slug in read else "todo",
        )
        for place, one in list(enumerate(lines, 1))[first : first + 6]
    ]

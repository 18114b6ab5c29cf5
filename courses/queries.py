"""Reading courses: the catalogue, a learner's own courses, one lesson, what is done and what is left.

Pages are handed ready dataclasses. A signed-in lesson costs three queries, whatever the course's length.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from courses.assignments.models import Assignment
from courses.certificates.models import Certificate, Revocation
from courses.completion import Done, Progress, QuizDone, Requirements, Rule, StepKind, next_step, progress
from courses.errors import NotEnrolled
from courses.families.models import EnrolmentPath
from courses.legs import NONE, legs_of, legs_of_many
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
from courses.published import Published, published
from courses.renewal import Learning, cycle_to_learn, opens_on
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.policy import Action, Actor
from quizzes.lifecycle import Rules
from quizzes.models import Attempt
from quizzes.paper import Draw
from quizzes.queries import SAT, Released, Sat, released

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """A course in the catalogue."""

    code: str
    sector: str
    title: Texts
    summary: Texts
    minutes: int
    lessons: int
    audiences: tuple[str, ...]
    certificate_kind: str
    validity_months: int | None
    mine: bool
    enrolled: bool
    completed: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How far an enrolment is: the rules of its version, what was done, the attempts of each quiz, oldest first."""

    requirements: Requirements
    done: Done
    progress: Progress
    attempts: Mapping[str, Sequence[Sat]]

    @property
    def lessons_left(self) -> tuple[str, ...]:
        """Return the slugs that are not read yet, in order."""
        return tuple(slug for slug in self.requirements.lessons if slug not in self.done.lessons)

    @property
    def shares(self) -> dict[str, str]:
        """Return the best share of each quiz as an exact fraction, for the facts of a completion."""
        return {ref: str(quiz.best) for ref, quiz in self.done.quizzes.items() if quiz.best is not None}


def requirements_of(version: Published) -> Requirements:
    """Return what a version asks for, from its stored manifest."""
    manifest = version.manifest
    return Requirements(
        rules=tuple(
            Rule(
                code=rule["rule"],
                quiz=rule.get("quiz"),
                share=Fraction(rule["share"]) if "share" in rule else None,
                times=rule.get("times"),
            )
            for rule in manifest["completion"]
        ),
        lessons=tuple(slug for module in manifest["modules"] for slug in module["lessons"]),
        pass_shares={quiz["ref"]: Fraction(quiz["pass_share"]) for quiz in manifest.get("quizzes", [])},
    )


#: The version whose lessons an enrolment's learner reads; whoever counts or lists reads `Enrolment.version_id`.
LEARNED = func.coalesce(EnrolmentPath.version_id, Enrolment.version_id)
_LEARNED = (
    select(Version.id, Version.digest)
    .select_from(Enrolment)
    .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
    .join(Version, Version.id == LEARNED)
    .where(Enrolment.id == bindparam("enrolment"))
)


def version_learned(session: Session, enrolment: Enrolment) -> Published:
    """Return the version whose lessons the learner of an enrolment reads. One small query."""
    return published(session, *session.execute(_LEARNED, {"enrolment": enrolment.id}).one())


def learning_of(session: Session, user_id: int, course_id: int) -> Learning:
    """Return how a person stands with a course: her latest cycle, and what its certificate is worth."""
    row = session.execute(
        select(Enrolment.cycle, Completion.id, Certificate.expires_on, Revocation.revoked_at)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, CERTIFIED)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Enrolment.user_id == user_id, Enrolment.course_id == course_id)
        .order_by(Enrolment.cycle.desc())
        .limit(1)
    ).first()
    return learning(*row) if row else Learning()


def learning(cycle: int, completion: int | None, expires_on: date | None, revoked: object) -> Learning:
    """Return `Learning` from the columns of an enrolment, its completion, certificate and revocation."""
    return Learning(cycle, completion is not None, expires_on, revoked is not None)


#: The certificate of an enrolment.
CERTIFIED = (
    (Certificate.user_id == Enrolment.user_id)
    & (Certificate.course_id == Enrolment.course_id)
    & (Certificate.cycle == Enrolment.cycle)
)


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


def status(session: Session, enrolment: Enrolment, version: Published) -> Status:
    """Return how far an enrolment of `version` is. Two queries, and one for each leg; papers of attempts are not among what they read."""
    here = {"enrolment": enrolment.id}
    read = session.scalars(_LESSONS_READ, here)
    attempts: dict[str, list[Sat]] = {}
    for ref, *columns in session.execute(_ATTEMPTS, here):
        attempts.setdefault(ref, []).append(Sat(*columns))
    quizzes = {ref: _done(many) for ref, many in attempts.items() if any(one.submitted_at for one in many)}
    wanted = requirements_of(version)
    legs = legs_of(session, enrolment, version.manifest)
    done = Done(frozenset(read), quizzes, workshops=legs.workshops, practice=legs.practice)
    return Status(wanted, done, progress(wanted, done), attempts)


def _done(attempts: Sequence[Sat]) -> QuizDone:
    marked = [Fraction(one.share) for one in attempts if one.share is not None]
    return QuizDone(best=max(marked, default=None), passed=any(one.passed for one in attempts))


def audiences_of(session: Session, course: Course) -> frozenset[str]:
    """Return the audiences that a course is for."""
    return frozenset(
        session.scalars(select(CourseAudience.audience).where(CourseAudience.course_id == course.id))
    )


def is_for(session: Session, course: Course, who: Actor) -> bool:
    """Return whether the course is for one of the person's audiences."""
    return bool(who.audiences & audiences_of(session, course))


def quiz_of(version: Published, ref: str) -> dict[str, Any]:
    """Return the quiz of a version as its course.toml describes it. Raises `NotFound`."""
    for quiz in version.manifest.get("quizzes", []):
        if quiz["ref"] == ref:
            found: dict[str, Any] = quiz
            return found
    raise NotFound


def is_decisive(version: Published, ref: str) -> bool:
    """Return whether a quiz is one of the completion rules, rather than a self-check."""
    return any(rule.get("quiz") == ref for rule in version.manifest["completion"])


def release_of(session: Session, quiz: Mapping[str, Any]) -> Released:
    """Return the published bank of a quiz (`gd-01-1`: version 1 of gd-01)."""
    slug, _, number = quiz["bank"].rpartition("-")
    return released(session, slug, int(number))


def blueprint_of(quiz: Mapping[str, Any]) -> tuple[Draw, ...]:
    """Return what a quiz draws from its bank."""
    return tuple(
        Draw(objective=draw["objective"], count=draw["count"], difficulty=tuple(draw.get("difficulty", ())))
        for draw in quiz["draw"]
    )


def rules_of(quiz: Mapping[str, Any]) -> Rules:
    """Return the limits of a quiz's attempts."""
    return Rules(
        attempts=quiz["attempts"],
        wait_after=quiz["wait_after"],
        wait_hours=quiz["wait_hours"],
        limit_minutes=quiz["limit_minutes"],
        feedback=quiz["feedback"],
    )


_CATALOGUE = (
    select(
        Course.id,
        Course.code,
        Course.sector,
        Course.access,
        Version.id.label("version_id"),
        Version.digest,
        CourseAudience.audience,
    )
    .join(Version, and_(Version.course_id == Course.id, Version.current))
    .outerjoin(CourseAudience, CourseAudience.course_id == Course.id)
    .order_by(Course.code)
)
_MINE = (
    select(Enrolment.course_id, func.max(Completion.id))
    .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
    .where(Enrolment.user_id == bindparam("user"))
    .group_by(Enrolment.course_id)
)


def catalogue(session: Session, who: Actor, audience: str | None = None, search: str = "") -> Sequence[Card]:
    """Return the courses that `who` may know of, those for her own audiences first. Two queries."""
    audiences: dict[int, set[str]] = {}
    rows: dict[int, Any] = {}
    for row in session.execute(_CATALOGUE):
        rows.setdefault(row.id, row)
        audiences.setdefault(row.id, set()).update([row.audience] if row.audience else [])
    mine: dict[int, bool] = {}
    if who.id is not None:
        mine = {
            course_id: completed is not None
            for course_id, completed in session.execute(_MINE, {"user": who.id})
        }
    cards = []
    for course_id, row in rows.items():
        for_whom = audiences[course_id]
        if not (_may_know(row.access, for_whom, who) or course_id in mine):
            continue
        version = published(session, row.version_id, row.digest)
        cards.append(
            Card(
                code=row.code,
                sector=row.sector,
                title=version.title,
                summary=version.manifest["summary"],
                minutes=version.minutes,
                lessons=len(version.lessons),
                audiences=tuple(sorted(for_whom)),
                certificate_kind=version.certificate_kind,
                validity_months=version.validity_months,
                mine=bool(who.audiences & for_whom),
                enrolled=course_id in mine,
                completed=mine.get(course_id, False),
            )
        )
    wanted = fold(search)
    return sorted(
        (
            card
            for card in cards
            if (audience is None or audience in card.audiences)
            and (
                not wanted
                or any(
                    wanted in fold(text) for text in (card.code, *card.title.values(), *card.summary.values())
                )
            )
        ),
        key=lambda card: (not card.mine, card.code),
    )


def _may_know(access: str, audiences: set[str], who: Actor) -> bool:
    if who.may(Action.COURSE_PREVIEW):
        return True
    return access != "discreet" and (access == "open" or bool(who.audiences & audiences))


@dataclass(frozen=True, slots=True)
class MyCourse:
    """A course on the learner's own page: what she must do, by when, and where she was.

    next_place: of the next lesson in the course, from 1; 0 where no lesson is next. required: somebody asked for it
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


def _asked(session: Session, who: Actor) -> dict[tuple[int, int], date]:
    """Return what rules ask of a person: the due date of each course and cycle."""
    rows = session.execute(
        select(Assignment.course_id, Assignment.cycle, Assignment.due_on).where(
            Assignment.user_id == who.id, Assignment.ended_on.is_(None)
        )
    )
    return {(course, cycle): due for course, cycle, due in rows}


def asked_of(session: Session, who: Actor, course: Course) -> dict[int, date]:
    """Return what rules ask of a person in one course: the due date of each cycle."""
    return {cycle: due for (one, cycle), due in _asked(session, who).items() if one == course.id}


def cycle_to_begin(stands: Learning, asked: Collection[int], day: date) -> int | None:
    """Return the cycle that a person may begin or is in: what time opens, or what a rule asks earlier than that."""
    if stands.completed and stands.cycle + 1 in asked:
        return stands.cycle + 1
    return cycle_to_learn(stands, day)


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
        lessons=len(version.lessons),
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
    asked: bool,
    renews: date | None,
) -> MyCourse:
    completed_on, serial = finished
    wanted = requirements_of(version)
    step = next_step(wanted, done) if completed_on is None else None
    lesson = version.lesson(step.ref) if step is not None and step.kind == StepKind.LESSON else None
    quiz = quiz_of(version, step.ref) if step is not None and step.kind == StepKind.QUIZ else None
    due = enrolment.due_on
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
        lessons_done=len(done.lessons),
        lessons=len(wanted.lessons),
        next_kind=step.kind if step else None,
        next_ref=step.ref if step else "",
        next_title=lesson.title if lesson else quiz["title"] if quiz else {},
        next_minutes=lesson.minutes if lesson else 0,
        next_place=wanted.lessons.index(lesson.slug) + 1 if lesson else 0,
        path=_around(version, done.lessons, lesson.slug) if lesson else (),
    )


def _around(version: Published, read: Collection[str], here: str) -> Sequence[PathStep]:
    """Return at most six lessons around `here`, two of them before it."""
    places = [one.slug for one in version.lessons]
    first = max(0, min(places.index(here) - 2, len(places) - 6))
    return [
        PathStep(
            one.slug,
            place,
            one.title,
            "current" if one.slug == here else "done" if one.slug in read else "todo",
        )
        for place, one in list(enumerate(version.lessons, 1))[first : first + 6]
    ]


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
    `opens_on` is the day from which it may be renewed, and `renewable` whether it may today.
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

    @property
    def modules(self) -> Sequence[tuple[dict[str, Any], Sequence[LessonLine]]]:
        """Return each module with its lessons."""
        return [
            (module, [line for line in self.lessons if line.module == module["ref"]])
            for module in self.version.manifest["modules"]
        ]

    @property
    def next_lesson(self) -> LessonLine | None:
        """Return the first lesson that is not done."""
        return next((line for line in self.lessons if not line.done), None)


_COURSE = select(Course).where(Course.code == bindparam("code"))


def course_for(session: Session, who: Actor, code: str) -> Course:
    """Return a course that `who` may know of. Raises `NotFound` for others: a restricted course does not exist."""
    course = session.scalar(_COURSE, {"code": code})
    if course is None:
        raise NotFound
    if who.may(Action.COURSE_PREVIEW) or course.access == "open":
        return course
    if course.access == "discreet":
        raise NotFound
    if is_for(session, course, who) or enrolment_of(session, who, course) is not None:
        return course
    raise NotFound


def picture_for(session: Session, who: Actor, code: str) -> None:
    """Raise `NotFound` unless `who` may see the pictures of a course: she may know of it, or reads its lessons."""
    reads = (
        select(EnrolmentPath.enrolment_id)
        .join(Enrolment, Enrolment.id == EnrolmentPath.enrolment_id)
        .join(Version, Version.id == EnrolmentPath.version_id)
        .join(Course, Course.id == Version.course_id)
        .where(Enrolment.user_id == who.id, Course.code == code, Course.access == "discreet")
    )
    try:
        course_for(session, who, code)
    except NotFound:
        if session.scalar(reads) is None:
            raise


def current_version(session: Session, course: Course) -> Published:
    """Return the version that a new learner begins. Raises `NoResultFound`."""
    return published(session, *session.execute(_CURRENT, {"course": course.id}).one())


_LATEST = (
    select(Enrolment)
    .where(Enrolment.user_id == bindparam("user"), Enrolment.course_id == bindparam("course"))
    .order_by(Enrolment.cycle.desc())
    .limit(1)
)


def enrolment_of(session: Session, who: Actor, course: Course) -> Enrolment | None:
    """Return the person's latest enrolment in a course, or None."""
    return session.scalar(_LATEST, {"user": who.id, "course": course.id})


def course_page(session: Session, who: Actor, course: Course, today: date | None = None) -> CoursePage:
    """Return everything a course's page shows. Without `today` nothing is said about renewing."""
    enrolment = enrolment_of(session, who, course) if who.id is not None else None
    version = version_learned(session, enrolment) if enrolment else current_version(session, course)
    now = status(session, enrolment, version) if enrolment else None
    read = now.done.lessons if now else frozenset()
    lessons = [
        LessonLine(one.slug, one.title, one.minutes, one.module, one.slug in read) for one in version.lessons
    ]
    completed_on, serial, expires_on, revoked = (
        _finished(session, enrolment) if enrolment is not None else (None, None, None, False)
    )
    stands = Learning(enrolment.cycle if enrolment else 0, completed_on is not None, expires_on, revoked)
    asked = asked_of(session, who, course) if who.id is not None else {}
    begin = cycle_to_begin(stands, asked, today) if today is not None else None
    due = asked.get(begin or max(1, stands.cycle))
    if enrolment is not None and not completed_on:
        due = enrolment.due_on or due
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
    )


_FINISHED = (
    select(Completion.completed_on, Certificate.serial, Certificate.expires_on, Revocation.revoked_at)
    .join(Enrolment, Enrolment.id == Completion.enrolment_id)
    .outerjoin(
        Certificate,
        and_(
            Certificate.user_id == Completion.user_id,
            Certificate.course_id == Completion.course_id,
            Certificate.cycle == Enrolment.cycle,
        ),
    )
    .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
    .where(Completion.enrolment_id == bindparam("enrolment"))
)


def finished(session: Session, enrolment: Enrolment) -> tuple[date | None, str | None]:
    """Return when an enrolment was completed and the serial of its certificate; None for what there is not."""
    return _finished(session, enrolment)[:2]


def _finished(session: Session, enrolment: Enrolment) -> tuple[date | None, str | None, date | None, bool]:
    row = session.execute(_FINISHED, {"enrolment": enrolment.id}).first()
    return (row[0], row[1], row[2], row[3] is not None) if row else (None, None, None, False)


@dataclass(frozen=True, slots=True)
class LessonPage:
    """One lesson in one language, with its place in the path. `enrolment_id` is None for a visitor or a preview.

    `kept_as` is all that the list of lessons beside it depends on: version, address, and what was read; the lesson's
    own words depend on all of it but the last.
    """

    code: str
    course_title: Texts
    version: int
    module_title: Texts
    slug: str
    title: Texts
    minutes: int
    html: str
    action: str
    content_note: str | None
    sources: Sequence[Mapping[str, Any]]
    job_aids: Sequence[Mapping[str, str]]
    lessons: Sequence[LessonLine]
    enrolment_id: int | None
    lesson_id: int
    checked_on: str
    kept_as: tuple[object, ...]

    @property
    def place(self) -> int:
        """Return the lesson's place in the course, from 1."""
        return next(place for place, line in enumerate(self.lessons, 1) if line.slug == self.slug)

    @property
    def done(self) -> bool:
        """Return whether the learner said that she finished it."""
        return self.lessons[self.place - 1].done

    @property
    def following(self) -> LessonLine | None:
        """Return the lesson after this one."""
        return self.lessons[self.place] if self.place < len(self.lessons) else None

    @property
    def preceding(self) -> LessonLine | None:
        """Return the lesson before this one."""
        return self.lessons[self.place - 2] if self.place > 1 else None


#: Statements that every reader asks for are composed once: composing one takes longer than SQLite needs to answer it.
_READ = (
    select(Enrolment.id, Version.id, Version.digest, Lesson.slug)
    .join(Course, Course.id == Enrolment.course_id)
    .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
    .join(Version, Version.id == LEARNED)
    .outerjoin(LessonDone, LessonDone.enrolment_id == Enrolment.id)
    .outerjoin(Lesson, Lesson.id == LessonDone.lesson_id)
    .where(Enrolment.user_id == bindparam("user"), Course.code == bindparam("code"))
    .order_by(Enrolment.id.desc())
)
_CURRENT = select(Version.id, Version.digest).where(Version.course_id == bindparam("course"), Version.current)


def lesson_page(session: Session, who: Actor, code: str, slug: str, language: str) -> LessonPage:
    """Return a lesson: of the version the learner began, else of the current one where it is open to read.

    One query for a learner who has begun. Raises `NotFound`.
    """
    read: set[str] = set()
    enrolment_id: int | None = None
    version: Published | None = None
    for enrolment, version_id, digest, done in session.execute(_READ, {"user": who.id, "code": code}):
        if version is None:  # of several enrolments the latest one that has the lesson
            begun = published(session, version_id, digest)
            if begun.lesson(slug) is None:
                continue
            version, enrolment_id = begun, enrolment
        if enrolment == enrolment_id and done is not None:
            read.add(done)
    if version is None:
        course = course_for(session, who, code)
        version = current_version(session, course)
    lesson = version.lesson(slug)
    text = version.texts.get((slug, language))
    if lesson is None or text is None:
        raise NotFound
    module = version.module(lesson.module)
    return LessonPage(
        code=code,
        course_title=version.title,
        version=version.number,
        module_title=module["title"],
        slug=slug,
        title=lesson.title,
        minutes=lesson.minutes,
        html=text.html,
        action=text.action,
        content_note=text.content_note or (module.get("content_note") or {}).get(language),
        sources=text.sources,
        job_aids=text.job_aids,
        lessons=[
            LessonLine(one.slug, one.title, one.minutes, one.module, one.slug in read)
            for one in version.lessons
        ],
        enrolment_id=enrolment_id,
        lesson_id=lesson.id,
        checked_on=max((str(source["checked"]) for source in text.sources), default=""),
        kept_as=(version.id, version.digest, code, slug, frozenset(read)),
    )


def lesson_to_finish(session: Session, who: Actor, code: str, slug: str) -> tuple[Enrolment, Lesson]:
    """Return the enrolment and the lesson that a learner may finish. Raises `NotFound`, `NotEnrolled`."""
    course = course_for(session, who, code)
    enrolment = enrolment_of(session, who, course)
    if enrolment is None:
        raise NotEnrolled
    lesson = session.scalar(
        select(Lesson)
        .join(Enrolment, Enrolment.id == enrolment.id)
        .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
        .where(Lesson.version_id == LEARNED, Lesson.slug == slug)
    )
    if lesson is None:
        raise NotFound
    return enrolment, lesson


@dataclass(frozen=True, slots=True)
class AttemptPlace:
    """Where an attempt belongs: for its page's way back."""

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
    return AttemptPlace(attempt, enrolment, course, version, quiz_of(version, ref))

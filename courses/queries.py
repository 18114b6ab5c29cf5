"""Reading courses: the catalogue, a learner's own courses, one lesson, what is done and what is left.

Pages are handed ready dataclasses. A signed-in lesson costs three queries, whatever the course's length.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from courses.completion import Done, Progress, QuizDone, Requirements, Rule, StepKind, next_step, progress
from courses.errors import NotEnrolled
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
from courses.published import Published, published, version_of
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
    """Return how far an enrolment of `version` is. Two queries; papers of attempts are not among what they read."""
    here = {"enrolment": enrolment.id}
    read = session.scalars(_LESSONS_READ, here)
    attempts: dict[str, list[Sat]] = {}
    for ref, *columns in session.execute(_ATTEMPTS, here):
        attempts.setdefault(ref, []).append(Sat(*columns))
    quizzes = {ref: _done(many) for ref, many in attempts.items() if any(one.submitted_at for one in many)}
    wanted = requirements_of(version)
    done = Done(lessons=frozenset(read), quizzes=quizzes)
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
    return access == "open" or bool(who.audiences & audiences) or who.may(Action.COURSE_PREVIEW)


@dataclass(frozen=True, slots=True)
class MyCourse:
    """A course on the learner's own page: what she must do, by when, and where she was.

    next_place: of the next lesson in the course, from 1; 0 where no lesson is next.
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


@dataclass(frozen=True, slots=True)
class PathStep:
    """A lesson near the one that is next. place: in the course, from 1. state: done, current or todo."""

    slug: str
    place: int
    title: Texts
    state: str


def my_courses(session: Session, who: Actor, today: date) -> Sequence[MyCourse]:
    """Return the courses of a learner: begun ones first (soonest due first), then those she is meant to take, then done.

    A fixed number of queries, however many courses.
    """
    enrolments = session.execute(
        select(Enrolment, Course, Version.digest, Completion.completed_on, Certificate.serial)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Version, Version.id == Enrolment.version_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(
            Certificate,
            (Certificate.user_id == Enrolment.user_id)
            & (Certificate.course_id == Enrolment.course_id)
            & (Certificate.cycle == Enrolment.cycle),
        )
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
    found = [
        _mine(
            enrolment,
            course.code,
            published(session, enrolment.version_id, digest),
            (completed_on, serial),
            Done(lessons=frozenset(read.get(enrolment.id, ())), quizzes=passed.get(enrolment.id, {})),
            today,
        )
        for enrolment, course, digest, completed_on, serial in enrolments
    ]
    begun = {row[1].id for row in enrolments}
    meant = session.execute(
        select(Course.code, Version.id, Version.digest)
        .join(Version, and_(Version.course_id == Course.id, Version.current))
        .where(
            Course.id.in_(select(CourseAudience.course_id).where(CourseAudience.audience.in_(who.audiences))),
            Course.id.not_in(begun),
        )
    )
    found += [_not_begun(code, published(session, key, digest)) for code, key, digest in meant]
    return sorted(
        found,
        key=lambda one: (one.completed_on is not None, not one.enrolled, one.due_on or date.max, one.code),
    )


def _not_begun(code: str, version: Published) -> MyCourse:
    return MyCourse(
        code=code,
        title=version.title,
        minutes=version.minutes,
        enrolled=False,
        required=False,
        due_on=None,
        overdue=False,
        days_left=None,
        completed_on=None,
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
        required=due is not None,
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
    """A course as its page shows it: for a visitor, or for one who has begun it."""

    course: Course
    version: Published
    enrolment: Enrolment | None
    lessons: Sequence[LessonLine]
    status: Status | None
    completed_on: date | None
    serial: str | None

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
    if course.access == "open" or who.may(Action.COURSE_PREVIEW):
        return course
    if is_for(session, course, who) or enrolment_of(session, who, course) is not None:
        return course
    raise NotFound


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


def course_page(session: Session, who: Actor, course: Course) -> CoursePage:
    """Return everything a course's page shows."""
    enrolment = enrolment_of(session, who, course) if who.id is not None else None
    version = version_of(session, enrolment.version_id) if enrolment else current_version(session, course)
    now = status(session, enrolment, version) if enrolment else None
    read = now.done.lessons if now else frozenset()
    lessons = [
        LessonLine(one.slug, one.title, one.minutes, one.module, one.slug in read) for one in version.lessons
    ]
    completed_on, serial = finished(session, enrolment) if enrolment is not None else (None, None)
    return CoursePage(
        course=course,
        version=version,
        enrolment=enrolment,
        lessons=lessons,
        status=now,
        completed_on=completed_on,
        serial=serial,
    )


_FINISHED = (
    select(Completion.completed_on, Certificate.serial)
    .join(Enrolment, Enrolment.id == Completion.enrolment_id)
    .outerjoin(
        Certificate,
        and_(
            Certificate.user_id == Completion.user_id,
            Certificate.course_id == Completion.course_id,
            Certificate.cycle == Enrolment.cycle,
        ),
    )
    .where(Completion.enrolment_id == bindparam("enrolment"))
)


def finished(session: Session, enrolment: Enrolment) -> tuple[date | None, str | None]:
    """Return when an enrolment was completed and the serial of its certificate; None for what there is not."""
    row = session.execute(_FINISHED, {"enrolment": enrolment.id}).first()
    return (row[0], row[1]) if row else (None, None)


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
    select(Enrolment.id, Version.id, Version.digest, LessonDone.lesson_id)
    .join(Course, Course.id == Enrolment.course_id)
    .join(Version, Version.id == Enrolment.version_id)
    .outerjoin(LessonDone, LessonDone.enrolment_id == Enrolment.id)
    .where(Enrolment.user_id == bindparam("user"), Course.code == bindparam("code"))
    .order_by(Enrolment.id.desc())
)
_CURRENT = select(Version.id, Version.digest).where(Version.course_id == bindparam("course"), Version.current)


def lesson_page(session: Session, who: Actor, code: str, slug: str, language: str) -> LessonPage:
    """Return a lesson: of the version the learner began, else of the current one where it is open to read.

    One query for a learner who has begun. Raises `NotFound`.
    """
    read: set[int] = set()
    enrolment_id: int | None = None
    version: Published | None = None
    for enrolment, version_id, digest, lesson_id in session.execute(_READ, {"user": who.id, "code": code}):
        if version is None:  # of several enrolments the latest one that has the lesson
            begun = published(session, version_id, digest)
            if begun.lesson(slug) is None:
                continue
            version, enrolment_id = begun, enrolment
        if enrolment == enrolment_id and lesson_id is not None:
            read.add(lesson_id)
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
            LessonLine(one.slug, one.title, one.minutes, one.module, one.id in read)
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
        select(Lesson).where(Lesson.version_id == enrolment.version_id, Lesson.slug == slug)
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
    select(Attempt, Enrolment, Course, Version.digest, QuizAttempt.quiz_ref)
    .join(QuizAttempt, QuizAttempt.attempt_id == Attempt.id)
    .join(Enrolment, Enrolment.id == QuizAttempt.enrolment_id)
    .join(Course, Course.id == Enrolment.course_id)
    .join(Version, Version.id == Enrolment.version_id)
    .where(Attempt.id == bindparam("attempt"), Attempt.taker_id == bindparam("taker"))
)


def attempt_for(session: Session, who: Actor, attempt_id: str) -> AttemptPlace:
    """Return an attempt of the person's own. Raises `NotFound` for anybody else's, as if there were none."""
    row = session.execute(_ATTEMPT, {"attempt": attempt_id, "taker": who.id}).first()
    if row is None:
        raise NotFound
    attempt, enrolment, course, digest, ref = row
    version = published(session, enrolment.version_id, digest)
    return AttemptPlace(attempt, enrolment, course, version, quiz_of(version, ref))

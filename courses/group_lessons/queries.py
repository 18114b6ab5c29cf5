"""Reading group lessons: where one may play, what, to whom, and which evenings there were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from courses.group_lessons.models import GroupHands, GroupLesson, GroupPresent
from courses.models import Completion, Course, Lesson, LessonText, Version
from courses.published import version_of
from courses.queries.terms import is_decisive, release_of
from portal.core.accounts.models import Posting, User
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.queries import reachable, unit_subtree
from portal.core.policy import Action, Actor

Texts = Mapping[str, str]
PAGE = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """A lesson that can be played. module: the title of its module, which says for which age of children it is."""

    code: str
    course_title: Texts
    module: Texts
    slug: str
    title: Texts
    minutes: int
    place: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the community."""

    id: int
    full_name: str
    audience: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option to be counted by hands; right or not, and the author's words on it, shown after counting."""

    ref: str
    text: Texts
    right: bool
    feedback: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """A question for the hall."""

    ref: str
    stem: Texts
    options: tuple[Option, ...]
    feedback: Texts


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of it: the evening, how many lessons were noted, how many completed the course. first: not a repeat."""

    id: int
    people: int
    lessons: int
    completed: int
    first: bool


TRUE_FALSE = (("true", {"vi": "Đúng", "en": "True"}), ("false", {"vi": "Sai", "en": "False"}))


def units(session: Session, who: Actor) -> Sequence[tuple[Unit, str]]:
    """Return the units to whose people the reader may play a lesson, with their areas' names; 200 at most."""
    rows = session.execute(
        select(Unit, Area.name)
        .join(Area, Area.id == Unit.area_id)
        .where(reachable(who.grants, Action.GROUP_LESSON_PLAY), Unit.valid_to.is_(None))
        .order_by(Unit.search_key, Unit.id)
        .limit(200)
    )
    return [(unit, area) for unit, area in rows]


def unit_for(session: Session, who: Actor, unit_id: int) -> Unit:
    """Return a unit to whose people the reader may play a lesson. Raises `NotFound`."""
    unit = session.scalar(
        select(Unit).where(Unit.id == unit_id, reachable(who.grants, Action.GROUP_LESSON_PLAY))
    )
    if unit is None:
        raise NotFound
    return unit


def choices(session: Session) -> Sequence[Choice]:
    """Return the lessons of the current versions of courses that are open to all, in their order. Two queries."""
    open_now = (Course.access == "open", Version.current)
    modules = {
        (version_id, module["ref"]): module["title"]
        for version_id, manifest in session.execute(
            select(Version.id, Version.manifest).join(Course, Course.id == Version.course_id).where(*open_now)
        )
        for module in manifest["modules"]
    }
    rows = session.execute(
        select(Course.code, Version.title, Lesson)
        .join(Version, Version.course_id == Course.id)
        .join(Lesson, Lesson.version_id == Version.id)
        .where(*open_now)
        .order_by(Course.code, Lesson.position)
    )
    return [
        Choice(
            code,
            title,
            modules[one.version_id, one.module_ref],
            one.slug,
            one.title,
            one.minutes,
            one.position,
        )
        for code, title, one in rows
    ]


def lesson_for(session: Session, code: str, slug: str) -> tuple[Course, Version, Lesson]:
    """Return a lesson that can be played. Raises `NotFound`."""
    row = session.execute(
        select(Course, Version, Lesson)
        .join(Version, Version.course_id == Course.id)
        .join(Lesson, Lesson.version_id == Version.id)
        .where(Course.code == code, Course.access == "open", Version.current, Lesson.slug == slug)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def html_of(session: Session, lesson: Lesson, language: str) -> LessonText:
    """Return the lesson's text. Raises `NotFound`."""
    text = session.get(LessonText, (lesson.id, language))
    if text is None:
        raise NotFound
    return text


def _in_unit(unit: Unit, day: date) -> list[object]:
    return [
        Posting.unit_id.in_(unit_subtree(unit.id)),
        Posting.valid_from <= day,
        or_(Posting.valid_to.is_(None), Posting.valid_to >= day),
        User.ended_at.is_(None),
    ]


def people(session: Session, unit: Unit, day: date) -> Sequence[Person]:
    """Return who belongs to a unit (or one below it) on `day`, each once, in the Vietnamese order of names."""
    rows = session.execute(
        select(User.id, User.full_name, func.min(Posting.audience))
        .join(Posting, Posting.user_id == User.id)
        .where(*_in_unit(unit, day))  # type: ignore[arg-type]
        .group_by(User.id, User.full_name, User.sort_key)
        .order_by(User.sort_key, User.id)
    )
    return [Person(user_id, name, str(audience)) for user_id, name, audience in rows]


def people_ids(session: Session, unit: Unit, day: date) -> Sequence[int]:
    """Return the ids of who belongs to a unit on `day`."""
    return session.scalars(
        select(User.id).join(Posting, Posting.user_id == User.id).where(*_in_unit(unit, day)).distinct()  # type: ignore[arg-type]
    ).all()


def questions(session: Session, lesson: Lesson) -> Sequence[Question]:
    """Return the questions about a lesson that a hall can answer by hands.

    Only from quizzes that decide nothing: a final quiz is not shown to a hall. Kinds with options only. Several quizzes
    may draw from one bank; its questions are asked once.
    """
    version = version_of(session, lesson.version_id)
    found = []
    asked: set[str] = set()
    for quiz in version.manifest.get("quizzes", []):
        if is_decisive(version, quiz["ref"]) or quiz["bank"] in asked:
            continue
        asked.add(quiz["bank"])
        for raw in release_of(session, quiz).bank.document["questions"]:
            if raw["lesson"] != lesson.slug:
                continue
            if raw["kind"] in ("single", "multiple"):
                options = tuple(
                    Option(one["ref"], one["text"], one["right"], one["feedback"]) for one in raw["options"]
                )
            elif raw["kind"] == "truefalse":
                options = tuple(
                    Option(ref, text, raw["answer"] is (ref == "true"), {"vi": "", "en": ""})
                    for ref, text in TRUE_FALSE
                )
            else:
                continue
            found.append(Question(raw["ref"], raw["stem"], options, raw["feedback"]["right"]))
    return found


def noted(session: Session, row: GroupLesson) -> Noted:
    """Return what came of an evening that was noted before."""
    people_there, lessons = session.execute(
        select(func.count(), func.count(GroupPresent.enrolment_id)).where(
            GroupPresent.group_lesson_id == row.id
        )
    ).one()
    return Noted(row.id, people_there, lessons, 0, first=False)


@dataclass(frozen=True, slots=True)
class EveningLine:
    """An evening in a list."""

    id: int
    played_on: date
    unit: str
    place: str
    code: str
    title: Texts
    played_by: str
    people: int
    others: int


def evenings(
    session: Session, who: Actor, search: str = "", page: int | None = 1
) -> tuple[Sequence[EveningLine], int]:
    """Return the evenings of the reader's units, newest first, and how many there are. page: of 50; None for all."""
    there = (
        select(func.count())
        .select_from(GroupPresent)
        .where(GroupPresent.group_lesson_id == GroupLesson.id)
        .scalar_subquery()
    )
    found = (
        select(GroupLesson, Unit.name, Course.code, Lesson.title, there)
        .join(Unit, Unit.id == GroupLesson.unit_id)
        .join(Course, Course.id == GroupLesson.course_id)
        .join(Lesson, Lesson.id == GroupLesson.lesson_id)
        .where(reachable(who.grants, Action.GROUP_LESSON_PLAY))
    )
    if search:
        wanted = fold(search)
        found = found.where(
            or_(
                Unit.search_key.contains(wanted, autoescape=True),
                func.lower(Course.code).contains(wanted, autoescape=True),
                GroupLesson.place.contains(search, autoescape=True),
            )
        )
    count = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    found = found.order_by(GroupLesson.played_on.desc(), GroupLesson.id.desc())
    rows = session.execute(found if page is None else found.limit(PAGE).offset((page - 1) * PAGE))
    return [
        EveningLine(one.id, one.played_on, unit, one.place, code, title, one.played_by_name, many, one.others)
        for one, unit, code, title, many in rows
    ], count


@dataclass(frozen=True, slots=True)
class Hands:
    """A question of an evening with its hands."""

    stem: Texts
    votes: tuple[tuple[Texts, bool, int], ...]


@dataclass(frozen=True, slots=True)
class EveningPage:
    """An evening: the line, who was there with what it did for her, and the hands."""

    line: EveningLine
    began_at: datetime
    ended_at: datetime
    people: Sequence[tuple[str, str, bool, date | None]]
    ids: tuple[int, ...]
    hands: Sequence[Hands]


def evening_page(session: Session, who: Actor, evening_id: int) -> EveningPage:
    """Return an evening of the reader's units. Raises `NotFound`."""
    row = session.execute(
        select(GroupLesson, Unit.name, Course.code, Lesson)
        .join(Unit, Unit.id == GroupLesson.unit_id)
        .join(Course, Course.id == GroupLesson.course_id)
        .join(Lesson, Lesson.id == GroupLesson.lesson_id)
        .where(GroupLesson.id == evening_id, reachable(who.grants, Action.GROUP_LESSON_PLAY))
    ).first()
    if row is None:
        raise NotFound
    one, unit, code, lesson = row
    people_there = session.execute(
        select(
            GroupPresent.user_id,
            GroupPresent.full_name,
            GroupPresent.audience,
            GroupPresent.enrolment_id,
            Completion.completed_on,
        )
        .outerjoin(User, User.id == GroupPresent.user_id)
        .outerjoin(Completion, Completion.enrolment_id == GroupPresent.enrolment_id)
        .where(GroupPresent.group_lesson_id == one.id)
        .order_by(User.sort_key, GroupPresent.user_id)
    ).all()
    votes = {
        (vote.question, vote.option): vote.hands
        for vote in session.scalars(select(GroupHands).where(GroupHands.group_lesson_id == one.id))
    }
    return EveningPage(
        EveningLine(
            one.id,
            one.played_on,
            unit,
            one.place,
            code,
            lesson.title,
            one.played_by_name,
            len(people_there),
            one.others,
        ),
        one.began_at,
        one.ended_at,
        [
            (name, audience or "", enrolment is not None, done)
            for _id, name, audience, enrolment, done in people_there
        ],
        tuple(row[0] for row in people_there),
        [
            Hands(
                asked.stem,
                tuple(
                    (option.text, option.right, votes.get((asked.ref, option.ref), 0))
                    for option in asked.options
                ),
            )
            for asked in questions(session, lesson)
            if any((asked.ref, option.ref) in votes for option in asked.options)
        ],
    )

"""Reading classes: those one may hold, those one may go to, one's line and roll, and the list of a paper class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from courses.models import Completion, Course, CourseAudience, Version
from courses.workshops.models import (
    Attendance,
    Attended,
    Mark,
    PaperLine,
    Registration,
    Workshop,
    WorkshopDay,
    WorkshopTrainer,
)
from courses.workshops.seats import Seat, seating
from portal.core.accounts.models import Posting, User
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.queries import areas_above, reachable
from portal.core.policy import Action, Actor
from portal.core.text import N_

Texts = Mapping[str, str]
PAGE = 50


class State(StrEnum):
    """Where a class stands."""

    COMING = "coming"
    HELD = "held"
    CLOSED = "closed"
    CANCELLED = "cancelled"


STATE_LABELS = {
    State.COMING: N_("coming"),
    State.HELD: N_("held, to be closed"),
    State.CLOSED: N_("closed"),
    State.CANCELLED: N_("cancelled"),
}


def state_of(workshop: Workshop, today: date) -> State:
    """Return where a class stands on `today`."""
    if workshop.cancelled_at is not None:
        return State.CANCELLED
    if workshop.closed_at is not None:
        return State.CLOSED
    return State.HELD if workshop.ends_on <= today else State.COMING


@dataclass(frozen=True, slots=True)
class Line:
    """A class in a list. seated and waiting: of its line; took_part: once closed."""

    id: int
    title: str
    origin: str
    course: str
    plan_item: str
    organiser: str
    area: str
    place: str
    starts_on: date
    ends_on: date
    state: State
    capacity: int
    seated: int
    waiting: int
    took_part: int
    visits: int


def _live() -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(Registration)
        .where(Registration.workshop_id == Workshop.id, Registration.given_up_at.is_(None))
        .scalar_subquery()
    )


def _took_part() -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(Attended)
        .where(Attended.workshop_id == Workshop.id, Attended.withdrawn_at.is_(None))
        .scalar_subquery()
    )


def _holds(who: Actor) -> ColumnElement[bool]:
    return Workshop.organiser_id.in_(select(Unit.id).where(reachable(who.grants, Action.WORKSHOP_HOLD)))


def _trains(who: Actor) -> ColumnElement[bool]:
    return exists().where(WorkshopTrainer.workshop_id == Workshop.id, WorkshopTrainer.user_id == who.id)


def workshops(
    session: Session,
    who: Actor,
    today: date,
    *,
    search: str = "",
    state: State | None = None,
    origin: str = "",
    page: int | None = 1,
) -> tuple[Sequence[Line], int]:
    """Return the classes that the reader may hold or trains, latest first, and how many. page: of 50; None for all."""
    found = (
        select(Workshop, Course.code, Unit.name, Area.name, _live(), _took_part())
        .outerjoin(Course, Course.id == Workshop.course_id)
        .join(Unit, Unit.id == Workshop.organiser_id)
        .join(Area, Area.id == Workshop.area_id)
        .where(or_(_holds(who), _trains(who)))
    )
    if search:
        wanted = fold(search)
        found = found.where(
            or_(
                Workshop.search_key.contains(wanted, autoescape=True),
                Unit.search_key.contains(wanted, autoescape=True),
                func.lower(Course.code).contains(wanted, autoescape=True),
            )
        )
    if origin:
        found = found.where(Workshop.origin == origin)
    if state is not None:
        open_ = and_(Workshop.cancelled_at.is_(None), Workshop.closed_at.is_(None))
        found = found.where(
            {
                State.CANCELLED: Workshop.cancelled_at.is_not(None),
                State.CLOSED: Workshop.closed_at.is_not(None),
                State.HELD: and_(open_, Workshop.ends_on <= today),
                State.COMING: and_(open_, Workshop.ends_on > today),
            }[state]
        )
    count = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    found = found.order_by(Workshop.starts_on.desc(), Workshop.id.desc())
    rows = session.execute(found if page is None else found.limit(PAGE).offset((page - 1) * PAGE))
    return [_as_line(row, today) for row in rows], count


def _as_line(row: Sequence[Any], today: date) -> Line:
    one, code, unit, area, live, took_part = row
    return Line(
        id=one.id,
        title=one.title,
        origin=one.origin,
        course=code or "",
        plan_item=one.plan_item,
        organiser=unit,
        area=area,
        place=one.place,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        state=state_of(one, today),
        capacity=one.capacity,
        seated=min(live, one.capacity),
        waiting=max(0, live - one.capacity),
        took_part=took_part,
        visits=one.visits,
    )


def to_hold(session: Session, who: Actor, workshop_id: int) -> Workshop:
    """Return a class of the reader's units: to change, close, correct. Raises `NotFound`."""
    found = session.scalar(select(Workshop).where(Workshop.id == workshop_id, _holds(who)))
    if found is None:
        raise NotFound
    return found


def to_run(session: Session, who: Actor, workshop_id: int) -> Workshop:
    """Return a class that the reader holds or trains: its roll, sheet and screen. Raises `NotFound`."""
    found = session.scalar(select(Workshop).where(Workshop.id == workshop_id, or_(_holds(who), _trains(who))))
    if found is None:
        raise NotFound
    return found


def may_hold(session: Session, who: Actor, workshop: Workshop) -> bool:
    """Return whether the reader holds the class, rather than only training it."""
    return session.scalar(select(Workshop.id).where(Workshop.id == workshop.id, _holds(who))) is not None


def unit_to_organise(session: Session, who: Actor, code: str) -> Unit | None:
    """Return the unit of that code for which the reader may hold classes, or None."""
    return session.scalar(
        select(Unit).where(Unit.code == code.strip(), reachable(who.grants, Action.WORKSHOP_HOLD))
    )


def units_to_organise(session: Session, who: Actor) -> Sequence[Unit]:
    """Return units for which the reader may hold classes, those higher up first; 100 at most."""
    return session.scalars(
        select(Unit)
        .where(reachable(who.grants, Action.WORKSHOP_HOLD), Unit.valid_to.is_(None))
        .order_by(Unit.parent_id.is_not(None), Unit.search_key, Unit.id)
        .limit(100)
    ).all()


def areas(session: Session) -> Sequence[Area]:
    """Return the areas that are valid, for choosing where a class is held."""
    return session.scalars(select(Area).where(Area.valid_to.is_(None)).order_by(Area.code)).all()


def courses(session: Session) -> Sequence[tuple[int, str, Texts]]:
    """Return every course with the title of its current version."""
    rows = session.execute(
        select(Course.id, Course.code, Version.title)
        .join(Version, and_(Version.course_id == Course.id, Version.current))
        .order_by(Course.code)
    )
    return [(course_id, code, title) for course_id, code, title in rows]


def leg_of(session: Session, workshop: Workshop) -> int | None:
    """Return how many classes the course's current version asks for; None where it asks for none."""
    if workshop.course_id is None:
        return None
    manifest = session.scalar(
        select(Version.manifest).where(Version.course_id == workshop.course_id, Version.current)
    )
    return next(
        (
            rule["times"]
            for rule in (manifest or {}).get("completion", [])
            if rule["rule"] == "workshop_attended"
        ),
        None,
    )


# --- a learner's classes -------------------------------------------------------------------------------------------


def _open_to(session: Session, who: Actor, today: date) -> ColumnElement[bool]:
    """Return a condition true for classes open to one of the person's posts, the post as a whole fitting."""
    posts = session.execute(
        select(Unit.area_id, Unit.sector, Posting.audience)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(
            Posting.user_id == who.id,
            Posting.valid_from <= today,
            or_(Posting.valid_to.is_(None), Posting.valid_to >= today),
        )
        .distinct()
    ).all()
    fits = [
        and_(
            or_(
                Workshop.for_area_id.is_(None),
                Workshop.for_area_id.in_([area.id for area in areas_above(session, area_id)]),
            ),
            or_(Workshop.for_sector.is_(None), Workshop.for_sector == sector),
            or_(Workshop.for_audience.is_(None), Workshop.for_audience == audience),
        )
        for area_id, sector, audience in posts
    ]
    for_course = or_(
        Workshop.course_id.is_(None),
        Workshop.course_id.in_(select(Course.id).where(Course.access == "open")),
        Workshop.course_id.in_(
            select(CourseAudience.course_id).where(CourseAudience.audience.in_(who.audiences))
        ),
    )
    return and_(Workshop.origin == "hall", for_course, or_(false(), *fits))


def _registered(who: Actor) -> ColumnElement[bool]:
    return exists().where(
        Registration.workshop_id == Workshop.id,
        Registration.user_id == who.id,
        Registration.given_up_at.is_(None),
    )


@dataclass(frozen=True, slots=True)
class MyClass:
    """A class as somebody who may go to it sees it. seat: None where she has not registered. place: in the line."""

    line: Line
    seat: Seat | None
    place: int
    took_part: bool


def my_classes(
    session: Session, who: Actor, today: date, *, search: str = "", course_id: int | None = None
) -> Sequence[MyClass]:
    """Return the classes of a person: those to come that are open to her, hers, and those she took part in."""
    took = exists().where(
        Attended.workshop_id == Workshop.id,
        Attended.user_id == who.id,
        Attended.withdrawn_at.is_(None),
    )
    coming = and_(
        Workshop.closed_at.is_(None),
        Workshop.cancelled_at.is_(None),
        Workshop.ends_on >= today,
        _open_to(session, who, today),
    )
    found = (
        select(Workshop, Course.code, Unit.name, Area.name, _live(), _took_part(), took)
        .outerjoin(Course, Course.id == Workshop.course_id)
        .join(Unit, Unit.id == Workshop.organiser_id)
        .join(Area, Area.id == Workshop.area_id)
        .where(or_(coming, took, and_(_registered(who), Workshop.closed_at.is_(None))))
        .order_by(Workshop.starts_on, Workshop.id)
        .limit(200)
    )
    if course_id is not None:
        found = found.where(Workshop.course_id == course_id)
    if search:
        found = found.where(Workshop.search_key.contains(fold(search), autoescape=True))
    rows = session.execute(found).all()
    mine = _my_seats(session, who, [row[0] for row in rows])
    found_classes = []
    for row in rows:
        seat, place = mine.get(row[0].id, (None, 0))
        found_classes.append(MyClass(_as_line(row[:6], today), seat, place, bool(row[6])))
    return found_classes


def _my_seats(session: Session, who: Actor, found: Sequence[Workshop]) -> dict[int, tuple[Seat, int]]:
    capacity = {one.id: one.capacity for one in found}
    ahead = (
        select(func.count())
        .select_from(_other := Registration.__table__.alias("ahead"))
        .where(
            _other.c.workshop_id == Registration.workshop_id,
            _other.c.given_up_at.is_(None),
            _other.c.number <= Registration.number,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Registration.workshop_id, ahead).where(
            Registration.user_id == who.id,
            Registration.given_up_at.is_(None),
            Registration.workshop_id.in_(capacity),
        )
    )
    return {
        workshop_id: (Seat.SEATED if place <= capacity[workshop_id] else Seat.WAITING, place)
        for workshop_id, place in rows
    }


def to_attend(session: Session, who: Actor, workshop_id: int, today: date) -> Workshop:
    """Return a class that the person may go to, is registered for, took part in, or runs. Raises `NotFound`."""
    took = exists().where(Attended.workshop_id == Workshop.id, Attended.user_id == who.id)
    found = session.scalar(
        select(Workshop).where(
            Workshop.id == workshop_id,
            or_(_open_to(session, who, today), _registered(who), took, _holds(who), _trains(who)),
        )
    )
    if found is None:
        raise NotFound
    return found


def to_check_in(session: Session, workshop_id: int) -> Workshop:
    """Return a class of a hall, for whoever stands in it: the code decides, not the list. Raises `NotFound`."""
    found = session.scalar(select(Workshop).where(Workshop.id == workshop_id, Workshop.origin == "hall"))
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class ClassPage:
    """A class with all that stands around it."""

    workshop: Workshop
    course_code: str
    course_title: Texts
    organiser: Unit
    area: str
    for_area: str
    days: Sequence[WorkshopDay]
    trainers: Sequence[tuple[int, str]]
    state: State
    seated: int
    waiting: int


def class_page(session: Session, workshop: Workshop, today: date) -> ClassPage:
    """Return what a class's pages show at their head."""
    course = session.get(Course, workshop.course_id) if workshop.course_id else None
    title: Texts = {}
    if course is not None:
        title = session.scalars(
            select(Version.title).where(Version.course_id == course.id, Version.current)
        ).one()
    live = session.scalar(
        select(func.count())
        .select_from(Registration)
        .where(Registration.workshop_id == workshop.id, Registration.given_up_at.is_(None))
    )
    for_area = session.get(Area, workshop.for_area_id) if workshop.for_area_id else None
    return ClassPage(
        workshop=workshop,
        course_code=course.code if course else "",
        course_title=title,
        organiser=session.get_one(Unit, workshop.organiser_id),
        area=session.get_one(Area, workshop.area_id).name,
        for_area=for_area.name if for_area else "",
        days=session.scalars(
            select(WorkshopDay).where(WorkshopDay.workshop_id == workshop.id).order_by(WorkshopDay.day)
        ).all(),
        trainers=[
            (user_id, name)
            for user_id, name in session.execute(
                select(User.id, User.full_name)
                .join(WorkshopTrainer, WorkshopTrainer.user_id == User.id)
                .where(WorkshopTrainer.workshop_id == workshop.id)
                .order_by(User.sort_key, User.id)
            )
        ],
        state=state_of(workshop, today),
        seated=min(live or 0, workshop.capacity),
        waiting=max(0, (live or 0) - workshop.capacity),
    )


@dataclass(frozen=True, slots=True)
class RollLine:
    """A person on the roll: seat (None: came unannounced), and on each day whether she was there and how that is known."""

    user_id: int
    full_name: str
    unit: str
    audience: str
    seat: Seat | None
    number: int
    days: Mapping[date, bool]
    how: Mapping[date, str]
    took_part: bool
    withdrawn: bool

    @property
    def present(self) -> int:
        """Return on how many days she was there."""
        return sum(self.days.values())


def roll(session: Session, workshop: Workshop, search: str = "") -> Sequence[RollLine]:
    """Return everybody of a class's line and everybody who came, in the Vietnamese order of names.

    Those who came are shown with name and unit as of the day; those who have not, as of the class's first day.
    """
    line = session.execute(
        select(Registration.user_id, Registration.number, User.full_name, User.sort_key)
        .join(User, User.id == Registration.user_id)
        .where(Registration.workshop_id == workshop.id, Registration.given_up_at.is_(None))
    ).all()
    seats = seating([row.number for row in line], workshop.capacity)
    numbers = {row.user_id: row.number for row in line}
    names = {row.user_id: (row.sort_key, row.full_name) for row in line}
    came: dict[int, list[Attendance]] = {}
    for one in session.scalars(
        select(Attendance).where(Attendance.workshop_id == workshop.id).order_by(Attendance.day)
    ):
        came.setdefault(one.user_id, []).append(one)
        names[one.user_id] = (one.sort_key, one.full_name)
    posts: dict[int, tuple[str, str]] = {}
    for user_id, unit, what in session.execute(
        select(Posting.user_id, Unit.name, Posting.audience)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(
            Posting.user_id.in_(names),
            Posting.valid_from <= workshop.starts_on,
            or_(Posting.valid_to.is_(None), Posting.valid_to >= workshop.starts_on),
        )
        .order_by(Posting.valid_from, Posting.id)
    ):
        posts[user_id] = (unit, str(what))
    facts = {
        one.user_id: one
        for one in session.scalars(select(Attended).where(Attended.workshop_id == workshop.id))
    }
    wanted = fold(search)
    lines = []
    for user_id, (_key, full_name) in sorted(names.items(), key=lambda item: (item[1][0], item[0])):
        if wanted and wanted not in fold(full_name):
            continue
        days = came.get(user_id, [])
        stands = posts.get(user_id, ("", ""))
        if days:
            stands = (days[-1].unit_name, days[-1].audience or "")
        number = numbers.get(user_id, 0)
        fact = facts.get(user_id)
        lines.append(
            RollLine(
                user_id,
                full_name,
                *stands,
                seats.get(number),
                number,
                {one.day: one.present for one in days},
                {one.day: str(one.how) for one in days if one.present},
                fact is not None and fact.withdrawn_at is None,
                fact is not None and fact.withdrawn_at is not None,
            )
        )
    return lines


def corrections(session: Session, workshop: Workshop) -> Sequence[tuple[Mark, str, str]]:
    """Return the corrections after closing, newest first: the mark, whose it is, who made it."""
    by = User.__table__.alias("corrector")
    rows = session.execute(
        select(Mark, User.full_name, by.c.full_name)
        .join(User, User.id == Mark.user_id)
        .outerjoin(by, by.c.id == Mark.by_id)
        .where(Mark.workshop_id == workshop.id, Mark.how == "correction")
        .order_by(Mark.received_at.desc())
    )
    return [(mark, name, corrector or "") for mark, name, corrector in rows]


def paper_lines(session: Session, workshop: Workshop, search: str = "") -> Sequence[PaperLine]:
    """Return the lines of a paper list in the order of its rows; those whose name or unit has `search` in it."""
    found = session.scalars(
        select(PaperLine).where(PaperLine.workshop_id == workshop.id).order_by(PaperLine.row)
    ).all()
    wanted = fold(search)
    return [one for one in found if wanted in fold(f"{one.name} {one.unit}")] if wanted else found


def ids_on_paper(lines: Sequence[PaperLine]) -> list[int]:
    """Return the ids of those whom lines of a paper list were taken for, or may be."""
    meant = [line.user_id for line in lines if line.user_id is not None]
    return [*meant, *(int(one["id"]) for line in lines for one in line.candidates)]


def names_of(session: Session, user_ids: set[int]) -> Mapping[int, tuple[str, str]]:
    """Return name and a unit (of the latest post) of people."""
    found: dict[int, tuple[str, str]] = {}
    for user_id, name, unit in session.execute(
        select(User.id, User.full_name, Unit.name)
        .outerjoin(Posting, Posting.user_id == User.id)
        .outerjoin(Unit, Unit.id == Posting.unit_id)
        .where(User.id.in_(user_ids))
        .order_by(Posting.valid_from, Posting.id)
    ):
        found[user_id] = (name, unit or "")
    return found


def already_completed(session: Session, workshop: Workshop, user_ids: set[int]) -> set[int]:
    """Return which of these people have completed the class's course already."""
    if workshop.course_id is None:
        return set()
    return set(
        session.scalars(
            select(Completion.user_id).where(
                Completion.course_id == workshop.course_id, Completion.user_id.in_(user_ids)
            )
        )
    )

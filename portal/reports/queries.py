"""Counting people by place, course and audience, and listing them: the one query behind screen and file.

A person is counted once in every row and once in the total, however many posts she holds. Only units that someone
gave a staff list for (names or codes, on the day asked for) are a denominator; people of other units are counted beside it, never in a rate.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_ as or_bits
from typing import Any
from typing import cast as cast_type

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from courses.assignments.queries import asked_not_begun
from courses.certificates.models import Certificate
from courses.models import Completion, Course, CourseAudience, Enrolment, Version
from portal.core.accounts.models import Audience, Posting, User
from portal.core.bits import Either
from portal.core.clock import local_date, start_of
from portal.core.db import begin_view
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.organisation.history import area_called, unit_called
from portal.core.organisation.models import Area, Sector, Unit
from portal.core.organisation.queries import areas_above, reachable, subtree, unit_subtree
from portal.core.policy import MAY, Action, Actor, Grant
from portal.core.rosters.models import RosterBasis
from portal.core.rosters.queries import counted_on, counted_units
from portal.indicators.places import starts
from portal.reports.tables import Ratio

PAGE = 50


class By(StrEnum):
    """What a row stands for."""

    COURSE = "course"
    PLACE = "place"
    AUDIENCE = "audience"


class State(StrEnum):
    """Whom to list: everybody, those of units with a staff list, or people so far with a course."""

    ALL = "all"
    ROSTER = "roster"
    ENROLLED = "enrolled"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    OVERDUE = "overdue"
    COMPLETED = "completed"
    ROSTER_COMPLETED = "roster_completed"
    NOT_COMPLETED = "not_completed"


@dataclass(frozen=True, slots=True)
class Scope:
    """A place that the asker may count: an area with all below it, one unit with its sub-units, or (`own`) the units
    that stand in an area itself, in none below it; `name` is then the area's.

    `past` is a table of units with their names of a day, where a place is asked for in the boundaries of that day.
    """

    code: str
    name: str
    area: Area | None
    unit: Unit | None
    crumbs: tuple[tuple[str, str], ...]
    condition: ColumnElement[bool]
    past: Any = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked: course (None: any), audience (None: any), completions from a day until a day, both inclusive.

    meant: without a course, count people only whom some course is for, and only with the courses that are for them.
    """

    on: date
    course: Course | None = None
    audience: str | None = None
    since: date | None = None
    until: date | None = None
    meant: bool = False

    @property
    def by_course(self) -> bool:
        """Return whether only posts count that a course is for, and only with that course."""
        return self.meant or self.course is not None

    @property
    def day(self) -> date:
        """Return the day whose rosters count: the end of the period, or the day of asking."""
        return min(self.until, self.on) if self.until else self.on


@dataclass(frozen=True, slots=True)
class Counts:
    """People of one row. `roster` and `roster_completed` are those of units with a staff list.

    Of several courses a person may have completed one and be on the way, or late, with another: she is in both.
    """

    roster: int = 0
    people: int = 0
    enrolled: int = 0
    in_progress: int = 0
    overdue: int = 0
    completed: int = 0
    roster_completed: int = 0

    @property
    def rate(self) -> Ratio:
        """Return completed people out of people on the roster."""
        return Ratio(self.roster_completed, self.roster)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the board: the code to drill into, its name ("": units of the area itself), its counts."""

    code: str
    label: str
    counts: Counts


def places(session: Session, grants: Iterable[Grant]) -> Sequence[tuple[str, str]]:
    """Return the places where the grants begin: (code for the address, name)."""
    return starts(session, grants, Action.PEOPLE_COUNT)


def scope_for(session: Session, who: Actor, code: str, action: Action) -> Scope:
    """Return the place named by `area:CODE`, `own:CODE` (the units of the area itself) or `unit:CODE`.

    It is narrowed to what `who` may do `action` on.

    Raises `NotFound` where there is no such place or it is not the asker's: who may not see a place does not learn
    that it exists.
    """
    kind, _, text = code.partition(":")
    reach = reachable(who.grants, action)
    if kind in ("area", "own"):
        area = area_called(session, text)
        if area is not None:
            chain = areas_above(session, area.id)
            ids = [above.id for above in chain]
            if _may_look_at(ids, who, action):
                if kind == "own":
                    condition = and_(reach, Unit.area_id == area.id)
                    return Scope(
                        code, area.name, None, None, _crumbs(chain, who, action), condition, own=True
                    )
                inside = Unit.area_id.in_(subtree(area.id))
                condition = inside if _wholly(ids, who, action) else and_(reach, inside)
                return Scope(code, area.name, area, None, _crumbs(chain[:-1], who, action), condition)
    if kind == "unit":
        unit = session.scalar(select(Unit).where(Unit.code == text, Unit.valid_to.is_(None), reach))
        if unit is None and (became := unit_called(session, text)) is not None:
            unit = session.scalar(select(Unit).where(Unit.id == became.id, reach))
        if unit is not None:
            condition = and_(reach, Unit.id.in_(unit_subtree(unit.id)))
            chain = areas_above(session, unit.area_id)
            return Scope(code, unit.name, None, unit, _crumbs(chain, who, action), condition)
    raise NotFound


def _may_look_at(chain: Sequence[int], who: Actor, action: Action) -> bool:
    """Return whether a whole area (ids of it and those above) is the asker's, be it for one sector only."""
    return any(
        action in MAY[grant.role] and grant.unit is None and (grant.area is None or grant.area in chain)
        for grant in who.grants
    )


def _wholly(chain: Sequence[int], who: Actor, action: Action) -> bool:
    """Return whether every unit of a whole area is the asker's, so that nothing need be narrowed inside it."""
    return any(
        action in MAY[grant.role]
        and grant.unit is None
        and grant.sector is None
        and (grant.area is None or grant.area in chain)
        for grant in who.grants
    )


def _crumbs(chain: Sequence[Area], who: Actor, action: Action) -> tuple[tuple[str, str], ...]:
    """Return the way up, as far as the asker may go."""
    ids = [area.id for area in chain]
    return tuple(
        (f"area:{area.code}", area.name)
        for place, area in enumerate(chain)
        if _may_look_at(ids[: place + 1], who, action)
    )


def _facts(
    filters: Filters,
    scope: Scope,
    key: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> Select[Any]:
    """Return a select with one row for each key and person: how many times a thing is true of her.

    Only whether a number is above 0 matters: a person of two posts is met twice, with each of her enrolments. Some
    enrolment is not completed exactly where she has more enrolments than completions. Counting is a third cheaper than
    a maximum of flags. With a course, or courses that are meant, only posts that the course is for are counted.
    """
    day = filters.day
    until = start_of(day + timedelta(days=1))
    asked = asked_not_begun(day, late=True)
    query = (
        select(
            key.label("key"),
            Posting.user_id.label("person"),
            func.count(RosterBasis.id).label("roster"),
            func.count(Enrolment.id).label("enrolled"),
            func.count(Completion.id).label("closed"),
            func.count(case((or_(_late(day), asked.c.due_on.is_not(None)), 1))).label("overdue"),
            func.count(case((_done(filters), 1)) if filters.since else Completion.id).label("completed"),
        )
        .select_from(Posting)
        .join(Unit, Unit.id == Posting.unit_id)
        .outerjoin(RosterBasis, and_(RosterBasis.unit_id == Unit.id, *counted_on(day)))
    )
    enrolled = and_(Enrolment.user_id == Posting.user_id, Enrolment.enrolled_at < until)
    of_her = asked.c.user_id == Posting.user_id
    if filters.by_course:
        query = query.join(CourseAudience, CourseAudience.audience == Posting.audience)
        enrolled = and_(enrolled, Enrolment.course_id == CourseAudience.course_id)
        of_her = and_(of_her, asked.c.course_id == CourseAudience.course_id)
    return (
        query.outerjoin(Enrolment, enrolled)
        .outerjoin(asked, of_her)
        .outerjoin(Completion, and_(Completion.enrolment_id == Enrolment.id, Completion.completed_at < until))
        .where(*_posts(filters, scope))
        .group_by(Posting.user_id, key)  # in this order, the sum over people finds its rows sorted
    )


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return 1 where the condition holds for some row of a group, else 0."""
    return func.max(case((condition, 1), else_=0))


def _begun() -> ColumnElement[bool]:
    """Return whether an enrolment was not completed by the end of the period; completed before it is completed, too."""
    return and_(Enrolment.id.is_not(None), Completion.id.is_(None))


def _late(day: date) -> ColumnElement[bool]:
    """Return whether an enrolment was due before `day` and not completed by its end."""
    return and_(Enrolment.due_on < day, Completion.id.is_(None))


def _done(filters: Filters) -> ColumnElement[bool]:
    """Return whether an enrolment was completed in the period."""
    if filters.since is None:
        return Completion.id.is_not(None)
    return Completion.completed_on >= filters.since


def _posts(filters: Filters, scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions on posts: in the place, on the day, of the audience, of the course."""
    day = filters.day
    conditions = [
        scope.condition,
        Posting.valid_from <= day,
        or_(Posting.valid_to.is_(None), Posting.valid_to >= day),
    ]
    if filters.audience:
        conditions.append(Posting.audience == filters.audience)
    if filters.course is not None:
        conditions.append(CourseAudience.course_id == filters.course.id)
    return conditions


def _summed(facts: Select[Any]) -> Select[Any]:
    """Return the counts for each key and, with a key of NULL, for everybody once."""
    per_key = facts.cte("per_key")
    numbers = ("roster", "enrolled", "overdue", "completed")
    begun = per_key.c.enrolled - per_key.c.closed
    per_person = (
        select(
            *(func.max(per_key.c[name]).label(name) for name in numbers), func.max(begun).label("begun")
        ).group_by(per_key.c.person)
    ).subquery()

    def sums(table: Any, key: ColumnElement[Any], begun: ColumnElement[Any]) -> Select[Any]:
        return select(
            key.label("key"),
            func.count().filter(table.c.roster > 0),
            func.count(),
            func.count().filter(table.c.enrolled > 0),
            func.count().filter(begun > 0),
            func.count().filter(table.c.overdue > 0),
            func.count().filter(table.c.completed > 0),
            func.count().filter(and_(table.c.roster > 0, table.c.completed > 0)),
        )

    return union_all(  # type: ignore[return-value]
        sums(per_key, cast(per_key.c.key, String), begun).group_by(per_key.c.key),
        sums(per_person, cast(null(), String), per_person.c.begun),
    )


def _run(session: Session, facts: Select[Any]) -> tuple[dict[str, Counts], Counts]:
    lines: dict[str, Counts] = {}
    total = Counts()
    for key, *numbers in session.execute(_summed(facts)):
        counts = Counts(*(int(number or 0) for number in numbers))
        if key is None:
            total = counts
        else:
            lines[str(key)] = counts
    return lines, total


def board(
    session: Session, scope: Scope, filters: Filters, by: By, language: str
) -> tuple[Sequence[Line], Counts]:
    """Return the rows of the board, and everybody once. Two queries, however many rows."""
    if by == By.COURSE:
        return _by_course(session, scope, filters, language)
    if by == By.AUDIENCE:
        counted, total = _run(session, _facts(filters, scope, Posting.audience))
        return [Line(key, key, counts) for key, counts in sorted(counted.items())], total
    if scope.area is not None:
        children = session.scalars(
            select(Area).where(Area.parent_id == scope.area.id, Area.valid_to.is_(None)).order_by(Area.code)
        ).all()
        if children:
            return _by_area(session, scope, scope.area, children, filters)
    return _by_unit(session, scope, filters)


def _by_course(
    session: Session, scope: Scope, filters: Filters, language: str
) -> tuple[Sequence[Line], Counts]:
    """Return a row for each published course: of the people whom it is for, how far they are with it.

    A dozen courses are for every teacher, so people are not multiplied by courses. People are counted by what they are:
    the set of their audiences, and of those in which a unit with a staff list has them, as sums of bits. A few dozen such
    sets tell, for each course, whom it is for. Only what was begun or is asked for is looked at one by one.
    """
    bits = {audience: 1 << place for place, audience in enumerate(Audience)}
    codes: dict[int, str] = {}
    meant: dict[int, int] = {}  # of each course, the bits of its audiences
    for course_id, code, audience in session.execute(
        select(Course.id, Course.code, CourseAudience.audience).join(
            CourseAudience, CourseAudience.course_id == Course.id
        )
    ):
        if filters.course is None or filters.course.id == course_id:
            codes[course_id] = code
            meant[course_id] = meant.get(course_id, 0) | bits[Audience(audience)]
    if not meant:
        return [], Counts()
    sets: list[tuple[int, int, int]] = []  # bits of audiences, bits of those with a staff list, people
    found: dict[int, list[int]] = {}
    everybody = [0] * 5
    for kind, *numbers in session.execute(_sets_and_courses(scope, filters, bits, meant)):
        if kind == _SET:
            sets.append((numbers[0], numbers[1], numbers[2]))
        elif kind == _COURSE:
            found[numbers[0]] = numbers[1:]
        else:
            everybody = [number or 0 for number in numbers[1:]]

    def counts(wanted: int, begun: Sequence[int]) -> Counts:
        return Counts(
            sum(people for _, listed, people in sets if listed & wanted),
            sum(people for audiences, _, people in sets if audiences & wanted),
            *begun,
        )

    titles = dict(course_choices(session, language))
    lines = []
    for course_id in sorted(meant, key=codes.__getitem__):
        line = counts(meant[course_id], found.get(course_id, [0] * 5))
        if line.people and codes[course_id] in titles:
            lines.append(Line(codes[course_id], titles[codes[course_id]], line))
    return lines, counts(reduce(or_bits, meant.values()), everybody)


_SET, _COURSE, _EVERYBODY = range(3)


def _sets_and_courses(
    scope: Scope, filters: Filters, bits: Mapping[Audience, int], meant: Mapping[int, int]
) -> Select[Any]:
    """Return rows of seven numbers, the first saying what they are.

    `_SET`: bits of audiences, bits of those with a staff list, people, then noughts. `_COURSE`: the course, then people
    who are enrolled, in progress, overdue, completed, completed on a roster. `_EVERYBODY`: the same of all courses,
    everybody once.
    """
    day = filters.day
    until = start_of(day + timedelta(days=1))
    bit = case(bits, value=Posting.audience)
    listed = case((RosterBasis.id.is_not(None), bit), else_=0)
    people = (
        select(
            Posting.user_id.label("person"),
            Either(bit).label("audiences"),
            Either(listed).label("listed"),
        )
        .select_from(Posting)
        .join(Unit, Unit.id == Posting.unit_id)
        .outerjoin(RosterBasis, and_(RosterBasis.unit_id == Unit.id, *counted_on(day)))
        .where(*_posts(replace(filters, course=None), scope))
        .group_by(Posting.user_id)
    ).cte("people")
    asked = asked_not_begun(day, late=True)
    numbers = ("roster", "enrolled", "begun", "overdue", "completed")
    every = reduce(or_bits, meant.values())

    def on_list(audiences: ColumnElement[int] | int) -> ColumnElement[int]:
        return case((people.c.listed.bitwise_and(audiences) != 0, 1), else_=0)

    def steps(table: Any, source: Any, *flags: ColumnElement[int]) -> Select[Any]:
        """Return what people have to do with courses that are for them: one row for each enrolment, each thing asked."""
        for_whom = case(meant, value=source.course_id, else_=0)
        return (
            select(
                people.c.person,
                source.course_id.label("course"),
                on_list(for_whom).label("roster"),
                on_list(every).label("on_some_roster"),
                *(flag.label(name) for name, flag in zip(numbers[1:], flags, strict=True)),
            )
            .join(table, source.user_id == people.c.person)
            .where(people.c.audiences.bitwise_and(for_whom) != 0)
        )

    begun = (
        steps(
            Enrolment,
            Enrolment,
            literal(1),
            case((Completion.id.is_(None), 1), else_=0),
            case((_late(day), 1), else_=0),
            case((_done(filters), 1), else_=0),
        )
        .outerjoin(Completion, and_(Completion.enrolment_id == Enrolment.id, Completion.completed_at < until))
        .where(Enrolment.enrolled_at < until)
    )
    nought = literal(0)
    waiting = steps(asked, asked.c, nought, nought, literal(1), nought)
    step = union_all(begun, waiting).subquery()
    courses = (
        select(
            step.c.person,
            step.c.course,
            *(func.max(step.c[name]).label(name) for name in (*numbers, "on_some_roster")),
        )
        .group_by(step.c.person, step.c.course)
        .cte("courses")
    )
    # the list she is on may be that of a course that she has not begun
    once = (
        select(
            func.max(courses.c.on_some_roster).label("roster"),
            *(func.max(courses.c[name]).label(name) for name in numbers[1:]),
        ).group_by(courses.c.person)
    ).subquery()

    def sums(table: Any) -> list[ColumnElement[int]]:
        return [
            func.count().filter(table.c.enrolled > 0),
            func.count().filter(table.c.begun > 0),
            func.count().filter(table.c.overdue > 0),
            func.count().filter(table.c.completed > 0),
            func.count().filter(and_(table.c.roster > 0, table.c.completed > 0)),
        ]

    return union_all(  # type: ignore[return-value]
        select(
            literal(_SET), people.c.audiences, people.c.listed, func.count(), nought, nought, nought
        ).group_by(people.c.audiences, people.c.listed),
        select(literal(_COURSE), courses.c.course, *sums(courses)).group_by(courses.c.course),
        select(literal(_EVERYBODY), nought, *sums(once)),
    )


def _by_area(
    session: Session, scope: Scope, area: Area, children: Sequence[Area], filters: Filters
) -> tuple[Sequence[Line], Counts]:
    """Return a row for each area next below, and one (without a name) for units of the area itself."""
    top = (
        select(Area.id.label("top"), Area.id.label("area"))
        .where(Area.parent_id == area.id)
        .cte(recursive=True)
    )
    below = aliased(Area)
    top = top.union_all(select(top.c.top, below.id).join(below, below.parent_id == top.c.area))
    key = func.coalesce(top.c.top, area.id)
    counted, total = _run(session, _facts(filters, scope, key).outerjoin(top, top.c.area == Unit.area_id))
    lines = [
        Line(f"area:{child.code}", child.name, counted[str(child.id)])
        for child in children
        if str(child.id) in counted
    ]
    own = counted.get(str(area.id))
    if own is not None:
        lines.insert(0, Line(f"own:{area.code}", "", own))
    return lines, total


def _by_unit(session: Session, scope: Scope, filters: Filters) -> tuple[Sequence[Line], Counts]:
    """Return a row for each unit, also for those without people."""
    counted, total = _run(session, _facts(filters, scope, Unit.id))
    units = session.execute(select(Unit.id, Unit.code, Unit.name).where(scope.condition).order_by(Unit.name))
    return [Line(f"unit:{code}", name, counted.get(str(key), Counts())) for key, code, name in units], total


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person with one of her posts, and how far she is with the course asked for.

    Of several posts it is one that the list was asked for: in the place, of the audience, and that the course is for
    where one was asked. Of these the one begun last, as a completion takes it.
    """

    user_id: int
    full_name: str
    unit: str
    area: str
    audience: str
    state: State
    enrolled_on: date | None
    due_on: date | None
    completed_on: date | None
    serial: str


def _asked_posts(scope: Scope, filters: Filters, state: State, only: Sequence[int] | None) -> Subquery:
    """Return the posts of a list, numbered for each person from the one that she is shown with.

    With `meant` a post stands there once for each course that it is for. only: of these people, None for everybody.
    """
    on_roster = Unit.id.in_(counted_units(filters.day))
    wanted_first = [case((on_roster, 0), else_=1)] if state == State.ROSTER_COMPLETED else []
    place = func.dense_rank().over(
        partition_by=Posting.user_id,
        order_by=[*wanted_first, Posting.valid_from.desc(), Posting.id.desc()],
    )
    query = (
        select(
            Posting.user_id.label("person"),
            Posting.audience.label("audience"),
            (Unit.name if scope.past is None else scope.past.c.name).label("unit"),
            (Area.name if scope.past is None else scope.past.c.area).label("area"),
            case((on_roster, 1), else_=0).label("roster"),
            place.label("place"),
        )
        .select_from(Posting)
        .join(Unit, Unit.id == Posting.unit_id)
        .join(Area, Area.id == Unit.area_id)
        .where(*_posts(filters, scope))
    )
    if scope.past is not None:
        query = query.outerjoin(scope.past, scope.past.c.unit == Unit.id)
    if filters.by_course:
        query = query.join(CourseAudience, CourseAudience.audience == Posting.audience).add_columns(
            CourseAudience.course_id.label("course")
        )
    if state == State.ROSTER:
        query = query.where(on_roster)
    if only is not None:
        query = query.where(Posting.user_id.in_(only))
    return query.subquery("asked")


def _listed(scope: Scope, filters: Filters, state: State, search: str) -> Select[Any]:
    """Return a select of the ids of the people of a list: by the same counts that the board shows, so they agree."""
    facts = _facts(filters, scope, literal(0)).subquery("facts")
    wanted = {
        State.ROSTER: facts.c.roster > 0,
        State.ENROLLED: facts.c.enrolled > 0,
        State.NOT_STARTED: facts.c.enrolled == 0,
        State.IN_PROGRESS: facts.c.enrolled > facts.c.closed,
        State.OVERDUE: facts.c.overdue > 0,
        State.COMPLETED: facts.c.completed > 0,
        State.ROSTER_COMPLETED: and_(facts.c.completed > 0, facts.c.roster > 0),
        State.NOT_COMPLETED: facts.c.closed == 0,
    }
    query = select(facts.c.person)
    if state in wanted:
        query = query.where(wanted[state])
    words = fold(search).split()
    if words:
        query = query.join(User, User.id == facts.c.person).where(*(_named(word) for word in words))
    return query


def _named(word: str) -> ColumnElement[bool]:
    return User.search_key.contains(word, autoescape=True)


def _page(session: Session, listed: Select[Any], page: int) -> list[int]:
    """Return the ids of one page of a list, by name in the Vietnamese order."""
    ids = listed.subquery("listed")
    query = select(User.id).join(ids, ids.c.person == User.id).order_by(User.sort_key, User.id)
    return list(session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)))


def _people(
    scope: Scope, filters: Filters, state: State, search: str, only: Sequence[int] | None = None
) -> Select[Any]:
    day = filters.day
    until = start_of(day + timedelta(days=1))
    asked = _asked_posts(scope, filters, state, only)
    due = asked_not_begun(day)
    late = or_(_late(day), due.c.due_on < day)
    enrolled = and_(Enrolment.user_id == asked.c.person, Enrolment.enrolled_at < until)
    of_her = due.c.user_id == asked.c.person
    # of several courses the day that presses: the first of those that are not done, so that “overdue” names a past day
    open_due = case((Completion.id.is_(None), Enrolment.due_on))
    presses = case(
        (open_due.is_(None), due.c.due_on),
        (due.c.due_on < open_due, due.c.due_on),
        else_=open_due,
    )
    if filters.by_course:
        enrolled = and_(enrolled, Enrolment.course_id == asked.c.course)
        of_her = and_(of_her, due.c.course_id == asked.c.course)
    query = (
        select(
            User.id,
            User.full_name,
            User.sort_key,
            *(func.max(case((asked.c.place == 1, asked.c[name]))) for name in ("unit", "area", "audience")),
            func.max(Enrolment.enrolled_at),
            func.coalesce(func.min(presses), func.max(Enrolment.due_on)),
            func.max(Completion.completed_on),
            func.max(Certificate.serial),
            _flag(_begun()),
            _flag(late),
        )
        .select_from(asked)
        .join(User, User.id == asked.c.person)
        .outerjoin(Enrolment, enrolled)
        .outerjoin(due, of_her)
        .outerjoin(
            Completion,
            and_(Completion.enrolment_id == Enrolment.id, Completion.completed_at < until),
        )
        .outerjoin(
            Certificate,
            and_(
                Certificate.user_id == User.id,
                Certificate.course_id == Completion.course_id,
                Certificate.completed_on == Completion.completed_on,
            ),
        )
        .group_by(User.id, User.full_name, User.sort_key)
        .order_by(User.sort_key, User.id)
    )
    query = query.where(*(_named(word) for word in fold(search).split()))
    wanted = {
        State.ENROLLED: func.count(Enrolment.id) > 0,
        State.NOT_STARTED: func.count(Enrolment.id) == 0,
        State.IN_PROGRESS: _flag(_begun()) == 1,
        State.OVERDUE: _flag(late) == 1,
        State.COMPLETED: _flag(_done(filters)) == 1,
        State.ROSTER_COMPLETED: and_(_flag(_done(filters)) == 1, func.max(asked.c.roster) == 1),
        State.NOT_COMPLETED: func.count(Completion.id) == 0,
    }
    return cast_type("Select[Any]", query.having(wanted[state]) if state in wanted else query)


def people(
    session: Session, scope: Scope, filters: Filters, state: State, search: str, page: int | None
) -> Iterator[PersonLine]:
    """Yield people by name in the Vietnamese order; one page of 50, or (page None) everybody as a stream."""
    if page is not None:
        ids = _page(session, _listed(scope, filters, state, search), page)
        rows = session.execute(_people(scope, filters, state, search, only=ids))
    else:
        begin_view(session)
        rows = session.execute(_people(scope, filters, state, search).execution_options(yield_per=1000))
    for (
        user_id,
        name,
        _key,
        unit,
        area,
        audience,
        enrolled_at,
        due_on,
        completed_on,
        serial,
        begun,
        late,
    ) in rows:
        yield PersonLine(
            user_id=user_id,
            full_name=name,
            unit=unit,
            area=area,
            audience=audience,
            state=_state(state, enrolled_at is not None, bool(begun), bool(late)),
            enrolled_on=local_date(enrolled_at) if enrolled_at else None,
            due_on=due_on,
            completed_on=completed_on,
            serial=serial or "",
        )


def ids_of_people(scope: Scope, filters: Filters, state: State, search: str) -> Select[Any]:
    """Return a select of the ids of the people whom `people` would list."""
    return _listed(scope, filters, state, search)


def has_police(session: Session, scope: Scope, filters: Filters) -> bool:
    """Return whether people with a post in the police may stand on a list of this place: such a list asks for a reason."""
    query = select(Posting.id).join(Unit, Unit.id == Posting.unit_id)
    if filters.course is not None:
        query = query.join(CourseAudience, CourseAudience.audience == Posting.audience)
    found = query.where(*_posts(filters, scope), Unit.sector == Sector.POLICE).limit(1)
    return session.scalar(found) is not None


def count_people(session: Session, scope: Scope, filters: Filters, state: State, search: str) -> int:
    """Return how many people `people` would list."""
    listed = _listed(scope, filters, state, search).subquery()
    return session.scalar(select(func.count()).select_from(listed)) or 0


def _state(asked: State, enrolled: bool, begun: bool, late: bool) -> State:
    """Return what was asked for, else (of several courses) what needs attention first."""
    if asked == State.ROSTER_COMPLETED:
        return State.COMPLETED
    if asked in (State.OVERDUE, State.IN_PROGRESS, State.COMPLETED):
        return asked
    if late:
        return State.OVERDUE
    if begun:
        return State.IN_PROGRESS
    return State.COMPLETED if enrolled else State.NOT_STARTED


def course_choices(session: Session, language: str) -> Sequence[tuple[str, str]]:
    """Return code and title of every course that has been published."""
    rows = session.execute(
        select(Course.code, Version.title)
        .join(Version, and_(Version.course_id == Course.id, Version.current))
        .where(Course.access != "discreet")
        .order_by(Course.code)
    )
    return [(code, f"{code} · {title.get(language) or title['vi']}") for code, title in rows]


def course_named(session: Session, code: str) -> Course | None:
    """Return the course of a code, or None; a discreet one is on no list, so nobody asks for it by name."""
    return session.scalar(select(Course).where(Course.code == code, Course.access != "discreet"))

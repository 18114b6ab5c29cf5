"""What is known of a day, from the database: SQL in, a `World` out. Nothing here knows a rule or a target.

People come in bundles: how many of one unit and audience hold the same courses. Only who has a second post that
matters comes by name, or who may be counted on two days (`audiences_of_days`), so that she is counted once in every place. The number of rows follows the number of units, not
the number of people.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from courses.before_after.models import PairedScore
from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from courses.workshops.models import Attended, Workshop
from portal.core.accounts.models import Audience, Posting
from portal.core.bits import Either
from portal.core.clock import start_of
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation import history
from portal.core.organisation.models import Area, AreaKind, AreaPast, Unit, UnitLineage, UnitPast
from portal.core.rosters.models import RosterBasis
from portal.core.rosters.queries import stands
from portal.indicators.definitions import NUMBERS, Plan
from portal.indicators.facts import AreaFact, Cell, Late, LateMap, People, Said, Took, UnitFact, World
from portal.indicators.models import Declaration, DeclarationState, PersonFact
from portal.indicators.periods import Period
from portal.indicators.rules import months_later

FACTS = ("network", "active")
#: So many courses of a plan can be told apart: by so many places the bits of those after which one scored no more stand
#: above the bits of those that one answered twice.
STAYED = 31
HOME = (Audience.PARENT, Audience.CARER)
Value = TypeVar("Value")


Tree = tuple[dict[int, UnitFact], dict[int, AreaFact]]
StaffRow = tuple[int, str, int, int, int | None, int]
HomeRow = tuple[str, int, int, int, int]
HouseholdRow = tuple[int, str, int, int]
CrowdRow = tuple[str, int, str | None, int, int]
#: Everybody whom a row of families shows, whether or not she took part: see `crowd_rows`.
POSTED, WITH_CHILD, CHILDLESS = "posted", "with_child", "childless"


def read_now(kind: str, key: tuple[Any, ...], read: Callable[[], Value]) -> Value:
    """Remember nothing."""
    return read()


class Keep(Protocol):
    """Returns what is remembered under a key, else what `read` returns.

    kind: what it stands on: `places`, `said`, or `day` (all that is known of a day; then a key begins with plan and day).
    """

    def __call__(self, kind: str, key: tuple[Any, ...], read: Callable[[], Value], /) -> Value:
        """Return the value."""


class Counts(Protocol):
    """How many people are alike, unit by unit, on one day: from the facts, or from tallies of them."""

    courses: Mapping[str, tuple[int, int]]

    def staff(self, audiences: frozenset[str] | None, inside: Collection[int] | None) -> list[StaffRow]:
        """Return the rows of rosters; see `staff_rows`."""

    def home(self, inside: Collection[int] | None) -> list[HomeRow]:
        """Return the rows of communities; see `home_rows`."""

    def households(self, inside: Collection[int] | None) -> list[HouseholdRow]:
        """Return the rows of households; see `household_rows`."""

    def crowd(self, what: Collection[str], inside: Collection[int] | None) -> list[CrowdRow]:
        """Return how many stand behind figures of families; see `crowd_rows`."""


class FromFacts:
    """Counted from the facts, one by one."""

    def __init__(
        self, session: Session, plan: Plan, day: date, courses: Mapping[str, tuple[int, int]] | None = None
    ) -> None:
        """Remember where to read. courses: of the plan, where they were read before."""
        self._session, self._plan, self._day = session, plan, day
        self.courses = courses if courses is not None else course_bits(session, plan)
        self._taken = taken(plan, self.courses)

    def staff(self, audiences: frozenset[str] | None, inside: Collection[int] | None) -> list[StaffRow]:
        """Return the rows of rosters."""
        return staff_rows(self._session, self._plan, self._day, self.courses, audiences, inside)

    def home(self, inside: Collection[int] | None) -> list[HomeRow]:
        """Return the rows of communities."""
        return home_rows(self._session, self._day, self._taken, inside)

    def households(self, inside: Collection[int] | None) -> list[HouseholdRow]:
        """Return the rows of households."""
        return household_rows(self._session, self._day, self._taken, inside)

    def crowd(self, what: Collection[str], inside: Collection[int] | None) -> list[CrowdRow]:
        """Return how many stand behind figures of families."""
        return crowd_rows(self._session, self._day, self._taken, what, inside)


def world(
    session: Session,
    plan: Plan,
    period: Period,
    day: date,
    *,
    now: bool,
    known: Tree | None = None,
    inside: Collection[int] | None = None,
    counts: Counts | None = None,
    keep: Keep = read_now,
) -> World:
    """Return everything known of `day` in the whole province, or of its units `inside`; read when it is looked at.

    now: whether units are grouped into today's boundaries; else into those of the day. What people hold, where they
    have their posts and what was declared is always that of the day. known: the tree, where it was read before.
    counts: where people are counted; by default from the facts. keep: what remembers things that seldom change.
    """
    found = counts or FromFacts(session, plan, day)
    units, areas = known if known is not None else tree(session, day, now=now)
    courses = found.courses
    about = plan.code, day, plan.digest
    here = None if inside is None else frozenset(inside)
    homes = LateMap(lambda: {None: keep("places", ("homes", day, now), lambda: Homes(session, units))})
    home = LateMap(lambda: keep("day", (*about, "home", here), lambda: at_home(found.home(inside), courses)))

    def people(audiences: frozenset[str] | None) -> Sequence[Cell]:
        return keep(
            "day", (*about, "staff", audiences, here), lambda: cells(found.staff(audiences, inside), courses)
        )

    def of_households() -> Sequence[Took]:
        def read() -> Sequence[Took]:
            today = homes[None].today(inside) if inside is not None else None
            return households(found.households(today), courses, homes[None], inside)

        return keep("day", (*about, "households", now, here), read)

    return World(
        day=day,
        units=units,
        areas=areas,
        cells=People(people),
        said=LateMap(lambda: keep("said", (*about, now), lambda: said(session, plan, day, units))),
        parents=Late(lambda: home["parents"]),
        carers=Late(lambda: home["carers"]),
        households=Late(of_households),
        unlinked=Late(lambda: home["unlinked"]),
        sessions=LateMap(
            lambda: keep("day", (*about, "sessions", period), lambda: sessions(session, period, day))
        ),
    )


def taken(plan: Plan, courses: Mapping[str, tuple[int, int]]) -> Mapping[str, tuple[int, int]]:
    """Return id and bit of those of `courses` that families take."""
    return {code: courses[code] for code in family_courses(plan) if code in courses}


def family_courses(plan: Plan) -> Sequence[str]:
    """Return the courses that rules count outside rosters: of parents, and of households."""
    return sorted(
        {code for indicator in plan.indicators for rule in indicator.rules for code in rule.courses}
    )


def course_bits(session: Session, plan: Plan) -> Mapping[str, tuple[int, int]]:
    """Return, for each course that a rule of the plan names and that exists, its id and its bit.

    Raises `ValueError` for a plan that names more than `STAYED` courses.
    """
    named = sorted(
        {
            code
            for indicator in plan.indicators
            for rule in indicator.rules
            for code in (
                *rule.courses,
                *rule.session_courses,
                *(code for group in rule.groups for need in group.needs for code in need),
            )
        }
    )
    if len(named) > STAYED:
        raise ValueError(f"plan {plan.code} names {len(named)} courses; figures tell {STAYED} apart")
    ids = dict(session.execute(select(Course.code, Course.id).where(Course.code.in_(named))).all())
    return {code: (ids[code], 1 << place) for place, code in enumerate(named) if code in ids}


Today = tuple[dict[int, AreaFact], dict[int, tuple[int, int]]]


def today(session: Session) -> Today:
    """Return the areas of today, and what every unit that ever was is today, with the area that one stands in."""
    current: Any = select(Area.id, Area.code, Area.kind, Area.name, Area.parent_id)
    line = history.unit_now()
    units = session.execute(
        select(line.c.old, line.c.now, Unit.area_id).join(Unit, Unit.id == line.c.now)
    ).all()
    return (
        _areas(session, current.where(Area.valid_to.is_(None))),
        {old: (new, area_id) for old, new, area_id in units},
    )


def tree(session: Session, day: date, *, now: bool, known: Today | None = None) -> Tree:
    """Return the units valid on `day`, and the areas they are grouped into: those of the day, or today's.

    known: what is today, where it was read before: it is the same for every day.

    A unit's level is that of its own area on the day. Once there are no districts, a unit that stood in one when they
    ended keeps that level: "cấp huyện" of the plan lives on in the former district facilities.
    """
    then = _areas(session, history.areas_on(day))
    places, became = (known or today(session)) if now else (then, {})
    districts = any(one.level == AreaKind.DISTRICT for one in then.values())
    former = frozenset() if districts else _former_district_units(session, day)
    evidence = _evidence(session, day)
    rows = session.execute(history.units_on(day)).all()
    above = {key: parent for key, *_, parent in rows}
    units: dict[int, UnitFact] = {}
    for key, code, kind, sector, name, area_id, _parent in rows:
        new, stands_in = became.get(key, (key, area_id))
        own, shown = then.get(area_id), places.get(stands_in)
        if own is None or shown is None:
            continue
        basis, totals = evidence.get(key, (None, {}))
        level = AreaKind.DISTRICT if key in former else own.level
        line_of = (*_chain(key, above), *((new,) if new != key else ()))
        units[key] = UnitFact(
            key, code, name, str(kind), str(sector), shown.path, str(level), line_of, basis, totals, area_id
        )
    return units, places


def _chain(key: int, above: Mapping[int, int | None]) -> tuple[int, ...]:
    chain = [key]
    while (parent := above.get(chain[-1])) is not None and parent not in chain:
        chain.append(parent)
    return tuple(chain)


def _evidence(session: Session, day: date) -> dict[int, tuple[str, Mapping[str, int]]]:
    """Return what each unit's denominator stands on, and its declared totals."""
    return {
        unit: (str(kind), totals or {})
        for unit, kind, totals in session.execute(
            select(RosterBasis.unit_id, RosterBasis.evidence, RosterBasis.totals).where(
                RosterBasis.valid_from <= day,
                or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= day),
            )
        )
    }


def _areas(session: Session, query: Select[Any]) -> dict[int, AreaFact]:
    rows = {key: (code, str(kind), name, parent) for key, code, kind, name, parent in session.execute(query)}
    found: dict[int, AreaFact] = {}

    def path(key: int) -> tuple[int, ...]:
        if key in found:
            return found[key].path
        code, kind, name, parent = rows[key]
        above = path(parent) if parent in rows else ()
        found[key] = AreaFact(key, code, name, kind, (*above, key))
        return found[key].path

    for key in rows:
        path(key)
    return found


def _former_district_units(session: Session, day: date) -> frozenset[int]:
    """Return the units of `day` that, or whose predecessors, stood in a district itself on the last day of districts."""
    last = session.scalar(
        select(func.max(Area.valid_to)).where(Area.kind == AreaKind.DISTRICT, Area.valid_to < day)
    )
    if last is None:
        return frozenset()
    units, areas = history.units_on(last).subquery(), history.areas_on(last).subquery()
    line = history.unit_now()
    return frozenset(
        session.scalars(
            select(line.c.now)
            .join(units, units.c.id == line.c.old)
            .join(areas, areas.c.id == units.c.area_id)
            .where(areas.c.kind == AreaKind.DISTRICT)
        )
    )


def valid_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on `Certificate` that it is valid at 24:00 of `day`: earned, not expired, not revoked."""
    return (
        Certificate.completed_on <= day,
        or_(Certificate.expires_on.is_(None), Certificate.expires_on >= day),
        ~exists().where(
            Revocation.certificate_id == Certificate.id,
            Revocation.revoked_at < start_of(day + timedelta(days=1)),
        ),
    )


def _bit(courses: Mapping[str, tuple[int, int]]) -> ColumnElement[int]:
    if not courses:
        return literal(0)
    return case(dict(courses.values()), value=Certificate.course_id, else_=0)


def held_on(day: date, courses: Mapping[str, tuple[int, int]], people: Select[Any]) -> Subquery:
    """Return a table (user_id, mask): which of `courses` each of `people` holds on the day."""
    return (
        select(Certificate.user_id, Either(_bit(courses)).label("mask"))
        .where(
            Certificate.user_id.in_(people),
            Certificate.course_id.in_([course_id for course_id, _bit_ in courses.values()]),
            *valid_on(day),
        )
        .group_by(Certificate.user_id)
        .subquery()
    )


def _names(mask: int, courses: Mapping[str, tuple[int, int]]) -> frozenset[str]:
    return frozenset(code for code, (_id, bit) in courses.items() if mask & bit)


def staff_audiences(plan: Plan) -> frozenset[str]:
    """Return the audiences of which a rule counts people by their rosters."""
    return frozenset(
        audience
        for indicator in plan.indicators
        for rule in indicator.rules
        for group in rule.groups
        for audience in group.audiences
    )


def audiences_of_days(plan: Plan) -> frozenset[str]:
    """Return the audiences of rules that count some groups as of another day than others.

    Somebody in one post now and in another on the earlier day has one post on each: only her name says that she is
    one. They are a few officers; everybody else stays in bundles.
    """
    return frozenset(
        audience
        for indicator in plan.indicators
        for rule in indicator.rules
        if any(group.frozen_on for group in rule.groups)
        for group in rule.groups
        for audience in group.audiences
    )


def staff_rows(
    session: Session,
    plan: Plan,
    day: date,
    courses: Mapping[str, tuple[int, int]],
    audiences: Collection[str] | None = None,
    inside: Collection[int] | None = None,
    *,
    widely: bool = False,
) -> list[StaffRow]:
    """Return (unit, audience, bits of courses, bits of facts, person, people) of all rosters on `day`.

    Of some audiences, or units `inside`, alone where these are given. A person is named who has several of the posts
    asked for; widely: who has several posts of any audience the plan counts, wherever they are.
    """
    asked = staff_audiences(plan) if audiences is None else audiences
    here = [Posting.unit_id.in_(inside)] if inside is not None else []
    posts = (
        select(Posting.user_id, Posting.unit_id, Posting.audience)
        .where(stands(day), Posting.audience.in_(sorted(asked)), *here)
        .distinct()
        .cte("posts")
    )
    people = select(posts.c.user_id)
    every = posts
    if widely and (inside is not None or asked != staff_audiences(plan)):
        every = (
            select(Posting.user_id, Posting.unit_id, Posting.audience)
            .where(
                stands(day), Posting.audience.in_(sorted(staff_audiences(plan))), Posting.user_id.in_(people)
            )
            .distinct()
            .cte("every")
        )
    held = held_on(day, courses, people)
    facts = facts_on(day, people)
    named = audiences_of_days(plan)
    several = (
        select(every.c.user_id)
        .group_by(every.c.user_id)
        .having(or_(func.count() > 1, func.max(case((every.c.audience.in_(named), 1), else_=0)) == 1))
        .subquery()
    )
    mask = func.coalesce(held.c.mask, 0)
    more = func.coalesce(facts.c.mask, 0)
    person = several.c.user_id
    rows = session.execute(
        select(posts.c.unit_id, posts.c.audience, mask, more, person, func.count())
        .select_from(posts)
        .outerjoin(held, held.c.user_id == posts.c.user_id)
        .outerjoin(facts, facts.c.user_id == posts.c.user_id)
        .outerjoin(several, several.c.user_id == posts.c.user_id)
        .group_by(posts.c.unit_id, posts.c.audience, mask, more, person)
    )
    return [
        (unit, str(audience), int(of_courses), int(of_facts), one, int(number))
        for unit, audience, of_courses, of_facts, one, number in rows
    ]


def cells(rows: Iterable[StaffRow], courses: Mapping[str, tuple[int, int]]) -> list[Cell]:
    """Return the rows of rosters as bundles of equals; equal bundles hold the very same set."""
    sets: dict[tuple[int, int], frozenset[str]] = {}
    found = []
    for unit, audience, of_courses, of_facts, one, number in rows:
        key = of_courses, of_facts
        if key not in sets:
            known = frozenset(name for place, name in enumerate(FACTS) if of_facts & 1 << place)
            sets[key] = _names(of_courses, courses) | known
        found.append(Cell(unit, audience, sets[key], number, one))
    return found


def facts_on(day: date, people: Select[Any] | Sequence[int]) -> Subquery:
    """Return a table (user_id, mask) of the facts of `FACTS` that hold on the day, for those of whom one does.

    Active is who joined within twelve months, re-affirmed, or completed a course or attended a class in that time,
    as a volunteer that she still is.
    """
    year_ago = months_later(day, -12)
    volunteers = select(Posting.user_id).where(
        Posting.audience == Audience.VOLUNTEER, stands(day), Posting.user_id.in_(people)
    )
    recent = union_all(
        select(
            PersonFact.user_id, case({"network": 1, "active": 2}, value=PersonFact.fact, else_=0).label("bit")
        ).where(
            PersonFact.user_id.in_(people),
            PersonFact.valid_from <= day,
            or_(PersonFact.valid_to.is_(None), PersonFact.valid_to >= day),
            or_(PersonFact.fact != "active", PersonFact.valid_from > year_ago),
        ),
        select(Posting.user_id, literal(2)).where(
            Posting.audience == Audience.VOLUNTEER,
            stands(day),
            Posting.valid_from > year_ago,
            Posting.user_id.in_(people),
        ),
        select(Certificate.user_id, literal(2)).where(
            Certificate.user_id.in_(volunteers),
            Certificate.audience == Audience.VOLUNTEER,
            Certificate.completed_on > year_ago,
            Certificate.completed_on <= day,
        ),
        select(Attended.user_id, literal(2)).where(
            Attended.user_id.in_(volunteers),
            Attended.audience == Audience.VOLUNTEER,
            Attended.on_day > year_ago,
            Attended.on_day <= day,
            Attended.withdrawn_at.is_(None),
        ),
    ).subquery()
    return select(recent.c.user_id, Either(recent.c.bit).label("mask")).group_by(recent.c.user_id).subquery()


def said(
    session: Session,
    plan: Plan,
    day: date,
    units: Mapping[int, UnitFact],
    of: Collection[int] | None = None,
) -> dict[tuple[str, int], Said]:
    """Return what counts of each unit's declarations on `day`: the latest approved one, else the latest that waits.

    of: ids of the only units whose declarations matter, with all that became them; None reads everybody's. A number of a unit that has become another counts there, added to those of its other predecessors, until the
    successor declares its own. Everything else (a rule of coordination, a decision) ends with the unit that had it.
    """
    rows = session.execute(
        select(
            Declaration.item, Declaration.unit_id, Declaration.value, Declaration.said_on, Declaration.file_id, Declaration.state,
        )
        .where(
            Declaration.plan == plan.code,
            Declaration.said_on <= day,
            Declaration.state != DeclarationState.RETURNED,
            true() if of is None else Declaration.unit_id.in_(of),
        )
        .order_by(Declaration.said_on, Declaration.id)
    ).all()  # fmt: skip
    # what was declared of an item that another has replaced is a declaration of that one, too
    later = {one.replaces: one.code for one in plan.items if one.replaces is not None}
    latest: dict[tuple[str, int], Said] = {}
    for declared, unit, value, on, file_id, state in rows:
        for item in (declared, *([later[declared]] if declared in later else [])):
            good = state == DeclarationState.APPROVED
            one = Said(item, unit, plain(value), on, file_id is not None, good, value.get("grades"))
            before = latest.get((item, unit))
            if before is None or one.approved or not before.approved:
                latest[item, unit] = one
    found = {key: one for key, one in latest.items() if key[1] in units}
    gone = {unit for _item, unit in latest} - set(units)
    if gone:
        after = successors(session, day, gone)
        together: dict[tuple[str, int], list[Said]] = defaultdict(list)
        for (item, unit), one in latest.items():
            new = after.get(unit)
            kind = plan.item(item)
            if new is not None and kind is not None and kind.kind in NUMBERS and one.approved:
                together[item, new].append(one)
        for (item, unit), parts in together.items():
            own = found.get((item, unit))
            if unit in units and (own is None or not own.approved):
                found[item, unit] = Said(
                    item,
                    unit,
                    sum(int(part.value) for part in parts),
                    max(part.on for part in parts),
                    all(part.evidence for part in parts),
                    True,
                    grades_together(parts),
                )
    return found


def grades_together(parts: Iterable[Said]) -> Mapping[str, int] | None:
    """Return numbers by grade added grade by grade; None where one of them was not given by grade."""
    found: Counter[str] = Counter()
    for part in parts:
        if part.grades is None:
            return None
        found.update(part.grades)
    return dict(found)


def plain(value: Mapping[str, Any]) -> Any:
    """Return the bare value of a stored declaration: the number (by grade: their sum), true, the ticks, or the document itself."""
    if "grades" in value:
        return sum(value["grades"].values())
    for key in ("count", "yes", "ticks", "words"):
        if key in value:
            return value[key]
    return dict(value)


def successors(session: Session, day: date, units: Iterable[int]) -> dict[int, int]:
    """Return which unit of `day` each of `units`, which have ended by then, has become, step by step."""
    rows = session.execute(
        select(UnitLineage.predecessor_id, UnitLineage.successor_id, Unit.valid_from)
        .join(Unit, Unit.id == UnitLineage.successor_id)
        .where(UnitLineage.main)
    ).all()
    step = {old: (new, since) for old, new, since in rows}
    found = {}
    for unit in units:
        here, seen = unit, {unit}
        while here in step and step[here][1] <= day and step[here][0] not in seen:
            here = step[here][0]
            seen.add(here)
        if here != unit:
            found[unit] = here
    return found


def home_rows(
    session: Session,
    day: date,
    courses: Mapping[str, tuple[int, int]],
    inside: Collection[int] | None = None,
) -> list[HomeRow]:
    """Return (what, unit, bits of courses, bits of pairs, people) who completed a course by `day`, by the first post.

    what: `parents`, `carers`, by what their posts say; `unlinked`: either, in no household: how far a figure of
    households may be too low. The certificates come first: they are fewer than the people. Pairs are those of parents:
    bits of courses before and after which they answered, and of those (`STAYED`) after which they scored no more.
    """
    if not courses:
        return []
    done = (
        select(Certificate.user_id, Either(_bit(courses)).label("mask"))
        .where(Certificate.course_id.in_([key for key, _ in courses.values()]), *valid_on(day))
        .group_by(Certificate.user_id)
    )
    twice = _pairs_by(day, courses)
    if inside is not None:
        here = select(Posting.user_id).where(Posting.unit_id.in_(inside), Posting.audience.in_(HOME))
        done = done.where(Certificate.user_id.in_(here))
        twice = twice.where(PairedScore.user_id.in_(here))
    held, pairs = done.subquery(), twice.subquery()

    def first(audience: Audience) -> ColumnElement[int | None]:
        return func.min(case((Posting.audience == audience, Posting.unit_id)))

    one = (
        select(
            Posting.user_id,
            held.c.mask,
            first(Audience.PARENT).label("parent"),
            first(Audience.CARER).label("carer"),
            func.min(Posting.unit_id).label("any"),
        )
        .join(held, held.c.user_id == Posting.user_id)
        .where(Posting.audience.in_(HOME), stands(day))
        .group_by(Posting.user_id, held.c.mask)
        .subquery()
    )
    linked = case((HouseholdMember.user_id.is_(None), 0), else_=1)
    answered = func.coalesce(pairs.c.paired, 0), func.coalesce(pairs.c.stayed, 0)
    shown = one.c.parent, one.c.carer, one.c.any, one.c.mask, linked, *answered
    rows = session.execute(
        select(*shown, func.count())
        .outerjoin(pairs, pairs.c.user_id == one.c.user_id)
        .outerjoin(
            HouseholdMember,
            and_(
                HouseholdMember.user_id == one.c.user_id,
                HouseholdMember.added_at < start_of(day + timedelta(days=1)),
            ),
        )
        .group_by(*shown)
    )
    found: Counter[tuple[str, int, int, int]] = Counter()
    for parent, carer, any_of_them, mask, is_linked, paired, stayed, number in rows:
        both = int(paired) | int(stayed) << STAYED
        for what, unit in (
            ("parents", parent),
            ("carers", carer),
            ("unlinked", None if is_linked else any_of_them),
        ):
            if unit is not None and (inside is None or unit in inside):
                found[what, unit, int(mask), both if what == "parents" else 0] += int(number)
    return [(*key, number) for key, number in found.items()]


def at_home(rows: Iterable[HomeRow], courses: Mapping[str, tuple[int, int]]) -> dict[str, Sequence[Took]]:
    """Return the rows of communities by what they are: `parents`, `carers`, `unlinked`."""
    found: dict[str, list[Took]] = {"parents": [], "carers": [], "unlinked": []}
    for what, unit, mask, pairs, number in rows:
        held = _names(mask, courses)
        stayed = _names(pairs >> STAYED, courses)
        found[what].append(Took(unit, held, number, _names(pairs, courses), stayed))
    return {**found}


def _pairs_by(day: date, courses: Mapping[str, tuple[int, int]]) -> Select[int, int, int]:
    """Return a select (user_id, paired, stayed) of who answered before and after some of `courses` by `day`: bits of courses."""
    bit = case(dict(courses.values()), value=PairedScore.course_id, else_=0)
    rose = PairedScore.after_points > PairedScore.before_points
    return (
        select(
            PairedScore.user_id,
            Either(bit).label("paired"),
            Either(case((rose, 0), else_=bit)).label("stayed"),
        )
        .where(PairedScore.course_id.in_([key for key, _ in courses.values()]), PairedScore.scored_on <= day)
        .group_by(PairedScore.user_id)
    )


def household_rows(
    session: Session,
    day: date,
    courses: Mapping[str, tuple[int, int]],
    inside: Collection[int] | None = None,
) -> list[HouseholdRow]:
    """Return (community of today, code of the key, bits, households) with a child under 16, by their grown-ups' courses.

    inside: ids of the only communities of today that are asked for.
    """
    if not courses:
        return []
    done = _done_households(
        courses,
        day,
        Household.has_child_under_16.is_(True),
        Household.created_at < start_of(day + timedelta(days=1)),
        *([Household.unit_id.in_(inside)] if inside is not None else []),
    ).subquery()
    shown = done.c.unit_id, done.c.commune_code, done.c.mask
    rows = session.execute(select(*shown, func.count()).group_by(*shown))
    return [(unit, commune, int(mask), int(number)) for unit, commune, mask, number in rows]


def crowd_rows(
    session: Session,
    day: date,
    courses: Mapping[str, tuple[int, int]],
    what: Collection[str],
    inside: Collection[int] | None = None,
) -> list[CrowdRow]:
    """Return (what, unit, code of the key, bits, number) of all who are shown behind a figure of families on a day.

    what: `posted`, parents by the unit of their first post as one (no code, no bits); `with_child`, households with a
    child under 16 by their community of today (no bits); `childless`, those without one of which a grown-up completed
    a course, by the courses. inside: ids of the only units asked for.
    """
    found: list[CrowdRow] = []
    if POSTED in what:
        # whom a unit may have is asked first: a place is small, a province has half a million posts
        here = select(Posting.user_id).where(
            Posting.unit_id.in_(inside or ()), Posting.audience == Audience.PARENT, stands(day)
        )
        first = (
            select(func.min(Posting.unit_id).label("unit"))
            .where(
                Posting.audience == Audience.PARENT,
                stands(day),
                true() if inside is None else Posting.user_id.in_(here),
            )
            .group_by(Posting.user_id)
            .subquery()
        )
        rows = session.execute(select(first.c.unit, func.count()).group_by(first.c.unit))
        found += [
            (POSTED, unit, None, 0, number) for unit, number in rows if inside is None or unit in inside
        ]
    until = start_of(day + timedelta(days=1))
    of = [Household.created_at < until, *([Household.unit_id.in_(inside)] if inside is not None else [])]
    if WITH_CHILD in what:
        shown = Household.unit_id, Household.commune_code
        query = select(*shown, func.count()).where(Household.has_child_under_16, *of).group_by(*shown)
        found += [(WITH_CHILD, unit, commune, 0, number) for unit, commune, number in session.execute(query)]
    if CHILDLESS in what and courses:
        done = _done_households(courses, day, ~Household.has_child_under_16, *of).subquery()
        of_mask = done.c.unit_id, done.c.commune_code, done.c.mask
        found += [
            (CHILDLESS, unit, commune, int(mask), number)
            for unit, commune, mask, number in session.execute(
                select(*of_mask, func.count()).group_by(*of_mask)
            )
        ]
    return found


def _done_households(
    courses: Mapping[str, tuple[int, int]], day: date, *conditions: ColumnElement[bool]
) -> Select[int, int, str, int]:
    """Return a select of households of which a grown-up completed a course by the day: id, unit, code, bits."""
    return (
        select(
            Household.id,
            Household.unit_id,
            Household.commune_code,
            Either(_bit(courses)).label("mask"),
        )
        .join(HouseholdMember, HouseholdMember.household_id == Household.id)
        .join(Certificate, Certificate.user_id == HouseholdMember.user_id)
        .where(
            HouseholdMember.added_at < start_of(day + timedelta(days=1)),
            Certificate.course_id.in_([key for key, _ in courses.values()]),
            *conditions,
            *valid_on(day),
        )
        .group_by(Household.id, Household.unit_id, Household.commune_code)
    )


def households(
    rows: Iterable[HouseholdRow],
    courses: Mapping[str, tuple[int, int]],
    homes: "Homes",
    inside: Collection[int] | None = None,
) -> list[Took]:
    """Return the rows of households in the communities of the day, or in some of these alone."""
    return [
        Took(homes.of(unit, commune), _names(mask, courses), number)
        for unit, commune, mask, number in rows
        if inside is None or homes.of(unit, commune) in inside
    ]


class Homes:
    """Where households belonged on a day: a household is pointed at its community of today, and keeps no past.

    Of several communities of the day that have become that one, hers is the one whose commune, or a commune that has
    become it, has the code of her key.
    """

    def __init__(self, session: Session, units: Collection[int]) -> None:
        """Read the families of communities; `units` are those valid on the day."""
        self._units = units
        self._before: dict[int, list[int]] = defaultdict(list)
        rows = session.execute(select(UnitLineage.predecessor_id, UnitLineage.successor_id)).all()
        for old, new in rows:
            self._before[new].append(old)
        met = {unit for pair in rows for unit in pair}
        self._codes: dict[int, set[str]] = defaultdict(set)
        stood = select(UnitPast.unit_id, UnitPast.area_id).union(select(Unit.id, Unit.area_id)).subquery()
        if met:
            # the code that an area has, and every one it had
            had = select(AreaPast.area_id, AreaPast.code).union(select(Area.id, Area.code)).subquery()
            for unit, code in session.execute(
                select(stood.c.unit_id, had.c.code)
                .join(had, had.c.area_id == stood.c.area_id)
                .where(stood.c.unit_id.in_(met))
            ):
                self._codes[unit].add(code)
        self._kept: dict[tuple[int, str], int] = {}

    def of(self, unit: int, commune_code: str) -> int:
        """Return the community of the day of a household that belongs to `unit` today."""
        key = unit, commune_code
        if unit not in self._before:
            return unit
        if key not in self._kept:
            valid = sorted(one for one in self._older(unit) if one in self._units)
            own = [one for one in valid if any(commune_code in self._codes[old] for old in self._older(one))]
            # the latest community is the last that may say so: it has had all the codes
            self._kept[key] = (
                min(own, key=lambda one: (one == unit, one)) if own else valid[0] if valid else unit
            )
        return self._kept[key]

    def today(self, units: Collection[int]) -> set[int]:
        """Return the communities of today to which households of some communities of the day may belong."""
        kept = set(units)
        return kept | {unit for unit in list(self._before) if kept & self._older(unit)}

    def _older(self, unit: int) -> set[int]:
        found, ahead = {unit}, [unit]
        while ahead:
            for old in self._before.get(ahead.pop(), ()):
                if old not in found:
                    found.add(old)
                    ahead.append(old)
        return found


def sessions(session: Session, period: Period, day: date) -> dict[int, frozenset[str]]:
    """Return the plan items of classes that people of each unit attended inside the window, by the unit of that day."""
    rows = session.execute(
        select(Attended.unit_id, Workshop.plan_item)
        .join(Workshop, Workshop.id == Attended.workshop_id)
        .where(
            Attended.unit_id.is_not(None),
            Attended.withdrawn_at.is_(None),
            Attended.on_day >= period.starts_on,
            Attended.on_day <= day,
        )
        .distinct()
    )
    found: dict[int, set[str]] = defaultdict(set)
    for unit, item in rows:
        if unit is not None:
            found[unit].add(item)
    return {unit: frozenset(items) for unit, items in found.items()}

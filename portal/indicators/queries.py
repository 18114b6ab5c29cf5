"""What is known of a day, from the database: SQL in, a `World` out. Nothing here knows a rule or a target.

People come in bundles: how many of one unit and audience hold the same courses. Only who has a second post that
matters comes by name, so that she is counted once in every place. The number of rows follows the number of units, not
the number of people.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    case,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from courses.workshops.models import Attended, Workshop
from portal.core.accounts.models import Audience, Posting
from portal.core.clock import start_of
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation import history
from portal.core.organisation.models import Area, AreaKind, Unit, UnitLineage
from portal.core.rosters.models import RosterBasis
from portal.core.rosters.queries import stands
from portal.indicators.definitions import ItemKind, Plan
from portal.indicators.facts import AreaFact, Cell, Said, Took, UnitFact, World
from portal.indicators.models import Declaration, DeclarationState, PersonFact
from portal.indicators.periods import Period
from portal.indicators.rules import months_later

FACTS = ("network", "active")
HOME = (Audience.PARENT, Audience.CARER)


def world(session: Session, plan: Plan, period: Period, day: date, *, now: bool) -> World:
    """Return everything known of `day` in the whole province.

    now: whether units are grouped into today's boundaries; else into those of the day. What people hold, where they
    have their posts and what was declared is always that of the day.
    """
    courses = course_bits(session, plan)
    units, areas = tree(session, day, now=now)
    return World(
        day=day,
        units=units,
        areas=areas,
        cells=cells(session, plan, day, courses),
        said=said(session, plan, day, units),
        parents=parents(session, day, courses, Audience.PARENT),
        carers=parents(session, day, courses, Audience.CARER),
        households=households(session, day, courses),
        unlinked=unlinked(session, day, courses),
        sessions=sessions(session, period, day),
    )


def course_bits(session: Session, plan: Plan) -> Mapping[str, tuple[int, int]]:
    """Return, for each course that a rule of the plan names and that exists, its id and its bit."""
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
    ids = dict(session.execute(select(Course.code, Course.id).where(Course.code.in_(named))).all())
    return {code: (ids[code], 1 << place) for place, code in enumerate(named) if code in ids}


def tree(session: Session, day: date, *, now: bool) -> tuple[dict[int, UnitFact], dict[int, AreaFact]]:
    """Return the units valid on `day`, and the areas they are grouped into: those of the day, or today's.

    A unit's level is that of its own area on the day. Once there are no districts, a unit that stood in one when they
    ended keeps that level: "cấp huyện" of the plan lives on in the former district facilities.
    """
    then = _areas(session, history.areas_on(day))
    current: Any = select(Area.id, Area.code, Area.kind, Area.name, Area.parent_id)
    places = _areas(session, current.where(Area.valid_to.is_(None))) if now else then
    today: dict[int, tuple[int, int]] = {}
    if now:
        line = history.unit_now()
        for old, new, area_id in session.execute(
            select(line.c.old, line.c.now, Unit.area_id).join(Unit, Unit.id == line.c.now)
        ):
            today[old] = new, area_id
    districts = any(one.level == AreaKind.DISTRICT for one in then.values())
    former = frozenset() if districts else _former_district_units(session, day)
    evidence = _evidence(session, day)
    rows = session.execute(history.units_on(day)).all()
    above = {key: parent for key, *_, parent in rows}
    units: dict[int, UnitFact] = {}
    for key, code, kind, sector, name, area_id, _parent in rows:
        new, stands_in = today.get(key, (key, area_id))
        own, shown = then.get(area_id), places.get(stands_in)
        if own is None or shown is None:
            continue
        basis, totals = evidence.get(key, (None, {}))
        level = AreaKind.DISTRICT if key in former else own.level
        line_of = (*_chain(key, above), *((new,) if new != key else ()))
        units[key] = UnitFact(
            key, code, name, str(kind), str(sector), shown.path, str(level), line_of, basis, totals
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
        select(Certificate.user_id, func.sum(distinct(_bit(courses))).label("mask"))
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


def cells(session: Session, plan: Plan, day: date, courses: Mapping[str, tuple[int, int]]) -> Sequence[Cell]:
    """Return the people of all rosters on `day`, in bundles of equals."""
    posts = (
        select(Posting.user_id, Posting.unit_id, Posting.audience)
        .where(stands(day), Posting.audience.in_(staff_audiences(plan)))
        .distinct()
        .cte("posts")
    )
    people = select(posts.c.user_id)
    held = held_on(day, courses, people)
    facts = facts_on(day, people)
    several = select(posts.c.user_id).group_by(posts.c.user_id).having(func.count() > 1).subquery()
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
    sets: dict[tuple[int, int], frozenset[str]] = {}
    found = []
    for unit, audience, of_courses, of_facts, one, number in rows:
        key = int(of_courses), int(of_facts)
        if key not in sets:
            named = frozenset(name for place, name in enumerate(FACTS) if key[1] & 1 << place)
            sets[key] = _names(key[0], courses) | named
        found.append(Cell(unit, str(audience), sets[key], int(number), one))
    return found


def facts_on(day: date, people: Select[Any]) -> Subquery:
    """Return a table (user_id, mask) of the facts of `FACTS` that hold on the day, for those of whom one does.

    Active is who joined within twelve months, re-affirmed, or completed a course or attended a class in that time.
    """
    year_ago = months_later(day, -12)
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
            Posting.audience == Audience.VOLUNTEER, stands(day), Posting.valid_from > year_ago
        ),
        select(Certificate.user_id, literal(2)).where(
            Certificate.audience == Audience.VOLUNTEER,
            Certificate.completed_on > year_ago,
            Certificate.completed_on <= day,
        ),
        select(Attended.user_id, literal(2)).where(
            Attended.audience == Audience.VOLUNTEER,
            Attended.on_day > year_ago,
            Attended.on_day <= day,
            Attended.withdrawn_at.is_(None),
        ),
    ).subquery()
    return (
        select(recent.c.user_id, func.sum(distinct(recent.c.bit)).label("mask"))
        .group_by(recent.c.user_id)
        .subquery()
    )


def said(
    session: Session, plan: Plan, day: date, units: Mapping[int, UnitFact]
) -> dict[tuple[str, int], Said]:
    """Return what counts of each unit's declarations on `day`: the latest approved one, else the latest that waits.

    A number of a unit that has become another counts there, added to those of its other predecessors, until the
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
        )
        .order_by(Declaration.said_on, Declaration.id)
    ).all()  # fmt: skip
    latest: dict[tuple[str, int], Said] = {}
    for item, unit, value, on, file_id, state in rows:
        one = Said(item, unit, plain(value), on, file_id is not None, state == DeclarationState.APPROVED)
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
            if new is not None and kind is not None and kind.kind == ItemKind.COUNT and one.approved:
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
                )
    return found


def plain(value: Mapping[str, Any]) -> Any:
    """Return the bare value of a stored declaration: the number, true, the ticks, or the document itself."""
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


def parents(
    session: Session, day: date, courses: Mapping[str, tuple[int, int]], audience: Audience
) -> Sequence[Took]:
    """Return the people of communities who completed a course by `day`, each in the unit of her first post."""
    taken = {code: courses[code] for code in courses if code[:2] in ("CM", "NT")}
    if not taken:
        return ()
    home = (
        select(Posting.user_id, func.min(Posting.unit_id).label("unit_id"))
        .where(Posting.audience == audience, stands(day))
        .group_by(Posting.user_id)
        .cte()
    )
    done = (
        select(Certificate.user_id, func.sum(distinct(_bit(taken))).label("mask"))
        .where(Certificate.course_id.in_([key for key, _ in taken.values()]), *valid_on(day))
        .group_by(Certificate.user_id)
        .subquery()
    )
    rows = session.execute(
        select(home.c.unit_id, done.c.mask, func.count())
        .join(done, done.c.user_id == home.c.user_id)
        .group_by(home.c.unit_id, done.c.mask)
    )
    return [Took(unit, _names(int(mask), courses), int(number)) for unit, mask, number in rows]


def households(session: Session, day: date, courses: Mapping[str, tuple[int, int]]) -> Sequence[Took]:
    """Return the households with a child under 16 of which a grown-up completed a course by `day`."""
    if not courses:
        return ()
    done = (
        select(Household.id, Household.unit_id, func.sum(distinct(_bit(courses))).label("mask"))
        .join(HouseholdMember, HouseholdMember.household_id == Household.id)
        .join(Certificate, Certificate.user_id == HouseholdMember.user_id)
        .where(
            Household.has_child_under_16,
            Household.created_at < start_of(day + timedelta(days=1)),
            HouseholdMember.added_at < start_of(day + timedelta(days=1)),
            Certificate.course_id.in_([key for key, _ in courses.values()]),
            *valid_on(day),
        )
        .group_by(Household.id, Household.unit_id)
        .subquery()
    )
    rows = session.execute(
        select(done.c.unit_id, done.c.mask, func.count()).group_by(done.c.unit_id, done.c.mask)
    )
    return [Took(unit, _names(int(mask), courses), int(number)) for unit, mask, number in rows]


def unlinked(session: Session, day: date, courses: Mapping[str, tuple[int, int]]) -> Sequence[Took]:
    """Return the parents who completed a course by `day` and are in no household: how far the figure may be too low."""
    if not courses:
        return ()
    done = (
        select(
            Posting.user_id,
            func.min(Posting.unit_id).label("unit_id"),
            func.sum(distinct(_bit(courses))).label("mask"),
        )
        .join(Certificate, Certificate.user_id == Posting.user_id)
        .where(
            Posting.audience.in_(HOME),
            stands(day),
            Certificate.course_id.in_([key for key, _ in courses.values()]),
            *valid_on(day),
            ~exists().where(
                HouseholdMember.user_id == Posting.user_id,
                HouseholdMember.added_at < start_of(day + timedelta(days=1)),
            ),
        )
        .group_by(Posting.user_id)
        .subquery()
    )
    rows = session.execute(
        select(done.c.unit_id, done.c.mask, func.count()).group_by(done.c.unit_id, done.c.mask)
    )
    return [Took(unit, _names(int(mask), courses), int(number)) for unit, mask, number in rows]


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

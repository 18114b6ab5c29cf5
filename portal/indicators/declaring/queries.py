"""Questions about declared values: whose they are, what was said last, who has not said what, what waits for whom.

A finder authorises: what is outside the asker's reach is `NotFound`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from courses.models import Course
from portal.core.accounts.models import AUDIENCE_LABELS, Audience, Membership, Posting, User
from portal.core.clock import start_of
from portal.core.errors import NotFound
from portal.core.households.models import Household, HouseholdMember
from portal.core.names import fold
from portal.core.organisation import history
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.queries import place_of, reachable
from portal.core.policy import MAY, Action, Actor, Grant, Role
from portal.core.rosters.queries import stands
from portal.indicators import queries as known
from portal.indicators.declaring import values
from portal.indicators.definitions import Item, Plan
from portal.indicators.facts import Said, UnitFact
from portal.indicators.models import Declaration, DeclarationState, PersonFact
from portal.indicators.periods import Period

PAGE = 50
#: Whose facts a unit keeps: signed registrations of postal staff; volunteers and collaborators who go on.
AUDIENCES: Mapping[str, tuple[Audience, ...]] = {
    "network": (Audience.POSTAL_WORKER,),
    "active": (Audience.VOLUNTEER, Audience.COLLABORATOR),
}


def unit_for(session: Session, who: Actor, code: str, action: Action = Action.VALUE_DECLARE) -> Unit:
    """Return a unit of today for whose values `who` may do `action`. Raises `NotFound`."""
    unit = session.scalar(
        select(Unit).where(Unit.code == code, Unit.valid_to.is_(None), reachable(who.grants, action))
    )
    if unit is None:
        raise NotFound
    return unit


def fact_of(session: Session, unit: Unit, day: date) -> UnitFact | None:
    """Return a unit as it stood on a day; None where it was not there."""
    units, _areas = known.tree(session, day, now=False)
    return units.get(unit.id)


def declaration_for(
    session: Session, who: Actor, declaration_id: int, action: Action = Action.VALUE_DECLARE
) -> tuple[Declaration, Unit]:
    """Return a declaration with its unit. Raises `NotFound` where the unit is not the asker's."""
    found = session.execute(
        select(Declaration, Unit)
        .join(Unit, Unit.id == Declaration.unit_id)
        .where(
            Declaration.id == (declaration_id if declaration_id < 2**62 else 0),
            reachable(who.grants, action),
        )
    ).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class Duty:
    """An item that a unit declares, and how it stands. state: "" where a value counts, else why none does.

    counting: the latest approved one on or before the day. waiting: the latest that waits. returned: the latest of
    all, where it was sent back and nothing came after it. until: from this day the counting one is out of date.
    """

    item: Item
    must: bool
    state: str
    counting: Declaration | None
    waiting: Declaration | None
    returned: Declaration | None
    until: date | None
    computed: int | None


def duties(session: Session, plan: Plan, unit: Unit, period: Period, day: date) -> list[Duty]:
    """Return what a unit declares for a period, item by item in the plan's order; [] where it was not there."""
    fact = fact_of(session, unit, day)
    if fact is None:
        return []
    must = values.asked_on(plan, day)
    line = history.unit_now()
    became = session.scalars(select(line.c.old).where(line.c.now == unit.id))
    said = known.said(session, plan, day, {unit.id: fact}, {unit.id, *became})
    rows: dict[str, list[Declaration]] = {}
    for row in session.scalars(
        select(Declaration)
        .where(Declaration.plan == plan.code, Declaration.unit_id == unit.id)
        .order_by(Declaration.id)
    ):
        rows.setdefault(row.item, []).append(row)
    found = []
    for item in values.items_for(plan, fact, day):
        before = rows.get(item.replaces, []) if item.replaces is not None else []
        own = sorted([*before, *rows.get(item.code, [])], key=lambda one: one.id)
        approved = [one for one in own if one.state == DeclarationState.APPROVED and one.said_on <= day]
        waiting = [one for one in own if one.state == DeclarationState.SUBMITTED]
        returned = own[-1] if own and own[-1].state == DeclarationState.RETURNED else None
        counting = max(approved, key=lambda one: (one.said_on, one.id), default=None)
        found.append(
            Duty(
                item=item,
                must=must[item.code],
                state=_shown_state(
                    values.state(plan, said.get((item.code, unit.id)), period, day),
                    waiting=bool(waiting),
                    returned=returned is not None,
                ),
                counting=counting,
                waiting=waiting[-1] if waiting else None,
                returned=returned,
                until=values.counts_until(item, counting.said_on) if counting is not None else None,
                computed=computed(session, unit, item.code, day),
            )
        )
    return found


def _shown_state(state: str, *, waiting: bool, returned: bool) -> str:
    """Return the state that a list shows: what is on its way stands before what has run out."""
    if state == "":
        return ""
    if waiting:
        return "waiting"
    return "returned" if returned else state


def computed(session: Session, unit: Unit, item: str, day: date) -> int | None:
    """Return what the portal itself counts of an item in the commune of a unit; None where it counts nothing of it."""
    end = start_of(day + timedelta(days=1))
    there = Household.area_id == unit.area_id, Household.has_child_under_16, Household.created_at < end
    if item == "parents_with_child":
        number = session.scalar(
            select(func.count(Posting.user_id.distinct()))
            .join(Unit, Unit.id == Posting.unit_id)
            .where(Unit.area_id == unit.area_id, Posting.audience == Audience.PARENT, stands(day))
        )
    elif item == "households_with_child":
        number = session.scalar(select(func.count()).select_from(Household).where(*there))
    elif item == "households_visited":
        number = session.scalar(
            select(func.count(Household.id.distinct()))
            .join(HouseholdMember, HouseholdMember.household_id == Household.id)
            .join(Certificate, Certificate.user_id == HouseholdMember.user_id)
            .join(Course, Course.id == Certificate.course_id)
            .where(
                *there,
                HouseholdMember.added_at < end,
                or_(Course.code.like("CM-%"), Course.code.like("NT-%")),
                *known.valid_on(day),
            )
        )
    else:
        return None
    return number or None  # nobody written down yet is no count


#: Items of which the portal counts the same thing; of the others it only shows what it knows beside them.
SAME_THING = frozenset({"parents_with_child", "households_with_child"})


def compared(session: Session, unit: Unit, item: str, day: date) -> int | None:
    """Return the computed number that a declared one is compared with; None where there is none."""
    return computed(session, unit, item, day) if item in SAME_THING else None


@dataclass(frozen=True, slots=True)
class Standing:
    """One item of one unit in a list. said: the value that counts, or would; kind: of the unit."""

    unit_id: int
    unit: str
    name: str
    area: str
    item: Item
    state: str
    said: Said | None
    kind: str

    @property
    def on(self) -> date | None:
        """Return the day of the value."""
        return self.said.on if self.said is not None else None


def standings(
    session: Session,
    plan: Plan,
    period: Period,
    day: date,
    reach: ColumnElement[bool],
    *,
    item: str = "",
    state: str = "",
    search: str = "",
) -> list[Standing]:
    """Return who must declare what, in the units of `reach` that are there today, by unit and item.

    state: `missing` for everything that does not count, `""` for all, or one state. search: words of unit or area.
    """
    units, areas = known.tree(session, day, now=False)
    mine = set(session.scalars(select(Unit.id).where(Unit.valid_to.is_(None), reach)))
    chosen = {key: unit for key, unit in units.items() if key in mine}
    said = known.said(session, plan, day, chosen)
    on_the_way = _on_the_way(session, plan)
    must = values.asked_on(plan, day)
    words = fold(search).split()
    found = []
    for unit in sorted(chosen.values(), key=lambda one: one.code):
        area = areas[unit.area].name if unit.area in areas else ""
        text = fold(f"{unit.name} {area} {unit.code}")
        if not all(word in text for word in words):
            continue
        for one in values.items_for(plan, unit, day):
            if not must[one.code] or item not in ("", one.code):
                continue
            value = said.get((one.code, unit.id))
            last = on_the_way.get((one.code, unit.id))
            here = _shown_state(
                values.state(plan, value, period, day),
                waiting=last == DeclarationState.SUBMITTED,
                returned=last == DeclarationState.RETURNED,
            )
            if (state == "missing" and here == "") or state not in ("", "missing", here or "counts"):
                continue
            found.append(Standing(unit.id, unit.code, unit.name, area, one, here, value, unit.kind))
    return found


def _on_the_way(session: Session, plan: Plan) -> dict[tuple[str, int], str]:
    """Return the state of the latest declaration of each item and unit where it waits or was returned."""
    latest = (
        select(func.max(Declaration.id))
        .where(Declaration.plan == plan.code)
        .group_by(Declaration.item, Declaration.unit_id)
    )
    rows = session.execute(
        select(Declaration.item, Declaration.unit_id, Declaration.state).where(
            Declaration.id.in_(latest), Declaration.state != DeclarationState.APPROVED
        )
    )
    return {(item, unit): str(state) for item, unit, state in rows}


def beside(session: Session, row: Declaration, item: str) -> Declaration | None:
    """Return what the unit of a declaration declared last of another item for the same day; returned ones do not count."""
    return session.scalars(
        select(Declaration)
        .where(
            Declaration.plan == row.plan,
            Declaration.item == item,
            Declaration.unit_id == row.unit_id,
            Declaration.said_on == row.said_on,
            Declaration.state != DeclarationState.RETURNED,
        )
        .order_by(Declaration.id.desc())
        .limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A declaration that waits, with its unit, and why the asker may not decide on it ("" where she may)."""

    row: Declaration
    unit: Unit
    area: str
    item: Item
    by: str
    computed: int | None
    not_mine: str


def waiting(session: Session, who: Actor, plan: Plan, search: str, page: int, today: date) -> list[Waiting]:
    """Return one page (50, and one more where there are more) of what waits in the asker's reach, the oldest first."""
    query = (
        select(Declaration, Unit, Area.name, User.full_name)
        .join(Unit, Unit.id == Declaration.unit_id)
        .join(Area, Area.id == Unit.area_id)
        .outerjoin(User, User.id == Declaration.entered_by_id)
        .where(
            Declaration.plan == plan.code,
            Declaration.state == DeclarationState.SUBMITTED,
            reachable(who.grants, Action.VALUE_APPROVE),
        )
    )
    for word in fold(search).split():
        query = query.where(
            or_(
                Unit.search_key.contains(word, autoescape=True),
                Area.search_key.contains(word, autoescape=True),
                func.lower(Unit.code).contains(word, autoescape=True),
            )
        )
    rows = session.execute(query.order_by(Declaration.id).limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    found, own = [], own_units(session, who, today)
    for row, unit, area, name in rows:
        item = plan.item(row.item)
        if item is not None:
            found.append(
                Waiting(
                    row, unit, area, item, name or "–", compared(session, unit, item.code, row.said_on),
                    why_not(session, who, row, unit, today, own),
                )
            )  # fmt: skip
    return found


def count_waiting(session: Session, who: Actor, plan: Plan) -> int:
    """Return how many declarations wait in the asker's reach."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Declaration)
            .join(Unit, Unit.id == Declaration.unit_id)
            .where(
                Declaration.plan == plan.code,
                Declaration.state == DeclarationState.SUBMITTED,
                reachable(who.grants, Action.VALUE_APPROVE),
            )
        )
        or 0
    )


def why_not(
    session: Session, who: Actor, row: Declaration, unit: Unit, today: date, own: frozenset[int] | None = None
) -> str:
    """Return why somebody who may approve for a unit may not decide on this value: `own_value`, `own_unit`, or "".

    A value of one's own unit is decided by those above it; where nobody is above, by whoever may and did not enter it.
    own: what `own_units` returns, where it is known already.
    """
    if row.entered_by_id is not None and row.entered_by_id == who.id:
        return "own_value"
    own = own_units(session, who, today) if own is None else own
    if unit.id in own and _others_above(session, who, unit, today):
        return "own_unit"
    return ""


def own_units(session: Session, who: Actor, today: date) -> frozenset[int]:
    """Return the ids of somebody's own units: she has a post there, or a role over the unit alone."""
    posts = session.scalars(select(Posting.unit_id).where(Posting.user_id == who.id, stands(today)))
    return frozenset({*posts, *(grant.unit for grant in who.grants if grant.unit is not None)})


def _others_above(session: Session, who: Actor, unit: Unit, today: date) -> bool:
    """Return whether somebody else, who does not work in the unit, may approve for it."""
    place = place_of(session, unit)
    roles = [role for role in Role if Action.VALUE_APPROVE in MAY[role]]
    works = exists().where(Posting.user_id == Membership.user_id, Posting.unit_id == unit.id, stands(today))
    rows = session.scalars(
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.role.in_(roles), Membership.user_id != who.id, *_in_force(today), User.ended_at.is_(None),
            ~works,
        )
    )  # fmt: skip
    return any(Grant(row.role, row.area_id, row.sector, row.unit_id).covers(place) for row in rows)


def _in_force(today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.valid_from <= today,
        or_(Membership.valid_to.is_(None), Membership.valid_to >= today),
    )


def declarers(session: Session, units: Iterable[int], today: date) -> dict[int, list[int]]:
    """Return who is told about each unit: its own heads; where it has none, whoever above it is nearest and may declare.

    The nearest are the heads of the smallest area that holds it, of its sector before those of all sectors.
    """
    wanted = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(list(units))))}
    above = dict(session.execute(select(Area.id, Area.parent_id)).all())
    roles = [role for role in Role if Action.VALUE_DECLARE in MAY[role]]
    rows = session.execute(
        select(Membership.user_id, Membership.area_id, Membership.sector, Membership.unit_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.role.in_(roles), *_in_force(today), User.ended_at.is_(None))
        .order_by(Membership.user_id)
    ).all()
    of_unit: dict[int, list[int]] = {}
    of_area: dict[tuple[int | None, str | None], list[int]] = {}
    for user, granted, sector, narrowed in rows:
        if narrowed is not None:
            of_unit.setdefault(narrowed, []).append(user)
        else:
            of_area.setdefault((granted, sector), []).append(user)
    found = {}
    for key, one in wanted.items():
        told = of_unit.get(key, [])
        area: int | None = one.area_id
        while not told:
            told = of_area.get((area, str(one.sector)), []) or of_area.get((area, None), [])
            if area is None:
                break
            area = above.get(area)
        found[key] = told
    return found


def path(session: Session, unit: Unit) -> str:
    """Return where a unit stands, for a heading."""
    return session.scalar(select(Area.name).where(Area.id == unit.area_id)) or ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a unit whose fact is kept: the days of the one that holds, or held last."""

    user_id: int
    name: str
    staff_code: str | None
    audience: str
    since: date | None
    until: date | None
    file_id: int | None


def people(session: Session, unit: Unit, fact: str, day: date, page: int, search: str = "") -> list[Person]:
    """Return one page (50, and one more where there are more) of the people of a unit whom a fact concerns, by name."""
    last = (
        select(PersonFact.user_id, func.max(PersonFact.id).label("id"))
        .where(PersonFact.fact == fact)
        .group_by(PersonFact.user_id)
        .subquery()
    )
    query = (
        select(User, func.min(Posting.audience), PersonFact)
        .join(Posting, Posting.user_id == User.id)
        .outerjoin(last, last.c.user_id == User.id)
        .outerjoin(PersonFact, PersonFact.id == last.c.id)
        .where(Posting.unit_id == unit.id, Posting.audience.in_(AUDIENCES[fact]), stands(day))
        .group_by(User.id, PersonFact.id)
        .order_by(User.sort_key, User.id)
    )
    for word in fold(search).split():
        query = query.where(User.search_key.like(f"%{word.replace('%', '')}%"))
    return [
        Person(
            user.id, user.full_name, user.staff_code, AUDIENCE_LABELS[Audience(audience)],
            kept.valid_from if kept else None, kept.valid_to if kept else None, kept.file_id if kept else None,
        )
        for user, audience, kept in session.execute(query.limit(PAGE + 1).offset((page - 1) * PAGE))
    ]  # fmt: skip


def with_posts(session: Session, unit: Unit, fact: str, day: date, user_ids: Sequence[int]) -> set[int]:
    """Return which of some people have a post in the unit, on a day, that a fact concerns."""
    return set(
        session.scalars(
            select(Posting.user_id).where(
                Posting.unit_id == unit.id,
                Posting.audience.in_(AUDIENCES[fact]),
                Posting.user_id.in_(list(user_ids)),
                stands(day),
            )
        )
    )


def concerned(session: Session, unit: Unit, day: date) -> list[str]:
    """Return the facts that concern somebody in a unit on a day."""
    there = set(
        session.scalars(select(Posting.audience).where(Posting.unit_id == unit.id, stands(day)).distinct())
    )
    return [fact for fact, audiences in AUDIENCES.items() if there.intersection(audiences)]


def volunteering(session: Session, user_id: int, day: date) -> tuple[list[str], date | None]:
    """Return the units in which somebody is a volunteer or collaborator, and the day she last said that she goes on."""
    units = session.scalars(
        select(Unit.name)
        .join(Posting, Posting.unit_id == Unit.id)
        .where(Posting.user_id == user_id, Posting.audience.in_(AUDIENCES["active"]), stands(day))
        .distinct()
        .order_by(Unit.name)
    ).all()
    last = session.scalar(
        select(func.max(PersonFact.valid_from)).where(
            PersonFact.user_id == user_id, PersonFact.fact == "active", PersonFact.valid_from <= day
        )
    )
    return list(units), last


def scan_of(session: Session, unit: Unit, user_id: int, day: date) -> int | None:
    """Return the id of the scan behind the registration of somebody of a unit. Raises `NotFound`."""
    found = session.scalar(
        select(PersonFact.file_id)
        .join(
            Posting,
            and_(
                Posting.user_id == PersonFact.user_id,
                Posting.unit_id == unit.id,
                Posting.audience.in_(AUDIENCES["network"]),
                stands(day),
            ),
        )
        .where(PersonFact.user_id == user_id, PersonFact.fact == "network", PersonFact.file_id.is_not(None))
        .order_by(PersonFact.id.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found

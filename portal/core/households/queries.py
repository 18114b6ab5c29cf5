"""Reading households: those of a collaborator's communities, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.errors import NotFound
from portal.core.households.models import AgeBand, Household, HouseholdMember
from portal.core.households.services import label
from portal.core.names import fold
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.organisation.queries import reachable
from portal.core.policy import Action, Actor

PAGE = 50


@dataclass(frozen=True, slots=True)
class HouseholdLine:
    """A household in a list: its key, its grown-ups by name, and what is known of its children."""

    id: int
    key: str
    members: tuple[str, ...]
    member_ids: tuple[int, ...]
    has_child: bool
    bands: tuple[str, ...]


def communities_of(session: Session, who: Actor) -> Sequence[Unit]:
    """Return the communities that `who` keeps households of, by name."""
    return session.scalars(
        select(Unit)
        .where(
            reachable(who.grants, Action.HOUSEHOLD_KEEP),
            Unit.kind == UnitKind.COMMUNITY,
            Unit.sector == Sector.COMMUNITY,
            Unit.valid_to.is_(None),
        )
        .order_by(Unit.name)
    ).all()


def community_for(session: Session, who: Actor, unit_id: int | None) -> Unit:
    """Return a community that `who` keeps, the first of hers where none is named. Raises `NotFound`."""
    mine = communities_of(session, who)
    found = next((unit for unit in mine if unit_id is None or unit.id == unit_id), None)
    if found is None:
        raise NotFound
    return found


def household_for(session: Session, who: Actor, key: str, action: Action) -> tuple[Household, Area]:
    """Return a household by its key, with its commune, where `who` may do `action` there. Raises `NotFound`."""
    code, _, number = key.rpartition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise NotFound
    row = session.execute(
        select(Household, Area)
        .join(Area, Area.id == Household.area_id)
        .join(Unit, Unit.id == Household.unit_id)
        .where(Household.commune_code == code, Household.number == int(number), reachable(who.grants, action))
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def households(
    session: Session,
    who: Actor,
    action: Action,
    *,
    search: str = "",
    child: bool | None = None,
    page: int = 1,
) -> tuple[Sequence[HouseholdLine], int]:
    """Return a page (50) of the households that `who` may do `action` on, by key, and how many fit. Three queries.

    search: words of a member's name, or a key or number.
    """
    query = (
        select(
            Household.id,
            Household.commune_code,
            Household.number,
            Household.has_child_under_16,
            Household.age_bands,
        )
        .join(Unit, Unit.id == Household.unit_id)
        .where(reachable(who.grants, action))
        .order_by(Household.commune_code, Household.number)
    )
    if child is not None:
        query = query.where(Household.has_child_under_16.is_(child))
    if search.strip():
        query = query.where(fits(search))
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.limit(PAGE).offset((page - 1) * PAGE)).all()
    members: dict[int, list[tuple[str, int]]] = {}
    for household_id, name, user_id in session.execute(
        select(HouseholdMember.household_id, User.full_name, User.id)
        .join(User, User.id == HouseholdMember.user_id)
        .where(HouseholdMember.household_id.in_([row.id for row in rows]))
        .order_by(HouseholdMember.place)
    ):
        members.setdefault(household_id, []).append((name, user_id))
    return [
        HouseholdLine(
            row.id,
            label(row.commune_code, row.number),
            tuple(name for name, _id in members.get(row.id, ())),
            tuple(one for _name, one in members.get(row.id, ())),
            row.has_child_under_16,
            tuple(row.age_bands),
        )
        for row in rows
    ], count


def fits(search: str) -> ColumnElement[bool]:
    """Return a condition on `Household`: a member has these words in her name, or it is its key."""
    text = search.strip()
    number = text.rpartition("-")[2]
    by_number = (
        [Household.number == int(number)]
        if number.isascii() and number.isdigit() and len(number) < 10
        else []
    )
    if by_number and "-" in text:
        return and_(Household.commune_code == text.rpartition("-")[0], *by_number)
    words = [User.search_key.contains(word, autoescape=True) for word in fold(text).split()]
    named = Household.id.in_(
        select(HouseholdMember.household_id)
        .join(User, User.id == HouseholdMember.user_id)
        .where(and_(*words))
    )
    return or_(named, *by_number)


def without_account(
    session: Session, who: Actor, *, household_id: int | None = None, most: int
) -> Sequence[tuple[int, str]]:
    """Return the ids of grown-ups without an account and the keys of their households, the newest first.

    Those of one household, or of everybody whom `who` has registered.
    """
    query = (
        select(User.id, Household.commune_code, Household.number)
        .join(HouseholdMember, HouseholdMember.user_id == User.id)
        .join(Household, Household.id == HouseholdMember.household_id)
        .join(Unit, Unit.id == Household.unit_id)
        .where(
            User.secret_hash.is_(None),
            User.ended_at.is_(None),
            reachable(who.grants, Action.HOUSEHOLD_KEEP),
            HouseholdMember.added_by_id == who.id if household_id is None else Household.id == household_id,
        )
        .order_by(HouseholdMember.added_at.desc(), User.id.desc())
        .limit(most)
    )
    return [(user_id, label(code, number)) for user_id, code, number in session.execute(query)]


@dataclass(frozen=True, slots=True)
class HouseholdCounts:
    """Counts of a community: households, of them with a child under 16, with each band; grown-ups."""

    unit: str
    households: int
    with_child: int
    bands: tuple[int, ...]
    grown_ups: int


def counts(session: Session, who: Actor) -> Sequence[HouseholdCounts]:
    """Return counts for each community that `who` keeps; no name and no key. Two queries."""
    units = {unit.id: unit.name for unit in communities_of(session, who)}
    seen: dict[int, list[tuple[bool, list[str]]]] = {unit: [] for unit in units}
    for unit_id, child, bands in session.execute(
        select(Household.unit_id, Household.has_child_under_16, Household.age_bands).where(
            Household.unit_id.in_(units)
        )
    ):
        seen[unit_id].append((child, bands))
    people = dict(
        session.execute(
            select(Household.unit_id, func.count())
            .join(HouseholdMember, HouseholdMember.household_id == Household.id)
            .where(Household.unit_id.in_(units))
            .group_by(Household.unit_id)
        ).all()
    )
    return [
        HouseholdCounts(
            name,
            len(seen[unit]),
            sum(child for child, _bands in seen[unit]),
            tuple(sum(str(band) in bands for _child, bands in seen[unit]) for band in AgeBand),
            people.get(unit, 0),
        )
        for unit, name in units.items()
    ]

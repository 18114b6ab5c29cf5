"""The two trees of places, level by level, as of a day: areas with their units, sectors with their units.

Every function answers one level or one page; the number of queries does not grow with the number of places.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.core.names import fold
from portal.core.organisation import history
from portal.core.organisation.models import Area, Sector, Unit
from portal.core.rosters.models import RosterBasis

PAGE = 50


@dataclass(frozen=True, slots=True)
class AreaLine:
    """An area: how many areas stand directly in it, how many units in it and below."""

    code: str
    name: str
    kind: str
    areas: int
    units: int


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit as it stood on the day: with its area, the unit above, how many units stand directly below.

    `roster_on` is the day from which what its denominator stands on that day counts; None: nothing was given.
    """

    code: str
    name: str
    kind: str
    sector: str
    area_code: str
    area: str
    parent_code: str
    parent: str
    below: int
    roster_on: date | None
    valid_from: date
    valid_to: date | None


def area_level(
    session: Session, parent_id: int | None, day: date, reach: ColumnElement[bool], *, everything: bool
) -> Sequence[AreaLine]:
    """Return the areas directly below one (None: those at the top). Without `everything`, those with units in reach."""
    place, units = history.areas_on(day).subquery(), history.units_on(day).subquery()
    # a province has some hundred areas: their tree is walked here, which costs less than walking it in the database
    areas = session.execute(
        select(place.c.id, place.c.parent_id, place.c.code, place.c.name, place.c.kind).order_by(place.c.code)
    ).all()
    inside = Counter(parent for _id, parent, *_ in areas)
    many: Counter[int] = Counter(
        dict(
            session.execute(
                select(units.c.area_id, func.count())
                .join(Unit, Unit.id == units.c.id)
                .where(reach)
                .group_by(units.c.area_id)
            ).all()
        )
    )
    above = {area: parent for area, parent, *_ in areas}
    for area, number in list(many.items()):
        up, seen = above.get(area), {area}
        while up is not None and up not in seen:
            many[up] += number
            seen.add(up)
            up = above.get(up)
    return [
        AreaLine(code, name, str(kind), inside[area], many[area])
        for area, parent, code, name, kind in areas
        if parent == parent_id and (everything or many[area])
    ]


def sector_level(session: Session, day: date, reach: ColumnElement[bool]) -> Sequence[tuple[str, int]]:
    """Return each sector with the number of its units in reach."""
    units = history.units_on(day).subquery()
    rows = session.execute(
        select(units.c.sector, func.count())
        .join(Unit, Unit.id == units.c.id)
        .where(reach)
        .group_by(units.c.sector)
    ).all()
    found = {str(sector): many for sector, many in rows}
    return [(str(sector), found[sector]) for sector in Sector if sector in found]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which units: of one area itself, of a sector at its top, below a unit, or found by words; of a kind."""

    area_id: int | None = None
    sector: str | None = None
    parent_id: int | None = None
    search: str = ""
    everywhere: bool = False


def _units(day: date, reach: ColumnElement[bool], wanted: Wanted) -> Select[Any]:
    units, areas, parents = (
        history.units_on(day).subquery(),
        history.areas_on(day).subquery(),
        history.units_on(day).subquery(),
    )
    children = history.units_on(day).subquery()
    below = (
        select(children.c.parent_id.label("unit"), func.count().label("many"))
        .group_by(children.c.parent_id)
        .subquery()
    )
    query = (
        select(
            units.c.code,
            units.c.name,
            units.c.kind,
            units.c.sector,
            areas.c.code.label("area_code"),
            areas.c.name.label("area"),
            parents.c.code.label("parent_code"),
            parents.c.name.label("parent"),
            func.coalesce(below.c.many, 0).label("below"),
            RosterBasis.valid_from.label("roster_on"),
            Unit.valid_from,
            Unit.valid_to,
        )
        .select_from(units)
        .join(Unit, Unit.id == units.c.id)
        .outerjoin(areas, areas.c.id == units.c.area_id)
        .outerjoin(parents, parents.c.id == units.c.parent_id)
        .outerjoin(below, below.c.unit == units.c.id)
        .outerjoin(
            RosterBasis,
            and_(
                RosterBasis.unit_id == units.c.id,
                RosterBasis.valid_from <= day,
                or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= day),
            ),
        )
        .where(reach)
        .order_by(areas.c.code, units.c.sector, units.c.code)
    )
    if wanted.area_id is not None:
        query = query.where(units.c.area_id == wanted.area_id)
    if wanted.sector is not None:
        query = query.where(
            units.c.sector == wanted.sector,
            or_(units.c.parent_id.is_(None), parents.c.id.is_(None), parents.c.sector != wanted.sector),
        )
    if wanted.parent_id is not None:
        query = query.where(units.c.parent_id == wanted.parent_id)
    for word in fold(wanted.search).split():
        query = query.where(
            or_(
                Unit.search_key.contains(word, autoescape=True),
                func.lower(units.c.code).contains(word, autoescape=True),
            )
        )
    return query


def units(
    session: Session, day: date, reach: ColumnElement[bool], wanted: Wanted, page: int | None
) -> tuple[Sequence[UnitLine], int]:
    """Return a page (50) of units, or with None all of them, and how many there are."""
    query = _units(day, reach, wanted)
    if page is None:
        found = [UnitLine(*_worded(row)) for row in session.execute(query)]
        return found, len(found)
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.limit(PAGE).offset((page - 1) * PAGE))
    return [UnitLine(*_worded(row)) for row in rows], count


def _worded(row: Any) -> tuple[Any, ...]:
    code, name, kind, sector, area_code, area, parent_code, parent, *rest = row
    return (
        code, name, str(kind), str(sector), area_code or "", area or "", parent_code or "", parent or "", *rest
    )  # fmt: skip


def areas_found(session: Session, day: date, search: str, *, most: int = PAGE) -> Sequence[AreaLine]:
    """Return areas whose name or code holds the words."""
    place = history.areas_on(day).subquery()
    query = select(place.c.code, place.c.name, place.c.kind).join(Area, Area.id == place.c.id)
    for word in fold(search).split():
        query = query.where(
            or_(Area.search_key.contains(word, autoescape=True), place.c.code.contains(word, autoescape=True))
        )
    rows = session.execute(query.order_by(place.c.code).limit(most))
    return [AreaLine(code, name, str(kind), 0, 0) for code, name, kind in rows]

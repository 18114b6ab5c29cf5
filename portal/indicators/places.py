"""The places of figures: an area with all below it, narrowed to sectors; or a unit with its sub-units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.organisation import history
from portal.core.organisation.history import area_called, unit_called
from portal.core.organisation.models import SECTOR_LABELS, Area, AreaKind, Sector, Unit
from portal.core.organisation.queries import areas_above, place_of, reachable
from portal.core.policy import MAY, Action, Actor, Grant, can
from portal.indicators.facts import AreaFact, World


@dataclass(frozen=True, slots=True)
class Where:
    """A place that somebody may ask figures of. `code` is `area:CODE`, `area:CODE/sector` or `unit:CODE`.

    sectors: None does not narrow. crumbs: (code, name) of the areas above that she may ask, too. reached: in the
    boundaries of a past day, the units of then of which she may see what they are today; None does not narrow.
    """

    code: str
    name: str
    area: int | None
    unit: int | None
    sectors: frozenset[str] | None
    crumbs: tuple[tuple[str, str], ...] = ()
    reached: frozenset[int] | None = None

    def units_in(self, world: World) -> list[int]:
        """Return the ids of the units of a world that stand in this place."""
        return [
            unit.id
            for unit in world.units.values()
            if (self.area is None or self.area in unit.path)
            and (self.sectors is None or unit.sector in self.sectors)
            and (self.unit is None or self.unit in unit.line)
            and (self.reached is None or unit.id in self.reached)
        ]

    def areas_in(self, world: World) -> list[int]:
        """Return the ids of the areas of a world that stand in this place; a unit has none."""
        if self.unit is not None:
            return []
        return [area.id for area in world.areas.values() if self.area is None or self.area in area.path]

    def part(self, world: World) -> World:
        """Return what a world knows of this place."""
        return world.within(self.units_in(world), self.areas_in(world))

    def below(self, world: World) -> list[AreaFact]:
        """Return the areas next below, in the order of their codes."""
        if self.area is None or self.unit is not None:
            return []
        found = [area for area in world.areas.values() if len(area.path) > 1 and area.path[-2] == self.area]
        return sorted(found, key=lambda area: area.code)

    def at(self, area: AreaFact) -> "Where":
        """Return the same question for an area below."""
        tail = self.code.partition("/")[2]
        code = f"area:{area.code}" + (f"/{tail}" if tail else "")
        crumbs = (*self.crumbs, (self.code, self.name))
        return Where(code, area.name, area.id, None, self.sectors, crumbs, self.reached)


def starts(session: Session, grants: Iterable[Grant], action: Action) -> list[tuple[str, str]]:
    """Return where somebody's grants begin: (code, name)."""
    found: dict[str, str] = {}
    for grant in grants:
        if action not in MAY[grant.role]:
            continue
        if grant.unit is not None:
            unit = session.get_one(Unit, grant.unit)
            found[f"unit:{unit.code}"] = unit.name
        else:
            area = session.get_one(Area, grant.area) if grant.area is not None else root(session)
            found[f"area:{area.code}"] = area.name
    return list(found.items())


def root(session: Session) -> Area:
    """Return the province."""
    return session.scalars(
        select(Area).where(Area.kind == AreaKind.PROVINCE, Area.valid_to.is_(None)).limit(1)
    ).one()


def where_for(session: Session, who: Actor, code: str, action: Action) -> Where:
    """Return the place of a code, narrowed to what `who` may do `action` on.

    Raises `NotFound` where there is none or it is not the asker's: who may not see a place does not learn that it
    exists.
    """
    text, _, sector = code.partition("/")
    kind, _, name = text.partition(":")
    if kind == "area":
        area = area_called(session, name)
        if area is not None:
            chain = areas_above(session, area.id)
            sectors = _sectors([one.id for one in chain], who.grants, action)
            if sector and sector in set(Sector) and (sectors is None or sector in sectors):
                sectors = frozenset({sector})
            elif sector:
                raise NotFound
            if sectors is None or sectors:
                return Where(
                    code, area.name, area.id, None, sectors, _crumbs(chain[:-1], who, action, sector)
                )
    if kind == "unit":
        unit = unit_called(session, name)
        if unit is not None and can(who.grants, action, place_of(session, unit)):
            chain = areas_above(session, unit.area_id)
            return Where(code, unit.name, None, unit.id, None, _crumbs(chain, who, action, ""))
    raise NotFound


def where_then(session: Session, who: Actor, code: str, action: Action, day: date) -> Where:
    """Return the place of a code in the boundaries of a past day, narrowed to what `who` may do `action` on.

    Who may look is decided by what a place is today: an old commune is seen by whoever sees what it has become. A
    code of today that nobody held on the day is read as the one place that has become its holder. Raises `NotFound`.
    """
    text, _, sector = code.partition("/")
    kind, _, name = text.partition(":")
    units = history.unit_now()
    reached = frozenset(
        session.scalars(
            select(units.c.old).join(Unit, Unit.id == units.c.now).where(reachable(who.grants, action))
        )
    )
    if kind == "area":
        area = area_called(session, name, day) or _came_from(session, name, day)
        if area is not None:
            chain = _chain_then(session, area.id, day)
            now = _chains_now(session, [one for one, _code, _name in chain])
            sectors = _sectors(now[area.id], who.grants, action)
            if sector and sector in set(Sector) and (sectors is None or sector in sectors):
                sectors = frozenset({sector})
            elif sector:
                raise NotFound
            if sectors is None or sectors:
                tail = f"/{sector}" if sector else ""
                crumbs = tuple(
                    (f"area:{code_of}{tail}", name_of)
                    for key, code_of, name_of in chain[:-1]
                    if _sectors(now[key], who.grants, action) != frozenset()
                )
                _id, own, shown = chain[-1]
                return Where(f"area:{own}{tail}", shown, area.id, None, sectors, crumbs, reached)
    if kind == "unit":
        unit = unit_called(session, name, day)
        if unit is not None and unit.id in reached:
            stood = history.units_on(day).subquery()
            shown, area_id = session.execute(
                select(stood.c.name, stood.c.area_id).where(stood.c.id == unit.id)
            ).one()
            chain = _chain_then(session, area_id, day)
            now = _chains_now(session, [one for one, _code, _name in chain])
            crumbs = tuple(
                (f"area:{code_of}", name_of)
                for key, code_of, name_of in chain
                if _sectors(now[key], who.grants, action) != frozenset()
            )
            return Where(code, shown, None, unit.id, None, crumbs, reached)
    raise NotFound


def _came_from(session: Session, code: str, day: date) -> Area | None:
    """Return the only area of a day that has become the present holder of a code; of several, the one of its kind."""
    today = area_called(session, code)
    if today is None:
        return None
    line, then = history.area_now(), history.areas_on(day).subquery()
    found = session.execute(
        select(then.c.id, then.c.kind).join(line, line.c.old == then.c.id).where(line.c.now == today.id)
    ).all()
    same = [key for key, kind in found if kind == today.kind]
    return session.get(Area, same[0]) if len(same) == 1 else None


def came_from(session: Session, where: Where, day: date) -> list[tuple[str, str]]:
    """Return (code, name) of the places of a day that have become a place of today, in the order of codes."""
    if where.unit is not None:
        line, then = history.unit_now(), history.units_on(day).subquery()
    else:
        line, then = history.area_now(), history.areas_on(day).subquery()
    rows = session.execute(
        select(then.c.code, then.c.name)
        .join(line, line.c.old == then.c.id)
        .where(line.c.now == (where.unit if where.unit is not None else where.area))
        .order_by(then.c.code)
    )
    return [(code, name) for code, name in rows]


def _chain_then(session: Session, area_id: int, day: date) -> list[tuple[int, str, str]]:
    """Return (id, code, name) of an area and of those above it on a day, the highest first."""
    rows = session.execute(history.areas_on(day)).all()
    areas = {key: (code, name, parent) for key, code, _kind, name, parent in rows}
    chain: list[tuple[int, str, str]] = []
    here: int | None = area_id
    while here is not None and here in areas:
        code, name, parent = areas[here]
        chain.append((here, code, name))
        here = parent
    return chain[::-1]


def _chains_now(session: Session, areas: list[int]) -> dict[int, list[int]]:
    """Return, for areas of then, the ids of what each is today with all above it."""
    line = history.area_now()
    found = session.execute(select(line.c.old, line.c.now).where(line.c.old.in_(areas))).all()
    return {old: [one.id for one in areas_above(session, new)] for old, new in found}


def _sectors(chain: Iterable[int], grants: Iterable[Grant], action: Action) -> frozenset[str] | None:
    """Return the sectors of a whole area that are granted; None: all of them; empty: none."""
    ids = set(chain)
    found: set[str] = set()
    for grant in grants:
        if action not in MAY[grant.role] or grant.unit is not None:
            continue
        if grant.area is not None and grant.area not in ids:
            continue
        if grant.sector is None:
            return None
        found.add(grant.sector)
    return frozenset(found)


def _crumbs(chain: Iterable[Area], who: Actor, action: Action, sector: str) -> tuple[tuple[str, str], ...]:
    ids: list[int] = []
    found = []
    for area in chain:
        ids.append(area.id)
        sectors = _sectors(ids, who.grants, action)
        if sectors is None or sectors:
            found.append((f"area:{area.code}" + (f"/{sector}" if sector else ""), area.name))
    return tuple(found)


__all__ = ["SECTOR_LABELS", "Where", "root", "starts", "where_for", "where_then"]

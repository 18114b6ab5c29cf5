"""Questions about places: subtrees, the place of a unit, and `reach`, the query twin of `policy.can`."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from portal.core.organisation.models import Area, Unit
from portal.core.policy import MAY, Action, Grant, Place


def subtree(area_id: int) -> Select[tuple[int]]:
    """Return a select of the ids of an area and of every area below it."""
    tree = select(Area.id).where(Area.id == area_id).cte(recursive=True)
    tree = tree.union_all(select(Area.id).where(Area.parent_id == tree.c.id))
    return select(tree.c.id)


def unit_subtree(unit_id: int) -> Select[tuple[int]]:
    """Return a select of the ids of a unit and of every unit below it."""
    tree = select(Unit.id).where(Unit.id == unit_id).cte(recursive=True)
    tree = tree.union_all(select(Unit.id).where(Unit.parent_id == tree.c.id))
    return select(tree.c.id)


def reachable(grants: Iterable[Grant], action: Action) -> ColumnElement[bool]:
    """Return a condition on `Unit` that is true exactly where `policy.can(grants, action, place of the unit)` is."""
    doors = [
        and_(
            Unit.area_id.in_(subtree(grant.area)) if grant.area is not None else true(),
            Unit.sector == grant.sector if grant.sector is not None else true(),
            Unit.id.in_(unit_subtree(grant.unit)) if grant.unit is not None else true(),
        )
        for grant in grants
        if action in MAY[grant.role]
    ]
    return or_(false(), *doors)


def areas_above(session: Session, area_id: int) -> Sequence[Area]:
    """Return an area and all above it, the topmost first."""
    chain: list[Area] = []
    here = session.get(Area, area_id)
    while here is not None:
        chain.insert(0, here)
        here = session.get(Area, here.parent_id) if here.parent_id is not None else None
    return chain


def place_of(session: Session, unit: Unit) -> Place:
    """Return where `unit` stands, for `policy.can`."""
    units = {unit.id}
    here = unit
    while here.parent_id is not None:
        parent = session.get(Unit, here.parent_id)
        if parent is None or parent.id in units:
            break
        units.add(parent.id)
        here = parent
    areas = frozenset(area.id for area in areas_above(session, unit.area_id))
    return Place(areas=areas, sector=unit.sector, units=frozenset(units))

"""Adding areas and units by code."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.names import fold, tidy
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.rosters.models import Evidence, RosterBasis


def area_named(session: Session, code: str) -> Area | None:
    """Return the area that holds a code today, or None."""
    return session.scalar(select(Area).where(Area.code == code, Area.valid_to.is_(None)))


def unit_named(session: Session, code: str) -> Unit | None:
    """Return the unit that holds a code today, or None."""
    return session.scalar(select(Unit).where(Unit.code == code, Unit.valid_to.is_(None)))


def new_unit(
    session: Session,
    *,
    code: str,
    kind: UnitKind,
    sector: Sector,
    name: str,
    area: Area,
    valid_from: date,
    parent: Unit | None = None,
    roster_on: date | None = None,
) -> Unit:
    """Add a unit; `roster_on` is the day from which its staff list counts. Flushes, for the id its people need."""
    unit = Unit(
        code=code,
        kind=kind,
        sector=sector,
        name=tidy(name),
        search_key=fold(name),
        area_id=area.id,
        parent_id=parent.id if parent else None,
        valid_from=valid_from,
    )
    session.add(unit)
    session.flush()
    if roster_on is not None:
        session.add(RosterBasis(unit_id=unit.id, evidence=Evidence.NAMED, valid_from=roster_on))
    return unit

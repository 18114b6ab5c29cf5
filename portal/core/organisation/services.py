"""Adding areas and units by code."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.names import fold, tidy
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind


def area_named(session: Session, code: str) -> Area | None:
    """Return the area that holds a code today, or None."""
    return session.scalar(select(Area).where(Area.code == code, Area.valid_to.is_(None)))


def unit_named(session: Session, code: str) -> Unit | None:
    """Return the unit that holds a code today, or None."""
    return session.scalar(select(Unit).where(Unit.code == code, Unit.valid_to.is_(None)))


def new_area(
    session: Session, *, code: str, kind: AreaKind, name: str, parent: Area | None, valid_from: date
) -> Area:
    """Add an area. Flushes, for the id its children need."""
    area = Area(
        code=code,
        kind=kind,
        name=tidy(name),
        search_key=fold(name),
        parent_id=parent.id if parent else None,
        valid_from=valid_from,
    )
    session.add(area)
    session.flush()
    return area


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
    """Add a unit. Flushes, for the id its people need."""
    unit = Unit(
        code=code,
        kind=kind,
        sector=sector,
        name=tidy(name),
        search_key=fold(name),
        area_id=area.id,
        parent_id=parent.id if parent else None,
        roster_on=roster_on,
        valid_from=valid_from,
    )
    session.add(unit)
    session.flush()
    return unit


def import_units(session: Session, rows: Sequence[Mapping[str, str]], today: date) -> tuple[list[str], int]:
    """Add units by code; return (faults, number added). With any fault the caller adds nothing.

    A row has code, name, kind, sector, area and may have parent and roster_on. A code that exists already is left
    as it is: importing the same file twice adds nothing.
    """
    faults: list[str] = []
    added = 0
    for number, row in enumerate(rows, 2):
        try:
            added += _import_unit(session, row, today)
        except ValueError as fault:
            faults.append(f"{number}: {fault}")
    return faults, added


def _import_unit(session: Session, row: Mapping[str, str], today: date) -> int:
    missing = [key for key in ("code", "name", "kind", "sector", "area") if not (row.get(key) or "").strip()]
    if missing:
        raise ValueError(f"empty or missing column: {', '.join(missing)}")
    if unit_named(session, row["code"].strip()) is not None:
        return 0
    area = area_named(session, row["area"].strip())
    if area is None:
        raise ValueError(f"there is no area with the code {row['area']!r}")
    parent = unit_named(session, row["parent"].strip()) if (row.get("parent") or "").strip() else None
    if (row.get("parent") or "").strip() and parent is None:
        raise ValueError(
            f"there is no unit with the code {row['parent']!r} (parents come before their units)"
        )
    new_unit(
        session,
        code=row["code"].strip(),
        kind=UnitKind(row["kind"].strip()),
        sector=Sector(row["sector"].strip()),
        name=row["name"],
        area=area,
        parent=parent,
        roster_on=date.fromisoformat(row["roster_on"].strip())
        if (row.get("roster_on") or "").strip()
        else None,
        valid_from=today,
    )
    return 1

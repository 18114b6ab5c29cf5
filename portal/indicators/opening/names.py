"""What rows are called, for the rows of one page, and who is called what was searched for."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.households.models import Household
from portal.core.names import fold
from portal.core.organisation.models import Area, Unit
from portal.indicators.holders import BUNDLE
from portal.indicators.opening.row import Row


@dataclass(frozen=True, slots=True)
class Name:
    """What a row is called on a page: a person (or her code), a unit, an area, a household's key; `code` for links."""

    text: str
    code: str = ""
    unit: str = ""
    unit_code: str = ""


def named(session: Session, some: Sequence[Row]) -> list[Name]:
    """Return the names of some rows, in their order; three queries for every thousand, and none of them stored."""
    found: list[Name] = []
    for start in range(0, len(some), BUNDLE):
        page = some[start : start + BUNDLE]
        persons = _texts(session, select(User.id, User.full_name, User.username), page, "person")
        areas = _texts(session, select(Area.id, Area.name, Area.code), page, "area")
        keys = [row.key for row in page if row.kind == "household"]
        homes = {
            key: f"{code}-{number}"
            for key, code, number in session.execute(
                select(Household.id, Household.commune_code, Household.number).where(Household.id.in_(keys))
            )
        } if keys else {}  # fmt: skip
        unit_ids = {row.unit for row in page if row.unit is not None}
        units = {
            key: (name, code)
            for key, name, code in session.execute(
                select(Unit.id, Unit.name, Unit.code).where(Unit.id.in_(unit_ids))
            )
        } if unit_ids else {}  # fmt: skip
        for row in page:
            unit, unit_code = units.get(row.unit or 0, ("", ""))
            if row.kind == "person":
                found.append(Name(persons.get(row.key, ("", ""))[0], "", unit, unit_code))
            elif row.kind == "area":
                found.append(Name(*areas.get(row.key, ("", "")), "", ""))
            elif row.kind == "household":
                found.append(Name(homes.get(row.key, ""), "", unit, unit_code))
            else:
                found.append(Name(unit, unit_code, unit, unit_code))
    return found


def _texts(session: Session, query: Any, page: Sequence[Row], kind: str) -> Mapping[int, tuple[str, str]]:
    keys = {row.key for row in page if row.kind == kind}
    if not keys:
        return {}
    column = query.selected_columns[0]
    return {key: (text, code or "") for key, text, code in session.execute(query.where(column.in_(keys)))}


def matching(session: Session, search: str, people: Collection[int] | None = None) -> Callable[[Row], bool]:
    """Return whether a row is called (or stands in a unit called) what was searched for; names never leave the database.

    people: whose rows alone will be asked about; None: anybody's.
    """
    text, units = fold(search), units_called(session, search)

    @cache
    def persons() -> set[int]:
        those = [] if people is None else [User.id.in_(people)]
        called = User.search_key.contains(text, autoescape=True)
        return set(session.scalars(select(User.id).where(called, *those)))

    @cache
    def areas() -> set[int]:
        named = or_(Area.search_key.contains(text, autoescape=True), Area.code == search)
        return set(session.scalars(select(Area.id).where(named)))

    def fits(row: Row) -> bool:
        return (
            row.unit in units
            or (row.kind == "person" and row.key in persons())
            or (row.kind == "area" and row.key in areas())
        )

    return fits


def units_called(session: Session, search: str) -> frozenset[int]:
    """Return the ids of the units that are called, or whose code is, what was searched for."""
    called = Unit.search_key.contains(fold(search), autoescape=True)
    return frozenset(session.scalars(select(Unit.id).where(or_(called, Unit.code == search))))

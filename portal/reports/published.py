"""What the public may read of a filed consolidated report: its figures, small numbers hidden. Nothing is counted here.

Only what the standing agency has filed is public, so it does not move, and two looks at it cannot be subtracted. Figures of
offices, schools and areas are shown as they are; of people, households, children and cases a line with a small number is
hidden, and as many others as it takes (`portal.indicators.suppression`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.core.organisation.models import Area
from portal.indicators.definitions import Counted, Indicator, Plan, Way
from portal.indicators.suppression import hidden, with_rest
from portal.reports.filing.models import Filing, FilingState

#: What may be named by a small number; a school or a district is no person.
OF_PEOPLE = frozenset({Counted.PERSON, Counted.HOUSEHOLD, Counted.CHILD, Counted.NOTHING})


@dataclass(frozen=True, slots=True)
class Numbers:
    """A numerator and a denominator of a place. Hidden ones hold no number; without a denominator nothing is known.

    name: of an area as filed; "" for what lies beyond the areas, offices of the province among them.
    """

    name: str
    numerator: int | None
    denominator: int | None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """One figure of the public page: its total, its lines by area. met is None where hidden or unknown."""

    indicator: Indicator
    total: Numbers
    value: Fraction | None
    target: Fraction | None
    met: bool | None
    lines: tuple[Numbers, ...]


def filings(session: Session) -> Sequence[Row[Any]]:
    """Return id, plan, period, digest, issued number and filing moment of the public reports, the latest period first.

    Of each period the one of the highest number counts, if it stands filed; one that was returned is not public.
    """
    found: Any = session.execute(
        select(
            Filing.id, Filing.plan, Filing.period, Filing.digest, Filing.issued_number, Filing.filed_at,
            Filing.cut_off, Filing.place_name, Filing.state,
        )
        .join(Area, Area.id == Filing.area_id)
        .where(Area.kind == "province", Filing.sector.is_(None), Filing.unit_id.is_(None))
        .order_by(Filing.cut_off.desc(), Filing.number.desc())
    ).all()  # fmt: skip
    latest: dict[tuple[str, str], Row[Any]] = {}
    for one in found:
        latest.setdefault((one.plan, one.period), one)
    return [one for one in latest.values() if one.state in (FilingState.FILED, FilingState.RECEIVED)]


def published(plan: Plan, kept: Mapping[str, Any]) -> tuple[Published, ...]:
    """Return the public figures of a filed report, in its order. kept: its snapshot."""
    found = []
    for stored in kept["figures"]:
        indicator = plan.indicator(stored["code"])
        if indicator is not None and indicator.way != Way.NARRATIVE:
            found.append(_figure(indicator, stored, kept.get("below", {}).get(stored["code"], ())))
    return tuple(found)


def _figure(indicator: Indicator, stored: Mapping[str, Any], below: Sequence[Sequence[Any]]) -> Published:
    target = Fraction(*stored["target"]) if stored["target"] else None
    lines = [Numbers(name, part, whole) for _code, name, part, whole in below]
    total = Numbers("", stored["numerator"], stored["denominator"])
    if not stored["value"] or not _known(total):
        return Published(indicator, Numbers("", None, None), None, target, None, ())
    value = Fraction(*stored["value"])
    if indicator.counted not in OF_PEOPLE:
        return Published(indicator, total, value, target, stored["met"], tuple(map(_as_known, lines)))
    known = [one for one in lines if _known(one)]
    cells = with_rest([_cells(indicator, one) for one in known], _cells(indicator, total))
    left = hidden(cells, _cells(indicator, total)) if known else hidden([], _cells(indicator, total))
    if left is None:
        return Published(indicator, Numbers("", None, None, hidden=True), None, target, None, ())
    shown = iter(
        Numbers(one.name, None, None, hidden=True) if place in left else one
        for place, one in enumerate(known)
    )
    made = [next(shown) if _known(one) else _as_known(one) for one in lines]
    if len(cells) > len(known):
        made.append(
            Numbers("", None, None, hidden=True)
            if len(known) in left
            else _of_cells(indicator, cells[len(known)])
        )
    return Published(indicator, total, value, target, stored["met"], tuple(made))


def _known(one: Numbers) -> bool:
    return one.numerator is not None and one.denominator is not None


def _as_known(one: Numbers) -> Numbers:
    """Return the numbers, or neither of them where there is no denominator."""
    return one if _known(one) else Numbers(one.name, None, None)


def _cells(indicator: Indicator, one: Numbers) -> tuple[int, int]:
    """Return the two numbers that a line shows: counted and not counted; of growth then and now."""
    part, whole = one.numerator or 0, one.denominator or 0
    return (part, whole) if indicator.way == Way.GROWTH else (part, whole - part)


def _of_cells(indicator: Indicator, cells: Sequence[int]) -> Numbers:
    part, other = cells
    return Numbers("", part, other if indicator.way == Way.GROWTH else part + other)

"""What the public may read of a filed consolidated report: its figures, small numbers hidden. Nothing is counted here.

Only what the standing agency has filed is public, so it does not move. Figures of offices, schools and areas are shown as
they are; of people, households, children and cases a line with a small number is hidden, and as many others as it takes
(`portal.indicators.suppression`). Reports can be subtracted from each other: each hides what it takes beside all that were
filed before it, returned ones among them, for they have been read. Figures of a year begin anew with it, and are compared
within it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

from portal.core.organisation.models import Area
from portal.indicators.definitions import Counted, Indicator, Plan, Way
from portal.indicators.periods import Period
from portal.indicators.suppression import Table, hidden_after, with_rest
from portal.reports.filing.models import Filing, FilingState

#: What may be named by a small number; a school or a district is no person.
REST = ""  # the key of what lies beyond the areas
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
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier report shows: the year of its period, and of each figure of people its table."""

    year: int
    tables: Mapping[str, Table]


def shown_by(kept: Mapping[str, Any], figures: Sequence[Published]) -> Before:
    """Return what a report shows, for those that come after it. kept: its snapshot."""
    year = Period.parse(kept["filing"]["period"]).year
    return Before(year, {one.indicator.code: one.table for one in figures if one.table is not None})


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


def earlier(session: Session, filing: Filing) -> Sequence[Row[int, str | None]]:
    """Return id and digest of the reports of the province that were filed before one, the first first."""
    return session.execute(
        select(Filing.id, Filing.digest)
        .join(Area, Area.id == Filing.area_id)
        .where(
            Area.kind == "province", Filing.sector.is_(None), Filing.unit_id.is_(None), Filing.plan == filing.plan,
            Filing.digest.is_not(None),
            or_(
                Filing.filed_at < filing.filed_at,
                and_(Filing.filed_at == filing.filed_at, Filing.id < filing.id),
            ),
        )
        .order_by(Filing.filed_at, Filing.id)
    ).all()  # fmt: skip


def published(plan: Plan, kept: Mapping[str, Any], before: Sequence[Before] = ()) -> tuple[Published, ...]:
    """Return the public figures of a filed report, in its order. kept: its snapshot; before: the reports before it."""
    found = []
    for stored in kept["figures"]:
        indicator = plan.indicator(stored["code"])
        if indicator is not None and indicator.way != Way.NARRATIVE:
            tables = _comparable(indicator, kept, before)
            found.append(_figure(indicator, stored, kept.get("below", {}).get(stored["code"], ()), tables))
    return tuple(found)


def _comparable(indicator: Indicator, kept: Mapping[str, Any], before: Sequence[Before]) -> list[Table]:
    """Return the earlier tables of a figure that its own can be subtracted from."""
    if not before:
        return []
    filing = kept["filing"]
    yearly = indicator.rule_on(date.fromisoformat(filing["cut_off"])).yearly
    year = Period.parse(filing["period"]).year
    return [
        one.tables[indicator.code]
        for one in before
        if indicator.code in one.tables and (not yearly or one.year == year)
    ]


def _figure(
    indicator: Indicator, stored: Mapping[str, Any], below: Sequence[Sequence[Any]], before: Sequence[Table]
) -> Published:
    target = Fraction(*stored["target"]) if stored["target"] else None
    lines = [Numbers(name, part, whole) for _code, name, part, whole in below]
    total = Numbers("", stored["numerator"], stored["denominator"])
    if not stored["value"] or not _known(total):
        return Published(indicator, Numbers("", None, None), None, target, None, ())
    value = Fraction(*stored["value"])
    if indicator.counted not in OF_PEOPLE:
        return Published(indicator, total, value, target, stored["met"], tuple(map(_as_known, lines)))
    known = [one for one in lines if _known(one)]
    whole = _cells(indicator, total)
    cells = with_rest([_cells(indicator, one) for one in known], whole) if known else []
    keys = [code for (code, *_rest), one in zip(below, lines, strict=True) if _known(one)]
    table = dict(zip([*keys, REST], cells, strict=False))  # the rest is there only where there is one
    hides = hidden_after(table, whole, before)
    left = None if hides is None else {place for place, key in enumerate(table) if key in hides}
    if hides is None or left is None:
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
    kept = Table(table, whole, hides)
    return Published(indicator, total, value, target, stored["met"], tuple(made), kept)


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

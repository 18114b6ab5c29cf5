"""A figure of a filed report opened: the rows as they were frozen, a page at a time. Who they are is looked up when shown.

What is counted by state, reason and group is known from the summaries of the chunks; rows are read for the page alone.
A search reads the chunks in which somebody of that name, or a unit of that name, may stand.
"""

import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.names import fold
from portal.core.organisation.models import Area, Unit
from portal.indicators.opening.row import Row
from portal.indicators.pages import PAGE, Found, Wanted
from portal.reports.filing import chunks
from portal.reports.filing.chunks import Summary
from portal.reports.filing.classes import CLASSES
from portal.reports.filing.errors import RowsDamaged
from portal.reports.filing.models import Filing
from portal.reports.filing.work import people_of

#: Rows that a search reads before it gives up counting all that fit (they are shown with a plus).
MOST_READ = 10_000


def figures(filing: Filing) -> list[tuple[str, int]]:
    """Return the figures of a filed report that have rows, in its order, with how many."""
    kept = filing.snapshot or {}
    rows = kept.get("rows", {})
    return [
        (one["code"], rows[one["code"]]["count"])
        for one in kept.get("figures", ())
        if rows.get(one["code"], {}).get("count")
    ]


def has_people(filing: Filing, code: str) -> bool:
    """Return whether people were kept beside the facilities or areas of a figure."""
    return people_of(code) in (filing.snapshot or {}).get("rows", {})


def key_of(filing: Filing, code: str, wanted: Wanted) -> str | None:
    """Return under which key the rows that are asked for were kept; None: nothing of that kind was filed."""
    key = people_of(code) if wanted.of else code
    return key if key != CLASSES and key in (filing.snapshot or {}).get("rows", {}) else None


def page(session: Session, filing: Filing, key: str, wanted: Wanted) -> Found:
    """Return a page of rows. Reasons and groups are those of all rows, counted exactly.

    Raises `RowsDamaged`.
    """
    kept = _summaries(session, filing, key)
    first = (wanted.page - 1) * PAGE
    if wanted.search:
        rows, total, whole = _searched(session, filing, key, wanted, kept, first)
    else:
        rows, total, whole = _turned_to(session, filing, key, wanted, kept, first), 0, True
        total = sum(_fitting(one, wanted) for one in kept)
    reasons: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    counted = not_counted = 0
    for one in kept:
        for (counts, reason, part), many in one.counts.items():
            counted += many if counts else 0
            not_counted += 0 if counts else many
            if reason:
                reasons[reason] += many
            if part is not None:
                parts[part] += many
    return Found(rows, total > first + PAGE, total, whole, dict(reasons), dict(parts), counted, not_counted)


def every(session: Session, filing: Filing, key: str, wanted: Wanted) -> Iterator[Row]:
    """Yield every row that is asked for; some chunks are in memory at a time. Raises `RowsDamaged`."""
    kept = _summaries(session, filing, key)
    called = Called.of(session, wanted.search) if wanted.search else None
    numbers = [
        one.number for one in kept if _fitting(one, wanted) and (called is None or called.may_be_in(one))
    ]
    for row in _read(session, filing, key, numbers):
        if _fits(row, wanted) and (called is None or called.fits(row)):
            yield row


def many(session: Session, filing: Filing, key: str, wanted: Wanted) -> int:
    """Return how many rows there are of a state, reason and group, whatever is searched for."""
    return sum(_fitting(one, wanted) for one in _summaries(session, filing, key))


def _summaries(session: Session, filing: Filing, key: str) -> list[Summary]:
    """Return the summaries of the rows behind a figure, all that were filed.

    Raises `RowsDamaged` where they lack some: of a list that was damaged when it was cut nothing is known but that it is
    there, and a page of it must not say that nobody stood behind the figure.
    """
    kept = chunks.summaries(session, filing.id, key)
    filed = (filing.snapshot or {}).get("rows", {}).get(key)
    if filed is not None and sum(sum(one.counts.values()) for one in kept) != filed["count"]:
        raise RowsDamaged
    return kept


def _fits(row: Row, wanted: Wanted) -> bool:
    return _agrees(row.counted, row.reason, row.part, wanted)


def _agrees(counted: bool, reason: str, part: str | None, wanted: Wanted) -> bool:
    return (
        (wanted.state != "counted" or counted)
        and (wanted.state != "not_counted" or not counted)
        and (not wanted.reason or reason == wanted.reason)
        and (not wanted.part or part == wanted.part)
    )


def _fitting(one: Summary, wanted: Wanted) -> int:
    """Return how many rows of a chunk are of the wanted state, reason and group."""
    return sum(many for what, many in one.counts.items() if _agrees(*what, wanted))


def _read(session: Session, filing: Filing, key: str, numbers: Sequence[int]) -> Iterator[Row]:
    try:
        for row in chunks.rows(session, filing.id, key, numbers):
            yield Row(*row)
    except (zlib.error, ValueError, TypeError):
        raise RowsDamaged from None


def _turned_to(
    session: Session, filing: Filing, key: str, wanted: Wanted, kept: Iterable[Summary], first: int
) -> list[Row]:
    """Return the rows of a page from the few chunks that they stand in."""
    passed, skip = 0, 0
    numbers: list[int] = []
    for one in kept:
        here = _fitting(one, wanted)
        if here and passed + here > first and passed < first + PAGE:
            if not numbers:
                skip = first - passed
            numbers.append(one.number)
        passed += here
    rows = [row for row in _read(session, filing, key, numbers) if _fits(row, wanted)]
    return rows[skip : skip + PAGE]


def _searched(
    session: Session, filing: Filing, key: str, wanted: Wanted, kept: Iterable[Summary], first: int
) -> tuple[list[Row], int, bool]:
    """Return the rows of a page of what a search finds, how many it found, and whether these are all."""
    called = Called.of(session, wanted.search)
    numbers = [one.number for one in kept if _fitting(one, wanted) and called.may_be_in(one)]
    rows: list[Row] = []
    total = 0
    for read, row in enumerate(_read(session, filing, key, numbers), 1):
        if _fits(row, wanted) and called.fits(row):
            if first <= total < first + PAGE:
                rows.append(row)
            total += 1
        if read >= MOST_READ and total > first + PAGE:
            return rows, total, False
    return rows, total, True


@dataclass(frozen=True, slots=True)
class Called:
    """Who and what is called as somebody searched: ids in order, of people, areas and units. Names stay in the database."""

    people: Sequence[int]
    areas: Sequence[int]
    units: frozenset[int]
    _people: frozenset[int]
    _areas: frozenset[int]

    @classmethod
    def of(cls, session: Session, search: str) -> "Called":
        """Look up what is called so today."""
        text = fold(search)
        people = sorted(
            session.scalars(select(User.id).where(User.search_key.contains(text, autoescape=True)))
        )
        areas, units = (
            sorted(
                session.scalars(
                    select(model.id).where(
                        or_(model.search_key.contains(text, autoescape=True), model.code == search)
                    )
                )
            )
            for model in (Area, Unit)
        )
        return cls(people, areas, frozenset(units), frozenset(people), frozenset(areas))

    def fits(self, row: Row) -> bool:
        """Return whether a row is called so, or stands in a unit that is."""
        return (
            (row.kind == "person" and row.key in self._people)
            or (row.kind == "area" and row.key in self._areas)
            or row.unit in self.units
        )

    def may_be_in(self, one: Summary) -> bool:
        """Return whether a chunk may hold such a row."""
        keys = {"person": self.people, "area": self.areas}.get(one.kind, ())
        place = bisect_left(keys, one.first)
        return (place < len(keys) and keys[place] <= one.last) or not one.units.isdisjoint(self.units)


__all__ = ["Called", "Found", "Wanted", "every", "figures", "has_people", "key_of", "many", "page"]

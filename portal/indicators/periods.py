"""Reporting periods: windows, cut-offs, due days. Pure.

A half-year runs from 15/12 of the year before to 14/6, a year from 15/12 of the year before to 14/12, and so contains
its half-year. Reports are due on the 15th; between cut-off and due day there is one midnight. Source: plan 39/KH-UBND,
part VI, with the windows of the reporting regime of state agencies (09/2019/NĐ-CP).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """Half a year, or the whole one."""

    HALF = "H1"
    YEAR = "Y"


class NoPeriod(ValueError):
    """A text that names no period."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A reporting period. `code` is `2025-H1` or `2025`."""

    year: int
    kind: Kind

    @property
    def code(self) -> str:
        """Return the name used in addresses and files."""
        return f"{self.year}-H1" if self.kind == Kind.HALF else str(self.year)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the period named by `2025-H1` or `2025`. Raises `NoPeriod`."""
        found = re.fullmatch(r"(20\d\d)(-H1)?", text.strip().upper())
        if found is None:
            raise NoPeriod(f"{text!r} names no period: write 2025-H1 (half a year) or 2025 (a year)")
        return cls(int(found[1]), Kind.HALF if found[2] else Kind.YEAR)

    @property
    def starts_on(self) -> date:
        """Return the first day of the window."""
        return date(self.year - 1, 12, 15)

    @property
    def cut_off(self) -> date:
        """Return the last day of the window: figures are those of its 24:00."""
        return date(self.year, 6, 14) if self.kind == Kind.HALF else date(self.year, 12, 14)

    @property
    def due_on(self) -> date:
        """Return the day the report is due, be it a Sunday."""
        return self.cut_off + timedelta(days=1)

    @property
    def late_from(self) -> date:
        """Return the first day on which a report not yet filed is late: the working day after the due day."""
        day = self.due_on + timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        return day

    @property
    def draft_from(self) -> datetime:
        """Return the province's clock time (naive) at which the draft is made: 00:05 of the due day."""
        return datetime.combine(self.due_on, time(0, 5))

    @property
    def before(self) -> "Period":
        """Return the period whose report came before this one."""
        return Period(self.year - 1, Kind.YEAR) if self.kind == Kind.HALF else Period(self.year, Kind.HALF)

    @property
    def year_before(self) -> date:
        """Return the cut-off of the year before: the base of yearly growth."""
        return date(self.year - 1, 12, 14)

    def contains(self, day: date) -> bool:
        """Return whether a day is inside the window."""
        return self.starts_on <= day <= self.cut_off


def last_closed(day: date) -> Period:
    """Return the latest period whose cut-off is before `day`: the one being reported."""
    for period in (Period(day.year, Kind.YEAR), Period(day.year, Kind.HALF)):
        if period.cut_off < day:
            return period
    return Period(day.year - 1, Kind.YEAR)


def running(day: date) -> Period:
    """Return the period whose cut-off comes next: the one that facts of `day` still reach."""
    for period in (Period(day.year, Kind.HALF), Period(day.year, Kind.YEAR)):
        if day <= period.cut_off:
            return period
    return Period(day.year + 1, Kind.HALF)


def since(first: date, day: date) -> tuple[Period, ...]:
    """Return every period from the one that contains `first` to the one that contains `day`, the latest first."""
    found = [running(day)]
    while found[-1].before.cut_off >= first:
        found.append(found[-1].before)
    return tuple(found)

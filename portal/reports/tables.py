"""One shape for a table on the screen, in CSV and in XLSX. Pure.

A builder makes a `Table` of raw values; the page words them, the writers write them. Nothing else formats a number,
so a screen and a file cannot differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Self

from portal.core.rounding import places

Value = str | int | Fraction | date | None


class Share(Fraction):
    """A share of one that is printed with `places` decimals of a per cent, more than one: see `beside`."""

    __slots__ = ("places",)
    places: int

    def __new__(cls, value: Fraction, places: int) -> Self:
        """Make one of an exact share."""
        made = super().__new__(cls, value)
        made.places = places
        return made


def beside(value: Fraction | None, target: Fraction | None) -> tuple[Fraction | None, Fraction | None]:
    """Return a share and its target as they stand in one row: printed so that they compare as they are."""
    found = places(value, target)
    if found == 1 or value is None or target is None:
        return value, target
    return Share(value, found), Share(target, found)


class Kind(StrEnum):
    """What a column holds: text; a whole number of people; a share of one (None: no denominator); a date."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its heading in the reader's language, what it holds, and its width in characters."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    width: int = 14


@dataclass(frozen=True, slots=True)
class Table:
    """A table: title, one line saying what was asked, columns, rows (each as long as `columns`), a total, notes.

    `rows` may be a stream that can be read once.
    """

    title: str
    asked: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    total: Sequence[Value] | None = None
    notes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` people out of `whole`, `0 <= part <= whole`. Counts are added, percentages never are."""

    part: int
    whole: int

    def __post_init__(self) -> None:
        """Refuse what is no ratio."""
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"{self.part} is not a part of {self.whole}")

    def __add__(self, other: "Ratio") -> "Ratio":
        """Pool two units: add the parts, add the wholes."""
        return Ratio(self.part + other.part, self.whole + other.whole)

    @property
    def value(self) -> Fraction | None:
        """Return the share of one; None where there is nobody to count ("chưa có mẫu số"), never 0 or 1."""
        return Fraction(self.part, self.whole) if self.whole else None

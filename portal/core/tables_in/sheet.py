"""One table of a file: rows with their numbers, read again as often as one likes, never all in memory. Pure."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

#: What a cell can hold; a moment (datetime) is a date, too. Errors of Excel are their text (`#N/A`), and a formula
#: that nobody computed is its text with an equals sign before it.
Value = str | int | float | date | None


class Row(NamedTuple):
    """A row that is not empty: its number as the spreadsheet shows it, and its cells from column A on."""

    number: int
    cells: list[Value]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come. Sizes in bytes; `cells` counts filled ones.

    `file` is what arrives; `unpacked` what it becomes; `ratio` how much smaller packing may make a part above 5 MB.
    """

    file: int = 10 * 1024 * 1024
    unpacked: int = 200 * 1024 * 1024
    ratio: int = 200
    parts: int = 500
    rows: int = 50_000
    columns: int = 200
    cells: int = 1_500_000
    text: int = 32_767


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a file. `kind` is `xlsx` or `csv`; `title` the name of the sheet (CSV: empty), `others` those not read.

    `letters` says in which encoding its letters came. Iterating reads the file from its beginning; faults of the
    file as a whole are raised while reading, as `CannotRead`.
    """

    name: str
    kind: str
    title: str
    others: tuple[str, ...]
    letters: str
    limits: Limits
    _read: Callable[[], Generator[Row, None, None]]

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that are not empty, in order."""
        return self._read()

    def is_empty(self) -> bool:
        """Return whether there is no row at all."""
        with closing(self._read()) as rows:
            return next(rows, None) is None

    def first(self, many: int) -> list[Row]:
        """Return the first rows."""
        with closing(self._read()) as rows:
            return list(islice(rows, many))


def letters_of(column: int) -> str:
    """Return the letters of a column counted from 0: A … Z, AA …"""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters

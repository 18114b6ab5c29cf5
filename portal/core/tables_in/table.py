"""From a sheet to lines of known columns: the heading row is found, wherever it stands and however it is decorated. Pure."""

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from portal.core.names import fold, tidy
from portal.core.tables_in.cells import Reader, plain, seen
from portal.core.tables_in.faults import Fault, NoHeading, TooManyRows, TwiceTheSame, Unreadable
from portal.core.tables_in.sheet import Row, Sheet, Value, letters_of
from portal.core.text import N_

LOOKED_AT = 30
MISSING = N_("this must be filled in")
_NUMBERING = re.compile(r"[\(\[]?\s*(?:\d{1,2}|[A-Z])\s*[\)\]]?")
_NOTE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_FOOT = re.compile(
    r"(?:tong cong|tong so|an dinh|nguoi lap|thu truong|hieu truong|noi nhan|ghi chu|xac nhan|ky ten)\b"
    r"|(?:tong|cong)(?: \d.*)?$|ngay (?:\d|thang)"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is understood: its key, its heading on the template, other headings that mean it, how cells are read.

    Headings are compared without accents, case, punctuation and remarks in brackets.
    """

    key: str
    heading: str
    read: Reader
    aliases: tuple[str, ...] = ()
    required: bool = True

    @property
    def names(self) -> frozenset[str]:
        """Return every heading that means this column, as they are compared."""
        return _names(self.heading, self.aliases)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a column stands in the file: its index from 0, and its heading as the file has it."""

    index: int
    heading: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list: its number in the file, what its cells mean, the cells as they were seen, what is wrong.

    `values` has every column's key; None where the cell is empty or faulty.
    """

    number: int
    values: dict[str, Any]
    seen: dict[str, str]
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class Table:
    """A list with known columns. Iterate for its lines, as often as wanted; never all of it is in memory.

    `unknown` are headings that nothing was made of. While iterating, `left_out` gathers (row, text) of rows that are
    no lines of the list: column numbers under the headings, sums, signatures.
    """

    sheet: Sheet
    heading_row: int
    found: dict[str, Found]
    unknown: tuple[str, ...]
    columns: Sequence[Column]
    left_out: list[tuple[int, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Line]:
        """Yield the lines. Raises `CannotRead` where the file breaks in the middle, `TooManyRows`."""
        return self._lines()

    def _lines(self) -> Generator[Line, None, None]:
        self.left_out = []
        count = 0
        with closing(self.sheet._read()) as rows:
            for row in rows:
                if row.number <= self.heading_row:
                    continue
                filled = [value for value in row.cells if value is not None]
                if (count == 0 and _is_numbering(filled)) or self._is_foot(row):
                    self.left_out.append((row.number, " · ".join(seen(value) for value in filled)[:200]))
                    continue
                if not any(self._cell(row, column) is not None for column in self.columns):
                    self.left_out.append((row.number, " · ".join(seen(value) for value in filled)[:200]))
                    continue
                count += 1
                if count > self.sheet.limits.rows:
                    raise TooManyRows(name=self.sheet.name, most=self.sheet.limits.rows)
                yield self._line(row)

    def _cell(self, row: Row, column: Column) -> Value:
        place = self.found.get(column.key)
        return row.cells[place.index] if place is not None and place.index < len(row.cells) else None

    def _line(self, row: Row) -> Line:
        values: dict[str, Any] = {}
        as_seen: dict[str, str] = {}
        faults: list[Fault] = []
        for column in self.columns:
            value = self._cell(row, column)
            values[column.key] = None
            as_seen[column.key] = seen(value)
            place = self.found.get(column.key)
            if value is None or (isinstance(value, str) and not tidy(value)):
                if column.required:
                    faults.append(self._fault(row, column, place, "", MISSING, {}))
                continue
            try:
                values[column.key] = column.read(value)
            except Unreadable as fault:
                faults.append(self._fault(row, column, place, seen(value), fault.message, fault.values))
        return Line(row.number, values, as_seen, tuple(faults))

    def _fault(
        self, row: Row, column: Column, place: Found | None, value: str, message: str, values: dict[str, Any]
    ) -> Fault:
        letters = letters_of(place.index) if place is not None else ""
        return Fault(row.number, letters, place.heading if place else column.heading, value, message, values)

    def _is_foot(self, row: Row) -> bool:
        """Return whether a row is a sum or a signature: next to nothing of the list in it, and its words say so.

        A line of the list has its needed cells; what lacks most of them and begins with such a word is below the list.
        """
        needed = [column for column in self.columns if column.required]
        there = sum(self._cell(row, column) is not None for column in needed)
        if there and there * 2 > len(needed):
            return False
        first = next((value for value in row.cells if isinstance(value, str)), None)
        return first is not None and _FOOT.match(_bare(first)) is not None


def table(sheet: Sheet, columns: Sequence[Column]) -> Table:
    """Find the headings in the first 30 rows of a sheet and return its list.

    A heading may take two rows (merged cells over and under each other); of several candidates the row with most
    known columns counts. Raises `NoHeading` where needed columns are missing, `TwiceTheSame`.
    """
    rows = sheet.first(LOOKED_AT)
    best: tuple[int, Row, list[str]] | None = None
    for place, row in enumerate(rows):
        candidates = [_texts(row)]
        if place + 1 < len(rows) and rows[place + 1].number <= row.number + 2:
            candidates.append(_stacked(_texts(row), _texts(rows[place + 1])))
        for depth, headings in enumerate(candidates):
            score = len(_known(headings, columns))
            # two rows only where the second adds something: else it is a line of the list
            if score and (best is None or score > best[0]):
                best = (score, rows[place + depth], headings)
    headings = best[2] if best is not None else []
    known = _known(headings, columns)
    missing = [column.heading for column in columns if column.required and column.key not in known]
    if best is None or missing:
        named = ", ".join(f"“{heading}”" for heading in missing)
        raise NoHeading(name=sheet.name, missing=named, looked=LOOKED_AT)
    for column in columns:
        twice = [heading for heading in headings if heading and _means(heading, column)]
        if len(twice) > 1:
            raise TwiceTheSame(name=sheet.name, first=twice[0], second=twice[1])
    found = {key: Found(index, headings[index]) for key, index in known.items()}
    used = set(known.values())
    unknown = tuple(
        heading
        for index, heading in enumerate(headings)
        if heading and index not in used and not _is_count(heading)
    )
    return Table(sheet, best[1].number, found, unknown, columns)


def _texts(row: Row) -> list[str]:
    texts = []
    for value in row.cells:
        try:
            texts.append(plain(value))
        except Unreadable:
            texts.append("")
    return texts


def _stacked(above: list[str], below: list[str]) -> list[str]:
    """Return headings of two rows: the lower one where there is one, else the upper one."""
    width = max(len(above), len(below))
    upper = above + [""] * (width - len(above))
    lower = below + [""] * (width - len(below))
    return [low or up for up, low in zip(upper, lower, strict=True)]


def _known(headings: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Return where each column stands, the first of equals."""
    known: dict[str, int] = {}
    bare = [_bare(heading) if heading else None for heading in headings]
    for column in columns:
        for index, heading in enumerate(bare):
            if heading is not None and index not in known.values() and heading in column.names:
                known[column.key] = index
                break
    return known


def _means(heading: str, column: Column) -> bool:
    return _bare(heading) in column.names


@lru_cache(maxsize=256)  # of the columns that the portal knows, not of what people send
def _names(heading: str, aliases: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_bare(name) for name in (heading, *aliases))


def _bare(heading: str) -> str:
    """Return a heading as it is compared: no accents, case, punctuation, remarks in brackets, line breaks."""
    text = _NOTE.sub(" ", heading)
    return " ".join(re.sub(r"[^\w]+", " ", fold(text)).replace("_", " ").split())


def _is_numbering(values: Sequence[Value]) -> bool:
    """Return whether a row numbers the columns: (1) (2) (3) …, or A B 1 2 …"""
    marks = [seen(value).strip(" ()[]") for value in values]
    if len(marks) < 3 or not all(_NUMBERING.fullmatch(seen(value)) for value in values):
        return False
    numbers = [int(mark) for mark in marks if mark.isdecimal()]
    letters = [mark for mark in marks if not mark.isdecimal()]
    first = numbers[0] if numbers else 1
    in_order = numbers == list(range(first, first + len(numbers))) and first in (1, len(letters) + 1)
    return in_order and letters == [chr(65 + place) for place in range(len(letters))]


def _is_count(heading: str) -> bool:
    return _bare(heading) in ("stt", "tt", "so tt", "so thu tu", "no")

"""CSV as Excel and people write it: any usual encoding, comma, semicolon or tab, `sep=` lines. Pure."""

import csv
import io
from collections.abc import Callable, Generator
from typing import BinaryIO, TextIO

from portal.core.tables_in.faults import BadQuotes, NoTable, TooManyCells, TooManyRows, UnknownLetters
from portal.core.tables_in.letters import Encoding, detect, from_tcvn3, nfc
from portal.core.tables_in.sheet import Limits, Row, Sheet, Value

SEPARATORS = ";\t,|"
LOOKED_AT = 64 * 1024
#: Beyond what a cell may hold, so that a quotation mark that is never closed ends as a fault and not in memory.
csv.field_size_limit(128 * 1024)


def opened(opener: Callable[[], BinaryIO], name: str, limits: Limits) -> Sheet:
    """Return the table of a text file. Raises `UnknownLetters`, `NoTable`."""
    with opener() as file:
        encoding = detect(file)
        if encoding is None:
            raise UnknownLetters(name=name)
        with _text(file, encoding) as text:
            separator, told = _separator(text.read(LOOKED_AT))
    sheet = Sheet(
        name=name,
        kind="csv",
        title="",
        others=(),
        letters=str(encoding),
        limits=limits,
        _read=lambda: _rows(opener, encoding, separator, told, name, limits),
    )
    if sheet.is_empty():
        raise NoTable(name=name)
    return sheet


def _text(file: BinaryIO, encoding: Encoding) -> TextIO:
    codec = "latin-1" if encoding == Encoding.TCVN3 else str(encoding)
    return io.TextIOWrapper(file, encoding=codec, newline="")


def _separator(text: str) -> tuple[str, bool]:
    """Return what separates cells, and whether a first line `sep=;` said so.

    Else the one that cuts the first lines most evenly: more columns are better, but only if the lines agree.
    """
    first = text.lstrip("\ufeff").split("\n", 1)[0].strip().lower().strip('"')
    if first.startswith("sep=") and len(first) == 5:
        return first[4], True
    best, best_score = next((letter for letter in text if letter in SEPARATORS), ","), 0.0
    for separator in SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)][:50]
        except csv.Error:
            continue
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        usual = max(set(wide), key=wide.count)
        score = wide.count(usual) / len(widths) * min(usual, 20)
        if score > best_score:
            best, best_score = separator, score
    return best, False


def _rows(
    opener: Callable[[], BinaryIO], encoding: Encoding, separator: str, told: bool, name: str, limits: Limits
) -> Generator[Row, None, None]:
    cells_seen = rows_seen = 0
    number = 0
    with opener() as file, _text(file, encoding) as text:
        reader = csv.reader(text, delimiter=separator)
        try:
            for number, raw in enumerate(reader, 1):
                if told and number == 1:
                    continue
                cells = [_cell(one, encoding, limits) for one in raw]
                while cells and cells[-1] is None:
                    cells.pop()
                if not cells:
                    continue
                rows_seen += 1
                cells_seen += sum(one is not None for one in cells)
                if rows_seen > limits.rows + 100:  # the headings and what stands above them are not counted
                    raise TooManyRows(name=name, most=limits.rows)
                if len(cells) > limits.columns or cells_seen > limits.cells:
                    raise TooManyCells(name=name, columns=limits.columns, most=limits.cells)
                yield Row(number, cells)
        except csv.Error:
            raise BadQuotes(name=name, row=number + 1) from None
        except UnicodeError:
            raise UnknownLetters(name=name) from None


def _cell(raw: str, encoding: Encoding, limits: Limits) -> Value:
    text = raw[: limits.text + 1].replace("\x00", "").strip("\ufeff \t\r\n\u00a0\u200b")
    if not text:
        return None
    return nfc(from_tcvn3(text) if encoding == Encoding.TCVN3 else text)

"""XLSX, read as a stream: sheet after sheet of XML through expat, shared strings on disk, never the whole in memory. Pure.

Written here because the readers at hand build the whole sheet in memory, and one of them as a rectangle: a file of
5 kB whose last cell is far away takes the process with it. This one holds one row. It never unpacks to disk but for
strings, refuses document types (and with them every entity), and believes no size it has not checked.
"""

import re
import struct
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from typing import BinaryIO
from xml.parsers import expat

from portal.core.tables_in.faults import (
    CannotRead,
    Damaged,
    NoTable,
    OtherKind,
    Suspicious,
    TooBig,
    TooManyCells,
    TooManyRows,
)
from portal.core.tables_in.letters import from_tcvn3, is_tcvn3, nfc
from portal.core.tables_in.sheet import Limits, Row, Sheet, Value

CHUNK = 64 * 1024
IN_MEMORY = 4 * 1024 * 1024  # of shared strings; the rest goes to a temporary file
MOST_STRINGS = 2_000_000
SAMPLE_ROWS = 60
EARLIEST_RATIO = 5 * 1024 * 1024  # below this size a part may be packed as tightly as it likes
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, ValueError, IndexError,
    struct.error, expat.ExpatError, OverflowError, LookupError, OSError,
)  # fmt: skip
_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_ZEROS = re.compile(r"0{2,20}")
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_DATE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - cells know no time zone


def opened(opener: Callable[[], BinaryIO], name: str, limits: Limits) -> Sheet:
    """Return the first visible sheet of a workbook. Raises `CannotRead`, now or while reading."""
    with _book(opener, name) as archive:
        guard(archive, name, limits)
        parts = set(archive.namelist())
        if "xl/workbook.xml" not in parts and not any(part.endswith("workbook.xml") for part in parts):
            raise OtherKind(name=name, kind=_kind_of(archive, parts))
        book = _Book.read(archive, name)
    if not book.sheets:
        raise NoTable(name=name)
    first = next((one for one in book.sheets if one.visible), book.sheets[0])

    def sheet(letters: str) -> Sheet:
        return Sheet(
            name=name,
            kind="xlsx",
            title=first.title,
            others=tuple(one.title for one in book.sheets if one is not first and one.visible),
            letters=letters,
            limits=limits,
            _read=lambda: _rows(opener, book, first.part, name, limits, tcvn3=letters == "tcvn3"),
        )

    plain = sheet("utf-8")
    texts = [cell for row in plain.first(SAMPLE_ROWS) for cell in row.cells if isinstance(cell, str)]
    if plain.is_empty():
        raise NoTable(name=name)
    return sheet("tcvn3") if is_tcvn3(texts) else plain


def guard(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Refuse a bomb before anything of it is unpacked: too many parts, too big, packed too tightly, one part twice.

    The sizes are the archive's own claim; reading never goes beyond what was claimed. Raises `TooBig`, `Suspicious`.
    """
    parts = archive.infolist()
    if len(parts) > limits.parts or len({part.filename for part in parts}) != len(parts):
        raise Suspicious(name=name)
    if sum(part.file_size for part in parts) > limits.unpacked:
        raise TooBig(name=name, most=limits.unpacked // 1024 // 1024)
    for part in parts:
        if part.flag_bits & 0x1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Suspicious(name=name)
        if part.file_size > EARLIEST_RATIO and part.file_size > limits.ratio * max(1, part.compress_size):
            raise Suspicious(name=name)


@contextmanager
def _book(opener: Callable[[], BinaryIO], name: str) -> Iterator[zipfile.ZipFile]:
    """Yield the archive; whatever is broken in it becomes `Damaged`."""
    try:
        with opener() as file, zipfile.ZipFile(file) as archive:
            yield archive
    except CannotRead:
        raise
    except _BROKEN as fault:
        raise Damaged(name=name) from fault


def _kind_of(archive: zipfile.ZipFile, parts: set[str]) -> str:
    if "mimetype" in parts and archive.getinfo("mimetype").file_size < 200:
        mimetype = archive.read("mimetype")
        if b"opendocument" in mimetype:
            return "ODS" if b"spreadsheet" in mimetype else "OpenDocument"
    if "xl/workbook.bin" in parts:
        return "XLSB"
    if any(part.startswith("word/") for part in parts):
        return "Word"
    if any(part.startswith("ppt/") for part in parts):
        return "PowerPoint"
    return "ZIP"


class _Parser:
    """Expat, with what a spreadsheet never needs refused. Subclasses fill `start`, `end` and `text`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._refuse
        self._expat.EntityDeclHandler = self._refuse
        self._expat.ExternalEntityRefHandler = self._refuse
        self._expat.StartElementHandler = lambda tag, facts: self.start(tag.rpartition(" ")[2], facts)
        self._expat.EndElementHandler = lambda tag: self.end(tag.rpartition(" ")[2])
        self._expat.CharacterDataHandler = self.text

    def _refuse(self, *_: object) -> int:
        raise Suspicious(name=self._name)

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Take a piece of the file."""
        self._expat.Parse(piece, last)

    def whole(self, archive: zipfile.ZipFile, part: str) -> None:
        """Read a whole part."""
        with archive.open(part) as file:
            while piece := file.read(CHUNK):
                self.feed(piece)
            self.feed(b"", last=True)

    def start(self, tag: str, facts: dict[str, str]) -> None:
        """See an element begin."""

    def end(self, tag: str) -> None:
        """See an element end."""

    def text(self, text: str) -> None:
        """See text."""


class _SheetName:
    """A sheet of the workbook: its title, whether people see it, its part in the archive."""

    __slots__ = ("part", "title", "visible")

    def __init__(self, title: str, visible: bool, part: str) -> None:
        self.title, self.visible, self.part = title, visible, part


class _WorkbookParser(_Parser):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.sheets: list[tuple[str, bool, str]] = []
        self.since_1904 = False

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "sheet" and len(self.sheets) < 1000:
            key = next((value for key, value in facts.items() if key.endswith(" id")), "")
            self.sheets.append((facts.get("name", "")[:100], facts.get("state", "visible") == "visible", key))
        elif tag == "workbookPr":
            self.since_1904 = facts.get("date1904", "0") in ("1", "true")


class _RelationsParser(_Parser):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.targets: dict[str, str] = {}

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "Relationship" and facts.get("TargetMode") != "External":
            self.targets[facts.get("Id", "")] = facts.get("Target", "")


class _StylesParser(_Parser):
    """Which cell styles show a number as a date, and which fill it up with zeros, to which width."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.formats: dict[int, str] = {}
        self.styles: list[int] = []
        self._inside = False

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "numFmt":
            self.formats[int(facts.get("numFmtId", "0"))] = facts.get("formatCode", "")[:255]
        elif tag == "cellXfs":
            self._inside = True
        elif tag == "xf" and self._inside and len(self.styles) < 100_000:
            self.styles.append(int(facts.get("numFmtId", "0")))

    def end(self, tag: str) -> None:
        if tag == "cellXfs":
            self._inside = False


class _Book:
    """What the rows need to be read: sheets, date styles, zero-filling styles, which epoch."""

    def __init__(self, sheets: list[_SheetName], since_1904: bool, strings: str | None) -> None:
        self.sheets, self.since_1904, self.strings = sheets, since_1904, strings
        self.dates: frozenset[int] = frozenset()
        self.zeros: dict[int, int] = {}

    @classmethod
    def read(cls, archive: zipfile.ZipFile, name: str) -> "_Book":
        parts = set(archive.namelist())
        at = next(part for part in sorted(parts, key=len) if part.endswith("workbook.xml"))
        folder = at.rpartition("/")[0]
        book = _WorkbookParser(name)
        book.whole(archive, at)
        relations = _RelationsParser(name)
        there = f"{folder}/_rels/workbook.xml.rels".lstrip("/")
        if there in parts:
            relations.whole(archive, there)
        sheets = []
        for title, visible, key in book.sheets:
            part = _target(folder, relations.targets.get(key, ""))
            if part in parts and "chartsheets/" not in part:
                sheets.append(_SheetName(title, visible, part))

        def named(end: str) -> str | None:
            found = (_target(folder, target) for target in relations.targets.values())
            return next((part for part in found if part.lower().endswith(end) and part in parts), None)

        made = cls(sheets, book.since_1904, named("sharedstrings.xml"))
        styles_at = named("styles.xml")
        if styles_at is not None:
            styles = _StylesParser(name)
            styles.whole(archive, styles_at)
            made.dates = frozenset(
                index
                for index, number in enumerate(styles.styles)
                if (
                    _shows_date(styles.formats[number])
                    if number in styles.formats
                    else number in _BUILT_IN_DATES
                )
            )
            made.zeros = {
                index: len(styles.formats[number])
                for index, number in enumerate(styles.styles)
                if number in styles.formats and _ZEROS.fullmatch(styles.formats[number])
            }
        return made


def _target(folder: str, target: str) -> str:
    """Return the part that a relation points to; `..` is not followed out of the archive's folder."""
    path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
    steps: list[str] = []
    for step in path.split("/"):
        if step == ".." and steps:
            steps.pop()
        elif step not in ("", ".", ".."):
            steps.append(step)
    return "/".join(steps)


def _shows_date(code: str) -> bool:
    """Return whether a number format shows a date or a time."""
    bare = _NOT_DATE.sub("", code.split(";")[0]).lower()
    return bare != "general" and any(letter in bare for letter in "dmyhs")


class _Strings:
    """The shared strings: bytes on disk (in memory while few), and where each begins."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._begins = array("Q", [0])

    def add(self, text: str) -> None:
        """Take the next string."""
        raw = text.encode("utf-8", "surrogatepass")
        self._file.write(raw)
        self._begins.append(self._begins[-1] + len(raw))

    def __len__(self) -> int:
        return len(self._begins) - 1

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(index)
        begin, end = self._begins[index], self._begins[index + 1]
        self._file.seek(begin)
        return self._file.read(end - begin).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Let the temporary file go."""
        self._file.close()


class _StringsParser(_Parser):
    """Fill `_Strings`: runs of rich text put together, phonetic guides left out."""

    def __init__(self, name: str, strings: _Strings, limits: Limits) -> None:
        super().__init__(name)
        self._strings, self._limits = strings, limits
        self._pieces: list[str] = []
        self._length = 0
        self._in_text = self._in_guide = False

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "si":
            self._pieces, self._length = [], 0
        elif tag == "rPh":
            self._in_guide = True
        elif tag == "t":
            self._in_text = not self._in_guide

    def end(self, tag: str) -> None:
        if tag == "si":
            if len(self._strings) >= MOST_STRINGS:
                raise Suspicious(name=self._name)
            self._strings.add("".join(self._pieces)[: self._limits.text])
        elif tag == "rPh":
            self._in_guide = False
        elif tag == "t":
            self._in_text = False

    def text(self, text: str) -> None:
        if self._in_text and self._length <= self._limits.text:
            self._pieces.append(text)
            self._length += len(text)


class _SheetParser(_Parser):
    """Gather cells into rows; `rows` is emptied by whoever feeds."""

    def __init__(self, name: str, book: _Book, strings: _Strings, limits: Limits, *, tcvn3: bool) -> None:
        super().__init__(name)
        self.rows: list[Row] = []
        self._book, self._strings, self._limits, self._tcvn3 = book, strings, limits, tcvn3
        self._number = 0
        self._cells: dict[int, Value] = {}
        self._column = -1
        self._kind, self._style = "n", 0
        self._value: list[str] = []
        self._formula: list[str] = []
        self._has_formula = False
        self._into: list[str] | None = None
        self._in_guide = False
        self._length = self._cells_seen = self._rows_seen = 0

    def start(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "c":
            self._kind, self._style = facts.get("t", "n"), int(facts.get("s") or 0)
            self._column += 1
            ref = _REF.fullmatch(facts.get("r", ""))
            if ref is not None:
                self._column = _index(ref[1])
            self._value, self._formula, self._has_formula, self._length = [], [], False, 0
        elif tag == "v" or (tag == "t" and self._kind == "inlineStr" and not self._in_guide):
            self._into = self._value
        elif tag == "f":
            self._into, self._has_formula = self._formula, True
        elif tag == "rPh":
            self._in_guide = True
        elif tag == "row":
            self._number = int(facts.get("r") or self._number + 1)
            self._cells, self._column = {}, -1

    def end(self, tag: str) -> None:
        if tag in ("v", "t", "f"):
            self._into = None
        elif tag == "rPh":
            self._in_guide = False
        elif tag == "c":
            self._end_cell()
        elif tag == "row" and self._cells:
            self._rows_seen += 1
            if (
                self._rows_seen > self._limits.rows + 100
            ):  # the headings and what stands above are not counted
                raise TooManyRows(name=self._name, most=self._limits.rows)
            last = max(self._cells)
            self.rows.append(Row(self._number, [self._cells.get(column) for column in range(last + 1)]))
            self._cells = {}

    def text(self, text: str) -> None:
        if self._into is not None and self._length <= self._limits.text:
            self._into.append(text)
            self._length += len(text)

    def _end_cell(self) -> None:
        value = self._read("".join(self._value))
        if value is None and self._has_formula and not self._value:
            value = "=" + "".join(self._formula)[: self._limits.text]
        if value is None:
            return
        self._cells_seen += 1
        if self._column >= self._limits.columns or self._cells_seen > self._limits.cells:
            raise TooManyCells(name=self._name, columns=self._limits.columns, most=self._limits.cells)
        self._cells[self._column] = value

    def _read(self, raw: str) -> Value:
        if self._kind == "s":
            raw = self._strings[int(raw)] if raw else ""
        elif self._kind == "b":
            return "TRUE" if raw == "1" else "FALSE" if raw == "0" else None
        elif self._kind == "d":
            return _iso(raw)
        elif self._kind == "n" and raw.strip():
            return self._number_of(raw)
        text = raw[: self._limits.text].replace("\x00", "").strip(" \t\r\n\u00a0\u200b\ufeff")
        if not text:
            return None
        return nfc(from_tcvn3(text) if self._tcvn3 else text)

    def _number_of(self, raw: str) -> Value:
        number = float(raw)
        if number - number != 0:  # infinite, or no number
            raise ValueError(raw)
        if self._style in self._book.dates:
            return serial_date(number, since_1904=self._book.since_1904) or _tidy_number(number)
        width = self._book.zeros.get(self._style)
        if width and number >= 0 and number == int(number) and len(str(int(number))) <= width:
            return str(int(number)).zfill(
                width
            )  # shown with its leading zeros, so that is what its writer meant
        return _tidy_number(number)


def _tidy_number(number: float) -> int | float:
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def serial_date(number: float, *, since_1904: bool = False) -> date | None:
    """Return the date of a day number of Excel (a moment where it has a time of day); None outside 1900 to 2200.

    Excel counts a 29 February 1900 that never was; numbers before it are a day off, and nobody's post began then.
    """
    if not 1 <= number < 110_000:
        return None
    moment = (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(days=number)
    moment = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    return moment if moment.time() != datetime.min.time() else moment.date()


def _iso(raw: str) -> Value:
    try:
        moment = datetime.fromisoformat(raw.strip().removesuffix("Z"))
    except ValueError:
        return raw.strip() or None
    return moment.date() if moment.time() == datetime.min.time() else moment.replace(tzinfo=None)


def _index(letters: str) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _rows(
    opener: Callable[[], BinaryIO], book: _Book, part: str, name: str, limits: Limits, *, tcvn3: bool
) -> Generator[Row, None, None]:
    with closing(_Strings()) as strings, _book(opener, name) as archive:
        if book.strings is not None:
            _StringsParser(name, strings, limits).whole(archive, book.strings)
        parser = _SheetParser(name, book, strings, limits, tcvn3=tcvn3)
        with archive.open(part) as file:
            while piece := file.read(CHUNK):
                parser.feed(piece)
                yield from parser.rows
                parser.rows = []
            parser.feed(b"", last=True)
            yield from parser.rows

"""TOML with line numbers, read key by key with every fault named: pure.

The standard library reads TOML but forgets where things stood. `parse` lets it read, and then scans the same text, known
to be valid, for headers and keys. What stands inside one value (an inline table, a list over several lines) has no line of
its own: it is found by its text where possible, else the line of its key is given, never a guess beyond that.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

Where = tuple[str | int, ...]
Report = Callable[[int, str], None]
"""Takes a line and a message."""

LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """The same text in every language of the portal."""

    vi: str
    en: str

    def document(self) -> dict[str, str]:
        """Return the text as stored: by language."""
        return {"vi": self.vi, "en": self.en}


class NotToml(Exception):
    """The text is not TOML. line: counted like those of `parse`. message: the parser's, without its position."""

    def __init__(self, line: int, message: str) -> None:
        """Keep line and message."""
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class TomlText:
    """Parsed TOML and the lines of its keys and headers."""

    data: dict[str, Any]
    lines: Mapping[Where, int]
    source: tuple[str, ...]
    before: int

    def line(self, where: Where) -> int:
        """Return the line of `where`, or of the nearest thing around it that has one."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.lines:
                return self.lines[where[:length]]
        return self.before + 1

    def line_of(self, where: Where, value: str) -> int:
        """Return the line, in the value of `where`, where the string `value` stands; that of `where` if not found."""
        start = self.line(where)
        end = min(
            (line for line in self.lines.values() if line > start), default=len(self.source) + self.before + 1
        )
        for line in range(start, end):
            if re.search(rf"""(["']){re.escape(value)}\1""", self.source[line - self.before - 1]):
                return line
        return start


def parse(text: str, before: int = 0) -> TomlText:
    """Read TOML that begins after `before` lines of its file. Raises `NotToml`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        found = re.match(r"line (\d+)", place)
        line = int(found.group(1)) if found else text.count("\n") + 1
        raise NotToml(before + line, message or str(error)) from error
    source = tuple(text.replace("\r\n", "\n").split("\n"))
    return TomlText(data, _lines(source, before), source, before)


_KEY = r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_ARRAY_HEADER = re.compile(rf"[ \t]*\[\[[ \t]*({_PATH})[ \t]*\]\]")
_TABLE_HEADER = re.compile(rf"[ \t]*\[[ \t]*({_PATH})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_PATH})[ \t]*=")
_PIECE = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|.')
_LONG_END = {'"""': re.compile(r'(?:\\.|[^\\])*?"{3,5}'), "'''": re.compile(r".*?'{3,5}")}


def _lines(source: tuple[str, ...], before: int) -> dict[Where, int]:
    lines: dict[Where, int] = {}
    counts: dict[Where, int] = {}
    table: Where = ()
    value = _Value()
    for number, line in enumerate(source, before + 1):
        if value.open:
            value.read(line)
        elif header := _ARRAY_HEADER.match(line):
            array = _resolve(header.group(1), counts)
            counts[array] = counts.get(array, -1) + 1
            table = (*array, counts[array])
            lines.setdefault(array, number)
            lines[table] = number
        elif header := _TABLE_HEADER.match(line):
            table = _resolve(header.group(1), counts)
            lines[table] = number
        elif assignment := _ASSIGNMENT.match(line):
            keys = _split(assignment.group(1))
            for length in range(1, len(keys) + 1):
                lines.setdefault((*table, *keys[:length]), number)
            value.read(line[assignment.end() :])
    return lines


class _Value:
    """How far a value has been read: inside which long string, inside how many brackets."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0

    @property
    def open(self) -> bool:
        return bool(self.quote or self.depth)

    def read(self, line: str) -> None:
        place = 0
        while place < len(line):
            if self.quote:
                end = _LONG_END[self.quote].match(line, place)
                if not end:
                    return
                self.quote, place = "", end.end()
                continue
            piece = _PIECE.match(line, place)
            assert piece  # noqa: S101 - the last alternative takes any character
            place = piece.end()
            if piece.group() in _LONG_END:
                self.quote = piece.group()
            self.depth += (piece.group() in "[{") - (piece.group() in "]}")


def _split(path: str) -> tuple[str, ...]:
    return tuple(next(iter(tomllib.loads(f"{key} = 0"))) for key in re.findall(_KEY, path))


def _resolve(path: str, counts: Mapping[Where, int]) -> Where:
    """Return where a header points: a name that is a list of tables means its latest."""
    keys = _split(path)
    where: Where = ()
    for key in keys[:-1]:
        where = (*where, key)
        if where in counts:
            where = (*where, counts[where])
    return (*where, keys[-1])


_SHARE = re.compile(r"0(?:\.\d{1,4})?|1(?:\.0{1,4})?")


class Table:
    """One table of a file, read key by key. What is missing or wrong is reported, and a stand-in is returned.

    The stand-ins (empty text, the lowest number) keep the reader going to the next fault; nobody sees them, for a file
    with a fault is refused.
    """

    def __init__(self, toml: TomlText, report: Report, where: Where = (), data: Any = None) -> None:
        """Read `data`, which stands at `where` in `toml`; the whole file unless given."""
        self.toml = toml
        self._report = report
        self.sound = True
        self.where = where
        self.data: dict[str, Any] = toml.data if data is None else data
        self.known: set[str] = set()

    def line(self, key: str = "") -> int:
        """Return the line of `key`, or of the table."""
        return self.toml.line((*self.where, key) if key else self.where)

    def report(self, line: int, message: str) -> None:
        """Report `message` at `line`; the table is not sound any more."""
        self.sound = False
        self._report(line, message)

    def fault(self, key: str, message: str) -> None:
        """Report `message` at `key`."""
        self.report(self.line(key), message)

    def fault_at(self, key: str, value: str, message: str) -> None:
        """Report `message` where the string `value` stands in the value of `key`."""
        self.report(self.toml.line_of((*self.where, key), value), message)

    def close(self) -> None:
        """Refuse every key that nobody asked for."""
        for key in self.data:
            if key not in self.known:
                near = difflib.get_close_matches(key, self.known, 1)
                hint = (
                    f"did you mean “{near[0]}”?" if near else f"known here: {', '.join(sorted(self.known))}"
                )
                self.fault(key, f"unknown key “{key}”; remove it ({hint})")

    def text(
        self,
        key: str,
        pattern: str = "",
        example: str = "",
        choices: Iterable[str] = (),
        required: bool = True,
    ) -> str:
        """Return a string that is not blank, matches `pattern` and is one of `choices`; empty where left out."""
        value = self._take(key, required, example)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(key, f"“{key}” must be a text in quotes, not empty" + _like(example))
            return ""
        self._check(key, value, pattern, example, choices)
        return value

    def texts(
        self, key: str, pattern: str = "", example: str = "", choices: Iterable[str] = (), empty: bool = False
    ) -> tuple[str, ...]:
        """Return a list of different strings, each as in `text`."""
        value = self._take(key, True, f'["{example}"]')
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self.fault(key, f'“{key}” must be a list of texts, like ["{example}"]')
            return ()
        if not value and not empty:
            self.fault(key, f"“{key}” is an empty list; name at least one")
        for index, one in enumerate(value):
            if one in value[:index]:
                self.fault_at(key, one, f"“{one}” is listed twice in “{key}”; name it once")
            self._check(key, one, pattern, example, choices)
        return tuple(value)

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.optional_whole(key, low, high, required=True)
        return low if value is None else value

    def optional_whole(self, key: str, low: int, high: int, required: bool = False) -> int | None:
        """Return a whole number from `low` to `high`; None where it is left out."""
        value = self._take(key, required, str(low))
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fault(key, f"“{key}” must be a whole number from {low} to {high}, without quotes")
            return low
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._take(key, True, "false")
        if isinstance(value, bool):
            return value
        if value is not None:
            self.fault(key, f"“{key}” must be true or false, without quotes")
        return False

    def day(self, key: str) -> date:
        """Return a date."""
        value = self._take(key, True, "2026-11-24")
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None:
            self.fault(key, f"“{key}” must be a date without quotes, like 2026-11-24")
        return date.min

    def share(self, key: str, nought: bool = False) -> Fraction:
        """Return a share from 0 (itself only where `nought`) to 1, written as a string so that it is exact."""
        value = self._take(key, True, '"0.80"')
        if isinstance(value, str) and _SHARE.fullmatch(value) and (nought or Decimal(value) > 0):
            return Fraction(value)
        if value is not None:
            span = "from 0 to 1" if nought else "above 0 and up to 1"
            self.fault(key, f'“{key}” must be a share {span}, in quotes, like "0.80" for 80 %')
        return Fraction(1)

    def wholes(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """Return a list of different whole numbers from `low` to `high`; empty where left out."""
        value = self._take(key, False, "")
        if value is None:
            return ()
        if (
            not isinstance(value, list)
            or not value
            or len(set(map(str, value))) < len(value)
            or not all(
                isinstance(one, int) and not isinstance(one, bool) and low <= one <= high for one in value
            )
        ):
            self.fault(key, f"“{key}” must be a list of different whole numbers from {low} to {high}")
            return ()
        return tuple(value)

    def both(self, key: str, required: bool = True) -> Text | None:
        """Return a text in both languages, written as a table; None where left out or wrong."""
        inner = self.table(key, required, '{ vi = "…", en = "…" }')
        if inner is None:
            return None
        text = inner.languages()
        inner.close()
        return text

    def languages(self) -> Text:
        """Return this table's own keys `vi` and `en`."""
        return Text(*(self.text(language, example="…") for language in LANGUAGES))

    def table(self, key: str, required: bool = True, example: str = "") -> "Table | None":
        """Return the table `key`; None where left out or wrong."""
        value = self._take(key, required, example)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault(key, f"“{key}” must be a table" + _like(example))
            return None
        return Table(self.toml, self.report, (*self.where, key), value)

    def tables(self, key: str, required: bool = True) -> "tuple[Table, ...]":
        """Return the tables under `[[key]]`; at least one where required."""
        value = self._take(key, required, "")
        if value is None:
            return ()
        if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
            name = ".".join(str(part) for part in (*self.where, key) if isinstance(part, str))
            self.fault(key, f"“{key}” must be tables; begin each with a line [[{name}]]")
            return ()
        return tuple(
            Table(self.toml, self.report, (*self.where, key, index), one) for index, one in enumerate(value)
        )

    def _take(self, key: str, required: bool, example: str) -> Any:
        self.known.add(key)
        if key not in self.data and required:
            self.report(
                self.line(), f"“{key}” is missing here; add it" + _like(example and f"{key} = {example}")
            )
        return self.data.get(key)

    def _check(self, key: str, value: str, pattern: str, example: str, choices: Iterable[str]) -> None:
        allowed = tuple(choices)
        if allowed and value not in allowed:
            self.fault_at(key, value, f"“{key}” cannot be “{value}”; use one of: {', '.join(allowed)}")
        if pattern and not re.fullmatch(pattern, value):
            self.fault_at(key, value, f"“{value}” has not the form of “{key}”; write it" + _like(example))


def _like(example: str) -> str:
    return f", like {example}" if example else ""

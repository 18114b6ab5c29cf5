"""Where in a TOML text a table or key stands: `tomllib` reads well but does not tell. Pure."""

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def lines_of(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every header and every key of a sound TOML text, by its path.

    A path is as in the data: `("questions", 3, "options", 0, "text")`; a list of tables has the line of its first one.
    What stands inside an inline table or a list
    has no line of its own: ask `nearest`.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    here: Path = ()
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if header := _HEADER.fullmatch(line.rstrip("\r")):
            here = _table(_parts(header[2]), counts, listed=header[1] == "[[")
            found.setdefault(here, number)
            found.setdefault(here[:-1] if header[1] == "[[" else here, number)
        elif key := _KEY.match(line):
            names = _parts(key[1])
            for end in range(1, len(names) + 1):
                found.setdefault((*here, *names[:end]), number)
            state = _Value()
            state.read(line[key.end() :])
            while state.open and number < len(lines):
                state.read(lines[number])
                number += 1
    return found


def nearest(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the closest thing around it; 1 when nothing around it has one."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(name))


def _table(names: tuple[str, ...], counts: dict[Path, int], *, listed: bool) -> Path:
    path: Path = ()
    for name in names[:-1]:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path] - 1)
    path = (*path, names[-1])
    if listed:
        counts[path] = counts.get(path, 0) + 1
        return (*path, counts[path] - 1)
    return path


class _Value:
    """Whether the value after a key still goes on: brackets open, or a string of several lines."""

    def __init__(self) -> None:
        self.depth = 0
        self.quotes = ""

    @property
    def open(self) -> bool:
        """Return whether the next line belongs to the value."""
        return self.depth > 0 or self.quotes != ""

    def read(self, line: str) -> None:
        """Take the next line of the value."""
        place = 0
        while place < len(line):
            rest = line[place:]
            if self.quotes:
                if self.quotes.startswith('"') and rest.startswith("\\"):
                    place += 2
                elif rest.startswith(self.quotes):
                    place += len(self.quotes)
                    self.quotes = ""
                else:
                    place += 1
            elif rest.startswith("#"):
                return
            else:
                self.quotes = next(
                    (quotes for quotes in ('"""', "'''", '"', "'") if rest.startswith(quotes)), ""
                )
                self.depth += (rest[0] in "[{") - (rest[0] in "]}")
                place += len(self.quotes) or 1

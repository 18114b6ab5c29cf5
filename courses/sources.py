"""The register of sources: every law, guideline, statistic and report that lessons and questions rest on. Pure.

`content/sources.toml` is read strictly; a key in a lesson or a question that is not in it is a fault. A legal text has
often several sources, one for each article that was read: a change of the text concerns all of them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from courses.toml_tables import NotToml, Report, Table, parse

FORMAT = 1
KEY = r"[a-z0-9]+(?:-[a-z0-9]+)*"


class SourceKind(StrEnum):
    """What a source is: a legal text, a guideline or study, a figure, or news about an event."""

    LAW = "law"
    GUIDELINE = "guideline"
    STATISTIC = "statistic"
    NEWS = "news"


@dataclass(frozen=True, slots=True)
class Law:
    """A legal text. in_force: None where no day was found. ended: the day from which `replaced_by` took its place.

    verify: its title, day or standing was not read in the original.
    """

    key: str
    number: str
    title: str
    in_force: date | None
    replaces: str
    replaced_by: str
    ended: date | None
    verify: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A source of the register. law: the key of the legal text, of sources of kind `law` only.

    verify: read in a copy, an excerpt or a report, to be compared with the original.
    """

    key: str
    kind: SourceKind
    law: str
    text: str
    url: str
    checked: date
    verify: bool


@dataclass(frozen=True, slots=True)
class Register:
    """The register: legal texts and sources by key."""

    laws: Mapping[str, Law]
    sources: Mapping[str, Listed]

    def law_of(self, key: str) -> Law | None:
        """Return the legal text behind a source, or None where the source is unknown or no law."""
        source = self.sources.get(key)
        return self.laws.get(source.law) if source else None


def read_register(text: str, report: Report) -> Register:
    """Return the register in `text`; every fault goes to `report` with its line."""
    try:
        table = Table(parse(text), report)
    except NotToml as error:
        report(error.line, f"not TOML: {error.message}")
        return Register({}, {})
    table.whole("format", FORMAT, FORMAT)
    laws = {key: _law(key, one) for key, one in _named(table, "laws")}
    sources = {key: _source(key, one, laws) for key, one in _named(table, "sources")}
    table.close()
    resting = {one.law for one in sources.values()}
    for key in laws:
        if key not in resting:
            report(
                table.toml.line(("laws", key)),
                f"no source names the legal text “{key}”; remove it or add one",
            )
    return Register(laws, sources)


_SAID = re.compile(
    r"(?:hiệu lực từ|in force (?:since|from))(?: ngày)? (\d{1,2})/(\d{1,2})/(\d{4})", re.IGNORECASE
)


def wrong_day(text: str, law: Law | None) -> str:
    """Return what is wrong where a lesson names another first day of a legal text than the register; else empty.

    Only where the sentence names one text: with two, the day may be the other one's.
    """
    if law is None or law.in_force is None or law.number not in text:
        return ""
    said = _SAID.findall(text)
    if len(said) != 1:
        return ""
    day, month, year = (int(part) for part in said[0])
    if (law.in_force.year, law.in_force.month, law.in_force.day) == (year, month, day):
        return ""
    right = f"{law.in_force.day:02}/{law.in_force.month}/{law.in_force.year}"
    return (
        f"{law.number} is said to be in force since {'/'.join(said[0])}; the register says {right}; mend one"
    )


def _named(table: Table, key: str) -> Iterator[tuple[str, Table]]:
    """Yield the tables below `key` by name; the names are keys of the register."""
    inner = table.table(key)
    for name in inner.data if inner else ():
        one = inner.table(name) if inner else None
        if inner and not re.fullmatch(KEY, name):
            inner.fault(name, f"“{name}” is no key; write it with a-z, 0-9 and -")
        elif one:
            yield name, one


def _law(key: str, table: Table) -> Law:
    law = Law(
        key=key,
        number=table.text("number", example='"102/2016/QH13"'),
        title=table.text("title", example='"Luật Trẻ em"'),
        in_force=_day(table, "in_force"),
        replaces=table.text("replaces", required=False),
        replaced_by=table.text("replaced_by", required=False),
        ended=_day(table, "ended"),
        verify=_flag(table, "verify"),
    )
    if law.ended and not law.replaced_by:
        table.fault("ended", "“ended” without “replaced_by”; say what took its place")
    if law.ended and law.in_force and law.ended <= law.in_force:
        table.fault("ended", "“ended” is not after “in_force”; mend one")
    table.close()
    return law


def _source(key: str, table: Table, laws: Mapping[str, Law]) -> Listed:
    kind = table.text("kind", choices=tuple(SourceKind))
    law = table.text("law", required=kind == SourceKind.LAW)
    if law and kind != SourceKind.LAW:
        table.fault("law", "only a source of kind “law” names a legal text; remove “law”")
    elif law and law not in laws:
        table.fault("law", f"there is no legal text “{law}” under [laws]; add it")
    source = Listed(
        key=key,
        kind=SourceKind(kind) if kind in tuple(SourceKind) else SourceKind.NEWS,
        law=law,
        text=table.text("text", example='"Luật Trẻ em, Điều 53"'),
        url=table.text("url", pattern=r"https://\S+", example='"https://…"', required=False),
        checked=table.day("checked"),
        verify=_flag(table, "verify"),
    )
    table.close()
    return source


def _day(table: Table, key: str) -> date | None:
    return table.day(key) if key in table.data else None


def _flag(table: Table, key: str) -> bool:
    return table.flag(key) if key in table.data else False

"""Reading a decree from a file: many events that take effect on one day, as TOML or as the rows of a table. Pure.

The table (CSV or Excel) has one row for each successor; rows of one split stand together. Columns: `title`,
`legal_basis`, `effective_on` (on the first row, for the whole file), `kind`, `subject`, `predecessors`, `outside`,
`code`, `name`, `unit_kind`, `sector`, `parent`, `area`, `share`, `goes_on`, `assign`, `along`. Several values in a
cell are kept apart by semicolons. TOML has the same names: `[[event]]`, and in it `[[event.successor]]`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from portal.core.names import tidy
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.text import N_

MOST_EVENTS = 5000
COLUMNS = (
    "title", "legal_basis", "effective_on", "kind", "subject", "predecessors", "outside", "code", "name", "unit_kind",
    "sector", "parent", "area", "share", "goes_on", "assign", "along",
)  # fmt: skip
YES = {"1", "x", "yes", "true", "có"}
NO = {"", "0", "no", "false", "không"}
_CODE = re.compile(r"[\w.\-/]{1,40}")


@dataclass(frozen=True, slots=True)
class Decree:
    """A title, what it rests on, the day, and its events in order."""

    title: str
    legal_basis: str
    effective_on: date
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Misread:
    """What cannot be read: the row (of a table) or event (of TOML), an English sentence, what fills it."""

    row: int
    message: str
    values: Mapping[str, object]


class Unreadable(Exception):
    """A file is no decree; `faults` says all that is wrong with it."""

    def __init__(self, faults: Sequence[Misread]) -> None:
        super().__init__("; ".join(f"{fault.row}: {fault.message % fault.values}" for fault in faults))
        self.faults = tuple(faults)


def from_toml(text: str) -> Decree:
    """Return the decree in a TOML text. Raises `Unreadable`."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as fault:
        raise Unreadable(
            [Misread(0, N_("This is not TOML: %(reason)s"), {"reason": str(fault)[:200]})]
        ) from None
    events = document.get("event", [])
    if not isinstance(events, list):
        raise Unreadable([Misread(0, N_("The file has no [[event]]."), {})])
    rows: list[tuple[int, Mapping[str, Any]]] = []
    head = {key: document.get(key, "") for key in ("title", "legal_basis", "effective_on")}
    for number, event in enumerate(events, 1):
        successors = event.get("successor", [{}]) if isinstance(event, dict) else None
        if not isinstance(successors, list) or not all(isinstance(one, dict) for one in successors):
            raise Unreadable(
                [Misread(number, N_("An event is a table, and so is each of its successors."), {})]
            )
        rest = {key: value for key, value in event.items() if key != "successor"}
        rows.extend((number, {**head, **rest, **one}) for one in successors or [{}])
    return from_rows(rows, together=True)


def from_rows(rows: Iterable[tuple[int, Mapping[str, Any]]], *, together: bool = False) -> Decree:
    """Return the decree in the rows of a table, each with its number. Raises `Unreadable` with every fault.

    together: rows of one number are one event; otherwise rows of a split that follow each other are.
    """
    faults: list[Misread] = []
    heads: dict[str, str] = {"title": "", "legal_basis": "", "effective_on": ""}
    groups: list[tuple[int, dict[str, str], list[dict[str, str]]]] = []
    for number, raw in rows:
        row = {str(key): _text(value) for key, value in raw.items() if key is not None}
        if not any(row.get(column) for column in COLUMNS):
            continue
        for column, known in heads.items():
            given = row.get(column, "")
            if given and known and given != known:
                message = N_("%(column)s differs from that of the rows above: one file is one decree.")
                faults.append(Misread(number, message, {"column": column}))
            heads[column] = known or given
        same = ("kind", "subject", "predecessors")
        last = groups[-1] if groups else None
        if last is not None and (
            last[0] == number
            if together
            else row.get("kind") == "split" and all(row.get(key) == last[1].get(key) for key in same)
        ):
            last[2].append(row)
        else:
            groups.append((number, row, [row]))
        if len(groups) > MOST_EVENTS:
            faults.append(Misread(number, N_("A decree has at most %(most)d events."), {"most": MOST_EVENTS}))
            break
    events = []
    for number, row, parts in groups:
        try:
            events.append(_event(row, parts))
        except _Bad as bad:
            faults.append(Misread(number, bad.message, bad.values))
    day = _day(heads["effective_on"])
    if day is None:
        faults.insert(0, Misread(0, N_("effective_on is missing or no day; write it like 2025-07-01."), {}))
    if not heads["title"] or not heads["legal_basis"]:
        faults.insert(0, Misread(0, N_("The file needs a title and a legal_basis."), {}))
    if not groups:
        faults.append(Misread(0, N_("There is no event in the file."), {}))
    if faults or day is None:
        raise Unreadable(faults)
    return Decree(heads["title"][:200], heads["legal_basis"][:500], day, tuple(events))


class _Bad(Exception):
    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message, self.values = message, values


def _event(row: Mapping[str, str], parts: Sequence[Mapping[str, str]]) -> Event:
    kind, subject = _member(Kind, row.get("kind", "")), _member(Subject, row.get("subject", "") or "area")
    if kind is None:
        raise _Bad(
            N_("%(text)s is no kind of event; there are merge, split, rename, move, abolish."),
            text=row.get("kind", "")[:40] or "–",
        )
    if subject is None:
        raise _Bad(N_("%(text)s is neither area nor unit."), text=row.get("subject", "")[:40])
    wanted = [_successor(part) for part in parts]
    assign: dict[str, str] = {}
    for part in parts:
        for text in _several(part.get("assign", "")):
            what, arrow, code = text.partition("=")
            if not arrow:
                code, what = part.get("code", ""), text
            assign[what.strip()] = code.strip()
    return Event(
        kind=kind,
        subject=subject,
        predecessors=tuple(_code_and_name(text) for text in _several(row.get("predecessors", ""))),
        successors=tuple(one for one in wanted if one is not None),
        outside=_several(row.get("outside", "")),
        assign=assign,
        along=_several(row.get("along", "")),
    )


def _successor(part: Mapping[str, str]) -> Successor | None:
    if not any(part.get(key) for key in ("code", "name", "parent", "area", "sector")):
        return None
    goes_on = part.get("goes_on", "").casefold()
    if goes_on not in YES | NO:
        raise _Bad(N_("goes_on is yes or empty, not %(text)s."), text=goes_on[:40])
    try:
        share = Fraction(part.get("share") or "1")
    except (ValueError, ZeroDivisionError):
        raise _Bad(N_("%(text)s is no share; write it like 2/5."), text=part.get("share", "")[:40]) from None
    if not 0 < share <= 1 or share.denominator > 1_000_000:
        raise _Bad(N_("%(text)s is no share; write it like 2/5."), text=part.get("share", "")[:40])
    return Successor(
        code=_code(part["code"]) if part.get("code") else "",
        name=part.get("name", "")[:200],
        kind=part.get("unit_kind", "")[:20],
        sector=part.get("sector", "")[:20],
        parent=_code(part["parent"]) if part.get("parent") else "",
        area=_code(part["area"]) if part.get("area") else "",
        share=share,
        goes_on=goes_on in YES,
    )


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise _Bad(N_("%(text)s is no code: at most 40 letters, digits, dots, hyphens."), text=text[:60])
    return text


def _code_and_name(text: str) -> str:
    _code(text.partition(" ")[0])
    return text[:240]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # Excel keeps codes as numbers
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "; ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}={_text(one)}" for key, one in value.items())
    return tidy("" if value is None else str(value).replace("\x00", ""))


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _day(text: str) -> date | None:
    slashes = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        if slashes:
            return date(int(slashes[3]), int(slashes[2]), int(slashes[1]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _member(kind: Any, text: str) -> Any:
    try:
        return kind(text.casefold())
    except ValueError:
        return None


def written(event: Event) -> dict[str, Any]:
    """Return an event as plain JSON."""
    return {
        "kind": str(event.kind),
        "subject": str(event.subject),
        "predecessors": list(event.predecessors),
        "successors": [
            {
                "code": one.code,
                "name": one.name,
                "kind": one.kind,
                "sector": one.sector,
                "parent": one.parent,
                "area": one.area,
                "share": str(one.share),
                "goes_on": one.goes_on,
            }
            for one in event.successors
        ],
        "outside": list(event.outside),
        "assign": dict(event.assign),
        "along": list(event.along),
    }


def read_event(facts: Mapping[str, Any]) -> Event:
    """Return the event that `written` wrote."""
    return Event(
        kind=Kind(facts["kind"]),
        subject=Subject(facts["subject"]),
        predecessors=tuple(facts["predecessors"]),
        successors=tuple(
            Successor(**{**one, "share": Fraction(one["share"])}) for one in facts["successors"]
        ),
        outside=tuple(facts["outside"]),
        assign=dict(facts["assign"]),
        along=tuple(facts["along"]),
    )


def rows_of(decree: Decree) -> list[list[str]]:
    """Return a decree as rows in the order of `COLUMNS`: what `from_rows` reads back."""
    rows: list[list[str]] = []
    for event in decree.events:
        assigned = "; ".join(f"{what}={code}" for what, code in event.assign.items())
        for number, one in enumerate(event.successors or (None,)):
            rows.append(
                [
                    "" if rows else decree.title,
                    "" if rows else decree.legal_basis,
                    "" if rows else decree.effective_on.isoformat(),
                    str(event.kind),
                    str(event.subject),
                    "; ".join(event.predecessors),
                    "" if number else "; ".join(event.outside),
                    *(
                        (one.code, one.name, one.kind, one.sector, one.parent, one.area, str(one.share))
                        if one
                        else ("",) * 7
                    ),
                    "yes" if one and one.goes_on else "",
                    "" if number else assigned,
                    "" if number else "; ".join(event.along),
                ]
            )
    return rows

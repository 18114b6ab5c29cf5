"""Merging, splitting, renaming, moving and abolishing areas and units: what is asked and what comes of it. Pure.

`planning.plan` takes the events of a decree and the rows as they stand, and returns the exact changes: for every row touched
what it was before and what it is after. Applying writes the one, undoing writes the other; nothing is remembered
elsewhere. Rows are mappings of column to value, by table and id; a row that does not exist yet has a negative id.

What follows an area or a unit (posts, grants, whatever other packages keep) is declared, not known: see `Follower`.
What a unit's denominator stands on (`roster_basis`) does not follow, it is worked out anew: see `Book.rebase`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from portal.core.text import N_

Row = Mapping[str, Any]


DAY = timedelta(days=1)


AREA_KINDS = ("province", "district", "commune")


BASIS = "roster_basis"


class Kind(StrEnum):
    """What happens."""

    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    MOVE = "move"
    ABOLISH = "abolish"


class Subject(StrEnum):
    """To what it happens: the name of the table."""

    AREA = "area"
    UNIT = "unit"


KIND_LABELS = {
    Kind.MERGE: N_("merge"),
    Kind.SPLIT: N_("split"),
    Kind.RENAME: N_("rename"),
    Kind.MOVE: N_("move"),
    Kind.ABOLISH: N_("abolish"),
}


SUBJECT_LABELS = {Subject.AREA: N_("areas"), Subject.UNIT: N_("units")}


@dataclass(frozen=True, slots=True)
class Successor:
    """What stands afterwards. An empty text means: as it was before.

    `goes_on`: not a new one, but the predecessor of this code, which remains. `parent` is the code of the area (or
    unit) above; `area` the code of the area in which a unit stands. `share` is of the predecessor, in a split.
    """

    code: str
    name: str = ""
    kind: str = ""
    sector: str = ""
    parent: str = ""
    area: str = ""
    share: Fraction = Fraction(1)
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a decree does.

    `predecessors` are codes valid on the day before, each alone or followed by the name that it must have ("12577
    Xã Trang Bảo Xá"), which guards against a code that meanwhile belongs to another; `outside` are places that this portal may not hold ("33 Tỉnh
    Hưng Yên": code, then name), of which a successor is also made. `assign` sends something of a split to one of
    the successors: `unit:CODE`, `area:CODE` or `person:STAFF-CODE` to a code; what it does not name goes to the
    largest. `along` are kinds of units that are merged with their areas: the committees of merged communes.
    """

    kind: Kind
    subject: Subject
    predecessors: tuple[str, ...] = ()
    successors: tuple[Successor, ...] = ()
    outside: tuple[str, ...] = ()
    assign: Mapping[str, str] = field(default_factory=dict)
    along: tuple[str, ...] = ()


def always(row: Row, day: date) -> bool:
    """Return that a row goes on, whatever it says."""
    return True


@dataclass(frozen=True, slots=True)
class Follower:
    """A table whose rows follow areas or units by `column`.

    With `dated`, a row that runs over the day ends on the day before and a new one, otherwise the same, begins at
    the successor; without, the row itself is pointed at the successor, if by `going_on` it is not history on the day
    (of a split: at the largest). Two new rows that agree in the successor and in every column of `same` are one. With
    `grants`, nothing follows when an area is abolished.
    """

    table: str
    column: str
    subject: Subject
    dated: bool = True
    same: tuple[str, ...] = ()
    grants: bool = False
    going_on: Callable[[Row, date], bool] = always


@dataclass(slots=True)
class State:
    """Rows by table and id: areas, units, their past, and the rows of followers that may be touched.

    `people` names the staff code of a person's id, where a split assigns people.
    """

    tables: dict[str, dict[int, Row]]
    followers: tuple[Follower, ...] = ()
    people: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A row before (None: it was not there) and after. Of a row that was there, the columns that changed."""

    table: str
    id: int
    before: Row | None
    after: Row


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event cannot be: its number (from 1), an English sentence with named placeholders, what fills them."""

    event: int
    message: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a decree would write, in an order in which it can be written, or why it cannot."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]


class Impossible(Exception):
    """An event cannot be; raised with an English sentence and what fills it."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message % values)
        self.message, self.values = message, values


def standing(state: State, table: str) -> dict[int, dict[str, Any]]:
    """Return the rows of a table as a plain copy: what tests and previews compare."""
    return {key: dict(row) for key, row in state.tables.get(table, {}).items()}


def perform(state: State, changes: Sequence[Change]) -> State:
    """Return the rows after the changes; new rows keep their negative numbers. The twin of writing to the database."""
    tables = {name: dict(rows) for name, rows in state.tables.items()}
    for change in changes:
        rows = tables.setdefault(change.table, {})
        rows[change.id] = dict(change.after) if change.before is None else {**rows[change.id], **change.after}
    return State(tables, state.followers, state.people)


def reverse(state: State, changes: Sequence[Change]) -> State:
    """Return the rows as they were before the changes."""
    tables = {name: dict(rows) for name, rows in state.tables.items()}
    for change in reversed(changes):
        if change.before is None:
            del tables[change.table][change.id]
        else:
            tables[change.table][change.id] = {**tables[change.table][change.id], **change.before}
    return State(tables, state.followers, state.people)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a plan touches, for people to read: ids of rows by what happens to them.

    `posts` are people whose posts go on elsewhere or end; `grants` go on, `lost` end without a successor. `unlisted`
    are the names of successors that have no denominator though a predecessor had one; `totals`: some of them because
    a total was declared.
    """

    areas_ended: tuple[int, ...]
    areas_new: tuple[str, ...]
    areas_changed: tuple[int, ...]
    units_ended: tuple[int, ...]
    units_new: tuple[str, ...]
    units_changed: tuple[int, ...]
    posts: int
    people: frozenset[int]
    grants: int
    lost: int
    unlisted: tuple[str, ...]
    totals: bool


def effects(state: State, changes: Sequence[Change]) -> Effects:
    """Return what the changes mean, counted."""

    def ended(table: str) -> tuple[int, ...]:
        return tuple(
            c.id for c in changes if c.table == table and c.before is not None and "valid_to" in c.after
        )

    def changed(table: str) -> tuple[int, ...]:
        return tuple(
            c.id
            for c in changes
            if c.table == table
            and c.before is not None
            and set(c.after) - {"valid_to"}
            and state.tables[table][c.id]["valid_to"] is None
            and "valid_to" not in c.after
        )

    def new(table: str) -> tuple[str, ...]:
        return tuple(str(c.after["name"]) for c in changes if c.table == table and c.before is None)

    posts = [c for c in changes if c.table == "posting" and c.before is not None]
    grants = [c for c in changes if c.table == "membership" and c.before is not None]
    going_on = sum(c.table == "membership" and c.before is None for c in changes) + sum(
        "valid_to" not in c.after for c in grants
    )
    return Effects(
        ended("area"), new("area"), changed("area"), ended("unit"), new("unit"), changed("unit"),
        len(posts),
        frozenset(state.tables["posting"][c.id]["user_id"] for c in posts),
        going_on,
        max(0, len(grants) - going_on),
        *_unlisted(state, changes),
    )  # fmt: skip


def _unlisted(state: State, changes: Sequence[Change]) -> tuple[tuple[str, ...], bool]:
    """Return the names of units that lose a denominator, and whether a declared total is the reason for one."""
    before = state.tables.get(BASIS, {})
    names = {c.id: str(c.after["name"]) for c in changes if c.table == "unit" and c.before is None}
    ended = {
        before[c.id]["unit_id"]: str(before[c.id]["evidence"])
        for c in changes
        if c.table == BASIS and c.before is not None
    }
    listed = {c.after["unit_id"] for c in changes if c.table == BASIS and c.before is None}
    found: set[str] = set()
    totals = False
    for change in changes:
        if change.table != "unit_lineage" or change.before is not None:
            continue
        old, new = change.after["predecessor_id"], change.after["successor_id"]
        if old in ended and new not in listed:
            found.add(names.get(new) or str(state.tables["unit"][new]["name"]))
            totals = totals or ended[old] == "totals"
    return tuple(sorted(found)), totals

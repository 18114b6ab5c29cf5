"""Merging, splitting, renaming, moving and abolishing areas and units: the arithmetic of it. Pure.

`plan` takes the events of a decree and the rows as they stand, and returns the exact changes: for every row touched
what it was before and what it is after. Applying writes the one, undoing writes the other; nothing is remembered
elsewhere. Rows are mappings of column to value, by table and id; a row that does not exist yet has a negative id.

What follows an area or a unit (posts, grants, whatever other packages keep) is declared, not known: see `Follower`.
What a unit's denominator stands on (`roster_basis`) does not follow, it is worked out anew: see `_Book.rebase`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from portal.core.names import fold, tidy
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


def plan(events: Sequence[tuple[int, Event]], day: date, state: State) -> Plan:
    """Return what the events (each with the id of its row) would change on `day`, one after the other.

    Either every event can be, and there are changes; or there are faults and nothing to apply.
    """
    book = _Book(state, day)
    faults = []
    for number, (event_id, event) in enumerate(events, 1):
        book.event_id, book.number = event_id, number
        try:
            _STEPS[event.kind](book, event)
        except Impossible as fault:
            faults.append(Fault(number, fault.message, fault.values))
    if not faults:
        faults.extend(book.twice())
    return Plan(() if faults else tuple(book.changes()), tuple(faults))


class _Book:
    """The rows while a decree is being worked out: what was, what is, and what is new."""

    def __init__(self, state: State, day: date) -> None:
        self.day, self.followers, self.people = day, state.followers, state.people
        self.event_id = self.number = 0
        self.claims: dict[tuple[str, str], tuple[int, int]] = {}
        self.was: dict[tuple[str, int], Row] = {}
        self.new: list[tuple[str, int]] = []
        self.given = 0
        self.rows: dict[str, dict[int, dict[str, Any]]] = {
            name: {key: dict(row) for key, row in rows.items()} for name, rows in state.tables.items()
        }
        self.since: dict[tuple[str, int], date] = {}
        for name, column in (("area", "area_id"), ("unit", "unit_id")):
            for past in self.rows.setdefault(f"{name}_past", {}).values():
                key, after = (name, past[column]), past["valid_to"] + DAY
                self.since[key] = max(after, self.since.get(key, after))
        self.links: dict[tuple[str, str], dict[Any, set[int]]] = {}
        columns = [("area", "parent_id"), ("unit", "area_id"), ("unit", "parent_id"), (BASIS, "unit_id")]
        for table, column in [*columns, *((one.table, one.column) for one in state.followers)]:
            index: dict[Any, set[int]] = defaultdict(set)
            for number, row in self.rows.setdefault(table, {}).items():
                index[row[column]].add(number)
            self.links[table, column] = index
        self.codes: dict[tuple[str, str], set[int]] = defaultdict(set)
        for table in ("area", "unit"):
            for number, row in self.rows.setdefault(table, {}).items():
                self.codes[table, row["code"]].add(number)

    def update(self, table: str, key: int, **values: Any) -> None:
        """Write columns of a row."""
        row = self.rows[table][key]
        if key > 0:
            self.was.setdefault((table, key), dict(row))
        for column, value in values.items():
            index = self.links.get((table, column))
            if index is not None:
                index[row[column]].discard(key)
                index[value].add(key)
            row[column] = value
        if "code" in values and table in ("area", "unit"):
            self.codes[table, values["code"]].add(key)

    def insert(self, table: str, **values: Any) -> int:
        """Add a row; return its number, which is negative until it has been written."""
        self.given += 1
        key = -self.given
        self.new.append((table, key))
        self.rows.setdefault(table, {})[key] = dict(values)
        for column, value in values.items():
            if (table, column) in self.links:
                self.links[table, column][value].add(key)
        if table in ("area", "unit"):
            self.codes[table, values["code"]].add(key)
        return key

    def drop(self, table: str, key: int) -> None:
        """Take back a row that an event above has added."""
        row = self.rows[table].pop(key)
        self.new.remove((table, key))
        for (name, column), index in self.links.items():
            if name == table:
                index[row[column]].discard(key)

    def at(self, table: str, column: str, value: int) -> list[int]:
        """Return the rows whose column has a value, in the order of their numbers."""
        return sorted(self.links[table, column].get(value, ()))

    def before(self, subject: str, text: str) -> int:
        """Return who held a code (and a name, if given) on the day before. Raises `Impossible`."""
        code, _, name = text.partition(" ")
        for key in sorted(self.codes.get((subject, code), ())):
            row = self.rows[subject][key]
            held = row["code"] if (subject, key) not in self.was else self.was[subject, key]["code"]
            if held == code and row["valid_from"] < self.day and row["valid_to"] is None and key > 0:
                if name and fold(name) != fold(row["name"]):
                    raise Impossible(
                        N_("%(code)s is called %(name)s here, not %(other)s: is an earlier decree missing?"),
                        code=code,
                        name=row["name"],
                        other=name,
                    )
                self._in_order(subject, key)
                return key
        ended = [self.rows[subject][key] for key in self.codes.get((subject, code), ()) if key > 0]
        if ended:
            raise Impossible(
                N_("%(code)s is not valid on the day before, or an event above has ended it."), code=code
            )
        raise Impossible(_unknown(subject), code=code)

    def now(self, subject: str, code: str) -> int:
        """Return who holds a code from the day on. Raises `Impossible`."""
        for key in sorted(self.codes.get((subject, code), ())):
            row = self.rows[subject][key]
            if row["code"] == code and row["valid_to"] is None and row["valid_from"] <= self.day:
                return key
        raise Impossible(_unknown(subject), code=code)

    def _in_order(self, subject: str, key: int) -> None:
        if self.since.get((subject, key), self.day) > self.day:
            raise Impossible(
                N_("%(name)s was reorganised later than this day; undo the later decree first."),
                name=self.rows[subject][key]["name"],
            )

    def restate(self, subject: str, key: int, **values: Any) -> None:
        """Give an area or unit another state from the day on; the state before becomes its past."""
        row = self.rows[subject][key]
        if all(row[column] == value for column, value in values.items()):
            return
        self._in_order(subject, key)
        begun = self.since.get((subject, key), row["valid_from"])
        last = self.day - DAY if row["valid_to"] is None else min(self.day - DAY, row["valid_to"])
        if begun <= last:
            kept = (
                "code",
                "kind",
                "name",
                "parent_id",
                *(("sector", "area_id") if subject == "unit" else ()),
            )
            self.insert(
                f"{subject}_past",
                **{f"{subject}_id": key},
                event_id=self.event_id,
                **{column: row[column] for column in kept},
                valid_from=begun,
                valid_to=last,
            )
            self.since[subject, key] = last + DAY
        if "name" in values:
            values["search_key"] = fold(values["name"])
        self.update(subject, key, **values)

    def end(self, subject: str, key: int, successor: int | None = None) -> None:
        """Let an area or unit end on the day before; from then on it counts as standing below its successor, if any.

        Whoever may look at what it has become may so look at what it was, by the one rule for all places.
        """
        self.update(subject, key, valid_to=self.day - DAY)
        if successor is not None:
            self.restate(subject, key, parent_id=successor)

    def follow(self, follower: Follower, old: int, choose: "Mapping[int, int] | int | None") -> None:
        """Let the rows at `old` go to a successor, one for all or one for each person; None: they only end."""
        for key in self.at(follower.table, follower.column, old):
            row = self.rows[follower.table][key]
            new = choose.get(row.get("user_id", 0), choose[0]) if isinstance(choose, Mapping) else choose
            if new == old:
                continue
            if not follower.dated:
                if new is not None and follower.going_on(row, self.day):
                    self.update(follower.table, key, **{follower.column: new})
            elif row["valid_to"] is not None and row["valid_to"] < self.day:
                continue
            elif new is not None and row["valid_from"] >= self.day:
                fit, until = self._fitted(follower, {**row, follower.column: new}, key)
                self.update(follower.table, key, **{follower.column: new})
                self.update(follower.table, key, valid_to=until if fit else row["valid_from"])
            else:
                going_on = {**row, follower.column: new, "valid_from": self.day}
                self.update(follower.table, key, valid_to=max(self.day - DAY, row["valid_from"]))
                if new is not None:
                    fit, going_on["valid_to"] = self._fitted(follower, going_on, key)
                    if fit:
                        self.insert(follower.table, **going_on)

    def _fitted(self, follower: Follower, wanted: Row, key: int) -> tuple[bool, date | None]:
        """Return whether a row is needed at its successor, and until when, beside the equal ones that are there.

        One that runs on covers it; before one that begins later it ends: no two equal rows are open at once.
        """
        there = self.links[follower.table, follower.column].get(wanted[follower.column], ())
        equal = [
            row
            for other, row in ((other, self.rows[follower.table][other]) for other in there)
            if other != key and all(row[column] == wanted[column] for column in follower.same)
        ]
        begins, ends = wanted["valid_from"], wanted["valid_to"]
        for row in equal:
            long = row["valid_to"] is None or (ends is not None and row["valid_to"] >= ends)
            if row["valid_from"] <= begins and long:
                return False, ends
        later = [row["valid_from"] for row in equal if row["valid_from"] > begins]
        return True, min(later) - DAY if ends is None and later else ends

    def rebase(self, olds: Sequence[int], news: Sequence[int]) -> None:
        """Let the bases of the predecessors' denominators end on the day before, and give the successors theirs.

        A successor has one only where every predecessor had one, and none a declared total, which nobody can merge or
        divide: of names where all had names, else of codes. It begins on the day, or when the last predecessor's list
        began. What a unit that goes on gave on the day or later it gave as it stands then: that is left alone.
        """
        found: dict[int, Row] = {}
        for old in olds:
            for key in self.at(BASIS, "unit_id", old):
                row = self.rows[BASIS][key]
                ended = row["valid_to"] is not None and row["valid_to"] < self.day
                if ended or (key > 0 and old in news and row["valid_from"] >= self.day):
                    continue
                if old not in found or found[old]["valid_from"] < row["valid_from"]:
                    found[old] = dict(row)
                if key < 0:
                    self.drop(BASIS, key)
                else:
                    self.update(BASIS, key, valid_to=max(self.day - DAY, row["valid_from"]))
        kinds = {row["evidence"] for row in found.values()}
        if not olds or len(found) < len(olds) or not kinds <= {"named", "coded"}:
            return
        begins = max(self.day, *(row["valid_from"] for row in found.values()))
        ends = [row["valid_to"] for row in found.values() if row["valid_to"] is not None]
        for new in news:
            there = [self.rows[BASIS][key] for key in self.at(BASIS, "unit_id", new)]
            later = [
                row["valid_from"] for row in there if row["valid_to"] is None or row["valid_to"] >= begins
            ]
            until = min([*ends, *(day - DAY for day in later)], default=None)
            if until is None or until >= begins:
                self.insert(
                    BASIS,
                    unit_id=new,
                    evidence="coded" if "coded" in kinds else "named",
                    valid_from=begins,
                    valid_to=until,
                    totals=None,
                    file_id=None,
                    import_id=None,
                    confirmed_by_id=None,
                    confirmed_at=None,
                )

    def lineage(self, subject: str, old: int, new: int, share: Fraction, main: bool) -> None:
        """Write down that `new` follows `old`."""
        self.insert(
            f"{subject}_lineage",
            event_id=self.event_id,
            predecessor_id=old,
            successor_id=new,
            share_part=share.numerator,
            share_whole=share.denominator,
            main=main and old != new,
        )

    def twice(self) -> Iterator[Fault]:
        """Yield a fault for each code that somebody was given while another still holds it.

        Or while one that has ended held it from the very day on which the claimant began: a code and a first day name
        one place.
        """
        for (subject, code), (number, claimant) in self.claims.items():
            begins = self.rows[subject][claimant]["valid_from"]
            for key in sorted(self.codes[subject, code]):
                row = self.rows[subject][key]
                held = row["valid_to"] is None or row["valid_from"] == begins
                if key != claimant and row["code"] == code and held:
                    values = {"code": code, "name": row["name"]}
                    yield Fault(number, N_("The code %(code)s is taken by %(name)s."), values)

    def changes(self) -> Iterator[Change]:
        """Yield what is different, rows that were there first."""
        for (table, key), before in self.was.items():
            after = self.rows[table][key]
            columns = [column for column in before if before[column] != after[column]]
            if columns:
                yield Change(table, key, {c: before[c] for c in columns}, {c: after[c] for c in columns})
        for table, key in self.new:
            yield Change(table, key, None, dict(self.rows[table][key]))


def _unknown(subject: str) -> str:
    return (
        N_("There is no area with the code %(code)s on this day.")
        if subject == "area"
        else N_("There is no unit with the code %(code)s on this day.")
    )


def _merge(book: _Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if len(event.successors) != 1:
        raise Impossible(N_("A merge has one successor."))
    if not olds and not event.outside:
        raise Impossible(N_("A merge needs at least one predecessor."))
    wanted = event.successors[0]
    came = {
        unit: (book.rows["area"][old]["code"], book.rows["area"][old]["name"])
        for old in (olds if event.subject == Subject.AREA else ())
        for unit in book.at("unit", "area_id", old)
    }
    new = _stand(book, event, wanted, olds)
    _lift(book, event.subject, new, [old for old in olds if old != new])
    for old in olds:
        book.lineage(event.subject, old, new, Fraction(1), main=True)
        if old != new:
            _hand_over(book, event.subject, old, {0: new})
            book.end(event.subject, old, new)
    if event.subject == Subject.UNIT:
        book.rebase(olds, [new])
    if event.subject == Subject.AREA and event.along:
        _along(book, event.along, new, came)


def _split(book: _Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if len(olds) != 1:
        raise Impossible(N_("A split has one predecessor."))
    if len(event.successors) < 2:
        raise Impossible(N_("A split needs at least two successors."))
    if sum((one.share for one in event.successors), Fraction(0)) != 1 or any(
        one.share <= 0 for one in event.successors
    ):
        raise Impossible(N_("The shares of a split are above nought and sum to 1."))
    old = olds[0]
    staying = [one for one in event.successors if one.goes_on]
    if len(staying) > 1:
        raise Impossible(N_("Only one successor can be the predecessor that goes on."))
    made = {one.code: _stand(book, event, one, olds) for one in event.successors}
    if len(made) < len(event.successors):
        raise Impossible(N_("Two successors have the same code."))
    first = staying[0] if staying else max(event.successors, key=lambda one: one.share)
    for one in event.successors:
        book.lineage(event.subject, old, made[one.code], one.share, main=one is first)
    for key in made.values():
        _lift(book, event.subject, key, [] if staying else [old])
    chosen = {0: made[first.code]}
    for what, code in event.assign.items():
        sort, _, text = what.partition(":")
        if code not in made:
            raise Impossible(N_("%(code)s is none of the successors."), code=code)
        if sort in ("unit", "area"):
            chosen_key = book.now(sort, text)
            column = {
                ("unit", "area"): "area_id",
                ("unit", "unit"): "parent_id",
                ("area", "area"): "parent_id",
            }.get((sort, str(event.subject)))
            if column is None or book.rows[sort][chosen_key][column] != old:
                raise Impossible(N_("%(what)s does not stand in what is split."), what=what)
            book.restate(sort, chosen_key, **{column: made[code]})
        elif sort == "person" and event.subject == Subject.UNIT:
            ids = [user for user, staff_code in book.people.items() if staff_code == text.upper()]
            if not ids:
                raise Impossible(N_("Nobody with the staff code %(code)s has a post there."), code=text)
            chosen.update(dict.fromkeys(ids, made[code]))
        else:
            raise Impossible(
                N_(
                    "%(what)s cannot be sent to a successor; write unit:CODE, area:CODE or person:STAFF-CODE."
                ),
                what=what,
            )
    _hand_over(book, event.subject, old, chosen)
    if event.subject == Subject.UNIT:
        book.rebase(olds, list(made.values()))
    if not staying:
        book.end(event.subject, old, made[first.code])


def _rename(book: _Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if len(olds) != 1 or len(event.successors) != 1:
        raise Impossible(N_("A rename has one predecessor and one new name."))
    old, wanted = olds[0], event.successors[0]
    name = tidy(wanted.name)
    row = book.rows[event.subject][old]
    code = wanted.code or row["code"]
    if not name and code == row["code"]:
        raise Impossible(N_("A rename has one predecessor and one new name."))
    if code != row["code"]:
        _free(book, event.subject, code)
        book.claims[event.subject, code] = (book.number, old)
    book.restate(event.subject, old, name=name or row["name"], code=code)


def _move(book: _Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if not olds or len(event.successors) != 1:
        raise Impossible(N_("A move names what is moved, and where to."))
    wanted = event.successors[0]
    values: dict[str, Any] = {}
    if wanted.parent:
        values["parent_id"] = book.now(event.subject, wanted.parent)
    if event.subject == Subject.UNIT:
        if wanted.area:
            values["area_id"] = book.now("area", wanted.area)
        if wanted.sector:
            values["sector"] = wanted.sector
    if not values:
        raise Impossible(N_("A move names what is moved, and where to."))
    for old in olds:
        above, passed = values.get("parent_id"), set[int]()
        while above is not None and above not in passed:
            passed.add(above)
            if above == old:
                raise Impossible(
                    N_("%(name)s cannot be moved below itself."), name=book.rows[event.subject][old]["name"]
                )
            above = book.rows[event.subject][above]["parent_id"]
        book.restate(event.subject, old, **values)


def _abolish(book: _Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if not olds or len(event.successors) > 1:
        raise Impossible(N_("Abolishing names what ends, and at most one that takes over what stands in it."))
    into = book.now(event.subject, event.successors[0].code) if event.successors else None
    for old in olds:
        row = book.rows[event.subject][old]
        if into == old:
            raise Impossible(N_("%(name)s cannot take over from itself."), name=row["name"])
        if into is not None:
            _lift(book, event.subject, into, [old])
        book.end(event.subject, old)
        records = [one for one in book.followers if one.subject == event.subject and not one.dated]
        standing = sum(
            one.going_on(book.rows[one.table][key], book.day)
            for one in records
            for key in book.at(one.table, one.column, old)
        )
        if event.subject == Subject.AREA:
            standing += sum(
                not book.rows[table][key].get("valid_to")
                for table, column in (("area", "parent_id"), ("unit", "area_id"))
                for key in book.at(table, column, old)
            )
        if standing and into is None:
            raise Impossible(
                N_(
                    "%(name)s cannot be abolished: %(count)d areas, units or records stand in it. Say who takes them over."
                ),
                name=row["name"],
                count=standing,
            )
        if event.subject == Subject.AREA:
            if into is not None:
                book.lineage("area", old, into, Fraction(1), main=True)
                _hand_over(book, Subject.AREA, old, {0: into}, abolished=True)
                book.end("area", old, into)
                continue
        else:
            book.rebase([old], [])
            for one in records:
                book.follow(one, old, into)
            for key in book.at("unit", "parent_id", old):
                if key != into:
                    book.restate("unit", key, parent_id=into if into is not None else row["parent_id"])
        for follower in book.followers:
            if follower.subject == event.subject and follower.dated:
                book.follow(follower, old, None)


_STEPS = {
    Kind.MERGE: _merge,
    Kind.SPLIT: _split,
    Kind.RENAME: _rename,
    Kind.MOVE: _move,
    Kind.ABOLISH: _abolish,
}


def _predecessors(book: _Book, event: Event) -> list[int]:
    """Return who the event happens to; of `outside`, those that this portal holds after all."""
    if len(set(event.predecessors)) < len(event.predecessors):
        raise Impossible(N_("A predecessor is named twice."))
    found = [book.before(event.subject, code) for code in event.predecessors]
    for text in event.outside:
        try:
            key = book.before(event.subject, text)
        except Impossible:
            continue
        if key not in found:
            found.append(key)
    return found


def _free(book: _Book, subject: str, code: str) -> None:
    """Refuse a code that somebody else holds from the day on and whom no event of the decree ends."""
    if not code:
        raise Impossible(N_("A successor needs a code."))
    holders = [key for key in book.codes.get((subject, code), ()) if book.rows[subject][key]["code"] == code]
    for key in holders:
        row = book.rows[subject][key]
        if key < 0 or row["valid_from"] >= book.day:
            raise Impossible(N_("The code %(code)s is taken by %(name)s."), code=code, name=row["name"])


def _stand(book: _Book, event: Event, wanted: Successor, olds: Sequence[int]) -> int:
    """Return the number of a successor: the predecessor that goes on, or a new row."""
    subject = str(event.subject)
    model = book.rows[subject][olds[0]] if olds else {}
    if wanted.goes_on:
        found = [key for key in olds if book.rows[subject][key]["code"] == wanted.code]
        if not found:
            raise Impossible(N_("%(code)s goes on, and is none of the predecessors."), code=wanted.code)
        if wanted.name:
            book.restate(subject, found[0], name=tidy(wanted.name))
        return found[0]
    _free(book, subject, wanted.code)
    if not tidy(wanted.name):
        raise Impossible(N_("The new %(code)s needs a name."), code=wanted.code)
    parent = book.now(subject, wanted.parent) if wanted.parent else model.get("parent_id")
    values: dict[str, Any] = {
        "code": wanted.code,
        "kind": wanted.kind or model.get("kind") or "",
        "name": tidy(wanted.name),
        "search_key": fold(wanted.name),
        "parent_id": parent,
        "valid_from": book.day,
        "valid_to": None,
    }
    if subject == "unit":
        if wanted.area:
            values["area_id"] = book.now("area", wanted.area)
        elif model:
            values["area_id"] = model["area_id"]
        else:
            raise Impossible(N_("The new %(code)s needs an area."), code=wanted.code)
        values["sector"] = wanted.sector or model.get("sector", "")
    if not values["kind"] or (subject == "area" and values["kind"] not in AREA_KINDS):
        raise Impossible(N_("The new %(code)s needs a kind."), code=wanted.code)
    key = book.insert(subject, **values)
    book.claims[subject, wanted.code] = (book.number, key)
    return key


def _lift(book: _Book, subject: str, new: int, olds: Sequence[int]) -> None:
    """Let a successor that would stand below one of those that end stand where the topmost of them stood."""
    chain, here = [new], book.rows[subject][new]["parent_id"]
    while here is not None and here not in chain:
        chain.append(here)
        here = book.rows[subject][here]["parent_id"]
    if here is not None:
        raise Impossible(N_("%(name)s cannot be moved below itself."), name=book.rows[subject][new]["name"])
    ending = [key for key in chain[1:] if key in olds]
    if ending:
        book.restate(subject, new, parent_id=book.rows[subject][ending[-1]]["parent_id"])


def _hand_over(
    book: _Book, subject: Subject, old: int, chosen: Mapping[int, int], *, abolished: bool = False
) -> None:
    """Let everything at `old` go on at its successor: `chosen[0]`, or for a person's rows hers."""
    new = chosen[0]
    places = (
        (("area", "parent_id"), ("unit", "area_id")) if subject == Subject.AREA else (("unit", "parent_id"),)
    )
    if new != old:
        for table, column in places:
            for key in book.at(table, column, old):
                if (table, key) != (subject, new):
                    book.restate(table, key, **{column: new})
    for follower in book.followers:
        if follower.subject == subject:
            book.follow(follower, old, None if abolished and follower.grants else chosen)


def _along(book: _Book, kinds: Iterable[str], area: int, came: Mapping[int, tuple[str, str]]) -> None:
    """Merge the units of some kinds that came with merged areas: one of each kind and sector remains.

    `came` gives the code and name of the area in which each stood: code and name of the new unit are made from the
    first one's, with the new area's in their place.
    """
    here = book.rows["area"][area]
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key in sorted(came):
        row = book.rows["unit"][key]
        if row["kind"] in kinds and row["valid_to"] is None and row["valid_from"] < book.day:
            groups[row["kind"], row["sector"]].append(key)
    for (kind, _sector), units in sorted(groups.items()):
        first = book.rows["unit"][units[0]]
        old_code, old_name = came[units[0]]
        fits = old_name in first["name"]
        name = first["name"].replace(old_name, here["name"]) if fits else f"{first['name']} – {here['name']}"
        if len(units) == 1:
            if fits:
                book.restate("unit", units[0], name=name)
            continue
        code = first["code"].replace(old_code, here["code"])
        one = Successor(
            code if old_code in first["code"] else f"{kind}-{here['code']}", name, area=here["code"]
        )
        codes = tuple(book.rows["unit"][key]["code"] for key in units)
        _merge(book, Event(Kind.MERGE, Subject.UNIT, codes, (one,)))


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

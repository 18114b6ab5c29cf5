"""The state of all places while events are worked into it, and what is written of each row: pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from portal.core.names import fold
from portal.core.organisation.reorganise import BASIS, DAY, Change, Fault, Follower, Impossible, Row, State
from portal.core.text import N_


class Book:
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

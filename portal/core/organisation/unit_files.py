"""Units and areas from a table: compared with what stands, shown as a dry run, then written. Nothing here commits.

The code is the key. A new code adds a unit; a known one corrects it, and only what the file has a column for; a file
that says what stands already changes nothing, however often it comes. What a decree does (a unit that moves, merges
or ends on a day) is no correction: that is a reorganisation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.audit.services import record
from portal.core.names import fold, tidy
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.rosters.models import Evidence, RosterBasis
from portal.core.text import N_

NEEDED = ("code", "name", "kind", "sector", "area")
KEYS = (*NEEDED, "parent", "roster_on", "valid_from")


class Outcome(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


OUTCOME_LABELS = {
    Outcome.ADDED: N_("added"),
    Outcome.CHANGED: N_("changed"),
    Outcome.SAME: N_("as it is"),
    Outcome.REFUSED: N_("refused"),
}


@dataclass(frozen=True, slots=True)
class Read:
    """A row: its number in the file, its values by key (texts and days; None where empty), faults found in reading."""

    number: int
    values: Mapping[str, Any]
    faults: tuple[tuple[str, Mapping[str, object]], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row would do. `changes` are (key, before, after); `faults` are English sentences and what fills them.

    `moves` says that the row changes where a unit stands: perhaps that is a reorganisation and no correction.
    """

    number: int
    code: str
    name: str
    outcome: Outcome
    changes: tuple[tuple[str, str, str], ...] = ()
    faults: tuple[tuple[str, Mapping[str, object]], ...] = ()
    moves: bool = False


@dataclass(frozen=True, slots=True)
class DryRun:
    """The verdicts on all rows, in the order of the file."""

    verdicts: tuple[Verdict, ...]

    def count(self, outcome: Outcome) -> int:
        """Return how many rows have an outcome."""
        return sum(verdict.outcome == outcome for verdict in self.verdicts)

    @property
    def refused(self) -> bool:
        """Return whether any row is refused: then nothing is written."""
        return any(verdict.outcome == Outcome.REFUSED for verdict in self.verdicts)


def unit_table(session: Session, rows: Iterable[Read], *, today: date) -> DryRun:
    """Return what a table of units would do. Writes nothing; the number of queries does not grow with the rows."""
    return _Units(session, today).judge(list(rows))


def write_units(
    session: Session, rows: Iterable[Read], *, today: date, now: datetime, by_id: int | None, source: str
) -> DryRun:
    """Write a table of units and return what it did. With any row refused, nothing is written."""
    units = _Units(session, today)
    read = list(rows)
    done = units.judge(read)
    if not done.refused:
        units.write(read, done)
        record(
            session,
            at=now,
            actor_id=by_id,
            code="units.import",
            target="units",
            source=source[:100],
            added=done.count(Outcome.ADDED),
            changed=done.count(Outcome.CHANGED),
        )
    return done


class _Units:
    """The places as they stand, by code, and the judgement of rows against them."""

    def __init__(self, session: Session, today: date) -> None:
        self.session, self.today = session, today
        current = Area.valid_to.is_(None)
        self.areas = dict(session.execute(select(Area.code, Area.id).where(current)).all())
        self.area_codes = {key: code for code, key in session.execute(select(Area.code, Area.id))}
        self.units = {
            unit.code: unit for unit in session.scalars(select(Unit).where(Unit.valid_to.is_(None)))
        }
        self.unit_codes = {unit.id: code for code, unit in self.units.items()}
        #: Units that have a list or a total now: what is known of it is not for a table of units to change.
        self.listed = set(session.scalars(select(RosterBasis.unit_id).where(RosterBasis.valid_to.is_(None))))
        #: The last day on which a former holder of a code was valid: a new holder begins later.
        self.ended: dict[str, date] = {}
        for code, day in session.execute(select(Unit.code, Unit.valid_to).where(Unit.valid_to.is_not(None))):
            if day is not None:
                self.ended[code] = max(day, self.ended.get(code, day))

    def judge(self, rows: Sequence[Read]) -> DryRun:
        """Return the verdicts on rows, which may name each other as parents in any order."""
        given: dict[str, int] = {}
        for row in rows:
            given.setdefault(str(row.values.get("code") or ""), row.number)
        above = {
            str(row.values.get("code")): str(row.values["parent"]) for row in rows if row.values.get("parent")
        }
        seen: set[str] = set()
        verdicts = []
        for row in rows:
            verdicts.append(self._judge(row, given, above, seen))
            seen.add(str(row.values.get("code") or ""))
        return DryRun(tuple(verdicts))

    def _judge(
        self, row: Read, given: Mapping[str, int], above: Mapping[str, str], seen: set[str]
    ) -> Verdict:
        values = row.values
        code, name = str(values.get("code") or ""), tidy(str(values.get("name") or ""))
        known = self.units.get(code)
        faults = list(row.faults)
        missing = [key for key in NEEDED if not values.get(key) and (known is None or key == "code")]
        if missing and not faults:
            faults.append((N_("empty: %(columns)s"), {"columns": ", ".join(missing)}))
        if code and code in seen:
            faults.append(
                (N_("the code %(code)s stands in row %(row)d already"), {"code": code, "row": given[code]})
            )
        for key, kinds, message in (
            ("kind", UnitKind, N_("%(text)s is no kind of unit; there are %(known)s")),
            ("sector", Sector, N_("%(text)s is no sector; there are %(known)s")),
        ):
            text = str(values.get(key) or "")
            if text and text not in [str(one) for one in kinds]:
                faults.append((message, {"text": text[:40], "known": ", ".join(str(one) for one in kinds)}))
        area, parent = str(values.get("area") or ""), str(values.get("parent") or "")
        if area and area not in self.areas:
            faults.append((N_("there is no area with the code %(code)s"), {"code": area[:40]}))
        if parent and parent not in self.units and parent not in given:
            faults.append((N_("there is no unit with the code %(code)s above it"), {"code": parent[:40]}))
        elif parent and self._circle(code, above):
            faults.append((N_("%(code)s would stand below itself"), {"code": code}))
        begins = values.get("valid_from") or self.today
        if known is None and code in self.ended and begins <= self.ended[code]:
            faults.append(
                (
                    N_("the code %(code)s belonged to another unit until %(day)s"),
                    {"code": code, "day": self.ended[code].strftime("%d/%m/%Y")},
                )
            )
        if faults:
            return Verdict(row.number, code, name, Outcome.REFUSED, faults=tuple(faults))
        if known is None:
            return Verdict(row.number, code, name, Outcome.ADDED)
        changes = tuple(self._changes(known, values))
        moves = any(key in ("area", "parent", "sector") for key, _, _ in changes)
        outcome = Outcome.CHANGED if changes else Outcome.SAME
        return Verdict(row.number, code, name or known.name, outcome, changes, moves=moves)

    def _circle(self, code: str, above: Mapping[str, str]) -> bool:
        here: str | None = code
        passed: set[str] = set()
        while here is not None:
            if here in passed:
                return True
            passed.add(here)
            if here in above:
                here = above[here]
            else:
                unit = self.units.get(here)
                here = self.unit_codes.get(unit.parent_id) if unit is not None and unit.parent_id else None
        return False

    def _changes(self, unit: Unit, values: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
        """Yield what a row says otherwise than the unit; an empty cell says nothing."""
        present = {
            "name": unit.name,
            "kind": str(unit.kind),
            "sector": str(unit.sector),
            "area": self.area_codes.get(unit.area_id, ""),
            "parent": self.unit_codes.get(unit.parent_id or 0, ""),
        }
        for key, before in present.items():
            value = values.get(key)
            after = value.isoformat() if isinstance(value, date) else tidy(str(value or ""))
            if after and after != before:
                yield key, before, after
        if values.get("roster_on") and unit.id not in self.listed:
            yield "roster_on", "", values["roster_on"].isoformat()

    def write(self, rows: Sequence[Read], done: DryRun) -> None:
        """Write what was judged. Flushes, for the ids that parents need."""
        by_number = {row.number: row.values for row in rows}
        new = [verdict for verdict in done.verdicts if verdict.outcome == Outcome.ADDED]
        for verdict in new:
            values = by_number[verdict.number]
            unit = Unit(
                code=verdict.code,
                kind=UnitKind(values["kind"]),
                sector=Sector(values["sector"]),
                name=verdict.name,
                search_key=fold(verdict.name),
                area_id=self.areas[values["area"]],
                valid_from=values.get("valid_from") or self.today,
            )
            self.units[verdict.code] = unit
            self.session.add(unit)
        self.session.flush()
        for verdict in done.verdicts:
            values, unit = by_number[verdict.number], self.units[verdict.code]
            if verdict.outcome == Outcome.ADDED and values.get("parent"):
                unit.parent_id = self.units[values["parent"]].id
            if verdict.outcome == Outcome.ADDED and values.get("roster_on"):
                self._list(unit, values["roster_on"])
            for key, _, after in verdict.changes:
                if key == "name":
                    unit.name, unit.search_key = after, fold(after)
                elif key == "area":
                    unit.area_id = self.areas[after]
                elif key == "parent":
                    unit.parent_id = self.units[after].id
                elif key == "roster_on":
                    self._list(unit, values[key])
                else:
                    setattr(unit, key, values[key])
        self.session.flush()

    def _list(self, unit: Unit, day: date) -> None:
        """Say that the posts of a unit are its staff list from a day on."""
        self.session.add(RosterBasis(unit_id=unit.id, evidence=Evidence.NAMED, valid_from=day))


def add_areas(
    session: Session, rows: Sequence[tuple[int, Mapping[str, str]]], *, today: date
) -> tuple[list[tuple[int, str, Mapping[str, object]]], int]:
    """Add areas by code; return (faults as row, sentence, values; number added). With any fault the caller adds none.

    A row has code, kind, name, parent (a code, of an area that stands or comes before it) and may have valid_from. A
    code that is held already is left as it is: what happens to an area later is a reorganisation.
    """
    known = {area.code: area for area in session.scalars(select(Area).where(Area.valid_to.is_(None)))}
    faults: list[tuple[int, str, Mapping[str, object]]] = []
    added = 0
    for number, row in rows:
        code, name = tidy(row.get("code") or ""), tidy(row.get("name") or "")
        kind, above = tidy(row.get("kind") or ""), tidy(row.get("parent") or "")
        if code in known:
            continue
        if not code or not name or kind not in [str(one) for one in AreaKind]:
            faults.append(
                (number, N_("an area needs a code, a name and a kind: province, district or commune"), {})
            )
        elif above and above not in known:
            faults.append((number, N_("there is no area with the code %(code)s"), {"code": above[:40]}))
        else:
            try:
                begins = date.fromisoformat(row["valid_from"]) if row.get("valid_from") else today
            except ValueError:
                faults.append(
                    (
                        number,
                        N_("%(text)s is not a day; write it like 2026-12-14."),
                        {"text": str(row.get("valid_from"))[:20]},
                    )
                )
                continue
            area = Area(
                code=code, kind=AreaKind(kind), name=name, search_key=fold(name),
                parent_id=known[above].id if above else None, valid_from=begins,
            )  # fmt: skip
            session.add(area)
            session.flush()
            known[code] = area
            added += 1
    return faults, added

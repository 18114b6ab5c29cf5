"""Reorganisations: written down, previewed, applied in one transaction, undone exactly. Nothing here commits.

The arithmetic is `planning.plan`; this module fetches the rows it needs, writes the changes it returns, and keeps
them. An undo first makes sure that every row is still as the decree left it and that nothing was hung on a new one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, DateTime, Numeric, Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from portal.core.audit.services import record
from portal.core.batches import batches
from portal.core.db import Base
from portal.core.errors import NotFound, Refused
from portal.core.names import fold, tidy
from portal.core.organisation.decrees import Decree, read_event, written
from portal.core.organisation.following import FOLLOWERS
from portal.core.organisation.models import (
    Reorganisation,
    ReorganisationEvent,
    ReorganisationState,
    Sector,
    UnitKind,
)
from portal.core.organisation.planning import plan
from portal.core.organisation.reorganise import (
    BASIS,
    Change,
    Event,
    Fault,
    Follower,
    Kind,
    Plan,
    Row,
    State,
    Subject,
)
from portal.core.text import N_

CHUNK = 500
#: What makes a code or a post free for another; written first when applying, last when undoing.
HOLDING = ("valid_to", "code")


class NotYet(Refused):
    """Today's boundaries are today's: a decree is applied when its day has come."""

    message = N_("This takes effect on %(day)s; it can be applied from that day on.")


class NotPlanned(Refused):
    """Somebody was quicker."""

    message = N_("This reorganisation is not waiting to be applied; look at its state on the page.")


class CannotApply(Refused):
    """The places are not as the decree takes them to be."""

    message = N_(
        "The plan does not fit the places as they are now. Nothing was changed; the preview says why."
    )


class NotApplied(Refused):
    """Only what was done can be undone."""

    message = N_("This reorganisation is not in force, so there is nothing to undo.")


class Sealed(Refused):
    """A filed report stands on it."""

    message = N_(
        "A report was filed on figures that stand on this reorganisation; it can no longer be undone."
    )


class ChangedSince(Refused):
    """An undo would take away what came later."""

    message = N_(
        "It can no longer be undone exactly: %(what)s was changed or added after it was applied (%(count)d records). Nothing was changed."
    )


def write_down(session: Session, decree: Decree, *, by_id: int | None, now: datetime) -> Reorganisation:
    """Add a decree as planned; nothing else changes. Flushes, for the ids of its events."""
    one = Reorganisation(
        title=tidy(decree.title),
        legal_basis=tidy(decree.legal_basis),
        effective_on=decree.effective_on,
        state=ReorganisationState.PLANNED,
        search_key=fold(_searched(decree)),
        planned_at=now,
        planned_by_id=by_id,
    )
    session.add(one)
    session.flush()
    session.add_all(
        ReorganisationEvent(
            reorganisation_id=one.id,
            position=number,
            kind=str(event.kind),
            subject=str(event.subject),
            facts=written(event),
        )
        for number, event in enumerate(decree.events, 1)
    )
    session.flush()
    record(
        session,
        at=now,
        actor_id=by_id,
        code="reorganisation.plan",
        target=f"reorganisation:{one.id}",
        title=one.title,
        effective_on=one.effective_on.isoformat(),
        events=len(decree.events),
    )
    return one


def _searched(decree: Decree) -> str:
    words = [decree.title, decree.legal_basis]
    for event in decree.events:
        words += [*event.predecessors, *(f"{one.code} {one.name}" for one in event.successors)]
    return " ".join(words)[:20_000]


def withdraw(session: Session, reorganisation_id: int, *, by_id: int | None, now: datetime) -> None:
    """Throw a plan away that was never applied. Raises `NotFound`, `NotPlanned`."""
    one = _locked(session, reorganisation_id)
    if one.state != ReorganisationState.PLANNED:
        raise NotPlanned
    target = f"reorganisation:{one.id}"
    record(session, at=now, actor_id=by_id, code="reorganisation.withdraw", target=target, title=one.title)
    session.execute(delete(ReorganisationEvent).where(ReorganisationEvent.reorganisation_id == one.id))
    session.delete(one)


def preview(session: Session, reorganisation: Reorganisation) -> tuple[State, Plan]:
    """Return the rows that a planned decree touches, and what it would change or why it cannot be."""
    events = [
        (row.id, read_event(row.facts))
        for row in session.scalars(
            select(ReorganisationEvent)
            .where(ReorganisationEvent.reorganisation_id == reorganisation.id)
            .order_by(ReorganisationEvent.position)
        )
    ]
    state = state_for(session, [event for _, event in events])
    faults = [fault for number, (_, event) in enumerate(events, 1) for fault in _misnamed(number, event)]
    worked_out = plan(events, reorganisation.effective_on, state)
    return state, Plan(() if faults else worked_out.changes, (*faults, *worked_out.faults))


def _misnamed(number: int, event: Event) -> Iterator[Fault]:
    """Yield a fault for each kind of unit and each sector that does not exist."""
    kinds = {str(one) for one in UnitKind}
    sectors = {str(one) for one in Sector}
    for text in event.along:
        if text not in kinds:
            yield Fault(number, N_("%(text)s is no kind of unit."), {"text": text})
    if event.subject == Subject.UNIT:
        for one in event.successors:
            if one.kind and one.kind not in kinds:
                yield Fault(number, N_("%(text)s is no kind of unit."), {"text": one.kind})
            if one.sector and one.sector not in sectors:
                yield Fault(number, N_("%(text)s is no sector."), {"text": one.sector})


def state_for(session: Session, events: Sequence[Event]) -> State:
    """Return areas, units and their pasts, and of the followers what hangs on places that the events touch."""
    tables: dict[str, dict[int, Row]] = {
        name: _rows(session, select(_table(name))) for name in ("area", "unit", "area_past", "unit_past")
    }
    codes: dict[str, set[str]] = {"area": set(), "unit": set()}
    along: set[str] = set()
    for event in events:
        if event.kind in (Kind.MERGE, Kind.SPLIT, Kind.ABOLISH):
            codes[event.subject] |= {text.partition(" ")[0] for text in (*event.predecessors, *event.outside)}
            along |= set(event.along)
    touched = {
        name: {key for key, row in tables[name].items() if row["code"] in codes[name]} for name in codes
    }
    touched["unit"] |= {
        key
        for key, row in tables["unit"].items()
        if row["kind"] in along and row["area_id"] in touched["area"]
    }
    for follower in (*FOLLOWERS, Follower(BASIS, "unit_id", Subject.UNIT)):
        table = _table(follower.table)
        kept = tables.setdefault(follower.table, {})
        for ids in batches(sorted(touched[follower.subject]), CHUNK):
            kept.update(_rows(session, select(table).where(table.c[follower.column].in_(ids))))
    return State(tables, tuple(FOLLOWERS), _staff_codes(session, events, tables))


def _staff_codes(
    session: Session, events: Sequence[Event], tables: Mapping[str, Mapping[int, Row]]
) -> Mapping[int, str]:
    """Return the staff codes of the people of units that are split by person."""
    if not any(what.startswith("person:") for event in events for what in event.assign):
        return {}
    user = _table("user")
    found: dict[int, str] = {}
    ids = sorted({row["user_id"] for row in tables.get("posting", {}).values()})
    for some in batches(ids, CHUNK):
        rows = session.execute(select(user.c.id, user.c.staff_code).where(user.c.id.in_(some)))
        found.update({key: code for key, code in rows if code})
    return found


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _rows(session: Session, query: Any) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for row in session.execute(query).mappings():
        values = dict(row)
        found[values.pop("id")] = values
    return found


def _locked(session: Session, reorganisation_id: int) -> Reorganisation:
    """Return a reorganisation after locking all of them: decrees are applied and undone one at a time."""
    ids = session.scalars(select(Reorganisation.id).order_by(Reorganisation.id).with_for_update()).all()
    if reorganisation_id not in ids:
        raise NotFound
    return session.get_one(Reorganisation, reorganisation_id, populate_existing=True)


def carry_out(
    session: Session, reorganisation_id: int, *, by_id: int | None, now: datetime, today: date
) -> Reorganisation:
    """Apply a planned decree. Raises `NotFound`, `NotPlanned`, `NotYet`, `CannotApply`."""
    one = _locked(session, reorganisation_id)
    if one.state != ReorganisationState.PLANNED:
        raise NotPlanned
    if one.effective_on > today:
        raise NotYet(day=one.effective_on.strftime("%d/%m/%Y"))
    _state, worked_out = preview(session, one)
    if worked_out.faults:
        raise CannotApply
    session.flush()
    done = _write(session, worked_out.changes)
    session.expire_all()
    one.state, one.applied_at, one.applied_by_id = ReorganisationState.APPLIED, now, by_id
    one.changes = [_stored(change) for change in done]
    record(
        session,
        at=now,
        actor_id=by_id,
        code="reorganisation.apply",
        target=f"reorganisation:{one.id}",
        title=one.title,
        effective_on=one.effective_on.isoformat(),
        changes=len(done),
    )
    session.flush()
    return one


def _write(session: Session, changes: Sequence[Change]) -> list[Change]:
    """Write the changes; return them with the ids that the database gave to new rows."""
    there = [change for change in changes if change.before is not None]
    _update(session, [(c.table, c.id, {k: v for k, v in c.after.items() if k in HOLDING}) for c in there])
    given: dict[tuple[str, int], int] = {}
    new = [change for change in changes if change.before is None]
    for name in dict.fromkeys(["area", "unit", *(change.table for change in new)]):
        waiting: list[Change] = []
        for change in (one for one in new if one.table == name):
            above = change.after.get("parent_id")
            if above is not None and above < 0 and (name, above) not in given:
                _insert(session, name, waiting, given)  # its parent is among those that wait
                waiting = []
            waiting.append(change)
        _insert(session, name, waiting, given)
    rest = [
        (c.table, c.id, _resolved(c.table, {k: v for k, v in c.after.items() if k not in HOLDING}, given))
        for c in there
    ]
    _update(session, rest)
    done = []
    for change in changes:
        key = given.get((change.table, change.id), change.id)
        done.append(Change(change.table, key, change.before, _resolved(change.table, change.after, given)))
    return done


def _insert(
    session: Session, name: str, changes: Sequence[Change], given: dict[tuple[str, int], int]
) -> None:
    if not changes:
        return
    table = _table(name)
    rows = [dict(_resolved(name, change.after, given)) for change in changes]
    ids = session.execute(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows).scalars()
    given.update(((name, change.id), key) for change, key in zip(changes, ids, strict=True))


def _resolved(name: str, values: Row, given: Mapping[tuple[str, int], int]) -> Row:
    """Return values with the ids of new rows in place of their negative numbers."""
    resolved = dict(values)
    for column in _table(name).columns:
        value = resolved.get(column.name)
        if isinstance(value, int) and value < 0 and column.foreign_keys:
            (key,) = column.foreign_keys
            resolved[column.name] = given[key.column.table.name, value]
    return resolved


def _update(session: Session, rows: Iterable[tuple[str, int, Row]]) -> None:
    groups: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = defaultdict(list)
    for name, key, values in rows:
        if values:
            bound = {f"new_{column}": value for column, value in values.items()}
            groups[name, tuple(sorted(values))].append({"row": key, **bound})
    for (name, columns), values_of in groups.items():
        table = _table(name)
        statement = (
            update(table)
            .where(table.c.id == bindparam("row"))
            .values({column: bindparam(f"new_{column}") for column in columns})
        )
        session.connection().execute(statement, values_of)


def _stored(change: Change) -> list[Any]:
    """Return a change as plain JSON: table, id, before, after."""

    def plain(row: Row | None) -> dict[str, Any] | None:
        if row is None:
            return None
        return {
            column: value.isoformat()
            if isinstance(value, date)
            else str(value)
            if isinstance(value, Decimal)
            else value
            for column, value in row.items()
        }

    return [change.table, change.id, plain(change.before), plain(change.after)]


def _restored(stored: Sequence[Any]) -> Change:
    name, key, before, after = stored
    columns = _table(name).columns

    def typed(row: Mapping[str, Any] | None) -> Row | None:
        return (
            None
            if row is None
            else {column: _typed(columns[column].type, value) for column, value in row.items()}
        )

    return Change(name, key, typed(before), typed(after) or {})


def _typed(kind: Any, value: Any) -> Any:
    kind = getattr(kind, "impl", kind)
    if value is None:
        return None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, Numeric) and isinstance(value, str) else value


def changes_of(reorganisation: Reorganisation) -> list[Change]:
    """Return what an applied decree wrote."""
    return [_restored(stored) for stored in reorganisation.changes or ()]


def filed_on(session: Session, reorganisation_id: int) -> datetime | None:
    """Return when a report was filed that stands on a reorganisation, or None: it can still be undone."""
    return session.scalar(select(Reorganisation.sealed_at).where(Reorganisation.id == reorganisation_id))


def seal(session: Session, until: date, now: datetime) -> int:
    """Seal every reorganisation in force that took effect by `until`, the last day of a filed report; return how many.

    Whoever files a report calls this in the same unit of work.
    """
    sealed = session.scalars(
        update(Reorganisation)
        .where(
            Reorganisation.state == ReorganisationState.APPLIED,
            Reorganisation.effective_on <= until,
            Reorganisation.sealed_at.is_(None),
        )
        .values(sealed_at=now)
        .returning(Reorganisation.id)
    ).all()
    return len(sealed)


def take_back(
    session: Session, reorganisation_id: int, *, by_id: int | None, now: datetime
) -> Reorganisation:
    """Undo an applied decree: every row becomes what it was, byte for byte.

    Raises `NotFound`, `NotApplied`, `Sealed`, `ChangedSince`.
    """
    one = _locked(session, reorganisation_id)
    if one.state != ReorganisationState.APPLIED:
        raise NotApplied
    if filed_on(session, one.id) is not None:
        raise Sealed
    changes = changes_of(one)
    _unchanged(session, changes)
    _nothing_hangs_on(session, changes)
    _reverse(session, changes)
    session.expire_all()
    one.state, one.undone_at, one.undone_by_id = ReorganisationState.UNDONE, now, by_id
    record(
        session,
        at=now,
        actor_id=by_id,
        code="reorganisation.undo",
        target=f"reorganisation:{one.id}",
        title=one.title,
        changes=len(changes),
    )
    session.flush()
    return one


def _unchanged(session: Session, changes: Sequence[Change]) -> None:
    """Raise `ChangedSince` where a row is not as the decree left it."""
    by_table: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_table[change.table].append(change)
    for name, some in by_table.items():
        table = _table(name)
        present: dict[int, Row] = {}
        for ids in batches(sorted(change.id for change in some), CHUNK):
            present.update(_rows(session, select(table).where(table.c.id.in_(ids))))
        other = [
            change.id
            for change in some
            if change.id not in present
            or any(present[change.id][column] != value for column, value in change.after.items())
        ]
        if other:
            raise ChangedSince(what=_called(name, present.get(other[0])), count=len(other))


def _nothing_hangs_on(session: Session, changes: Sequence[Change]) -> None:
    """Raise `ChangedSince` where a row that the decree did not write points at one that it made."""
    own = {(change.table, change.id) for change in changes}
    made: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        if change.before is None:
            made[change.table].append(change.id)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                target = key.column.table.name
                for ids in batches(made.get(target, []), CHUNK):
                    names = [part.name for part in table.primary_key.columns]
                    query = select(*table.primary_key.columns).where(column.in_(ids))
                    rows = session.execute(query).all()
                    strange = [row for row in rows if names != ["id"] or (table.name, row[0]) not in own]
                    if strange:
                        raise ChangedSince(what=_called(target, None), count=len(strange))


def _called(name: str, row: Row | None) -> str:
    return str((row or {}).get("name") or name)


def _reverse(session: Session, changes: Sequence[Change]) -> None:
    there = [change for change in changes if change.before is not None]
    for holding in (False, True):
        _update(
            session,
            [
                (c.table, c.id, {k: v for k, v in (c.before or {}).items() if (k in HOLDING) is holding})
                for c in there
            ],
        )
        if holding:
            break
        new = [change for change in changes if change.before is None]
        last = ["unit", "area"]
        for name in [*(n for n in dict.fromkeys(c.table for c in new) if n not in last), *last]:
            table = _table(name)
            ids = sorted((change.id for change in new if change.table == name), reverse=True)
            if "parent_id" in table.columns and name in last:
                for some in batches(ids, CHUNK):  # children are told apart from parents no more: all go
                    session.execute(update(table).where(table.c.id.in_(some)).values(parent_id=None))
            for some in batches(ids, CHUNK):
                session.execute(delete(table).where(table.c.id.in_(some)))

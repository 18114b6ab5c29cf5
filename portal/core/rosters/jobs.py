"""Imports in the background: reading a file (the dry run), applying it, undoing it. Each may be taken up again."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts import arrivals
from portal.core.accounts.queries import actor_of
from portal.core.batches import batches
from portal.core.db import db
from portal.core.files.models import StoredFile
from portal.core.files.services import path_of
from portal.core.jobs.context import JobContext
from portal.core.jobs.registry import handles
from portal.core.organisation.models import Unit
from portal.core.policy import Action, Actor
from portal.core.rosters import applying, dry_run, queries, undoing
from portal.core.rosters.erasing import remove_files
from portal.core.rosters.known import coded_units
from portal.core.rosters.lines import line_of
from portal.core.rosters.models import BATCH, ImportState, RosterImport, RosterLine
from portal.core.rosters.plan import Seen
from portal.core.rosters.reading import items
from portal.core.rosters.rows import COLUMNS, HEADINGS, REQUIRED, Cell
from portal.core.tables_in.faults import CannotRead
from portal.core.tables_in.reading import read
from portal.core.tables_in.sheet import Limits
from portal.core.tables_in.table import Column, table
from portal.core.text import N_

LIMITS = Limits(rows=60_000)


def columns() -> list[Column]:
    """Return the columns of a staff list as the table reader looks for them; cells come as they are."""
    return [
        Column(key, HEADINGS[key], lambda value: value, aliases=names, required=key in REQUIRED)
        for key, names in COLUMNS.items()
    ]


def rows_of(stored: StoredFile) -> Iterator[tuple[int, Mapping[str, Cell], Mapping[str, str]]]:
    """Yield the rows of a stored file: number, cells, cells as seen. Raises `CannotRead`."""
    found = table(read(path_of(stored), stored.name, LIMITS), columns())
    for line in found:
        yield line.number, line.values, line.seen


def _there(session: Session, context: JobContext, state: ImportState) -> tuple[RosterImport, Actor] | None:
    """Return the import and who asked, if it still is in `state` and the asker still keeps rosters."""
    one = session.get(RosterImport, int(context.facts["import"]))
    if one is None or one.state != state:
        return None
    who = actor_of(session, context.by_id or one.created_by_id, clock.today())
    return (one, who) if who.may(Action.ROSTER_MANAGE) else None


def _done(one_id: int, *lines: list[Any]) -> dict[str, Any]:
    onward = {"endpoint": "roster.import_show", "values": {"import_id": one_id}, "label": N_("To the import")}
    return {"lines": list(lines), "next": onward}


@handles("roster.plan", N_("Reading a staff list"))
def plan(context: JobContext) -> dict[str, Any]:
    """Make the dry run of an import: read its file, or (facts: again) plan the rows that were read once more."""
    import_id = int(context.facts["import"])
    try:
        if context.facts.get("again"):
            with context.work() as session:
                there = _there(session, context, ImportState.PLANNING)
                if there is not None:
                    dry_run.replan(session, there[1], there[0])
        else:
            _read(context, import_id)
    except CannotRead as fault:
        with context.work() as session:
            one = session.get_one(RosterImport, import_id)
            session.execute(delete(RosterLine).where(RosterLine.import_id == import_id))
            one.state, one.note, one.counts = ImportState.UNREADABLE, fault.message, {}
            one.note_values = {
                key: value if isinstance(value, int) else str(value) for key, value in fault.values.items()
            }
            context.finish(session, _done(import_id))
    return _done(import_id)


def _read(context: JobContext, import_id: int) -> None:
    with context.work() as session:
        there = _there(session, context, ImportState.PLANNING)
        if there is None:
            return
        one, who = there
        session.execute(delete(RosterLine).where(RosterLine.import_id == import_id))
        unit = session.get(Unit, one.unit_id) if one.unit_id is not None else None
        code, as_of = (unit.code if unit else None), one.as_of
        may_be_coded = coded_units(session, who)
        stored = session.get_one(StoredFile, one.file_id)
        session.expunge(stored)
    total = sum(1 for _row in rows_of(stored))
    seen, position = Seen(), -1
    stream = items(rows_of(stored), unit=code, as_of=as_of, may_be_coded=may_be_coded)
    for batch in batches(stream, BATCH):
        context.stop_if_asked()
        with context.work() as session:
            outcomes, _digest = dry_run.planned(session, who, batch, seen, as_of=as_of, decisions={})
            session.execute(
                insert(RosterLine),
                [
                    line_of(import_id, position + place, item, outcome)
                    for place, (item, outcome) in enumerate(outcomes, 1)
                ],
            )
            position += len(batch)
        context.progress(position + 1, total + 1)
    with context.work() as session:
        one = session.get_one(RosterImport, import_id)
        dry_run.finish_plan(session, one, seen, position)
        context.finish(session, _done(import_id))


@handles("roster.apply", N_("Applying a staff list"))
def apply(context: JobContext) -> dict[str, Any]:
    """Apply an import in one transaction; if the roster has moved since the dry run, make a new dry run instead."""
    import_id = int(context.facts["import"])
    there = _there(db.session(), context, ImportState.APPLYING)
    if there is None:
        return _done(import_id)
    one, who = there
    try:
        checked = applying.check(
            db.session(), who, one, lambda done, all_: context.progress(done, 2 * all_ + 1)
        )
        total = max(1, sum(many for kind, many in one.counts.items() if kind not in ("units", "whole")))
        db.session.rollback()
        with context.work() as session:
            there = _there(session, context, ImportState.APPLYING)
            if there is None:
                return _done(import_id)
            applying.apply(
                session, there[1], there[0], checked, clock.now(),
                lambda done, all_: context.progress(total + total * done // max(1, all_), 2 * total + 1),
            )  # fmt: skip
            arrivals.arrived(session, queries.people_of_import(session, import_id), clock.now())
            context.finish(session, _done(import_id))
    except applying.Moved:
        db.session.rollback()
        with context.work() as session:
            one = session.get_one(RosterImport, import_id)
            dry_run.replan(session, who, one)
            one.note = "moved"
            context.finish(session, _done(import_id))
    return _done(import_id)


@handles("roster.clean", N_("Letting go of staff lists that name people who were removed"), daily_at=1)
def clean(context: JobContext) -> dict[str, Any]:
    """Remove the files of imports whose undo is past and that name somebody whose data were removed."""
    with context.work() as session:
        gone = remove_files(session, clock.now())
        context.finish(session, {"removed": gone})
    return {}


@handles("roster.undo", N_("Undoing a staff list"))
def undo(context: JobContext) -> dict[str, Any]:
    """Undo an import in one transaction, or say which later changes stand on it."""
    import_id = int(context.facts["import"])
    try:
        with context.work() as session:
            there = _there(session, context, ImportState.UNDOING)
            if there is not None:
                added = queries.added_by_import(session, import_id)
                others = set(queries.people_of_import(session, import_id)) - set(added)
                # what merely followed from their coming must not hold them here; refused, all of it stands again
                arrivals.taken_back(session, added)
                undoing.undo(session, there[0], context.by_id or 0, clock.now())
                arrivals.arrived(session, sorted(others), clock.now())
                context.finish(session, _done(import_id))
    except undoing.CannotUndo as fault:
        with context.work() as session:
            one = session.get_one(RosterImport, import_id)
            one.state, one.note = ImportState.APPLIED, "cannot_undo"
            one.note_values = {"faults": [list(pair) for pair in fault.faults]}
            context.finish(session, _done(import_id))
    return _done(import_id)

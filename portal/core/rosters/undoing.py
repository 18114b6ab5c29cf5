"""The undo of an import: what it changed is restored field by field, or nothing is, with every reason why. Does not commit."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.audit.services import record
from portal.core.db import Base
from portal.core.rosters.changes import MODELS, digest, json_value
from portal.core.rosters.models import BATCH, ImportState, RosterChange, RosterImport

MOST_FAULTS = 50


class CannotUndo(Exception):
    """Later changes stand on what an import wrote: `faults` are (row number, reason code), at most fifty."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = list(faults)[:MOST_FAULTS]


#: What goes with a person who is taken back: it was made for her first sign-in, and she has not signed in.
_GOES_ALONG = frozenset({"slip", "claim"})


def undo(session: Session, one: RosterImport, by_id: int, now: datetime) -> None:
    """Restore what an import found, field by field. Raises `CannotUndo` with every reason; then nothing has changed."""
    faults = [*_changed_since(session, one.id), *_depended_on(session, one.id)]
    if faults:
        raise CannotUndo(sorted(set(faults)))
    try:
        with session.begin_nested():
            for kind in ("basis", "posting", "user"):
                _restore(session, one.id, kind)
            session.flush()
    except IntegrityError as fault:
        raise CannotUndo([(0, "undo_conflict")]) from fault
    one.state, one.undone_at = ImportState.UNDONE, now
    one.note, one.note_values = None, None
    record(
        session,
        at=now,
        actor_id=by_id,
        code="roster.undo",
        target=f"roster_import:{one.id}",
        file=one.file_name,
    )


def _changes(session: Session, import_id: int, kind: str) -> Iterator[Sequence[Any]]:
    """Yield what an import changed of one kind, the last first, in batches."""
    before_id = 2**62
    while True:
        found = session.execute(
            select(
                RosterChange.id, RosterChange.number, RosterChange.row_id, RosterChange.before,
                RosterChange.after_digest,
            )
            .where(
                RosterChange.import_id == import_id, RosterChange.kind == kind, RosterChange.id < before_id
            )
            .order_by(RosterChange.id.desc())
            .limit(BATCH)
        ).all()  # fmt: skip
        if not found:
            return
        before_id = found[-1].id
        yield found


def _changed_since(session: Session, import_id: int) -> Iterator[tuple[int, str]]:
    """Yield the rows whose person, post or basis is no longer what the import made of it."""
    for kind, (model, names) in MODELS.items():
        expected: dict[int, str] = {}
        for found in _changes(session, import_id, kind):
            columns = [getattr(model, name) for name in names]
            secret = User.secret_hash.is_not(None) if kind == "user" else model.id.is_(None)
            rows = {
                row[0]: row
                for row in session.execute(
                    select(model.id, secret, *columns).where(model.id.in_({one.row_id for one in found}))
                )
            }
            for one in found:
                row = rows.get(one.row_id)
                now = (
                    digest({name: json_value(value) for name, value in zip(names, row[2:], strict=True)})
                    if row is not None
                    else ""
                )
                # of several changes of one row by this import only the last can be compared with what is there
                if expected.setdefault(one.row_id, now) != one.after_digest:
                    yield one.number, f"undo_{kind}_changed"
                if row is not None and row[1] and one.before is None:
                    yield one.number, "undo_signed_in"
                expected[one.row_id] = digest(one.before) if one.before is not None else ""


def _depended_on(session: Session, import_id: int) -> Iterator[tuple[int, str]]:
    """Yield the rows that added something to which other tables refer by now."""
    made = {
        kind: select(RosterChange.row_id).where(
            RosterChange.import_id == import_id, RosterChange.kind == kind, RosterChange.before.is_(None)
        )
        for kind in MODELS
    }
    for kind, (model, _names) in MODELS.items():
        target = model.__table__
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if not any(key.column.table is target for key in column.foreign_keys):
                    continue
                if table.name in _GOES_ALONG:
                    continue
                query = select(column).where(column.in_(made[kind])).distinct().limit(MOST_FAULTS)
                if table.name == "posting":
                    query = query.where(table.c.id.not_in(made["posting"]))
                for (row_id,) in session.execute(query).all():
                    yield _number(session, import_id, kind, row_id), f"undo_used_{_family(table)}"


def _family(table: Table) -> str:
    """Return in which words a reference is named on the page."""
    return "post" if table.name in ("posting", "transfer") else "work"


def _number(session: Session, import_id: int, kind: str, row_id: int) -> int:
    return (
        session.scalar(
            select(RosterChange.number).where(
                RosterChange.import_id == import_id,
                RosterChange.kind == kind,
                RosterChange.row_id == row_id,
            )
        )
        or 0
    )


def _restore(session: Session, import_id: int, kind: str) -> None:
    model, _names = MODELS[kind]
    for found in _changes(session, import_id, kind):
        added = [one.row_id for one in found if one.before is None]
        if added:
            session.execute(
                delete(model).where(model.id.in_(added)), execution_options={"synchronize_session": False}
            )
    for found in _changes(session, import_id, kind):
        for one in found:
            if one.before is not None:
                values = {
                    name: date.fromisoformat(value) if name in ("valid_from", "valid_to") and value else value
                    for name, value in one.before.items()
                }
                session.execute(
                    update(model).where(model.id == one.row_id).values(**values),
                    execution_options={"synchronize_session": False},
                )
    session.expire_all()

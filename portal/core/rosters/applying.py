"""Applying an import: check it once more, lay ready what is to be written, write all of it or nothing. Does not commit.

An application first plans everything again, outside any transaction and with progress, and lays what is to be written
into a file of its own (`Checked`); if the roster has moved since the dry run, nothing is written. Then one transaction
looks a last time whether anything has moved, writes all of it in a few statements for each batch, and ends the job.

Batches that commit one by one would need every count in the portal to overlook what is not whole yet, and somebody to
finish it after a crash; instead the one transaction is short, because all reading, comparing and folding of names was
done before it. While it lasts nobody else writes on SQLite (PostgreSQL has no such lock); how far it is, is told
beside the database (`jobs.context`). A crash in it leaves nothing.
"""

import pickle
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.accounts.models import PostingSource
from portal.core.audit.services import record
from portal.core.batches import batches
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Unit
from portal.core.policy import Actor
from portal.core.rosters import plan as planner
from portal.core.rosters.changes import digest
from portal.core.rosters.dry_run import planned
from portal.core.rosters.known import digest_of, known_for, standing
from portal.core.rosters.lines import decisions_of, item_of, outcome_json, outcome_of, stored_values
from portal.core.rosters.models import BATCH, Evidence, ImportState, RosterImport
from portal.core.rosters.plan import Kind, Outcome, Seen
from portal.core.rosters.reading import units_named
from portal.core.rosters.rows import Row
from portal.core.rosters.writing import Writer, is_new

Progress = Callable[[int, int], None]


class Moved(Exception):
    """The roster is no longer what the dry run saw."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A thousand lines, ready to be written. rows: all that were planned; keys: how new people sort and are searched."""

    rows: list[Row]
    also: frozenset[str]
    known: str
    pairs: list[tuple[Row | int, Outcome]]
    keys: dict[int, tuple[str, str]]


class Checked:
    """An import that was planned again and is as its dry run said: what is to be written, outside memory."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.left: set[int] = set()
        self.many = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=4_000_000)  # noqa: SIM115 - closed with this object
        weakref.finalize(self, self._file.close)

    def add(self, batch: Batch) -> None:
        """Lay a batch down."""
        self.many += len(batch.pairs)
        pickle.dump(batch, self._file, pickle.HIGHEST_PROTOCOL)

    def batches(self) -> Iterator[Batch]:
        """Yield what was laid down, from the beginning."""
        self._file.seek(0)
        while True:
            try:
                yield pickle.load(self._file)  # noqa: S301 - our own, written a moment ago and seen by nobody else
            except EOFError:
                return


def check(session: Session, who: Actor, one: RosterImport, progress: Progress | None = None) -> Checked:
    """Plan everything again and compare with the dry run; return what is to be written.

    Raises `Moved` where anything has become different.
    """
    decisions = decisions_of(session, one.id)
    checked = Checked()
    done, total = 0, sum(many for kind, many in one.counts.items() if kind not in ("units", "whole"))
    for lines in stored_values(session, one.id):
        rows = [line for line in lines if line.number]
        checked.left |= {line.outcome["post"] for line in lines if not line.number}
        outcomes, known = planned(
            session, who, [item_of(line) for line in rows], checked.seen, as_of=one.as_of, decisions=decisions
        )
        pairs: list[tuple[Row | int, Outcome]] = []
        for line, (item, outcome) in zip(rows, outcomes, strict=True):
            if (line.kind, line.reason) != (str(outcome.kind), outcome.reason) or not _same(
                line.outcome, outcome_json(outcome, readable=isinstance(item, Row))
            ):
                raise Moved
            if isinstance(item, Row) and outcome.kind in (Kind.ADDED, Kind.CHANGED):
                pairs.append((item, outcome))
        pairs += [(0, outcome_of(line)) for line in lines if not line.number]
        keys = {row.number: (sort_key(row.name), fold(row.name)) for row, outcome in pairs if isinstance(row, Row) and is_new(outcome)}  # fmt: skip
        items_ = [item for item, _outcome_ in outcomes]
        readable = [item for item in items_ if isinstance(item, Row)]
        checked.add(Batch(readable, units_named(items_), known, pairs, keys))
        done += len(lines)
        if progress is not None:
            progress(done, total)
    if _left(session, one, checked) != checked.left:
        raise Moved
    return checked


def _left(session: Session, one: RosterImport, checked: Checked) -> set[int]:
    """Return the posts that end, because those who hold them are no longer on the list."""
    if not one.full_list:
        return set()
    whole = [unit for unit in checked.seen.units if checked.seen.whole(unit)]
    return {
        post.id
        for post, _outcome in planner.left(standing(session, whole, one.as_of), checked.seen, one.as_of)
    }


def _same(stored_: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return stored_ == now or digest(stored_) == digest(now)  # JSON has no tuples and no dates


def apply(
    session: Session,
    who: Actor,
    one: RosterImport,
    checked: Checked,
    now: datetime,
    progress: Progress | None = None,
) -> None:
    """Write an import that was checked; in one transaction with a last look that nothing has moved.

    Raises `Moved`; then nothing has been written.
    """
    by_id = who.id or 0
    for batch in checked.batches():
        if digest_of(known_for(session, who, batch.rows, one.as_of, batch.also)) != batch.known:
            raise Moved
    if _left(session, one, checked) != checked.left:
        raise Moved
    writer = Writer(
        session, as_of=one.as_of, by_id=by_id, now=now, source=PostingSource.IMPORT, import_id=one.id
    )
    done = 0
    for batch in checked.batches():
        try:
            writer.write(batch.pairs, batch.keys)
        except IntegrityError as fault:  # somebody took a code between the look and the writing (PostgreSQL)
            raise Moved from fault
        done += len(batch.pairs)
        if progress is not None:
            progress(done, checked.many)
    if one.full_list:
        seen = checked.seen
        whole = sorted(unit for unit in seen.units if seen.whole(unit))
        wanted = {}
        for codes in batches(whole, BATCH):
            for code, unit_id in session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(codes))):
                wanted[unit_id] = Evidence.CODED if code in seen.coded else Evidence.NAMED
        writer.bases(wanted)
    session.expire_all()
    one.state, one.applied_at, one.note, one.note_values = ImportState.APPLIED, now, None, None
    record(
        session, at=now, actor_id=by_id, code="roster.import", target=f"roster_import:{one.id}", file=one.file_name,
        **one.counts,
    )  # fmt: skip

"""From lines of a file to the roster and back: what the planner needs is read, what it says is written. Does not commit.

The dry run, the application and the undo of an import work in batches of a thousand lines, so that memory does not
grow with the file. Everything written is noted with what was there before, so that the undo restores it field by field.

**Wholly or not at all.** An application first plans everything again, outside any transaction and with progress, and
lays what is to be written into a file of its own (`Checked`); if the roster has moved since the dry run, nothing is
written. Then one transaction looks a last time whether anything has moved, writes all of it in a few statements for
each thousand rows, and ends the job. Batches that commit one by one would need every count in the portal to overlook
what is not whole yet, and somebody to finish it after a crash; instead the one transaction is short, because all
reading, comparing and folding of names was done before it. While it lasts nobody else writes on SQLite (PostgreSQL
has no such lock); how far it is, is told beside the database (`jobs.context`). A crash in it leaves nothing.
"""

import hashlib
import json
import pickle
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.accounts.models import LeftReason, Posting, PostingSource, SecretKind, User
from portal.core.audit.services import record
from portal.core.db import Base
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Sector, Unit
from portal.core.policy import Actor
from portal.core.rosters import plan as planner
from portal.core.rosters import queries
from portal.core.rosters.models import (
    Evidence,
    ImportState,
    RosterBasis,
    RosterChange,
    RosterImport,
    RosterLine,
)
from portal.core.rosters.plan import Kind, Known, Outcome, Person, Post, Seen, UnitFacts
from portal.core.rosters.rows import Cell, Row, Unusable, read

BATCH = 1000
MOST_FAULTS = 50
USER_FIELDS = ("full_name", "sort_key", "search_key", "phone", "staff_code", "coded")
POST_FIELDS = ("user_id", "unit_id", "audience", "title", "valid_from", "valid_to", "left_reason")
BASIS_FIELDS = ("unit_id", "evidence", "valid_from", "valid_to", "totals", "file_id")
Progress = Callable[[int, int], None]


class Moved(Exception):
    """The roster is no longer what the dry run saw."""


class CannotUndo(Exception):
    """Later changes stand on what an import wrote: `faults` are (row number, reason code), at most fifty."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = list(faults)[:MOST_FAULTS]


@dataclass(frozen=True, slots=True)
class Unread:
    """A row of the file that is no `Row`: its cells as they were seen, and why."""

    number: int
    seen: Mapping[str, str]
    reason: str
    values: Mapping[str, str | int]


Item = Row | Unread


def items(
    rows: Iterable[tuple[int, Mapping[str, Cell], Mapping[str, str]]],
    *,
    unit: str | None,
    as_of: date,
    may_be_coded: frozenset[str],
) -> Iterator[Item]:
    """Yield each row of a file (number, cells, cells as seen) as a `Row`, or as `Unread` with the reason."""
    for number, cells, as_seen in rows:
        clean = {key: _storable(cell) if isinstance(cell, str) else cell for key, cell in cells.items()}
        try:
            yield read(number, clean, unit=unit, as_of=as_of, may_be_coded=may_be_coded)
        except Unusable as fault:
            shown = {key: _storable(text) for key, text in as_seen.items()}
            values = {
                key: _storable(value) if isinstance(value, str) else value
                for key, value in fault.values.items()
            }
            yield Unread(number, shown, fault.reason, values)


def _storable(text: str) -> str:
    """Return `text` without NUL, which PostgreSQL cannot store; the sign in its place is refused like any other."""
    return text.replace("\0", "\ufffd")


def batches(stream: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Yield the items in lists of at most `size`."""
    stream = iter(stream)
    while batch := list(islice(stream, size)):
        yield batch


def coded_units(session: Session, who: Actor) -> frozenset[str]:
    """Return the codes of units whose people may stand by a code alone: those of the police in the asker's reach."""
    return frozenset(
        session.scalars(select(Unit.code).where(queries.reach(who), Unit.sector == Sector.POLICE))
    )


def known_for(
    session: Session, who: Actor, rows: Sequence[Row], as_of: date, also: Collection[str] = ()
) -> Known:
    """Return what of the roster the planner needs for `rows`: four queries, whatever the size of the roster.

    also: codes of units that rows name which could not be read otherwise.
    """
    codes = {row.code for row in rows if row.code}
    phones = {row.phone for row in rows if row.phone}
    keys = {fold(row.name) for row in rows}
    mine = select(Unit.id).where(queries.reach(who))
    coded = exists().where(
        RosterBasis.unit_id == Unit.id, RosterBasis.evidence == Evidence.CODED, RosterBasis.valid_from <= as_of,
        or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= as_of),
    )  # fmt: skip
    found = session.execute(
        select(Unit.id, Unit.code, Unit.id.in_(mine), coded).where(
            Unit.code.in_({row.unit for row in rows} | set(also)),
            Unit.valid_from <= as_of,
            or_(Unit.valid_to.is_(None), Unit.valid_to >= as_of),
        )
    ).all()
    units = {code: UnitFacts(bool(yours), bool(only)) for _id, code, yours, only in found}
    unit_codes = {id_: code for id_, code, yours, _only in found if yours}
    lasting = queries.lasts(as_of)
    here = exists().where(Posting.user_id == User.id, lasting, Posting.unit_id.in_(mine))
    anywhere = exists().where(Posting.user_id == User.id, lasting)
    once_here = exists().where(Posting.user_id == User.id, Posting.unit_id.in_(mine))
    yours = or_(here, and_(~anywhere, or_(once_here, User.secret_hash.is_(None))))
    named_here = exists().where(Posting.user_id == User.id, lasting, Posting.unit_id.in_(list(unit_codes)))
    people = [
        Person(id_, name, phone, code, bool(coded_), bool(yours_))
        for id_, name, phone, code, coded_, yours_ in session.execute(
            select(User.id, User.full_name, User.phone, User.staff_code, User.coded, yours)
            .where(
                User.ended_at.is_(None),
                or_(
                    User.staff_code.in_(codes),
                    and_(User.phone.in_(phones), here),
                    and_(User.search_key.in_(keys), named_here),
                ),
            )
            .order_by(User.id)
        )
    ]
    posts = [
        Post(one[0], one[1], unit_codes[one[2]], str(one[3]), one[4], one[5], one[6])
        for one in session.execute(
            select(
                Posting.id, Posting.user_id, Posting.unit_id, Posting.audience, Posting.title,
                Posting.valid_from, Posting.valid_to,
            )
            .where(Posting.user_id.in_([one.id for one in people]), Posting.unit_id.in_(list(unit_codes)))
            .order_by(Posting.id)
        )
    ]  # fmt: skip
    by_phone = dict(
        session.execute(
            select(User.phone, func.count())
            .where(User.phone.in_(phones), User.ended_at.is_(None))
            .group_by(User.phone)
        ).all()
    )
    return Known(units, people, posts, by_phone)  # type: ignore[arg-type]


def standing(session: Session, units: Iterable[str], as_of: date) -> Iterator[Post]:
    """Yield the posts that hold on `as_of` in the units of these codes, unit by unit."""
    codes = sorted(units)
    for start in range(0, len(codes), 500):
        for one in session.execute(
            select(
                Posting.id, Posting.user_id, Unit.code, Posting.audience, Posting.title, Posting.valid_from,
                Posting.valid_to,
            )
            .join(Unit, Unit.id == Posting.unit_id)
            .where(
                Unit.code.in_(codes[start : start + 500]),
                queries.stands(as_of),
                Posting.audience.not_in(queries.PARENTS),
            )
            .order_by(Unit.code, Posting.id)
        ):  # fmt: skip
            yield Post(one[0], one[1], one[2], str(one[3]), one[4], one[5], one[6])


def units_named(batch: Sequence[Item]) -> frozenset[str]:
    """Return the codes of units that the unreadable rows of a batch name."""
    return frozenset(_named(item) for item in batch if isinstance(item, Unread)) - {""}


def _named(item: Unread) -> str:
    """Return whose list a row belongs to, "" where that is not known: where it does not say so in words that can be read."""
    return item.seen.get("unit", "").strip().upper() if item.reason != "other_unit" else ""


def planned(
    session: Session,
    who: Actor,
    batch: Sequence[Item],
    seen: Seen,
    *,
    as_of: date,
    decisions: Mapping[int, str],
) -> tuple[list[tuple[Item, Outcome]], str]:
    """Return a batch with its outcomes, and a digest of everything known that they stand on."""
    rows = [item for item in batch if isinstance(item, Row)]
    known = known_for(session, who, rows, as_of, units_named(batch))
    outcomes: list[tuple[Item, Outcome]] = []
    for item in batch:
        if isinstance(item, Unread):
            where = _named(item)
            seen.refused(where if where in known.units else "")
            outcomes.append((item, Outcome(Kind.REFUSED, item.reason, values=item.values)))
    done = dict(
        zip((row.number for row in rows), planner.plan(rows, known, seen, as_of, decisions), strict=True)
    )
    outcomes += done.values()
    order = {item.number: place for place, item in enumerate(batch)}
    outcomes.sort(key=lambda pair: order[pair[0].number])
    return outcomes, digest_of(known)


def digest(value: object) -> str:
    """Return 32 hexadecimal digits of a value's JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def digest_of(known: Known) -> str:
    """Return 32 hexadecimal digits of everything known: compared within one run of the program only."""
    text = repr((sorted(known.units.items()), known.people, known.posts, sorted(known.by_phone.items())))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def line_of(import_id: int, position: int, item: Item, outcome: Outcome) -> dict[str, Any]:
    """Return the values of the `RosterLine` for a row and its outcome."""
    row = _row_json(item) if isinstance(item, Row) else dict(item.seen)
    words = " ".join(str(row.get(key) or "") for key in ("name", "code", "phone", "unit"))
    return {
        "import_id": import_id, "position": position, "number": item.number, "kind": str(outcome.kind),
        "reason": outcome.reason, "unit_code": str(row.get("unit") or "")[:40], "search_key": fold(words)[:300],
        "row": row, "outcome": outcome_json(outcome, readable=isinstance(item, Row)), "decision": None,
    }  # fmt: skip


def left_line(import_id: int, position: int, post: Post, outcome: Outcome, name: str) -> dict[str, Any]:
    """Return the values of the `RosterLine` for somebody who is no longer on the list."""
    row = {"unit": post.unit, "name": name, "audience": post.audience, "title": post.title}
    return {
        "import_id": import_id, "position": position, "number": 0, "kind": str(outcome.kind),
        "reason": outcome.reason, "unit_code": post.unit, "search_key": fold(f"{name} {post.unit}")[:300],
        "row": row, "outcome": outcome_json(outcome, readable=True), "decision": None,
    }  # fmt: skip


def _row_json(row: Row) -> dict[str, Any]:
    values = {
        key: getattr(row, key) for key in ("unit", "code", "name", "phone", "audience", "title", "coded")
    }
    return {**values, "began": row.began.isoformat() if row.began else None}


def outcome_json(outcome: Outcome, *, readable: bool) -> dict[str, Any]:
    """Return an outcome as it is stored."""
    return {
        "person": outcome.person, "same_as": outcome.same_as, "post": outcome.post,
        "began": outcome.began.isoformat() if outcome.began else None,
        "changes": {key: list(pair) for key, pair in outcome.changes.items()},
        "values": dict(outcome.values), "candidate": outcome.candidate,
        "choices": [str(choice) for choice in outcome.choices], "readable": readable,
    }  # fmt: skip


def item_of(line: Any) -> Item:
    """Return the row of a stored line as it was read from the file."""
    if not line.outcome["readable"]:
        return Unread(line.number, line.row, line.reason, line.outcome["values"])
    row = line.row
    return Row(
        line.number, row["unit"], row["code"], row["name"], row["phone"], row["audience"], row["title"],
        date.fromisoformat(row["began"]) if row["began"] else None, row["coded"],
    )  # fmt: skip


def stored(session: Session, import_id: int, size: int = BATCH) -> Iterator[list[RosterLine]]:
    """Yield the lines of an import in the order of the file, in batches; the session forgets each batch."""
    last = -1
    while True:
        found = session.scalars(
            select(RosterLine)
            .where(RosterLine.import_id == import_id, RosterLine.position > last)
            .order_by(RosterLine.position)
            .limit(size)
        ).all()
        if not found:
            return
        last = found[-1].position
        yield list(found)


def decisions_of(session: Session, import_id: int) -> dict[int, str]:
    """Return what was decided of doubtful doubles: row number -> decision."""
    rows = session.execute(
        select(RosterLine.number, RosterLine.decision).where(
            RosterLine.import_id == import_id, RosterLine.decision.is_not(None)
        )
    )
    return {number: str(decision) for number, decision in rows}


def finish_plan(session: Session, one: RosterImport, seen: Seen, position: int) -> None:
    """Add the lines of those who are no longer on the list, and count: the dry run is ready to be looked at."""
    if one.full_list:
        values = []
        whole = [unit for unit in seen.units if seen.whole(unit)]
        for post, outcome in planner.left(standing(session, whole, one.as_of), seen, one.as_of):
            position += 1
            name = session.scalar(select(User.full_name).where(User.id == post.person)) or ""
            values.append(left_line(one.id, position, post, outcome, name))
        if values:
            session.execute(insert(RosterLine), values)
    counts = dict(
        session.execute(
            select(RosterLine.kind, func.count())
            .where(RosterLine.import_id == one.id)
            .group_by(RosterLine.kind)
        ).all()
    )
    units = session.scalar(
        select(func.count(RosterLine.unit_code.distinct())).where(RosterLine.import_id == one.id)
    )
    one.counts = {
        **{str(kind): int(many) for kind, many in counts.items()},
        "units": units or 0,
        "whole": sum(seen.whole(unit) for unit in seen.units) if one.full_list else 0,
    }
    one.state = ImportState.PLANNED


def replan(session: Session, who: Actor, one: RosterImport) -> None:
    """Plan the stored rows of an import again, with the decisions made so far."""
    session.execute(delete(RosterLine).where(RosterLine.import_id == one.id, RosterLine.number == 0))
    decisions = decisions_of(session, one.id)
    seen, position = Seen(), -1
    for lines in stored(session, one.id):
        outcomes, _digest = planned(
            session, who, [item_of(line) for line in lines], seen, as_of=one.as_of, decisions=decisions
        )
        for line, (item, outcome) in zip(lines, outcomes, strict=True):
            line.kind, line.reason = str(outcome.kind), outcome.reason
            line.outcome = outcome_json(outcome, readable=isinstance(item, Row))
            position = line.position
        session.flush()
    finish_plan(session, one, seen, position)


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
    for lines in _lines(session, one.id):
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
        pairs += [(0, _outcome(line)) for line in lines if not line.number]
        keys = {row.number: (sort_key(row.name), fold(row.name)) for row, outcome in pairs if isinstance(row, Row) and _is_new(outcome)}  # fmt: skip
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


def _is_new(outcome: Outcome) -> bool:
    return outcome.kind == Kind.ADDED and outcome.person is None and outcome.same_as is None


def _lines(session: Session, import_id: int, size: int = BATCH) -> Iterator[Sequence[Any]]:
    """Yield the lines of an import in the order of the file, to be read only."""
    last = -1
    while True:
        found = session.execute(
            select(
                RosterLine.position, RosterLine.number, RosterLine.kind, RosterLine.reason, RosterLine.row,
                RosterLine.outcome,
            )
            .where(RosterLine.import_id == import_id, RosterLine.position > last)
            .order_by(RosterLine.position)
            .limit(size)
        ).all()  # fmt: skip
        if not found:
            return
        last = found[-1].position
        yield found


class Writer:
    """Writes outcomes to the roster, and notes what was there before."""

    def __init__(
        self, session: Session, *, as_of: date, by_id: int, now: datetime, source: PostingSource,
        import_id: int | None,
    ) -> None:  # fmt: skip
        self.session, self.as_of, self.by_id, self.now = session, as_of, by_id, now
        self.source, self.import_id = source, import_id
        self.made: dict[int, int] = {}
        self.units: dict[str, int] = {}
        self._notes: list[dict[str, Any]] = []

    def write(
        self, pairs: Sequence[tuple[Row | int, Outcome]], keys: Mapping[int, tuple[str, str]] | None = None
    ) -> list[int]:
        """Write a batch: rows (or, of somebody who left, 0) with their outcomes; return the ids of new posts.

        keys: how new people sort and are searched, by row, where that is known already. A few statements, however
        many rows.
        """
        self.session.flush()
        self._find_units({row.unit for row, _outcome in pairs if isinstance(row, Row)})
        self._people([row for row, outcome in pairs if isinstance(row, Row) and _is_new(outcome)], keys or {})
        posts, corrections, changes = [], [], []
        for row, outcome in pairs:
            number = row.number if isinstance(row, Row) else row
            if outcome.kind == Kind.LEFT:
                changes.append((number, outcome))
            elif outcome.kind in (Kind.ADDED, Kind.CHANGED) and isinstance(row, Row):
                who = outcome.person or self.made[outcome.same_as or row.number]
                corrections.append((number, who, outcome))
                if outcome.kind == Kind.ADDED:
                    posts.append((row, who, outcome))
                else:
                    changes.append((number, outcome))
        self._correct(corrections)
        self._change_posts(changes)
        ids = self._add_posts(posts)
        self._flush_notes()
        return ids

    def _find_units(self, codes: set[str]) -> None:
        missing = codes - set(self.units)
        if missing:
            found = self.session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(missing)))
            self.units |= {row.code: row.id for row in found}

    def _people(self, rows: Sequence[Row], keys: Mapping[int, tuple[str, str]]) -> None:
        if not rows:
            return
        values = []
        for row in rows:
            order, plain = keys.get(row.number) or (sort_key(row.name), fold(row.name))
            values.append(
                {
                    "full_name": row.name, "sort_key": order, "search_key": plain,
                    "phone": row.phone, "staff_code": row.code, "coded": row.coded,
                    "secret_kind": SecretKind.PASSWORD, "failed_count": 0, "created_at": self.now,
                }
            )  # fmt: skip
        for row, value, id_ in zip(rows, values, self._inserted(User, values), strict=True):
            self.made[row.number] = id_
            self._note(row.number, "user", id_, None, {key: value[key] for key in USER_FIELDS})

    def _inserted(self, model: Any, values: Sequence[dict[str, Any]]) -> Sequence[int]:
        table = model.__table__
        return self.session.scalars(
            insert(table).returning(table.c.id, sort_by_parameter_order=True), values
        ).all()

    def _correct(self, wanted: Sequence[tuple[int, int, Outcome]]) -> None:
        """Write names, numbers and codes that differ, in the order of the rows."""
        news = [
            (number, who, {key: after for key, (_before, after) in outcome.changes.items()})
            for number, who, outcome in wanted
            if outcome.changes.keys() & {"name", "phone", "code"}
        ]
        state = self._state(User, USER_FIELDS, {who for _number, who, _changes in news})
        updates = []
        for number, who, changes in news:
            before = state[who]
            after = dict(before)
            if "name" in changes:
                name = changes["name"]
                after |= {"full_name": name, "sort_key": sort_key(name), "search_key": fold(name)}
            if "phone" in changes:
                after["phone"] = changes["phone"] or None
            if "code" in changes:
                after["staff_code"] = changes["code"] or None
            if after != before:
                updates.append({**after, "of": who})
                self._note(number, "user", who, _fields(before), _fields(after))
                state[who] = after
        self._update(User, USER_FIELDS, updates)

    def _change_posts(self, wanted: Sequence[tuple[int, Outcome]]) -> None:
        """End the posts of those who left, and write titles and first days that differ, in the order of the rows."""
        changing = [
            (number, outcome.post, outcome)
            for number, outcome in wanted
            if outcome.post is not None
            and (outcome.kind == Kind.LEFT or outcome.changes.keys() & {"title", "began"})
        ]
        state = self._state(Posting, POST_FIELDS, {post for _number, post, _outcome in changing})
        updates = []
        for number, post, outcome in changing:
            before = state[post]
            after = dict(before)
            if outcome.kind == Kind.LEFT:
                after |= {"valid_to": self.as_of - timedelta(days=1), "left_reason": LeftReason.NOT_ON_LIST}
            else:
                if "title" in outcome.changes:
                    after["title"] = outcome.changes["title"][1]
                if outcome.began is not None:
                    after["valid_from"] = outcome.began
            updates.append({**after, "of": post})
            self._note(number, "posting", post, _fields(before), _fields(after))
            state[post] = after
        self._update(Posting, POST_FIELDS, updates)

    def _state(self, model: Any, names: Sequence[str], ids: Collection[int]) -> dict[int, dict[str, Any]]:
        """Return the fields of rows by id, as they stand."""
        if not ids:
            return {}
        table = model.__table__
        found = self.session.execute(
            select(table.c.id, *(table.c[name] for name in names)).where(table.c.id.in_(ids))
        ).all()
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in found}

    def _update(self, model: Any, names: Sequence[str], updates: Sequence[dict[str, Any]]) -> None:
        if updates:
            table = model.__table__
            self.session.connection().execute(
                update(table)
                .where(table.c.id == bindparam("of"))
                .values({name: bindparam(name) for name in names}),
                updates,
            )
            _forget(self.session, model)

    def _add_posts(self, posts: Sequence[tuple[Row, int, Outcome]]) -> list[int]:
        if not posts:
            return []
        values = [
            {
                "user_id": who, "unit_id": self.units[row.unit], "audience": row.audience, "title": row.title,
                "valid_from": outcome.began or self.as_of, "valid_to": None, "left_reason": None,
                "source": self.source, "import_id": self.import_id, "recorded_at": self.now,
                "recorded_by_id": self.by_id,
            }
            for row, who, outcome in posts
        ]  # fmt: skip
        ids = list(self._inserted(Posting, values))
        for (row, _who, _outcome), value, id_ in zip(posts, values, ids, strict=True):
            self._note(row.number, "posting", id_, None, {key: _plain(value[key]) for key in POST_FIELDS})
        return ids

    def bases(self, wanted: Mapping[int, Evidence]) -> None:
        """Let the denominators of units stand on lists from `as_of` on; nothing is written where they do already."""
        for id_, before, after in set_bases(
            self.session, wanted, self.as_of, by_id=self.by_id, now=self.now, import_id=self.import_id
        ):
            self._note(0, "basis", id_, before, after)
        self._flush_notes()

    def _note(
        self, number: int, kind: str, row_id: int, before: dict[str, Any] | None, after: dict[str, Any]
    ) -> None:
        if self.import_id is not None:
            self._notes.append(
                {
                    "import_id": self.import_id, "number": number, "kind": kind, "row_id": row_id,
                    "before": before, "after_digest": digest(after),
                }
            )  # fmt: skip

    def _flush_notes(self) -> None:
        if self._notes:
            self.session.execute(insert(RosterChange), self._notes)
            self._notes = []


def set_basis(
    session: Session,
    unit_id: int,
    evidence: Evidence,
    day: date,
    *,
    by_id: int | None,
    now: datetime,
    import_id: int | None = None,
    totals: dict[str, int] | None = None,
    file_id: int | None = None,
) -> list[tuple[int, dict[str, Any] | None, dict[str, Any]]]:
    """Let a unit's denominator stand on something from `day` on; return what was written (id, before, after)."""
    written = set_bases(
        session, {unit_id: evidence}, day, by_id=by_id, now=now, import_id=import_id, totals=totals, file_id=file_id
    )  # fmt: skip
    _forget(session, RosterBasis)
    return written


def _forget(session: Session, model: Any) -> None:
    """Let the session read its objects of a kind again: they were written by statement."""
    for known in list(session.identity_map.values()):
        if isinstance(known, model):
            session.expire(known)


def set_bases(
    session: Session,
    wanted: Mapping[int, Evidence],
    day: date,
    *,
    by_id: int | None,
    now: datetime,
    import_id: int | None = None,
    totals: dict[str, int] | None = None,
    file_id: int | None = None,
) -> list[tuple[int, dict[str, Any] | None, dict[str, Any]]]:
    """Let denominators of units (by id) stand on something from `day` on; return what was written (id, before, after).

    A list of the same kind that holds already is left alone. What held before ends the day before; one that began
    on `day` itself is replaced; one that begins later ends this one. Objects in the session are not refreshed.
    """
    session.flush()
    table: Any = RosterBasis.__table__
    written: list[tuple[int, dict[str, Any] | None, dict[str, Any]]] = []
    made: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for units in _portions(sorted(wanted)):
        holding = {
            row.unit_id: row
            for row in session.execute(
                select(table).where(
                    table.c.unit_id.in_(units), table.c.valid_from <= day,
                    or_(table.c.valid_to.is_(None), table.c.valid_to >= day),
                )
            )
        }  # fmt: skip
        later: dict[int, date] = dict(
            session.execute(
                select(table.c.unit_id, func.min(table.c.valid_from))
                .where(table.c.unit_id.in_(units), table.c.valid_from > day)
                .group_by(table.c.unit_id)
            ).all()
        )
        for unit_id in units:
            evidence, current = wanted[unit_id], holding.get(unit_id)
            new = {
                "unit_id": unit_id,
                "evidence": evidence,
                "valid_from": day,
                "totals": totals,
                "file_id": file_id,
            }
            until = later[unit_id] - timedelta(days=1) if unit_id in later else None
            if current is not None:
                if current.evidence == evidence and evidence != Evidence.TOTALS:
                    continue
                before = fields(current, BASIS_FIELDS)
                until = current.valid_to
                confirmed = {"confirmed_by_id": current.confirmed_by_id, "confirmed_at": current.confirmed_at}
                after = {name: getattr(current, name) for name in BASIS_FIELDS}
                if current.valid_from == day:
                    after |= new
                    confirmed = {"confirmed_by_id": by_id, "confirmed_at": now}
                else:
                    after["valid_to"] = day - timedelta(days=1)
                changed.append({**after, **confirmed, "of": current.id})
                written.append((current.id, before, _fields(after)))
                if current.valid_from == day:
                    continue
            made.append(
                {
                    **new,
                    "valid_to": until,
                    "import_id": import_id,
                    "confirmed_by_id": by_id,
                    "confirmed_at": now,
                }
            )
    if changed:
        names = (*BASIS_FIELDS, "confirmed_by_id", "confirmed_at")
        session.connection().execute(
            update(table)
            .where(table.c.id == bindparam("of"))
            .values({name: bindparam(name) for name in names}),
            changed,
        )
    if made:
        ids = session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), made).all()
        written += [
            (id_, None, _fields({name: one[name] for name in BASIS_FIELDS}))
            for id_, one in zip(ids, made, strict=True)
        ]
    return written


def _portions(ids: Sequence[int], size: int = BATCH) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON values."""
    return {name: _plain(value) for name, value in values.items()}


def fields(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the named fields of a row as JSON values."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


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
        for start in range(0, len(whole), BATCH):
            for code, unit_id in session.execute(
                select(Unit.code, Unit.id).where(Unit.code.in_(whole[start : start + BATCH]))
            ):
                wanted[unit_id] = Evidence.CODED if code in seen.coded else Evidence.NAMED
        writer.bases(wanted)
    session.expire_all()
    one.state, one.applied_at, one.note, one.note_values = ImportState.APPLIED, now, None, None
    record(
        session, at=now, actor_id=by_id, code="roster.import", target=f"roster_import:{one.id}", file=one.file_name,
        **one.counts,
    )  # fmt: skip


def _outcome(line: Any) -> Outcome:
    kept = line.outcome
    return Outcome(
        Kind(line.kind), line.reason, kept["person"], kept["same_as"], kept["post"],
        date.fromisoformat(kept["began"]) if kept["began"] else None,
        {key: (pair[0], pair[1]) for key, pair in kept["changes"].items()},
    )  # fmt: skip


MODELS: Mapping[str, tuple[Any, Sequence[str]]] = {
    "user": (User, USER_FIELDS),
    "posting": (Posting, POST_FIELDS),
    "basis": (RosterBasis, BASIS_FIELDS),
}
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
                    digest({name: _plain(value) for name, value in zip(names, row[2:], strict=True)})
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


def one_row(
    session: Session, who: Actor, row: Row, *, as_of: date, decision: str | None, now: datetime
) -> Outcome:
    """Add one person or post by hand, by the rules of the import; return what was done, or why it was not."""
    known = known_for(session, who, [row], as_of)
    decisions = {row.number: decision} if decision else {}
    ((_row, outcome),) = planner.plan([row], known, Seen(), as_of, decisions)
    if outcome.kind in (Kind.ADDED, Kind.CHANGED):
        writer = Writer(
            session, as_of=as_of, by_id=who.id or 0, now=now, source=PostingSource.HEAD, import_id=None
        )
        ids = writer.write([(row, outcome)])
        record(
            session, at=now, actor_id=who.id, code="roster.add" if ids else "roster.change",
            target=f"posting:{ids[0] if ids else outcome.post}",
            **{key: list(pair) for key, pair in outcome.changes.items()},
        )  # fmt: skip
        if ids:
            outcome = replace(outcome, post=ids[0])
    return outcome

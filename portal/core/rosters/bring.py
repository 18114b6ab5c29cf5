"""From lines of a file to the roster and back: what the planner needs is read, what it says is written. Does not commit.

The dry run, the application and the undo of an import work in batches of a thousand lines, so that memory does not
grow with the file. An application first plans everything again: if the roster has moved since the dry run, nothing
is written. Everything written is noted with what was there before, so that the undo restores it field by field.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table, and_, delete, exists, func, insert, or_, select, update
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


def known_for(session: Session, who: Actor, rows: Sequence[Row], as_of: date) -> Known:
    """Return what of the roster the planner needs for `rows`: four queries, whatever the size of the roster."""
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
            Unit.code.in_({row.unit for row in rows}),
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
    known = known_for(session, who, rows, as_of)
    outcomes: list[tuple[Item, Outcome]] = []
    for item in batch:
        if isinstance(item, Unread):
            # whose list it belongs to is only known where the row says so, in words that can be read
            where = item.seen.get("unit", "").strip().upper() if item.reason != "other_unit" else ""
            seen.refused(where if where in known.units else "")
            outcomes.append((item, Outcome(Kind.REFUSED, item.reason, values=item.values)))
    done = dict(
        zip((row.number for row in rows), planner.plan(rows, known, seen, as_of, decisions), strict=True)
    )
    outcomes += done.values()
    order = {item.number: place for place, item in enumerate(batch)}
    outcomes.sort(key=lambda pair: order[pair[0].number])
    return outcomes, digest(known)


def digest(value: object) -> str:
    """Return 32 hexadecimal digits of a value's JSON."""
    if isinstance(value, Known):
        value = asdict(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


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


def item_of(line: RosterLine) -> Item:
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


def check(
    session: Session, who: Actor, one: RosterImport, progress: Progress | None = None
) -> tuple[list[str], Seen]:
    """Plan everything again and compare with the dry run; return a digest of each batch's surroundings.

    Raises `Moved` where anything has become different.
    """
    decisions = decisions_of(session, one.id)
    seen, digests = Seen(), []
    left_before: dict[int, str] = {}
    done, total = 0, sum(many for kind, many in one.counts.items() if kind not in ("units", "whole"))
    for lines in stored(session, one.id):
        rows = [line for line in lines if line.number]
        left_before |= {line.outcome["post"]: line.reason for line in lines if not line.number}
        outcomes, known = planned(
            session, who, [item_of(line) for line in rows], seen, as_of=one.as_of, decisions=decisions
        )
        digests.append(known)
        for line, (item, outcome) in zip(rows, outcomes, strict=True):
            now = outcome_json(outcome, readable=isinstance(item, Row))
            if (line.kind, line.reason) != (str(outcome.kind), outcome.reason) or digest(
                line.outcome
            ) != digest(now):
                raise Moved
        for line in lines:
            session.expunge(line)
        done += len(lines)
        if progress is not None:
            progress(done, total)
    if one.full_list:
        whole = [unit for unit in seen.units if seen.whole(unit)]
        left = planner.left(standing(session, whole, one.as_of), seen, one.as_of)
        if {post.id for post, _outcome in left} != set(left_before):
            raise Moved
    return digests, seen


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

    def write(self, pairs: Sequence[tuple[Row | int, Outcome]]) -> list[int]:
        """Write a batch: rows (or, of somebody who left, 0) with their outcomes; return the ids of new posts."""
        self._find_units({row.unit for row, _outcome in pairs if isinstance(row, Row)})
        new = [
            row
            for row, outcome in pairs
            if isinstance(row, Row)
            and outcome.kind == Kind.ADDED
            and outcome.person is None
            and outcome.same_as is None
        ]
        self._people(new)
        posts = []
        for row, outcome in pairs:
            number = row.number if isinstance(row, Row) else row
            if outcome.kind == Kind.LEFT:
                self._end(number, outcome)
            elif outcome.kind in (Kind.ADDED, Kind.CHANGED) and isinstance(row, Row):
                who = outcome.person or self.made[outcome.same_as or row.number]
                self._correct(number, who, outcome)
                if outcome.kind == Kind.ADDED:
                    posts.append((row, who, outcome))
                else:
                    self._change_post(number, outcome)
        ids = self._add_posts(posts)
        self._flush_notes()
        return ids

    def _find_units(self, codes: set[str]) -> None:
        missing = codes - set(self.units)
        if missing:
            found = self.session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(missing)))
            self.units |= {row.code: row.id for row in found}

    def _people(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        values = [
            {
                "full_name": row.name, "sort_key": sort_key(row.name), "search_key": fold(row.name),
                "phone": row.phone, "staff_code": row.code, "coded": row.coded,
                "secret_kind": SecretKind.PASSWORD, "failed_count": 0, "created_at": self.now,
            }
            for row in rows
        ]  # fmt: skip
        ids = self.session.scalars(
            insert(User).returning(User.id, sort_by_parameter_order=True), values
        ).all()
        for row, value, id_ in zip(rows, values, ids, strict=True):
            self.made[row.number] = id_
            self._note(row.number, "user", id_, None, {key: value[key] for key in USER_FIELDS})

    def _correct(self, number: int, user_id: int, outcome: Outcome) -> None:
        news = {key: after for key, (_before, after) in outcome.changes.items()}
        if not news.keys() & {"name", "phone", "code"}:
            return
        user = self.session.get_one(User, user_id)
        before = fields(user, USER_FIELDS)
        if "name" in news:
            name = news["name"]
            user.full_name, user.sort_key, user.search_key = name, sort_key(name), fold(name)
        if "phone" in news:
            user.phone = news["phone"] or None
        if "code" in news:
            user.staff_code = news["code"] or None
        after = fields(user, USER_FIELDS)
        if after != before:
            self.session.flush()
            self._note(number, "user", user_id, before, after)

    def _change_post(self, number: int, outcome: Outcome) -> None:
        if outcome.post is None or not outcome.changes.keys() & {"title", "began"}:
            return
        post = self.session.get_one(Posting, outcome.post)
        before = fields(post, POST_FIELDS)
        if "title" in outcome.changes:
            post.title = outcome.changes["title"][1]
        if outcome.began is not None:
            post.valid_from = outcome.began
        self.session.flush()
        self._note(number, "posting", post.id, before, fields(post, POST_FIELDS))

    def _end(self, number: int, outcome: Outcome) -> None:
        post = self.session.get_one(Posting, outcome.post)
        before = fields(post, POST_FIELDS)
        post.valid_to, post.left_reason = self.as_of - timedelta(days=1), LeftReason.NOT_ON_LIST
        self.session.flush()
        self._note(number, "posting", post.id, before, fields(post, POST_FIELDS))

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
        ids = list(
            self.session.scalars(insert(Posting).returning(Posting.id, sort_by_parameter_order=True), values)
        )
        for (row, _who, _outcome), value, id_ in zip(posts, values, ids, strict=True):
            self._note(row.number, "posting", id_, None, {key: _plain(value[key]) for key in POST_FIELDS})
        return ids

    def basis(self, unit_id: int, evidence: Evidence, **more: Any) -> None:
        """Let a unit's denominator stand on something from `as_of` on; nothing is written where it does already."""
        for id_, before, after in set_basis(
            self.session, unit_id, evidence, self.as_of, by_id=self.by_id, now=self.now,
            import_id=self.import_id, **more,
        ):  # fmt: skip
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
    """Let a unit's denominator stand on something from `day` on; return what was written (id, before, after).

    A list of the same kind that holds already is left alone. What held before ends the day before; one that began
    on `day` itself is replaced; one that begins later ends this one.
    """
    current = queries.basis_on(session, unit_id, day)
    written: list[tuple[int, dict[str, Any] | None, dict[str, Any]]] = []
    if current is not None and current.evidence == evidence and evidence != Evidence.TOTALS:
        return written
    until: date | None = None
    if current is not None:
        before = fields(current, BASIS_FIELDS)
        until = current.valid_to
        if current.valid_from == day:
            current.evidence, current.totals, current.file_id = evidence, totals, file_id
            current.confirmed_by_id, current.confirmed_at = by_id, now
            session.flush()
            return [(current.id, before, fields(current, BASIS_FIELDS))]
        current.valid_to = day - timedelta(days=1)
        session.flush()
        written.append((current.id, before, fields(current, BASIS_FIELDS)))
    else:
        later = session.scalar(
            select(func.min(RosterBasis.valid_from)).where(
                RosterBasis.unit_id == unit_id, RosterBasis.valid_from > day
            )
        )
        until = later - timedelta(days=1) if later else None
    new = RosterBasis(
        unit_id=unit_id, evidence=evidence, valid_from=day, valid_to=until, totals=totals, file_id=file_id,
        import_id=import_id, confirmed_by_id=by_id, confirmed_at=now,
    )  # fmt: skip
    session.add(new)
    session.flush()
    return [*written, (new.id, None, fields(new, BASIS_FIELDS))]


def fields(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the named fields of a row as JSON values."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def apply(
    session: Session, who: Actor, one: RosterImport, digests: Sequence[str], seen: Seen, now: datetime
) -> None:
    """Write an import whose dry run was checked; in one transaction with a last look that nothing has moved.

    Raises `Moved`; then nothing has been written.
    """
    by_id = who.id or 0
    for lines, known in zip(stored(session, one.id), digests, strict=True):
        rows = [
            item for item in map(item_of, (line for line in lines if line.number)) if isinstance(item, Row)
        ]
        if digest(known_for(session, who, rows, one.as_of)) != known:
            raise Moved
        for line in lines:
            session.expunge(line)
    writer = Writer(
        session, as_of=one.as_of, by_id=by_id, now=now, source=PostingSource.IMPORT, import_id=one.id
    )
    for lines in stored(session, one.id):
        pairs: list[tuple[Row | int, Outcome]] = []
        for line in lines:
            if line.kind not in (Kind.ADDED, Kind.CHANGED, Kind.LEFT):
                continue
            item = item_of(line) if line.number else None
            pairs.append((item if isinstance(item, Row) else 0, _outcome(line)))
        for line in lines:
            session.expunge(line)
        try:
            writer.write(pairs)
        except IntegrityError as fault:  # somebody took a code between the look and the writing (PostgreSQL)
            raise Moved from fault
        session.flush()
        session.expire_all()
    if one.full_list:
        whole = sorted(unit for unit in seen.units if seen.whole(unit))
        for code, unit_id in session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(whole))).all():
            writer.basis(unit_id, Evidence.CODED if code in seen.coded else Evidence.NAMED)
    one.state, one.applied_at, one.note, one.note_values = ImportState.APPLIED, now, None, None
    record(
        session, at=now, actor_id=by_id, code="roster.import", target=f"roster_import:{one.id}", file=one.file_name,
        **one.counts,
    )  # fmt: skip


def _outcome(line: RosterLine) -> Outcome:
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

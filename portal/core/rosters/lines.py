"""The lines of an import as they are stored: a row of the file and its outcome, to JSON and back."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.names import fold
from portal.core.rosters.models import BATCH, RosterLine
from portal.core.rosters.plan import Kind, Outcome, Post
from portal.core.rosters.reading import Item, Unread
from portal.core.rosters.rows import Row


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
    as_is = ("unit", "code", "name", "phone", "audience", "title", "coded")
    return {
        **{key: getattr(row, key) for key in as_is},
        "began": row.began.isoformat() if row.began else None,
    }


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


def outcome_of(line: Any) -> Outcome:
    """Return what of a stored line's outcome is needed to write it."""
    kept = line.outcome
    return Outcome(
        Kind(line.kind), line.reason, kept["person"], kept["same_as"], kept["post"],
        date.fromisoformat(kept["began"]) if kept["began"] else None,
        {key: (pair[0], pair[1]) for key, pair in kept["changes"].items()},
    )  # fmt: skip


def stored(session: Session, import_id: int) -> Iterator[list[RosterLine]]:
    """Yield the lines of an import in the order of the file, in batches; the session forgets each batch."""
    for found in _in_order(session, import_id, RosterLine):
        yield [line for _position, line in found]


def stored_values(session: Session, import_id: int) -> Iterator[Sequence[Any]]:
    """Yield the lines of an import in the order of the file, in batches, to be read only."""
    return _in_order(
        session, import_id, RosterLine.number, RosterLine.kind, RosterLine.reason, RosterLine.row, RosterLine.outcome
    )  # fmt: skip


def _in_order(session: Session, import_id: int, *wanted: Any) -> Iterator[Sequence[Any]]:
    last = -1
    query = select(RosterLine.position, *wanted).where(RosterLine.import_id == import_id)
    while found := session.execute(
        query.where(RosterLine.position > last).order_by(RosterLine.position).limit(BATCH)
    ).all():
        last = found[-1].position
        yield found


def decisions_of(session: Session, import_id: int) -> dict[int, str]:
    """Return what was decided of doubtful doubles: row number -> decision."""
    rows = session.execute(
        select(RosterLine.number, RosterLine.decision).where(
            RosterLine.import_id == import_id, RosterLine.decision.is_not(None)
        )
    )
    return {number: str(decision) for number, decision in rows}

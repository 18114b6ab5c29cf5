"""From the rows of a file to what the planner takes: a `Row`, or why it is none. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.core.rosters.rows import Cell, Row, Unusable, read


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


def units_named(batch: Sequence[Item]) -> frozenset[str]:
    """Return the codes of units that the unreadable rows of a batch name."""
    return frozenset(unit_of(item) for item in batch if isinstance(item, Unread)) - {""}


def unit_of(item: Unread) -> str:
    """Return whose list a row belongs to, "" where that is not known: where it does not say so in words that can be read."""
    return item.seen.get("unit", "").strip().upper() if item.reason != "other_unit" else ""

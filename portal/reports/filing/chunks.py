"""The rows behind a filed figure as they are stored: cut into chunks with a summary each, all of them under one digest.

A page reads the summaries (what a chunk holds of each state, reason and group; whom; where) and then only the chunks
that it shows. The digest is that of all rows as one canonical JSON list, whatever they are cut into.
"""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.reports.filing.models import FilingChunk
from portal.reports.filing.work import canonical

SIZE = 500
#: Chunks of one query: what a search or a file holds in memory at a time.
AT_ONCE = 20

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a chunk holds, without its rows.

    number: its place, from 0. counts: of (counted, reason, group) how many rows. first, last: the keys it goes from and
    to, all of one kind. units: the ids of the units that its rows stand in.
    """

    number: int
    kind: str
    first: int
    last: int
    counts: dict[tuple[bool, str, str | None], int]
    units: frozenset[int]


def cut(rows: Rows) -> Iterator[Rows]:
    """Yield rows in chunks of one kind each, `SIZE` at the most."""
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or place - start == SIZE or rows[place][0] != rows[start][0]:
            yield rows[start:place]
            start = place


def summary(rows: Rows) -> dict[str, Any]:
    """Return the summary of a chunk as JSON values; `read` brings it back."""
    counts = Counter((bool(row[4]), row[5], row[3]) for row in rows)
    return {
        "kind": rows[0][0],
        "keys": [min(row[1] for row in rows), max(row[1] for row in rows)],
        "counts": [[*what, many] for what, many in sorted(counts.items(), key=lambda one: str(one[0]))],
        "units": sorted({row[2] for row in rows if row[2] is not None}),
    }


def packed(rows: Rows) -> bytes:
    """Return the rows of a chunk as they are stored: compressed canonical JSON."""
    return zlib.compress(canonical(list(rows)).encode(), 6)


def unpacked(stored: bytes) -> bytes:
    """Return the JSON of the rows of a chunk. Raises `zlib.error` where it is damaged."""
    return zlib.decompress(stored)


def digest(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of all rows as one JSON list. chunks: the JSON list of each, in order."""
    found = hashlib.sha256(b"[")
    for place, text in enumerate(chunks):
        found.update(b"," if place else b"")
        found.update(text[1:-1])
    found.update(b"]")
    return found.hexdigest()


def keep(session: Session, filing_id: int, indicator: str, rows: Rows) -> str:
    """Write the rows behind a figure, and return their digest."""
    texts = []
    for number, some in enumerate(cut(rows)):
        texts.append(canonical(list(some)).encode())
        session.add(
            FilingChunk(
                filing_id=filing_id,
                indicator=indicator,
                number=number,
                rows=packed(some),
                summary=summary(some),
            )
        )
    return digest(texts)


def summaries(session: Session, filing_id: int, indicator: str) -> list[Summary]:
    """Return the summaries of the rows behind a figure, in order."""
    return [
        Summary(
            number, kept["kind"], kept["keys"][0], kept["keys"][1],
            {(counted, reason, part): many for counted, reason, part, many in kept["counts"]},
            frozenset(kept["units"]),
        )
        for number, kept in session.execute(
            select(FilingChunk.number, FilingChunk.summary)
            .where(FilingChunk.filing_id == filing_id, FilingChunk.indicator == indicator)
            .order_by(FilingChunk.number)
        )
    ]  # fmt: skip


def rows(session: Session, filing_id: int, indicator: str, numbers: Sequence[int]) -> Iterator[list[Any]]:
    """Yield the rows of some chunks, in the order of their numbers; a few chunks are in memory at a time.

    Raises `zlib.error` where one is damaged.
    """
    wanted = sorted(numbers)
    for start in range(0, len(wanted), AT_ONCE):
        stored = session.scalars(
            select(FilingChunk.rows)
            .where(
                FilingChunk.filing_id == filing_id,
                FilingChunk.indicator == indicator,
                FilingChunk.number.in_(wanted[start : start + AT_ONCE]),
            )
            .order_by(FilingChunk.number)
        ).all()
        for one in stored:
            yield from json.loads(unpacked(one))


def whole(session: Session, filing_id: int) -> dict[str, list[Any]]:
    """Return all rows of a filed report, by figure. Raises `zlib.error` where some are damaged."""
    found: dict[str, list[Any]] = {}
    for indicator, stored in session.execute(
        select(FilingChunk.indicator, FilingChunk.rows)
        .where(FilingChunk.filing_id == filing_id)
        .order_by(FilingChunk.indicator, FilingChunk.number)
    ):
        found.setdefault(indicator, []).extend(json.loads(unpacked(stored)))
    return found

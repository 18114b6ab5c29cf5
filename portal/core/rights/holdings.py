"""What is held about a person, part by part: how it is shown to her, and how it is removed. Filled at import.

Every package that keeps data about people registers a holding; `portal.handlers` imports them all. A test walks over
all tables with a reference to a person and fails until somebody has said what becomes of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from portal.core.db import Base

#: What stands where a name stood.
NAMELESS = "(đã xóa dữ liệu)"


@dataclass(frozen=True, slots=True)
class Part:
    """What one holding has about a person: rows of JSON values by key, and files by name."""

    rows: Sequence[Mapping[str, Any]]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of data. `title` and the labels of `columns` are messages; `tables` are the tables it answers for;
    `words` gives, for a column of codes, the message of each code.

    `collect(session, user_id)` reads; `erase(session, user_id, now)` removes what names the person, and leaves what
    counts are made of. The row of the person herself is `portal.core.rights.erasing`'s.
    """

    code: str
    title: str
    columns: tuple[tuple[str, str], ...]
    tables: tuple[str, ...]
    collect: Callable[[Session, int], Part]
    erase: Callable[[Session, int, datetime], None]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


HOLDINGS: dict[str, Holding] = {}


def holds(holding: Holding) -> Holding:
    """Register a holding. Raises ValueError for a code that is taken."""
    if HOLDINGS.setdefault(holding.code, holding) is not holding:
        raise ValueError(f"two holdings called {holding.code}")
    return holding


def table_holding(
    code: str,
    title: str,
    table: str,
    person: str,
    columns: tuple[tuple[str, str], ...],
    *,
    blank: Mapping[str, object] | None,
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> Holding:
    """Return the holding of one table whose column `person` names her: its `columns` are shown.

    blank: what is written over what names her in the rows that stay; None where the rows go altogether.
    """

    def found() -> Table:
        return Base.metadata.tables[table]

    def collect(session: Session, user_id: int) -> Part:
        here = found()
        query = select(*(here.c[key] for key, _label in columns)).where(here.c[person] == user_id)
        rows = session.execute(query.order_by(*here.primary_key.columns)).mappings()
        return Part([{key: _plain(value) for key, value in row.items()} for row in rows])

    def erase(session: Session, user_id: int, now: datetime) -> None:
        here = found()
        if blank is None:
            session.execute(delete(here).where(here.c[person] == user_id))
        elif blank:
            session.execute(update(here).where(here.c[person] == user_id).values(**blank))

    return Holding(code, title, columns, (table,), collect, erase, words or {})


def _plain(value: Any) -> Any:
    return (
        value
        if isinstance(value, str | int | float | bool | dict | list | None)
        else (value.isoformat() if isinstance(value, date) else str(value))
    )


def nothing_to_erase(session: Session, user_id: int, now: datetime) -> None:
    """Leave everything: the rows hold an id and no name, and counts or accountability need them."""

"""Writing rows by the hundred thousand: COPY on PostgreSQL, one prepared statement on SQLite.

Everything happens in the transaction of the session that is handed in. Column defaults are Python's and are not
applied: a caller names every column that must not be NULL. Nothing here is of use beside other writers: on PostgreSQL
`Bulk.bare` takes foreign keys and plain indexes off and puts them back, which locks the tables.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Table, func, select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.type_api import TypeEngine

from portal.core.batches import batches
from portal.core.db import Base, UtcDateTime

BATCH = 5000
Row = Sequence[Any]
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Bulk:
    """Writes many rows in the transaction of a session; ids are given by the caller, from `next_id` on."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.postgres = session.connection().dialect.name == "postgresql"

    def next_id(self, model: type[Base]) -> int:
        """Return the first id that is free."""
        return (self.session.scalar(select(func.max(model.__table__.c.id))) or 0) + 1

    def write(self, model: type[Base], columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows; each holds the values of `columns` in their order. A JSON value may be text that is JSON already."""
        table: Table = model.__table__  # type: ignore[assignment]
        kinds = [_kind(table.c[name]) for name in columns]
        names = ", ".join(f'"{name}"' for name in columns)
        driver: Any = self.session.connection().connection.driver_connection
        if self.postgres:
            encoders = [_COPIED[kind] for kind in kinds]
            with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for batch in batches(rows, BATCH):
                    copy.write("".join([_line(encoders, row) for row in batch]))
            return
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own tables
        bound = [(place, _BOUND[kind]) for place, kind in enumerate(kinds) if kind in _BOUND]
        for batch in batches(rows, BATCH):
            driver.executemany(statement, [_bound(bound, row) for row in batch])

    @contextmanager
    def bare(self, *models: type[Base]) -> Iterator[None]:
        """Let tables be without foreign keys and plain indexes inside the block (PostgreSQL; elsewhere nothing happens).

        Putting them back checks every row at once, in a join instead of a look-up for each. Unique keys stay.
        """
        if not self.postgres:
            yield
            return
        session = self.session
        keys, indexes = [], []
        for model in models:
            table = f'"{model.__tablename__}"'
            keys += [
                (table, name, definition)
                for name, definition in session.execute(
                    text(
                        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                        " WHERE contype = 'f' AND conrelid = CAST(:table AS regclass) ORDER BY conname"
                    ),
                    {"table": table},
                )
            ]
            indexes += [
                (name, definition)
                for name, definition in session.execute(
                    text(
                        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i"
                        " JOIN pg_class c ON c.oid = i.indexrelid"
                        " WHERE NOT i.indisunique AND i.indrelid = CAST(:table AS regclass) ORDER BY c.relname"
                    ),
                    {"table": table},
                )
            ]
        for table, name, _definition in keys:
            session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
        for name, _definition in indexes:
            session.execute(text(f'DROP INDEX "{name}"'))
        yield
        session.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        for _name, definition in indexes:
            session.execute(text(definition))
        for table, name, definition in keys:
            session.execute(text(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'))

    def settle(self, *models: type[Base]) -> None:
        """Let PostgreSQL give ids after those that were written here."""
        if self.postgres:
            for model in models:
                name = model.__tablename__
                self.session.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'),"  # noqa: S608 - our own table
                        f' (SELECT max(id) FROM "{name}"))'
                    )
                )


def analyse(session: Session) -> None:
    """Let the planner know its tables at once (autovacuum would in a minute; SQLite never by itself)."""
    session.execute(text("ANALYZE"))


def packed(value: Any) -> str:
    """Return the JSON that `write` takes as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _kind(column: Column[Any]) -> str:
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, UtcDateTime):
        return "moment"
    if isinstance(kind, JSON):
        return "json"
    if isinstance(kind, Date):
        return "day"
    if isinstance(kind, Boolean):
        return "truth"
    return "text" if kind.python_type is str else "plain"


def _line(encoders: Sequence[Callable[[Any], str]], row: Row) -> str:
    return (
        "\t".join(
            ["\\N" if value is None else encode(value) for encode, value in zip(encoders, row, strict=True)]
        )
        + "\n"
    )


def _bound(places: Sequence[tuple[int, Callable[[Any], Any]]], row: Row) -> list[Any]:
    values = list(row)
    for place, encode in places:
        if values[place] is not None:
            values[place] = encode(values[place])
    return values


def _document(value: Any) -> str:
    return value if isinstance(value, str) else packed(value)


#: How a value is written in COPY's text form.
_COPIED: dict[str, Callable[[Any], str]] = {
    "moment": datetime.isoformat,
    "day": date.isoformat,
    "json": lambda value: _document(value).translate(_ESCAPES),
    "truth": lambda value: "t" if value else "f",
    "text": lambda value: str(value).translate(_ESCAPES),
    "plain": str,
}
#: What SQLAlchemy would bind on SQLite, where the driver would not.
_BOUND: dict[str, Callable[[Any], Any]] = {
    "moment": lambda value: value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    "day": date.isoformat,
    "json": _document,
    "text": str,
    "plain": lambda value: value if isinstance(value, int) else str(value),
}

"""The database handle, the typed base of all models, and the one line that commits.

Imports nothing of ours. SQLite is the default and is made to behave: foreign keys on, write-ahead log, the driver's
own transactions off, and every unit of work takes the write lock at its start (without that, two processes that
read and then write lose each other's updates). When a unit of work returns, what it wrote is on the disk, unless it said
that nobody need wait for that.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Annotated, Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    String,
    Text,
    event,
    inspect,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; SQLite would hand back a naive one, so it is made aware here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive moment cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


#: A JSON document: JSONB on PostgreSQL, text on SQLite.
Document = JSON().with_variant(JSONB(), "postgresql")
#: Whole numbers that may grow large; SQLite needs INTEGER for its row ids.
BigId = BigInteger().with_variant(Integer(), "sqlite")

Pk = Annotated[int, mapped_column(BigId, primary_key=True)]
Code = Annotated[str, mapped_column(String(40))]
Line = Annotated[str, mapped_column(String(200))]
LongText = Annotated[str, mapped_column(Text)]


class Base(DeclarativeBase):
    """The root of all models: typed, named constraints, aware moments."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES), type_annotation_map={datetime: UtcDateTime, int: BigId}
    )


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class PortalSession(FlaskSession):
    """A session that reads without a transaction on PostgreSQL, and writes only inside `unit_of_work`.

    PostgreSQL's READ COMMITTED lets each statement see what was committed before it, inside a transaction or not; so a
    page that only reads saves the two round trips that begin and end one. Writing begins a transaction of its own.
    """

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        """Return the engine to write with, or its twin that commits by itself and is used for reading only."""
        bind = super().get_bind(*args, **options)
        together = self.info.get("writing") or self.info.get("one_view")
        if isinstance(bind, Engine) and bind.dialect.name == "postgresql" and not together:
            return _reading(bind)
        return bind


@lru_cache(maxsize=8)
def _reading(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


class WriteOutside(Exception):
    """Something was about to be written outside `unit_of_work`, where nothing would take it back."""


@event.listens_for(PortalSession, "before_flush")
def _only_inside(session: Session, _context: Any, _objects: Any) -> None:
    if not session.info.get("writing") and isinstance(session.get_bind(), Engine):
        raise WriteOutside


db = SQLAlchemy(
    model_class=Base,
    session_options={
        "class_": PortalSession,
        "join_transaction_mode": "create_savepoint",
        "autoflush": True,
    },
    engine_options={"json_serializer": _dumps},
    disable_autonaming=True,
)
migrate = Migrate()


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, record: Any) -> None:
    if connection.__class__.__module__.startswith("sqlite3"):
        connection.isolation_level = None  # the driver's implicit transactions break savepoints
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",  # `_Log` brings commits to the disk
            "foreign_keys=ON",
            "busy_timeout=15000",
            "temp_store=MEMORY",
            "cache_size=-512",  # KiB a connection: the system keeps the file's pages already, once for all of them
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


#: Of the threads of one process one writes at a time. SQLite itself would let the others sleep and try again, ever
#: longer and in no order; a lock wakes the next one at once. Other processes are kept apart by SQLite as always.
_writing: WeakKeyDictionary[Pool, Lock] = WeakKeyDictionary()
_LONGEST_WAIT = 15.0  # seconds, as SQLite's own busy_timeout
BY_ITSELF = "BY_ITSELF"  # each statement is its own transaction


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name != "sqlite":
        return
    kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    if kind == "IMMEDIATE":
        _take_turn(connection)
    if kind != BY_ITSELF:
        connection.exec_driver_sql(f"BEGIN {kind}")


def _take_turn(connection: Connection) -> None:
    """Let no other thread of this process write until the connection is given back."""
    turn = _writing.setdefault(connection.engine.pool, Lock())
    if turn.acquire(timeout=_LONGEST_WAIT):
        connection.info["turn"] = turn


@event.listens_for(Pool, "checkin")
def _next_turn(_connection: Any, record: Any) -> None:
    turn = record.info.pop("turn", None)
    if turn is not None:
        turn.release()


class _Log:
    """Brings SQLite's write-ahead log to the disk, once for all who wait for it.

    With `synchronous=FULL` SQLite does so inside each commit, one after the other, and lets nobody write meanwhile.
    Here a commit only writes the log and lets the next one in; before anybody is told that it is done, the log is
    synced. Whoever comes while a sync runs waits for the next, which then stands for all who came. What a checkpoint
    has moved into the database SQLite itself has synced, before and after.
    """

    def __init__(self, database: str) -> None:
        self._path = f"{database}-wal"
        self._syncing, self._counting = Lock(), Lock()
        self._asked = self._synced = 0

    def sync(self) -> None:
        """Return when all that this process has committed so far is on the disk. Raises `OSError` where it cannot be."""
        with self._counting:
            self._asked += 1
            mine = self._asked
        with self._syncing:
            if self._synced >= mine:
                return
            covered = self._asked  # these have committed: their frames are in the file that is synced now
            with suppress(
                FileNotFoundError
            ):  # no log: the last connection moved it into the database and closed
                file = os.open(self._path, os.O_RDONLY)
                try:
                    os.fdatasync(file)
                finally:
                    os.close(file)
            self._synced = covered


@lru_cache(maxsize=64)
def _log(database: str) -> _Log:
    return _Log(database)


def _to_disk(session: Session) -> None:
    """Return when what the session has committed is on the disk; PostgreSQL has seen to it in the commit."""
    bind = session.get_bind()
    database = bind.url.database if isinstance(bind, Engine) and bind.dialect.name == "sqlite" else None
    if database and database != ":memory:":
        _log(database).sync()


def init_app(app: Flask, url: str) -> None:
    """Bind the handle to `app` on the database at `url`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    if url.startswith("postgresql"):
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "pool_size": 8,
            "max_overflow": 8,
            "pool_recycle": 1800,
            # compiling a statement to machine code takes seconds, and none of the portal's runs for so long
            "connect_args": {"options": "-c jit=off"},
        }
    elif ":memory:" not in url:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 16, "max_overflow": 16}
    db.init_app(app)
    migrate.init_app(app, db, directory=str(app.config["MIGRATIONS"]), render_as_batch=True)


_AT_LEISURE = text("SET LOCAL synchronous_commit TO off")


@contextmanager
def unit_of_work(*, one_statement: bool = False, at_leisure: bool = False) -> Iterator[Session]:
    """Yield the request's session for writing; commit at the end, roll back on any exception.

    The only place that commits. Objects read earlier in the request are forgotten first, so that everything the
    work decides on was read inside its own transaction.

    one_statement: the work writes by a single statement that decides for itself whether it may. That statement is its
    own transaction, and beginning and ending one is saved. Objects cannot be written in such a unit.

    at_leisure: what is written is committed, and seen by everybody, but nobody waits until it is on the disk. Only a power
    cut, or the end of the database server, can lose it, in the moments after.
    """
    session = db.session()
    if not session.info.pop("begun", False):
        _begin_work(session, one_statement)
    try:
        if one_statement and isinstance(bind := session.get_bind(), Engine) and bind.dialect.name == "sqlite":
            _take_turn(session.connection())
        if at_leisure and session.get_bind().dialect.name == "postgresql":
            session.execute(_AT_LEISURE)
        yield session
        session.commit()
        if not at_leisure:
            _to_disk(session)
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False


def writing() -> bool:
    """Return whether a unit of work is open here: on SQLite nobody, not even this process, can write beside it."""
    return bool(db.session().info.get("writing"))


def begin_view(session: Session) -> None:
    """Let `session` read in one transaction from now on, until it ends: for rows that stream out of the database.

    PostgreSQL's cursors live in a transaction, which reading does without elsewhere. Nothing can be written in it.
    """
    bind = session.get_bind()
    if isinstance(bind, Engine) and bind.dialect.name == "postgresql":
        session.rollback()
        session.info["one_view"] = True


@contextmanager
def one_view(session: Session) -> Iterator[None]:
    """Let `session` see the database as it is now, and no later change, until the block ends. Nothing can be written."""
    bind = session.get_bind()
    if isinstance(
        bind, Connection
    ):  # a test that is rolled back: it has one connection, and nobody else writes
        yield
        return
    session.rollback()
    session.info["one_view"] = True
    try:
        if bind.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield
    finally:
        session.rollback()
        session.info["one_view"] = False


def begin_early() -> None:
    """Begin the request's one-statement unit of work now, so that who is asking is read inside it.

    For views whose only work is one short write that comes very often: it saves a connection and a transaction.
    """
    session = db.session()
    _begin_work(session, one_statement=True)
    session.info["begun"] = True


def _begin_work(session: Session, one_statement: bool) -> None:
    session.rollback()
    session.info["writing"] = not one_statement
    session.connection(execution_options={"sqlite_begin": BY_ITSELF if one_statement else "IMMEDIATE"})


def rows(
    session: Session, statement: Executable, values: Mapping[str, Any]
) -> CursorResult[*tuple[Any, ...]]:
    """Return the rows of a statement that asks for columns, not for objects, without the ORM's work around each of them.

    A light page spends a quarter of its time there. Same connection, same transaction, same types; what is still to be
    written is written first, as `Session.execute` would.
    """
    session.flush()
    return session.connection().execute(statement, values)


def insert_once(session: Session, model: type[Base], **values: Any) -> bool:
    """Insert a row unless one with the same key stands already; return whether this call made it.

    One statement on either database, so two clicks, two tabs or two processes make one row between them.
    """
    statement = _insert(model, session.connection().dialect.name)
    # what came back, not the row count: PostgreSQL's driver does not know that of an insert which may return rows
    return rows(session, statement, values).first() is not None


@lru_cache(maxsize=200)  # composing it takes longer than running it
def _insert(model: type[Base], dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(model.__table__).on_conflict_do_nothing().returning(*inspect(model).primary_key)  # type: ignore[arg-type]

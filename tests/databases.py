"""The databases of the tests: each is filled once a run, and whoever needs one of his own gets a copy of it.

A copy of a file, or PostgreSQL's `CREATE DATABASE … TEMPLATE`, takes a moment; the migrations and the courses take
seconds. What the copies hold is made by the migrations and by the loader all the same, on each of the two databases.
"""

import fcntl
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from courses import loader
from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.db import db, unit_of_work
from quizzes import bank as banks
from quizzes import services as quizzes
from tests import machine
from tests.factories import NOW, World, build

KINDS = ["sqlite", "postgresql"]
#: The folder that all processes of this run share: files to copy, and the names of databases to copy.
_run: Path | None = None


def begin(folder: Path) -> None:
    """Say where this run keeps what is copied; every process of the run says it before its first test."""
    global _run
    _run = folder


def end() -> None:
    """Drop what was copied; the one process that outlives the others does it."""
    folder = _shared()
    for note in folder.glob("*.postgresql"):
        _drop(note.read_text())
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of a database without a table; `kind` is one of `KINDS`."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / uuid.uuid4().hex}.db"
        return
    name = _create()
    try:
        yield _address(name)
    finally:
        _drop(name)


@contextmanager
def with_tables(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of a database as the migrations leave it."""
    with _copied(kind, folder, "tables", _migrate) as url:
        yield url


@contextmanager
def with_world(kind: str, folder: Path) -> Iterator[tuple[str, World]]:
    """Yield the address of a database with the shipped courses and the small world, and the ids of that."""
    with _filled(kind, folder, "world", _shipped) as filled:
        yield filled


@contextmanager
def with_first_versions(kind: str, folder: Path) -> Iterator[tuple[str, World]]:
    """Yield the same with CM-01 and GD-01 only, in their first versions: a quiz alone completes GD-01 there."""
    with _filled(kind, folder, "first", _first_versions) as filled:
        yield filled


def _shipped(session: Session) -> None:
    loader.load_all(session, NOW)


def _first_versions(session: Session) -> None:
    for name in ("cm-01-1", "gd-01-1"):
        quizzes.release(session, banks.read_shipped(f"{name}.toml"), NOW)
    for code in ("CM-01", "GD-01"):
        loader.load(session, loader.CONTENT / code / "1", NOW)


def _migrate(url: str) -> None:
    app = _app(url)
    with app.app_context():
        upgrade()
        db.engine.dispose()


@contextmanager
def _filled(
    kind: str, folder: Path, what: str, publish: Callable[[Session], None]
) -> Iterator[tuple[str, World]]:
    ids = _shared() / f"{what}.{kind}.json"
    with _copied(
        kind, folder, what, lambda url: ids.write_text(json.dumps(asdict(_fill(url, publish))))
    ) as url:
        yield url, World(**json.loads(ids.read_text()))


def _fill(url: str, publish: Callable[[Session], None]) -> World:
    app = _app(url)
    with app.app_context(), clock.frozen(NOW):
        upgrade()
        with unit_of_work() as session:
            publish(session)
            world = build(session)
        db.session.remove()
        db.engine.dispose()  # nobody may be connected to what is copied
    return world


def _app(url: str) -> Flask:
    return create_app(Settings(environment="test", database_url=url, secret_key="x" * 40, data_dir=_shared()))


@contextmanager
def _copied(kind: str, folder: Path, what: str, make: Callable[[str], object]) -> Iterator[str]:
    original = _original(kind, what, make)
    if kind == "sqlite":
        path = folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(original, path)
        yield f"sqlite:///{path}"
        return
    name = _create(original)
    try:
        yield _address(name)
    finally:
        _drop(name)


def _original(kind: str, what: str, make: Callable[[str], object]) -> str:
    """Return the file or the name of what is copied, made by whichever process of the run comes first."""
    note = _shared() / f"{what}.{kind}"
    with (_shared() / f"{note.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            if kind == "sqlite":
                name = str(_shared() / f"{what}.db")
                make(f"sqlite:///{name}")
            else:
                name = _create()
                make(_address(name))
            note.write_text(name)
    return note.read_text()


def _shared() -> Path:
    assert _run is not None, "tests.conftest has not begun this run"
    return _run


def _server() -> str:
    server = machine.postgres()
    assert server is not None, "PostgreSQL is demanded (REQUIRE_ALL=1) and not there"
    return server


def _address(name: str) -> str:
    return _server().rsplit("/", 1)[0] + "/" + name


def _create(template: str | None = None) -> str:
    name = f"hoc_test_{uuid.uuid4().hex[:12]}"
    _at_the_server(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    return name


def _drop(name: str) -> None:
    _at_the_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _at_the_server(statement: str) -> None:
    engine = create_engine(_server(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()

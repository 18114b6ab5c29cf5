"""What a unit of work wrote is on the disk when it returns: SQLite's log is synced then, once for all who wait."""

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.app import create_app
from portal.config import Settings
from portal.core.db import db, unit_of_work

THREADS, EACH = 8, 12


class Disk:
    """Stands for the disk: holds the files as they were when they were last synced, which is all a power cut leaves."""

    def __init__(self, database: Path, kept: Path) -> None:
        self.database, self.kept = database, kept
        self.real = os.fdatasync
        self.syncs = 0

    def sync(self, file: int) -> None:
        """Sync, and remember what is there now."""
        self.real(file)
        self.syncs += 1
        for ending in ("", "-wal"):
            shutil.copyfile(f"{self.database}{ending}", f"{self.kept}{ending}.new")
        for ending in ("", "-wal"):
            Path(f"{self.kept}{ending}.new").replace(f"{self.kept}{ending}")

    def after_a_power_cut(self) -> set[str]:
        """Return the notes that a machine finds which starts from this disk."""
        folder = Path(tempfile.mkdtemp(dir=self.kept.parent))
        for ending in ("", "-wal"):
            shutil.copyfile(f"{self.kept}{ending}", folder / f"found.db{ending}")
        with sqlite3.connect(folder / "found.db") as found:
            return {note for (note,) in found.execute("SELECT note FROM kept")}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Flask, Disk]]:
    database = tmp_path / "portal.db"
    app = create_app(
        Settings(
            environment="test", database_url=f"sqlite:///{database}", secret_key="s" * 40, data_dir=tmp_path
        )
    )
    with app.app_context():
        with unit_of_work() as session:
            session.execute(text("CREATE TABLE kept (note TEXT)"))
        made = Disk(database, tmp_path / "disk.db")
        monkeypatch.setattr(os, "fdatasync", made.sync)
        yield app, made
        db.session.remove()
        db.engine.dispose()


def write(app: Flask, note: str) -> None:
    with app.app_context():
        with unit_of_work() as session:
            session.execute(text("INSERT INTO kept VALUES (:note)"), {"note": note})
        db.session.remove()


def test_a_power_cut_loses_nothing_that_was_acknowledged(disk: tuple[Flask, Disk]) -> None:
    app, made = disk
    for number in range(5):
        write(app, f"note {number}")
        assert made.after_a_power_cut() == {f"note {before}" for before in range(number + 1)}
    assert made.syncs == 5


def test_nor_where_many_write_at_once(disk: tuple[Flask, Disk]) -> None:
    app, made = disk
    one_at_a_time = threading.Lock()
    lost: list[str] = []

    def person(name: int) -> None:
        for number in range(EACH):
            note = f"{name}-{number}"
            write(app, note)
            with one_at_a_time:
                if note not in made.after_a_power_cut():
                    lost.append(note)

    people = [threading.Thread(target=person, args=(name,)) for name in range(THREADS)]
    for one in people:
        one.start()
    for one in people:
        one.join(60)

    assert lost == []
    assert 0 < made.syncs <= THREADS * EACH


def test_a_disk_that_fails_is_not_kept_secret(
    disk: tuple[Flask, Disk], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _made = disk

    def broken(_file: int) -> None:
        raise OSError(5, "the disk does not answer")

    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(OSError, match="does not answer"):
        write(app, "never acknowledged")


def test_what_was_taken_back_is_not_waited_for(disk: tuple[Flask, Disk]) -> None:
    app, made = disk

    def taken_back() -> None:
        with app.app_context(), unit_of_work() as session:
            session.execute(text("INSERT INTO kept VALUES ('x')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        taken_back()
    assert made.syncs == 0


def test_a_unit_of_one_statement_is_on_the_disk_too(disk: tuple[Flask, Disk]) -> None:
    app, made = disk
    with app.app_context(), unit_of_work(one_statement=True) as session:
        session.execute(text("INSERT INTO kept VALUES ('an answer')"))

    assert made.after_a_power_cut() == {"an answer"}


def test_what_is_written_at_leisure_is_there_and_not_waited_for(disk: tuple[Flask, Disk]) -> None:
    app, made = disk
    with app.app_context():
        with unit_of_work(at_leisure=True) as session:
            session.execute(text("INSERT INTO kept VALUES ('a try')"))
        db.session.remove()
        assert db.session().scalars(text("SELECT note FROM kept")).all() == ["a try"]
    assert made.syncs == 0

    write(app, "somebody signed in")  # whoever waits next waits for both

    assert made.after_a_power_cut() == {"a try", "somebody signed in"}

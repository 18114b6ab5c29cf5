"""A backup holds every row, restores into either database, and says so when it was tampered with."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal import backup
from portal.app import create_app
from portal.config import Settings
from portal.core.db import db
from tests import databases
from tests.factories import NOW, World


@pytest.fixture
def made(whole_app: tuple[Flask, World], tmp_path: Path) -> Path:
    """Return a backup of the small world."""
    app, _world = whole_app
    path = tmp_path / "backup.zip"
    with app.app_context():
        backup.create(db.engine, path, NOW)
    return path


def manifest(path: Path) -> dict[str, object]:
    """Return what a backup says of itself."""
    found: dict[str, object] = json.loads(zipfile.ZipFile(path).read("manifest.json"))
    return found


@contextmanager
def new_portal(kind: str, folder: Path) -> Iterator[None]:
    """Stand in a portal whose tables are empty."""
    with databases.with_tables(kind, folder) as url:
        app = create_app(Settings(environment="test", database_url=url, secret_key="x" * 40, data_dir=folder))
        with app.app_context():
            yield
            db.engine.dispose()


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_restored_into_either_database_it_is_the_same_to_the_byte(
    made: Path, tmp_path: Path, target: str
) -> None:
    with new_portal(target, tmp_path):
        backup.restore(db.engine, made)
        backup.create(db.engine, tmp_path / "again.zip", NOW)
        with pytest.raises(backup.BadBackup, match="not empty"):
            backup.restore(db.engine, made)

    assert manifest(tmp_path / "again.zip") == manifest(made)
    assert manifest(made)["rows"]["user"] >= 9  # type: ignore[index]


def test_a_new_row_after_a_restore_takes_a_new_id(made: Path, tmp_path: Path) -> None:
    with new_portal("postgresql", tmp_path):
        backup.restore(db.engine, made)
        with db.engine.begin() as connection:
            highest = connection.scalar(text("SELECT max(id) FROM area"))
            connection.execute(
                text(
                    "INSERT INTO area (code, kind, name, search_key, valid_from) VALUES ('Z', 'commune', 'Z', 'z', '2020-01-01')"
                )
            )
            assert connection.scalar(text("SELECT max(id) FROM area")) == highest + 1


def test_a_backup_is_never_overwritten(whole_app: tuple[Flask, World], made: Path) -> None:
    app, _world = whole_app
    with app.app_context(), pytest.raises(FileExistsError):
        backup.create(db.engine, made, NOW)


def test_a_changed_row_is_noticed(made: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.zip"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(spoilt, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                name,
                content.replace("Huyện Một".encode(), "Huyện Mốt".encode())
                if name == "area.jsonl"
                else content,
            )
    with new_portal("sqlite", tmp_path):
        with pytest.raises(backup.BadBackup, match="area was changed"):
            backup.restore(db.engine, spoilt)
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM area")) == 0


@pytest.mark.parametrize("content", [b"", b"no zip at all"])
def test_what_is_no_backup_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)

    with pytest.raises(backup.BadBackup, match=r"x\.zip"):
        backup.verify(path, lambda engine: None)

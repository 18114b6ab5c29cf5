"""A backup holds every row, restores into either database, and says so when it was tampered with."""

import json
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from portal import backup
from portal.app import create_app
from portal.config import Settings
from portal.core.db import db
from tests.conftest import postgres_database
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


def new_portal(url: str, folder: Path) -> Flask:
    """Return a portal on an empty database."""
    return create_app(Settings(environment="test", database_url=url, secret_key="x" * 40, data_dir=folder))


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_restored_into_either_database_it_is_the_same_to_the_byte(
    made: Path, tmp_path: Path, target: str
) -> None:
    databases = postgres_database() if target == "postgresql" else iter([f"sqlite:///{tmp_path}/new.db"])
    app = new_portal(next(databases), tmp_path)
    with app.app_context():
        upgrade()
        backup.restore(db.engine, made)
        backup.create(db.engine, tmp_path / "again.zip", NOW)
        with pytest.raises(backup.BadBackup, match="not empty"):
            backup.restore(db.engine, made)
        db.engine.dispose()
    list(databases)

    assert manifest(tmp_path / "again.zip") == manifest(made)
    assert manifest(made)["rows"]["user"] >= 9  # type: ignore[index]


def test_a_new_row_after_a_restore_takes_a_new_id(made: Path, tmp_path: Path) -> None:
    databases = postgres_database()
    app = new_portal(next(databases), tmp_path)
    with app.app_context():
        upgrade()
        backup.restore(db.engine, made)
        with db.engine.begin() as connection:
            highest = connection.scalar(text("SELECT max(id) FROM area"))
            connection.execute(
                text(
                    "INSERT INTO area (code, kind, name, search_key, valid_from) VALUES ('Z', 'commune', 'Z', 'z', '2020-01-01')"
                )
            )
            assert connection.scalar(text("SELECT max(id) FROM area")) == highest + 1
        db.engine.dispose()
    list(databases)


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
    app = new_portal(f"sqlite:///{tmp_path}/new.db", tmp_path)
    with app.app_context():
        upgrade()
        with pytest.raises(backup.BadBackup, match="area was changed"):
            backup.restore(db.engine, spoilt)
        assert db.engine.connect().scalar(text("SELECT count(*) FROM area")) == 0
        db.engine.dispose()


@pytest.mark.parametrize("content", [b"", b"no zip at all"])
def test_what_is_no_backup_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)

    with pytest.raises(backup.BadBackup, match=r"x\.zip"):
        backup.verify(path, lambda engine: None)

"""The database itself keeps the audit trail as it was written, whichever way one comes; and lets all else work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import String, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from portal import backup
from portal.app import create_app
from portal.config import Settings
from portal.core.db import db
from tests import databases
from tests.conftest import DATABASES
from tests.factories import NOW

PERSON = """INSERT INTO "user" (id, full_name, coded, sort_key, search_key, username, secret_kind, failed_count, created_at)
VALUES (7, 'Trần Thị Ánh', false, 'a', 'a', 'ana', 'password', 0, '2026-11-24 03:00:00+00')"""
ENTRY = """INSERT INTO audit_entry (id, at, actor_id, code, target, facts)
VALUES ({id}, '2026-11-24 03:00:00+00', 7, 'people.read', 'unit:A', '{{"rows": "3"}}')"""


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Yield a portal at the newest revision whose trail holds one entry, by a person with the id 7."""
    with databases.with_tables(request.param, tmp_path) as url:
        app = create_app(
            Settings(environment="test", secret_key="x" * 40, data_dir=tmp_path, database_url=url)
        )
        with app.app_context():
            run(PERSON)
            run(ENTRY.format(id=1))
            yield app
            db.session.remove()
            db.engine.dispose()


def run(statement: str) -> None:
    """Run one statement as somebody at the database's own prompt would."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def trail() -> list[tuple[object, ...]]:
    """Return what the trail holds."""
    with db.engine.connect() as connection:
        found = connection.execute(
            text("SELECT id, actor_id, code, target, facts FROM audit_entry ORDER BY id")
        )
        return [tuple(row) for row in found]


CHANGES = [
    "UPDATE audit_entry SET code = 'people.export'",
    "UPDATE audit_entry SET target = 'unit:B' WHERE id = 1",
    "UPDATE audit_entry SET at = '2026-11-25 03:00:00+00'",
    "UPDATE audit_entry SET facts = '{}'",
    "UPDATE audit_entry SET id = 2",
    "UPDATE audit_entry SET actor_id = NULL",  # of a person who is there
    "UPDATE audit_entry SET actor_id = 8",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_entry WHERE id = 1",
    ENTRY.format(id=1) + " ON CONFLICT (id) DO UPDATE SET code = 'people.export'",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_what_was_recorded_stays(portal: Flask, statement: str) -> None:
    before = trail()

    with pytest.raises(DatabaseError, match="append-only"):
        run(statement)
    assert trail() == before
    assert len(before) == 1


def test_ways_that_one_database_alone_has(portal: Flask) -> None:
    before = trail()
    ways = {
        "sqlite": [ENTRY.format(id=1).replace("INSERT", "INSERT OR REPLACE")],
        "postgresql": ["TRUNCATE audit_entry", 'TRUNCATE "user" CASCADE'],
    }[db.engine.dialect.name]

    for way in ways:
        with pytest.raises(DatabaseError, match="append-only"):
            run(way)
    assert trail() == before


def test_one_may_append(portal: Flask) -> None:
    run(ENTRY.format(id=2))
    run(ENTRY.format(id="NULL" if db.engine.dialect.name == "sqlite" else "3"))

    assert [row[0] for row in trail()] == [1, 2, 3]


def test_a_person_who_goes_is_forgotten_and_nothing_else_is(portal: Flask) -> None:
    ((_id, _actor, *rest),) = trail()

    run('DELETE FROM "user" WHERE id = 7')

    assert trail() == [(1, None, *rest)]
    with pytest.raises(DatabaseError, match="append-only"):
        run("UPDATE audit_entry SET actor_id = NULL, code = 'nothing'")
    with pytest.raises(DatabaseError, match="append-only"):
        run("DELETE FROM audit_entry")


def test_a_backup_restores_behind_the_triggers(portal: Flask, tmp_path: Path) -> None:
    backup.create(db.engine, tmp_path / "backup.zip", NOW)
    before = trail()

    with databases.with_tables("sqlite", tmp_path) as url:
        elsewhere = create_app(
            Settings(environment="test", secret_key="x" * 40, data_dir=tmp_path, database_url=url)
        )
    with elsewhere.app_context():
        assert backup.restore(db.engine, tmp_path / "backup.zip")["audit_entry"] == 1
        assert [row[:4] for row in trail()] == [row[:4] for row in before]
        with pytest.raises(DatabaseError, match="append-only"):
            run("DELETE FROM audit_entry")
        db.session.remove()
        db.engine.dispose()


def test_down_it_may_be_changed_and_up_again_it_may_not(portal: Flask) -> None:
    downgrade(revision="0001")
    run("UPDATE audit_entry SET code = 'people.export'")
    assert trail()[0][2] == "people.export"

    upgrade()
    with pytest.raises(DatabaseError, match="append-only"):
        run("UPDATE audit_entry SET code = 'people.read'")


def test_people_can_still_be_given_another_column(portal: Flask) -> None:
    """The trigger names the table of people: on SQLite a batch alteration drops that table and renames a copy."""
    engine = db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=OFF")  # type: ignore[attr-defined]
            raw.execute("PRAGMA legacy_alter_table=ON")  # type: ignore[attr-defined]
        operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
        with operations.batch_alter_table("user") as batch:
            batch.alter_column("full_name", type_=String(300))
        connection.commit()
    engine.dispose()

    try:
        run('DELETE FROM "user" WHERE id = 7')
    except DBAPIError as error:  # pragma: no cover - says what broke
        pytest.fail(str(error))
    assert trail()[0][1] is None
    with pytest.raises(DatabaseError, match="append-only"):
        run("DELETE FROM audit_entry")

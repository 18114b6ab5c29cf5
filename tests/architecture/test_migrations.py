"""Migrations: up from nothing, down to nothing, up again, on both databases; and the models are what they make."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

import portal.tables  # noqa: F401 - completes the metadata
from portal.app import create_app
from portal.config import Settings
from portal.core.db import db
from tests import databases
from tests.conftest import DATABASES


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    with databases.empty(request.param, tmp_path) as url:
        yield from running(url, tmp_path)


@pytest.fixture(params=DATABASES)
def newest(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Yield a portal at the newest revision, as the migrations made it."""
    with databases.with_tables(request.param, tmp_path) as url:
        yield from running(url, tmp_path)


def running(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(Settings(environment="test", secret_key="x" * 40, data_dir=folder, database_url=url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_up_down_and_up_again(empty: Flask) -> None:
    upgrade()
    assert set(inspect(db.engine).get_table_names()) == {*db.metadata.tables, "alembic_version"}

    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}

    upgrade()
    assert set(inspect(db.engine).get_table_names()) == {*db.metadata.tables, "alembic_version"}


def test_the_models_are_what_the_migrations_make(newest: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, db.metadata) == []


def test_foreign_keys_hold_after_the_run(newest: Flask) -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_migration_imports_nothing_of_ours() -> None:
    from portal.config import ROOT

    for path in (ROOT / "portal" / "migrations" / "versions").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not [
            line
            for line in source.splitlines()
            if line.startswith(("import portal", "from portal", "from courses", "from quizzes"))
        ]


def test_what_a_support_officer_opened_moves_with_its_reason(empty: Flask) -> None:
    upgrade(revision="org2")
    at = "2026-11-20 03:00:00+00:00"
    with db.engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO "user" (id, full_name, sort_key, search_key, secret_kind, failed_count, created_at, coded)'
                " VALUES (7, 'x', 'x', 'x', 'password', 0, :at, false)"
            ),
            {"at": at},
        )
        for number, reference, reason in (
            (1, "asked", "thăm nhà theo kế hoạch"),
            (2, "list", "thăm nhà theo kế hoạch"),
            (3, "0f0f0f0f", "thăm nhà theo kế hoạch"),
        ):
            connection.execute(
                text("INSERT INTO accompaniment_look VALUES (:id, 7, :at, :reference, :reason)"),
                {"id": number, "at": at, "reference": reference, "reason": reason},
            )

    upgrade()

    seen = text(
        "SELECT list_view.code, list_view.place, list_reason.reason FROM list_view"
        " JOIN list_reason ON list_reason.id = list_view.reason_id ORDER BY list_view.id"
    )
    with db.engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(seen)] == [
            ("record.open", "record:list", "thăm nhà theo kế hoạch"),
            ("record.open", "record:0f0f0f0f", "thăm nhà theo kế hoạch"),
        ]

    downgrade(revision="org2")

    with db.engine.connect() as connection:
        kept = connection.execute(text("SELECT reference FROM accompaniment_look ORDER BY id")).scalars()
        assert list(kept) == ["asked", "list", "0f0f0f0f"]
        assert connection.execute(text("SELECT count(*) FROM list_view")).scalar_one() == 0

"""Fixtures: an application on each database, a session that is rolled back after every test, and four people.

Ana teaches at a school; Bruno heads it; Carla teaches elsewhere; Dora heads education in the whole province.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.accounts import services as accounts
from portal.core.accounts.login import TOKEN_KEY
from portal.core.db import db, unit_of_work
from tests import databases, examples, machine
from tests.factories import NOW, World

DATABASES = databases.KINDS
TODAY = date(2026, 11, 24)
SHARED = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Tell every process of the run which folder all of them share."""
    shared = getattr(config, "workerinput", {}).get("shared")
    config.stash[SHARED] = Path(shared or tempfile.mkdtemp(prefix="hoc-tests-"))
    databases.begin(config.stash[SHARED])
    examples.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the folder on to a worker of pytest-xdist."""
    node.workerinput["shared"] = str(node.config.stash[SHARED])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop what the run shared, once nobody works any more."""
    if not hasattr(config, "workerinput"):
        databases.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, by name, what this machine cannot run; with REQUIRE_ALL=1 it fails instead."""
    demanded = os.environ.get("REQUIRE_ALL") == "1"
    for item in items:
        lacks = None
        if "postgresql" in item.name and machine.postgres() is None:
            lacks = "PostgreSQL"
        if item.get_closest_marker("browser") and machine.chromium() is None:
            lacks = "Chromium"
        if item.get_closest_marker("redis") and machine.redis_server() is None:
            lacks = "Redis"
        if lacks and not demanded:
            item.add_marker(pytest.mark.skip(reason=f"this machine has no {lacks}"))


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory of this worker's own."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def applications(data_dir: Path) -> Iterator[Callable[[str], tuple[Flask, World]]]:
    """Yield a function that returns the application on either database, made once a worker.

    Not a fixture for each database: that one would be torn down and made again at every change from one to the
    other, and there are two such changes in every file of tests.
    """
    with ExitStack() as stack:

        @cache
        def application(kind: str) -> tuple[Flask, World]:
            url, world = stack.enter_context(databases.with_world(kind, data_dir))
            settings = Settings(
                environment="test",
                database_url=url,
                secret_key="a secret of the tests, long enough for anybody",
                data_dir=data_dir,
                sign_in_limit="10000 per minute",
                verify_limit="10000 per minute",
                register_limit="10000 per minute",
            )
            app = create_app(settings)
            app.test_client_class = Browser
            stack.callback(_close, app)
            return app, world

        yield application


def _close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session", params=DATABASES)
def whole_app(
    request: pytest.FixtureRequest, applications: Callable[[str], tuple[Flask, World]]
) -> tuple[Flask, World]:
    """Return the application with its tables, the shipped courses, and the small world, on each database."""
    return applications(request.param)


@pytest.fixture
def app(whole_app: tuple[Flask, World]) -> Iterator[Flask]:
    """Yield the application inside one transaction that is rolled back after the test."""
    app, _world = whole_app
    with app.app_context(), clock.frozen(NOW):
        engine = db.engine
        connection = engine.connect()
        outer = connection.begin()
        db._app_engines[app][None] = connection  # type: ignore[assignment]
        try:
            yield app
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            db._app_engines[app][None] = engine


@pytest.fixture
def world(whole_app: tuple[Flask, World]) -> World:
    """Return the ids of the small world."""
    return whole_app[1]


@pytest.fixture
def session(app: Flask) -> Session:
    """Return the session of the test."""
    return db.session()


class Browser(FlaskClient):
    """A client that forgets, before each request, what the request before it left in the shared context."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make one request."""
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser that nobody has signed in with."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, session: Session):
    """Return a function that gives a client signed in as a user's id."""
    app.config["WTF_CSRF_ENABLED"] = False

    def signed(user_id: int) -> FlaskClient:
        with unit_of_work() as work:
            token = accounts.sign_in(work, user_id, NOW)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN_KEY] = token
            cookie.permanent = True
        return client

    return signed


@pytest.fixture
def now() -> datetime:
    """Return the moment at which every test stands: 24 November 2026, 10:00 in the province."""
    return datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

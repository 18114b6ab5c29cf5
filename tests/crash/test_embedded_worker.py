"""The embedded default: gunicorn starts a worker by itself, it comes back when it dies, and it ends with gunicorn."""

import os
import signal
import time
from pathlib import Path

from sqlalchemy import select

from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.jobs import services
from portal.core.jobs.models import Job, State
from tests import databases
from tests.bench.serving import SECRET, Server, portal_environ


def _of(folder: Path) -> dict[int, str]:
    """Return the command lines of processes that were given this folder as their data directory, by process id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if (
                str(folder) in (path / "environ").read_text(errors="replace")
                and (path / "cmdline").read_bytes()
            ):
                found[int(path.name)] = (path / "cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
    return found


def _workers(folder: Path) -> list[int]:
    return [pid for pid, line in _of(folder).items() if "jobs work" in line]


def _until(what: object, seconds: float = 40) -> None:
    over = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < over, "it took too long"
        time.sleep(0.2)


def test_the_embedded_worker_works_comes_back_and_ends_with_the_server(tmp_path: Path) -> None:
    with databases.with_tables("sqlite", tmp_path) as url:
        app = create_app(Settings(environment="test", database_url=url, secret_key=SECRET, data_dir=tmp_path))
    environ = portal_environ(url, tmp_path) | {"PORTAL_JOBS": "embedded", "PORTAL_JOB_LEASE_SECONDS": "2"}
    # its children are the server's worker and the keeper
    server = Server("wsgi:app", environ, ready="/readyz", workers=2)
    server.environ["WEB_CONCURRENCY"] = "1"

    def state_of(number: int) -> str:
        with app.app_context():
            with unit_of_work() as session:
                services.enqueue(session, "test.none", {}, by_id=None, now=clock.now(), key=f"k{number}")
            state = str(db.session().scalar(select(Job.error).where(Job.key == f"k{number}")) or "")
            db.session.remove()
        return state

    try:
        server.start()
        _until(lambda: "test.none" in state_of(1))  # nobody does that kind: the worker says so
        first = _workers(tmp_path)
        assert len(first) == 1

        os.kill(first[0], signal.SIGKILL)  # started by this test's own server
        _until(lambda: "test.none" in state_of(2))
        assert _workers(tmp_path) != first
    finally:
        server.stop()
    _until(lambda: _of(tmp_path) == {})
    with app.app_context():
        assert db.session().scalar(select(Job.state).where(Job.key == "k1")) in (State.WAITING, State.FAILED)
        db.session.remove()
        db.engine.dispose()

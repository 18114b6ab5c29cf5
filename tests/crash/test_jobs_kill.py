"""Workers are killed (-9) and frozen in the middle of their jobs: every step is done, none twice, on both databases.

Only processes started here are ended.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.app import create_app
from portal.config import ROOT, Settings
from portal.core import clock
from portal.core.audit.models import Entry
from portal.core.db import db, unit_of_work
from portal.core.jobs import services
from portal.core.jobs.models import Job, State
from tests import databases
from tests.bench.serving import SECRET
from tests.conftest import DATABASES

KIND = "test.steps"
STEPS = 5
LONGEST = 90.0


class Workers:
    """The worker processes of one test."""

    def __init__(self, url: str, folder: Path) -> None:
        self._environ = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")} | {
            "PORTAL_ENVIRONMENT": "test",
            "PORTAL_DATABASE_URL": url,
            "PORTAL_SECRET_KEY": SECRET,
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_JOB_LEASE_SECONDS": "2",
        }
        self._log = (folder / "workers.log").open("wb")
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        """Start one more."""
        command = [sys.executable, "-m", "flask", "--app", "tests.crash.jobs_app", "jobs", "work"]
        one = subprocess.Popen(command, cwd=ROOT, env=self._environ, stdout=self._log, stderr=self._log)
        self.running.append(one)
        return one

    def end(self) -> None:
        """Kill what still runs."""
        for one in self.running:
            if one.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    one.send_signal(signal.SIGCONT)
                one.kill()
            one.wait()
        self._log.close()


@pytest.fixture(params=DATABASES)
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, Workers]]:
    with databases.with_tables(request.param, tmp_path) as url:
        app = create_app(Settings(environment="test", database_url=url, secret_key=SECRET, data_dir=tmp_path))
        crew = Workers(url, tmp_path)
        try:
            yield app, crew
        finally:
            crew.end()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def ask(app: Flask, many: int, pause: float) -> None:
    with app.app_context(), unit_of_work() as session:
        for number in range(many):
            services.enqueue(
                session,
                KIND,
                {"number": number, "pause": pause},
                by_id=None,
                now=clock.now(),
                key=f"n:{number}",
            )


def jobs(app: Flask) -> list[Job]:
    with app.app_context():
        found = list(db.session().scalars(select(Job).where(Job.kind == KIND).order_by(Job.id)))
        db.session.expunge_all()
        db.session.remove()
    return found


def steps(app: Flask) -> Counter[str]:
    with app.app_context():
        found = Counter(db.session().scalars(select(Entry.target).where(Entry.code == KIND)))
        db.session.remove()
    return found


def until(what: Callable[[], bool], seconds: float = LONGEST) -> None:
    over = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < over, "it took too long"
        time.sleep(0.1)


def test_killed_at_any_moment_nothing_is_lost_and_nothing_done_twice(workers: tuple[Flask, Workers]) -> None:
    app, crew = workers
    many = 30
    ask(app, many, 0.03)
    crew.start()
    crew.start()
    until(lambda: bool(steps(app)))
    dice, killed = random.Random(), 0  # the moments differ from run to run on purpose
    while killed < 4:
        time.sleep(dice.uniform(0.2, 0.8))
        victim = next(one for one in crew.running if one.poll() is None)
        victim.kill()
        victim.wait()
        killed += 1
        crew.start()

    until(lambda: all(job.state not in (State.WAITING, State.RUNNING) for job in jobs(app)))

    assert [(job.id, job.state, job.error) for job in jobs(app) if job.state != State.DONE] == []
    assert steps(app) == {f"{number}:{step}": 1 for number in range(many) for step in range(STEPS)}
    assert all(job.result == {"steps": STEPS} for job in jobs(app))


def test_a_frozen_worker_that_wakes_up_late_writes_nothing_more(workers: tuple[Flask, Workers]) -> None:
    app, crew = workers
    ask(app, 1, 0.4)
    frozen = crew.start()
    until(lambda: len(steps(app)) >= 1)
    frozen.send_signal(signal.SIGSTOP)
    time.sleep(3)  # its lease of two seconds runs out
    with app.app_context():
        locked = db.engine.dialect.name == "sqlite"
    other = crew.start()
    if (
        not locked
    ):  # a worker frozen inside a unit of work holds all of SQLite, so nobody can overtake it there
        until(lambda: jobs(app)[0].state == State.DONE)
    frozen.send_signal(signal.SIGCONT)

    until(lambda: jobs(app)[0].state == State.DONE)
    time.sleep(1)

    assert steps(app) == {f"0:{step}": 1 for step in range(STEPS)}
    assert other.poll() is None
    assert frozen.poll() is None, "a worker that lost its lease goes on with the next job"


def test_a_signal_ends_a_worker_gently_and_the_next_one_goes_on(workers: tuple[Flask, Workers]) -> None:
    app, crew = workers
    ask(app, 1, 0.3)
    first = crew.start()
    until(lambda: len(steps(app)) >= 1)
    first.terminate()

    assert first.wait(20) == 0
    job = jobs(app)[0]
    assert job.state == State.WAITING
    assert job.tries == 0, "a worker that was told to leave is no failure of the job"

    crew.start()
    until(lambda: jobs(app)[0].state == State.DONE)
    assert steps(app) == {f"0:{step}": 1 for step in range(STEPS)}


def test_a_worker_ends_when_the_process_that_began_it_is_gone(workers: tuple[Flask, Workers]) -> None:
    _app, crew = workers
    script = (
        "import subprocess, sys, os, time;"
        "one = subprocess.Popen([sys.executable, '-m', 'flask', '--app', 'wsgi', 'jobs', 'work', '--parent', str(os.getpid())]);"
        "print(one.pid, flush=True); time.sleep(60)"
    )
    keeper = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=crew._environ, stdout=subprocess.PIPE, text=True
    )
    assert keeper.stdout is not None
    pid = int(keeper.stdout.readline())
    time.sleep(3)
    keeper.kill()
    keeper.wait()
    keeper.stdout.close()

    def gone() -> bool:
        status = Path(f"/proc/{pid}/status")
        return not status.exists() or "State:\tZ" in status.read_text()

    until(gone, 30)

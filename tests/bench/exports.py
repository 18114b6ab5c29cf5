"""The head's page and files while somebody else reads a lesson: time, first byte, memory, and what the reader waits."""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from flask import Flask
from sqlalchemy import select, update

from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.jobs.models import Job, State
from portal.core.jobs.services import enqueue
from portal.core.organisation.models import Area, AreaKind
from portal.indicators.pages import Wanted
from portal.reports import row_exports
from tests.bench.serving import ROOT, Server


@dataclass(frozen=True)
class File:
    """What sending a file took. Memory is that of the largest worker, in megabytes."""

    seconds: float
    first_byte: float
    size: int
    rss_before: float
    rss_peak: float
    reader_p50: float
    reader_p95: float
    reader_worst: float


def fetched(port: int, path: str, cookie: str) -> tuple[float, float, int, int, bytes]:
    """Return status, seconds to the first byte of the body, seconds in all, size and the first bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "vi"})
        reply = connection.getresponse()
        begun = reply.read(1)
        first = time.perf_counter() - began
        size = len(begun)
        while piece := reply.read(1 << 16):
            size += len(piece)
        return first, time.perf_counter() - began, size, reply.status, begun
    finally:
        connection.close()


class Reader:
    """Somebody else, who opens a lesson ten times a second on a connection of her own each time."""

    def __init__(self, port: int, path: str, cookie: str) -> None:
        self._port, self._path, self._cookie = port, path, cookie
        self._stop = threading.Event()
        self._times: list[float] = []
        self._threads = [threading.Thread(target=self._read) for _ in range(2)]

    def _read(self) -> None:
        while not self._stop.is_set():
            *_, status, _begun = found = fetched(self._port, self._path, self._cookie)
            assert status == 200, status
            self._times.append(found[1])
            self._stop.wait(0.1)

    def __enter__(self) -> "Reader":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def quantile(self, share: float) -> float:
        """Return the time in milliseconds that `share` of the pages did not exceed."""
        times = sorted(self._times)
        return times[min(len(times) - 1, int(share * len(times)))] * 1000 if times else float("nan")


def reading(port: int, path: str, cookie: str, seconds: float) -> Reader:
    """Return what a reader waits when nothing else happens."""
    with Reader(port, path, cookie) as reader:
        time.sleep(seconds)
    return reader


def file(server: Server, path: str, cookie: str, lesson: str, other: str) -> File:
    """Fetch a file while somebody else reads; return what both took."""
    before = max(server.rss())
    peak = [before]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak.append(max(server.rss(), default=0.0))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with Reader(server.port, lesson, other) as reader:
            first, seconds, size, status, _begun = fetched(server.port, path, cookie)
    finally:
        done.set()
        watcher.join()
    assert status == 200, (path, status)
    return File(
        seconds,
        first,
        size,
        before,
        max(peak),
        reader.quantile(0.5),
        reader.quantile(0.95),
        reader.quantile(1.0),
    )


@dataclass(frozen=True)
class Made:
    """What a job took that wrote a file: seconds with the start of its process, its memory in megabytes, its rows."""

    seconds: float
    rss_peak: float
    rows: int


def rows_by_job(app: Flask, environ: Mapping[str, str], user_id: int) -> Made:
    """Have a worker of its own write the rows behind a figure of everybody to an Excel file."""
    asked = {
        "asked": {"plan": "plan-39", "period": "2025", "place": _province(app), "targets": "province"},
        "wanted": asdict(Wanted(of="people")),
        "indicator": "CT06",
        "kind": "xlsx",
        "language": "vi",
        "reason": None,
        "name": "bench",
    }
    with app.app_context(), unit_of_work() as session:
        session.execute(update(Job).where(Job.state == State.WAITING).values(state=State.STOPPED))
        key = enqueue(session, row_exports.MAKE, asked, by_id=user_id, now=clock.now()).id
    began = time.perf_counter()
    work = [sys.executable, "-c", WORK]
    said = subprocess.run(work, cwd=ROOT, env=dict(environ), check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    with app.app_context():
        job = db.session().get_one(Job, key)
        assert job.state == State.DONE, (job.state, job.error)
        rows = int((job.result or {})["lines"][0][1]["rows"])
        db.session.remove()
    return Made(seconds, float(said.stdout.split()[-1]), rows)


#: A worker that does one job, and says how much memory it had at most.
WORK = """
import resource
from portal.app import create_app
from portal.core.jobs.worker import Worker
app = create_app()
with app.app_context():
    Worker().step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def _province(app: Flask) -> str:
    with app.app_context():
        code = db.session().scalars(select(Area.code).where(Area.kind == AreaKind.PROVINCE)).one()
        db.session.remove()
    return f"area:{code}"


def quickest(port: int, path: str, cookie: str, times: int) -> list[float]:
    """Fetch a page some times, after one that does not count; return the milliseconds, sorted."""
    found = [fetched(port, path, cookie) for _ in range(times + 1)]
    assert all(one[3] == 200 for one in found), path
    return sorted(one[1] * 1000 for one in found[1:])


def per_second(work: Callable[[], object], seconds: float) -> float:
    """Return how often one core does `work` in a second."""
    work()
    began = time.process_time()
    count = 0
    while time.process_time() - began < seconds:
        work()
        count += 1
    return count / (time.process_time() - began)

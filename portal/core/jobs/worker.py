"""The worker: takes one job after another. Ended by a signal it gives the job back; killed, its lease runs out."""

import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError

from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.jobs import services
from portal.core.jobs.context import JobContext, lease
from portal.core.jobs.errors import LeaseLost, Stopped
from portal.core.jobs.registry import KINDS, TENDED

log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0
TENDING_SECONDS = 5.0
AFTER_A_FAULT = 60.0
LONGEST_ERROR = 4000


class Worker:
    """One worker process. `leaving` is set by a signal: it ends after the step it is in."""

    def __init__(self, *, parent: int | None = None) -> None:
        self.leaving = threading.Event()
        self._parent = parent
        self._tended: dict[str, float] = {}  # when each thing is to be looked at again
        self._begun: set[str] = (
            set()
        )  # daily jobs that it has asked for; the table's key is what makes them one

    def listen(self) -> None:
        """End gracefully on SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.leaving.set())

    def run(self) -> None:
        """Work until told to leave, or until the process that began this one is gone."""
        while not self._should_leave():
            try:
                worked = self.step()
                worked = self.tend() or worked
            except DBAPIError as error:  # the database is away: it will come back, and the jobs are in it
                log.warning("the worker cannot reach the database: %s", error.__class__.__name__)
                db.session.remove()
                worked = False
                self.leaving.wait(5 * IDLE_SECONDS)
            if not worked:
                self.leaving.wait(IDLE_SECONDS)

    def drain(self) -> int:
        """Work until nothing is due; return how many jobs were taken."""
        taken = 0
        while not self._should_leave() and self.step():
            taken += 1
        return taken

    def step(self) -> bool:
        """Take one job and do it; return whether there was one."""
        now = clock.now()
        self._begin_daily()
        waiting = services.due(db.session(), now)
        db.session.remove()
        if not waiting:
            return False
        with unit_of_work() as session:
            context = services.claim(session, clock.now())
        if context is None:
            return False
        context.leaving = self._should_leave
        with _beating(context):
            perform(context)
        db.session.remove()
        return True

    def tend(self) -> bool:
        """Do one step of everything that is kept in order between jobs; return whether there is more to do."""
        more = False
        for one in TENDED.values():
            if time.monotonic() < self._tended.get(one.code, 0.0):
                continue
            pause = TENDING_SECONDS
            try:
                if one.run():
                    more, pause = True, 0.0
            except Exception:  # a fault here must not keep the jobs from being done
                log.exception("%s could not be tended", one.code)
                pause = AFTER_A_FAULT
            finally:
                db.session.remove()
            self._tended[one.code] = time.monotonic() + pause
        return more

    def _begin_daily(self) -> None:
        local = clock.now().astimezone(clock.PROVINCE)
        for kind in KINDS.values():
            if kind.daily_at is None or local.hour < kind.daily_at:
                continue
            key = f"{kind.code}:{local.date().isoformat()}"
            if key in self._begun:
                continue
            with unit_of_work() as session:
                services.enqueue(session, kind.code, {}, by_id=None, now=clock.now(), key=key)
            self._begun.add(key)

    def _should_leave(self) -> bool:
        return self.leaving.is_set() or (self._parent is not None and os.getppid() != self._parent)


def perform(context: JobContext) -> None:
    """Do one job that was claimed, and write down how it ended."""
    kind = KINDS.get(context.kind)
    try:
        if kind is None:
            raise LookupError(f"no function for the jobs of kind {context.kind}")
        result = kind.run(context)
        if not context.finished:
            _settle(lambda session: services.done(session, context, result))
    except Refused as refusal:
        message = refusal.message
        values = {
            key: value if isinstance(value, int | float) else str(value)
            for key, value in refusal.values.items()
        }
        _settle(lambda session: services.refused(session, context, message, values, clock.now()))
    except Stopped:
        _settle(lambda session: services.stopped(session, context, clock.now()))
    except LeaseLost:
        log.warning("job %s was taken up by another worker", context.job_id)
    except Exception as error:
        text = "".join(traceback.format_exception(error))[-LONGEST_ERROR:]
        log.exception("job %s (%s) failed on try %s", context.job_id, context.kind, context.tries)
        _settle(lambda session: services.failed(session, context, text, clock.now()))


def _settle(how: Callable[[Any], None]) -> None:
    with unit_of_work() as session:
        how(session)


@contextmanager
def _beating(context: JobContext) -> Iterator[None]:
    """Let the lease begin anew every third of it while a handler works, however long one of its steps takes."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    over = threading.Event()
    pause = lease().total_seconds() / 3

    def beat() -> None:
        with app.app_context():
            while not over.wait(pause):
                try:
                    context.extend(clock.now())
                except (
                    DBAPIError
                ):  # SQLite: the handler itself is writing, so nobody else can take the job now
                    log.debug("the lease of job %s could not be extended just now", context.job_id)

    thread = threading.Thread(target=beat, daemon=True, name=f"lease-{context.job_id}")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=20)

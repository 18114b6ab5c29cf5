"""What a handler holds while it works: the facts, the way to report progress, and the fence against a lost lease."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import db, unit_of_work, writing
from portal.core.jobs import beside
from portal.core.jobs.errors import LeaseLost, Stopped
from portal.core.jobs.models import Job, State
from portal.core.web import settings


def lease() -> timedelta:
    """Return how long a job is a worker's without a sign of life."""
    return timedelta(seconds=settings().job_lease_seconds)


@contextmanager
def aside() -> Iterator[Connection]:
    """Yield a short transaction of its own, beside whatever the session is doing."""
    engine: Engine | Connection = db.engine
    if isinstance(engine, Connection):  # a test that is rolled back has one connection for everything
        with engine.begin_nested():
            yield engine
        return
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
        yield connection


class JobContext:
    """One try at one job.

    `work()` is the unit of work of a handler: it commits only while the lease is this worker's. `finish` inside it
    ends the job in the same transaction as its effect: then a crash can neither lose the effect nor repeat it.
    """

    def __init__(
        self, job_id: int, kind: str, facts: dict[str, Any], by_id: int | None, token: str, *, tries: int = 1
    ) -> None:
        self.job_id = job_id
        self.kind = kind
        self.facts = facts
        self.by_id = by_id
        self.tries = tries
        self.finished = False
        self.leaving: Callable[[], bool] = lambda: False
        self._token = token
        self._kept: tuple[int, int] | None = None
        self._told = False

    @contextmanager
    def work(self) -> Iterator[Session]:
        """Yield a session for writing; commit at the end if the job is still this worker's, else raise `LeaseLost`."""
        try:
            with unit_of_work() as session:
                yield session
                session.flush()
                self._fence(session)
        finally:
            if self._told:
                beside.forget(self.job_id)
                self._told = False
        if self._kept is not None:
            self.progress(*self._kept)

    def finish(self, session: Session, result: dict[str, Any]) -> None:
        """End the job inside `work()`: done, with this result. What the handler returns later is not looked at."""
        now = clock.now()
        found = session.execute(
            update(Job)
            .where(Job.id == self.job_id, Job.token == self._token)
            .values(
                state=State.DONE, token=None, lease_until=None, result=result, ended_at=now,
                progress=func.coalesce(func.nullif(Job.total, 0), Job.progress),
            )
            .returning(Job.id)
        ).first()  # fmt: skip
        if found is None:
            raise LeaseLost(self.job_id)
        self.finished = True
        self._kept = None

    def progress(self, done: int, total: int) -> None:
        """Write down how far the job is, in a short transaction of its own; the lease begins anew.

        Inside a unit of work on SQLite nobody else can write, so the numbers are told beside the database, and
        written when `work()` ends.
        Raises `LeaseLost` when another worker has taken the job up.
        """
        self._kept = None
        if self.finished:
            return
        if writing() and db.engine.dialect.name == "sqlite":
            self._kept = (done, total)
            beside.tell(self.job_id, self._token, max(0, done), max(0, total))
            self._told = True
            return
        if not self.extend(clock.now(), progress=max(0, done), total=max(0, total)):
            raise LeaseLost(self.job_id)

    def extend(self, now: datetime, **values: Any) -> bool:
        """Let the lease begin anew, with other values where given; return whether the job is still this worker's."""
        with aside() as connection:
            return (
                connection.execute(
                    update(Job)
                    .where(Job.id == self.job_id, Job.token == self._token)
                    .values(lease_until=now + lease(), **values)
                    .returning(Job.id)
                ).first()
                is not None
            )

    def cancelled(self) -> bool:
        """Return whether somebody asked to stop."""
        with aside() as connection:
            asked = connection.scalar(select(Job.stop_asked_at).where(Job.id == self.job_id))
        return asked is not None

    def stop_if_asked(self) -> None:
        """Raise `Stopped` where somebody asked to stop, or the worker is being ended (the job then goes on later).

        Call it between units of work, where what has been written so far may stand.
        """
        if self.leaving() or self.cancelled():
            raise Stopped

    def _fence(self, session: Session) -> None:
        """Refuse the commit when the job is another worker's by now; hold its row until the commit otherwise."""
        if self.finished:
            return
        held = session.execute(
            update(Job)
            .where(Job.id == self.job_id, Job.token == self._token)
            .values(lease_until=clock.now() + lease())
            .returning(Job.id)
        ).first()
        if held is None:
            raise LeaseLost(self.job_id)

"""Reading jobs: one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.jobs import beside
from portal.core.jobs.models import OPEN, Job, State
from portal.core.policy import Actor

PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as its owner sees it. `percent` is None while the whole is not known; 100 only when done."""

    id: int
    kind: str
    state: State
    progress: int
    total: int
    percent: int | None
    stopping: bool
    created_at: datetime
    ended_at: datetime | None
    result: dict[str, Any]
    refusal: dict[str, Any] | None

    @property
    def open(self) -> bool:
        """Return whether it has not ended."""
        return self.state in OPEN


def job_for(session: Session, who: Actor, job_id: int) -> Job:
    """Return a job that `who` asked for. Raises `NotFound` for everybody else's."""
    job = session.get(Job, job_id) if 0 < job_id < 2**62 else None
    if job is None or who.id is None or job.by_id != who.id:
        raise NotFound
    return job


def mine(
    session: Session, who: Actor, *, state: State | None, kinds: Sequence[str] | None, page: int
) -> Sequence[Shown]:
    """Return one page (50) of the jobs that `who` asked for, newest first.

    state: None for any. kinds: codes to look for; None for any.
    """
    query = (
        select(Job).where(Job.by_id == who.id).order_by(Job.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    )
    if state is not None:
        query = query.where(Job.state == state)
    if kinds is not None:
        query = query.where(Job.kind.in_(kinds))
    return [shown(job) for job in session.scalars(query)]


def shown(job: Job) -> Shown:
    """Return a job as its owner sees it."""
    progress, total = job.progress, job.total
    if job.state == State.RUNNING and db.engine.dialect.name == "sqlite":
        progress, total = max((progress, total), beside.told(job.id, job.token) or (0, 0))
    percent = min(99, progress * 100 // total) if total else None
    return Shown(
        id=job.id,
        kind=job.kind,
        state=State(job.state),
        progress=min(progress, total) if total else progress,
        total=total,
        percent=100 if job.state == State.DONE else percent,
        stopping=job.stop_asked_at is not None and job.state in OPEN,
        created_at=job.created_at,
        ended_at=job.ended_at,
        result=job.result or {},
        refusal=job.refusal,
    )

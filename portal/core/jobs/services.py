"""Asking for work, taking it, and ending it: the writes on the job table. None of them commits."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from portal.core.db import insert_once
from portal.core.jobs.context import JobContext, lease
from portal.core.jobs.errors import NotFailed, NotRunning
from portal.core.jobs.models import OPEN, Job, State

MOST_TRIES = 3
PAUSES = (timedelta(seconds=10), timedelta(minutes=2))


def enqueue(
    session: Session,
    kind: str,
    facts: dict[str, Any],
    *,
    by_id: int | None,
    now: datetime,
    key: str | None = None,
) -> Job:
    """Ask for a job; it begins once this transaction is committed and a worker is free.

    facts: JSON values. key: asking again with the same key, ever, returns the job that is there.
    """
    values: dict[str, Any] = {
        "kind": kind, "key": key, "facts": facts, "state": State.WAITING, "progress": 0, "total": 0, "tries": 0,
        "not_before": now, "by_id": by_id, "created_at": now,
    }  # fmt: skip
    if key is not None:
        insert_once(session, Job, **values)
        return session.scalars(select(Job).where(Job.key == key)).one()
    job = Job(**values)
    session.add(job)
    session.flush()
    return job


def due(session: Session, now: datetime) -> bool:
    """Return whether there is something to take: a look that locks nothing."""
    return session.scalar(select(Job.id).where(_takeable(now)).limit(1)) is not None


def _takeable(now: datetime) -> Any:
    return or_(
        and_(Job.state == State.WAITING, Job.not_before <= now),
        and_(Job.state == State.RUNNING, Job.lease_until < now),
    )


def claim(session: Session, now: datetime) -> JobContext | None:
    """Take the oldest job that waits, or whose holder let its lease end; None where there is none.

    On PostgreSQL rows that another worker is just taking are skipped; on SQLite the unit of work holds the write
    lock. A job that was taken up `MOST_TRIES` times without ending is failed: what kills every worker that touches
    it is not tried for ever.
    """
    while True:
        job = session.scalars(
            select(Job).where(_takeable(now)).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
        ).first()
        if job is None:
            return None
        if job.stop_asked_at is not None:
            _end(job, State.STOPPED, now)
        elif job.tries >= MOST_TRIES:
            _end(job, State.FAILED, now)
            job.error = (
                f"{job.error or ''}\ntaken up {job.tries} times, and each time its worker was gone".strip()
            )
        else:
            job.state, job.tries, job.token = State.RUNNING, job.tries + 1, secrets.token_hex(16)
            job.lease_until, job.started_at = now + lease(), now
            session.flush()
            return JobContext(job.id, job.kind, dict(job.facts), job.by_id, str(job.token), tries=job.tries)
        session.flush()


def done(session: Session, context: JobContext, result: dict[str, Any]) -> None:
    """End a job whose handler returned. Raises `LeaseLost`."""
    context.finish(session, result)


def refused(
    session: Session, context: JobContext, message: str, values: dict[str, Any], now: datetime
) -> None:
    """End a job that the rules do not allow: trying again would change nothing."""
    job = _held(session, context)
    if job is not None:
        _end(job, State.FAILED, now)
        job.refusal = {"message": message, "values": values}


def failed(session: Session, context: JobContext, error: str, now: datetime) -> None:
    """Note a crash: the job waits for another try, longer each time; after the last it has failed."""
    job = _held(session, context)
    if job is None:
        return
    job.error = error
    if job.tries >= MOST_TRIES:
        _end(job, State.FAILED, now)
        return
    job.state, job.token, job.lease_until = State.WAITING, None, None
    job.not_before = now + PAUSES[min(job.tries, len(PAUSES)) - 1]


def stopped(session: Session, context: JobContext, now: datetime) -> None:
    """Note that a handler stopped: because it was asked to, or (nobody asked) to be taken up by the next worker."""
    job = _held(session, context)
    if job is None:
        return
    if job.stop_asked_at is not None:
        _end(job, State.STOPPED, now)
    else:
        job.state, job.token, job.lease_until, job.tries = State.WAITING, None, None, job.tries - 1
        job.not_before = now


def ask_to_stop(session: Session, job: Job, now: datetime) -> None:
    """Stop a waiting job at once, a running one at its next step. Raises `NotRunning`."""
    if job.state not in OPEN:
        raise NotRunning
    job.stop_asked_at = now
    if job.state == State.WAITING:
        _end(job, State.STOPPED, now)


def try_again(session: Session, job: Job, now: datetime) -> None:
    """Let a failed or stopped job begin anew. Raises `NotFailed`."""
    found = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.state.in_((State.FAILED, State.STOPPED)))
        .values(
            state=State.WAITING, tries=0, not_before=now, stop_asked_at=None, refusal=None, error=None,
            ended_at=None, progress=0, total=0,
        )
        .returning(Job.id)
    ).first()  # fmt: skip
    if found is None:
        raise NotFailed


def _held(session: Session, context: JobContext) -> Job | None:
    return session.scalars(
        select(Job).where(Job.id == context.job_id, Job.token == context._token).with_for_update()
    ).first()


def _end(job: Job, state: State, now: datetime) -> None:
    job.state, job.token, job.lease_until, job.ended_at = state, None, None, now

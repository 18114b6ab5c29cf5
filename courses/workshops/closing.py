"""Closing a class and correcting it later: who took part becomes a fact, and what it completes."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.issuing import Issuer
from courses.models import Enrolment
from courses.services import complete_if_met
from courses.workshops.attendance import Tick, days_there, locked, note, ticks_of
from courses.workshops.errors import (
    AlreadyClosed,
    NotClosed,
    NotOver,
    ReasonTooShort,
    SignaturesDiffer,
)
from courses.workshops.models import (
    Attendance,
    Attended,
    How,
    Workshop,
)
from courses.workshops.services import SHORTEST_REASON
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.db import insert_once
from portal.core.locale import show_date


def close(
    session: Session,
    issuer: Issuer,
    workshop: Workshop,
    *,
    signatures: int,
    reason: str,
    visits: int,
    by_id: int | None,
    now: datetime,
) -> tuple[int, int]:
    """Close a class: who was there on enough days took part, for good. Return their number, and how many completed.

    signatures: counted on the signed sheets, all days together. visits: people at the door whom nobody could name.
    Raises `AlreadyClosed`, `NotOver`, `SignaturesDiffer`.
    """
    locked(session, workshop)
    if workshop.closed_at is not None or workshop.cancelled_at is not None:
        raise AlreadyClosed
    if local_date(now) < workshop.ends_on:
        raise NotOver(day=show_date(workshop.ends_on))
    ticks = ticks_of(session, workshop)
    if signatures != ticks and len(reason.strip()) < SHORTEST_REASON:
        raise SignaturesDiffer(signatures=signatures, ticks=ticks)
    workshop.closed_at, workshop.closed_by_id = now, by_id
    workshop.signatures, workshop.visits = signatures, visits
    workshop.difference_reason = reason.strip() if signatures != ticks else None
    there = days_there(session, workshop)
    completed = 0
    for days in there.values():
        if len(days) >= workshop.days_needed and take_part(session, workshop, days):
            completed += _complete(session, issuer, workshop, days[-1].user_id, now)
    took_part = sum(len(days) >= workshop.days_needed for days in there.values())
    record(
        session,
        at=now,
        actor_id=by_id,
        code="workshop.close",
        target=f"workshop:{workshop.id}",
        ticks=ticks,
        signatures=signatures,
        took_part=took_part,
        completed=completed,
        reason=workshop.difference_reason or "",
    )
    return took_part, completed


def correct(
    session: Session,
    issuer: Issuer,
    workshop: Workshop,
    *,
    user_id: int,
    day: date,
    present: bool,
    reason: str,
    by_id: int | None,
    now: datetime,
) -> None:
    """Correct a closed class for one person and day. A completion that was granted meanwhile stands.

    Raises `NotClosed`, `ReasonTooShort`.
    """
    locked(session, workshop)
    if workshop.closed_at is None:
        raise NotClosed
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort
    made = Tick(f"fix:{secrets.token_hex(12)}", day, user_id, present, now)
    note(session, workshop, made, How.CORRECTION, by_id, now, reason.strip(), decides=True)
    days = days_there(session, workshop).get(user_id, [])
    fact = session.get(Attended, (workshop.id, user_id))
    if len(days) >= workshop.days_needed:
        if fact is None:
            take_part(session, workshop, days)
        else:
            fact.withdrawn_at, fact.days = None, len(days)
        session.flush()
        _complete(session, issuer, workshop, user_id, now)
    elif fact is not None and fact.withdrawn_at is None:
        fact.withdrawn_at = now
    record(
        session,
        at=now,
        actor_id=by_id,
        code="workshop.correct",
        target=f"workshop:{workshop.id}",
        user=user_id,
        day=day.isoformat(),
        present=present,
        reason=reason.strip(),
    )


def take_part(session: Session, workshop: Workshop, days: Sequence[Attendance]) -> bool:
    """Append that a person took part, from the days she was there (not none); False where it stands already."""
    last = days[-1]
    return insert_once(
        session,
        Attended,
        workshop_id=workshop.id,
        user_id=last.user_id,
        course_id=workshop.course_id,
        on_day=last.day,
        days=len(days),
        origin=workshop.origin,
        full_name=last.full_name,
        unit_id=last.unit_id,
        area_id=last.area_id,
        audience=last.audience,
    )


def _complete(session: Session, issuer: Issuer, workshop: Workshop, user_id: int, now: datetime) -> bool:
    """Look whether this class was the last thing that the person's course asked for."""
    if workshop.course_id is None:
        return False
    enrolment = session.scalar(
        select(Enrolment)
        .where(Enrolment.user_id == user_id, Enrolment.course_id == workshop.course_id)
        .order_by(Enrolment.cycle.desc())
        .limit(1)
    )
    return enrolment is not None and complete_if_met(session, issuer, enrolment, now) is not None

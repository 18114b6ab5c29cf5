"""Announcing, changing and cancelling a class. None of it commits."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from courses.workshops.attendance import line_of, locked
from courses.workshops.errors import (
    AlreadyClosed,
    DayHasAttendance,
    ReasonTooShort,
    SeatsTaken,
)
from courses.workshops.models import (
    Attendance,
    Workshop,
    WorkshopDay,
    WorkshopTrainer,
)
from courses.workshops.seats import Seat, seating
from courses.workshops.telling import tell_cancelled
from portal.core.audit.services import record
from portal.core.db import insert_once
from portal.core.locale import show_date
from portal.core.names import fold, tidy

SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True)
class WorkshopFacts:
    """What somebody says about a class. days: each with its hours in words, in order and different."""

    title: str
    course_id: int | None
    plan_item: str
    organiser_id: int
    area_id: int
    place: str
    guest_trainers: str
    capacity: int
    days: tuple[tuple[date, str], ...]
    days_needed: int
    for_area_id: int | None
    for_sector: str | None
    for_audience: str | None
    trainer_ids: tuple[int, ...]


def open_workshop(
    session: Session,
    key: str,
    facts: WorkshopFacts,
    *,
    by_id: int | None,
    now: datetime,
    origin: str = "hall",
) -> Workshop:
    """Announce a class. `key` came with the form: sending it twice finds the class that the first sending made."""
    days = [day for day, _hours in facts.days]
    made = insert_once(
        session,
        Workshop,
        key=key,
        origin=origin,
        created_at=now,
        created_by_id=by_id,
        secret=secrets.token_hex(32),
        visits=0,
        whole_course=False,
        starts_on=min(days),
        ends_on=max(days),
        search_key=fold(f"{facts.title} {facts.place}")[:200],
        **_columns(facts),
    )
    workshop = session.scalars(select(Workshop).where(Workshop.key == key)).one()
    if made:
        _days_and_trainers(session, workshop, facts)
        record(
            session,
            at=now,
            actor_id=by_id,
            code="workshop.open",
            target=f"workshop:{workshop.id}",
            title=workshop.title,
            origin=origin,
        )
    return workshop


def change_workshop(
    session: Session, workshop: Workshop, facts: WorkshopFacts, *, by_id: int | None, now: datetime
) -> tuple[int, ...]:
    """Change what was announced; return the ids of those who move up because there are more seats.

    Raises `AlreadyClosed`, `SeatsTaken`, `DayHasAttendance`.
    """
    locked(session, workshop)
    if workshop.closed_at is not None or workshop.cancelled_at is not None:
        raise AlreadyClosed
    line = line_of(session, workshop)
    before = seating([one.number for one in line], workshop.capacity)
    seated = sum(seat is Seat.SEATED for seat in before.values())
    if facts.capacity < seated:
        raise SeatsTaken(seated=seated)
    kept = {day for day, _hours in facts.days}
    ticked = session.scalar(
        select(func.min(Attendance.day)).where(
            Attendance.workshop_id == workshop.id, Attendance.present, Attendance.day.not_in(kept)
        )
    )
    if ticked is not None:
        raise DayHasAttendance(day=show_date(ticked))
    for name, value in _columns(facts).items():
        setattr(workshop, name, value)
    workshop.starts_on, workshop.ends_on = min(kept), max(kept)
    workshop.search_key = fold(f"{facts.title} {facts.place}")[:200]
    session.execute(delete(WorkshopDay).where(WorkshopDay.workshop_id == workshop.id))
    session.execute(delete(WorkshopTrainer).where(WorkshopTrainer.workshop_id == workshop.id))
    session.flush()
    _days_and_trainers(session, workshop, facts)
    after = seating([one.number for one in line], facts.capacity)
    record(session, at=now, actor_id=by_id, code="workshop.change", target=f"workshop:{workshop.id}")
    return tuple(
        one.user_id for one in line if after[one.number] is Seat.SEATED and before[one.number] is Seat.WAITING
    )


def cancel_workshop(
    session: Session, workshop: Workshop, *, reason: str, by_id: int | None, now: datetime
) -> None:
    """Cancel a class that will not be held. Raises `ReasonTooShort`, `AlreadyClosed`."""
    locked(session, workshop)
    if workshop.closed_at is not None or workshop.cancelled_at is not None:
        raise AlreadyClosed
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort
    workshop.cancelled_at, workshop.cancelled_reason = now, reason.strip()
    tell_cancelled(session, workshop, now)
    record(
        session,
        at=now,
        actor_id=by_id,
        code="workshop.cancel",
        target=f"workshop:{workshop.id}",
        reason=reason.strip(),
    )


def _columns(facts: WorkshopFacts) -> dict[str, object]:
    return {
        "title": tidy(facts.title),
        "course_id": facts.course_id,
        "plan_item": facts.plan_item,
        "organiser_id": facts.organiser_id,
        "area_id": facts.area_id,
        "place": tidy(facts.place),
        "guest_trainers": tidy(facts.guest_trainers),
        "capacity": facts.capacity,
        "days_needed": facts.days_needed,
        "for_area_id": facts.for_area_id,
        "for_sector": facts.for_sector,
        "for_audience": facts.for_audience,
    }


def _days_and_trainers(session: Session, workshop: Workshop, facts: WorkshopFacts) -> None:
    session.add_all(
        WorkshopDay(workshop_id=workshop.id, day=day, hours=hours) for day, hours in sorted(facts.days)
    )
    session.add_all(
        WorkshopTrainer(workshop_id=workshop.id, user_id=user_id)
        for user_id in dict.fromkeys(facts.trainer_ids)
    )
    session.flush()

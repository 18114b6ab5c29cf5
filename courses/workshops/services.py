"""Holding a class: opening it, seats, ticks, closing, correcting. None of these functions commits.

Everything that decides on a class takes the lock of its row first, so two people, tabs or devices come one after the
other on either database.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from courses.certificates.issuing import Issuer
from courses.models import Enrolment
from courses.services import complete_if_met
from courses.workshops import codes
from courses.workshops.errors import (
    AlreadyClosed,
    CodeOver,
    DayHasAttendance,
    NotClosed,
    NotOpen,
    NotOver,
    NotToday,
    ReasonTooShort,
    SeatsTaken,
    SignaturesDiffer,
)
from courses.workshops.models import (
    Attendance,
    Attended,
    How,
    Mark,
    Registration,
    Workshop,
    WorkshopDay,
    WorkshopTrainer,
)
from courses.workshops.seats import Seat, moved_up, seating
from courses.workshops.telling import tell_cancelled, tell_moved_up
from portal.core.accounts.models import User
from portal.core.accounts.queries import posting_on
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.db import insert_once
from portal.core.locale import show_date
from portal.core.names import fold, tidy

SHORTEST_REASON = 10
MOST_MARKS = 500  # of one sending: a hall of 250 for two days


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


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick, or its taking back, as a device made it. key: the device's, 8 to 40 characters, never used twice."""

    key: str
    day: date
    user_id: int
    present: bool
    made_at: datetime


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
    line = _line(session, workshop)
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


def register(session: Session, workshop: Workshop, user_id: int, *, by_id: int | None, now: datetime) -> Seat:
    """Put a person at the end of the class's line; return whether she has a seat or waits. Twice is once.

    Raises `NotOpen` once the class is closed, cancelled or over.
    """
    locked(session, workshop)
    if workshop.closed_at or workshop.cancelled_at or workshop.ends_on < local_date(now):
        raise NotOpen
    line = _line(session, workshop)
    mine = next((one for one in line if one.user_id == user_id), None)
    if mine is None:
        last = session.scalar(
            select(func.max(Registration.number)).where(Registration.workshop_id == workshop.id)
        )
        mine = Registration(
            workshop_id=workshop.id,
            user_id=user_id,
            number=(last or 0) + 1,
            registered_at=now,
            registered_by_id=by_id,
        )
        session.add(mine)
        session.flush()
        line = [*line, mine]
        record(
            session,
            at=now,
            actor_id=by_id,
            code="workshop.register",
            target=f"workshop:{workshop.id}",
            user=user_id,
        )
    return seating([one.number for one in line], workshop.capacity)[mine.number]


def give_up(
    session: Session, workshop: Workshop, user_id: int, *, by_id: int | None, now: datetime
) -> tuple[int, ...]:
    """Take a person out of the line; return the ids of those who move up. Nothing where she is not in it.

    After the last day nobody moves up: there is no seat to have; and only who holds the class puts the line right.
    Raises `NotOpen`.
    """
    locked(session, workshop)
    over = workshop.ends_on < local_date(now)
    if workshop.closed_at or workshop.cancelled_at or (over and by_id == user_id):
        raise NotOpen
    line = _line(session, workshop)
    mine = next((one for one in line if one.user_id == user_id), None)
    if mine is None:
        return ()
    mine.given_up_at = now
    rest = [one for one in line if one is not mine]
    before, after = [one.number for one in line], [one.number for one in rest]
    up = () if over else moved_up(before, after, workshop.capacity)
    session.flush()
    by_number = {one.number: one.user_id for one in rest}
    record(
        session,
        at=now,
        actor_id=by_id,
        code="workshop.give_up",
        target=f"workshop:{workshop.id}",
        user=user_id,
        moved_up=[by_number[number] for number in up],
    )
    told = tuple(by_number[number] for number in up)
    tell_moved_up(session, workshop, told, now)
    return told


def tick(
    session: Session,
    workshop: Workshop,
    ticks: Sequence[Tick],
    *,
    how: How,
    by_id: int | None,
    now: datetime,
    decides: bool = False,
) -> int:
    """Take ticks, in whatever order and however often they are sent; return how many were new.

    The latest made decides, then its key (`decides`: of a list that was looked at, all of it). Days and people that do not belong to the class are left out. A replay of
    what is known is taken silently even when the class is closed. Raises `AlreadyClosed` where something is new then.
    """
    locked(session, workshop)
    ticks = ticks[:MOST_MARKS]
    known = set(session.scalars(select(Mark.key).where(Mark.key.in_([one.key for one in ticks]))))
    days = set(session.scalars(select(WorkshopDay.day).where(WorkshopDay.workshop_id == workshop.id)))
    people = _people_of(session, workshop)
    new = [one for one in ticks if one.key not in known and one.day in days and one.user_id in people]
    if new and (workshop.closed_at is not None or workshop.cancelled_at is not None):
        raise AlreadyClosed
    taken = sum(note(session, workshop, one, how, by_id, now, decides=decides) for one in new)
    if taken:
        record(
            session,
            at=now,
            actor_id=by_id,
            code="workshop.tick",
            target=f"workshop:{workshop.id}",
            marks=taken,
            how=how,
        )
    return taken


def come_in(
    session: Session,
    workshop: Workshop,
    user_id: int,
    day: date,
    *,
    how: How,
    by_id: int | None,
    now: datetime,
    key: str,
) -> None:
    """Note somebody who stands at the door, registered or not. Raises `AlreadyClosed`."""
    locked(session, workshop)
    if workshop.closed_at is not None or workshop.cancelled_at is not None:
        raise AlreadyClosed
    if note(session, workshop, Tick(key, day, user_id, True, now), how, by_id, now):
        record(
            session,
            at=now,
            actor_id=by_id,
            code="workshop.come_in",
            target=f"workshop:{workshop.id}",
            user=user_id,
            how=how,
        )


def check_in(session: Session, workshop: Workshop, user_id: int, code: str, now: datetime) -> None:
    """Note a person who read the code off the trainer's screen.

    Raises `NotToday`, `CodeOver`, `AlreadyClosed`.
    """
    day = local_date(now)
    if session.get(WorkshopDay, (workshop.id, day)) is None:
        raise NotToday
    if not codes.taken(code, workshop.secret, workshop.id, day, now):
        raise CodeOver
    key = f"code:{workshop.id}:{day:%y%m%d}:{user_id}"
    come_in(session, workshop, user_id, day, how=How.CODE, by_id=user_id, now=now, key=key)


def ticks_of(session: Session, workshop: Workshop) -> int:
    """Return how many signatures the sheets should have: one for each person and day that is ticked."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Attendance)
            .where(Attendance.workshop_id == workshop.id, Attendance.present)
        )
        or 0
    )


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
    there = _there(session, workshop)
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
    days = _there(session, workshop).get(user_id, [])
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


# --- inside ------------------------------------------------------------------------------------------------------


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


def locked(session: Session, workshop: Workshop) -> None:
    """Take the lock of the class and read it again: what was read before may have changed while waiting."""
    session.execute(
        select(Workshop)
        .where(Workshop.id == workshop.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _line(session: Session, workshop: Workshop) -> Sequence[Registration]:
    return session.scalars(
        select(Registration)
        .where(Registration.workshop_id == workshop.id, Registration.given_up_at.is_(None))
        .order_by(Registration.number)
    ).all()


def _people_of(session: Session, workshop: Workshop) -> set[int]:
    """Return whom the trainer may tick: those in the line, and those who came in."""
    line = select(Registration.user_id).where(
        Registration.workshop_id == workshop.id, Registration.given_up_at.is_(None)
    )
    came = select(Attendance.user_id).where(Attendance.workshop_id == workshop.id)
    return set(session.scalars(line.union(came)))


def note(
    session: Session,
    workshop: Workshop,
    one: Tick,
    how: How,
    by_id: int | None,
    now: datetime,
    reason: str | None = None,
    *,
    decides: bool = False,
) -> bool:
    """Append a mark and let it decide if it is the latest; return False where its key is known.

    decides: whoever made it saw what stands and overrules it, so it is later than that whatever the clocks say.
    """
    row = session.scalar(
        select(Attendance).where(
            Attendance.workshop_id == workshop.id,
            Attendance.day == one.day,
            Attendance.user_id == one.user_id,
        )
    )
    made_at = min(one.made_at, now)  # a device whose clock runs ahead does not win for ever
    if decides and row is not None:
        made_at = max(made_at, row.made_at + timedelta(microseconds=1))
    if not insert_once(
        session,
        Mark,
        key=one.key,
        workshop_id=workshop.id,
        day=one.day,
        user_id=one.user_id,
        present=one.present,
        how=how,
        made_at=made_at,
        received_at=now,
        by_id=by_id,
        reason=reason,
    ):
        return False
    if row is None:
        user = session.get_one(User, one.user_id)
        post = posting_on(session, user.id, one.day)
        row = Attendance(
            workshop_id=workshop.id,
            day=one.day,
            user_id=user.id,
            full_name=user.full_name,
            sort_key=user.sort_key,
            unit_id=post[0].id if post else None,
            unit_name=post[0].name if post else "",
            area_id=post[1].id if post else None,
            audience=post[2] if post else None,
            present=one.present,
            how=how,
            made_at=made_at,
            mark_key=one.key,
        )
        session.add(row)
    elif (made_at, one.key) > (row.made_at, row.mark_key):
        row.present, row.how, row.made_at, row.mark_key = one.present, how, made_at, one.key
    session.flush()
    return True


def _there(session: Session, workshop: Workshop) -> dict[int, list[Attendance]]:
    """Return for each person the days she was there, in order."""
    found: dict[int, list[Attendance]] = {}
    for row in session.scalars(
        select(Attendance)
        .where(Attendance.workshop_id == workshop.id, Attendance.present)
        .order_by(Attendance.sort_key, Attendance.user_id, Attendance.day)
    ):
        found.setdefault(row.user_id, []).append(row)
    return found


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

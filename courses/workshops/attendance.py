"""Who was there: seats, ticks from phones, coming in, checking in with the code, and what of it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.workshops import codes
from courses.workshops.errors import (
    AlreadyClosed,
    CodeOver,
    NotOpen,
    NotToday,
)
from courses.workshops.models import (
    Attendance,
    How,
    Mark,
    Registration,
    Workshop,
    WorkshopDay,
)
from courses.workshops.seats import Seat, moved_up, seating
from courses.workshops.telling import tell_moved_up
from portal.core.accounts.models import User
from portal.core.accounts.queries import posting_on
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.db import insert_once

MOST_MARKS = 500  # of one sending: a hall of 250 for two days


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick, or its taking back, as a device made it. key: the device's, 8 to 40 characters, never used twice."""

    key: str
    day: date
    user_id: int
    present: bool
    made_at: datetime


def register(session: Session, workshop: Workshop, user_id: int, *, by_id: int | None, now: datetime) -> Seat:
    """Put a person at the end of the class's line; return whether she has a seat or waits. Twice is once.

    Raises `NotOpen` once the class is closed, cancelled or over.
    """
    locked(session, workshop)
    if workshop.closed_at or workshop.cancelled_at or workshop.ends_on < local_date(now):
        raise NotOpen
    line = line_of(session, workshop)
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
    line = line_of(session, workshop)
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


def locked(session: Session, workshop: Workshop) -> None:
    """Take the lock of the class and read it again: what was read before may have changed while waiting."""
    session.execute(
        select(Workshop)
        .where(Workshop.id == workshop.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def line_of(session: Session, workshop: Workshop) -> Sequence[Registration]:
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


def days_there(session: Session, workshop: Workshop) -> dict[int, list[Attendance]]:
    """Return for each person the days she was there, in order."""
    found: dict[int, list[Attendance]] = {}
    for row in session.scalars(
        select(Attendance)
        .where(Attendance.workshop_id == workshop.id, Attendance.present)
        .order_by(Attendance.sort_key, Attendance.user_id, Attendance.day)
    ):
        found.setdefault(row.user_id, []).append(row)
    return found

"""Noting an evening once: who was there, the lesson done for each, hands for the group. Nothing here commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.issuing import Issuer
from courses.group_lessons import queries
from courses.group_lessons.errors import KeyOfAnother, NotOnTheList, TooMany
from courses.group_lessons.models import GroupHands, GroupLesson, GroupPresent
from courses.group_lessons.queries import Noted
from courses.models import Course, Enrolment, Lesson, LessonDone
from courses.queries.versions import current_version
from courses.services import complete_if_met
from portal.core.accounts.models import User
from portal.core.accounts.queries import posting_on
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.db import insert_once
from portal.core.names import tidy
from portal.core.organisation.models import Unit

MOST = 1000  # people or hands in one hall


@dataclass(frozen=True, slots=True)
class Evening:
    """What a device tells of a group lesson. key: the device's own, of 8 to 40 characters.

    hands: by question and option, how many. others: people who are not on the list, a number.
    """

    key: str
    place: str
    began_at: datetime
    ended_at: datetime
    present: tuple[int, ...]
    others: int
    hands: Mapping[str, Mapping[str, int]]


def note_evening(
    session: Session,
    issuer: Issuer,
    *,
    course: Course,
    lesson: Lesson,
    unit: Unit,
    evening: Evening,
    by_id: int,
    now: datetime,
) -> Noted:
    """Note an evening and what each person did by being there; the same key again changes nothing.

    Whoever is there and has not begun the course begins it, on its current version; the lesson counts in the version
    that she learns, where that has it. Raises `TooMany`, `NotOnTheList`, `KeyOfAnother`.
    """
    most = max([evening.others, *(many for votes in evening.hands.values() for many in votes.values())])
    if most > MOST or len(evening.present) > MOST:
        raise TooMany(number=max(most, len(evening.present)), most=MOST)
    ended = min(evening.ended_at, now)
    began = min(evening.began_at, ended)
    player = session.get_one(User, by_id)
    made = insert_once(
        session,
        GroupLesson,
        key=evening.key,
        course_id=course.id,
        version_id=lesson.version_id,
        lesson_id=lesson.id,
        unit_id=unit.id,
        area_id=unit.area_id,
        place=tidy(evening.place)[:200],
        played_by_id=by_id,
        played_by_name=player.full_name,
        played_on=local_date(began),
        began_at=began,
        ended_at=ended,
        received_at=now,
        others=evening.others,
    )
    row = session.scalars(select(GroupLesson).where(GroupLesson.key == evening.key)).one()
    if not made:
        if row.played_by_id != by_id:
            raise KeyOfAnother
        return queries.noted(session, row)
    known = set(queries.people_ids(session, unit, local_date(began)))
    strangers = set(evening.present) - known
    if strangers:
        raise NotOnTheList(left=len(strangers))
    lessons = completed = 0
    for user_id in sorted(set(evening.present)):
        enrolment = _enrolment(session, course, user_id, now)
        theirs = session.scalar(
            select(Lesson).where(Lesson.version_id == enrolment.version_id, Lesson.slug == lesson.slug)
        )
        user = session.get_one(User, user_id)
        post = posting_on(session, user_id, row.played_on)
        session.add(
            GroupPresent(
                group_lesson_id=row.id,
                user_id=user_id,
                full_name=user.full_name,
                unit_id=post[0].id if post else None,
                area_id=post[1].id if post else None,
                audience=post[2] if post else None,
                enrolment_id=enrolment.id if theirs is not None else None,
            )
        )
        if theirs is not None:
            lessons += 1
            completed += _done(session, issuer, enrolment, theirs, ended, now)
    _hands(session, row, lesson, evening)
    record(
        session,
        at=now,
        actor_id=by_id,
        code="group_lesson.note",
        target=f"group_lesson:{row.id}",
        lesson=lesson.slug,
        present=len(set(evening.present)),
        others=evening.others,
        completed=completed,
    )
    return Noted(row.id, len(set(evening.present)), lessons, completed, first=True)


def _enrolment(session: Session, course: Course, user_id: int, now: datetime) -> Enrolment:
    latest = (
        select(Enrolment)
        .where(Enrolment.user_id == user_id, Enrolment.course_id == course.id)
        .order_by(Enrolment.cycle.desc())
        .limit(1)
    )
    found = session.scalar(latest)
    if found is None:
        insert_once(
            session,
            Enrolment,
            user_id=user_id,
            course_id=course.id,
            version_id=current_version(session, course).id,
            cycle=1,
            enrolled_at=now,
            due_on=None,
        )
        found = session.scalars(latest).one()
    return found


def _done(
    session: Session, issuer: Issuer, enrolment: Enrolment, lesson: Lesson, at: datetime, now: datetime
) -> bool:

    insert_once(session, LessonDone, enrolment_id=enrolment.id, lesson_id=lesson.id, done_at=at)
    return complete_if_met(session, issuer, enrolment, now) is not None


def _hands(session: Session, row: GroupLesson, lesson: Lesson, evening: Evening) -> None:
    asked = {one.ref: {option.ref for option in one.options} for one in queries.questions(session, lesson)}
    rows: Sequence[GroupHands] = [
        GroupHands(group_lesson_id=row.id, question=question, option=option, hands=many)
        for question, votes in evening.hands.items()
        for option, many in votes.items()
        if option in asked.get(question, ()) and many >= 0
    ]
    session.add_all(rows)
    session.flush()

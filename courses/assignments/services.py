"""Making and ending rules, applying them, reminding: the writes. None of them commits."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Select, and_, delete, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from courses.assignments import queries
from courses.assignments.errors import (
    AlreadyEnded,
    DueTooEarly,
    NobodyToRemind,
    NotOfTheCourse,
    NotWhole,
)
from courses.assignments.models import Assignment, AssignmentRule, Reminder
from courses.models import Course, CourseAudience, Enrolment, Version
from portal.core.audit.services import record
from portal.core.batches import batches
from portal.core.clock import local_date
from portal.core.db import Base
from portal.core.errors import NotFound
from portal.core.notices import services as notices
from portal.core.notices.models import Notice
from portal.core.notices.wording import say
from portal.core.policy import Action, Actor, can
from portal.core.text import N_

BATCH = 1000
IDS = 500  # ids in one statement
REMINDER = say(
    "assignments.reminder",
    N_("A reminder: %(course)s"),
    N_("%(name)s asks you to complete the course %(course)s. When it is due stands on your first page."),
    N_("Open the course"),
)
ASKED = say(
    "assignments.asked",
    N_("Required of you: %(course)s"),
    N_("You are asked to complete the course %(course)s by %(due_on)s."),
    N_("Open the course"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a head asks for: the fields of a rule before it is one. Exactly one place, exactly one due date."""

    course: Course
    audience: str | None
    area_id: int | None
    unit_id: int | None
    sector: str | None
    due_on: date | None
    due_days: int | None
    renewal_days: int
    valid_from: date
    valid_to: date | None = None

    def rule(self, who: Actor, now: datetime) -> AssignmentRule:
        """Return a rule, not stored."""
        return AssignmentRule(
            course_id=self.course.id,
            audience=self.audience,
            area_id=self.area_id,
            unit_id=self.unit_id,
            sector=self.sector if self.unit_id is None else None,
            due_on=self.due_on,
            due_days=self.due_days,
            renewal_days=self.renewal_days,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            made_at=now,
            made_by_id=who.id,
        )


def checked(session: Session, who: Actor, wish: Wish, now: datetime) -> AssignmentRule:
    """Return the rule that `who` may make of a wish, not stored.

    Raises `NotFound` for a place or course that is not hers to assign, `NotWhole` where she may assign in one sector
    of the area only, `NotOfTheCourse`, `DueTooEarly`.
    """
    if wish.course.access == "discreet":
        raise NotFound
    rule = wish.rule(who, now)
    place = queries.place_of_rule(session, rule)
    if not can(who.grants, Action.COURSE_ASSIGN, place):
        mine = any(
            grant.unit is None and (grant.area is None or grant.area in place.areas) for grant in who.grants
        )
        raise NotWhole if mine and wish.area_id is not None and wish.sector is None else NotFound
    audiences = session.scalars(
        select(CourseAudience.audience).where(CourseAudience.course_id == wish.course.id)
    ).all()
    if wish.audience is not None and wish.audience not in audiences:
        raise NotOfTheCourse(course=wish.course.code)
    if wish.due_on is not None and wish.due_on < local_date(now):
        raise DueTooEarly
    return rule


def make(session: Session, who: Actor, wish: Wish, now: datetime) -> AssignmentRule:
    """Make a rule; the same wish twice (two clicks, a page sent again) is one rule. Raises what `checked` raises."""
    rule = checked(session, who, wish, now)
    same = session.scalars(
        select(AssignmentRule).where(
            AssignmentRule.course_id == rule.course_id,
            AssignmentRule.audience.is_(None)
            if rule.audience is None
            else AssignmentRule.audience == rule.audience,
            AssignmentRule.area_id == rule.area_id
            if rule.area_id is not None
            else AssignmentRule.unit_id == rule.unit_id,
            AssignmentRule.sector.is_(None) if rule.sector is None else AssignmentRule.sector == rule.sector,
            AssignmentRule.due_on == rule.due_on
            if rule.due_on is not None
            else AssignmentRule.due_days == rule.due_days,
            AssignmentRule.renewal_days == rule.renewal_days,
            AssignmentRule.valid_from == rule.valid_from,
            AssignmentRule.valid_to.is_(None)
            if rule.valid_to is None
            else AssignmentRule.valid_to == rule.valid_to,
        )
    ).first()
    if same is not None:
        return same
    session.add(rule)
    session.flush()
    record(
        session,
        at=now,
        actor_id=who.id,
        code="assignment.make",
        target=f"rule:{rule.id}",
        course=wish.course.code,
        audience=wish.audience or "",
    )
    return rule


def end(session: Session, who: Actor, rule: AssignmentRule, now: datetime) -> None:
    """End a rule from today on; what was begun stays, the next run takes back what was not. Raises `AlreadyEnded`."""
    today = local_date(now)
    if rule.valid_to is not None and rule.valid_to < today:
        raise AlreadyEnded
    rule.valid_to = today - timedelta(days=1)
    record(session, at=now, actor_id=who.id, code="assignment.end", target=f"rule:{rule.id}")


class Working(Protocol):
    """How `run` writes: a unit of work at a time, saying how far it is in between."""

    def work(self) -> AbstractContextManager[Session]:
        """Return a unit of work."""

    def progress(self, done: int, total: int) -> None:
        """Say how many people of how many have been looked at."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run did: how many were asked something, from how many something was taken back."""

    asked: int = 0
    withdrawn: int = 0

    def __add__(self, other: "Applied") -> "Applied":
        """Return both together."""
        return Applied(self.asked + other.asked, self.withdrawn + other.withdrawn)


def run(session: Session, working: Working, day: date, now: datetime, course_ids: Sequence[int]) -> Applied:
    """Apply the rules of some courses to everybody, a thousand people at a time; `session` only reads.

    May be stopped and begun again anywhere: each batch decides on what it reads itself, and asking twice asks once.
    """
    parts: list[tuple[int, int, int, int]] = []
    for course_id in course_ids:
        people = queries.touched(
            session, queries.plan(session, course_id, queries.live_rules(session, course_id), day)
        )
        parts += [(course_id, part[0], part[-1], len(part)) for part in batches(people, BATCH)]
    total = sum(number for *_, number in parts)
    done = 0
    applied = Applied()
    working.progress(0, total)
    for course_id, first, last, number in parts:
        with working.work() as work:
            plan = queries.plan(work, course_id, queries.live_rules(work, course_id), day)
            applied += apply(work, plan, first, last, now)
        done += number
        working.progress(done, total)
    with working.work() as work:
        work.execute(
            update(AssignmentRule)
            .where(AssignmentRule.course_id.in_(course_ids), AssignmentRule.applied_at.is_(None))
            .values(applied_at=now)
        )
        if applied != Applied():
            record(
                work,
                at=now,
                actor_id=None,
                code="assignment.apply",
                target=f"day:{day.isoformat()}",
                asked=applied.asked,
                withdrawn=applied.withdrawn,
            )
    return applied


def apply(session: Session, plan: queries.Plan, first: int, last: int, now: datetime) -> Applied:
    """Ask what is to be asked of people with ids from `first` to `last`, and take back what is to be taken back."""
    asks: list[dict[str, Any]] = []
    withdrawn: list[int] = []
    for user_id, (_stands, decision) in queries.decisions(session, plan, first, last).items():
        withdrawn.extend(decision.withdraw)
        if decision.ask is not None:
            asks.append(
                {
                    "user_id": user_id,
                    "course_id": plan.course_id,
                    "cycle": decision.ask.cycle,
                    "due_on": decision.ask.due_on,
                    "rule_id": decision.ask.rule,
                    "assigned_on": plan.day,
                }
            )
    if withdrawn:
        session.execute(update(Assignment).where(Assignment.id.in_(withdrawn)).values(ended_on=plan.day))
    if asks:
        _insert(session, Assignment, asks)
        _tell(session, plan, asks, now)
    _give_due_dates(session, plan.course_id, first, last)
    return Applied(len(asks), len(withdrawn))


def remind(
    session: Session,
    who: Actor,
    course: Course,
    people: Select[Any],
    *,
    days: int,
    place: str,
    by_name: str,
    title: Mapping[str, str],
    now: datetime,
) -> Sequence[int]:
    """Remind people (a select of ids) of a course by a notice; return the ids of those who are.

    title: the course's, by language: each reads it in her own.

    Whoever was reminded within `days` days, by anybody and of anything, is left out; two clicks remind once.
    Raises `NobodyToRemind`.
    """
    today = local_date(now)
    recent = set(
        session.scalars(
            queries.reminded_since(today - timedelta(days=days - 1)).where(Reminder.user_id.in_(people))
        )
    )
    reminded = [user_id for user_id in session.scalars(people) if user_id not in recent]
    if not reminded:
        raise NobodyToRemind(days=days)
    _insert(
        session,
        Reminder,
        [
            {
                "user_id": user_id,
                "course_id": course.id,
                "sent_on": today,
                "sent_at": now,
                "sent_by_id": who.id,
            }
            for user_id in reminded
        ],
    )
    notices.tell(
        session,
        reminded,
        REMINDER,
        {
            "name": by_name,
            "course": dict(title),
            "to": {"endpoint": "catalogue.course", "values": {"code": course.code}},
        },
        now=now,
    )
    record(
        session,
        at=now,
        actor_id=who.id,
        code="people.remind",
        target=place,
        course=course.code,
        people=len(reminded),
    )
    return reminded


def apply_to(session: Session, user_ids: Sequence[int], now: datetime) -> None:
    """Apply every rule to a few people at once: those who have just got a post."""
    for course_id in queries.courses_with_rules(session):
        plan = queries.plan(session, course_id, queries.live_rules(session, course_id), local_date(now))
        for user_id in user_ids:
            apply(session, plan, user_id, user_id, now)


def unask(session: Session, user_ids: Sequence[int]) -> None:
    """Take back what was asked of people who are about to be removed as if they had never come, and the notices of it."""
    for some in batches(user_ids, IDS):
        session.execute(delete(Assignment).where(Assignment.user_id.in_(some)))
        session.execute(delete(Notice).where(Notice.user_id.in_(some), Notice.code == ASKED))


def _tell(session: Session, plan: queries.Plan, asks: Sequence[dict[str, Any]], now: datetime) -> None:
    """Tell people in the portal what is asked of them; never by e-mail or SMS, for a rule may reach thousands."""
    code, title = session.execute(
        select(Course.code, Version.title)
        .join(Version, and_(Version.course_id == Course.id, Version.current))
        .where(Course.id == plan.course_id)
    ).one()
    people: dict[tuple[date, int], list[int]] = {}
    for ask in asks:
        people.setdefault((ask["due_on"], ask["cycle"]), []).append(ask["user_id"])
    for (due_on, cycle), user_ids in people.items():
        facts = {
            "course": dict(title),
            "due_on": due_on.isoformat(),
            "to": {"endpoint": "catalogue.course", "values": {"code": code}},
        }
        key = f"asked:{plan.course_id}:{cycle}:{due_on.isoformat()}"
        notices.tell(session, user_ids, ASKED, facts, now=now, key=key, mail=False)


def _insert(session: Session, model: type[Base], rows: Sequence[dict[str, object]]) -> None:
    """Insert rows, leaving out those that another run was quicker with."""
    postgres = session.connection().dialect.name == "postgresql"
    statement = (postgresql.insert if postgres else sqlite.insert)(model).on_conflict_do_nothing()
    # with something to return, many rows go into one statement; without, PostgreSQL is asked row by row
    session.execute(statement.returning(*inspect(model).primary_key), rows).all()


def _give_due_dates(session: Session, course_id: int, first: int, last: int) -> None:
    """Let enrolments that were begun without a due date take the one of what was asked."""
    session.execute(
        update(Enrolment)
        .where(
            Enrolment.course_id == course_id,
            Enrolment.user_id.between(first, last),
            Enrolment.due_on.is_(None),
            Assignment.course_id == course_id,
            Assignment.user_id.between(first, last),
            Assignment.user_id == Enrolment.user_id,
            Assignment.cycle == Enrolment.cycle,
            Assignment.ended_on.is_(None),
        )
        .values(due_on=Assignment.due_on)
        .execution_options(synchronize_session=False)
    )

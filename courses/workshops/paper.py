"""Paper classes since 10/4/2020: a typed list becomes lines, lines become people where that is certain or decided.

A line that nobody can name stays "lượt", a visit; it is never a person. None of these functions commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from courses.certificates import services as certificates
from courses.certificates.issuing import Issuer
from courses.certificates.models import Certificate
from courses.models import Completion, Course, Enrolment, Version
from courses.workshops import attendance, closing, matching, services
from courses.workshops.errors import AlreadyCertified, AlreadyClosed, NoCompletion, ReasonTooShort, Undecided
from courses.workshops.matching import Known, Line, Verdict
from courses.workshops.models import Attendance, Decision, How, PaperLine, Workshop, WorkshopDay
from portal.core.accounts.models import Posting, User
from portal.core.accounts.queries import posting_on
from portal.core.audit.services import record
from portal.core.batches import batches
from portal.core.clock import start_of
from portal.core.db import insert_once
from portal.core.errors import NotFound
from portal.core.names import fold, phone_number
from portal.core.organisation.models import Unit
from portal.core.organisation.queries import reachable
from portal.core.policy import Action, Actor

FIRST_DAY = date(2020, 4, 10)  # the plan was signed: nothing before it counts
MOST_LINES = 2000
AT_ONCE = 200  # names, codes, numbers or people that one query asks for


def take_list(session: Session, who: Actor, workshop: Workshop, lines: Sequence[tuple[int, Line]]) -> None:
    """Store the lines of a list (row in its file, what was typed) with whom each may be. Twice is once."""
    if session.scalar(select(PaperLine.id).where(PaperLine.workshop_id == workshop.id).limit(1)):
        return
    known = _known(session, who, [line for _row, line in lines])
    for row, line in lines[:MOST_LINES]:
        verdict, found = matching.best(line, known)
        decision = {
            Verdict.SURE: Decision.SURE,
            Verdict.DOUBTFUL: Decision.DOUBTFUL,
            Verdict.NOBODY: Decision.VISIT,
        }[verdict]
        session.add(
            PaperLine(
                workshop_id=workshop.id,
                row=row,
                name=line.name[:200],
                unit=line.unit[:200],
                code=line.code[:200],
                phone=line.phone[:200],
                year=line.year,
                candidates=[{**asdict(one), "reasons": list(one.reasons)} for one in found],
                decision=decision,
                user_id=found[0].id if decision is Decision.SURE else None,
            )
        )
    session.flush()


def decide(
    session: Session,
    workshop: Workshop,
    line_id: int,
    user_id: int | None,
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Decide that a line is one of its candidates, or nobody known (None: a visit).

    Raises `NotFound` for another list's line or for somebody who is no candidate of it, `AlreadyClosed`.
    """
    attendance.locked(session, workshop)
    if workshop.closed_at is not None or workshop.cancelled_at is not None:
        raise AlreadyClosed
    line = session.scalar(
        select(PaperLine).where(PaperLine.id == line_id, PaperLine.workshop_id == workshop.id)
    )
    if line is None or (user_id is not None and user_id not in [one["id"] for one in line.candidates]):
        raise NotFound
    line.decision = Decision.VISIT if user_id is None else Decision.PERSON
    line.user_id, line.decided_by_id, line.decided_at = user_id, by_id, now
    record(
        session,
        at=now,
        actor_id=by_id,
        code="paper_class.decide",
        target=f"workshop:{workshop.id}",
        row=line.row,
        user=user_id,
    )


def count_list(
    session: Session, workshop: Workshop, *, by_id: int | None, now: datetime
) -> Mapping[str, int]:
    """Count a list whose every line is decided; return how many lines came to what.

    Outcomes: `counted` (took part), `completed` (and thereby completed the course, dated on the class's last day),
    `already_completed` (took part, had completed before: no second completion), `twice` (the same person on an earlier
    line), `visit`. No certificate is issued. Raises `Undecided`, `AlreadyClosed`.
    """
    attendance.locked(session, workshop)
    if workshop.closed_at is not None or workshop.cancelled_at is not None:
        raise AlreadyClosed
    lines = session.scalars(
        select(PaperLine).where(PaperLine.workshop_id == workshop.id).order_by(PaperLine.row)
    ).all()
    left = sum(one.decision == Decision.DOUBTFUL for one in lines)
    if left:
        raise Undecided(left=left)
    days = session.scalars(
        select(WorkshopDay.day).where(WorkshopDay.workshop_id == workshop.id).order_by(WorkshopDay.day)
    ).all()
    outcomes: dict[str, int] = {}
    seen: set[int] = set()
    for line in lines:
        if line.user_id is None:
            line.outcome = "visit"
        elif line.user_id in seen:
            line.outcome = "twice"
        else:
            seen.add(line.user_id)
            line.outcome = _take_part(session, workshop, line.user_id, days, now)
        outcomes[line.outcome] = outcomes.get(line.outcome, 0) + 1
    workshop.visits += outcomes.get("visit", 0)
    workshop.closed_at, workshop.closed_by_id = now, by_id
    workshop.signatures = len(lines)
    record(
        session,
        at=now,
        actor_id=by_id,
        code="paper_class.count",
        target=f"workshop:{workshop.id}",
        **outcomes,
    )
    return outcomes


def issue_past(
    session: Session,
    issuer: Issuer,
    workshop: Workshop,
    user_id: int,
    *,
    reason: str,
    by_id: int | None,
    now: datetime,
) -> Certificate:
    """Issue the certificate of a completion that came from a paper class, because a named person asks for it.

    Raises `ReasonTooShort`, `NoCompletion`, `AlreadyCertified`.
    """
    if len(reason.strip()) < services.SHORTEST_REASON:
        raise ReasonTooShort
    attendance.locked(session, workshop)
    row = session.execute(
        select(Completion, Enrolment, Version, Course)
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .join(Version, Version.id == Enrolment.version_id)
        .join(Course, Course.id == Completion.course_id)
        .where(Completion.user_id == user_id, Completion.course_id == workshop.course_id)
    ).first()
    if row is None or row[0].facts.get("workshop") != workshop.id:
        raise NoCompletion
    completion, enrolment, version, course = row
    standing = session.scalar(
        select(Certificate.serial).where(
            Certificate.user_id == user_id,
            Certificate.course_id == course.id,
            Certificate.cycle == enrolment.cycle,
        )
    )
    if standing is not None:
        raise AlreadyCertified(serial=standing)
    made = certificates.issue(
        session, issuer, completion, course=course, version=version, cycle=enrolment.cycle, now=now
    )
    record(
        session,
        at=now,
        actor_id=by_id,
        code="certificate.issue_past",
        target=f"certificate:{made.serial}",
        workshop=workshop.id,
        reason=reason.strip(),
    )
    return made


def certified(session: Session, workshop: Workshop) -> Mapping[int, str]:
    """Return the numbers of the certificates that were issued for this class, by person."""
    rows = session.execute(
        select(Certificate.user_id, Certificate.serial, Completion.facts)
        .join(
            Enrolment,
            (Enrolment.user_id == Certificate.user_id)
            & (Enrolment.course_id == Certificate.course_id)
            & (Enrolment.cycle == Certificate.cycle),
        )
        .join(Completion, Completion.enrolment_id == Enrolment.id)
        .join(PaperLine, PaperLine.user_id == Certificate.user_id)
        .where(Certificate.course_id == workshop.course_id, PaperLine.workshop_id == workshop.id)
    )
    return {user: serial for user, serial, facts in rows if facts.get("workshop") == workshop.id}


def _take_part(
    session: Session, workshop: Workshop, user_id: int, days: Sequence[date], now: datetime
) -> str:
    for day in days:
        tick = attendance.Tick(f"paper:{workshop.id}:{day:%y%m%d}:{user_id}", day, user_id, True, now)
        attendance.note(session, workshop, tick, How.PAPER, workshop.created_by_id, now)
    there = session.scalars(
        select(Attendance)
        .where(Attendance.workshop_id == workshop.id, Attendance.user_id == user_id)
        .order_by(Attendance.day)
    ).all()
    closing.take_part(session, workshop, there)
    if workshop.course_id is None or not workshop.whole_course:
        return "counted"
    done = session.scalar(
        select(Completion.id)
        .where(Completion.user_id == user_id, Completion.course_id == workshop.course_id)
        .limit(1)
    )
    if done is not None:
        return "already_completed"
    return "completed" if _complete_past(session, workshop, user_id, now) else "already_completed"


def _complete_past(session: Session, workshop: Workshop, user_id: int, now: datetime) -> bool:
    """Append the completion of a course that the class was the whole of, dated on the class's last day."""
    day = workshop.ends_on
    latest = (
        select(Enrolment)
        .where(Enrolment.user_id == user_id, Enrolment.course_id == workshop.course_id)
        .order_by(Enrolment.cycle.desc())
        .limit(1)
    )
    enrolment = session.scalar(latest)
    if enrolment is None:
        first = session.scalars(
            select(Version.id)
            .where(Version.course_id == workshop.course_id)
            .order_by(Version.number)
            .limit(1)
        ).one()
        insert_once(
            session,
            Enrolment,
            user_id=user_id,
            course_id=workshop.course_id,
            version_id=first,
            cycle=1,
            enrolled_at=now,
            due_on=None,
        )
        enrolment = session.scalars(latest).one()
    post = posting_on(session, user_id, day)
    facts: dict[str, Any] = {"origin": "paper", "workshop": workshop.id}
    return insert_once(
        session,
        Completion,
        enrolment_id=enrolment.id,
        user_id=user_id,
        course_id=enrolment.course_id,
        completed_at=start_of(day) + timedelta(hours=17),
        completed_on=day,
        unit_id=post[0].id if post else None,
        audience=post[2] if post else None,
        facts=facts,
    )


def _known(session: Session, who: Actor, lines: Sequence[Line]) -> list[Known]:
    """Return the people of the reader's places who can be meant by any of `lines`, with their posts."""
    names = {fold(line.name) for line in lines if line.name}
    keys = {line.code.strip().upper() for line in lines if line.code.strip()}
    phones = {number for line in lines if (number := phone_number(line.phone))}
    ends = {(name.split()[0], name.split()[-1]) for name in names if len(name.split()) > 1}
    within = (
        select(Posting.user_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(reachable(who.grants, Action.WORKSHOP_HOLD))
    )
    people: dict[int, User] = {}
    for some in batches(sorted(names), AT_ONCE):
        _add(people, session, within, User.search_key.in_(some))
    for some in batches(sorted(keys), AT_ONCE):
        _add(people, session, within, User.staff_code.in_(some))
    for some in batches(sorted(phones), AT_ONCE):
        _add(people, session, within, User.phone.in_(some))
    for pairs in batches(sorted(ends), AT_ONCE):
        alike = [User.search_key.like(f"{first}% {last}") for first, last in pairs]
        _add(people, session, within, or_(*alike))
    posts: dict[int, list[tuple[str, int]]] = {}
    for ids in batches(sorted(people), AT_ONCE):
        for user_id, unit, began in session.execute(
            select(Posting.user_id, Unit.name, Posting.valid_from)
            .join(Unit, Unit.id == Posting.unit_id)
            .where(Posting.user_id.in_(ids))
        ):
            posts.setdefault(user_id, []).append((unit, began.year))
    return [
        Known(
            one.id,
            one.full_name,
            tuple(dict.fromkeys(unit for unit, _year in posts.get(one.id, []))),
            one.staff_code or "",
            one.phone or "",
            frozenset(year for _unit, year in posts.get(one.id, [])),
        )
        for one in people.values()
    ]


def _add(people: dict[int, User], session: Session, within: Any, condition: Any) -> None:
    found = select(User).where(condition, User.id.in_(within)).order_by(User.id).limit(5000)
    people.update({one.id: one for one in session.scalars(found)})

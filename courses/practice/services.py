"""Arranging a practice, handing sheets in, deciding differences. None of these functions commits.

The practice's row is locked before anything is decided: of two assessors who hand in at once, the second sees the
first one's sheet and settles.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.certificates.issuing import Issuer
from courses.models import Enrolment
from courses.practice import rubric as rubrics
from courses.practice.errors import (
    AlreadyHandedIn,
    AlreadyPassed,
    AlreadySettled,
    LevelsMissing,
    NoPractice,
    NotAnAssessor,
    NothingApart,
    PracticeOpen,
    WrongAssessors,
)
from courses.practice.models import Assessor, Practice
from courses.published import version_of
from courses.queries.standing import status
from courses.services import complete_if_met
from courses.workshops.errors import ReasonTooShort
from portal.core.accounts.models import User
from portal.core.accounts.queries import posting_on
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.errors import NotFound

THIRD = 3


def arrange(
    session: Session,
    enrolment: Enrolment,
    *,
    held_on: date,
    place: str,
    assessor_ids: Sequence[int],
    by_id: int | None,
    now: datetime,
) -> Practice:
    """Arrange a try of the practice with one or two assessors.

    Raises `NoPractice`, `AlreadyPassed`, `PracticeOpen`, `WrongAssessors`.
    """
    session.execute(select(Enrolment.id).where(Enrolment.id == enrolment.id).with_for_update(key_share=True))
    version = version_of(session, enrolment.version_id)
    stored = version.manifest.get("practice")
    if stored is None:
        raise NoPractice
    if any(
        one.rule == "practice_marked" and one.met
        for one in status(session, enrolment, version, local_date(now)).progress.conditions
    ):
        raise AlreadyPassed
    needed = 2 if stored["two_assessors"] else max(1, min(2, len(assessor_ids)))
    if len(assessor_ids) != needed or len(set(assessor_ids)) != needed or enrolment.user_id in assessor_ids:
        raise WrongAssessors(needed=needed)
    tries = select(Practice).where(Practice.enrolment_id == enrolment.id)
    if session.scalar(tries.where(Practice.settled_at.is_(None), Practice.withdrawn_at.is_(None)).limit(1)):
        raise PracticeOpen
    last = session.scalar(select(func.max(Practice.number)).where(Practice.enrolment_id == enrolment.id))
    post = posting_on(session, enrolment.user_id, held_on)
    practice = Practice(
        enrolment_id=enrolment.id,
        number=(last or 0) + 1,
        held_on=held_on,
        place=place,
        rubric=stored,
        assessors=needed,
        unit_id=post[0].id if post else None,
        area_id=post[1].id if post else None,
        audience=post[2] if post else None,
        arranged_at=now,
        arranged_by_id=by_id,
    )
    session.add(practice)
    session.flush()
    for seat, user_id in enumerate(assessor_ids, 1):
        _seat(session, practice, seat, user_id, by_id, now)
    record(
        session,
        at=now,
        actor_id=by_id,
        code="practice.arrange",
        target=f"practice:{practice.id}",
        enrolment=enrolment.id,
        assessors=list(assessor_ids),
    )
    return practice


def hand_in(
    session: Session,
    issuer: Issuer,
    practice: Practice,
    user_id: int,
    *,
    levels: Mapping[str, int],
    note: str,
    now: datetime,
) -> bool:
    """Hand an assessor's sheet in, once; return whether the result stands now.

    The third person's sheet holds only the criteria at which the two are apart. Raises `NotFound` for one who is no
    assessor, `AlreadyHandedIn`, `LevelsMissing`, `AlreadySettled`.
    """
    _locked(session, practice)
    if practice.settled_at is not None or practice.withdrawn_at is not None:
        raise AlreadySettled
    mine = session.scalar(
        select(Assessor).where(Assessor.practice_id == practice.id, Assessor.user_id == user_id)
    )
    if mine is None:
        raise NotFound
    if mine.handed_in_at is not None:
        raise AlreadyHandedIn
    rubric = rubrics.rubric_of(practice.rubric)
    asked = apart(session, practice) if mine.seat == THIRD else tuple(one.ref for one in rubric.criteria)
    missing = set(rubrics.faults_of(rubric, levels)) & set(asked)
    if missing:
        raise LevelsMissing(left=len(missing))
    mine.levels = {ref: levels[ref] for ref in asked}
    mine.note, mine.handed_in_at = note, now
    session.flush()
    record(
        session,
        at=now,
        actor_id=user_id,
        code="practice.hand_in",
        target=f"practice:{practice.id}",
        seat=mine.seat,
    )
    return _settle(session, issuer, practice, now)


def name_third(
    session: Session, practice: Practice, user_id: int, *, by_id: int | None, now: datetime
) -> None:
    """Name who decides the criteria at which two sheets are apart.

    Raises `AlreadySettled`, `NothingApart`, `NotAnAssessor`.
    """
    _locked(session, practice)
    if practice.settled_at is not None or practice.withdrawn_at is not None:
        raise AlreadySettled
    if not apart(session, practice):
        raise NothingApart
    enrolment = session.get_one(Enrolment, practice.enrolment_id)
    people = {one.seat: one for one in assessors_of(session, practice)}
    if user_id == enrolment.user_id or user_id in (people[1].user_id, people[2].user_id):
        raise NotAnAssessor
    if THIRD in people:  # the one named before has not decided, else it would be settled
        session.delete(people[THIRD])
        session.flush()
    _seat(session, practice, THIRD, user_id, by_id, now)
    record(
        session,
        at=now,
        actor_id=by_id,
        code="practice.name_third",
        target=f"practice:{practice.id}",
        user=user_id,
    )


def withdraw(session: Session, practice: Practice, *, reason: str, by_id: int | None, now: datetime) -> None:
    """Withdraw a practice that will not be marked. Raises `AlreadySettled`, `ReasonTooShort`."""
    _locked(session, practice)
    if practice.settled_at is not None or practice.withdrawn_at is not None:
        raise AlreadySettled
    if len(reason.strip()) < 10:
        raise ReasonTooShort
    practice.withdrawn_at, practice.withdrawn_reason = now, reason.strip()
    record(
        session,
        at=now,
        actor_id=by_id,
        code="practice.withdraw",
        target=f"practice:{practice.id}",
        reason=reason.strip(),
    )


def assessors_of(session: Session, practice: Practice) -> Sequence[Assessor]:
    """Return the assessors by their seats."""
    return session.scalars(
        select(Assessor).where(Assessor.practice_id == practice.id).order_by(Assessor.seat)
    ).all()


def apart(session: Session, practice: Practice) -> tuple[str, ...]:
    """Return the criteria that a third must decide; none until all sheets are in."""
    sheets = _sheets(assessors_of(session, practice), practice)
    return rubrics.differences(rubrics.rubric_of(practice.rubric), sheets) if sheets else ()


def _sheets(assessors: Sequence[Assessor], practice: Practice) -> list[dict[str, int]]:
    """Return the sheets of seats 1 and 2 once all that are due are in, else none."""
    sheets = [one.levels for one in assessors if one.seat < THIRD and one.levels is not None]
    return sheets if len(sheets) == practice.assessors else []


def _settle(session: Session, issuer: Issuer, practice: Practice, now: datetime) -> bool:
    assessors = assessors_of(session, practice)
    sheets = _sheets(assessors, practice)
    rubric = rubrics.rubric_of(practice.rubric)
    decided = next((one.levels for one in assessors if one.seat == THIRD), None)
    if not sheets or (rubrics.differences(rubric, sheets) and decided is None):
        return False
    practice.settled_at = now
    practice.result = str(rubrics.share(rubric, sheets, decided))
    session.flush()
    enrolment = session.get_one(Enrolment, practice.enrolment_id)
    record(
        session,
        at=now,
        actor_id=None,
        code="practice.settle",
        target=f"practice:{practice.id}",
        result=practice.result,
    )
    complete_if_met(session, issuer, enrolment, now)
    return True


def _seat(
    session: Session, practice: Practice, seat: int, user_id: int, by_id: int | None, now: datetime
) -> None:
    session.add(
        Assessor(
            practice_id=practice.id,
            seat=seat,
            user_id=user_id,
            full_name=session.get_one(User, user_id).full_name,
            named_at=now,
            named_by_id=by_id,
            note="",
        )
    )
    session.flush()


def _locked(session: Session, practice: Practice) -> None:
    session.execute(
        select(Practice)
        .where(Practice.id == practice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()

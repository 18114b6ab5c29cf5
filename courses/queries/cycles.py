"""Cycles of a person in a course: what is completed, what a certificate is worth, what rules ask, what may begin."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from courses.assignments.models import Assignment
from courses.certificates.models import Certificate, Revocation
from courses.models import Completion, Course, Enrolment
from courses.renewal import Learning, cycle_to_learn
from portal.core.db import rows
from portal.core.policy import Action, Actor


def learning_of(session: Session, user_id: int, course_id: int) -> Learning:
    """Return how a person stands with a course: her latest cycle, and what its certificate is worth."""
    row = session.execute(
        select(Enrolment.cycle, Completion.id, Certificate.expires_on, Revocation.revoked_at)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, CERTIFIED)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Enrolment.user_id == user_id, Enrolment.course_id == course_id)
        .order_by(Enrolment.cycle.desc())
        .limit(1)
    ).first()
    return learning(*row) if row else Learning()


def learning(cycle: int, completion: int | None, expires_on: date | None, revoked: object) -> Learning:
    """Return `Learning` from the columns of an enrolment, its completion, certificate and revocation."""
    return Learning(cycle, completion is not None, expires_on, revoked is not None)


#: The certificate of an enrolment.
CERTIFIED = (
    (Certificate.user_id == Enrolment.user_id)
    & (Certificate.course_id == Enrolment.course_id)
    & (Certificate.cycle == Enrolment.cycle)
)


_ASKED = select(Assignment.course_id, Assignment.cycle, Assignment.due_on).where(
    Assignment.user_id == bindparam("user"), Assignment.ended_on.is_(None)
)


def _asked(session: Session, who: Actor) -> dict[tuple[int, int], date]:
    """Return what rules ask of a person: the due date of each course and cycle."""
    return {(course, cycle): due for course, cycle, due in rows(session, _ASKED, {"user": who.id})}


def asked_of(session: Session, who: Actor, course: Course) -> dict[int, date]:
    """Return what rules ask of a person in one course: the due date of each cycle."""
    return {cycle: due for (one, cycle), due in _asked(session, who).items() if one == course.id}


def waits_to_be_asked(course: Course, stands: Learning, asked: Collection[int]) -> bool:
    """Return whether a person may not begin a restricted course: nobody asked her, and she never began it."""
    return course.access == "restricted" and stands.cycle == 0 and not asked


def lessons_open(session: Session, who: Actor, course: Course) -> bool:
    """Return whether somebody who has not begun a course may read its lessons."""
    if course.access != "restricted" or who.may(Action.COURSE_PREVIEW):
        return True
    return not waits_to_be_asked(course, Learning(), asked_of(session, who, course))


def cycle_to_begin(stands: Learning, asked: Collection[int], day: date) -> int | None:
    """Return the cycle that a person may begin or is in: what time opens, or what a rule asks earlier than that."""
    if stands.completed and stands.cycle + 1 in asked:
        return stands.cycle + 1
    return cycle_to_learn(stands, day)


_FINISHED = (
    select(Completion.completed_on, Certificate.serial, Certificate.expires_on, Revocation.revoked_at)
    .join(Enrolment, Enrolment.id == Completion.enrolment_id)
    .outerjoin(
        Certificate,
        and_(
            Certificate.user_id == Completion.user_id,
            Certificate.course_id == Completion.course_id,
            Certificate.cycle == Enrolment.cycle,
        ),
    )
    .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
    .where(Completion.enrolment_id == bindparam("enrolment"))
)


def finished(session: Session, enrolment: Enrolment) -> tuple[date | None, str | None]:
    """Return when an enrolment was completed and the serial of its certificate; None for what there is not."""
    return ended(session, enrolment)[:2]


def ended(session: Session, enrolment: Enrolment) -> tuple[date | None, str | None, date | None, bool]:
    """Return `finished`, until when the certificate is valid, and whether it was revoked."""
    row = rows(session, _FINISHED, {"enrolment": enrolment.id}).first()
    return (row[0], row[1], row[2], row[3] is not None) if row else (None, None, None, False)

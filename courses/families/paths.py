"""Putting the learners of an accompanied household on their path, and taking them off: writes that leave no other trace.

A path changes which lessons a learner is shown, nothing else: her enrolment, its version, the completion and the
certificate are those of the course everybody learns. What she had read of it is counted by its address, and the
longer course has all of those lessons.
"""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from courses.families.models import Accompaniment, EnrolmentPath
from courses.models import Completion, Course, Enrolment, Version
from portal.core.db import insert_once
from portal.core.households.models import HouseholdMember


def follow(session: Session, user_id: int, course: Course) -> None:
    """Put the open enrolments of a person in a course on the path, where her household is accompanied."""
    version = _longer(session, course.code)
    accompanied = session.scalar(
        select(Accompaniment.id)
        .join(HouseholdMember, HouseholdMember.household_id == Accompaniment.household_id)
        .where(HouseholdMember.user_id == user_id, Accompaniment.ended_at.is_(None))
    )
    open_ones = session.scalars(
        select(Enrolment.id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.user_id == user_id, Enrolment.course_id == course.id, Completion.id.is_(None))
    ).all()
    if version is None or accompanied is None:
        return
    for enrolment_id in open_ones:
        insert_once(session, EnrolmentPath, enrolment_id=enrolment_id, version_id=version)


def begin(session: Session, household_id: int) -> None:
    """Put everybody of a household on the path, in every course that a discreet one stands for."""
    for course in session.scalars(select(Course).where(Course.access != "discreet")).all():
        if _longer(session, course.code) is not None:
            for user_id in _members(session, household_id):
                follow(session, user_id, course)


def end(session: Session, household_id: int) -> None:
    """Let the members of a household go on with the lessons of everybody; what is completed stays as it is."""
    open_ones = (
        select(Enrolment.id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.user_id.in_(_members(session, household_id)), Completion.id.is_(None))
    )
    session.execute(delete(EnrolmentPath).where(EnrolmentPath.enrolment_id.in_(open_ones)))


def _members(session: Session, household_id: int) -> list[int]:
    return list(
        session.scalars(select(HouseholdMember.user_id).where(HouseholdMember.household_id == household_id))
    )


def _longer(session: Session, code: str) -> int | None:
    """Return the current version of the discreet course that stands for the course `code`, or None."""
    rows = session.execute(
        select(Version.id, Version.manifest)
        .join(Course, Course.id == Version.course_id)
        .where(Course.access == "discreet", Version.current)
    )
    return next((id_ for id_, manifest in rows if manifest.get("stands_for") == code), None)

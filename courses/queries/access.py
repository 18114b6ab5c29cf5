"""Who may know of which course, and who has begun it."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.families.models import EnrolmentPath
from courses.models import Course, CourseAudience, Enrolment, Version
from portal.core.db import rows
from portal.core.errors import NotFound
from portal.core.policy import Action, Actor

_AUDIENCES = select(CourseAudience.audience).where(CourseAudience.course_id == bindparam("course"))


def audiences_of(session: Session, course: Course) -> frozenset[str]:
    """Return the audiences that a course is for."""
    return frozenset(rows(session, _AUDIENCES, {"course": course.id}).scalars())


def is_for(session: Session, course: Course, who: Actor) -> bool:
    """Return whether the course is for one of the person's audiences."""
    return bool(who.audiences & audiences_of(session, course))


_COURSE = select(Course).where(Course.code == bindparam("code"))


def course_for(session: Session, who: Actor, code: str) -> Course:
    """Return a course that `who` may know of. Raises `NotFound` for others: a restricted course does not exist."""
    course = session.scalar(_COURSE, {"code": code})
    if course is None:
        raise NotFound
    if who.may(Action.COURSE_PREVIEW) or course.access == "open":
        return course
    if course.access == "discreet":
        raise NotFound
    if is_for(session, course, who) or enrolment_of(session, who, course) is not None:
        return course
    raise NotFound


def picture_for(session: Session, who: Actor, code: str) -> None:
    """Raise `NotFound` unless `who` may see the pictures of a course: she may know of it, or reads its lessons."""
    reads = (
        select(EnrolmentPath.enrolment_id)
        .join(Enrolment, Enrolment.id == EnrolmentPath.enrolment_id)
        .join(Version, Version.id == EnrolmentPath.version_id)
        .join(Course, Course.id == Version.course_id)
        .where(Enrolment.user_id == who.id, Course.code == code, Course.access == "discreet")
    )
    try:
        course_for(session, who, code)
    except NotFound:
        if session.scalar(reads) is None:
            raise


_LATEST = (
    select(Enrolment)
    .where(Enrolment.user_id == bindparam("user"), Enrolment.course_id == bindparam("course"))
    .order_by(Enrolment.cycle.desc())
    .limit(1)
)


def enrolment_of(session: Session, who: Actor, course: Course) -> Enrolment | None:
    """Return the person's latest enrolment in a course, or None."""
    return session.scalar(_LATEST, {"user": who.id, "course": course.id})

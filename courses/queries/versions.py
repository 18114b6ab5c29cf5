"""Which version of a course: the one a learner has begun, or the current one."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from courses.families.models import EnrolmentPath
from courses.models import Course, Enrolment, Version
from courses.published import Published, published
from portal.core.db import rows

#: The version whose lessons an enrolment's learner reads; whoever counts or lists reads `Enrolment.version_id`.
LEARNED = func.coalesce(EnrolmentPath.version_id, Enrolment.version_id)
_LEARNED = (
    select(Version.id, Version.digest)
    .select_from(Enrolment)
    .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
    .join(Version, Version.id == LEARNED)
    .where(Enrolment.id == bindparam("enrolment"))
)
_CURRENT = select(Version.id, Version.digest).where(Version.course_id == bindparam("course"), Version.current)


def version_learned(session: Session, enrolment: Enrolment) -> Published:
    """Return the version whose lessons the learner of an enrolment reads. One small query."""
    return published(session, *rows(session, _LEARNED, {"enrolment": enrolment.id}).one())


def current_version(session: Session, course: Course) -> Published:
    """Return the version that a new learner begins. Raises `NoResultFound`."""
    return published(session, *rows(session, _CURRENT, {"course": course.id}).one())

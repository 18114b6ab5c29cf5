"""Somebody of the demonstration completes a course, and the certificate is issued as always."""

from datetime import datetime

from sqlalchemy.orm import Session

from courses.certificates import services as certificates
from courses.certificates.issuing import Issuer
from courses.models import Completion, Course, Enrolment, Version
from courses.queries.terms import rules_for
from portal.core.accounts.models import Posting
from portal.core.clock import local_date


def complete(
    session: Session,
    issuer: Issuer,
    enrolment: Enrolment,
    course: Course,
    version: Version,
    posting: Posting,
    at: datetime,
) -> None:
    """Let an enrolment be completed at `at`, counted to the unit of `posting`."""
    completion = Completion(
        enrolment_id=enrolment.id,
        user_id=enrolment.user_id,
        course_id=course.id,
        completed_at=at,
        completed_on=local_date(at),
        unit_id=posting.unit_id,
        audience=str(posting.audience),
        facts={
            "version": version.number,
            "rules": rules_for(version.manifest, str(posting.audience)),
            "demonstration": True,
        },
    )
    session.add(completion)
    session.flush()
    certificates.issue(session, issuer, completion, course=course, version=version, cycle=1, now=at)

"""For which audience of a person her learning is counted: of a course whose rules or certificate differ by audience."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.completion import counted_for
from courses.models import Completion, CourseAudience, Enrolment
from courses.queries.terms import differs_by_audience
from portal.core.accounts.queries import audiences_on, postings_on
from portal.core.db import rows
from portal.core.organisation.models import Area, Unit
from portal.core.rosters.queries import PARENTS


def post_counted(
    session: Session, enrolment: Enrolment, manifest: Mapping[str, Any], day: date
) -> tuple[Unit, Area, str] | None:
    """Return unit, area and audience of the post that a completion on `day` takes; None for a person without a post.

    One that the course is for; of these, or where there is none, the one begun last. In a course that asks different
    things of different audiences, a post as staff goes before being a parent or carer (`completion.counted_for`).
    """
    posts = postings_on(session, enrolment.user_id, day)
    course: Collection[str] = manifest["audiences"] if differs_by_audience(manifest) else ()
    if not course:
        course = session.scalars(
            select(CourseAudience.audience).where(CourseAudience.course_id == enrolment.course_id)
        ).all()
    audience = _counted([audience for _unit, _area, audience in posts], course, manifest)
    return next((post for post in posts if post[2] == audience), None)


_COMPLETED = select(Completion.audience).where(Completion.enrolment_id == bindparam("enrolment"))


def audience_bound(
    session: Session, enrolment: Enrolment, manifest: Mapping[str, Any], day: date
) -> str | None:
    """Return by whose rules an enrolment is judged on `day`: those of its completion, or of what she is on that day.

    No query, and None, where the version asks the same of everybody; two otherwise.
    """
    if not differs_by_audience(manifest):
        return None
    completed = rows(session, _COMPLETED, {"enrolment": enrolment.id}).first()
    if completed is not None:
        return completed[0]  # type: ignore[no-any-return]
    return _counted(audiences_on(session, enrolment.user_id, day), manifest["audiences"], manifest)


def audiences_bound(
    session: Session, user_id: int, manifests: Mapping[int, Mapping[str, Any]], day: date
) -> Mapping[int, str | None]:
    """Return by whose rules each open enrolment of a person is judged, by its id: one query at most, however many.

    manifests: by enrolment; of those that ask the same of everybody nothing is said.
    """
    differing = {key: manifest for key, manifest in manifests.items() if differs_by_audience(manifest)}
    held = audiences_on(session, user_id, day) if differing else ()
    return {key: _counted(held, manifest["audiences"], manifest) for key, manifest in differing.items()}


def _counted(held: Any, course: Collection[str], manifest: Mapping[str, Any]) -> str | None:
    return counted_for(held, course, PARENTS if differs_by_audience(manifest) else ())

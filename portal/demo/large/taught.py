"""The courses as the people of the large demonstration learn them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.completion import RuleCode
from courses.models import Course, CourseAudience, Lesson, Version
from courses.queries.terms import certificate_kind, rules_for
from portal.core.accounts.models import User
from portal.demo.bulk import packed
from portal.demo.exemplars import Exemplar, exemplars


@dataclass(frozen=True, slots=True)
class Taught:
    """A course as the demonstration's people learn it: its first version, which all of them began on.

    kinds: of its certificates, by audience. rules: those that bind each audience, and sat: the attempts to copy of those
    who have a quiz to pass.
    """

    course_id: int
    code: str
    version_id: int
    number: int
    kinds: dict[str, str]
    title: dict[str, str]
    packed_title: str
    minutes: int
    months: int | None
    lessons: tuple[int, ...]
    rules: dict[str, list[dict[str, Any]]]
    audiences: frozenset[str]
    sat: tuple[Exemplar, ...]

    def exam(self, audience: str) -> tuple[Exemplar, ...]:
        """Return the attempts of which one is hers; none where no quiz is asked of her."""
        asked = any(rule["rule"] == RuleCode.QUIZ_PASSED for rule in self.rules[audience])
        return self.sat if asked else ()


def courses_taught(session: Session, now: datetime) -> list[Taught]:
    """Return the courses that anybody may take, by their codes."""
    taught = []
    rows = session.execute(
        select(Course, Version)
        .join(Version, Version.course_id == Course.id)
        .where(Version.number == 1, Course.access != "discreet")
        .order_by(Course.code)
    )
    taker = session.scalars(select(User.id).where(User.username == "soanbai")).one()
    for course, version in rows.all():
        lessons = session.scalars(
            select(Lesson.id).where(Lesson.version_id == version.id).order_by(Lesson.position)
        )
        audiences = session.scalars(
            select(CourseAudience.audience).where(CourseAudience.course_id == course.id)
        ).all()
        taught.append(
            Taught(
                course.id, course.code, version.id, version.number,
                {one: certificate_kind(version, one) for one in audiences},
                dict(version.title), packed(version.title), version.minutes, version.validity_months,
                tuple(lessons), {one: rules_for(version.manifest, one) for one in audiences}, frozenset(audiences),
                exemplars(session, version, taker, now),
            )
        )  # fmt: skip
    return taught

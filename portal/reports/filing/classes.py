"""The classes of a window: those in halls and the evenings of groups, as part II and Appendix II tell of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from courses.group_lessons.models import GroupLesson, GroupPresent
from courses.models import Course
from courses.workshops.models import Attended, Workshop
from portal.core.organisation.models import Unit
from portal.indicators.periods import Period

CLASSES = "classes"  # the key under which the rows of classes are kept beside those of indicators


@dataclass(frozen=True, slots=True)
class Held:
    """A class that was held. persons: known by name; visits: of nobody's name, never added to persons.

    plan_item: as tagged; an evening of a parents' course serves II.1.b, any other II.1.a. serials: of the certificates
    that came of it inside the window, the first and the last, with how many.
    """

    kind: str
    key: int
    title: str
    first_on: date
    last_on: date
    place: str
    plan_item: str
    organiser: str
    unit: int
    persons: int
    visits: int
    audiences: tuple[str, ...]
    certificates: int = 0
    serials: tuple[str, str] | None = None


def held(session: Session, period: Period, day: date, units: Collection[int] | None) -> Sequence[Held]:
    """Return the classes that ended inside the window up to `day`, of these units (None: of all), by date."""
    found = [*_workshops(session, period, day), *_evenings(session, period, day)]
    return sorted(
        (one for one in found if units is None or one.unit in units),
        key=lambda one: (one.first_on, one.kind, one.key),
    )


def _workshops(session: Session, period: Period, day: date) -> Sequence[Held]:
    there = (Attended.withdrawn_at.is_(None), Workshop.ends_on >= period.starts_on, Workshop.ends_on <= day)
    people = {
        row[0]: row[1]
        for row in session.execute(
            select(Attended.workshop_id, func.count())
            .join(Workshop, Workshop.id == Attended.workshop_id)
            .where(*there)
            .group_by(Attended.workshop_id)
        )
    }
    audiences: dict[int, list[str]] = {}
    for key, audience in session.execute(
        select(Attended.workshop_id, Attended.audience)
        .join(Workshop, Workshop.id == Attended.workshop_id)
        .where(*there, Attended.audience.is_not(None))
        .distinct()
        .order_by(Attended.workshop_id, Attended.audience)
    ):
        audiences.setdefault(key, []).append(str(audience))
    serials = {
        key: (number, first, last)
        for key, number, first, last in session.execute(
            select(
                Attended.workshop_id, func.count(), func.min(Certificate.serial), func.max(Certificate.serial)
            )
            .join(Workshop, Workshop.id == Attended.workshop_id)
            .join(
                Certificate,
                (Certificate.user_id == Attended.user_id) & (Certificate.course_id == Workshop.course_id),
            )
            .where(*there, Certificate.completed_on >= Workshop.starts_on, Certificate.completed_on <= day)
            .group_by(Attended.workshop_id)
        )
    }
    found = []
    for one, organiser in session.execute(
        select(Workshop, Unit.name)
        .join(Unit, Unit.id == Workshop.organiser_id)
        .where(
            Workshop.closed_at.is_not(None),
            Workshop.cancelled_at.is_(None),
            Workshop.ends_on >= period.starts_on,
            Workshop.ends_on <= day,
        )
    ):
        number, first, last = serials.get(one.id, (0, None, None))
        found.append(
            Held(
                "workshop",
                one.id,
                one.title,
                one.starts_on,
                one.ends_on,
                one.place,
                one.plan_item,
                organiser,
                one.organiser_id,
                people.get(one.id, 0),
                one.visits,
                tuple(audiences.get(one.id, ())),
                number,
                (str(first), str(last)) if first is not None else None,
            )
        )
    return found


def _evenings(session: Session, period: Period, day: date) -> Sequence[Held]:
    window = (GroupLesson.played_on >= period.starts_on, GroupLesson.played_on <= day)
    people = {
        row[0]: row[1]
        for row in session.execute(
            select(GroupPresent.group_lesson_id, func.count())
            .join(GroupLesson, GroupLesson.id == GroupPresent.group_lesson_id)
            .where(*window)
            .group_by(GroupPresent.group_lesson_id)
        )
    }
    audiences: dict[int, list[str]] = {}
    for key, audience in session.execute(
        select(GroupPresent.group_lesson_id, GroupPresent.audience)
        .join(GroupLesson, GroupLesson.id == GroupPresent.group_lesson_id)
        .where(*window, GroupPresent.audience.is_not(None))
        .distinct()
        .order_by(GroupPresent.group_lesson_id, GroupPresent.audience)
    ):
        audiences.setdefault(key, []).append(str(audience))
    return [
        Held(
            "evening",
            one.id,
            f"Buổi học nhóm, khóa {course}",
            one.played_on,
            one.played_on,
            one.place,
            "II.1.b" if course.startswith("CM") else "II.1.a",
            organiser,
            one.unit_id,
            people.get(one.id, 0),
            one.others,
            tuple(audiences.get(one.id, ())),
        )
        for one, organiser, course in session.execute(
            select(GroupLesson, Unit.name, Course.code)
            .join(Unit, Unit.id == GroupLesson.unit_id)
            .join(Course, Course.id == GroupLesson.course_id)
            .where(*window)
        )
    ]

"""What the tests of classes share: a class of school A, a paper class, a practice, an evening."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.group_lessons import queries as group_queries
from courses.group_lessons import services as group_lessons
from courses.group_lessons.services import Evening
from courses.models import Course, Enrolment, Lesson, LessonDone
from courses.practice import services as practices
from courses.practice.models import Practice
from courses.workshops import attendance, paper, services
from courses.workshops.matching import Line
from courses.workshops.models import Workshop
from portal.core.accounts.models import Audience
from portal.core.organisation.models import Unit
from portal.core.policy import Actor, Grant, Role
from tests.factories import NOW, TODAY, World, grant, person
from tests.security.support import enrol, issuer


def course_id(session: Session, code: str) -> int:
    return session.scalars(select(Course.id).where(Course.code == code)).one()


def facts(session: Session, world: World, **more: Any) -> services.WorkshopFacts:
    """Return a class of school A, today, about GD-01, of two seats, open to everybody."""
    school = session.get_one(Unit, world.school)
    given: dict[str, Any] = {
        "title": "Lớp tập huấn Mẫu",
        "course_id": course_id(session, "GD-01"),
        "plan_item": "II.2.c",
        "organiser_id": school.id,
        "area_id": school.area_id,
        "place": "Hội trường",
        "guest_trainers": "",
        "capacity": 2,
        "days": ((TODAY, "07:30–11:30"),),
        "days_needed": 1,
        "for_area_id": None,
        "for_sector": None,
        "for_audience": None,
        "trainer_ids": (),
    }
    return services.WorkshopFacts(**(given | more))


def officer(session: Session, world: World) -> int:
    """Add a family support officer of district D1."""
    one = person(session, "Hà Thị Bảo", None)
    grant(session, one.id, Role.FAMILY_SUPPORT, area_id=world.district)
    return one.id


_made = iter(range(1, 10_000))


def hall(session: Session, world: World, *, now: datetime = NOW, **more: Any) -> Workshop:
    """Announce a class."""
    key = f"test-class-{next(_made)}"
    return services.open_workshop(session, key, facts(session, world, **more), by_id=world.bruno, now=now)


def paper_class(
    session: Session, world: World, lines: list[Line], *, whole_course: bool = True, **more: Any
) -> Workshop:
    """Enter a class of a year ago with its list, matched against the people of the whole province."""
    day = TODAY - timedelta(days=365)
    given = facts(session, world, **({"days": ((day, ""),), "capacity": 2000} | more))
    one = services.open_workshop(
        session, f"test-paper-{next(_made)}", given, by_id=world.bruno, now=NOW, origin="paper"
    )
    one.whole_course = whole_course
    everywhere = Actor(world.bruno, (Grant(Role.STANDING_AGENCY),))
    paper.take_list(session, everywhere, one, list(enumerate(lines, 2)))
    return one


def practising(session: Session, user_id: int, *, read: bool = True) -> Enrolment:
    """Begin GD-01 on its newest version, which asks for a practice, every lesson read."""
    enrolment = enrol(session, user_id, "GD-01")
    if read:
        session.add_all(
            LessonDone(enrolment_id=enrolment.id, lesson_id=lesson, done_at=NOW)
            for lesson in session.scalars(select(Lesson.id).where(Lesson.version_id == enrolment.version_id))
        )
        session.flush()
    return enrolment


def practice(
    session: Session, enrolment: Enrolment, assessors: list[int], by_id: int | None = None, **more: Any
) -> Practice:
    """Arrange a practice today."""
    given: dict[str, Any] = {"held_on": TODAY, "place": "Lớp 4A", "now": NOW}
    return practices.arrange(session, enrolment, assessor_ids=assessors, by_id=by_id, **(given | more))


def evening(
    session: Session,
    world: World,
    by_id: int,
    present: list[int],
    *,
    key: str = "evening-of-the-tests",
    slug: str = "ba-do-tuoi",
    now: datetime = NOW,
    **more: Any,
) -> group_lessons.Noted:
    """Note an evening of the community of C1 with a lesson of CM-01."""
    course, _version, lesson = group_queries.lesson_for(session, "CM-01", slug)
    given: dict[str, Any] = {
        "key": key,
        "place": "Nhà văn hóa",
        "began_at": now - timedelta(hours=1),
        "ended_at": now,
        "present": tuple(present),
        "others": 0,
        "hands": {},
    }
    return group_lessons.note_evening(
        session,
        issuer(),
        course=course,
        lesson=lesson,
        unit=session.get_one(Unit, world.community),
        evening=Evening(**(given | more)),
        by_id=by_id,
        now=now,
    )


def teacher(session: Session, world: World, name: str = "Đinh Thị Hoa") -> int:
    """Add a teacher of school A."""
    return person(session, name, world.school, Audience.TEACHER).id


def tick(
    key: str, user_id: int, present: bool = True, day: date = TODAY, at: datetime = NOW
) -> attendance.Tick:
    """Return a tick."""
    return attendance.Tick(key, day, user_id, present, at)

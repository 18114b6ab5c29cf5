"""What the tests of filing share: two heads of education, an April of 2025 in which they taught, and rows by person."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from courses.group_lessons.models import GroupLesson, GroupPresent
from courses.models import Course, Lesson, Version
from courses.workshops.models import Attended, Workshop
from portal.core.accounts.models import Audience, Posting, User
from portal.core.organisation.models import Unit
from portal.core.policy import Role
from portal.core.rosters.queries import stands
from portal.indicators import queries, rules
from portal.indicators.catalogue import plans
from portal.indicators.compute import Facts
from portal.indicators.definitions import Indicator
from portal.indicators.opening.row import Row
from portal.indicators.periods import Period
from portal.indicators.places import Where
from portal.reports.filing import reporters, services
from portal.reports.filing.models import Filing
from tests import factories
from tests.factories import World

PLAN = plans()["plan-39"]
HALF, YEAR = Period.parse("2025-H1"), Period.parse("2025")
DISTRICT = "area:D1"
JUNE_15 = datetime(2025, 6, 15, 2, 0, tzinfo=UTC)
_serial = count(1)


def second_head(session: Session, world: World) -> int:
    """Let another person head district D1 beside Gina."""
    one = factories.person(session, "Đặng Văn Hòa", None, username="hoa-huyen")
    factories.grant(session, one.id, Role.DISTRICT_HEAD, area_id=world.district)
    return one.id


def officer(session: Session, world: World, name: str, *, trained_on: date | None = None) -> User:
    """Add a health worker at clinic K in commune C1 of district D1; with YT-01 where a day is given."""
    one = factories.person(session, name, world.clinic, Audience.HEALTH_WORKER)
    if trained_on is not None:
        certify(session, one, "YT-01", trained_on)
    return one


def called(session: Session, code: str) -> Course:
    """Return a course, which may not be among the shipped ones yet."""
    found = session.scalars(select(Course).where(Course.code == code)).first()
    if found is None:
        found = Course(code=code, sector="health", access="open")
        session.add(found)
        session.flush()
    return found


def certify(session: Session, user: User, code: str, day: date) -> Certificate:
    course = called(session, code)
    number = next(_serial)
    one = Certificate(
        serial=f"TEST-{number:06d}",
        kind="completion",
        user_id=user.id,
        course_id=course.id,
        version_number=1,
        cycle=number,
        full_name=user.full_name,
        course_title={"vi": code, "en": code},
        issued_at=factories.NOW,
        completed_on=day,
        expires_on=date(day.year + 2, day.month, 28),
        facts={},
        sha256="0" * 64,
    )
    session.add(one)
    session.flush()
    return one


def evening(session: Session, world: World, day: date, people: int) -> None:
    """Add a group lesson that a collaborator of C1 held on a day, with so many people whom the portal knows."""
    course = session.scalars(select(Course).where(Course.code == "CM-01")).one()
    version = session.scalars(select(Version).where(Version.course_id == course.id).limit(1)).one()
    lesson = session.scalars(select(Lesson).where(Lesson.version_id == version.id).limit(1)).one()
    unit = session.get_one(Unit, world.community)
    one = GroupLesson(
        key=f"evening-{next(_serial)}",
        course_id=course.id,
        version_id=version.id,
        lesson_id=lesson.id,
        unit_id=unit.id,
        area_id=unit.area_id,
        place="Nhà văn hóa thôn",
        played_by_name="Lý Thị Lan",
        played_on=day,
        began_at=factories.NOW,
        ended_at=factories.NOW,
        received_at=factories.NOW,
        others=0,
    )
    session.add(one)
    session.flush()
    for number in range(people):
        parent = factories.person(session, f"Phụ huynh {number}", world.community, Audience.PARENT)
        session.add(
            GroupPresent(
                group_lesson_id=one.id,
                user_id=parent.id,
                full_name=parent.full_name,
                unit_id=unit.id,
                area_id=unit.area_id,
                audience="parent",
            )
        )
    session.flush()


def hall(
    session: Session, world: World, day: date, people: list[User], title: str = "Lớp tập huấn Mẫu"
) -> None:
    """Add a class that clinic K held on a day, closed, with these people."""
    unit = session.get_one(Unit, world.clinic)
    course = called(session, "YT-01")
    number = next(_serial)
    one = Workshop(
        key=f"hall-{number}", origin="hall", title=title, search_key="lop", course_id=course.id, plan_item="II.5.b",
        organiser_id=unit.id, area_id=unit.area_id, place="Hội trường", guest_trainers="", capacity=50, days_needed=1,
        secret="x", starts_on=day, ends_on=day, visits=2, created_at=factories.NOW, closed_at=factories.NOW, whole_course=False,
    )  # fmt: skip
    session.add(one)
    session.flush()
    for user in people:
        session.add(
            Attended(
                workshop_id=one.id,
                user_id=user.id,
                course_id=course.id,
                on_day=day,
                days=1,
                origin="hall",
                full_name=user.full_name,
                unit_id=unit.id,
                area_id=unit.area_id,
                audience="health_worker",
            )
        )
    session.flush()


def opener(facts: Facts, indicator: Indicator, where: Where) -> Iterator[Row]:
    """Yield one row for each person on a roster of the place: a stand-in that names people, for these tests."""
    asked = facts.asked
    world = facts.of(where)(asked.day)
    session = facts.session
    rule = indicator.rule_on(asked.day)
    for group in rule.groups:
        wanted = {code for need in group.needs for code in need}
        valid = {
            user
            for user, code in session.execute(
                select(Certificate.user_id, Course.code)
                .join(Course, Course.id == Certificate.course_id)
                .where(*queries.valid_on(asked.day), Course.code.in_(wanted))
            )
        }
        for user, unit, audience in session.execute(
            select(Posting.user_id, Posting.unit_id, Posting.audience).where(stands(asked.day))
        ):
            if (
                unit in world.units
                and str(audience) in group.audiences
                and rules.at_level(world.units[unit], group.level)
            ):
                yield Row(
                    "person",
                    user,
                    unit,
                    group.key,
                    user in valid,
                    "" if user in valid else "no_certificate",
                    {},
                )


def filed(session: Session, world: World, period: Period = HALF, now: datetime = JUNE_15) -> Filing:
    """Draft, prepare, approve and file the report of district D1, by its two heads."""
    gina, other = (
        services.By(world.gina, "Ngô Thị Giang"),
        services.By(second_head(session, world), "Đặng Văn Hòa"),
    )
    place = reporters.the_one(session, PLAN, period, DISTRICT)
    assert place is not None
    one = services.draft(session, PLAN, period, place, opener, gina, now)
    services.prepare(session, one, opener, gina, now)
    services.approve(session, one, other, now)
    services.file(session, one, opener, other, now)
    return one

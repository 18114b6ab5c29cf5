"""Classes, a practice to mark and an evening of the demonstration: invented, like everybody in them."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.issuing import Issuer
from courses.group_lessons import queries as group_queries
from courses.group_lessons import services as group_lessons
from courses.models import Course, Enrolment, Lesson, LessonDone, Version
from courses.practice import services as practice
from courses.workshops import attendance
from courses.workshops import services as workshops
from courses.workshops.models import How, Workshop
from portal.core.accounts.models import Audience, Posting, User
from portal.core.db import insert_once
from portal.core.organisation.models import Area, Unit


def load(session: Session, issuer: Issuer, today: date, now: datetime) -> int:
    """Announce four classes, arrange a practice, note an evening; return how many things were made."""
    _school_class(session, today, now)
    _police_class(session, today, now)
    _held_class(session, today, now)
    _trainers_class(session, today, now)
    _head_began(session, now)
    _practice(session, today, now)
    _evening(session, issuer, now)
    return 6


def _unit(session: Session, code: str) -> Unit:
    return session.scalars(select(Unit).where(Unit.code == code)).one()


def _user(session: Session, username: str) -> int:
    return session.scalars(select(User.id).where(User.username == username)).one()


def _course(session: Session, code: str) -> Course:
    return session.scalars(select(Course).where(Course.code == code)).one()


def _staff(session: Session, unit: Unit, audience: Audience, many: int) -> list[int]:
    return list(
        session.scalars(
            select(Posting.user_id)
            .join(User, User.id == Posting.user_id)
            .where(Posting.unit_id == unit.id, Posting.audience == audience, User.username.is_(None))
            .order_by(Posting.user_id)
            .limit(many)
        )
    )


def _class(
    session: Session,
    key: str,
    now: datetime,
    *,
    title: str,
    course: str,
    plan_item: str,
    organiser: Unit,
    place: str,
    capacity: int,
    days: tuple[tuple[date, str], ...],
    sector: str | None,
    trainers: tuple[int, ...],
    area_id: int | None,
    audience: Audience | None = None,
) -> Workshop:
    facts = workshops.WorkshopFacts(
        title=title,
        course_id=_course(session, course).id,
        plan_item=plan_item,
        organiser_id=organiser.id,
        area_id=organiser.area_id,
        place=place,
        guest_trainers="",
        capacity=capacity,
        days=days,
        days_needed=len(days),
        for_area_id=area_id,
        for_sector=sector,
        for_audience=audience,
        trainer_ids=trainers,
    )
    return workshops.open_workshop(session, key, facts, by_id=trainers[0], now=now)


def _school_class(session: Session, today: date, now: datetime) -> None:
    school = _unit(session, "MN-336-01")
    head = _user(session, "hieutruong")
    one = _class(
        session,
        "demo-school-class",
        now,
        title="Lớp tập huấn Kỷ luật tích cực tại trường",
        course="GD-01",
        plan_item="II.2.c",
        organiser=school,
        place="Phòng họp hội đồng",
        capacity=30,
        days=((today, "13:30–16:30"),),
        sector="education",
        trainers=(head,),
        area_id=school.area_id,
    )
    for user_id in [_user(session, "giaovien"), *_staff(session, school, Audience.TEACHER, 11)]:
        attendance.register(session, one, user_id, by_id=head, now=now)


def _police_class(session: Session, today: date, now: datetime) -> None:
    post = _unit(session, "CA-336")
    province = session.scalars(select(Area.id).where(Area.code == "34")).one()
    one = _class(
        session,
        "demo-police-class",
        now,
        title="Tập huấn làm việc thân thiện với trẻ em",
        course="CA-01",
        plan_item="II.6.c",
        organiser=_unit(session, "CA-34"),
        place="Hội trường Công an tỉnh",
        capacity=4,
        days=((today + timedelta(days=10), "07:30–11:30"), (today + timedelta(days=11), "07:30–11:30")),
        sector="police",
        trainers=(_user(session, "congantinh"),),
        area_id=province,
    )
    for user_id in _staff(session, post, Audience.POLICE_OFFICER, 5):
        attendance.register(session, one, user_id, by_id=None, now=now)


def _held_class(session: Session, today: date, now: datetime) -> None:
    """A class of the department, held three days ago and not closed yet."""
    held = today - timedelta(days=3)
    head = _user(session, "sogddt")
    then = now - timedelta(days=4)
    school = _unit(session, "MN-336-01")
    one = _class(
        session,
        "demo-held-class",
        then,
        title="Bồi dưỡng cốt cán Kỷ luật tích cực đợt 1",
        course="GD-01",
        plan_item="II.2.c",
        organiser=_unit(session, "SO-GDDT"),
        place="Hội trường Sở Giáo dục và Đào tạo",
        capacity=40,
        days=((held, "07:30–11:30"),),
        sector="education",
        trainers=(head,),
        area_id=None,
    )
    people = _staff(session, school, Audience.TEACHER, 8)
    for user_id in people:
        attendance.register(session, one, user_id, by_id=head, now=then)
    at = now - timedelta(days=3)
    ticks = [
        attendance.Tick(f"demo:{user_id}:{held:%y%m%d}", held, user_id, True, at) for user_id in people[:7]
    ]
    attendance.tick(session, one, ticks, how=How.TICK, by_id=head, now=at)


def _trainers_class(session: Session, today: date, now: datetime) -> None:
    """A class of two days for the trainers of the communes: open to their officers alone, who see it at once."""
    agency = _unit(session, "SO-LDTBXH")
    head = _user(session, "thuongtruc")
    one = _class(
        session,
        "demo-trainers-class",
        now,
        title="Lớp báo cáo viên bảo vệ trẻ em cấp xã, đợt 1",
        course="TG-01",
        plan_item="II.4.a",
        organiser=agency,
        place="Hội trường Sở, tầng 2",
        capacity=20,
        days=((today + timedelta(days=17), "07:30–16:30"), (today + timedelta(days=18), "07:30–16:30")),
        sector=None,
        trainers=(head,),
        area_id=agency.area_id,
        audience=Audience.COMMUNE_OFFICER,
    )
    officers = session.scalars(
        select(Posting.user_id)
        .join(User, User.id == Posting.user_id)
        .where(Posting.audience == Audience.COMMUNE_OFFICER, User.username.is_(None))
        .distinct()
        .order_by(Posting.user_id)
        .limit(9)
    )
    for user_id in officers.all():
        attendance.register(session, one, user_id, by_id=head, now=now)


def _head_began(session: Session, now: datetime) -> None:
    """Let the head of the school stand at the beginning of GD-01, on the version she began: the first."""
    course = _course(session, "GD-01")
    first = select(Version.id).where(Version.course_id == course.id, Version.number == 1)
    insert_once(  # unless she has begun it among the others already
        session,
        Enrolment,
        user_id=_user(session, "hieutruong"),
        course_id=course.id,
        version_id=session.scalars(first).one(),
        cycle=1,
        enrolled_at=now - timedelta(days=30),
        due_on=None,
    )


def _practice(session: Session, today: date, now: datetime) -> None:
    """Two teachers of the school on the current version: one's practice is to be marked by the head, the other's to be arranged."""
    course = _course(session, "GD-01")
    version = session.scalars(select(Version).where(Version.course_id == course.id, Version.current)).one()
    lessons = session.scalars(select(Lesson.id).where(Lesson.version_id == version.id)).all()
    begun = select(Enrolment.user_id).where(Enrolment.course_id == course.id)
    school = _unit(session, "MN-336-01")
    free = session.scalars(
        select(Posting.user_id)
        .where(
            Posting.unit_id == school.id,
            Posting.audience == Audience.TEACHER,
            Posting.user_id.not_in(begun),
        )
        .order_by(Posting.user_id)
        .limit(2)
    ).all()
    head = _user(session, "hieutruong")
    for place, user_id in enumerate(free):
        enrolment = Enrolment(
            user_id=user_id,
            course_id=course.id,
            version_id=version.id,
            cycle=1,
            enrolled_at=now - timedelta(days=9),
            due_on=today + timedelta(days=30),
        )
        session.add(enrolment)
        session.flush()
        session.add_all(
            LessonDone(enrolment_id=enrolment.id, lesson_id=lesson, done_at=now - timedelta(days=2))
            for lesson in lessons
        )
        if place == 0:
            practice.arrange(
                session,
                enrolment,
                held_on=today,
                place="Lớp 5 tuổi A, hoạt động góc",
                assessor_ids=[head],
                by_id=head,
                now=now,
            )


def _evening(session: Session, issuer: Issuer, now: datetime) -> None:
    unit = _unit(session, "CD-12454")
    course, _version, lesson = group_queries.lesson_for(session, "CM-01", "ba-do-tuoi")
    at = now - timedelta(days=6)
    parents = [
        one.id for one in group_queries.people(session, unit, at.date()) if one.audience == Audience.PARENT
    ]
    named = _user(session, "phuhuynh")
    group_lessons.note_evening(
        session,
        issuer,
        course=course,
        lesson=lesson,
        unit=unit,
        evening=group_lessons.Evening(
            key="demo-evening",
            place="Nhà văn hóa thôn",
            began_at=at - timedelta(hours=1),
            ended_at=at,
            present=tuple(one for one in parents if one != named),
            others=5,
            hands={"q02": {"true": 6, "false": 2}},
        ),
        by_id=_user(session, "congtacvien"),
        now=at,
    )

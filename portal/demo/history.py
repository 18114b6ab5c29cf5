"""What the demonstration's people did in the years of the plan: courses, classes, moves, volunteers. All invented.

Whichever of the plan's courses exist get a history; the units that `halls` works with keep theirs short.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from courses.certificates.issuing import Issuer
from courses.models import Course, Enrolment, Version
from courses.workshops.models import Attended, Workshop, WorkshopDay
from portal.core.accounts.models import Audience, LeftReason, Posting, PostingSource, User
from portal.core.clock import local_date
from portal.core.db import insert_once
from portal.core.names import fold
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.organisation.services import new_unit
from portal.demo.completing import complete
from portal.demo.names import invented
from portal.demo.staff import staffed
from portal.indicators.models import PersonFact

#: What `halls` arranges for people of these units would meet a course that they have completed already.
OF_THE_HALLS = {"GD-01": ("MN-336-01",), "CA-01": ("CA-336",), "CM-01": ("CD-12454",)}
ROSTERS_SINCE = date(2024, 1, 2)
SHORT = "MN-336-01"  # the school whose figure falls short of 80 %
WHOLE = ("TH-336-02", "THCS-336-03", "MN-336-04", "TH-338-02")
MOVED_ON, LEFT_ON, SECOND_POST_ON = date(2025, 4, 1), date(2025, 2, 28), date(2024, 9, 5)
VOLUNTEERS_IN = 6


@dataclass(frozen=True, slots=True)
class Past:
    """How many of whom completed a course: a share of the people of these audiences, at most so many."""

    code: str
    audiences: tuple[Audience, ...]
    share: float
    most: int


PAST = (
    Past("GD-02", (Audience.MANAGER, Audience.TEACHER, Audience.SCHOOL_STAFF), 0.06, 130),
    Past("GD-01", (Audience.MANAGER, Audience.TEACHER), 0.06, 24),
    Past("NT-01", (Audience.MANAGER, Audience.TEACHER, Audience.SCHOOL_STAFF, Audience.PARENT), 0.06, 40),
    Past("CM-01", (Audience.PARENT,), 0.5, 24),
    Past("BV-01", (Audience.COMMUNE_OFFICER,), 0.6, 36),
    Past("BV-01B", (Audience.COLLABORATOR, Audience.VOLUNTEER), 0.6, 24),
    Past("YT-01", (Audience.HEALTH_WORKER,), 0.35, 50),
    Past("CA-01", (Audience.POLICE_OFFICER, Audience.INVESTIGATOR), 0.7, 60),
    Past("CA-02", (Audience.INVESTIGATOR,), 0.4, 10),
    Past("BD-01", (Audience.POSTAL_WORKER,), 0.6, 28),
    Past("MT-01", (Audience.TEACHER, Audience.COMMUNE_OFFICER), 0.02, 12),
    Past("BV-03", (Audience.CHILD_AFFAIRS_OFFICER,), 0.65, 12),
)


def load(session: Session, issuer: Issuer, today: date, now: datetime) -> int:
    """Add volunteers, classes, courses completed and moves of past years; return how many certificates."""
    dice = random.Random(2025)  # noqa: S311 - a demonstration that is the same every time
    _volunteers(session, now, dice)
    _child_affairs(session, now)
    issued = sum(_completed(session, issuer, past, today, dice) for past in PAST)
    _moves(session, now)
    return issued


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def _completed(session: Session, issuer: Issuer, past: Past, today: date, dice: random.Random) -> int:
    found = session.execute(
        select(Course, Version)
        .join(Version, and_(Version.course_id == Course.id, Version.number == 1))
        .where(Course.code == past.code)
    ).first()
    if found is None:
        return 0
    course, version = found
    people = session.execute(
        select(User.id, Posting, Unit.code)
        .join(Posting, Posting.user_id == User.id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Posting.audience.in_(past.audiences), User.username.is_(None), ~User.coded)
        .order_by(Unit.code, User.id)
    ).all()
    issued = 0
    # schools that finish come first: the most is not used up before them
    ordered = sorted(people, key=lambda one: past.code != "GD-02" or one[2] not in (*WHOLE, SHORT))
    for user_id, posting, unit in ordered:
        chance, day = dice.random(), _day(dice)
        whole = past.code == "GD-02" and unit in WHOLE
        share = past.share
        if past.code == "GD-02":
            share = 0.94 if whole else 0.55 if unit == SHORT else share
        day = min(max(date(2024, 4, 2) if whole else day, posting.valid_from + timedelta(days=20)), today)
        if chance > share or issued >= past.most or unit in OF_THE_HALLS.get(past.code, ()):
            continue
        _certify(session, issuer, course, version, user_id, posting, _moment(day))
        issued += 1
    return issued


def _day(dice: random.Random) -> date:
    """Return a day: mostly before the summer of 2025, some after it, a few so early that they have expired by then."""
    chance = dice.random()
    if chance < 0.12:
        return date(2023, 2, 1) + timedelta(days=dice.randrange(100))
    if chance < 0.8:
        return date(2024, 1, 15) + timedelta(days=dice.randrange(490))
    return date(2025, 7, 1) + timedelta(days=dice.randrange(330))


def _certify(
    session: Session,
    issuer: Issuer,
    course: Course,
    version: Version,
    user_id: int,
    posting: Posting,
    at: datetime,
) -> None:
    began = at - timedelta(days=24)
    new = insert_once(
        session, Enrolment, user_id=user_id, course_id=course.id, version_id=version.id, cycle=1, enrolled_at=began
    )  # fmt: skip
    if not new:
        return
    enrolment = session.scalars(
        select(Enrolment).where(Enrolment.user_id == user_id, Enrolment.course_id == course.id)
    ).one()
    complete(session, issuer, enrolment, course, version, posting, at)


def _moves(session: Session, now: datetime) -> None:
    """Of one school that finished: somebody moves to another, somebody retires, somebody teaches at two."""
    first, second = (session.scalars(select(Unit).where(Unit.code == code)).one() for code in WHOLE[:2])
    posts = session.scalars(
        select(Posting)
        .where(
            Posting.unit_id == first.id,
            Posting.audience == Audience.TEACHER,
            Posting.valid_from < SECOND_POST_ON,
            Posting.valid_to.is_(None),
        )
        .order_by(Posting.id)
    ).all()
    for posting, begins, ends, reason in zip(
        posts,
        (MOVED_ON, MOVED_ON, SECOND_POST_ON, None),
        (MOVED_ON - timedelta(days=1), MOVED_ON - timedelta(days=1), None, LEFT_ON),
        (LeftReason.TRANSFERRED, LeftReason.TRANSFERRED, None, LeftReason.RETIRED),
        strict=False,
    ):
        posting.valid_to, posting.left_reason = ends, reason
        if begins is not None:
            session.add(
                Posting(
                    user_id=posting.user_id, unit_id=second.id, audience=Audience.TEACHER, title="Giáo viên",
                    valid_from=begins, source=PostingSource.DEMONSTRATION, recorded_at=now,
                )
            )  # fmt: skip
    session.flush()


def _volunteers(session: Session, now: datetime, dice: random.Random) -> None:
    """Volunteer groups of some communes: they grow, and most say each year that they go on."""
    district = session.scalars(select(Area).where(Area.code == "336")).one()
    communes = session.scalars(
        select(Area).where(Area.parent_id == district.id).order_by(Area.code).limit(VOLUNTEERS_IN)
    ).all()
    for place, commune in enumerate(communes):
        unit = new_unit(
            session,
            code=f"TN-{commune.code}",
            kind=UnitKind.ASSOCIATION,
            sector=Sector.COMMUNITY,
            name=f"Đội tình nguyện bảo vệ trẻ em {commune.name}",
            area=commune,
            valid_from=date(2020, 4, 10),
            roster_on=ROSTERS_SINCE,
        )
        for number in range(8 + place % 3):
            name = invented(dice)
            joined = (
                date(2023, 3, 1) if number < 5 else date(2025, 2, 10) if number < 8 else date(2026, 1, 20)
            )
            user = staffed(
                session, unit, Audience.VOLUNTEER, f"TN-{commune.code}-{number + 1:02d}", joined, now,
                name=name, title="Tình nguyện viên",
            )  # fmt: skip
            for day in (date(2024, 3, 5), date(2025, 3, 5), date(2026, 3, 5)):
                if joined < day <= local_date(now) and number != 4:  # one has not said so for years
                    session.add(
                        PersonFact(user_id=user.id, fact="active", valid_from=day, recorded_at=_moment(day))
                    )
    session.flush()


def _child_affairs(session: Session, now: datetime) -> None:
    """Two people for child affairs in each department of the province, one with each committee of a district."""
    dice = random.Random(39)  # noqa: S311 - of its own, so that nobody else's history changes
    district = select(Area.id).where(Area.kind == AreaKind.DISTRICT)
    offices = session.scalars(
        select(Unit)
        .where(
            or_(
                Unit.code.in_(("SO-GDDT", "SO-LDTBXH", "SO-YTE")),
                and_(Unit.kind == UnitKind.COMMITTEE, Unit.area_id.in_(district)),
            )
        )
        .order_by(Unit.code)
    ).all()
    for office in offices:
        for number in range(2 if office.kind == UnitKind.DEPARTMENT else 1):
            staffed(
                session, office, Audience.CHILD_AFFAIRS_OFFICER, f"TE-{office.code}-{number + 1}", ROSTERS_SINCE, now,
                name=invented(dice), title="Công tác trẻ em",
            )  # fmt: skip
    session.flush()


def classes(session: Session, now: datetime) -> None:
    """Classes of schools held in the windows of 2024 and 2025, each attended by some of their people."""
    schools = session.scalars(select(Unit).where(Unit.kind == UnitKind.SCHOOL).order_by(Unit.code)).all()
    for place, school in enumerate(schools):
        for item, day, title in (
            ("II.2.a", date(2025, 3, 12), "Tuyên truyền phòng ngừa bạo lực học đường, xâm hại trẻ em"),
            ("II.2.c", date(2025, 5, 9), "Tập huấn kỹ năng, đạo đức nghề nghiệp nhà giáo"),
            ("II.2.a", date(2026, 4, 8), "Tuyên truyền bảo vệ trẻ em, giới thiệu Tổng đài 111"),
        ):
            if (place + day.month) % 4 == 0 or day > local_date(now):
                continue  # a school in four has held none
            people = session.execute(
                select(User.id, User.full_name, Posting.audience)
                .join(Posting, Posting.user_id == User.id)
                .where(Posting.unit_id == school.id, Posting.valid_from <= day, User.username.is_(None))
                .order_by(User.id)
                .limit(8)
            ).all()
            if not people:
                continue
            held = Workshop(
                key=f"demo-{school.code}-{day.isoformat()}"[:40], origin="hall", title=title, search_key=fold(title),
                plan_item=item, organiser_id=school.id, area_id=school.area_id, place=f"Hội trường {school.name}",
                guest_trainers="", capacity=40, days_needed=1, secret="0" * 64, starts_on=day, ends_on=day,
                created_at=_moment(day - timedelta(days=14)), closed_at=_moment(day + timedelta(days=1)),
                signatures=len(people), whole_course=False,
            )  # fmt: skip
            session.add(held)
            session.flush()
            session.add(WorkshopDay(workshop_id=held.id, day=day, hours="07:30–11:30"))
            session.add_all(
                Attended(
                    workshop_id=held.id, user_id=user_id, on_day=day, days=1, origin="hall", full_name=name,
                    unit_id=school.id, area_id=school.area_id, audience=str(audience),
                )
                for user_id, name, audience in people
            )  # fmt: skip
    session.flush()

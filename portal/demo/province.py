"""Filling an empty database with the demonstration province."""

import csv
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib.resources import files

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from courses.assignments import queries as assignment_queries
from courses.assignments import services as assignments
from courses.certificates.issuing import Issuer, issuer_for
from courses.completion import tracks, way
from courses.models import Course, Enrolment, Lesson, LessonDone, Version
from courses.queries import access, versions
from courses.queries.terms import requirements_of
from courses.services import enrol
from portal.core import clock
from portal.core.accounts.models import Audience, Membership, Posting, PostingSource, SecretKind, User
from portal.core.accounts.secrets import hashed
from portal.core.accounts.services import new_user
from portal.core.consent.wordings import CURRENT, PARENT
from portal.core.db import unit_of_work
from portal.core.households.services import Row, register
from portal.core.names import fold
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.organisation.services import new_unit
from portal.core.policy import Actor, Grant, Role
from portal.core.web import settings
from portal.demo import before_after, declared, evidence, halls, history
from portal.demo.accounts import ACCOUNTS, PASSWORD
from portal.demo.completing import complete
from portal.demo.names import invented
from portal.demo.staff import staffed

BEGAN = date(2020, 4, 10)  # the day the plan was signed
WITHOUT_ACCOUNT = 6  # every sixth of the staff stands on a list and has not signed in yet
SCHOOL_NAMES = (
    "Hoa Sen", "Ánh Dương", "Mầm Xanh", "Hướng Dương", "Sao Mai", "Bình Minh", "Hoa Mai", "Tuổi Thơ", "Vành Khuyên", "Họa Mi",
    "Sơn Ca", "Hoa Hồng", "Măng Non", "Cầu Vồng", "Hoa Phượng", "Sen Vàng",
)  # fmt: skip
LEVELS = (("MN", "Trường Mầm non"), ("TH", "Trường Tiểu học"), ("THCS", "Trường THCS"))


def loaded(session: Session) -> bool:
    """Return whether anybody lives in this database already."""
    return session.scalar(select(User.id).limit(1)) is not None


def is_here(session: Session) -> bool:
    """Return whether the demonstration's accounts live in this database: several of them, as no other has them."""
    names = [account.username for account in ACCOUNTS]
    return len(session.scalars(select(User.id).where(User.username.in_(names))).all()) > len(names) // 2


def load(today: date, report: Callable[[str], None]) -> None:
    """Fill an empty database: areas, units, people, and some months of learning. Says what it is doing."""
    with unit_of_work() as session:
        if loaded(session):
            report("The database has people in it already; the demonstration was left out.")
            return
        fill(session, today, clock.now(), report)


def fill(session: Session, today: date, now: datetime, report: Callable[[str], None]) -> None:
    """Put the whole demonstration into an empty database, in the transaction of `session`."""
    dice = random.Random(39)  # noqa: S311 - a demonstration that is the same every time
    areas = _areas(session)
    report(f"areas: {len(areas)}")
    units = _units(session, areas, today, dice)
    report(f"units: {len(units)}")
    people = _staff(session, units, today, now, dice)
    _accounts(session, areas, units, today, now)
    report(f"people: {people + len(ACCOUNTS)}")
    issuer = issuer_for(settings())
    report(f"certificates of past years: {history.load(session, issuer, today, now)}")
    issued = _learning(session, issuer, today, now, dice, report)
    report(f"certificates: {issued}")
    report(f"classes, a practice, an evening: {halls.load(session, issuer, today, now)}")
    history.classes(session, now)
    _households(session, today, now, dice)
    _rule(session, today, now)
    report(f"parents who answered before and after a course: {before_after.load(session, issuer, now)}")
    report(f"people without a name in the portal: {evidence.load(session, today, now)}")
    report(f"declared values and registrations: {declared.load(session, today, now)}")


def _areas(session: Session) -> dict[str, Area]:
    text = files("portal.demo").joinpath("areas-thai-binh-2020.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    areas: dict[str, Area] = {}
    for row in rows:
        parent = areas.get(row["parent"])
        area = Area(
            code=row["code"],
            kind=AreaKind(row["kind"]),
            name=row["name"],
            search_key=fold(row["name"]),
            parent_id=parent.id if parent else None,
            valid_from=BEGAN,
        )
        session.add(area)
        if row["kind"] != "commune":
            session.flush()
        areas[row["code"]] = area
    session.flush()
    return areas


def _units(session: Session, areas: dict[str, Area], today: date, dice: random.Random) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    counted = min(today - timedelta(days=400), history.ROSTERS_SINCE)

    def add(
        code: str, kind: UnitKind, sector: Sector, name: str, area: str, roster: bool = True, parent: str = ""
    ) -> None:
        units[code] = new_unit(
            session,
            code=code,
            kind=kind,
            sector=sector,
            name=name,
            area=areas[area],
            valid_from=BEGAN,
            parent=units.get(parent),
            roster_on=counted if roster else None,
        )

    for code, sector, name in (
        ("SO-GDDT", Sector.EDUCATION, "Sở Giáo dục và Đào tạo"),
        ("SO-YTE", Sector.HEALTH, "Sở Y tế"),
        ("CA-34", Sector.POLICE, "Công an tỉnh"),
        ("SO-LDTBXH", Sector.LABOUR, "Sở Lao động – Thương binh và Xã hội"),
        ("BD-34", Sector.POST, "Bưu điện tỉnh"),
    ):
        add(code, UnitKind.DEPARTMENT, sector, name, "34")
    districts = [area for area in areas.values() if area.kind == AreaKind.DISTRICT]
    for number, district in enumerate(districts):
        short = district.name
        add(f"UB-{district.code}", UnitKind.COMMITTEE, Sector.GOVERNMENT, f"UBND {short}", district.code)
        add(
            f"CA-{district.code}",
            UnitKind.POLICE_POST,
            Sector.POLICE,
            f"Công an {short}",
            district.code,
            parent="CA-34",
        )
        add(
            f"BD-{district.code}",
            UnitKind.POST_OFFICE,
            Sector.POST,
            f"Bưu điện {short}",
            district.code,
            parent="BD-34",
        )
        add(
            f"PGD-{district.code}",
            UnitKind.DEPARTMENT,
            Sector.EDUCATION,
            f"Phòng GDĐT {short}",
            district.code,
            parent="SO-GDDT",
        )
        communes = [area for area in areas.values() if area.parent_id == district.id]
        for place in range(4):
            level, kind = LEVELS[place % 3]
            name = SCHOOL_NAMES[(number * 2 + place) % len(SCHOOL_NAMES)]
            add(
                f"{level}-{district.code}-{place + 1:02d}",
                UnitKind.SCHOOL,
                Sector.EDUCATION,
                f"{kind} {name}",
                communes[(place * 3 + 8) % len(communes)].code,
                roster=dice.random() > 0.12 or number == 0,
                parent=f"PGD-{district.code}",
            )
        for commune in communes:
            add(
                f"CD-{commune.code}",
                UnitKind.COMMUNITY,
                Sector.COMMUNITY,
                f"Cộng đồng {commune.name}",
                commune.code,
                roster=False,
            )
        for commune in communes[:4] if number else communes:
            add(
                f"UB-{commune.code}",
                UnitKind.COMMITTEE,
                Sector.GOVERNMENT,
                f"UBND {commune.name}",
                commune.code,
            )
            add(
                f"TYT-{commune.code}",
                UnitKind.CLINIC,
                Sector.HEALTH,
                f"Trạm Y tế {commune.name}",
                commune.code,
                parent="SO-YTE",
            )
    return units


def _staff(session: Session, units: dict[str, Unit], today: date, now: datetime, dice: random.Random) -> int:
    made = 0
    kept = hashed(PASSWORD)  # one for all: this is a demonstration
    for unit in units.values():
        for audience, title, many in _posts(unit, dice):
            for _number in range(many):
                made += 1
                name = invented(dice)
                began = today - timedelta(days=dice.randrange(200, 1500))
                staffed(
                    session,
                    unit,
                    audience,
                    f"DM-{made:05d}",
                    began,
                    now,
                    name=name,
                    title=title,
                    phone=f"09001{made:05d}" if made % 3 else None,
                    secret=kept if made % WITHOUT_ACCOUNT else None,
                )
    return made


def _posts(unit: Unit, dice: random.Random) -> list[tuple[Audience, str, int]]:
    if unit.kind == UnitKind.SCHOOL:
        many = 38 if unit.code == "MN-336-01" else dice.randrange(12, 26)
        return [
            (Audience.MANAGER, "Phó hiệu trưởng", 1),
            (Audience.TEACHER, "Giáo viên", many),
            (Audience.SCHOOL_STAFF, "Nhân viên", 4),
        ]
    if unit.kind == UnitKind.CLINIC:
        return [(Audience.HEALTH_WORKER, "Nhân viên y tế", 3)]
    if unit.kind == UnitKind.POLICE_POST:
        return [(Audience.POLICE_OFFICER, "Cán bộ", 8), (Audience.INVESTIGATOR, "Điều tra viên", 3)]
    if unit.kind == UnitKind.POST_OFFICE:
        return [(Audience.POSTAL_WORKER, "Bưu tá", 6)]
    if unit.kind == UnitKind.COMMITTEE and unit.code.startswith("UB-1"):
        return [(Audience.COMMUNE_OFFICER, "Công chức Văn hóa – Xã hội", 1)]
    if unit.kind == UnitKind.COMMUNITY and unit.code.startswith("CD-124"):
        return [(Audience.PARENT, "", 3), (Audience.COLLABORATOR, "Cộng tác viên", 1)]
    return []


def _accounts(
    session: Session, areas: dict[str, Area], units: dict[str, Unit], today: date, now: datetime
) -> None:
    for number, account in enumerate(ACCOUNTS, 1):
        user = new_user(
            session,
            full_name=account.full_name,
            secret=PASSWORD,
            secret_kind=SecretKind.PASSWORD,
            username=account.username,
            phone=f"09000000{number:02d}",
            now=now,
        )
        unit = units[account.unit]
        began = today - timedelta(days=300)
        if account.audience is not None:
            session.add(
                Posting(
                    user_id=user.id,
                    unit_id=unit.id,
                    audience=account.audience,
                    valid_from=began,
                    source=PostingSource.DEMONSTRATION,
                    recorded_at=now,
                )
            )
        if account.role is not None:
            everywhere = account.role in (Role.AUTHOR, Role.ADMINISTRATOR)
            session.add(
                Membership(
                    user_id=user.id,
                    role=account.role,
                    area_id=areas[account.area].id if account.area else None,
                    sector=account.sector,
                    unit_id=unit.id if not account.area and not everywhere else None,
                    valid_from=began,
                )
            )


def _learning(
    session: Session,
    issuer: Issuer,
    today: date,
    now: datetime,
    dice: random.Random,
    report: Callable[[str], None],
) -> int:
    """Let about two in three of the staff begin the courses that are for them, and some of these complete."""
    # everybody here began before any second version was published, and stays on the first
    courses = session.execute(
        select(Course, Version).join(Version, and_(Version.course_id == Course.id, Version.number == 1))
    ).all()
    named = {account.username for account in ACCOUNTS}
    issued = 0
    for course, version in courses:
        lessons = session.scalars(
            select(Lesson).where(Lesson.version_id == version.id).order_by(Lesson.position)
        ).all()
        wanted = access.audiences_of(session, course)
        people = session.execute(
            select(User, Posting)
            .join(Posting, Posting.user_id == User.id)
            .where(
                Posting.audience.in_(wanted),
                Posting.valid_to.is_(None),
                ~exists().where(Enrolment.user_id == User.id, Enrolment.course_id == course.id),
            )
            .order_by(User.id, Posting.id)
        ).all()
        first = {
            user.id: posting for user, posting in reversed(people)
        }  # somebody with two posts learns once
        for user, posting in people:
            if first[user.id] is not posting:
                continue
            chance = dice.random()
            if (
                chance > 0.68
                or user.secret_hash is None
                or user.username in named - {"giaovien", "hieutruong"}
            ):
                continue
            began = now - timedelta(days=dice.randrange(20, 190), hours=dice.randrange(8))
            due = today + timedelta(days=dice.choice((-12, 20, 20, 55)))
            enrolment = Enrolment(
                user_id=user.id,
                course_id=course.id,
                version_id=version.id,
                cycle=1,
                enrolled_at=began,
                due_on=due,
            )
            if user.username == "giaovien":  # on the day by which her head asks for it
                enrolment.due_on = today + timedelta(days=20)
            session.add(enrolment)
            session.flush()
            whole = chance < 0.2 and user.username is None
            read = lessons if whole else lessons[: 3 if user.username else dice.randrange(len(lessons))]
            for place, lesson in enumerate(read, 1):
                session.add(
                    LessonDone(
                        enrolment_id=enrolment.id, lesson_id=lesson.id, done_at=began + timedelta(hours=place)
                    )
                )
            if whole and issued < 160:
                issued += 1
                complete(
                    session,
                    issuer,
                    enrolment,
                    course,
                    version,
                    posting,
                    began + timedelta(days=dice.randrange(2, 18)),
                )
                if issued % 40 == 0:
                    report(f"  {issued} certificates …")
    return issued


def _households(session: Session, today: date, now: datetime, dice: random.Random) -> None:
    """Let the collaborator have registered some families of her commune; some of their grown-ups have begun to learn."""
    collaborator = session.scalars(select(User).where(User.username == "congtacvien")).one()
    unit = session.scalars(select(Unit).where(Unit.code == "CD-12454")).one()
    course = session.scalar(select(Course).where(Course.code == "CM-01"))
    for number in range(1, 13):
        grown_ups = 1 + number % 2
        phone = f"09000010{number:02d}"
        for place in range(grown_ups):
            name = invented(dice)
            outcome = register(
                session,
                Row(
                    key=f"demonstration-{number:02d}-{place}-row",
                    full_name=name,
                    phone=phone if place == 0 or number % 3 else "",
                    household=None,
                    household_key=f"demonstration-{number:02d}-home",
                    audience=Audience.CARER if number == 7 else Audience.PARENT,
                    has_child=number != 5,
                    bands=(("0-5",), ("6-10",), ("6-10", "11-15"))[number % 3],
                    consent=True,
                    version=CURRENT[PARENT],
                ),
                unit=unit,
                by_id=collaborator.id,
                today=today - timedelta(days=60),
                now=now - timedelta(days=60),
            )
            if course is not None and (number + place) % 3 == 0:
                enrolment = enrol(session, Actor(outcome.user_id), course, now - timedelta(days=40))
                # each on her own way: what everybody reads, and the track for the age of her child; nobody is through
                wanted = requirements_of(versions.version_learned(session, enrolment))
                mine = way(wanted, next(iter(tracks(wanted)[number % 3 :]), None))[: 1 + number % 7]
                lessons = session.scalars(
                    select(Lesson)
                    .where(Lesson.version_id == enrolment.version_id, Lesson.slug.in_(mine))
                    .order_by(Lesson.position)
                ).all()
                session.add_all(
                    LessonDone(
                        enrolment_id=enrolment.id,
                        lesson_id=lesson.id,
                        done_at=now - timedelta(days=40 - position),
                    )
                    for position, lesson in enumerate(lessons, 1)
                )


def _rule(session: Session, today: date, now: datetime) -> None:
    """Let the head of the kindergarten have asked her staff to learn GD-01, in twenty days."""
    course = session.scalar(select(Course).where(Course.code == "GD-01"))
    if course is None:
        return
    head = session.scalars(select(User).where(User.username == "hieutruong")).one()
    school = session.scalars(select(Unit).where(Unit.code == "MN-336-01")).one()
    wish = assignments.Wish(
        course=course,
        audience=None,
        area_id=None,
        unit_id=school.id,
        sector=None,
        due_on=today + timedelta(days=20),
        due_days=None,
        renewal_days=90,
        valid_from=today,
    )
    rule = assignments.make(session, Actor(head.id, (Grant(Role.UNIT_HEAD, unit=school.id),)), wish, now)
    rule.applied_at = now
    plan = assignment_queries.plan(session, course.id, [rule], today)
    people = assignment_queries.touched(session, plan)
    if people:
        assignments.apply(session, plan, people[0], people[-1], now)

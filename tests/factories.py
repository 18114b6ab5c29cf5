"""A small world for the tests, and functions that add one thing to it. No real person, school or commune."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Membership, Posting, SecretKind, User
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.policy import Role
from portal.core.rosters.models import Evidence, RosterBasis

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
BEGAN = date(2020, 4, 10)
_number = count(101)  # those of the small world, which is made once for all, begin at 1


@dataclass(frozen=True)
class World:
    """Ids and codes of what every test may count on.

    The province P has two districts, D1 (communes C1, C2) and D2 (commune C3). School A stands in C1, school B in
    C3, clinic K in C1, police post L in D1; each has a staff list but school B. Community Q is that of C1.
    """

    province: int
    district: int
    commune: int
    elsewhere: int
    school: int
    other_school: int
    clinic: int
    post: int
    community: int
    ana: int
    bruno: int
    carla: int
    dora: int
    emil: int
    fay: int
    gina: int
    admin: int
    author: int


def area(session: Session, code: str, kind: AreaKind, name: str, parent: Area | None) -> Area:
    """Add an area."""
    one = Area(
        code=code,
        kind=kind,
        name=name,
        search_key=fold(name),
        parent_id=parent.id if parent else None,
        valid_from=BEGAN,
    )
    session.add(one)
    session.flush()
    return one


def unit(
    session: Session,
    code: str,
    kind: UnitKind,
    sector: Sector,
    name: str,
    where: Area,
    *,
    roster: bool = True,
    parent: Unit | None = None,
) -> Unit:
    """Add a unit; `roster` says whether it has given a staff list."""
    one = Unit(
        code=code,
        kind=kind,
        sector=sector,
        name=name,
        search_key=fold(name),
        area_id=where.id,
        parent_id=parent.id if parent else None,
        valid_from=BEGAN,
    )
    session.add(one)
    session.flush()
    if roster:
        session.add(RosterBasis(unit_id=one.id, evidence=Evidence.NAMED, valid_from=BEGAN))
        session.flush()
    return one


def person(
    session: Session,
    full_name: str,
    unit_id: int | None = None,
    audience: Audience = Audience.TEACHER,
    *,
    username: str | None = None,
    secret_hash: str | None = None,
    phone: str | None = None,
    number: int | None = None,
) -> User:
    """Add a person, with a post in a unit where one is given."""
    number = number or next(_number)
    user = User(
        full_name=full_name,
        sort_key=sort_key(full_name),
        search_key=fold(full_name),
        username=username or f"person-{number}",
        staff_code=f"T-{number:06d}",
        phone=phone,
        secret_kind=SecretKind.PASSWORD,
        secret_hash=secret_hash,
        failed_count=0,
        created_at=NOW,
    )
    session.add(user)
    session.flush()
    if unit_id is not None:
        session.add(Posting(user_id=user.id, unit_id=unit_id, audience=audience, valid_from=date(2024, 1, 1)))
        session.flush()
    return user


def grant(
    session: Session,
    user_id: int,
    role: Role,
    *,
    area_id: int | None = None,
    sector: str | None = None,
    unit_id: int | None = None,
) -> None:
    """Give a role over a place."""
    session.add(
        Membership(
            user_id=user_id,
            role=role,
            area_id=area_id,
            sector=sector,
            unit_id=unit_id,
            valid_from=date(2024, 1, 1),
        )
    )
    session.flush()


def build(session: Session) -> World:
    """Make the small world."""
    p = area(session, "P", AreaKind.PROVINCE, "Tỉnh Mẫu", None)
    d1 = area(session, "D1", AreaKind.DISTRICT, "Huyện Một", p)
    d2 = area(session, "D2", AreaKind.DISTRICT, "Huyện Hai", p)
    c1 = area(session, "C1", AreaKind.COMMUNE, "Xã Ba", d1)
    area(session, "C2", AreaKind.COMMUNE, "Xã Bốn", d1)
    c3 = area(session, "C3", AreaKind.COMMUNE, "Xã Năm", d2)
    school = unit(session, "A", UnitKind.SCHOOL, Sector.EDUCATION, "Trường Tiểu học Ánh Sao", c1)
    other = unit(session, "B", UnitKind.SCHOOL, Sector.EDUCATION, "Trường THCS Bến Xuân", c3, roster=False)
    clinic = unit(session, "K", UnitKind.CLINIC, Sector.HEALTH, "Trạm Y tế Xã Ba", c1)
    post = unit(session, "L", UnitKind.POLICE_POST, Sector.POLICE, "Công an Huyện Một", d1)
    community = unit(session, "Q", UnitKind.COMMUNITY, Sector.COMMUNITY, "Cộng đồng Xã Ba", c1, roster=False)
    ana = person(session, "Trần Thị Ánh", school.id, username="ana", number=1)
    bruno = person(session, "Lê Văn Bảo", school.id, Audience.MANAGER, username="bruno", number=2)
    carla = person(session, "Phạm Thị Cúc", other.id, username="carla", number=3)
    dora = person(session, "Đỗ Thị Dung", None, username="dora", number=4)
    emil = person(session, "Hồ Văn Én", post.id, Audience.INVESTIGATOR, username="emil", number=5)
    fay = person(session, "Vũ Thị Phượng", community.id, Audience.PARENT, username="fay", number=6)
    gina = person(session, "Ngô Thị Giang", None, username="gina", number=7)
    admin = person(session, "Mạc Thị Quản", None, username="admin", number=8)
    author = person(session, "Tạ Thị Soạn", None, username="author", number=9)
    grant(session, bruno.id, Role.UNIT_HEAD, unit_id=school.id)
    grant(session, dora.id, Role.DEPARTMENT_HEAD, area_id=p.id, sector="education")
    grant(session, gina.id, Role.DISTRICT_HEAD, area_id=d1.id)
    grant(session, admin.id, Role.ADMINISTRATOR)
    grant(session, author.id, Role.AUTHOR)
    return World(
        p.id, d1.id, c1.id, d2.id, school.id, other.id, clinic.id, post.id, community.id,
        ana.id, bruno.id, carla.id, dora.id, emil.id, fay.id, gina.id, admin.id, author.id,
    )  # fmt: skip

"""A province for measuring: areas, units and people put in by the thousand, the shipped courses beside them.

No real person, school or commune. One password for all, hashed once with the portal's own parameters.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_migrate import upgrade
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import and_, func, insert, select, text, update
from sqlalchemy.orm import Session

from courses import loader, services
from courses.certificates.models import Certificate
from courses.models import Completion, Course, CourseAudience, Enrolment, Lesson, LessonDone, Version
from portal.core import clock
from portal.core.accounts import secrets
from portal.core.accounts.login import TOKEN_KEY
from portal.core.accounts.models import Audience, Membership, Posting, SecretKind, SignIn, User
from portal.core.accounts.services import token_hash
from portal.core.db import Base, db, unit_of_work
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.policy import Role
from portal.core.rights import looking
from portal.core.rosters.models import Evidence, RosterBasis
from portal.demo.answers import right
from portal.demo.names import FAMILIES, GIVEN, MIDDLES
from quizzes.models import Attempt
from tests.bench.serving import SECRET

PASSWORD = "một mật khẩu để đo"
LEARNERS = 2000
EVERYBODY = 60_000
BEGAN = date(2020, 4, 10)
BATCH = 5000


@dataclass(frozen=True)
class Place:
    """What the measurements need to know of the database: the course with its quiz, its lessons, who is who."""

    course: str
    quiz: str
    slugs: tuple[str, ...]
    learners: tuple[int, ...]
    head: int


def prepare(app: Flask) -> Place:
    """Make the tables, publish the shipped courses, and put in the province with its 2,000 learners."""
    with app.app_context():
        upgrade()
        now = clock.now()
        with unit_of_work() as session:
            loader.load_all(session, now)
        with unit_of_work() as session:
            course, version = _with_quiz(session)
            units = _province(session)
            audience = _audiences(session, course.id)[0]
            ids = _people(session, range(1, LEARNERS + 1), units, [audience], secrets.hashed(PASSWORD), now)
            lessons = session.execute(
                select(Lesson.id, Lesson.slug)
                .where(Lesson.version_id == version.id)
                .order_by(Lesson.position)
            ).all()
            enrolments = _enrol(session, ids, course.id, version.id, now)
            _many(
                session,
                LessonDone,
                (
                    {"enrolment_id": enrolment, "lesson_id": lesson.id, "done_at": now}
                    for enrolment in enrolments
                    for lesson in lessons
                ),
            )
            head = _people(session, [EVERYBODY + 1], units[:1], [audience], None, now)[0]
            province = session.scalars(select(Area.id).where(Area.kind == AreaKind.PROVINCE)).one()
            session.add(
                Membership(user_id=head, role=Role.STANDING_AGENCY, area_id=province, valid_from=BEGAN)
            )
            place = Place(
                course.code,
                version.manifest["quizzes"][0]["ref"],
                tuple(lesson.slug for lesson in lessons),
                tuple(ids),
                head,
            )
        _settle()
        return place


def say_why(app: Flask, user_id: int) -> None:
    """Give the reason that lists with police officers ask for, for every area, as its head would by the form."""
    with app.app_context(), unit_of_work() as session:
        for code in session.scalars(select(Area.code)).all():
            looking.give_reason(
                session, user_id, "police", f"area:{code}", "measuring the pages", clock.now()
            )


def add_everybody(app: Flask) -> None:
    """Fill the province up to 60,000 people over every audience; two in three have begun, a good part have completed."""
    dice = random.Random(39)
    with app.app_context(), unit_of_work() as session:
        now = clock.now()
        units = session.scalars(select(Unit.id).order_by(Unit.id)).all()
        versions = session.execute(
            select(Course, Version)
            .join(Version, and_(Version.course_id == Course.id, Version.current))
            .order_by(Course.code)
        ).all()
        first = LEARNERS + 1
        share = (EVERYBODY - LEARNERS) // len(versions)
        for number, (course, version) in enumerate(versions):
            last = EVERYBODY if number == len(versions) - 1 else first + share - 1
            ids = _people(session, range(first, last + 1), units, _audiences(session, course.id), None, now)
            first = last + 1
            begun = [one for one in ids if dice.random() < 0.65]
            enrolments = _enrol(session, begun, course.id, version.id, now, due=True)
            done = [pair for pair in zip(begun, enrolments, strict=True) if dice.random() < 0.4]
            _complete(session, done, course, version, now)
    with app.app_context():
        _settle()


@contextmanager
def all_teach_at_one_school(app: Flask) -> Iterator[None]:
    """Let everybody be a teacher of one school for a while, so that one figure of facilities has 60,000 people inside."""
    with app.app_context(), unit_of_work() as session:
        session.execute(text("CREATE TABLE bench_posting AS SELECT id, unit_id, audience FROM posting"))
        school = session.scalars(
            select(Unit.id).where(Unit.kind == UnitKind.SCHOOL).order_by(Unit.id)
        ).first()
        session.execute(update(Posting).values(unit_id=school, audience=Audience.TEACHER))
    try:
        yield
    finally:
        with app.app_context(), unit_of_work() as session:
            session.execute(
                text(
                    "UPDATE posting SET unit_id = (SELECT unit_id FROM bench_posting AS one WHERE one.id = posting.id), "
                    "audience = (SELECT audience FROM bench_posting AS one WHERE one.id = posting.id)"
                )
            )
            session.execute(text("DROP TABLE bench_posting"))


def _with_quiz(session: Session) -> tuple[Course, Version]:
    rows = session.execute(
        select(Course, Version)
        .join(Version, and_(Version.course_id == Course.id, Version.current))
        .order_by(Course.code.desc())
    )
    course, version = next((c, v) for c, v in rows if v.manifest.get("quizzes"))
    return course, version


def _audiences(session: Session, course_id: int) -> list[str]:
    return sorted(
        session.scalars(select(CourseAudience.audience).where(CourseAudience.course_id == course_id))
    )


def _province(session: Session) -> list[int]:
    """Add 8 districts of 32 communes, each commune with two schools and a clinic; return the units' ids."""
    areas = [{"id": 1, "code": "34", "kind": AreaKind.PROVINCE, "name": "Tỉnh Mẫu", "parent_id": None}]
    units: list[dict[str, Any]] = []
    for district in range(8):
        areas.append(
            {
                "id": 2 + district,
                "code": f"D{district}",
                "kind": AreaKind.DISTRICT,
                "name": f"Huyện {district + 1}",
                "parent_id": 1,
            }
        )
    for commune in range(8 * 32):
        here = 100 + commune
        areas.append(
            {
                "id": here,
                "code": f"C{commune}",
                "kind": AreaKind.COMMUNE,
                "name": f"Xã {commune + 1}",
                "parent_id": 2 + commune % 8,
            }
        )
        for kind, sector, name in (
            (UnitKind.SCHOOL, Sector.EDUCATION, "Trường Tiểu học"),
            (UnitKind.SCHOOL, Sector.EDUCATION, "Trường THCS"),
            (UnitKind.CLINIC, Sector.HEALTH, "Trạm Y tế"),
        ):
            number = len(units) + 1
            units.append(
                {
                    "id": number,
                    "code": f"U{number}",
                    "kind": kind,
                    "sector": sector,
                    "name": f"{name} Xã {commune + 1}",
                    "search_key": fold(f"{name} Xã {commune + 1}"),
                    "area_id": here,
                    "parent_id": None,
                    "valid_from": BEGAN,
                }
            )
    _many(
        session, Area, ({**one, "search_key": fold(str(one["name"])), "valid_from": BEGAN} for one in areas)
    )
    _many(session, Unit, units)
    _many(
        session,
        RosterBasis,
        (
            {"unit_id": unit["id"], "evidence": Evidence.NAMED, "valid_from": date(2026, 1, 5)}
            for unit in units
            if int(str(unit["id"])) % 9
        ),
    )
    return [unit["id"] for unit in units]


def _people(
    session: Session,
    numbers: Sequence[int],
    units: Sequence[int],
    audiences: Sequence[str],
    secret: str | None,
    now: datetime,
) -> list[int]:
    """Add a person for each number (her id), each with a post; return the ids."""
    dice = random.Random(numbers[0])
    people = []
    for number in numbers:
        name = " ".join(
            (dice.choice(FAMILIES), dice.choice(MIDDLES), dice.choice(MIDDLES), dice.choice(GIVEN))
        )
        people.append(
            {
                "id": number,
                "full_name": name,
                "sort_key": sort_key(name),
                "search_key": fold(name),
                "username": f"do-{number}",
                "secret_kind": SecretKind.PASSWORD,
                "secret_hash": secret,
                "failed_count": 0,
                "created_at": now,
            }
        )
    _many(session, User, people)
    _many(
        session,
        Posting,
        (
            {
                "user_id": number,
                "unit_id": units[number % len(units)],
                "audience": audiences[number % len(audiences)],
                "valid_from": date(2024, 1, 1),
            }
            for number in numbers
        ),
    )
    return list(numbers)


def _enrol(
    session: Session, ids: Sequence[int], course_id: int, version_id: int, now: datetime, *, due: bool = False
) -> list[int]:
    """Add an enrolment for each person; return their ids in the same order."""
    first = (session.scalar(select(func.max(Enrolment.id))) or 0) + 1
    rows = [
        {
            "id": first + place,
            "user_id": one,
            "course_id": course_id,
            "version_id": version_id,
            "cycle": 1,
            "enrolled_at": now - timedelta(days=30 + one % 200),
            "due_on": (now.date() + timedelta(days=one % 60 - 15)) if due else None,
        }
        for place, one in enumerate(ids)
    ]
    _many(session, Enrolment, rows)
    return [int(row["id"]) for row in rows]


def _complete(
    session: Session, done: Sequence[tuple[int, int]], course: Course, version: Version, now: datetime
) -> None:
    moments = {user: now - timedelta(days=1 + user % 25) for user, _enrolment in done}
    _many(
        session,
        Completion,
        (
            {
                "enrolment_id": enrolment,
                "user_id": user,
                "course_id": course.id,
                "completed_at": moments[user],
                "completed_on": moments[user].date(),
                "facts": {},
            }
            for user, enrolment in done
        ),
    )
    _many(
        session,
        Certificate,
        (
            {
                "serial": f"BVTE-2026-{course.id:02d}{user:06d}",
                "kind": version.certificate_kind,
                "user_id": user,
                "course_id": course.id,
                "version_number": version.number,
                "cycle": 1,
                "full_name": "Nguyễn Thị Mẫu",
                "course_title": version.title,
                "issued_at": moments[user],
                "completed_on": moments[user].date(),
                "facts": {},
                "sha256": "0" * 64,
            }
            for user, _enrolment in done
        ),
    )


def _many(session: Session, model: type[Base], rows: Any) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            session.execute(insert(model.__table__), batch)
            batch = []
    if batch:
        session.execute(insert(model.__table__), batch)


def _settle() -> None:
    """Let PostgreSQL know its tables (autovacuum would, in a minute) and go on counting after the ids given here."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("area", "unit", "user", "enrolment"):
                connection.execute(
                    text(
                        f"""SELECT setval(pg_get_serial_sequence('"{table}"', 'id'), (SELECT max(id) FROM "{table}"))"""
                    )
                )
            connection.execute(text("VACUUM ANALYZE"))
    db.session.remove()


def let_ten_right_pass(app: Flask) -> None:
    """Lower the share that passes, so that ten right answers complete the course and a certificate is issued."""
    with app.app_context(), unit_of_work() as session:
        for version in session.scalars(select(Version).where(Version.current)):
            manifest = dict(version.manifest)
            manifest["quizzes"] = [{**quiz, "pass_share": "0.3"} for quiz in manifest.get("quizzes", [])]
            session.execute(update(Version).where(Version.id == version.id).values(manifest=manifest))


@dataclass(frozen=True)
class Signed:
    """A person who has signed in: the cookie she sends, and a token against forged requests that fits it."""

    user_id: int
    cookie: str
    csrf: str


def signed_in(app: Flask, ids: Sequence[int]) -> list[Signed]:
    """Sign people in without asking for passwords."""
    signing = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signing is not None
    csrf = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token")
    tokens = {one: f"token-{one}-{random.randrange(1 << 60):x}" for one in ids}
    with app.app_context(), unit_of_work() as session:
        session.execute(
            insert(SignIn),
            [
                {"token_hash": token_hash(token), "user_id": one, "created_at": datetime.now(UTC)}
                for one, token in tokens.items()
            ],
        )
    found = []
    for one, token in tokens.items():
        raw = hashlib.sha1(token.encode(), usedforsecurity=False).hexdigest()
        value = signing.dumps({TOKEN_KEY: token, "csrf_token": raw, "_permanent": True})
        found.append(Signed(one, f"{app.config['SESSION_COOKIE_NAME']}={value}", csrf.dumps(raw)))
    with app.app_context():
        db.session.remove()
    return found


def open_attempts(app: Flask, place: Place, ids: Sequence[int]) -> dict[int, str]:
    """Begin an attempt for each person; return the attempts' ids."""
    found = {}
    with app.app_context():
        for one in ids:
            with unit_of_work() as session:
                enrolment = session.scalars(select(Enrolment).where(Enrolment.user_id == one)).one()
                found[one] = services.start_quiz(session, enrolment, place.quiz, one, clock.now()).id
        db.session.remove()
    return found


def paper(app: Flask, attempt_id: str) -> list[tuple[str, dict[str, list[str]]]]:
    """Return the questions of an attempt in their order, each with the fields of a right answer."""
    with app.app_context():
        try:
            document = db.session.execute(select(Attempt.paper).where(Attempt.id == attempt_id)).scalar_one()
        finally:
            db.session.remove()
    items = document["items"]
    return [(ref, right(items[ref]["kind"], items[ref]["key"])) for ref in document["order"]]


def heaviest(app: Flask, place: Place) -> Sequence[str]:
    """Return the addresses of every lesson of every shipped course."""
    with app.app_context():
        rows = db.session.execute(
            select(Course.code, Lesson.slug)
            .join(Version, and_(Version.course_id == Course.id, Version.current))
            .join(Lesson, Lesson.version_id == Version.id)
            .where(Course.access == "open")
            .order_by(Course.code, Lesson.position)
        ).all()
        db.session.remove()
    return [f"/courses/{code}/lessons/{slug}/" for code, slug in rows]


__all__ = [
    "EVERYBODY", "LEARNERS", "PASSWORD", "Place", "Signed", "add_everybody", "heaviest", "let_ten_right_pass",
    "open_attempts", "paper", "prepare", "right", "signed_in",
]  # fmt: skip

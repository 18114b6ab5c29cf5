"""Every page's number of SQL queries: bounded by hand, and the same however many rows are shown.

Each page is asked twice first, so that what a process keeps (published courses) is there, as it is for all but the
first reader after a start.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from courses import services
from courses.certificates.models import Certificate
from courses.models import Completion, Course, CourseAudience, Enrolment, Lesson, LessonDone, Version
from portal.core.accounts.models import Audience, Posting, User
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.organisation import reorganising
from portal.core.organisation.decrees import Decree
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.policy import Role
from portal.core.rights import looking
from tests import factories
from tests.factories import NOW, TODAY, World

ENDS = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "PRAGMA")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the list of statements sent to any database meanwhile."""
    sent: list[str] = []

    def note(_connection, _cursor, statement: str, *_: object) -> None:
        if not statement.startswith(ENDS):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def queries(client: FlaskClient, path: str, *, cold: bool = False) -> int:
    """Return how many queries a page makes; `cold` lets it find nothing that the test itself has read or made.

    An answer is read to its end: a file may ask its questions while it is sent.
    """
    for _ in range(2):
        assert client.get(path, buffered=True).status_code == 200, path
    if cold:
        db.session().expunge_all()
    for one in list(db.session()):
        if isinstance(one, Area | Unit):  # tests share a session; a real request finds nothing in its own
            db.session().expunge(one)
    with counted() as sent:
        assert client.get(path, buffered=True).status_code == 200, path
    return len(sent)


@pytest.fixture
def quiz_course(session: Session) -> Course:
    """Return a shipped course that is open to all and has a quiz."""
    rows = session.execute(
        select(Course, Version).join(Version, Version.course_id == Course.id).order_by(Course.id)
    )
    return next(
        course
        for course, version in rows
        if version.current and course.access == "open" and version.manifest.get("quizzes")
    )


@pytest.fixture
def enrolled(session: Session, world: World, quiz_course: Course) -> Callable[..., Enrolment]:
    """Return a function that enrols a person, with every lesson read if asked."""

    def enrol(user_id: int, *, read: bool = False, course: Course | None = None) -> Enrolment:
        here = course or quiz_course
        version = session.scalars(select(Version).where(Version.course_id == here.id, Version.current)).one()
        with unit_of_work() as work:
            one = Enrolment(
                user_id=user_id,
                course_id=here.id,
                version_id=version.id,
                cycle=1,
                enrolled_at=NOW,
                due_on=TODAY,
            )
            work.add(one)
            work.flush()
            if read:
                for lesson in work.scalars(select(Lesson.id).where(Lesson.version_id == version.id)).all():
                    work.add(LessonDone(enrolment_id=one.id, lesson_id=lesson, done_at=NOW))
            work.flush()
        return one

    return enrol


@pytest.fixture
def crowd(session: Session, world: World, quiz_course: Course) -> Callable[[int], None]:
    """Return a function that adds people to units all over the province, half of whom have begun or completed."""
    made = 0
    schools: list[int] = []

    def add(many: int) -> None:
        nonlocal made
        with unit_of_work() as work:
            communes = work.scalars(
                select(Area).where(Area.code.in_(["C1", "C2", "C3"])).order_by(Area.code)
            ).all()
            version = work.scalars(
                select(Version).where(Version.course_id == quiz_course.id, Version.current)
            ).one()
            audiences = list(Audience)
            for _ in range(many):
                made += 1
                if made % 4 == 1:
                    where = communes[made % 3]
                    name = f"Trường {made}"
                    schools.append(
                        factories.unit(work, f"S{made}", UnitKind.SCHOOL, Sector.EDUCATION, name, where).id
                    )
                audience = audiences[made % len(audiences)] if made % 2 else Audience.TEACHER
                one = factories.person(work, f"Lê Thị {made}", schools[-1], audience)
                if made % 2:
                    enrolment = Enrolment(
                        user_id=one.id,
                        course_id=quiz_course.id,
                        version_id=version.id,
                        cycle=1,
                        enrolled_at=NOW - timedelta(days=9),
                        due_on=TODAY - timedelta(days=made % 3),
                    )
                    work.add(enrolment)
                    work.flush()
                    if made % 4 == 1:
                        work.add(completion(enrolment))
                        work.add(certificate(one, quiz_course, version, made))
            work.flush()

    return add


def completion(enrolment: Enrolment) -> Completion:
    return Completion(
        enrolment_id=enrolment.id,
        user_id=enrolment.user_id,
        course_id=enrolment.course_id,
        completed_at=NOW,
        completed_on=TODAY,
        facts={},
    )


def certificate(user: User, course: Course, version: Version, number: int, cycle: int = 1) -> Certificate:
    return Certificate(
        serial=f"SPEED-{user.id}-{number}",
        kind=version.certificate_kind,
        user_id=user.id,
        course_id=course.id,
        version_number=version.number,
        cycle=cycle,
        full_name=user.full_name,
        course_title=version.title,
        issued_at=NOW,
        completed_on=TODAY,
        expires_on=date(2030, 1, 1),
        facts={},
        sha256="0" * 64,
    )


def more_courses(session: Session, many: int, audience: Audience, *, first: int = 0) -> list[Course]:
    """Publish copies of a shipped course under other codes, numbered from `first`."""
    shipped = session.scalars(select(Version).where(Version.current).order_by(Version.id).limit(1)).one()
    found = []
    for number in range(first, first + many):
        course = Course(code=f"ZZ-{number:02d}", sector="education", access="open")
        session.add(course)
        session.flush()
        session.add(CourseAudience(course_id=course.id, audience=audience))
        version = Version(
            course_id=course.id,
            number=1,
            digest=f"{number:064d}",
            title=shipped.title,
            manifest=shipped.manifest,
            certificate_kind=shipped.certificate_kind,
            minutes=shipped.minutes,
            validity_months=None,
            published_at=NOW,
            current=True,
        )
        session.add(version)
        session.flush()
        for lesson in session.scalars(select(Lesson).where(Lesson.version_id == shipped.id)).all():
            session.add(
                Lesson(
                    version_id=version.id,
                    module_ref=lesson.module_ref,
                    position=lesson.position,
                    slug=lesson.slug,
                    minutes=lesson.minutes,
                    title=lesson.title,
                )
            )
        found.append(course)
    session.flush()
    session.commit()
    return found


@pytest.mark.parametrize(
    ("path", "most"), [("/", 1), ("/help", 0), ("/login", 0), ("/courses/", 1), ("/verify/", 0)]
)
def test_pages_of_strangers(client: FlaskClient, path: str, most: int):
    assert queries(client, path) <= most


def test_a_lesson_makes_two_queries_whoever_reads(
    world: World, sign_in, enrolled, quiz_course: Course, session: Session
):
    enrolled(world.ana, read=True)
    slugs = session.scalars(
        select(Lesson.slug)
        .join(Version, Version.id == Lesson.version_id)
        .where(Version.course_id == quiz_course.id, Version.current)
        .order_by(Lesson.position)
    ).all()
    client = sign_in(world.ana)
    assert {
        queries(client, f"/courses/{quiz_course.code}/lessons/{slug}/") for slug in (slugs[0], slugs[-1])
    } == {2}


def test_a_lesson_of_somebody_who_only_looks(world: World, sign_in, quiz_course: Course, session: Session):
    slug = session.scalars(
        select(Lesson.slug)
        .join(Version, Version.id == Lesson.version_id)
        .where(Version.course_id == quiz_course.id, Version.current)
        .limit(1)
    ).one()
    assert queries(sign_in(world.dora), f"/courses/{quiz_course.code}/lessons/{slug}/") <= 6


def test_catalogue_and_home_do_not_grow_with_courses(world: World, sign_in, enrolled, session: Session):
    enrolled(world.ana)
    client = sign_in(world.ana)
    before = {path: queries(client, path) for path in ("/", "/courses/")}
    assert before["/courses/"] <= 3
    assert before["/"] <= 7
    for number, course in enumerate(more_courses(session, 20, Audience.TEACHER)):
        if number % 2:
            enrolled(world.ana, course=course, read=number % 4 == 1)
    assert {path: queries(client, path) for path in before} == before


def test_a_course_does_not_grow_with_lessons_read(world: World, sign_in, enrolled, quiz_course: Course):
    enrolled(world.ana)
    enrolled(world.carla, read=True)
    here = f"/courses/{quiz_course.code}/"
    fresh, whole = (queries(sign_in(one), here) for one in (world.ana, world.carla))
    assert fresh == whole <= 10


def test_quiz_and_paper_do_not_grow_with_attempts_or_answers(
    world: World, sign_in, enrolled, quiz_course: Course, session: Session
):
    enrolment = enrolled(world.ana, read=True)
    version = session.get_one(Version, enrolment.version_id)
    client = sign_in(world.ana)
    front = f"/courses/{quiz_course.code}/quiz/"
    before = queries(client, front)
    assert before <= 11
    with unit_of_work() as work:
        attempt = services.start_quiz(
            work, work.get_one(Enrolment, enrolment.id), version.manifest["quizzes"][0]["ref"], 1, NOW
        )
        attempt_id, refs = attempt.id, list(attempt.paper["order"])
    assert queries(client, front) == before
    here = f"/attempts/{attempt_id}/"
    empty = queries(client, here)
    assert empty <= 4
    for seq, ref in enumerate(refs):
        client.post(f"{here}answers", json={"ref": ref, "fields": {"": ["a"]}, "seq": seq})
    assert queries(client, here) == empty
    assert client.post(f"{here}submit").status_code == 303
    assert queries(client, here) <= 13


def test_an_answer_is_saved_in_three_statements(world: World, sign_in, enrolled, session: Session):
    enrolment = enrolled(world.ana, read=True)
    version = session.get_one(Version, enrolment.version_id)
    with unit_of_work() as work:
        attempt = services.start_quiz(
            work, work.get_one(Enrolment, enrolment.id), version.manifest["quizzes"][0]["ref"], 1, NOW
        )
        attempt_id, items = attempt.id, attempt.paper["items"]
    ref = next(ref for ref, item in items.items() if item["kind"] == "single")
    client = sign_in(world.ana)
    with counted() as sent:
        reply = client.post(
            f"/attempts/{attempt_id}/answers", json={"ref": ref, "fields": {"": ["a"]}, "seq": 1}
        )
    assert reply.status_code == 200
    assert len(sent) <= 3, sent


BOARDS = [
    ("/manage/", 11),
    ("/manage/?by=course", 11),
    ("/manage/?by=place", 10),
    ("/manage/?by=audience", 9),
    ("/manage/?place=area:C1&by=place", 11),
    # six of them: are there police officers, the reason given, who was looked at (three), and the page is found first
    ("/manage/people", 15),
    ("/manage/people?state=not_completed", 15),
    ("/manage/people?q=le%20thi&page=2", 15),
    ("/manage/people.csv", 16),
    ("/manage/people.xlsx", 17),
    ("/manage/board.csv?by=place", 11),
]
ROSTERS = [
    ("/manage/roster/", 9),
    ("/manage/roster/units/A/", 13),
    ("/manage/roster/units/A/roster.csv", 9),
    ("/manage/roster/requests", 5),
    ("/manage/roster/transfers", 5),
    ("/manage/roster/imports", 5),
]


def test_boards_and_lists_do_not_grow_with_people(session: Session, world: World, sign_in, crowd):
    with unit_of_work() as work:
        factories.grant(work, world.gina, Role.STANDING_AGENCY, area_id=world.province)
        for place in ("area:D1", "area:P", "area:C1"):  # there are police officers among them
            looking.give_reason(work, world.gina, "police", place, "a reason of the tests", NOW)
    client = sign_in(world.gina)
    crowd(120)
    few = {path: queries(client, path) for path, _most in BOARDS}
    crowd(195)
    many = {path: queries(client, path) for path, _most in BOARDS}
    assert many == few
    assert {path: few[path] for path, most in BOARDS if few[path] > most} == {}


def test_staff_lists_do_not_grow_with_people(session: Session, world: World, sign_in, crowd):
    client = sign_in(world.gina)
    crowd(5)
    few = {path: queries(client, path) for path, _most in ROSTERS}
    crowd(195)
    many = {path: queries(client, path) for path, _most in ROSTERS}
    assert many == few
    assert {path: few[path] for path, most in ROSTERS if few[path] > most} == {}


def test_certificates_do_not_grow_with_certificates(
    session: Session, world: World, sign_in, quiz_course: Course
):
    client = sign_in(world.ana)
    with unit_of_work() as work:
        ana = work.get_one(User, world.ana)
        version = work.scalars(
            select(Version).where(Version.course_id == quiz_course.id, Version.current)
        ).one()
        work.add(certificate(ana, quiz_course, version, 1))
    before = queries(client, "/certificates/")
    assert before <= 3
    with unit_of_work() as work:
        work.add_all(certificate(ana, quiz_course, version, number, number) for number in range(2, 32))
    assert queries(client, "/certificates/") == before


def test_account_and_audit_do_not_grow(session: Session, world: World, sign_in):
    ana, admin = sign_in(world.ana), sign_in(world.admin)
    before = {"account": queries(ana, "/account"), "audit": queries(admin, "/admin/audit")}
    assert before["account"] <= 6
    assert before["audit"] <= 4
    with unit_of_work() as work:
        for number in range(40):
            record(work, at=NOW, actor_id=world.ana, code="user.test", target=f"user:{number}")
            unit = factories.unit(
                work,
                f"X{number}",
                UnitKind.SCHOOL,
                Sector.EDUCATION,
                f"Trường X{number}",
                work.get_one(Area, world.commune),
            )
            work.add(Posting(user_id=world.ana, unit_id=unit.id, audience=Audience.TEACHER, valid_from=TODAY))
    assert {"account": queries(ana, "/account"), "audit": queries(admin, "/admin/audit")} == before


def test_boards_of_a_past_day_and_the_trees_do_not_grow(session: Session, world: World, sign_in, crowd):
    with unit_of_work() as work:
        factories.grant(work, world.gina, Role.STANDING_AGENCY, area_id=world.province)
        event = Event(Kind.MERGE, Subject.AREA, ("C1", "C2"), (Successor("C9", "Xã Gộp"),))
        decree = Decree("Gộp", "NQ 1", date(2026, 7, 1), (event,))
        key = reorganising.write_down(work, decree, by_id=None, now=NOW).id
        reorganising.carry_out(work, key, by_id=None, now=NOW, today=TODAY)
    head, admin = sign_in(world.gina), sign_in(world.admin)
    boards = [
        f"/manage/?by=place&until=2026-06-01&bounds={bounds}&place={place}"
        for bounds, place in [("then", "area:P"), ("then", "area:C1"), ("now", "area:P"), ("now", "area:C9")]
    ]
    trees = [
        "/admin/units/", "/admin/units/?at=area:C9", "/admin/units/?tree=sector", "/admin/units/?q=truong",
        "/admin/units/?at=area:C1&day=2026-06-01", "/admin/reorganisations/", f"/admin/reorganisations/{key}",
    ]  # fmt: skip

    def count() -> dict[str, int]:
        return {path: queries(head if path in boards else admin, path) for path in (*boards, *trees)}

    crowd(5)
    few = count()
    crowd(60)
    assert count() == few
    assert {path: many for path, many in few.items() if many > 20} == {}

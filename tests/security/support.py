"""What the tests of security share: a person of every role, a finished course, and a certificate to fight over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from courses import services
from courses.assignments.models import AssignmentRule
from courses.certificates.issuing import Issuer, issuer_for
from courses.certificates.models import Certificate
from courses.models import Course, Enrolment, Lesson, LessonDone, Version
from courses.queries import terms
from portal.app import create_app
from portal.config import Settings
from portal.core.accounts.models import Audience
from portal.core.db import db
from portal.core.households.services import Row, register
from portal.core.organisation.models import Unit
from portal.core.policy import Actor, Role
from quizzes import services as quizzes
from quizzes.models import Attempt
from quizzes.paper import Item, Paper
from tests import databases
from tests.factories import NOW, TODAY, World, grant, person

#: The columns of the role table, in this order.
COLUMNS = (
    "stranger",
    "learner",
    "collaborator",
    "unit_head",
    "district_head",
    "department_head",
    "standing_agency",
    "author",
    "administrator",
)


def issuer() -> Issuer:
    """Return the issuer of the application under test."""
    return issuer_for(current_app.config["SETTINGS"])


def one_of_each_role(session: Session, world: World) -> dict[str, int]:
    """Add who is missing in the small world; return the id of one person for each role.

    The learner teaches at school A like Ana; the collaborator works for the community of C1; the heads are those of
    the small world: Bruno (school A), Gina (district D1), Dora (education, whole province).
    """
    learner = person(session, "Bùi Thị Mai", world.school)
    collaborator = person(session, "Lý Thị Lan", world.community, Audience.COLLABORATOR)
    grant(session, collaborator.id, Role.COLLABORATOR, unit_id=world.community)
    agency = person(session, "Cao Văn Trực", None)
    grant(session, agency.id, Role.STANDING_AGENCY, area_id=world.province)
    return {
        "learner": learner.id,
        "collaborator": collaborator.id,
        "unit_head": world.bruno,
        "district_head": world.gina,
        "department_head": world.dora,
        "standing_agency": agency.id,
        "author": world.author,
        "administrator": world.admin,
    }


def rule_of_a(session: Session, world: World, code: str = "GD-01") -> int:
    """Let the head of school A ask everybody there to learn a course; return the rule's id."""
    course = session.scalars(select(Course).where(Course.code == code)).one()
    rule = AssignmentRule(
        course_id=course.id,
        unit_id=world.school,
        due_on=date(2026, 12, 31),
        renewal_days=90,
        valid_from=TODAY,
        made_at=NOW,
        made_by_id=world.bruno,
    )
    session.add(rule)
    session.flush()
    return rule.id


def family(session: Session, world: World, by_id: int, name: str = "Đinh Thị Liễu", number: int = 1) -> str:
    """Register a mother in a household of her own in the community of C1; return the household's key."""
    row = Row(
        key=f"support-row-{number:08d}",
        full_name=name,
        phone=f"0987000{number:03d}",
        household=None,
        household_key=f"support-household-{number:08d}",
        audience=Audience.PARENT,
        has_child=True,
        bands=("6-10",),
        consent=True,
        version="2026-11",
    )
    unit = session.get_one(Unit, world.community)
    return register(session, row, unit=unit, by_id=by_id, today=TODAY, now=NOW).household


def enrol(session: Session, user_id: int, code: str = "CM-01", now: datetime = NOW, **more: Any) -> Enrolment:
    """Begin a course for somebody."""
    course = session.scalars(select(Course).where(Course.code == code)).one()
    return services.enrol(session, Actor(user_id), course, now, **more)


def read_all(session: Session, enrolment: Enrolment, *, but: int = 0, now: datetime = NOW) -> list[Lesson]:
    """Note every lesson as read, but the last `but` ones; return those."""
    lessons = session.scalars(
        select(Lesson).where(Lesson.version_id == enrolment.version_id).order_by(Lesson.position)
    ).all()
    cut = len(lessons) - but
    session.add_all(
        LessonDone(enrolment_id=enrolment.id, lesson_id=one.id, done_at=now) for one in lessons[:cut]
    )
    session.flush()
    return list(lessons[cut:])


def certify(session: Session, user_id: int, code: str = "CM-01", now: datetime = NOW) -> Certificate:
    """Let somebody finish a course that asks for lessons only; return the certificate."""
    enrolment = enrol(session, user_id, code, now)
    read_all(session, enrolment, now=now)
    certificate = services.complete_if_met(session, issuer(), enrolment, now)
    assert certificate is not None
    return certificate


def begin_quiz(session: Session, user_id: int, code: str = "CM-01", now: datetime = NOW) -> Attempt:
    """Begin the first quiz of a course, its lessons read."""
    enrolment = enrol(session, user_id, code, now)
    version = session.get_one(Version, enrolment.version_id)
    quiz = version.manifest["quizzes"][0]["ref"]
    if terms.is_decisive(version, quiz):
        read_all(session, enrolment, now=now)
    return services.start_quiz(session, enrolment, quiz, 7, now)


def right_fields(item: Item) -> dict[str, list[str]]:
    """Return what someone who knows everything posts for a question."""
    key = item.key
    if item.kind in ("single", "multiple"):
        return {"": list(key["right"])}
    if item.kind == "truefalse":
        return {"": ["true" if key["answer"] else "false"]}
    if item.kind == "matching":
        return {left: [right] for left, right in key["pairs"].items()}
    if item.kind == "ordering":
        return {label: [str(place)] for place, label in enumerate(key["order"], 1)}
    if item.kind == "numeric":
        return {"": [str(key["answer"])]}
    if item.kind == "shorttext":
        return {"": [key["accept"]["vi"][0]]}
    return {"": _best_way(key["steps"], key["start"])[1]}


def _best_way(steps: dict[str, Any], here: str) -> tuple[Fraction, list[str]]:
    if here not in steps:
        return Fraction(0), []
    ways = []
    for ref, choice in steps[here].items():
        rest, way = _best_way(steps, choice["to"])
        ways.append((Fraction(choice["weight"]) + rest, [f"{here}.{ref}", *way]))
    return max(ways)


def answer_all(session: Session, attempt: Attempt, now: datetime = NOW) -> None:
    """Save the right answer to every question."""
    for item in Paper.read(attempt.paper).items:
        saved = quizzes.save_answer(
            session,
            attempt_id=attempt.id,
            taker_id=attempt.taker_id,
            ref=item.ref,
            fields=right_fields(item),
            seq=1,
            now=now,
        )
        assert saved is not None


@contextmanager
def portal_of_its_own(kind: str, folder: Path, **settings: Any) -> Iterator[tuple[Flask, World]]:
    """Yield a portal on a real database where work is committed: threads see each other, as in life.

    It has the small world and the courses CM-01 and GD-01, in their first versions.
    """
    with databases.with_first_versions(kind, folder) as (url, world):
        given: dict[str, Any] = {
            "environment": "test",
            "database_url": url,
            "secret_key": "a secret of the tests, long enough for anybody",
            "data_dir": folder,
            "sign_in_limit": "10000 per minute",
            "verify_limit": "10000 per minute",
            "register_limit": "10000 per minute",
        }
        app = create_app(Settings(**(given | settings)))
        app.config["WTF_CSRF_ENABLED"] = False
        try:
            yield app, world
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def opened(client: FlaskClient, address: str) -> TestResponse:
    """Open a list; where it asks for the reason first (officers of the police are on it), give one and open it."""
    answer = client.get(address)
    if answer.status_code == 303 and answer.location.startswith("/manage/reason"):
        given = client.post(answer.location, data={"reason": "Kiểm tra số liệu của bảng", "next": address})
        assert (given.status_code, given.location) == (303, address)
        answer = client.get(address)
    return answer


def at_once(app: Flask, *work: Callable[[], Any]) -> list[Any]:
    """Do several things in threads of their own, begun together; return what each returned or raised, in order."""
    start = Barrier(len(work))
    ends: list[Any] = [None] * len(work)

    def run(number: int, one: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait(10)
            try:
                ends[number] = one()
            except Exception as error:
                ends[number] = error
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(number, one)) for number, one in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends

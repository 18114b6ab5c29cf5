"""What the tests of security share: a person of every role, a finished course, and a certificate to fight over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses import queries, services
from courses.certificates.issuing import Issuer, issuer_for
from courses.certificates.models import Certificate
from courses.models import Course, Enrolment, Lesson, LessonDone, Version
from portal.core.accounts.models import Audience
from portal.core.policy import Actor, Role
from quizzes.models import Attempt
from tests.factories import NOW, World, grant, person

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
    if queries.is_decisive(version, quiz):
        read_all(session, enrolment, now=now)
    return services.start_quiz(session, enrolment, quiz, 7, now)

"""A restricted course: its audiences know of it, and only who is asked learns it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses import services as learning
from courses.assignments import services
from courses.assignments.models import AssignmentRule
from courses.errors import NotAsked
from courses.models import Course, Enrolment
from portal.core.db import unit_of_work
from portal.core.policy import Actor, Grant, Role
from tests.courses.assignments.test_applying import DUE, run
from tests.factories import NOW, TODAY, World

SignIn = Callable[[int], FlaskClient]
REFUSED = "Chỉ người được chọn mới học khóa này."


def investigator(world: World) -> Actor:
    return Actor(world.emil, audiences=frozenset({"investigator"}))


def interviewing(session: Session) -> Course:
    return session.scalars(select(Course).where(Course.code == "CA-02")).one()


def district(world: World) -> Actor:
    return Actor(world.gina, (Grant(Role.DISTRICT_HEAD, area=world.district),))


def ask_for_it(world: World) -> None:
    with unit_of_work() as work:
        services.make(
            work,
            district(world),
            services.Wish(
                course=interviewing(work), audience=None, area_id=None, unit_id=world.post, sector=None,
                due_on=DUE, due_days=None, renewal_days=90, valid_from=TODAY,
            ),
            NOW,
        )  # fmt: skip
    run()


def test_nobody_begins_it_unasked(session: Session, world: World) -> None:
    with pytest.raises(NotAsked), unit_of_work() as work:
        learning.enrol(work, investigator(world), interviewing(work), NOW)

    assert session.scalar(select(func.count()).select_from(Enrolment)) == 0


def test_who_is_asked_begins_it_and_goes_on_when_the_rule_has_ended(session: Session, world: World) -> None:
    ask_for_it(world)

    with unit_of_work() as work:
        begun = learning.enrol(work, investigator(world), interviewing(work), NOW).id
    with unit_of_work() as work:
        services.end(work, district(world), work.scalars(select(AssignmentRule)).one(), NOW)
    with unit_of_work() as work:
        assert learning.enrol(work, investigator(world), interviewing(work), NOW).id == begun


def test_its_page_says_who_may_and_its_lessons_are_shut(
    session: Session, world: World, sign_in: SignIn
) -> None:
    emil = sign_in(world.emil)

    page = emil.get("/courses/CA-02/")
    assert page.status_code == 200
    assert REFUSED in page.text
    assert 'action="/courses/CA-02/enrol"' not in page.text
    assert "/courses/CA-02/lessons/" not in page.text
    lesson = emil.get("/courses/CA-02/lessons/mot-lan-cho-tron/")
    assert lesson.status_code == 409
    assert REFUSED in lesson.text
    assert emil.post("/courses/CA-02/enrol").status_code == 409


def test_who_is_asked_reads_it(session: Session, world: World, sign_in: SignIn) -> None:
    ask_for_it(world)
    emil = sign_in(world.emil)

    assert REFUSED not in emil.get("/courses/CA-02/").text
    assert emil.get("/courses/CA-02/lessons/mot-lan-cho-tron/").status_code == 200, "its page leads there"
    assert emil.post("/courses/CA-02/enrol").status_code == 303
    assert emil.get(emil.post("/courses/CA-02/enrol").location).status_code == 200


def test_for_others_it_does_not_exist_and_authors_read_it(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.ana).get("/courses/CA-02/").status_code == 404
    assert "/courses/CA-02/lessons/" in sign_in(world.author).get("/courses/CA-02/").text

"""What was asked and not begun counts as overdue, on the board and in the list behind it. Typed by hand."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from courses.assignments.models import Assignment
from courses.models import Enrolment
from portal.core.db import unit_of_work
from portal.core.policy import Action, Actor, Grant, Role
from portal.reports import queries
from portal.reports.queries import By, Filters, State
from tests.factories import NOW, TODAY, World
from tests.security.support import enrol, rule_of_a

ALL = Actor(1, (Grant(Role.STANDING_AGENCY),))
BEFORE = TODAY - timedelta(days=1)


@pytest.fixture
def asked(session: Session, world: World) -> World:
    """Ana was asked to learn GD-01 by yesterday and has not begun; Bruno by yesterday, and has begun; Carla by next week."""
    with unit_of_work() as work:
        rule = rule_of_a(work, world)
        gd = queries.course_named(work, "GD-01")
        assert gd is not None
        for user, due in ((world.ana, BEFORE), (world.bruno, BEFORE), (world.carla, TODAY + timedelta(7))):
            work.add(
                Assignment(
                    user_id=user, course_id=gd.id, cycle=1, due_on=due, rule_id=rule, assigned_on=date(2026, 11, 1)
                )
            )  # fmt: skip
        enrol(work, world.bruno, "GD-01", NOW - timedelta(days=3), due_on=BEFORE)
    return world


def filters(session: Session, **more: object) -> Filters:
    return Filters(**({"on": TODAY, "course": queries.course_named(session, "GD-01")} | more))  # type: ignore[arg-type]


def late(session: Session, day: date = TODAY, code: str = "area:P") -> tuple[int, list[str]]:
    scope = queries.scope_for(session, ALL, code, Action.PEOPLE_READ)
    here = filters(session, on=day)
    _lines, total = queries.board(session, scope, here, By.PLACE, "vi")
    people = queries.people(session, scope, here, State.OVERDUE, "", None)
    return total.overdue, [one.full_name for one in people]


def test_both_are_late_whether_begun_or_not(session: Session, asked: World) -> None:
    assert late(session) == (2, ["Trần Thị Ánh", "Lê Văn Bảo"])
    assert late(session, code="unit:B") == (0, [])


def test_a_day_earlier_nobody_was(session: Session, asked: World) -> None:
    assert late(session, BEFORE) == (0, [])


def test_by_course_and_without_a_course_the_figure_is_the_same(session: Session, asked: World) -> None:
    scope = queries.scope_for(session, ALL, "area:P", Action.PEOPLE_READ)
    lines, total = queries.board(session, scope, Filters(on=TODAY), By.COURSE, "vi")

    assert {one.code: one.counts.overdue for one in lines if one.counts.overdue} == {"GD-01": 2}
    assert total.overdue == 2
    _lines, by_place = queries.board(session, scope, Filters(on=TODAY), By.PLACE, "vi")
    assert by_place.overdue == 2


def test_the_list_says_by_when(session: Session, asked: World) -> None:
    scope = queries.scope_for(session, ALL, "area:P", Action.PEOPLE_READ)
    people = queries.people(session, scope, filters(session), State.NOT_STARTED, "", None)

    dues = {one.full_name: (one.due_on, one.state) for one in people}
    assert dues["Trần Thị Ánh"] == (BEFORE, State.OVERDUE)
    assert dues["Phạm Thị Cúc"] == (TODAY + timedelta(7), State.NOT_STARTED)


def test_over_several_courses_the_list_says_the_day_that_presses(session: Session, asked: World) -> None:
    """Bruno is late with GD-01 and has until January for another course; Carla is asked for next week."""
    with unit_of_work() as work:
        enrol(work, asked.bruno, "CM-01", NOW - timedelta(days=3), due_on=date(2027, 1, 20))
    scope = queries.scope_for(session, ALL, "area:P", Action.PEOPLE_READ)
    people = queries.people(session, scope, Filters(on=TODAY), State.ALL, "", None)

    dues = {one.full_name: (one.due_on, one.state) for one in people}
    assert dues["Lê Văn Bảo"] == (BEFORE, State.OVERDUE)
    assert dues["Phạm Thị Cúc"] == (TODAY + timedelta(7), State.NOT_STARTED)


def test_what_was_taken_back_is_not_late_from_that_day_on(session: Session, asked: World) -> None:
    with unit_of_work() as work:
        work.execute(update(Assignment).where(Assignment.user_id == asked.ana).values(ended_on=TODAY))

    assert late(session)[1] == ["Lê Văn Bảo"]


def test_beginning_and_completing_ends_it(session: Session, asked: World) -> None:
    with unit_of_work() as work:
        enrol(work, asked.ana, "GD-01", NOW)
    assert late(session)[0] == 2  # the enrolment took the due date
    assert session.query(Enrolment).filter_by(user_id=asked.ana).one().due_on == BEFORE

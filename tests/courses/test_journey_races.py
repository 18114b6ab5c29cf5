"""Two of the same at the same moment, on real databases: one enrolment, one completion, one certificate."""

from collections.abc import Iterator
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses import services
from courses.certificates.models import Certificate
from courses.models import Completion, Course, Enrolment, Lesson
from portal.core.db import db, unit_of_work
from portal.core.policy import Actor
from quizzes.errors import AlreadySubmitted
from quizzes.models import Attempt
from tests.conftest import DATABASES
from tests.factories import NOW, World, person
from tests.security.support import (
    answer_all,
    at_once,
    begin_quiz,
    enrol,
    issuer,
    portal_of_its_own,
    read_all,
)

ENOUGH = 9  # of the 12 lessons of CM-01: three quarters complete it


@pytest.fixture(scope="module", params=DATABASES)
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, World]]:
    with portal_of_its_own(request.param, tmp_path_factory.mktemp("real")) as made:
        yield made


def count(model: Any, *conditions: Any) -> int:
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one()


def somebody(world: World) -> int:
    with unit_of_work() as session:
        return person(session, "Trần Thị Đua", world.school).id


def two_lessons_short(user_id: int) -> tuple[int, list[int]]:
    """Begin CM-01 and read all but two of the lessons it takes; return the enrolment and two lessons to read."""
    with unit_of_work() as session:
        enrolment = enrol(session, user_id)
        left = read_all(session, enrolment, but=12 - (ENOUGH - 2))
        return enrolment.id, [lesson.id for lesson in left[:2]]


def finish(enrolment_id: int, lesson_id: int) -> str | None:
    with unit_of_work() as session:
        certificate = services.finish_lesson(
            session,
            issuer(),
            session.get_one(Enrolment, enrolment_id),
            session.get_one(Lesson, lesson_id),
            NOW,
        )
        return certificate.serial if certificate else None


def one_of_each(user_id: int) -> tuple[int, int]:
    return count(Completion, Completion.user_id == user_id), count(
        Certificate, Certificate.user_id == user_id
    )


def test_two_last_lessons_at_once_complete_once(portal: tuple[Flask, World]) -> None:
    """Each transaction notes one of two missing lessons: neither may look before the other is done."""
    app, world = portal
    with app.app_context():
        for _round in range(6):
            user_id = somebody(world)
            enrolment_id, (first, second) = two_lessons_short(user_id)

            ends = at_once(app, lambda: finish(enrolment_id, first), lambda: finish(enrolment_id, second))  # noqa: B023

            assert [type(end) for end in ends if end is not None] == [str], ends
            assert one_of_each(user_id) == (1, 1)


def test_two_last_lessons_whose_transactions_surely_overlap(
    portal: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have noted their lesson before either looks, where the database lets two write at a time."""
    app, world = portal
    both_noted = Barrier(2)
    real = services.complete_if_met

    def wait_for_the_other(session: Session, *rest: Any) -> Any:
        with suppress(BrokenBarrierError):  # SQLite lets one write at a time: there the other has not begun
            both_noted.wait(1)
        return real(session, *rest)

    with app.app_context():
        user_id = somebody(world)
        enrolment_id, (first, second) = two_lessons_short(user_id)
        monkeypatch.setattr(services, "complete_if_met", wait_for_the_other)

        ends = at_once(app, lambda: finish(enrolment_id, first), lambda: finish(enrolment_id, second))

        assert [type(end) for end in ends if end is not None] == [str], ends
        assert one_of_each(user_id) == (1, 1)


def test_the_same_last_lesson_twice_at_once(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        user_id = somebody(world)
        enrolment_id, (first, second) = two_lessons_short(user_id)
        assert finish(enrolment_id, first) is None

        ends = at_once(app, *[lambda: finish(enrolment_id, second)] * 4)

        assert sorted(type(end).__name__ for end in ends) == ["NoneType", "NoneType", "NoneType", "str"], ends
        assert one_of_each(user_id) == (1, 1)


def test_handing_in_from_two_tabs_at_once(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        user_id = somebody(world)
        with unit_of_work() as session:
            attempt = begin_quiz(session, user_id, "GD-01")
            answer_all(session, attempt)
            attempt_id = attempt.id

        def hand_in() -> str | None:
            with unit_of_work() as session:
                certificate = services.submit_quiz(
                    session, issuer(), session.get_one(Attempt, attempt_id), NOW
                )
                return certificate.serial if certificate else None

        ends = at_once(app, hand_in, hand_in, hand_in)

        assert sorted(type(end).__name__ for end in ends) == [
            "AlreadySubmitted",
            "AlreadySubmitted",
            "str",
        ], ends
        assert any(isinstance(end, AlreadySubmitted) for end in ends)
        assert one_of_each(user_id) == (1, 1)
        with db.engine.connect() as connection:
            share, passed = connection.execute(
                select(Attempt.share, Attempt.passed).where(Attempt.id == attempt_id)
            ).one()
        assert (share, passed) == (1, True)


def test_beginning_twice_at_once_is_beginning_once(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        user_id = somebody(world)

        def begin() -> int:
            with unit_of_work() as session:
                course = session.scalars(select(Course).where(Course.code == "CM-01")).one()
                return services.enrol(session, Actor(user_id), course, NOW).id

        ends = at_once(app, begin, begin, begin)

        assert len(set(ends)) == 1
        assert count(Enrolment, Enrolment.user_id == user_id) == 1


def test_two_devices_begin_one_attempt(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        user_id = somebody(world)
        with unit_of_work() as session:
            enrolment_id = enrol(session, user_id).id

        def begin() -> str:
            with unit_of_work() as session:
                enrolment = session.get_one(Enrolment, enrolment_id)
                return services.start_quiz(session, enrolment, "tu-kiem-tra", 7, NOW).id

        ends = at_once(app, begin, begin)

        assert len(set(ends)) == 1, ends
        assert count(Attempt, Attempt.taker_id == user_id) == 1

"""Many hands at one moment, on real databases: never more seats than there are, moved up in order, closed once."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from courses import loader
from courses.practice import services as practices
from courses.practice.models import Practice
from courses.workshops import attendance, closing
from courses.workshops.errors import AlreadyClosed
from courses.workshops.models import Attended, How, Mark, Registration, Workshop
from courses.workshops.seats import Seat, seating
from portal.core.db import db, unit_of_work
from tests import halls
from tests.conftest import DATABASES
from tests.factories import NOW, World, person
from tests.halls import tick
from tests.security.support import at_once, issuer, portal_of_its_own


@pytest.fixture(scope="module", params=DATABASES)
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, World]]:
    with portal_of_its_own(request.param, tmp_path_factory.mktemp("real")) as made:
        yield made


def a_class(world: World, people: int, capacity: int) -> tuple[int, list[int]]:
    with unit_of_work() as session:
        ids = [person(session, f"Người Thứ {number}", world.school).id for number in range(people)]
        return halls.hall(session, world, capacity=capacity).id, ids


def register(hall: int, user_id: int) -> Seat:
    with unit_of_work() as session:
        return attendance.register(session, session.get_one(Workshop, hall), user_id, by_id=user_id, now=NOW)


def give_up(hall: int, user_id: int) -> tuple[int, ...]:
    with unit_of_work() as session:
        return attendance.give_up(session, session.get_one(Workshop, hall), user_id, by_id=None, now=NOW)


def line(hall: int) -> list[tuple[int, int]]:
    with db.engine.connect() as connection:
        return [
            (number, user_id)
            for number, user_id in connection.execute(
                select(Registration.number, Registration.user_id)
                .where(Registration.workshop_id == hall, Registration.given_up_at.is_(None))
                .order_by(Registration.number)
            )
        ]


def test_the_last_seats_are_given_once(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        hall, people = a_class(world, 8, 3)

        ends = at_once(app, *[lambda one=one: register(hall, one) for one in people])

        assert sorted(ends) == [Seat.SEATED] * 3 + [Seat.WAITING] * 5, ends
        assert [number for number, _ in line(hall)] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_two_clicks_are_one_place(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        hall, (one,) = a_class(world, 1, 1)

        ends = at_once(app, *[lambda: register(hall, one)] * 4)

        assert ends == [Seat.SEATED] * 4
        assert line(hall) == [(1, one)]


def test_giving_up_and_registering_at_once_keeps_the_order(portal: tuple[Flask, World]) -> None:
    """Two give their seats back while three more come: those who waited first sit, and each is told of once."""
    app, world = portal
    with app.app_context():
        for _round in range(3):
            hall, people = a_class(world, 9, 2)
            for one in people[:6]:
                register(hall, one)

            ends = at_once(
                app,
                lambda: give_up(hall, people[0]),  # noqa: B023
                lambda: give_up(hall, people[1]),  # noqa: B023
                *[lambda one=one, hall=hall: register(hall, one) for one in people[6:]],
            )

            moved = [user_id for end in ends if isinstance(end, tuple) for user_id in end]
            assert sorted(moved) == sorted(people[2:4]), ends
            numbers = [number for number, _ in line(hall)]
            seated = [user_id for number, user_id in line(hall) if seating(numbers, 2)[number] is Seat.SEATED]
            assert seated == people[2:4]


def test_the_same_ticks_from_two_devices_count_once(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        hall, people = a_class(world, 5, 5)
        for one in people:
            register(hall, one)
        marks = [tick(f"{hall}-device-{one}", one) for one in people]

        def send() -> int:
            with unit_of_work() as session:
                return attendance.tick(
                    session, session.get_one(Workshop, hall), marks, how=How.TICK, by_id=None, now=NOW
                )

        ends = at_once(app, send, send, send)

        assert sorted(ends) == [0, 0, 5], ends
        with db.engine.connect() as connection:
            count = select(func.count()).select_from(Mark).where(Mark.workshop_id == hall)
            assert connection.execute(count).scalar_one() == 5


def test_closing_twice_at_once_is_closing_once(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        hall, people = a_class(world, 3, 3)
        for one in people:
            register(hall, one)
        with unit_of_work() as session:
            attendance.tick(
                session,
                session.get_one(Workshop, hall),
                [tick(f"{hall}-tick-{one}", one) for one in people],
                how=How.TICK,
                by_id=None,
                now=NOW,
            )

        def close() -> Any:
            with unit_of_work() as session:
                return closing.close(
                    session,
                    issuer(),
                    session.get_one(Workshop, hall),
                    signatures=3,
                    reason="",
                    visits=0,
                    by_id=None,
                    now=NOW,
                )

        ends = at_once(app, close, close, close)

        assert [end for end in ends if isinstance(end, tuple)] == [(3, 0)], ends
        assert sum(isinstance(end, AlreadyClosed) for end in ends) == 2
        with db.engine.connect() as connection:
            count = select(func.count()).select_from(Attended).where(Attended.workshop_id == hall)
            assert connection.execute(count).scalar_one() == 3


def test_two_assessors_hand_in_at_once_and_it_is_settled_once(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        with unit_of_work() as session:
            loader.load(session, loader.CONTENT / "GD-01" / "2", NOW)
        with unit_of_work() as session:
            one = halls.teacher(session, world)
            first, second = halls.teacher(session, world, "A B"), halls.teacher(session, world, "C D")
            practice = halls.practice(session, halls.practising(session, one), [first, second]).id
        levels = {"noi-quy": 3, "he-qua": 3, "binh-tinh": 3, "ghi-nhan": 2, "nhin-lai": 2}

        def hand_in(who: int) -> bool:
            with unit_of_work() as session:
                return practices.hand_in(
                    session,
                    issuer(),
                    session.get_one(Practice, practice),
                    who,
                    levels=levels,
                    note="",
                    now=NOW,
                )

        ends = at_once(app, lambda: hand_in(first), lambda: hand_in(second))

        assert sorted(ends) == [False, True], ends
        with db.engine.connect() as connection:
            result = connection.execute(select(Practice.result).where(Practice.id == practice)).scalar_one()
        assert result == "13/15"

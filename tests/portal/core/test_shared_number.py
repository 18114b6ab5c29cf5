"""A family with one telephone: each signs in with a PIN of his own, and nobody locks another one out by being right."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.accounts import secrets
from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from tests.factories import World

HIS, HERS = "204718", "730452"


@pytest.fixture
def family(client: FlaskClient, session: Session, world: World) -> FlaskClient:
    with unit_of_work() as work:
        for user, pin in ((world.ana, HERS), (world.bruno, HIS)):
            work.execute(
                update(User)
                .where(User.id == user)
                .values(phone="0912345678", secret_hash=secrets.hashed(pin))
            )
    return client


def enter(client: FlaskClient, pin: str) -> int:
    answer = client.post("/login", data={"login": "0912 345 678", "secret": pin})
    client.post("/logout")
    return answer.status_code


def failures(session: Session, user: int) -> int:
    return session.scalars(select(User.failed_count).where(User.id == user)).one()


def test_one_may_sign_in_as_often_as_he_likes(family: FlaskClient, session: Session, world: World) -> None:
    assert [enter(family, HIS) for _evening in range(10)] == [303] * 10

    assert failures(session, world.ana) == 0
    assert enter(family, HERS) == 303


def test_being_right_takes_back_one_try_and_no_guess(
    family: FlaskClient, session: Session, world: World
) -> None:
    """Otherwise whoever signs up with another's number could guess her PIN for ever, his own in between."""
    assert [enter(family, f"{number}11111") for number in range(2, 7)] == [422] * 5

    assert enter(family, HIS) == 303
    assert (failures(session, world.ana), failures(session, world.bruno)) == (5, 0)

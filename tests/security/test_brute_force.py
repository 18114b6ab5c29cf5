"""Guessing passwords: counted in the database before anything is compared, and answered with one sentence."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts import secrets
from portal.core.accounts.models import User
from portal.core.db import db, unit_of_work
from tests.conftest import DATABASES
from tests.factories import NOW, World
from tests.security.support import at_once, portal_of_its_own

SECRET = "con đường làng xa"


@pytest.fixture
def ana(client: FlaskClient, session: Session, world: World) -> FlaskClient:
    with unit_of_work() as work:
        user = work.get_one(User, world.ana)
        user.secret_hash, user.phone = secrets.hashed(SECRET), "0912345678"
    return client


def enter(client: FlaskClient, secret: str, login: str = "ana") -> int:
    return client.post("/login", data={"login": login, "secret": secret}).status_code


def test_the_eighth_failure_locks_also_the_right_password_out(ana: FlaskClient, app: Flask) -> None:
    assert app.config["SETTINGS"].lockout_failures == 8
    assert [enter(ana, f"wrong {number}") for number in range(8)] == [422] * 8

    assert enter(ana, SECRET) == 422
    with clock.frozen(NOW + timedelta(minutes=15) - timedelta(seconds=1)):
        assert enter(ana, SECRET) == 422
    with clock.frozen(NOW + timedelta(minutes=15)):
        assert enter(ana, SECRET) == 303


def test_a_success_takes_the_count_back(ana: FlaskClient) -> None:
    for _round in range(3):
        assert [enter(ana, "wrong") for _try in range(7)] == [422] * 7
        assert enter(ana, SECRET) == 303


def test_a_hash_of_other_parameters_is_made_anew_when_she_signs_in(
    ana: FlaskClient, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        before = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(SECRET)
        work.get_one(User, world.ana).secret_hash = before

    assert enter(ana, "wrong") == 422
    assert session.scalar(select(User.secret_hash).where(User.id == world.ana)) == before
    assert enter(ana, SECRET) == 303

    after = session.scalar(select(User.secret_hash).where(User.id == world.ana))
    assert after is not None
    assert after.startswith("$argon2id$v=19$m=9216,t=4,p=1$")
    assert enter(ana, SECRET) == 303
    assert session.scalar(select(User.secret_hash).where(User.id == world.ana)) == after


def test_every_way_of_naming_her_counts_together(ana: FlaskClient, session: Session, world: World) -> None:
    code = session.get_one(User, world.ana).staff_code or ""
    for login in (
        "ana",
        "ANA",
        "0912 345 678",
        "+84912345678",
        "84.912.345.678",
        code,
        code.lower(),
        " ana ",
    ):
        assert enter(ana, "wrong", login) == 422

    assert enter(ana, SECRET) == 422


def test_a_lock_outlives_the_process(ana: FlaskClient, session: Session, world: World) -> None:
    """It stands in the row, not in a cache."""
    for _try in range(8):
        enter(ana, "wrong")

    assert session.get_one(User, world.ana, populate_existing=True).locked_until == NOW + timedelta(
        minutes=15
    )


def test_unknown_wrong_and_locked_get_the_same_page(ana: FlaskClient) -> None:
    def page(login: str, secret: str) -> str:
        text = ana.post("/login", data={"login": login, "secret": secret}).text
        return re.sub(r'value="[^"]*"', "", text)

    unknown, wrong = page("nobody", "x"), page("ana", "x")
    for _try in range(8):
        enter(ana, "wrong")
    locked, locked_right = page("ana", "x"), page("ana", SECRET)

    assert unknown == wrong == locked == locked_right


@pytest.mark.parametrize(("login", "compared"), [("nobody", 1), ("ana", 1), ("0999999999", 1)])
def test_as_much_time_is_spent_on_nobody(
    login: str, compared: int, ana: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every refusal costs one comparison of Argon2id, also for an account that is not there or is locked."""
    seen = []
    real = secrets._hasher.verify

    class Counting:
        def verify(self, kept: str, secret: str) -> bool:
            seen.append(kept[:10])
            return real(kept, secret)

    enter(ana, "warm", "nobody")
    monkeypatch.setattr(secrets, "_hasher", Counting())
    for _try in range(9):  # the last one meets a locked account
        seen.clear()
        assert enter(ana, "wrong", login) == 422
        assert seen == ["$argon2id$"] * compared


def test_signing_up_with_a_number_that_is_known_tells_nothing(
    ana: FlaskClient, app: Flask, session: Session, world: World
) -> None:
    form = {"full_name": "Vũ Văn Bình", "commune": str(world.community), "pin": "204718", "consent": "y"}

    def sign_up(phone: str, key: str) -> tuple[int, str, str]:
        browser = app.test_client()
        answer = browser.post("/register", data={**form, "phone": phone, "registration_key": key * 24})
        return answer.status_code, answer.location or "", browser.get("/").text.replace(phone, "")

    known, unknown = sign_up("0912345678", "a"), sign_up("0987654321", "b")

    assert known[:2] == unknown[:2] == (303, "/")
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", known[2]) == strip.sub("", unknown[2])


@pytest.fixture(scope="module", params=DATABASES)
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, World]]:
    with portal_of_its_own(request.param, tmp_path_factory.mktemp("real")) as made:
        yield made


def test_tries_sent_at_once_are_all_counted(portal: tuple[Flask, World]) -> None:
    """Twelve wrong ones together, then the right one: the count stood before any was compared."""
    app, world = portal
    with app.app_context(), unit_of_work() as work:
        work.execute(
            update(User)
            .where(User.id == world.ana)
            .values(secret_hash=secrets.hashed(SECRET), failed_count=0)
        )

    def guess() -> int:
        return enter(app.test_client(), "wrong")

    assert at_once(app, *[guess] * 12) == [422] * 12
    assert enter(app.test_client(), SECRET) == 422
    with app.app_context(), db.engine.connect() as connection:
        locked, failed = connection.execute(
            select(User.locked_until, User.failed_count).where(User.id == world.ana)
        ).one()
    assert locked is not None
    assert failed == 0

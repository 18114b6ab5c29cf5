"""A session begins fresh, belongs to the server, and ends there: sign-out, password change, idle time, age."""

import time
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts import secrets, services
from portal.core.accounts.models import SignIn as Row
from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from tests.factories import NOW, World

SECRET = "con đường làng xa"


@pytest.fixture
def ana(client: FlaskClient, session: Session, world: World) -> FlaskClient:
    with unit_of_work() as work:
        work.get_one(User, world.ana).secret_hash = secrets.hashed(SECRET)
    return client


def enter(client: FlaskClient, secret: str = SECRET) -> int:
    return client.post("/login", data={"login": "ana", "secret": secret}).status_code


def cookie(client: FlaskClient) -> str:
    kept = client.get_cookie("hoc")
    assert kept is not None
    return kept.value


def inside(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def replay(app: Flask, value: str) -> FlaskClient:
    """Return another browser that holds a copy of a cookie."""
    other = app.test_client()
    other.set_cookie("hoc", value)
    return other


def test_nothing_of_the_session_before_survives_signing_in(ana: FlaskClient) -> None:
    with ana.session_transaction() as before:
        before["planted"] = "by a stranger"
        before["_user_id"] = "a token that the stranger knows"
    planted = cookie(ana)

    assert enter(ana) == 303

    assert cookie(ana) != planted
    with ana.session_transaction() as after:
        assert "planted" not in after
        assert after["_user_id"] != "a token that the stranger knows"


def test_the_cookie_from_before_is_nobody_s_after(ana: FlaskClient, app: Flask) -> None:
    with ana.session_transaction() as before:
        before["_user_id"] = "a token that the stranger knows"
    planted = cookie(ana)
    enter(ana)

    assert inside(ana)
    assert not inside(replay(app, planted))


def test_each_sign_in_has_a_token_of_its_own_and_the_table_keeps_none(
    ana: FlaskClient, app: Flask, session: Session
) -> None:
    tokens = set()
    for browser in (ana, app.test_client()):
        enter(browser)
        with browser.session_transaction() as kept:
            tokens.add(kept["_user_id"])

    assert len(tokens) == 2
    assert all(len(token) >= 43 for token in tokens)  # 32 random bytes
    assert set(session.scalars(select(Row.token_hash))) == {services.token_hash(token) for token in tokens}


def test_signing_out_ends_it_on_the_server(ana: FlaskClient, app: Flask) -> None:
    enter(ana)
    copied = cookie(ana)
    assert inside(replay(app, copied))

    assert ana.post("/logout").status_code == 303

    assert not inside(ana)
    assert not inside(replay(app, copied))


def test_changing_the_password_changes_the_token_and_ends_other_devices(ana: FlaskClient, app: Flask) -> None:
    telephone = app.test_client()
    enter(telephone)
    enter(ana)
    old = cookie(ana)
    new = "mưa đầu mùa hạ"

    changed = ana.post("/account/secret", data={"present": SECRET, "new": new, "again": new})

    assert changed.status_code == 303
    assert inside(ana)
    assert cookie(ana) != old
    assert not inside(replay(app, old))
    assert not inside(telephone)
    assert enter(app.test_client()) == 422
    assert enter(app.test_client(), new) == 303


def test_a_wrong_present_password_changes_nothing(ana: FlaskClient, app: Flask) -> None:
    enter(ana)

    answer = ana.post(
        "/account/secret", data={"present": "x", "new": "mưa đầu mùa hạ", "again": "mưa đầu mùa hạ"}
    )

    assert answer.status_code == 422
    assert enter(app.test_client()) == 303


def test_signing_out_everywhere_does(ana: FlaskClient, app: Flask) -> None:
    telephone = app.test_client()
    enter(telephone)
    enter(ana)

    ana.post("/account/sign-out-everywhere")

    assert not inside(ana)
    assert not inside(telephone)


def test_idle_time_ends_it(ana: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(ana)
    copied = cookie(ana)
    real = time.time
    idle = 60 * app.config["SETTINGS"].idle_minutes

    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: real() + idle - 60)
    assert inside(replay(app, copied))
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: real() + idle + 60)
    assert not inside(replay(app, copied))


def test_it_ends_after_its_days_however_busy(ana: FlaskClient, app: Flask, session: Session) -> None:
    enter(ana)
    days = app.config["SETTINGS"].session_days

    with clock.frozen(NOW + timedelta(days=days) - timedelta(seconds=1)):
        assert inside(ana)
    with clock.frozen(NOW + timedelta(days=days)):
        assert not inside(ana)


def test_an_account_that_ended_is_out_at_once(ana: FlaskClient, session: Session, world: World) -> None:
    enter(ana)
    with unit_of_work() as work:
        work.execute(update(User).where(User.id == world.ana).values(ended_at=NOW))

    assert not inside(ana)
    assert enter(ana) == 422


def test_a_cookie_of_another_s_making_is_nobody_s(app: Flask, ana: FlaskClient) -> None:
    enter(ana)
    body, stamp, signature = cookie(ana).rsplit(".", 2)

    assert not inside(replay(app, f"{body}.{stamp}.{signature[:-3]}AAA"))
    assert not inside(replay(app, "x"))
    assert not inside(replay(app, ""))


def test_a_sign_up_form_sent_again_is_no_way_into_the_account_it_made(
    client: FlaskClient, app: Flask, session: Session, world: World
) -> None:
    """The key in the form makes one person of two sendings; it does not stand in for her PIN."""
    form = {
        "registration_key": "k" * 24, "full_name": "Vũ Văn Bình", "phone": "0912345678",
        "commune": str(world.community), "pin": "204718", "consent": "y",
    }  # fmt: skip
    assert client.post("/register", data=form).status_code == 303
    again = app.test_client()
    assert again.post("/register", data=form).status_code == 303
    first = select(User.id).where(User.phone == "0912345678")
    assert len(session.scalars(first).all()) == 1

    wife = app.test_client()
    wife.post("/register", data={**form, "full_name": "Vũ Thị Hoa", "pin": "739150"})

    assert "Vũ Văn Bình" not in wife.get("/account").text
    assert len(session.scalars(first).all()) == 2

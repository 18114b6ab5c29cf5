"""The cookie's time is when the person was last seen, to the minute; an answer in between does not carry it again."""

import time
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.accounts.login import TOKEN_KEY


def carries_the_session(client: FlaskClient, app: Flask, address: str = "/account") -> bool:
    name = app.config["SESSION_COOKIE_NAME"]
    return any(line.startswith(f"{name}=") for line in client.get(address).headers.getlist("Set-Cookie"))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """Stop the clock of the signer of cookies; return a function that lets so many seconds go by."""
    here = [time.time()]
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: here[0])
    monkeypatch.setattr("portal.session_cookies.clock.now", lambda: datetime.fromtimestamp(here[0], UTC))

    def pass_by(seconds: float) -> None:
        here[0] += seconds

    return pass_by


def test_it_is_sent_once_a_minute(sign_in, app: Flask, world, later) -> None:
    ana = sign_in(world.ana)
    ana.get("/account")  # the page's form puts its token into the session

    assert not carries_the_session(ana, app)
    later(50)
    assert not carries_the_session(ana, app)
    later(15)
    assert carries_the_session(ana, app)
    assert not carries_the_session(ana, app)


def test_what_changes_is_sent_at_once(sign_in, app: Flask, world) -> None:
    ana = sign_in(world.ana)

    assert carries_the_session(ana, app)


def test_somebody_who_reads_all_day_stays_signed_in(sign_in, app: Flask, world, later) -> None:
    ana = sign_in(world.ana)
    idle = 60 * app.config["SETTINGS"].idle_minutes

    for _hour in range(5):
        later(idle - 65)
        assert ana.get("/account").status_code == 200
    later(idle + 1)
    assert ana.get("/account").status_code == 303


def test_a_forged_cookie_is_nobody(app: Flask, client: FlaskClient) -> None:
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbb")

    assert client.get("/account").status_code == 303
    with client.session_transaction() as session:
        assert TOKEN_KEY not in session


def test_what_one_answer_does_to_its_session_stays_with_that_answer(app: Flask, sign_in, world) -> None:
    """The signature of a cookie is remembered; what is in it is unpacked anew, so that nobody changes another's list."""
    ana = sign_in(world.ana)
    with ana.session_transaction() as session:
        session["_flashes"] = [("message", "one")]
    cookie = ana.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    header = {"Cookie": f"{cookie.key}={cookie.value}"}

    with app.test_request_context("/", headers=header) as first:
        first.session["_flashes"].append(("message", "two"))
    with app.test_request_context("/", headers=header) as second:
        assert second.session["_flashes"] == [("message", "one")]


def test_a_cookie_of_the_future_is_nobody(sign_in, app: Flask, world, later) -> None:
    ana = sign_in(world.ana)
    ana.get("/account")
    assert ana.get("/account").status_code == 200

    later(-5)

    assert ana.get("/account").status_code == 303

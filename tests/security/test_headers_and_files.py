"""Every answer carries the policy, pages hold nothing inline, and no address reaches a file beside ours."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.db import unit_of_work
from tests.factories import World
from tests.security.support import begin_quiz, certify

PAGES = (
    "/", "/help", "/healthz", "/login", "/register", "/courses/", "/courses/CM-01/",
    "/courses/CM-01/lessons/ba-do-tuoi/", "/courses/CM-01/lessons/noi-chuyen-voi-con-tuoi-lon/job-aid/1/",
    "/courses/CM-01/quiz/", "/attempts/{attempt}/", "/certificates/", "/certificates/{serial}.pdf", "/account",
    "/verify/", "/verify/{serial}", "/verify/CN-1", "/manage/", "/manage/people", "/manage/people.csv",
    "/manage/board.xlsx", "/admin/roles", "/admin/audit", "/static/css/portal.css", "/static/nope",
    "/nope", "/attempts/nope/", "/logout", "/courses/?q=%00",
)  # fmt: skip
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.I)


@pytest.mark.parametrize("signed_in", [True, False])
def test_every_answer_carries_the_policy(
    signed_in: bool,
    client: FlaskClient,
    sign_in: Callable[[int], FlaskClient],
    session: Session,
    world: World,
) -> None:
    with unit_of_work() as work:
        serial, attempt = certify(work, world.bruno).serial, begin_quiz(work, world.bruno).id
    browser = sign_in(world.bruno) if signed_in else client

    for page in PAGES:
        with browser.get(page.format(serial=serial, attempt=attempt)) as answer:
            policy = dict(
                part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
            )
            assert policy["default-src"] == "'none'", page
            assert policy["script-src"] == policy["style-src"] == "'self'"
            assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert policy["form-action"] == "'self'"
            assert "unsafe" not in str(policy)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            if not page.startswith("/static") and signed_in and answer.mimetype != "text/plain":
                assert "no-store" in answer.headers["Cache-Control"], page
            if answer.mimetype == "text/html" and answer.status_code != 303:
                assert INLINE.search(answer.text) is None, page


def test_a_crash_is_a_page_with_the_policy_and_without_a_trace(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("a detail that is nobody's business")

    app = client.application
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setattr("portal.home.render_template", broken)

    answer = client.get("/help?lang=en")

    assert answer.status_code == 500
    assert "nobody's business" not in answer.text
    assert "Traceback" not in answer.text
    assert 'href="tel:111"' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_picture_may_not_run_anything(client: FlaskClient) -> None:
    with client.get("/courses/CM-01/1/media/muoi-phut.svg") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "image/svg+xml"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'none'; sandbox"


@pytest.mark.parametrize(
    "name",
    [
        "../course.toml",
        "..%2fcourse.toml",
        "..%252fcourse.toml",
        "%2e%2e/course.toml",
        "....//course.toml",
        "..\\course.toml",
        "%5c..%5ccourse.toml",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "course.toml",
        ".",
        "..",
        "muoi-phut.svg/..",
        "muoi-phut.svg%00.png",
        "MUOI-PHUT.SVG",
    ],
)
def test_no_name_reaches_out_of_the_folder(name: str, client: FlaskClient) -> None:
    for address in (f"/courses/CM-01/1/media/{name}", f"/static/{name}", f"/static/css/{name}"):
        with client.get(address) as answer:
            assert answer.status_code in (308, 400, 404), address
            assert b"format = 1" not in answer.data
            assert b"root:" not in answer.data


@pytest.mark.parametrize("address", ["/courses/CM-01/9/media/muoi-phut.svg", "/courses/XX-01/1/media/muoi-phut.svg",
                                     "/courses/GD-01/1/media/muoi-phut.svg", "/courses/../1/media/muoi-phut.svg"])  # fmt: skip
def test_a_picture_belongs_to_its_version(address: str, client: FlaskClient) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/.git/config",
        "/static/../pyproject.toml",
        "/static/..%2f..%2fpyproject.toml",
        "/var/portal.db",
        "/.env",
    ],
)
def test_the_checkout_is_not_served(address: str, client: FlaskClient) -> None:
    assert client.get(address).status_code == 404

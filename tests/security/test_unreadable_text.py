"""Text that no database can keep, numbers that none can count: refused as such, never a crash."""

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from quizzes.models import Answer
from tests.factories import World
from tests.security.support import begin_quiz

SignIn = Callable[[int], FlaskClient]


@pytest.mark.parametrize(
    "address",
    [
        "/courses/%00/",
        "/courses/CM-01/lessons/%00/",
        "/courses/CM-01/1/media/%00",
        "/attempts/%00/",
        "/verify/CN%00",
        "/verify/?serial=CN%00",
        "/courses/?q=%00",
        "/login?next=/%00",
        "/static/%00",
        "/?lang=%00",
    ],
)
def test_nul_in_an_address_is_a_bad_request(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code in (400, 404)


def test_bytes_that_are_no_text_are_no_crash(client: FlaskClient) -> None:
    assert client.get("/courses/%ff%fe/").status_code == 404
    assert client.get("/courses/?q=%ed%a0%80").status_code == 200


@pytest.mark.parametrize("query", ["place=unit:%00", "q=%00", "course=%00", "audience=%00"])
def test_nul_in_a_filter_is_a_bad_request(query: str, sign_in: SignIn, world: World) -> None:
    assert sign_in(world.bruno).get(f"/manage/people?{query}").status_code == 400
    assert sign_in(world.admin).get("/admin/audit?q=%00").status_code == 400


def test_nul_in_a_form_is_a_bad_request(client: FlaskClient, session: Session, world: World) -> None:
    before = session.scalar(select(func.count()).select_from(User))
    family = {"registration_key": "a" * 24, "full_name": "A\0 B", "phone": "0912345678"}
    rest = {"commune": str(world.community), "pin": "204718", "consent": "y"}

    assert client.post("/login", data={"login": "a\0b", "secret": "x"}).status_code == 400
    assert client.post("/register", data=family | rest).status_code == 400
    assert session.scalar(select(func.count()).select_from(User)) == before


@pytest.mark.parametrize("page", ["9" * 24, "-5", "0", "abc", "1e9"])
def test_a_page_beyond_all_numbers_is_empty(page: str, sign_in: SignIn, world: World) -> None:
    assert sign_in(world.bruno).get(f"/manage/people?page={page}").status_code == 200
    assert sign_in(world.admin).get(f"/admin/audit?page={page}").status_code == 200


@pytest.mark.parametrize(
    "query", ["until=0001-01-01", "since=9999-12-31", "since=x", "by=x", "state=x", "q=%5C"]
)
def test_a_filter_that_cannot_be_read_is_named_or_left_out(query: str, sign_in: SignIn, world: World) -> None:
    assert sign_in(world.bruno).get(f"/manage/?{query}").status_code == 200
    assert sign_in(world.bruno).get(f"/manage/people?{query}").status_code == 200


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x\udfff"])
def test_an_answer_that_cannot_be_stored_is_refused_for_good(
    text: str, sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        attempt = begin_quiz(work, world.ana, "GD-01")
        attempt_id, refs = attempt.id, list(attempt.paper["items"])
    browser = sign_in(world.ana)

    def send(ref: str, fields: dict[str, list[str]]) -> TestResponse:
        body = json.dumps({"ref": ref, "fields": fields, "seq": 1})  # in ASCII, as a forger would spell it
        return browser.post(f"/attempts/{attempt_id}/answers", data=body, content_type="application/json")

    for ref in refs:
        answer = send(ref, {"": [text]})
        assert answer.status_code == 400
        assert answer.json["final"] is True
        assert send(ref, {text: ["a"]}).status_code in (200, 400, 409)
    texts = [str(one) for one in session.scalars(select(Answer.value))]
    assert not [one for one in texts if text in one]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"ref": 1}',
        b'{"ref": "q1", "fields": [], "seq": 1}',
        b'{"ref":"q1","fields":{},"seq":-1}',
        b"\xff",
    ],
)
def test_what_is_no_answer_is_refused_for_good(body: bytes, sign_in: SignIn, world: World) -> None:
    with unit_of_work() as work:
        attempt_id = begin_quiz(work, world.ana).id

    answer = sign_in(world.ana).post(
        f"/attempts/{attempt_id}/answers", data=body, content_type="application/json"
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("language", ["vi", "en"])
def test_text_that_is_too_long_is_refused_with_its_limit(client: FlaskClient, language: str) -> None:
    long = client.post(f"/login?lang={language}", data={"login": "x" * 61, "secret": "x" * 201})
    short = client.post(f"/register?lang={language}", data={"full_name": "x", "phone": "1" * 21})

    assert long.status_code == short.status_code == 422
    assert "60" in long.text
    assert "200" in long.text
    assert "20" in short.text

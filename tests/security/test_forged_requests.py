"""Every write needs the token of its page, a cookie that travels safely, and a body of bearable size."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from portal.app import create_app
from portal.config import Settings
from portal.core.db import unit_of_work
from tests.factories import World
from tests.security.support import begin_quiz, certify

SignIn = Callable[[int], FlaskClient]


@pytest.fixture
def with_tokens(app: Flask) -> Iterator[None]:
    """Check the tokens, as in life."""
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def _anything(rule: Rule, name: str) -> object:
    """Return a value that fits a part of an address: the token is looked at before anything is looked up."""
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return re.sub(r"^\(\?:|\)$", "", converter.regex).split("|")[0]
    return 1 if isinstance(converter, IntegerConverter) else "x"


def test_every_post_without_its_token_is_refused(
    app: Flask, sign_in: SignIn, session: Session, world: World, with_tokens: None
) -> None:
    with unit_of_work() as work:
        serial, attempt = certify(work, world.ana).serial, begin_quiz(work, world.dora).id
    browser = sign_in(world.dora)
    app.config["WTF_CSRF_ENABLED"] = True
    values: dict[str, object] = {
        "code": "CM-01",
        "slug": "ba-do-tuoi",
        "attempt_id": attempt,
        "serial": serial,
    }
    values |= {"job_id": 1, "notice_id": 1, "user_id": world.ana}
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]

    assert len(rules) >= 12
    for rule in rules:
        given = {name: values.get(name) or _anything(rule, name) for name in rule.arguments}
        address = rule.build(given, append_unknown=False)
        assert address is not None
        for options in ({}, {"json": {"ref": "q1", "fields": {}, "seq": 1}}, {"data": {"csrf_token": "x"}}):
            answer = browser.post(address[1], **options)
            assert answer.status_code == 400, rule.endpoint
    assert browser.get("/account").status_code == 200  # and nobody was signed out by it


def test_the_token_of_the_page_is_taken(
    app: Flask, sign_in: SignIn, session: Session, world: World, with_tokens: None
) -> None:
    with unit_of_work() as work:
        attempt = begin_quiz(work, world.ana)
        attempt_id, ref = attempt.id, attempt.paper["order"][0]
    browser = sign_in(world.ana)
    app.config["WTF_CSRF_ENABLED"] = True
    page = browser.get(f"/attempts/{attempt_id}/").text
    token = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert token is not None

    sent = {"json": {"ref": ref, "fields": {}, "seq": 1}, "headers": {"X-CSRFToken": token[1]}}

    assert browser.post(f"/attempts/{attempt_id}/answers", **sent).status_code == 200
    other = sign_in(world.bruno)
    app.config["WTF_CSRF_ENABLED"] = True
    assert other.post(f"/attempts/{attempt_id}/answers", **sent).status_code == 400  # another's token


def test_a_token_that_was_right_before_is_looked_at_again(
    app: Flask,
    sign_in: SignIn,
    session: Session,
    world: World,
    with_tokens: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unit_of_work() as work:
        attempt = begin_quiz(work, world.ana)
        address, ref = f"/attempts/{attempt.id}/answers", attempt.paper["order"][0]
    browser = sign_in(world.ana)
    app.config["WTF_CSRF_ENABLED"] = True
    found = re.search(
        r'<meta name="csrf-token" content="([^"]+)"', browser.get(f"/attempts/{attempt.id}/").text
    )
    assert found is not None

    def answered(token: str, **more: object) -> int:
        body = {"ref": ref, "fields": {}, "seq": 1}
        headers = {"X-CSRFToken": token} | ({"Referer": str(more["referrer"])} if "referrer" in more else {})
        return browser.post(
            address, json=body, headers=headers, base_url=str(more.get("at", "http://localhost"))
        ).status_code

    assert [answered(found[1]) for _ in range(3)] == [200, 200, 200]
    assert answered(found[1][:-1]) == 400
    assert answered(found[1] + "x") == 400
    monkeypatch.setitem(app.config, "WTF_CSRF_SSL_STRICT", True)
    https = {"at": "https://localhost"}
    assert answered(found[1], **https) == 400  # over https a request says where it comes from
    assert answered(found[1], **https, referrer="https://elsewhere.example/attempts/") == 400
    assert answered(found[1], **https, referrer="http://localhost/attempts/") == 400
    assert answered(found[1], **https, referrer="https://localhost/attempts/") == 200
    with browser.session_transaction() as kept:
        kept["csrf_token"] = "another session's"
    assert answered(found[1]) == 400


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_a_body_of_more_than_a_megabyte_is_refused(size: int, sign_in: SignIn, world: World) -> None:
    with unit_of_work() as work:
        attempt_id = begin_quiz(work, world.ana).id
    browser = sign_in(world.ana)

    json = browser.post(f"/attempts/{attempt_id}/answers", data=b" " * size, content_type="application/json")
    form = browser.post("/login", data={"login": "x" * size, "secret": "y"})
    file = browser.post(
        "/register",
        data=b"--b\r\n" + b"x" * size,
        content_type="multipart/form-data; boundary=b",
    )

    assert [json.status_code, form.status_code, file.status_code] == [413, 413, 413]
    assert 'href="tel:111"' in form.text


def test_more_fields_than_any_form_has_are_refused(client: FlaskClient) -> None:
    fields = {f"f{number}": "" for number in range(1100)}

    answer = client.post("/login", data=fields, content_type="multipart/form-data")

    assert answer.status_code == 413


def bare(folder: Path, base_url: str) -> Flask:
    return create_app(
        Settings(
            environment="test",
            secret_key="a secret of the tests, long enough for anybody",
            database_url=f"sqlite:///{folder / 'none.db'}",
            data_dir=folder,
            base_url=base_url,
        )
    )


def test_cookies_over_https_are_for_this_host_alone(tmp_path: Path) -> None:
    answer = (
        bare(tmp_path, "https://hoc.example.vn")
        .test_client()
        .get("/login?lang=en", base_url="https://hoc.example.vn")
    )

    cookies = {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-hoc", "language"}
    for line in cookies.values():
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
        assert "Domain" not in line
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_cookies_of_the_demonstration_on_http_are_kept_from_scripts(tmp_path: Path) -> None:
    answer = bare(tmp_path, "http://127.0.0.1:8000").test_client().get("/login?lang=en")

    for line in answer.headers.getlist("Set-Cookie"):
        assert {"HttpOnly", "SameSite=Lax"} <= set(line.split("; "))
    assert "Strict-Transport-Security" not in answer.headers

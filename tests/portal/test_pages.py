"""Every public page answers, and the journey's pages answer for a learner."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from tests.factories import World


@pytest.mark.parametrize(
    "address",
    ["/", "/login", "/register", "/courses/", "/courses/GD-01/", "/help", "/verify/", "/healthz", "/readyz"],
)
def test_open_to_all(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/account", "/certificates/", "/manage/", "/manage/people", "/admin/audit", "/courses/GD-01/quiz/"],
)
def test_a_stranger_is_asked_to_sign_in_and_comes_back(client: FlaskClient, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 303
    assert answer.location == f"/login?next={address}"


def test_the_language_follows_the_browser_and_can_be_switched(client: FlaskClient) -> None:
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "en"}).text
    assert '<html lang="vi"' in client.get("/", headers={"Accept-Language": "fr"}).text
    assert '<html lang="en"' in client.get("/?lang=en").text
    assert '<html lang="en"' in client.get("/login").text


def test_the_hotline_stands_in_the_frame_also_when_something_is_wrong(client: FlaskClient) -> None:
    for address in ("/", "/login", "/nope", "/verify/CN-0000"):
        assert 'href="tel:111"' in client.get(address).text


def test_who_heads_a_school_sees_it_and_nothing_else(sign_in, world: World) -> None:
    head = sign_in(world.bruno)

    assert head.get("/manage/").status_code == 200
    assert head.get("/manage/?place=unit:A").status_code == 200
    assert head.get("/manage/?place=unit:B").status_code == 404
    assert head.get("/manage/?place=area:P").status_code == 404


def test_a_name_that_cannot_be_printed_is_refused_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session, world: World
) -> None:
    before = session.scalar(select(func.count()).select_from(User))

    page = client.post("/register", data={"full_name": "Lý 李 An", "phone": "0912345678", "pin": "482915"})

    assert page.status_code == 422
    assert "ký tự 李 thì không in được" in page.text
    assert 'value="Lý 李 An"' in page.text
    assert 'value="0912345678"' in page.text
    assert session.scalar(select(func.count()).select_from(User)) == before

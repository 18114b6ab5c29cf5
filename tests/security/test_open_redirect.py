"""`next` leads back into the portal or nowhere."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.core.accounts import secrets
from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from portal.core.web import safe_next
from tests.factories import World

EVIL = [
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/\\evil.example",
    "/\\/evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "http:///evil.example",
    "http://evil.example",
    "https:evil.example",
    "http:evil.example",
    "HTTPS://EVIL.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    ".evil.example",
    " //evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/x\r\nSet-Cookie: a=b",
    "/\x0b/evil.example",
    "/\x00/evil.example",
    "\u2028//evil.example",
    "／／evil.example",
    "",
]


@pytest.mark.parametrize("target", EVIL)
def test_another_place_is_no_next(target: str) -> None:
    assert safe_next(target) is None


@pytest.mark.parametrize(
    "target", ["/", "/courses/", "/courses/?q=a%2F%2Fb#x", "/x//y", "/%2F%2Fevil", "/a:b@c"]
)
def test_a_path_of_ours_is(target: str) -> None:
    assert safe_next(target) == target


@given(st.text(alphabet="/\\:@.ehtpx \t\r\n?#%", max_size=12))
def test_whatever_passes_is_one_slash_and_a_path(target: str) -> None:
    kept = safe_next(target)

    assert kept is None or (
        kept == target and kept[0] == "/" and kept[1:2] not in ("/", "\\") and "\\" not in kept
    )


@pytest.fixture
def password(session: Session, world: World) -> str:
    with unit_of_work() as work:
        work.get_one(User, world.ana).secret_hash = secrets.hashed("con đường làng xa")
    return "con đường làng xa"


@pytest.mark.parametrize("target", [*EVIL[:9], "/\t/evil.example", "/\r\n/evil.example"])
def test_signing_in_leads_home_instead(client: FlaskClient, password: str, target: str) -> None:
    answer = client.post(f"/login?next={quote(target)}", data={"login": "ana", "secret": password})

    assert (answer.status_code, answer.location) == (303, "/")


def test_signing_in_leads_back(client: FlaskClient, password: str) -> None:
    answer = client.post(
        f"/login?next={quote('/courses/GD-01/?lang=en')}", data={"login": "ana", "secret": password}
    )

    assert answer.location == "/courses/GD-01/?lang=en"


@pytest.mark.parametrize("target", EVIL[:9])
def test_neither_does_the_sign_in_page_send_away_who_is_signed_in(
    target: str, sign_in: Callable[[int], FlaskClient], world: World
) -> None:
    assert sign_in(world.ana).get(f"/login?next={quote(target)}").location == "/"


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/\\evil.example"])
def test_no_link_of_a_page_takes_another_host_from_its_address(client: FlaskClient, path: str) -> None:
    answer = client.get("/", environ_overrides={"PATH_INFO": path})

    assert "evil.example" not in (answer.location or "").removeprefix("http://localhost/")[:2]
    assert 'href="//' not in answer.text
    assert 'href="/\\' not in answer.text


def test_the_host_header_names_no_other_portal(client: FlaskClient, world: World) -> None:
    answer = client.get("/account", headers={"Host": "evil.example"})

    assert answer.location == "/login?next=/account"
    assert "evil.example" not in client.get("/", headers={"Host": "evil.example"}).text

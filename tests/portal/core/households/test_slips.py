"""A mother registered on paper takes her slip home and signs in for the first time, with a PIN that she chooses."""

import io
import re
from collections.abc import Callable

from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from tests.factories import World
from tests.security.support import family, one_of_each_role

SignIn = Callable[[int], FlaskClient]


def registered(world: World, sign_in: SignIn) -> FlaskClient:
    with unit_of_work() as work:
        lan = one_of_each_role(work, world)["collaborator"]
        family(work, world, lan)
        family(work, world, lan, "Đinh Văn Lực", 2)
    return sign_in(lan)


def test_a_shown_slip_opens_the_first_sign_in_once(
    session: Session, world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    lan = registered(world, sign_in)
    page = lan.post("/manage/households/C1-1/slips", data={"then": "show"})
    text = page.get_data(as_text=True)
    found = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", text)
    assert found is not None
    assert (page.headers["Cache-Control"], "0987000001" in text) == ("no-store", True)

    first = client.post("/first", data={"login": "0987 000 001", "code": found.group()})
    assert first.status_code == 303, first.get_data(as_text=True)[:400]
    chosen = client.post("/first/secret", data={"new": "402917", "again": "402917"})
    assert chosen.status_code == 303
    client.post("/logout")
    assert client.post("/login", data={"login": "0987000001", "secret": "402917"}).status_code == 303
    assert session.scalars(select(User.secret_hash).where(User.phone == "0987000001")).one()
    answer = lan.post("/manage/households/C1-1/slips")
    assert (answer.status_code, answer.location) == (303, "/manage/households/C1-1")


def test_slips_of_a_whole_list_come_on_paper(session: Session, world: World, sign_in: SignIn) -> None:
    answer = registered(world, sign_in).post("/manage/register/slips")

    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.get_data())).pages)
    assert "Đinh Thị Liễu" in text
    assert "Đinh Văn Lực" in text
    assert len(re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}", text)) == 2


def test_another_community_gets_no_slips(session: Session, world: World, sign_in: SignIn) -> None:
    registered(world, sign_in)
    assert sign_in(world.bruno).post("/manage/households/C1-1/slips").status_code == 403


def test_two_on_one_number_each_take_their_own_account(
    session: Session, world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    """Who one is follows from the slip's own code; afterwards from the PIN."""
    with unit_of_work() as work:
        lan = one_of_each_role(work, world)["collaborator"]
        family(work, world, lan, "Đinh Thị Liễu", 1)
        family(work, world, lan, "Đinh Văn Lực", 2)
        work.execute(update(User).where(User.phone == "0987000002").values(phone="0987000001"))
    collaborator = sign_in(lan)
    for key, pin in (("C1-1", "402917"), ("C1-2", "513028")):
        text = collaborator.post(f"/manage/households/{key}/slips", data={"then": "show"}).get_data(
            as_text=True
        )
        found = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", text)
        assert found is not None
        assert client.post("/first", data={"login": "0987000001", "code": found.group()}).status_code == 303
        assert client.post("/first/secret", data={"new": pin, "again": pin}).status_code == 303
        client.post("/logout")

    for name, pin in (("Đinh Thị Liễu", "402917"), ("Đinh Văn Lực", "513028")):
        assert client.post("/login", data={"login": "0987000001", "secret": pin}).status_code == 303
        assert name in client.get("/account").get_data(as_text=True)
        client.post("/logout")

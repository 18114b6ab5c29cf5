"""The API: the figures of the page for whoever holds a token, scoped like its owner, and for nobody else."""

import json
import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.core.accounts import api_tokens
from portal.core.accounts.models import ApiToken, Membership, User
from portal.core.policy import Role
from tests import factories
from tests.factories import NOW, World
from tests.indicators.test_opening import certificate

SignIn = Callable[[int], FlaskClient]
ADDRESS = "/api/v1/indicators?period=2025-H1"


def ask(app: Flask, token: str, address: str = ADDRESS) -> TestResponse:
    return app.test_client().get(address, headers={"Authorization": f"Bearer {token}"} if token else {})


@pytest.fixture
def agency(session: Session, world: World) -> User:
    one = factories.person(session, "Lưu Thị Trực", None)
    factories.grant(session, one.id, Role.STANDING_AGENCY, area_id=world.province)
    return one


def token_of(session: Session, user_id: int) -> str:
    token = api_tokens.make(session, user_id, "a machine of the tests", NOW)
    session.commit()
    return token


def test_the_figures_are_those_of_the_command_line(
    app: Flask, session: Session, world: World, agency: User
) -> None:
    """School A: Ana of its two teachers holds GD-02, and 1 of 2 is below 80 %: CT06 is 0 of 1 facilities."""
    certificate(session, session.get_one(User, world.ana), "GD-02", date(2024, 9, 1), date(2026, 9, 1))
    token = token_of(session, agency.id)

    answer = ask(app, token, ADDRESS + "&bounds=then")
    command = ["indicators", "compute", "--as-of", "2025-06-14", "--place", "P", "--format", "json"]
    said = app.test_cli_runner().invoke(args=command)

    assert answer.status_code == 200
    found = {one["code"]: one for one in answer.get_json()["indicators"]}
    assert (found["CT06"]["numerator"], found["CT06"]["denominator"], found["CT06"]["needed"]) == (0, 1, 1)
    assert found["CT06"]["met"] is False
    assert (found["CT01"]["denominator"], found["CT01"]["value"], found["CT01"]["met"]) == (None, None, None)
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["indicators"] == answer.get_json()["indicators"]


def test_no_token_a_wrong_one_and_an_ended_one_are_told_what_to_do(
    app: Flask, session: Session, world: World, agency: User
) -> None:
    token = token_of(session, agency.id)
    for wrong in ("", "hoc_nobody", token + "x"):
        answer = ask(app, wrong)
        assert answer.status_code == 401
        assert "make a token" in answer.get_json()["error"]["text"]
        assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")

    api_tokens.end(session, agency.id, session.scalars(select(ApiToken.id)).one(), NOW)
    session.commit()

    assert ask(app, token).status_code == 401


def test_a_session_of_a_browser_opens_nothing(sign_in: SignIn, session: Session, agency: User) -> None:
    session.commit()

    assert sign_in(agency.id).get(ADDRESS).status_code == 401


def test_a_token_sees_what_its_owner_sees_and_ends_with_the_role(
    app: Flask, session: Session, world: World
) -> None:
    """Bruno heads school A; Ana teaches there."""
    head, teacher = token_of(session, world.bruno), token_of(session, world.ana)

    assert ask(app, head, ADDRESS + "&place=unit:A").status_code == 200
    assert ask(app, head, ADDRESS + "&place=unit:B").status_code == 404
    assert ask(app, head, ADDRESS + "&place=area:P").status_code == 404
    assert ask(app, teacher).status_code == 403

    for one in session.scalars(select(Membership).where(Membership.user_id == world.bruno)):
        one.valid_to = date(2025, 1, 1)
    session.commit()
    assert ask(app, head, ADDRESS + "&place=unit:A").status_code == 403


def test_a_question_that_cannot_be_answered_says_why(app: Flask, session: Session, agency: User) -> None:
    answer = ask(app, token_of(session, agency.id), "/api/v1/indicators?period=2025-Q3&lang=en")

    assert answer.status_code == 400
    assert "names no period" in answer.get_json()["error"]["text"]


def test_dhis2_gets_counts_with_the_dates_of_the_window_and_nothing_for_the_unknown(
    app: Flask, session: Session, world: World, agency: User
) -> None:
    token = token_of(session, agency.id)

    answer = ask(app, token, "/api/v1/data-value-sets?period=2025-H1&bounds=then")

    made = answer.get_json()
    assert (made["dataSet"], made["orgUnit"], made["period"]) == ("PLAN_39", "P", "202506")
    assert made["attributeOptionCombo"] == "20241215-20250614"
    values = {one["dataElement"]: one["value"] for one in made["dataValues"]}
    assert (values["CT06_NUM"], values["CT06_DEN"]) == ("0", "1")
    assert "CT01_DEN" not in values
    assert all(name.isascii() for name in values)


def test_the_figures_of_a_sector_do_not_take_the_place_of_the_whole(
    app: Flask, session: Session, world: World, agency: User
) -> None:
    """Dora heads education in the province: asked for the province, with or without the sector, she answers for it."""
    of_all, of_one = (token_of(session, one) for one in (agency.id, world.dora))
    asked = "/api/v1/data-value-sets?period=2025-H1&bounds=then&place=area:P"

    made = [ask(app, of_all, asked), ask(app, of_one, asked), ask(app, of_one, asked + "/education")]

    assert [one.get_json()["orgUnit"] for one in made] == ["P", "P", "P"]
    assert [one.get_json()["attributeOptionCombo"] for one in made] == [
        "20241215-20250614",
        "20241215-20250614-EDUCATION",
        "20241215-20250614-EDUCATION",
    ]


def test_the_description_names_every_address_and_what_it_answers(
    app: Flask, session: Session, agency: User
) -> None:
    described = app.test_client().get("/api/v1/openapi.json").get_json()

    served = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert set(described["paths"]) == served - {"/api/v1/openapi.json"}
    schemas = described["components"]["schemas"]
    answer = ask(app, token_of(session, agency.id)).get_json()
    assert set(answer) == set(schemas["Figures"]["properties"])
    assert set(answer["indicators"][0]) == set(schemas["Figure"]["properties"])


def test_a_token_is_shown_once_and_ended_by_its_owner_alone(
    session: Session, world: World, sign_in: SignIn, app: Flask
) -> None:
    session.commit()
    bruno = sign_in(world.bruno)

    made = bruno.post("/account/tokens", data={"name": "statistics office"}).get_data(as_text=True)
    found = re.search(r"hoc_[\w-]{40,}", made)

    assert found is not None
    assert found[0] not in bruno.get("/account").get_data(as_text=True)
    number = session.scalars(select(ApiToken.id)).one()
    assert sign_in(world.dora).post(f"/account/tokens/{number}/end").status_code == 404
    assert ask(app, found[0], ADDRESS + "&place=unit:A").status_code == 200
    assert sign_in(world.bruno).post(f"/account/tokens/{number}/end").status_code == 303
    assert ask(app, found[0]).status_code == 401


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as-of", "14/6/2025", "--place", "P"], "is no day"),
        (["--as-of", "2025-06-14", "--place", "nowhere"], "there is no area or unit"),
        (["--as-of", "2025-06-14", "--place", "P", "--plan", "plan-40"], "there is no plan"),
        (["--as-of", "2025-06-14", "--place", "P", "--targets", "wishes"], "no target set"),
    ],
)
def test_the_command_line_says_what_it_refuses(
    app: Flask, session: Session, world: World, arguments: list[str], words: str
) -> None:
    said = app.test_cli_runner().invoke(args=["indicators", "compute", *arguments])

    assert said.exit_code != 0
    assert words in said.stderr

"""What people are called, and what they search for, runs nowhere: not in a spreadsheet, not in a page."""

import csv
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Unit
from portal.reports.writers.csv import cell
from tests.factories import World
from tests.security.support import begin_quiz, certify

SignIn = Callable[[int], FlaskClient]
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://evil.example")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
]
MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}",
    "{% raw %}",
    "[x](javascript:alert(1))",
    "%(name)s",
    "</title><svg onload=alert(1)>",
]


def rename(user_id: int, name: str) -> None:
    with unit_of_work() as work:
        user = work.get_one(User, user_id)
        user.full_name, user.sort_key, user.search_key = name, sort_key(name), fold(name)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_of_csv_never_begins_a_formula(text: str) -> None:
    assert cell(text) == "'" + text


def test_numbers_keep_their_sign() -> None:
    assert cell(-2) == "-2"
    assert cell("Nguyễn Văn A - B") == "Nguyễn Văn A - B"


@pytest.mark.parametrize("name", FORMULAS[:5])
def test_a_name_that_is_a_formula_is_text_in_both_files(
    name: str, sign_in: SignIn, session: Session, world: World
) -> None:
    rename(world.ana, name)
    with unit_of_work() as work:
        work.get_one(Unit, world.school).name = name
    head = sign_in(world.bruno)

    for page in ("people", "board"):
        query = "by=place&course=GD-01"
        rows = list(csv.reader(io.StringIO(head.get(f"/manage/{page}.csv?{query}").data.decode("utf-8-sig"))))
        begins = {one[:1] for row in rows for one in row}
        assert "'" + name in [one for row in rows for one in row]
        assert begins & {"=", "+", "-", "@", "\t", "\r"} == set()
        sheet = load_workbook(io.BytesIO(head.get(f"/manage/{page}.xlsx?{query}").data)).active
        assert sheet is not None
        cells = [one for row in sheet.iter_rows() for one in row if one.value == name]
        assert cells
        assert {one.data_type for one in cells} == {"s"}
        assert all(one.hyperlink is None for one in cells)


@pytest.mark.parametrize("name", MARKUP)
def test_a_name_that_is_markup_is_text_on_every_page(
    name: str, sign_in: SignIn, client: FlaskClient, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        work.get_one(Unit, world.school).name = name
    rename(world.ana, f"{name} Ánh")
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
        attempt_id = begin_quiz(work, world.ana).id
    ana, head, admin = sign_in(world.ana), sign_in(world.bruno), sign_in(world.admin)

    for browser, address in (
        (ana, "/"),
        (ana, "/account"),
        (ana, "/certificates/"),
        (ana, f"/attempts/{attempt_id}/"),
        (head, "/"),
        (head, "/manage/"),
        (head, "/manage/people"),
        (admin, "/admin/audit"),
        (client, f"/verify/{serial}"),
    ):
        page = browser.get(address)
        assert page.status_code == 200, address
        _harmless(page.text, name)


def _harmless(page: str, typed: str) -> None:
    if "<" in typed or '"' in typed or "'" in typed:
        assert typed not in page
    assert "<script>" not in page
    assert "<svg onload" not in page
    assert "<img src=x" not in page
    assert " onmouseover='alert" not in page
    assert "49 Ánh" not in page
    assert 'href="javascript:' not in page


@pytest.mark.parametrize("typed", MARKUP)
def test_what_is_asked_comes_back_as_text(
    typed: str, sign_in: SignIn, client: FlaskClient, world: World
) -> None:
    head, admin = sign_in(world.bruno), sign_in(world.admin)

    for browser, address, name in (
        (client, "/courses/", "q"),
        (client, "/courses/", "audience"),
        (client, "/courses/", "lang"),
        (client, "/verify/", "serial"),
        (client, "/login", "next"),
        (head, "/manage/people", "q"),
        (head, "/manage/people", "course"),
        (head, "/manage/people", "audience"),
        (head, "/manage/", "since"),
        (head, "/manage/", "place"),
        (admin, "/admin/audit", "q"),
    ):
        _harmless(browser.get(address, query_string={name: typed}).text, typed)
    _harmless(client.get(f"/verify/{typed}").text, typed)
    _harmless(client.get(f"/{typed}").text, typed)


def test_a_form_that_is_refused_shows_what_was_typed_as_text(client: FlaskClient) -> None:
    for typed in MARKUP:
        _harmless(client.post("/login", data={"login": typed, "secret": ""}).text, typed)
        _harmless(client.post("/register", data={"full_name": typed, "phone": typed}).text, typed)


def test_a_language_cookie_from_nowhere_is_ignored(client: FlaskClient) -> None:
    client.set_cookie("language", '"><script>')
    client.set_cookie("theme", '"><script>')

    page = client.get("/").text

    assert '<html lang="vi">' in page
    assert "<script>" not in page

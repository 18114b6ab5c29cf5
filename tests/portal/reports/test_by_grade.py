"""Numbers by grade of CT03, read back from every page and file that shows parts of a figure, and from its rows.

Worked by hand, at the end of 2025. School A: kindergarten 20 of 30, grade 1 40 of 40. School B declared one number before
the school year: 200 of 300. Commune C2: 1 of 4 children out of school; commune C1 gave 5 and not how many were taught.
20 + 40 + 200 + 1 = 261 of 30 + 40 + 300 + 4 = 374; C1's 5 are in neither.
"""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import docx
import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts import api_tokens
from portal.core.accounts.models import User
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import Role
from portal.indicators import opening
from portal.indicators.periods import Period
from portal.reports.filing import drafting, reporters, snapshot, work
from tests import factories
from tests.factories import NOW, World
from tests.indicators.test_opening import PLAN, declare, province

SignIn = Callable[[int], FlaskClient]
YEAR = Period.parse("2025")
ASKED = "?period=2025&bounds=then"
AUTUMN, SPRING = date(2025, 10, 1), date(2025, 3, 1)
LINES = {  # key, Vietnamese name, taught, enrolled
    "grade:kindergarten_5": ("Mẫu giáo 5 tuổi", 20, 30),
    "grade:grade_1": ("Lớp 1", 40, 40),
    "unsplit": ("không chia theo lớp", 200, 300),
    "one_number": ("Trẻ em từ đủ 05 đến dưới 16 tuổi không đi học", 1, 4),
}


@pytest.fixture
def agency(session: Session, world: World) -> User:
    """Somebody of the standing agency, who sees every sector of the province."""
    one = factories.person(session, "Lưu Thị Trực", None)
    factories.grant(session, one.id, Role.STANDING_AGENCY, area_id=world.province)
    return one


@pytest.fixture
def declared(session: Session, world: World) -> None:
    """Let the units declare what the head of this file says."""
    areas = {one.code: one for one in session.scalars(select(Area))}
    out = [
        factories.unit(
            session, f"UB-{code}", UnitKind.COMMITTEE, Sector.GOVERNMENT, f"UBND {code}", areas[code]
        ).id
        for code in ("C1", "C2")
    ]
    for item, numbers in (("children_by_grade", (30, 40)), ("taught_by_grade", (20, 40))):
        grades = dict(zip(("kindergarten_5", "grade_1"), numbers, strict=True))
        declare(session, item, world.school, {"grades": grades}, AUTUMN)
    declare(session, "children_5_15", world.other_school, {"count": 300}, SPRING)
    declare(session, "children_taught", world.other_school, {"count": 200}, SPRING)
    declare(session, "children_by_grade", out[0], {"count": 5}, AUTUMN)
    declare(session, "children_by_grade", out[1], {"count": 4}, AUTUMN)
    declare(session, "taught_by_grade", out[1], {"count": 1}, AUTUMN)
    session.commit()


def shown() -> list[str]:
    """Return the parts as a Vietnamese page words them, without their shares."""
    return [f"{name}: {part} / {whole}" for name, part, whole in LINES.values()]


def test_board_and_figure_show_the_split(sign_in: SignIn, agency: User, declared: None) -> None:
    client = sign_in(agency.id)

    board = client.get(f"/indicators/{ASKED}").text.split('id="CT03"')[1].split('id="CT04"')[0]
    figure = client.get(f"/indicators/CT03/{ASKED}").text

    assert "261 / 374" in board
    for page in (board, figure):
        for line in shown():
            assert line in page, line
    assert "Theo lớp: Mẫu giáo 5 tuổi, Lớp 1, Lớp 2," in figure.split('id="rule"')[1]
    assert "UBND C1" in figure.split('id="missing"')[1]
    # before the school year there was one number
    before = client.get("/indicators/CT03/?period=2025-H1&bounds=then").text
    assert "200 / 300" in before
    assert "không chia theo lớp" not in before.split('id="rule"')[0]


def test_the_board_as_a_file_shows_the_split(sign_in: SignIn, agency: User, declared: None) -> None:
    client = sign_in(agency.id)

    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/indicators/board.xlsx{ASKED}").data))

    row = next(row for row in book.worksheets[0].iter_rows(values_only=True) if row[0] == "CT03")
    assert row[3:5] == (261, 374)
    for line in shown():
        assert line in str(row[11]), line


def test_the_rows_say_what_each_unit_gave_of_each_grade_and_what_is_lacking(
    sign_in: SignIn, agency: User, declared: None
) -> None:
    client = sign_in(agency.id)

    page = client.get(f"/indicators/CT03/rows{ASKED}").text
    sheet = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/indicators/CT03/rows.xlsx{ASKED}").data)
    ).worksheets[0]

    assert "Mẫu giáo 5 tuổi: 20 / 30; Lớp 1: 40 / 40" in page
    lacking = "chưa có: Trong số đó, theo lớp: đã được cung cấp thông tin"
    assert lacking in page
    lines = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(line for line in lines if "Lớp 1: Đã được hướng dẫn" in line)
    by_unit = {
        line[2]: dict(zip(head, line, strict=True)) for line in lines if line[2] in ("A", "B", "UB-C1")
    }
    cells = [
        by_unit["A"][f"{grade}: {column}"]
        for grade in ("Mẫu giáo 5 tuổi", "Lớp 1", "Lớp 2")
        for column in ("Đã được hướng dẫn", "Đang học (từ 5 đến dưới 16 tuổi)")
    ]
    assert cells == [20, 30, 40, 40, None, None]
    assert by_unit["B"]["Lớp 1: Đã được hướng dẫn"] is None
    assert "không chia theo lớp" in by_unit["B"].values()
    assert any(str(value).startswith(lacking) for value in by_unit["UB-C1"].values())
    unsplit = client.get(f"/indicators/CT03/rows{ASKED}&part=unsplit").text
    assert "Trường THCS Bến Xuân" in unsplit
    assert "Mẫu giáo 5 tuổi: 20 / 30" not in unsplit


def test_machines_read_the_split(app: Flask, session: Session, agency: User, declared: None) -> None:
    token = api_tokens.make(session, agency.id, "a machine of the tests", NOW)
    session.commit()

    answer = (
        app.test_client()
        .get(f"/api/v1/indicators{ASKED}", headers={"Authorization": f"Bearer {token}"})
        .get_json()
    )
    command = ["indicators", "compute", "--as-of", "2025-12-14", "--place", "P", "--format", "json"]
    said = json.loads(app.test_cli_runner().invoke(args=command).stdout)

    for figures in (answer["indicators"], said["indicators"]):
        one = next(one for one in figures if one["code"] == "CT03")
        assert (one["rule"], one["numerator"], one["denominator"]) == (2, 261, 374)
        assert {part["key"]: (part["numerator"], part["denominator"]) for part in one["parts"]} == {
            key: (part, whole) for key, (_name, part, whole) in LINES.items()
        }


def test_every_file_of_a_report_shows_the_split(session: Session, world: World, declared: None) -> None:
    place = reporters.the_one(session, PLAN, YEAR, "area:P")
    assert place is not None
    made_of = work.compute(session, PLAN, YEAR, province(session), "province", opening.rows)

    report = drafting.build(made_of, place, {}, None, (), {})
    files = {
        name: content
        for name, _media, content in snapshot.rendered(report, "r", datetime(2025, 12, 15, 2, tzinfo=UTC))
    }

    wanted = [(f"– {name}", str(part), str(whole)) for name, part, whole in LINES.values()]
    tables = docx.Document(io.BytesIO(files["r.docx"])).tables
    word = {
        tuple(cell.text for cell in row.cells)[1:5]
        for table in tables
        for row in table.rows
        if len(row.cells) > 5
    }
    rows = list(csv.reader(io.StringIO(files["r-chi-tieu.csv"].decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(files["r.xlsx"]))["Phụ lục I"]
    sheet = {tuple(str(value) for value in row[1:5]) for row in book.iter_rows(values_only=True)}
    pdf = " ".join(
        " ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(files["r.pdf"])).pages
    )
    for name, part, whole in wanted:
        assert (name, part, whole) in {(one[0], one[2], one[3]) for one in word}, name
        assert (name, part, whole) in {(row[1], row[3], row[4]) for row in rows}, name
        assert (name, part, whole) in {(one[0], one[2], one[3]) for one in sheet}, name
        assert name in pdf, name


def test_a_district_has_only_its_own_schools(
    session: Session, world: World, sign_in: SignIn, agency: User, declared: None
) -> None:
    page = sign_in(agency.id).get(f"/indicators/CT03/{ASKED}&place=area:D1").text

    parts = page.split('id="parts"')[1].split('id="sentence"')[0]
    assert "Mẫu giáo 5 tuổi: 20 / 30" in parts
    assert "không chia theo lớp" not in parts

"""The board, a figure and its rows: what they show, to whom, how many questions they ask the database."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, User
from portal.core.db import db
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import MAY, Action, Role
from portal.core.rights.models import ListView, ListViewPerson
from tests import factories
from tests.factories import World
from tests.indicators.test_opening import certificate, declare

SignIn = Callable[[int], FlaskClient]
H1 = "?period=2025-H1"


@pytest.fixture
def sign_in(sign_in: SignIn, session: Session) -> SignIn:
    """Return the fixture of the same name; what the test has written so far is kept first."""

    def signed(user_id: int) -> FlaskClient:
        session.commit()
        return sign_in(user_id)

    return signed


@pytest.fixture
def agency(session: Session, world: World) -> User:
    """Somebody of the standing agency, who sees every sector of the province."""
    one = factories.person(session, "Lưu Thị Trực", None)
    factories.grant(session, one.id, Role.STANDING_AGENCY, area_id=world.province)
    return one


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_the_board_shows_every_entry_with_its_counts_and_never_nought_per_cent_without_a_denominator(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    """School A: 1 of 2 certified, so CT06 is 0 of 1; nobody has declared parents, so CT01 has no denominator."""
    ana = session.get_one(User, world.ana)
    certificate(session, ana, "GD-02", date(2024, 9, 1), date(2026, 9, 1))

    page = sign_in(agency.id).get("/indicators/" + H1 + "&lang=en").get_data(as_text=True)

    assert page.count('class="indicator"') == 22
    facility = page.split('id="CT06"')[1].split('id="CT07"')[0]
    assert "0 / 1" in facility
    assert "not reached" in facility
    assert "needs 1 of 1 facilities; 1 still lacking" in facility
    assert "1 unit must still declare" in facility
    parents = page.split('id="CT01"')[1].split('id="CT02"')[0]
    assert '<p class="indicator__value">no denominator yet</p>' in parents
    assert ">0%" not in parents


def test_the_board_of_a_district_asks_for_four_of_eight_in_whole_numbers(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    """CT15: 40 % of two districts is 0.8, so one district is needed."""
    page = sign_in(agency.id).get("/indicators/CT15/" + H1 + "&lang=en").get_data(as_text=True)

    assert "needs 1 of 2 districts; 1 still lacking" in page
    assert "frozen as of 28/02/2025" in page


def test_the_year_after_the_last_window_and_todays_window_are_choices(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    client = sign_in(agency.id)

    default = client.get("/indicators/?lang=en").get_data(as_text=True)
    running = client.get("/indicators/?period=2026&lang=en").get_data(as_text=True)

    assert "year 2025, facts as of 24:00 on 14/12/2025" in default
    assert "year 2026, still running: facts as of today, 24/11/2026" in running
    assert "The plan ended on 31/12/2025" in running


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("period=2025-H3", "names no period"),
        ("period=2019", "lies before it or has not begun"),
        ("period=2031", "lies before it or has not begun"),
        ("targets=wishes", "has no target set"),
        ("plan=plan-40", "There is no plan"),
        ("bounds=soon", "names no boundaries"),
    ],
)
def test_a_question_that_cannot_be_read_says_why(
    sign_in: SignIn, agency: User, asked: str, words: str
) -> None:
    answer = sign_in(agency.id).get(f"/indicators/?{asked}&lang=en")

    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


def test_places_are_the_askers_or_they_do_not_exist(session: Session, world: World, sign_in: SignIn) -> None:
    head, department = sign_in(world.bruno), sign_in(world.dora)

    assert head.get("/indicators/" + H1).status_code == 200
    for place in ("unit:B", "area:C1", "area:P", "area:nowhere", "unit:"):
        assert head.get(f"/indicators/{H1}&place={place}").status_code == 404, place
        assert head.get(f"/indicators/CT06/{H1}&place={place}").status_code == 404, place
        assert head.get(f"/indicators/CT06/rows{H1}&place={place}").status_code == 404, place
        assert head.get(f"/indicators/CT06/rows.csv{H1}&place={place}").status_code == 404, place
        assert head.get(f"/indicators/board.csv{H1}&place={place}").status_code == 404, place
    assert department.get(f"/indicators/{H1}&place=area:P/police").status_code == 404
    assert department.get(f"/indicators/{H1}&place=area:P/education").status_code == 200
    assert department.get("/indicators/CT99/").status_code == 404


def test_a_department_head_sees_people_of_her_sector_only(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    """CT14 is the police's: for education it has no denominator and opens into nobody."""
    emil = session.get_one(User, world.emil)
    certificate(session, emil, "CA-01", date(2025, 1, 1), date(2027, 1, 1), audience="investigator")

    page = sign_in(world.dora).get(f"/indicators/CT14/rows{H1}").get_data(as_text=True)

    assert emil.full_name not in page


def test_a_figure_opens_to_a_certificate_and_to_a_colleague_who_is_not_counted_and_why(
    session: Session, world: World, sign_in: SignIn
) -> None:
    ana = session.get_one(User, world.ana)
    paper = certificate(session, ana, "GD-02", date(2024, 9, 1), date(2026, 9, 1))
    client = sign_in(world.dora)

    units = client.get(f"/indicators/CT06/rows{H1}&lang=en").get_data(as_text=True)
    inside = client.get(f"/indicators/CT06/rows{H1}&place=unit:A&of=people&lang=en").get_data(as_text=True)

    assert "of=people" in units
    assert "place=unit:A" in units
    assert f"/verify/{paper.serial}" in inside
    assert "Lê Văn Bảo" in inside
    assert "no certificate of GD-02" in inside


def test_who_looked_at_people_is_recorded_and_at_facilities_is_not(
    session: Session, world: World, sign_in: SignIn
) -> None:
    client = sign_in(world.dora)

    client.get(f"/indicators/CT06/rows{H1}")
    assert session.scalars(select(ListView).where(ListView.code == "indicator.rows")).all() == []

    client.get(f"/indicators/CT06/rows{H1}&of=people")
    view = session.scalars(select(ListView).where(ListView.code == "indicator.rows")).one()
    shown = session.scalars(select(ListViewPerson.user_id).where(ListViewPerson.view_id == view.id)).all()
    assert view.by_id == world.dora
    assert {world.ana, world.bruno} <= set(shown)


def test_a_list_with_police_asks_for_a_reason_first(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    client = sign_in(agency.id)
    address = f"/indicators/CT14/rows{H1}"

    first = client.get(address)
    assert first.status_code == 303
    assert "reason" in first.location
    assert client.get(f"/indicators/CT14/rows.csv{H1}").status_code == 303
    client.post(first.location, data={"reason": "đối chiếu danh sách trước khi nộp"})

    assert client.get(address).status_code == 200


def test_rows_are_filtered_searched_and_paged(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    """60 officers of one commune, one of them certified: 59 not counted on two pages of 50."""
    commune = session.get_one(Area, world.commune)
    office = factories.unit(session, "U1", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Ba", commune)
    officers = [
        factories.person(session, f"Cán Bộ {number:02d}", office.id, Audience.COMMUNE_OFFICER)
        for number in range(60)
    ]
    certificate(session, officers[7], "BV-01", date(2024, 9, 1), date(2026, 9, 1), audience="commune_officer")
    client = sign_in(agency.id)
    address = f"/indicators/CT10/rows{H1}&lang=en&place=unit:U1"

    first = client.get(address + "&state=not_counted").get_data(as_text=True)
    second = client.get(address + "&state=not_counted&page=2").get_data(as_text=True)
    counted = client.get(address + "&state=counted").get_data(as_text=True)
    searched = client.get(address + "&q=can bo 33").get_data(as_text=True)
    reason = client.get(address + "&reason=expired").get_data(as_text=True)

    assert first.count("Cán Bộ") == 50
    assert second.count("Cán Bộ") == 9
    assert "Rows behind the figure: 59" in first
    assert counted.count("Cán Bộ") == 1
    assert "Cán Bộ 07" in counted
    assert searched.count("Cán Bộ") == 1
    assert "Nothing here" in reason
    assert client.get(address + "&state=sideways").status_code == 400


def test_screen_and_files_are_equal_figure_by_figure(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    commune = session.get_one(Area, world.commune)
    office = factories.unit(session, "U1", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Ba", commune)
    for number in range(3):
        officer = factories.person(session, f"Cán Bộ {number}", office.id, Audience.COMMUNE_OFFICER)
        if number:
            certificate(
                session, officer, "BV-01", date(2024, 9, 1), date(2026, 9, 1), audience="commune_officer"
            )
    declare(session, "parents_with_child", office.id, {"count": 40})
    client = sign_in(agency.id)

    page = client.get(f"/indicators/{H1}&lang=en").get_data(as_text=True)
    text = client.get(f"/indicators/board.csv{H1}&lang=en").get_data(as_text=True)
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/indicators/board.xlsx{H1}&lang=en").get_data()))
    lines = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    sheet = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=5)]

    assert len(lines) == 22
    officers = next(line for line in lines if line["Code"] == "CT10")
    assert (officers["Numerator"], officers["Denominator"], officers["Value"]) == ("2", "3", "0.666667")
    for line, cells in zip(lines, sheet, strict=False):
        assert line["Code"] == cells[0]
        shown = page.split(f'id="{line["Code"]}"')[1].split("</li>")[0]
        if line["Denominator"]:
            assert f"{line['Numerator']} / {line['Denominator']}" in shown
            assert (int(line["Numerator"]), int(line["Denominator"])) == (cells[3], cells[4])
            assert abs(float(line["Value"]) - cells[5]) < 1e-6
        else:
            assert cells[4] is None
            assert cells[5] == "no denominator yet"
        assert line["State"] in shown


def test_rows_in_a_file_are_those_on_the_screen(session: Session, world: World, sign_in: SignIn) -> None:
    ana = session.get_one(User, world.ana)
    paper = certificate(session, ana, "GD-02", date(2024, 9, 1), date(2026, 9, 1))
    client = sign_in(world.dora)
    address = f"{H1}&lang=en&of=people&place=unit:A"

    text = client.get(f"/indicators/CT06/rows.csv{address}").get_data(as_text=True)
    lines = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))

    assert [(line["Who or what"], line["State"], line["Reason"]) for line in lines] == [
        ("Trần Thị Ánh", "counted", ""),
        ("Lê Văn Bảo", "not counted", "no certificate of GD-02"),
    ]
    assert lines[0]["Certificate or declaration"] == paper.serial
    export = session.scalars(select(ListView).where(ListView.code == "indicator.export")).one()
    assert export.people == 2


def test_the_calculation_of_the_whole_plan_is_printed(sign_in: SignIn, agency: User) -> None:
    page = sign_in(agency.id).get("/indicators/how?lang=en").get_data(as_text=True)

    for code in ("G1", "G7", "G12", "CT06", "ĐT3", "GP5"):
        assert code in page
    assert "At least 80% of the staff list" in page
    assert "Reading 2, in force since 01/07/2025" in page


def test_the_number_of_questions_does_not_follow_the_number_of_people(
    session: Session, world: World, sign_in: SignIn, agency: User, app: Flask
) -> None:
    commune = session.get_one(Area, world.commune)
    office = factories.unit(session, "U1", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Ba", commune)
    client = sign_in(agency.id)

    def asked(address: str) -> int:
        session.commit()
        with counted_statements() as sent:
            assert client.get(address).status_code == 200
        return len(sent)

    addresses = (
        f"/indicators/{H1}",
        f"/indicators/CT10/{H1}",
        f"/indicators/CT10/rows{H1}&state=not_counted",
    )
    factories.person(session, "Người Đầu", office.id, Audience.COMMUNE_OFFICER)
    few = [asked(address) for address in addresses]
    for number in range(30):
        factories.person(session, f"Người {number}", office.id, Audience.COMMUNE_OFFICER)
    many = [asked(address) for address in addresses]

    assert many == few
    assert many[0] <= 60
    assert many[2] <= 60


def test_whoever_may_read_indicators_may_read_and_export_the_people_behind_them() -> None:
    for role, actions in MAY.items():
        if Action.INDICATOR_READ in actions:
            assert {Action.PEOPLE_READ, Action.PEOPLE_EXPORT} <= actions, role

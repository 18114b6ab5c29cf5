"""Who is late, the letter that reminds them, and what became of reports of places whose codes have changed since."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import docx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import unit_of_work
from portal.core.organisation import history, reorganising
from portal.core.organisation.decrees import Decree
from portal.core.organisation.models import Area
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.policy import Actor, Grant, Role
from portal.indicators.periods import Period
from portal.reports import document
from portal.reports.filing import adjustments, letter, queries, reporters, services, snapshot
from portal.reports.filing.models import Filing
from tests import factories
from tests.factories import TODAY, World
from tests.portal.reports.filing import support
from tests.portal.reports.filing.support import HALF, PLAN, opener

SignIn = Callable[[int], FlaskClient]
AGENCY = Actor(1, (Grant(Role.STANDING_AGENCY),))
LAST = Period.parse("2024")  # closes 14/12/2024, before the first half of 2025
JUNE_17 = datetime(2025, 6, 17, 2, 0, tzinfo=UTC)  # a Tuesday; late since Monday 16/6


@pytest.fixture
def agency(world: World) -> int:
    """Return somebody of the standing agency."""
    with unit_of_work() as session:
        one = factories.person(session, "Lò Thị Mai", None, username="agency")
        factories.grant(session, one.id, Role.STANDING_AGENCY, area_id=world.province)
        return one.id


def standing(session: Session, day: date) -> dict[str, queries.Standing]:
    """Return how far everybody is on a day, by place."""
    return {one.place.code: one for one in queries.standings(session, AGENCY, PLAN, HALF, day)}


def test_who_filed_in_time_filed_late_and_did_not(session: Session, world: World) -> None:
    support.filed(session, world)  # D1, on Sunday 15/6
    before = standing(session, date(2025, 6, 17))
    place = before["area:D2"].place
    by, other = services.By(world.gina, "a"), services.By(world.dora, "b")
    late = services.draft(session, PLAN, HALF, place, opener, by, JUNE_17)
    services.prepare(session, late, opener, by, JUNE_17)
    services.approve(session, late, other, JUNE_17)
    services.file(session, late, opener, other, JUNE_17)

    after = standing(session, date(2025, 6, 17))

    assert (before["area:D1"].late, before["area:D1"].filed_late, before["area:D1"].done) == (
        False,
        False,
        True,
    )
    assert (before["area:D2"].late, before["area:D2"].done) == (True, False)
    assert (after["area:D2"].late, after["area:D2"].filed_late, after["area:D2"].done) == (False, True, True)


def test_a_returned_report_is_late_again(session: Session, world: World) -> None:
    one = support.filed(session, world)
    services.give_back(session, one, "Thiếu số liệu của hai xã", services.By(world.dora, "b"), JUNE_17)

    found = standing(session, date(2025, 6, 17))["area:D1"]

    assert (found.late, found.done, found.filed_late) == (True, False, False)


def test_the_list_of_the_page_and_of_its_file_are_one(
    app: Flask, session: Session, world: World, agency: int, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        support.filed(work, world)
    with clock.frozen(JUNE_17):
        client = sign_in(agency)
        page = client.get("/reports/filings/?period=2025-H1").text
        with client.get("/reports/filings/list.csv?period=2025-H1") as answer:
            rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))

    by_code = {row["Mã"]: row for row in rows}
    assert len(rows) == 6  # the province, education, health, police, two districts
    assert by_code["area:D1"]["Quá hạn"] == ""
    assert by_code["area:D1"]["Tình trạng"] == "đã nộp"
    assert by_code["area:D2"]["Quá hạn"] == "quá hạn"
    assert by_code["area:D2"]["Tình trạng"] == "chưa bắt đầu"
    # five of the six are late, on the page as in the file
    assert sum(row["Quá hạn"] == "quá hạn" for row in rows) == 5
    assert page.count("status--late") == 5


def test_the_letter_names_whom_it_is_for_and_not_its_sender(session: Session, world: World) -> None:
    support.filed(session, world)
    behind = [one for one in standing(session, date(2025, 6, 17)).values() if not one.done]

    made = letter.letter(PLAN, HALF, behind, "Mẫu", date(2025, 6, 17))

    text = " ".join(one.text for one in made.sections[0].paragraphs)
    assert (
        made.head.subject
        == "V/v đôn đốc báo cáo kết quả thực hiện Kế hoạch số 39/KH-UBND 6 tháng đầu năm 2025"
    )
    assert made.head.issuer == "Sở Y tế"  # the standing agency of 17/6/2025
    assert made.head.kind == ""  # a letter has no title of its own
    assert "chậm nhất ngày 15/6/2025; đã quá hạn từ ngày 16/6/2025" in text
    assert (
        "còn 4 cơ quan, đơn vị chưa nộp" in text
    )  # three departments and D2; its own report is not its to ask for
    assert text.endswith("./.")
    table = made.sections[0].table
    assert table is not None
    rows = [list(row) for row in table.rows]
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert {str(row[2]) for row in rows} == {"Chưa nộp"}
    assert "Ủy ban nhân dân huyện Hai" in {str(row[1]) for row in rows} or any(
        "Hai" in str(row[1]) for row in rows
    )


def test_before_the_due_day_the_letter_speaks_of_the_due_day(session: Session, world: World) -> None:
    behind = list(standing(session, date(2025, 6, 10)).values())

    made = letter.letter(PLAN, HALF, behind, "Mẫu", date(2025, 6, 10))

    assert "hạn nộp là ngày 15/6/2025" in made.sections[0].paragraphs[0].text


def test_the_letter_is_sent_as_word_and_only_to_the_agency(
    app: Flask, session: Session, world: World, agency: int, sign_in: SignIn
) -> None:
    with clock.frozen(JUNE_17):
        with sign_in(agency).get("/reports/filings/letter.docx?period=2025-H1") as answer:
            read = docx.Document(io.BytesIO(answer.data))
        assert sign_in(world.gina).get("/reports/filings/letter.docx?period=2025-H1").status_code == 403

    text = "\n".join(one.text for one in read.paragraphs)
    assert "Kính gửi: Các cơ quan, đơn vị có tên trong danh sách kèm theo" in text
    cells = [cell.text for row in read.tables[0].rows for cell in row.cells]
    assert any("SYT" in cell and "Số:" in cell for cell in cells)  # number and day are left to the clerk
    assert any("V/v đôn đốc" in cell for cell in cells)


def merged(session: Session, day: date) -> None:
    """Let districts D1 and D2 become D9 on a day."""
    event = Event(Kind.MERGE, Subject.AREA, ("D1", "D2"), (Successor("D9", "Huyện Mới"),), along=())
    decree = Decree("Quyết định thử", "Nghị quyết số 1/NQ", day, (event,))
    one = reorganising.write_down(session, decree, by_id=None, now=factories.NOW)
    reorganising.carry_out(session, one.id, by_id=None, now=factories.NOW, today=TODAY)


def filed_for(session: Session, world: World, period: Period, code: str, now: datetime) -> Filing:
    """File the report of a place, by two people."""
    place = reporters.the_one(session, PLAN, period, code)
    assert place is not None
    by, other = services.By(world.gina, "a"), services.By(world.dora, "b")
    one = services.draft(session, PLAN, period, place, opener, by, now)
    services.prepare(session, one, opener, by, now)
    services.approve(session, one, other, now)
    services.file(session, one, opener, other, now)
    return one


def test_reports_of_two_districts_are_adjusted_in_the_one_that_they_became(
    session: Session, world: World
) -> None:
    # both file for 2024; they merge on 1/3/2025; a class of November becomes known: D9 tells of it for D1
    december = datetime(2024, 12, 15, 2, 0, tzinfo=UTC)
    filings = [filed_for(session, world, LAST, code, december) for code in ("area:D1", "area:D2")]
    merged(session, date(2025, 3, 1))
    support.evening(session, world, date(2024, 11, 20), 7)

    place = reporters.the_one(session, PLAN, HALF, "area:D9")
    assert place is not None
    found = adjustments.filed_before(session, PLAN, HALF, place.area_id, place.sector)
    draft = services.draft(session, PLAN, HALF, place, opener, services.By(world.gina, "a"), support.JUNE_15)

    assert [one.place for one in found] == ["area:D1", "area:D2"]
    assert draft.snapshot is not None
    (change,) = [one for one in draft.snapshot["adjustments"] if one["code"] == "classes"]
    assert change["place"] == filings[0].place_name
    assert (change["filed"], change["now"]) == ([0, 0], [1, 7])
    report = document.from_json(draft.snapshot["report"])
    words = " ".join(one.text for one in report.sections[2].paragraphs)
    assert f"{filings[0].place_name}: +1 lớp, +7 người" in words
    assert all(snapshot.verify(session, one) == [] for one in filings)


def test_a_report_of_then_has_nothing_of_a_later_merger(session: Session, world: World) -> None:
    # D1's own report of the first half, drafted after it has ended: only D1's report of 2024 stands before it
    december = datetime(2024, 12, 15, 2, 0, tzinfo=UTC)
    for code in ("area:D1", "area:D2"):
        filed_for(session, world, LAST, code, december)
    merged(session, date(2025, 6, 20))

    found = adjustments.filed_before(session, PLAN, HALF, world.district, None)

    assert [one.place for one in found] == ["area:D1"]


def test_what_became_what_between_two_days(session: Session, world: World) -> None:
    merged(session, date(2025, 3, 1))
    new = session.scalars(select(Area.id).where(Area.code == "D9")).one()

    assert history.became(session, new, date(2024, 12, 14), date(2025, 6, 14)) == {
        new,
        world.district,
        world.elsewhere,
    }
    assert history.became(session, new, date(2025, 3, 1), date(2025, 6, 14)) == {new}
    assert history.became(session, new, date(2024, 12, 14), date(2025, 2, 28)) == {new}

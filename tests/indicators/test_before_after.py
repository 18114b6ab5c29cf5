"""CT01b on pages, in files and in JSON: counts alone, and nothing of fewer than five; no row says who answered."""

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from courses.before_after.models import PairedScore
from courses.models import Course, Enrolment, Version
from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.accounts.models import Audience, User
from portal.core.db import db, unit_of_work
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import Role
from portal.indicators.catalogue import plans
from portal.indicators.models import TallyMark
from portal.indicators.tallies import keeping
from portal.indicators.tallies.reading import FromTallies
from portal.reports.filing.drafting import part_label
from tests import databases, factories
from tests.conftest import DATABASES
from tests.factories import NOW, World
from tests.indicators.test_opening import certificate, declare

SignIn = Callable[[int], FlaskClient]
YEAR = "?period=2026"
_number = count(1)


@pytest.fixture
def sign_in(sign_in: SignIn, session: Session) -> SignIn:
    """Return the fixture of the same name; what the test has written so far is kept first."""

    def signed(user_id: int) -> FlaskClient:
        session.commit()
        return sign_in(user_id)

    return signed


@pytest.fixture
def closed() -> Iterator[None]:
    """Stand on the day after the cut-off of 2026."""
    with clock.frozen(datetime(2026, 12, 15, 3, tzinfo=UTC)):
        yield


@pytest.fixture
def agency(session: Session, world: World) -> User:
    """Somebody of the standing agency; commune C1 has declared a thousand parents."""
    one = factories.person(session, "Lưu Thị Trực", None)
    factories.grant(session, one.id, Role.STANDING_AGENCY, area_id=world.province)
    area = session.scalars(select(Area).where(Area.code == "C1")).one()
    committee = factories.unit(
        session, "U1", UnitKind.COMMITTEE, Sector.LABOUR, "UBND xã", area, roster=False
    )
    declare(session, "parents_with_child", committee.id, {"count": 1000}, date(2026, 3, 1))
    return one


def parent(session: Session, world: World, before: int | None = None, after: int = 0) -> User:
    """Add a parent of community Q who completed CM-01; with `before`, she answered both times, eight questions."""
    one = factories.person(session, f"Mẹ Số {next(_number)}", world.community, Audience.PARENT)
    certificate(session, one, "CM-01", date(2026, 9, 1), None, audience="parent")
    if before is not None:
        course = session.scalars(select(Course).where(Course.code == "CM-01")).one()
        version = session.scalars(select(Version.id).where(Version.course_id == course.id)).first()
        enrolment = Enrolment(
            user_id=one.id, course_id=course.id, version_id=version, cycle=1, enrolled_at=NOW
        )
        session.add(enrolment)
        session.flush()
        session.add(
            PairedScore(
                enrolment_id=enrolment.id, user_id=one.id, course_id=course.id, before_points=before,
                after_points=after, possible=8, scored_at=NOW, scored_on=date(2026, 9, 2),
            )
        )  # fmt: skip
    session.flush()
    return one


def nine(session: Session, world: World) -> None:
    """Seven who scored more, one who scored the same, one who scored less, and three who did not answer twice."""
    for before, after in ((3, 6), (3, 6), (0, 1), (7, 8), (2, 8), (4, 5), (5, 6), (6, 6), (5, 4)):
        parent(session, world, before, after)
    for _ in range(3):
        parent(session, world)


def part_lines(page: str) -> list[str]:
    found = re.search(r'<h2 id="parts">.*?</section>', page, re.DOTALL)
    assert found is not None
    return re.findall(r"<li>(.*?)</li>", found.group(0))


def test_the_figure_shows_how_many_answered_twice_and_how_many_scored_more(
    session: Session, world: World, closed: None, sign_in: SignIn, agency: User
) -> None:
    nine(session, world)
    client = sign_in(agency.id)

    page = client.get(f"/indicators/CT01/{YEAR}&lang=en").get_data(as_text=True)

    assert part_lines(page) == [
        "CT01b: answered the same questions before and after: 9 / 12 (75%)",
        "CT01b: scored higher after than before (groups of fewer than five are left out): 7 / 9 (77.8%)",
    ]
    assert "12 / 1,000" in client.get(f"/indicators/{YEAR}&lang=en").get_data(as_text=True)
    assert "It decides nothing." in page
    by_area = page.split('<h2 id="pairs">')[1].split("</section>")[0]
    assert by_area.count("<li>") == 1  # the district that has declared; nothing of the other one
    assert "7 / 9 (77.8%)" in by_area
    assert "nobody is shown who answered what" in by_area
    vietnamese = client.get(f"/indicators/CT01/{YEAR}&lang=vi").get_data(as_text=True)
    assert "CT01b: trả lời cùng bộ câu hỏi trước và sau khi học: 9 / 12" in vietnamese


def test_fewer_than_five_are_not_told_of_and_the_page_says_so(
    session: Session, world: World, closed: None, sign_in: SignIn, agency: User
) -> None:
    for before, after in ((3, 6), (3, 6), (6, 6), (5, 4)):
        parent(session, world, before, after)
    client = sign_in(agency.id)

    assert part_lines(client.get(f"/indicators/CT01/{YEAR}&lang=en").get_data(as_text=True)) == [
        "CT01b: answered the same questions before and after: 4 / 4 (100%)",
        "CT01b: scored higher after than before (groups of fewer than five are left out): told as of a cut-off only,"
        " and never of fewer than five people, so that nobody&#39;s result is known",
    ]
    board = client.get(f"/indicators/board.xlsx{YEAR}&lang=vi")
    cells = [str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(board.data)).active for cell in row]
    (told,) = [one for one in cells if "CT01b" in one]
    assert "không nêu khi có dưới năm người" in told


def test_who_looks_every_day_does_not_see_what_a_newcomer_scored(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    nine(session, world)

    told = part_lines(sign_in(agency.id).get(f"/indicators/CT01/{YEAR}&lang=vi").get_data(as_text=True))

    assert told[0].endswith(": 9 / 12 (75%)")
    assert told[1].endswith(
        ": chỉ nêu theo ngày chốt số liệu và không nêu khi có dưới năm người, để không lộ kết quả của riêng ai"
    )


def test_where_nobody_answered_twice_there_is_no_denominator(
    session: Session, world: World, closed: None, sign_in: SignIn, agency: User
) -> None:
    parent(session, world)
    page = sign_in(agency.id).get(f"/indicators/CT01/{YEAR}&lang=vi").get_data(as_text=True)

    assert part_lines(page)[1].endswith(": chưa có mẫu số")


def test_a_reading_of_before_has_no_such_row(
    session: Session, world: World, sign_in: SignIn, agency: User
) -> None:
    nine(session, world)

    assert "CT01b:" not in sign_in(agency.id).get("/indicators/CT01/?period=2025&lang=vi").get_data(
        as_text=True
    )


def test_machines_get_the_same_counts(app: Flask, session: Session, world: World, agency: User) -> None:
    nine(session, world)
    session.commit()

    def parts() -> list[dict[str, object]]:
        said = app.test_cli_runner().invoke(
            args=["indicators", "compute", "--as-of", "2026-12-14", "--place", "area:C1", "--format", "json"]
        )
        assert said.exit_code == 0, said.output
        (ct01,) = [one for one in json.loads(said.stdout)["indicators"] if one["code"] == "CT01"]
        return list(ct01["parts"])

    assert [(one["key"], one["numerator"], one["denominator"]) for one in parts()] == [
        ("paired", 9, 12),
        ("risen", 7, 9),
    ]
    gone = session.scalars(select(PairedScore).limit(5)).all()
    for one in gone:
        session.delete(one)
    session.commit()
    assert [(one["key"], one["numerator"], one["denominator"]) for one in parts()] == [
        ("paired", 4, 12),
        ("risen", None, None),
    ]


def test_no_row_says_who_answered(session: Session, world: World, sign_in: SignIn, agency: User) -> None:
    """The rows behind CT01 are the same for who answered and who did not, but for the name."""
    answered, silent = parent(session, world, 2, 7), parent(session, world)
    page = sign_in(agency.id).get(f"/indicators/CT01/rows{YEAR}&lang=vi").get_data(as_text=True)

    rows = {
        one.full_name: re.search(rf"<tr[^>]*>(?:(?!</tr>).)*{one.full_name}.*?</tr>", page, re.DOTALL)
        for one in (answered, silent)
    }
    said = []
    for name, row in rows.items():
        assert row is not None, name
        said.append(re.sub(r"CN-2025-TEST-\d+|/people/\d+", "", row.group(0).replace(name, "")))
    assert said[0] == said[1]


def test_the_report_calls_the_rows_what_they_are() -> None:
    plan = plans()["plan-39"]
    indicator = plan.indicator("CT01")
    assert indicator is not None

    assert part_label(plan, indicator, "paired") == "CT01b: trả lời cùng bộ câu hỏi trước và sau khi học"
    assert part_label(plan, indicator, "risen") == (
        "CT01b: điểm sau khi học cao hơn trước (không nêu nhóm dưới năm người)"
    )


@pytest.mark.parametrize("kind", DATABASES)
def test_pairs_that_a_migration_took_away_are_in_no_figure(kind: str, tmp_path: Path) -> None:
    """Tallied, taken back to the shape without pairs and brought here again: nobody answered, though tallies are kept."""
    plan, day = plans()["plan-39"], date(2026, 11, 24)
    with databases.with_world(kind, tmp_path) as (url, world):
        app = create_app(
            Settings(environment="test", secret_key="x" * 40, data_dir=tmp_path, database_url=url)
        )
        with app.app_context(), clock.frozen(NOW):
            with unit_of_work() as work:
                parent(work, world, 3, 6)
            with unit_of_work() as work:
                keeping.tally(work, plan, day)
                work.execute(delete(TallyMark))  # the tallies have what was written, and are read
            homes = FromTallies(db.session(), plan, day).home(None)
            assert [pairs > 0 for _what, _unit, _held, pairs, _people in homes] == [True, False]
            db.session.remove()

            downgrade(revision="frz1")
            upgrade()

            homes = FromTallies(db.session(), plan, day).home(None)
            assert [pairs for _what, _unit, _held, pairs, _people in homes] == [0, 0]
            db.session.remove()
            db.engine.dispose()

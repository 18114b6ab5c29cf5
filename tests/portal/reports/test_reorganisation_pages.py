"""The administrator's pages of reorganisations, and the board in the boundaries of then and of now."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Membership, Posting
from portal.core.db import unit_of_work
from portal.core.files.models import FileKind, StoredFile
from portal.core.organisation import reorganising
from portal.core.organisation.decrees import Decree
from portal.core.organisation.models import Area, Reorganisation, ReorganisationState, Unit
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.policy import Action, Actor, Grant, Role
from portal.core.rosters.models import Evidence, RosterBasis
from portal.reports import boundaries
from portal.reports.boundaries import Bounds
from portal.reports.queries import By, Filters, Scope
from tests import factories
from tests.factories import NOW, TODAY, World

SignIn = Callable[[int], FlaskClient]
DAY = date(2026, 7, 1)
EVE = DAY - timedelta(days=1)
FORM = {
    "title": "Nhập xã Ba và xã Bốn",
    "legal_basis": "Nghị quyết số 9/NQ-HĐND",
    "effective_on": "2026-07-01",
    "subject": "area",
    "predecessors": "C1\r\nC2",
    "code": "C9",
    "name": "Xã Hòa Bình",
    "along": ["committee", "community"],
}


@pytest.fixture
def admin(sign_in: SignIn, world: World) -> FlaskClient:
    return sign_in(world.admin)


def planned(admin: FlaskClient, **other: object) -> str:
    answer = admin.post("/admin/reorganisations/new/merge", data={**FORM, **other})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_merge_is_written_previewed_applied_seen_and_undone(
    admin: FlaskClient, session: Session, world: World
) -> None:
    here = planned(admin)
    page = admin.get(here).text
    assert "Xã Ba (C1)" in page
    assert "Xã Hòa Bình" in page
    assert session.scalars(select(Area).where(Area.code == "C9")).all() == [], "a preview changes nothing"

    assert admin.post(f"{here}/apply").status_code == 303
    session.expire_all()
    new = session.scalars(select(Area).where(Area.code == "C9")).one()
    assert session.get_one(Unit, world.school).area_id == new.id
    assert "C1 Xã Ba" in admin.get(here).text
    assert "Xã Hòa Bình" in admin.get("/admin/units/?at=area:C9").text
    assert "Xã Ba" in admin.get("/admin/units/?at=area:C1&day=2026-01-01").text
    assert "Nhập xã Ba" in admin.get("/admin/reorganisations/?q=hoa binh").text
    assert admin.post(f"{here}/apply").status_code == 409

    assert admin.post(f"{here}/undo").status_code == 303
    session.expire_all()
    assert session.scalars(select(Area).where(Area.code == "C9")).all() == []
    assert session.get_one(Unit, world.school).area_id == world.commune
    assert admin.post(f"{here}/undo").status_code == 409
    assert admin.post(f"{here}/withdraw").status_code == 409


def test_a_plan_can_be_thrown_away_and_one_of_tomorrow_waits(
    admin: FlaskClient, session: Session, world: World
) -> None:
    here = planned(admin, effective_on=(TODAY + timedelta(days=1)).isoformat())
    refused = admin.post(f"{here}/apply")
    assert (refused.status_code, "25/11/2026" in refused.text) == (409, True)
    assert admin.post(f"{here}/withdraw").status_code == 303
    assert admin.get(here).status_code == 404
    assert session.scalar(select(func.count()).select_from(Reorganisation)) == 0


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("merge", {"predecessors": "C1\nX9"}, "X9"),
        ("merge", {"title": ""}, ""),
        ("merge", {"effective_on": "ngày mai"}, ""),
        ("merge", {"code": "C 9"}, "C 9"),
        ("split", {"predecessors": "C1", "successors": "N1 | Xã Một | 1/2\nN2 | Xã Hai | 1/3"}, "bằng 1"),
        ("split", {"predecessors": "C1", "successors": "N1 | Xã Một | nửa\nN2 | Xã Hai | 1/2"}, "nửa"),
        ("rename", {"predecessors": "C1\nC2"}, "Đổi tên cần"),
        ("move", {"predecessors": "D1", "parent": "C1"}, "dưới chính nó"),
        ("abolish", {"predecessors": "D1", "code": ""}, "nơi tiếp nhận"),
    ],
)
def test_what_does_not_fit_comes_back_with_what_was_typed(
    admin: FlaskClient, session: Session, kind: str, fields: dict[str, str], words: str
) -> None:
    answer = admin.post(f"/admin/reorganisations/new/{kind}", data={**FORM, **fields})

    assert answer.status_code == 422
    assert words in answer.text
    assert "Nghị quyết số 9/NQ-HĐND" in answer.text
    assert session.scalar(select(func.count()).select_from(Reorganisation)) == 0


def test_each_kind_can_be_written_by_its_form(admin: FlaskClient) -> None:
    for kind, fields in {
        "split": {
            "predecessors": "C1",
            "successors": "C1 | | 3/5 | x\nN2 | Xã Hai | 2/5",
            "assign": "unit:K = N2",
        },
        "rename": {"predecessors": "C1", "name": "Xã Đổi Tên", "code": ""},
        "move": {"predecessors": "C1", "parent": "D2"},
        "abolish": {"predecessors": "D1", "code": "P"},
    }.items():
        answer = admin.post(f"/admin/reorganisations/new/{kind}", data={**FORM, **fields})
        assert answer.status_code == 303, (kind, answer.text)
        here = answer.headers["Location"]
        assert admin.post(f"{here}/apply").status_code == 303
        assert admin.get(here).status_code == 200
        assert admin.post(f"{here}/undo").status_code == 303


def test_a_file_is_written_down_and_comes_out_as_it_went_in(admin: FlaskClient, session: Session) -> None:
    columns = "title,legal_basis,effective_on,kind,subject,predecessors,code,name,share"
    text = f"{columns}\nThử,NQ 1,2026-07-01,merge,area,C1 Xã Ba; C2,C9,Xã Mới,\n,,,rename,area,C3,,Xã Sáu,\n"
    answer = admin.post("/admin/reorganisations/file", data={"file": (io.BytesIO(text.encode()), "qd.csv")})
    assert answer.status_code == 303, answer.text
    here = answer.headers["Location"]

    for kind in ("csv", "xlsx"):
        out = admin.get(f"{here}/decree.{kind}")
        again = admin.post("/admin/reorganisations/file", data={"file": (io.BytesIO(out.data), f"qd.{kind}")})
        assert again.status_code == 303
        assert (
            admin.get(f"{again.headers['Location']}/decree.csv").data == admin.get(f"{here}/decree.csv").data
        )
    listed = list(csv.reader(io.StringIO(admin.get("/admin/reorganisations/list.csv").text.lstrip("\ufeff"))))
    assert [row[0] for row in listed[1:]] == ["Thử"] * 3


def test_a_file_that_is_no_decree_says_why_and_leaves_nothing(admin: FlaskClient, session: Session) -> None:
    head = "title,legal_basis,effective_on,kind,subject,predecessors,code,name\n"
    for name, data, words in (
        ("a.csv", head + "T,L,2026-07-01,marry,area,C1,C9,X\n", "marry"),
        ("a.csv", head + "T,L,2026-07-01,merge,area,C7; C8,C9,X\n", "C7"),
        ("a.toml", "title = [", "TOML"),
        ("a.csv", "", "a.csv"),
    ):
        answer = admin.post("/admin/reorganisations/file", data={"file": (io.BytesIO(data.encode()), name)})
        assert answer.status_code == 422
        assert words in answer.text
    assert admin.post("/admin/reorganisations/file", data={"shipped": "1999-01-01"}).status_code == 422
    answer = admin.post("/admin/reorganisations/file", data={"shipped": "2025-07-01"})
    assert (answer.status_code, "34" in answer.text) == (422, True), "the small world is not Thái Bình"
    assert session.scalar(select(func.count()).select_from(Reorganisation)) == 0


# --- the board, as of a day -----------------------------------------------------------------------------------------


@pytest.fixture
def merged(admin: FlaskClient, session: Session, world: World) -> str:
    """Merge C1 and C2 into C9, and units A and K's commune with them; people join and leave before and after."""
    with unit_of_work() as work:
        four = work.scalars(select(Area).where(Area.code == "C2")).one()
        second = factories.unit(work, "A2", "school", "education", "Trường Xã Bốn", four)
        for number in range(5):
            one = factories.person(work, f"Lê Thị {number}", second.id if number % 2 else world.school)
            post = work.scalars(select(Posting).where(Posting.user_id == one.id)).one()
            if number == 1:
                post.valid_to = date(2026, 3, 31)
            if number == 2:
                post.valid_from = date(2026, 8, 1)
    here = planned(admin)
    assert admin.post(f"{here}/apply").status_code == 303
    answer = admin.post(
        "/admin/reorganisations/new/merge",
        data={
            **FORM,
            "subject": "unit",
            "predecessors": "A\nA2",
            "code": "A3",
            "name": "Trường Chung",
            "along": [],
        },
    )
    assert admin.post(f"{answer.headers['Location']}/apply").status_code == 303
    session.expire_all()
    return here


def agency(world: World, session: Session) -> Actor:
    return Actor(world.dora, (Grant(Role.STANDING_AGENCY, area=world.province),))


def by_hand(session: Session, day: date) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for post in session.scalars(select(Posting)):
        if post.valid_from <= day and (post.valid_to is None or post.valid_to >= day):
            found.setdefault(post.unit_id, set()).add(post.user_id)
    return found


def counted(
    session: Session, who: Actor, code: str, day: date, bounds: Bounds
) -> tuple[dict[str, int], int, Scope]:
    scope = boundaries.scope_on(session, who, code, Action.PEOPLE_COUNT, day=day, today=TODAY, bounds=bounds)
    filters = Filters(on=TODAY, until=day)
    lines, total = boundaries.board(session, scope, filters, By.PLACE, "vi", today=TODAY, bounds=bounds)
    return {line.code: line.counts.people for line in lines if line.counts.people}, total.people, scope


@pytest.mark.parametrize(
    "day", [date(2025, 1, 1), date(2026, 3, 31), date(2026, 4, 1), EVE, DAY, date(2026, 8, 1), TODAY]
)
def test_headcounts_of_any_day_equal_a_recount_row_by_row(
    session: Session, world: World, merged: str, day: date
) -> None:
    who, people = agency(world, session), by_hand(session, day)
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    codes = {area.id: area.code for area in session.scalars(select(Area))}
    old = {
        world.school: "C1",
        world.clinic: "C1",
        world.community: "C1",
        world.other_school: "C3",
        world.post: "D1",
    }
    old.update({unit.id: "C2" for unit in units.values() if unit.code == "A2"})
    then, now = {}, {}
    for key, some in people.items():
        where = old.get(key, "C9") if day < DAY else codes[units[key].area_id]
        then.setdefault(f"area:{where}", set()).update(some)
        now.setdefault(f"area:{codes[units[key].area_id]}", set()).update(some)

    for bounds, hand in ((Bounds.THEN, then), (Bounds.NOW, now)):
        found: dict[str, int] = {}
        for district in ("area:D1", "area:D2"):
            lines, _total, _scope = counted(session, who, district, day, bounds)
            found.update({code.replace("own:", "area:"): many for code, many in lines.items()})
        assert found == {code: len(some) for code, some in hand.items()}
        assert counted(session, who, "area:P", day, bounds)[1] == len(set().union(*people.values()))


def test_units_and_names_are_those_of_the_boundaries_asked_for(
    session: Session, world: World, merged: str
) -> None:
    who = agency(world, session)

    then = counted(session, who, "area:C1", EVE, Bounds.THEN)
    now = counted(session, who, "area:C1", EVE, Bounds.NOW)
    assert (then[2].name, set(then[0])) == ("Xã Ba", {"unit:A", "unit:Q"})
    assert (now[2].name, set(now[0])) == ("Xã Hòa Bình", {"unit:A3", "unit:Q"})
    assert counted(session, who, "unit:A", EVE, Bounds.THEN)[2].name == "Trường Tiểu học Ánh Sao"
    assert counted(session, who, "unit:A", EVE, Bounds.NOW)[2].name == "Trường Chung"
    assert [name for _code, name in then[2].crumbs] == ["Tỉnh Mẫu", "Huyện Một"]


def test_who_may_see_what_it_has_become_may_see_what_it_was_and_nobody_else(
    session: Session, world: World, merged: str, sign_in: SignIn
) -> None:
    bruno, carla = sign_in(world.bruno), sign_in(world.carla)
    assert (
        session.scalars(
            select(Membership.unit_id).where(Membership.user_id == world.bruno, Membership.valid_to.is_(None))
        ).one()
        != world.school
    )
    page = bruno.get(f"/manage/?until={EVE}&bounds=then&place=unit:A")
    assert (page.status_code, "Ánh Sao" in page.text) == (200, True)
    for place in ("area:C1", "area:P", "unit:B", "unit:K", "unit:X"):
        assert bruno.get(f"/manage/?until={EVE}&bounds=then&place={place}").status_code == 404
    assert carla.get(f"/manage/?until={EVE}&bounds=then&place=unit:A").status_code == 403
    gina = sign_in(world.gina)
    listed = gina.get(f"/manage/people?until={EVE}&bounds=then&place=area:C1").text
    assert "Trường Tiểu học Ánh Sao" in listed
    assert "Trường Chung" not in listed
    assert "Trường Chung" in gina.get(f"/manage/people?until={TODAY}&place=area:C9").text
    assert gina.get(f"/manage/board.xlsx?until={EVE}&bounds=then&place=area:C1&by=place").status_code == 200
    assert gina.get(f"/manage/?until={EVE}&bounds=then&place=area:C3").status_code == 404


def test_indicators_of_a_past_window_are_asked_in_its_boundaries_or_in_todays(
    session: Session, world: World, merged: str, sign_in: SignIn
) -> None:
    """The window ends on 14/6/2026; C1 and C2 become C9, and school A becomes A3, on 1/7/2026."""
    bruno, gina = sign_in(world.bruno), sign_in(world.gina)
    window = "?period=2026-H1&lang=en"
    page = bruno.get(f"/indicators/{window}&bounds=then&place=unit:A")
    assert (page.status_code, "Trường Tiểu học Ánh Sao" in page.text) == (200, True)
    for place in ("area:C1", "area:P", "unit:B", "unit:K", "unit:X"):
        assert bruno.get(f"/indicators/{window}&bounds=then&place={place}").status_code == 404, place
    new = bruno.get(f"/indicators/{window}&bounds=then&place=unit:A3")
    assert (new.status_code, "Trường Tiểu học Ánh Sao (A)" in new.text) == (400, True)

    then = gina.get(f"/indicators/CT06/{window}&bounds=then&place=area:D1").text
    now = gina.get(f"/indicators/CT06/{window}&bounds=now&place=area:D1").text
    assert ("Xã Bốn" in then, "Xã Hòa Bình" in then) == (True, False)
    assert ("Xã Bốn" in now, "Xã Hòa Bình" in now) == (False, True)
    assert gina.get(f"/indicators/{window}&bounds=then&place=area:C1").status_code == 200
    assert gina.get(f"/indicators/{window}&bounds=then&place=area:C3").status_code == 404


def test_planned_and_undone_decrees_change_no_figure(
    session: Session, world: World, admin: FlaskClient
) -> None:
    planned(admin)
    who = agency(world, session)
    assert (
        counted(session, who, "area:C1", EVE, Bounds.THEN)[:2]
        == counted(session, who, "area:C1", EVE, Bounds.NOW)[:2]
    )
    assert session.scalars(select(Reorganisation.state)).all() == [ReorganisationState.PLANNED]


@pytest.mark.parametrize(
    ("evidence", "words"), [(None, "chưa gửi danh sách."), ("totals", "tổng số đã khai")]
)
def test_a_preview_names_the_units_that_lose_their_denominator(
    admin: FlaskClient, session: Session, world: World, evidence: str | None, words: str
) -> None:
    with unit_of_work() as work:
        if evidence:
            paper = StoredFile(
                name="tong-so.pdf", kind=FileKind.PDF, size=9, sha256="0" * 64, purpose="roster.totals", uploaded_at=NOW
            )  # fmt: skip
            work.add(paper)
            work.flush()
            work.add(
                RosterBasis(
                    unit_id=world.other_school, evidence=Evidence.TOTALS, valid_from=date(2024, 2, 3),
                    totals={"teacher": 7}, file_id=paper.id,
                )
            )  # fmt: skip
        merge = Event(Kind.MERGE, Subject.UNIT, ("A", "B"), (Successor("AB", "Trường Hai Cấp Mới"),))
        one = reorganising.write_down(
            work, Decree("Nhập trường", "QĐ 1", date(2025, 7, 1), [merge]), by_id=None, now=NOW
        )
        key = one.id
    page = admin.get(f"/admin/reorganisations/{key}").text

    told = page.split("Từ ngày đó chưa có mẫu số")[1].split("</ul>")[0]
    assert words in told
    assert "Trường Hai Cấp Mới" in told

"""An import from the file to the roster and back, through the pages, the jobs and both databases."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses import services as courses
from courses.models import Course
from portal.core import clock
from portal.core.accounts.models import Posting, User
from portal.core.db import unit_of_work
from portal.core.policy import Actor
from portal.core.rosters import queries
from portal.core.rosters.models import Evidence, ImportState, RosterBasis
from tests.factories import NOW, TODAY, World
from tests.portal.core.rosters.support import (
    everything,
    found,
    fresh,
    kinds,
    person_named,
    send,
    step,
    workbook,
)

SignIn = Callable[[int], FlaskClient]

ANA = (None, None, "Trần Thị Ánh", "0912000001", "Giáo viên", "Tổ trưởng", None)
BRUNO = (None, None, "Lê Văn Bảo", None, "Cán bộ quản lý", None, None)
NA = (None, "GV-901", "Nguyễn Thị Na", "0912 000 002", "Giáo viên", None, 45540)  # 45540: Excel's 5/9/2024
OANH = (None, "gv-902", "Phạm Thị Oanh ", 912000003, "giao vien", None, "05/09/2024")
BAD = (None, "GV-903", "Một", None, "Giáo viên", None, None)


@pytest.fixture
def head(sign_in: SignIn, world: World) -> FlaskClient:
    return sign_in(world.bruno)


def test_a_dry_run_says_what_every_row_does_and_changes_nothing(head: FlaskClient, session: Session) -> None:
    before = everything(session)

    import_id = send(head, workbook([ANA, BRUNO, NA, OANH, BAD]))

    assert kinds(session, import_id) == [
        (2, "changed", ""), (3, "same", ""), (4, "added", ""), (5, "added", ""), (6, "refused", "one_word"),
    ]  # fmt: skip
    assert everything(session) == before
    page = head.get(f"/manage/roster/imports/{import_id}").text
    assert "Nguyễn Thị Na" in page
    assert "chỉ có một từ" in page


def test_applying_makes_people_without_an_account_who_count(
    head: FlaskClient, session: Session, world: World
) -> None:
    import_id = send(head, workbook([ANA, BRUNO, NA, OANH]), full=True)
    step(head, import_id, "apply")

    assert found(session, import_id).state == ImportState.APPLIED
    na, oanh = person_named(session, "Nguyễn Thị Na"), person_named(session, "Phạm Thị Oanh")
    assert (na.secret_hash, na.phone, na.staff_code) == (None, "0912000002", "GV-901")
    assert (oanh.phone, oanh.staff_code) == ("0912000003", "GV-902")
    post = fresh().scalars(select(Posting).where(Posting.user_id == na.id)).one()
    assert (post.valid_from, post.source, post.import_id) == (date(2024, 9, 5), "import", import_id)
    assert fresh().get_one(User, world.ana).phone == "0912000001"
    assert queries.headcount(fresh(), world.school, TODAY) == 4


def test_the_same_file_twice_changes_nothing(head: FlaskClient, session: Session) -> None:
    content = workbook([ANA, BRUNO, NA, OANH, BAD])
    step(head, send(head, content), "apply")
    before = everything(session)

    again = send(head, content)

    assert {kind for _row, kind, _why in kinds(session, again)} == {"same", "refused"}
    step(head, again, "apply")
    assert everything(session) == before


def test_undo_restores_every_field(head: FlaskClient, session: Session) -> None:
    before = everything(session)
    import_id = send(head, workbook([ANA, NA, OANH]), full=True)
    step(head, import_id, "apply")
    assert everything(session) != before

    step(head, import_id, "undo")

    assert found(session, import_id).state == ImportState.UNDONE
    assert everything(session) == before


def test_a_full_list_takes_off_whoever_is_not_on_it(
    head: FlaskClient, session: Session, world: World
) -> None:
    import_id = send(head, workbook([BRUNO, NA]), full=True)
    assert kinds(session, import_id)[-1] == (0, "left", "not_on_list")

    step(head, import_id, "apply")

    post = fresh().scalars(select(Posting).where(Posting.user_id == world.ana)).one()
    assert (post.valid_to, post.left_reason) == (date(2026, 11, 23), "not_on_list")
    # the day before: Ana, Bruno, and Na, whose post began in 2024; on the day of the list Ana is gone
    assert queries.headcount(fresh(), world.school, TODAY - timedelta(days=1)) == 3
    assert queries.headcount(fresh(), world.school, TODAY) == 2


def test_nobody_is_taken_off_and_nothing_confirmed_while_a_row_is_open(
    sign_in: SignIn, session: Session, world: World
) -> None:
    dora = sign_in(world.dora)
    step(dora, send(dora, workbook([NA, BAD]), unit="B", full=True), "apply")

    carla = fresh().scalars(select(Posting).where(Posting.user_id == world.carla)).one()
    assert carla.valid_to is None
    assert queries.basis_on(fresh(), world.other_school, TODAY) is None


def test_a_whole_list_gives_a_unit_its_denominator_and_undo_takes_it_back(
    sign_in: SignIn, session: Session, world: World
) -> None:
    dora = sign_in(world.dora)
    assert queries.headcount(fresh(), world.other_school, TODAY) is None
    before = everything(session)

    import_id = send(dora, workbook([NA, OANH]), unit="B", full=True)
    step(dora, import_id, "apply")
    basis = queries.basis_on(fresh(), world.other_school, TODAY)
    assert basis is not None
    assert (basis.evidence, basis.valid_from) == (Evidence.NAMED, TODAY)
    assert queries.headcount(fresh(), world.other_school, TODAY) == 2
    assert queries.headcount(fresh(), world.other_school, TODAY - timedelta(days=1)) is None

    step(dora, import_id, "undo")
    assert everything(session) == before


def test_undo_is_refused_with_the_rows_where_something_was_built_on_it(
    head: FlaskClient, session: Session
) -> None:
    import_id = send(head, workbook([NA, OANH]))
    step(head, import_id, "apply")
    na = person_named(session, "Nguyễn Thị Na").id
    with unit_of_work() as work:
        course = work.scalars(select(Course).where(Course.code == "CM-01")).one()
        courses.enrol(work, Actor(na), course, NOW)
    before = everything(session)

    step(head, import_id, "undo")

    one = found(session, import_id)
    assert one.state == ImportState.APPLIED
    assert one.note_values == {"faults": [[2, "undo_used_work"]]}
    assert everything(session) == before
    assert "Dòng 2" in head.get(f"/manage/roster/imports/{import_id}?lang=vi").text


@pytest.mark.parametrize("what", ["name", "post", "claimed"])
def test_undo_is_refused_where_the_row_was_changed_since(
    what: str, head: FlaskClient, session: Session
) -> None:
    import_id = send(head, workbook([NA]))
    step(head, import_id, "apply")
    with unit_of_work() as work:
        na = work.scalars(select(User).where(User.staff_code == "GV-901")).one()
        if what == "name":
            na.full_name = "Nguyễn Thị Nga"
        elif what == "claimed":
            na.secret_hash = "x"
        else:
            work.scalars(select(Posting).where(Posting.user_id == na.id)).one().valid_to = TODAY

    step(head, import_id, "undo")

    reason = {"name": "undo_user_changed", "post": "undo_posting_changed", "claimed": "undo_signed_in"}[what]
    assert found(session, import_id).note_values == {"faults": [[2, reason]]}


def test_undo_ends_after_seven_days(head: FlaskClient, session: Session) -> None:
    import_id = send(head, workbook([NA]))
    step(head, import_id, "apply")

    with clock.frozen(NOW + timedelta(days=8)):
        assert head.post(f"/manage/roster/imports/{import_id}/undo").status_code == 409
    assert found(session, import_id).state == ImportState.APPLIED


def test_a_roster_that_has_moved_since_the_dry_run_is_planned_anew_and_not_written(
    head: FlaskClient, session: Session
) -> None:
    first = send(head, workbook([NA, OANH]))
    step(head, send(head, workbook([NA])), "apply")
    before = everything(session)

    step(head, first, "apply")

    one = found(session, first)
    assert (one.state, one.note) == (ImportState.PLANNED, "moved")
    assert everything(session) == before
    assert kinds(session, first) == [(2, "same", ""), (3, "added", "")]
    step(head, first, "apply")
    assert found(session, first).state == ImportState.APPLIED


def test_a_doubtful_double_waits_for_a_decision(head: FlaskClient, session: Session, world: World) -> None:
    step(head, send(head, workbook([NA])), "apply")
    again = send(head, workbook([(None, "GV-911", "Nguyễn Thị Na", None, "Giáo viên", None, None)]))
    assert kinds(session, again) == [(2, "double", "alike")]
    page = head.get(f"/manage/roster/imports/{again}").text
    line = int(page.split("/lines/")[1].split("/")[0])

    head.post(f"/manage/roster/imports/{again}/lines/{line}/decide", data={"decision": "new"})
    assert kinds(session, again) == [(2, "added", "")]
    head.post(f"/manage/roster/imports/{again}/lines/{line}/decide", data={"decision": ""})
    assert kinds(session, again) == [(2, "double", "alike")]
    head.post(f"/manage/roster/imports/{again}/lines/{line}/decide", data={"decision": "same"})
    assert kinds(session, again) == [(2, "changed", "")]
    step(head, again, "apply")

    assert person_named(session, "Nguyễn Thị Na").staff_code == "GV-911"


def test_somebody_of_another_unit_is_not_taken_by_her_code(
    head: FlaskClient, session: Session, world: World
) -> None:
    code = fresh().get_one(User, world.carla).staff_code

    import_id = send(head, workbook([(None, code, "Phạm Thị Cúc", None, "Giáo viên", None, None)]))

    assert kinds(session, import_id) == [(2, "refused", "code_elsewhere")]


def test_rows_of_a_unit_out_of_reach_are_refused(head: FlaskClient, session: Session) -> None:
    import_id = send(head, workbook([("B", *NA[1:]), ("K", *OANH[1:])]), unit="")

    assert kinds(session, import_id) == [(2, "refused", "unit_not_yours"), (3, "refused", "unit_not_yours")]


def test_police_may_give_codes_and_are_counted_as_coded(
    sign_in: SignIn, session: Session, world: World
) -> None:
    gina = sign_in(world.gina)
    rows = [("L", f"CA-{n:04d}", None, None, "Điều tra viên", None, None) for n in (17, 18)]
    import_id = send(gina, workbook(rows), unit="L", full=True)
    assert [kind for _row, kind, _why in kinds(session, import_id)] == ["added", "added", "left"]

    step(gina, import_id, "apply")

    one = person_named(session, "CA-0017")
    assert (one.coded, one.staff_code) == (True, "CA-0017")
    basis = queries.basis_on(fresh(), world.post, TODAY)
    assert basis is not None
    assert basis.evidence == Evidence.CODED
    assert fresh().scalars(select(RosterBasis).where(RosterBasis.unit_id == world.post)).all()[
        0
    ].valid_to == (TODAY - timedelta(days=1))
    named = send(
        gina, workbook([("L", "CA-0020", "Hà Văn Tên", None, "Điều tra viên", None, None)]), unit="L"
    )
    assert kinds(session, named) == [(2, "refused", "codes_only")]


def test_a_file_that_cannot_be_read_says_so(head: FlaskClient, session: Session) -> None:
    import_id = send(head, "một,hai,ba\n1,2,3\n".encode(), name="khac.csv")

    one = found(session, import_id)
    assert one.state == ImportState.UNREADABLE
    assert "Họ và tên" in head.get(f"/manage/roster/imports/{import_id}").text


def test_the_lines_come_as_a_file_with_the_reasons(head: FlaskClient) -> None:
    import_id = send(head, workbook([NA, BAD]))

    answer = head.get(f"/manage/roster/imports/{import_id}/lines.xlsx?lang=vi")

    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")


def test_the_template_with_its_example_is_refused_row_by_row_and_not_taken(
    head: FlaskClient, session: Session
) -> None:
    content = head.get("/manage/roster/imports/template.xlsx?unit=A").data

    import_id = send(head, content)

    assert kinds(session, import_id) == [(2, "refused", "bad_name")]

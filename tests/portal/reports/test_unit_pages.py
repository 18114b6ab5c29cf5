"""Areas and units: looked up in two trees, as far as one's grants go; imported from files, tried out first."""

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.errors import Refused
from portal.core.organisation import reading, unit_files
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.unit_files import Outcome, Read
from portal.core.rosters.models import RosterBasis
from portal.reports.units import NotWhole, _unpacked, packed
from tests.examples import examples
from tests.factories import NOW, TODAY, World

SignIn = Callable[[int], FlaskClient]
HEAD = "Mã đơn vị,Tên đơn vị,Loại,Ngành,Mã địa bàn,Mã đơn vị cấp trên,Ngày xác nhận danh sách\n"


@pytest.fixture
def admin(sign_in: SignIn, world: World) -> FlaskClient:
    return sign_in(world.admin)


def send(admin: FlaskClient, text: str, name: str = "don-vi.csv") -> Any:
    return admin.post("/admin/units/import", data={"file": (io.BytesIO(text.encode("utf-8")), name)})


def kept_of(page: str) -> str:
    return page.split('name="kept" value="')[1].split('"')[0]


def test_both_trees_and_a_search_show_where_everything_stands(admin: FlaskClient) -> None:
    assert "Huyện Một" in admin.get("/admin/units/").text
    commune = admin.get("/admin/units/?at=area:C1").text
    assert "Trạm Y tế Xã Ba" in commune
    assert "Trường THCS Bến Xuân" not in commune
    assert "Trường THCS Bến Xuân" in admin.get("/admin/units/?at=sector:education").text
    assert "Xã Năm" in admin.get("/admin/units/?at=unit:B").text
    found = admin.get("/admin/units/?q=ben xuan").text
    assert "Trường THCS Bến Xuân" in found
    assert "Trạm Y tế" not in found
    assert admin.get("/admin/units/?q=%25").status_code == 200
    before_all = admin.get("/admin/units/?day=2019-01-01")
    assert before_all.status_code == 200
    assert "Chưa có" in before_all.text
    assert "Huyện Một" not in before_all.text
    for nowhere in ("area:X", "unit:X", "sector:x", "street:C1"):
        assert admin.get(f"/admin/units/?at={nowhere}").status_code == 404


def test_a_head_sees_her_own_reach_and_nothing_else(sign_in: SignIn, world: World) -> None:
    bruno, gina = sign_in(world.bruno), sign_in(world.gina)
    assert "Trường Tiểu học Ánh Sao" in bruno.get("/manage/units/?at=area:C1").text
    assert "Trạm Y tế Xã Ba" not in bruno.get("/manage/units/?at=area:C1").text
    assert "Bến Xuân" not in bruno.get("/manage/units/?q=truong").text
    for other in ("area:C3", "area:D2", "unit:B", "unit:K"):
        assert bruno.get(f"/manage/units/?at={other}").status_code == 404
    assert "Huyện Hai" not in gina.get("/manage/units/").text
    rows = list(csv.reader(io.StringIO(gina.get("/manage/units/units.csv").text.lstrip("\ufeff"))))
    assert sorted(row[0] for row in rows[1:]) == ["A", "K", "L", "Q"]
    assert bruno.get("/admin/units/").status_code == 403


def test_what_was_exported_comes_back_as_it_is(admin: FlaskClient, session: Session) -> None:
    for kind in ("csv", "xlsx"):
        out = admin.get(f"/admin/units/units.{kind}").data
        answer = admin.post("/admin/units/import", data={"file": (io.BytesIO(out), f"u.{kind}")})
        assert answer.status_code == 200
        rows = kept_of(answer.text)
        done = unit_files.unit_table(session, _unpacked(rows), today=TODAY)
        assert [done.count(one) for one in Outcome] == [0, 0, 5, 0]


def test_a_dry_run_writes_nothing_and_applying_writes_what_it_showed(
    admin: FlaskClient, session: Session, world: World
) -> None:
    text = HEAD + (
        "MN-1,Trường Mầm non Hoa Sen,Trường,Giáo dục,C1,PGD,05/10/2026\n"
        "PGD,Phòng Giáo dục,Phòng,Giáo dục,D1,,\n"
        "A,Trường Tiểu học  Ánh Sao Mới,school,education,C1,PGD,\n"
        "K,Trạm Y tế Xã Ba,clinic,health,C1,,\n"
    )
    answer = send(admin, text)
    assert answer.status_code == 200
    assert session.scalar(select(func.count()).select_from(Unit)) == 5, "a dry run writes nothing"

    applied = admin.post(
        "/admin/units/import", data={"kept": kept_of(answer.text), "name": "don-vi.csv", "do": "apply"}
    )
    assert applied.status_code == 303
    session.expire_all()
    units = {unit.code: unit for unit in session.scalars(select(Unit))}
    assert (units["MN-1"].parent_id, units["A"].parent_id) == (units["PGD"].id, units["PGD"].id)
    assert units["A"].name == "Trường Tiểu học Ánh Sao Mới"
    basis = session.scalars(select(RosterBasis).where(RosterBasis.unit_id == units["MN-1"].id)).one()
    assert (basis.evidence, str(basis.valid_from), basis.valid_to) == ("named", "2026-10-05", None)
    entry = session.scalars(select(Entry).where(Entry.code == "units.import")).one()
    assert (entry.facts["added"], entry.facts["changed"]) == (2, 1)
    again = send(admin, text)
    done = unit_files.unit_table(session, _unpacked(kept_of(again.text)), today=TODAY)
    assert [done.count(one) for one in Outcome] == [0, 0, 4, 0], "importing is idempotent"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("X,Trường X,school,education,C9,,", "C9"),
        ("X,Trường X,castle,education,C1,,", "castle"),
        ("X,Trường X,school,cooking,C1,,", "cooking"),
        ("X,,school,education,C1,,", "để trống"),
        ("X,Trường X,school,education,C1,Y,", "Y"),
        ("X,Trường X,school,education,C1,X,", "dưới chính nó"),
        ("X,Trường X,school,education,C1,,ngày kia", "Ngày xác nhận"),
        ("X,Trường X,school,education,C1,,\nX,Trường X,school,education,C1,,", "đã có ở dòng 2"),
    ],
)
def test_one_bad_row_holds_the_file_back_and_says_why(
    admin: FlaskClient, session: Session, row: str, words: str
) -> None:
    answer = send(admin, HEAD + row + "\nOK,Trường Tốt,school,education,C1,,\n")
    assert words in answer.text
    assert 'name="kept"' not in answer.text
    assert session.scalar(select(func.count()).select_from(Unit)) == 5


def test_a_file_that_cannot_be_read_says_what_to_do(admin: FlaskClient) -> None:
    for data, name in (
        (b"", "a.csv"),
        (b"%PDF-1.7", "a.pdf"),
        (b"PK\x03\x04broken", "a.xlsx"),
        (b"a,b\n1,2\n", "a.csv"),
    ):
        answer = admin.post("/admin/units/import", data={"file": (io.BytesIO(data), name)})
        assert answer.status_code == 422
        assert name in answer.text or "Hãy chọn" in answer.text
    for kept in ("?", "AAAA", packed([])[:-4]):
        assert admin.post("/admin/units/import", data={"kept": kept, "do": "apply"}).status_code == 422


def test_codes_that_excel_made_numbers_are_codes_again(admin: FlaskClient, session: Session) -> None:
    with unit_of_work() as work:
        work.scalars(select(Area).where(Area.code == "C3")).one().code = "12433"
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["DANH SÁCH ĐƠN VỊ"])
    sheet.write_row(2, 0, ["STT", "Mã đơn vị", "Tên đơn vị", "Loại", "Ngành", "Mã địa bàn"])
    sheet.write_row(3, 0, [1, 70012, "Trường Số", "Trường học", "Giáo dục", 12433])
    book.close()
    rows, _unknown = reading.units_in(file.getvalue(), "a.xlsx")
    done = unit_files.write_units(session, rows, today=TODAY, now=NOW, by_id=None, source="a.xlsx")

    assert [(one.code, one.outcome) for one in done.verdicts] == [("70012", Outcome.ADDED)]


# --- fuzzing -------------------------------------------------------------------------------------------------------

cells = st.one_of(
    st.text(max_size=15),
    st.sampled_from(["A", "B", "K", "C1", "C3", "P", "school", "Trường", "education", "Giáo dục", "05/10/2026", "=1+1", "Mã đơn vị", "0"]),
)  # fmt: skip


@given(st.lists(st.lists(cells, max_size=9), max_size=8), st.booleans())
@examples(60)
def test_any_table_is_judged_and_what_is_accepted_can_be_written_twice(
    app: Flask, session: Session, world: World, rows: list[list[str]], headed: bool
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    text = (HEAD if headed else "") + buffer.getvalue()
    inner = session.begin_nested()
    try:
        read, _unknown = reading.units_in(text.encode("utf-8", errors="replace"), "a.csv")
        assert [row.values for row in _unpacked(packed(read))] == [row.values for row in read]
        before = session.scalar(select(func.count()).select_from(Unit))
        done = unit_files.write_units(session, read, today=TODAY, now=NOW, by_id=None, source="a.csv")
        after = session.scalar(select(func.count()).select_from(Unit))
        assert after == before + (0 if done.refused else done.count(Outcome.ADDED))
        if not done.refused:
            again = unit_files.unit_table(session, read, today=TODAY)
            assert {one.outcome for one in again.verdicts} <= {Outcome.SAME}
    except Refused:
        pass
    finally:
        inner.rollback()
        session.expire_all()


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: packed([]) + raw.hex())))
@examples(60)
def test_whatever_comes_back_as_the_dry_run_is_read_or_refused(text: str) -> None:
    try:
        found = _unpacked(text)
    except NotWhole:
        return
    assert all(isinstance(one, Read) for one in found)


@pytest.mark.parametrize(
    ("standing", "day", "said", "after"),
    [
        ([], "2026-10-05", "changed", [("named", "2026-10-05", None)]),
        ([("named", "2026-01-05", None)], "2026-01-05", "same", [("named", "2026-01-05", None)]),
        ([("named", "2026-01-05", None)], "2026-10-05", "changed", [("named", "2026-01-05", "2026-10-04"), ("named", "2026-10-05", None)]),
        ([("named", "2026-01-05", None)], "2025-09-05", "changed", [("named", "2025-09-05", None)]),
        ([("coded", "2026-01-05", None)], "2025-09-05", "refused", [("coded", "2026-01-05", None)]),
        ([("coded", "2026-01-05", None)], "2026-10-05", "changed", [("coded", "2026-01-05", "2026-10-04"), ("named", "2026-10-05", None)]),
        ([("coded", "2025-01-05", "2025-12-31"), ("named", "2026-01-05", None)], "2025-09-05", "refused",
         [("coded", "2025-01-05", "2025-12-31"), ("named", "2026-01-05", None)]),
        ([("named", "2025-01-05", "2025-06-30")], "2026-10-05", "changed", [("named", "2025-01-05", "2025-06-30"), ("named", "2026-10-05", None)]),
    ],
)  # fmt: skip
def test_another_day_of_the_staff_list_is_another_basis(
    session: Session, world: World, standing: list[Any], day: str, said: str, after: list[Any]
) -> None:
    def bases() -> list[Any]:
        rows = session.scalars(
            select(RosterBasis)
            .where(RosterBasis.unit_id == world.other_school)
            .order_by(RosterBasis.valid_from)
        )
        return [
            (str(one.evidence), str(one.valid_from), str(one.valid_to) if one.valid_to else None)
            for one in rows
        ]

    session.add_all(
        RosterBasis(
            unit_id=world.other_school,
            evidence=evidence,
            valid_from=date.fromisoformat(since),
            valid_to=date.fromisoformat(until) if until else None,
        )
        for evidence, since, until in standing
    )
    session.flush()
    rows = [Read(2, {"code": "B", "roster_on": date.fromisoformat(day)})]
    done = unit_files.write_units(session, rows, today=TODAY, now=NOW, by_id=None, source="x.csv")
    assert [str(one.outcome) for one in done.verdicts] == [said]
    assert bases() == after
    again = unit_files.write_units(session, rows, today=TODAY, now=NOW, by_id=None, source="x.csv")
    assert [str(one.outcome) for one in again.verdicts] == ["refused" if said == "refused" else "same"]
    assert bases() == after

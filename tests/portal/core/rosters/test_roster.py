"""The head's work on single posts, object by object; transfers; what the board makes of names, codes and totals."""

import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Claim, Posting, User
from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.files.models import FileKind, StoredFile
from portal.core.organisation.models import Unit
from portal.core.policy import Role
from portal.core.rosters import bases, queries
from portal.core.rosters.models import Evidence, RosterBasis, Transfer, TransferState
from tests.factories import NOW, TODAY, World, grant, person
from tests.portal.core.rosters.support import fresh, send, step, workbook

SignIn = Callable[[int], FlaskClient]
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def post_of(user_id: int) -> int:
    return (
        fresh()
        .scalars(select(Posting.id).where(Posting.user_id == user_id).order_by(Posting.id.desc()))
        .first()
        or 0
    )


@pytest.fixture
def head_of_b(sign_in: SignIn, session: Session, world: World) -> FlaskClient:
    """Return the browser of the head of school B."""
    with unit_of_work() as work:
        hung = person(work, "Đinh Văn Hùng", world.other_school, Audience.MANAGER, username="hung")
        grant(work, hung.id, Role.UNIT_HEAD, unit_id=world.other_school)
        user_id = hung.id
    return sign_in(user_id)


def test_everything_of_another_unit_is_not_found(
    sign_in: SignIn, head_of_b: FlaskClient, session: Session, world: World
) -> None:
    """Bruno heads school A; every address of school B, of its people, claims, papers and imports is 404 for him."""
    bruno = sign_in(world.bruno)
    carla = post_of(world.carla)
    with unit_of_work() as work:
        work.add(
            Claim(
                user_id=world.carla, typed_name="x", number="0001", secret_hash="x", asked_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )
        )  # fmt: skip
    claim = fresh().scalars(select(Claim.id)).one()
    import_id = send(
        head_of_b, workbook([(None, "GV-1", "Lê Thị Na", None, "Giáo viên", None, None)]), unit="B"
    )
    declared = head_of_b.post(
        "/manage/roster/units/B/basis/totals",
        data={"day": "2026-11-24", "n_teacher": "5", "paper": (io.BytesIO(PDF), "so.pdf")},
        content_type="multipart/form-data",
    )
    assert declared.status_code == 303
    basis = fresh().scalars(select(RosterBasis.id).where(RosterBasis.file_id.is_not(None))).one()
    line = head_of_b.get(f"/manage/roster/imports/{import_id}").text
    assert "Lê Thị Na" in line
    gets = [
        "units/B/", "units/B/roster.csv", "units/B/roster.xlsx", "units/B/add", "units/B/basis",
        f"units/B/basis/{basis}/paper", f"units/A/basis/{basis}/paper", f"posts/{carla}",
        "imports/template.xlsx?unit=B", f"imports/{import_id}", f"imports/{import_id}/lines.xlsx",
    ]  # fmt: skip
    posts = [
        "units/B/add", "units/B/slips", "units/B/basis/list", "units/B/basis/totals", f"posts/{carla}/change",
        f"posts/{carla}/end", f"posts/{carla}/transfer", f"posts/{carla}/reset", f"requests/{claim}/confirm",
        f"requests/{claim}/decline", f"imports/{import_id}/apply", f"imports/{import_id}/undo",
        f"imports/{import_id}/discard", f"imports/{import_id}/lines/1/decide",
    ]  # fmt: skip

    seen = {path: bruno.get(f"/manage/roster/{path}").status_code for path in gets}
    done = {path: bruno.post(f"/manage/roster/{path}").status_code for path in posts}

    assert set(seen.values()) == {404}, seen
    assert set(done.values()) == {404}, done
    assert "Lê Thị Na" not in bruno.get("/manage/roster/imports").text
    assert "Phạm Thị Cúc" not in bruno.get("/manage/roster/requests").text
    for path in gets:
        if not path.startswith("units/A"):
            answer = head_of_b.get(f"/manage/roster/{path}")
            assert answer.status_code == 200, path
            answer.close()


def test_a_file_for_another_unit_is_not_taken(sign_in: SignIn, world: World) -> None:
    answer = sign_in(world.bruno).post(
        "/manage/roster/imports/new",
        data={
            "file": (io.BytesIO(workbook([])), "x.xlsx"),
            "unit": "B",
            "as_of": "2026-11-24",
            "full_list": "part",
        },
        content_type="multipart/form-data",
    )

    assert answer.status_code == 422


def test_parents_are_on_no_staff_list(sign_in: SignIn, world: World) -> None:
    with unit_of_work() as work:
        lan = person(work, "Lý Thị Lan", world.community)
        grant(work, lan.id, Role.UNIT_HEAD, unit_id=world.community)
        lan_id = lan.id
    head = sign_in(lan_id)

    assert "Vũ Thị Phượng" not in head.get("/manage/roster/units/Q/").text
    assert head.get(f"/manage/roster/posts/{post_of(world.fay)}").status_code == 404


def test_a_transfer_is_offered_accepted_and_the_record_follows(
    sign_in: SignIn, head_of_b: FlaskClient, world: World
) -> None:
    bruno = sign_in(world.bruno)
    old = post_of(world.ana)

    answer = bruno.post(
        f"/manage/roster/posts/{old}/transfer", data={"to_unit": "b", "leaves_on": "2026-11-30"}
    )
    assert answer.status_code == 303
    transfer = fresh().scalars(select(Transfer.id)).one()
    assert bruno.post(f"/manage/roster/transfers/{transfer}/accept").status_code == 404
    assert head_of_b.post(f"/manage/roster/transfers/{transfer}/withdraw").status_code == 404
    assert "Trần Thị Ánh" in head_of_b.get("/manage/roster/transfers").text

    assert head_of_b.post(f"/manage/roster/transfers/{transfer}/accept").status_code == 303

    before, after = (
        fresh().scalars(select(Posting).where(Posting.user_id == world.ana).order_by(Posting.id)).all()
    )
    assert (before.valid_to, before.left_reason) == (date(2026, 11, 30), "transferred")
    assert (after.unit_id, after.valid_from, after.valid_to) == (world.other_school, date(2026, 12, 1), None)
    for day, school, other in ((date(2026, 11, 30), 2, 2), (date(2026, 12, 1), 1, 3)):
        assert count(world.school, day) == school
        assert count(world.other_school, day) == other
    assert head_of_b.get(f"/manage/roster/posts/{after.id}").status_code == 200
    assert head_of_b.post(f"/manage/roster/transfers/{transfer}/accept").status_code == 409


def count(unit_id: int, day: date) -> int:
    """Count heads by reading every posting, one by one."""
    return len(
        {
            one.user_id
            for one in fresh().scalars(select(Posting))
            if one.unit_id == unit_id
            and one.valid_from <= day
            and (one.valid_to is None or one.valid_to >= day)
        }
    )


@pytest.mark.parametrize(
    ("what", "who", "state"), [("decline", "b", "declined"), ("withdraw", "a", "withdrawn")]
)
def test_a_transfer_that_is_not_accepted_changes_nothing(
    what: str, who: str, state: str, sign_in: SignIn, head_of_b: FlaskClient, world: World
) -> None:
    bruno = sign_in(world.bruno)
    bruno.post(
        f"/manage/roster/posts/{post_of(world.ana)}/transfer",
        data={"to_unit": "B", "leaves_on": "2026-11-30"},
    )
    transfer = fresh().scalars(select(Transfer.id)).one()

    (bruno if who == "a" else head_of_b).post(f"/manage/roster/transfers/{transfer}/{what}")

    assert fresh().get_one(Transfer, transfer).state == TransferState(state)
    assert fresh().scalars(select(Posting).where(Posting.user_id == world.ana)).one().valid_to is None


def test_ending_and_correcting_a_post(sign_in: SignIn, world: World) -> None:
    bruno, post = sign_in(world.bruno), post_of(world.ana)

    changed = bruno.post(
        f"/manage/roster/posts/{post}/change",
        data={
            "name": "Trần Thị Ánh Nguyệt",
            "code": "gv 5",
            "phone": "0912 000 009",
            "title": "",
            "began": "2024-02-01",
        },
    )
    ended = bruno.post(
        f"/manage/roster/posts/{post}/end", data={"last_day": "2026-11-20", "reason": "retired"}
    )
    early = bruno.post(
        f"/manage/roster/posts/{post}/end", data={"last_day": "2020-11-20", "reason": "retired"}
    )

    assert (changed.status_code, ended.status_code, early.status_code) == (303, 303, 422)
    user, one = fresh().get_one(User, world.ana), fresh().get_one(Posting, post)
    assert (user.full_name, user.staff_code, user.phone) == ("Trần Thị Ánh Nguyệt", "GV5", "0912000009")
    assert (one.valid_from, one.valid_to, one.left_reason) == (
        date(2024, 2, 1),
        date(2026, 11, 20),
        "retired",
    )
    codes = fresh().scalars(select(Entry.code).where(Entry.target == f"posting:{post}")).all()
    assert {"roster.change", "roster.end"} <= set(codes)


def test_a_code_that_is_somebody_elses_is_refused_with_the_form(sign_in: SignIn, world: World) -> None:
    taken = fresh().get_one(User, world.carla).staff_code

    answer = sign_in(world.bruno).post(
        f"/manage/roster/posts/{post_of(world.ana)}/change",
        data={"name": "Trần Thị Ánh", "code": taken, "phone": "", "began": "2024-01-01"},
    )

    assert answer.status_code == 422
    assert taken
    assert taken in answer.text


def test_adding_by_hand_follows_the_rules_of_the_import(sign_in: SignIn, world: World) -> None:
    bruno = sign_in(world.bruno)
    form = {
        "name": "Lê Thị Na",
        "code": "GV-9",
        "phone": "",
        "audience": "teacher",
        "title": "",
        "began": "2026-09-05",
    }

    assert bruno.post("/manage/roster/units/A/add", data=form).status_code == 303
    doubtful = bruno.post("/manage/roster/units/A/add", data={**form, "code": "GV-8"})
    assert doubtful.status_code == 422
    assert 'name="new"' in doubtful.text
    assert (
        bruno.post("/manage/roster/units/A/add", data={**form, "code": "GV-8", "new": "y"}).status_code == 303
    )
    elsewhere = bruno.post(
        "/manage/roster/units/A/add", data={**form, "code": fresh().get_one(User, world.carla).staff_code}
    )
    assert elsewhere.status_code == 422
    assert len(fresh().scalars(select(User).where(User.full_name == "Lê Thị Na")).all()) == 2


def test_two_posts_are_one_head(sign_in: SignIn, world: World) -> None:
    bruno = sign_in(world.bruno)
    before = queries.headcount(fresh(), world.school, TODAY)
    code = fresh().get_one(User, world.ana).staff_code
    step(
        bruno,
        send(bruno, workbook([(None, code, "Trần Thị Ánh", None, "Cán bộ quản lý", None, None)])),
        "apply",
    )

    assert len(fresh().scalars(select(Posting).where(Posting.user_id == world.ana)).all()) == 2
    assert queries.headcount(fresh(), world.school, TODAY) == before == 2
    table = bruno.get("/manage/board.csv?by=audience").text
    assert table.splitlines()[-1].split(",")[1] == "2"


def test_a_declared_total_stands_beside_the_rates_and_in_none(sign_in: SignIn, world: World) -> None:
    gina = sign_in(world.gina)
    before = gina.get("/manage/board.csv?by=place&lang=vi").text.splitlines()[-1].split(",")
    answer = gina.post(
        "/manage/roster/units/L/basis/totals",
        data={
            "day": "2026-11-01",
            "n_investigator": "12",
            "n_police_officer": "30",
            "paper": (io.BytesIO(PDF), "so.pdf"),
        },
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text

    lines = gina.get("/manage/board.csv?by=place&lang=vi").text.splitlines()
    assert lines[0].split(",")[-1] == "Khai báo tổng số"
    total = lines[-1].split(",")
    assert total[-1] == "42"
    assert int(total[1]) == int(before[1]) - 1  # Én of the police post is no longer counted by name
    page = gina.get("/manage/?by=place&lang=vi").text
    assert "Khai báo tổng số: 42 người của 1 đơn vị" in page
    by_audience = gina.get("/manage/board.csv?by=audience&audience=investigator&lang=vi").text.splitlines()
    assert by_audience[-1].split(",")[-1] == "12"
    earlier = gina.get("/manage/board.csv?by=place&until=2026-10-31&lang=vi").text.splitlines()[0]
    assert "Khai báo" not in earlier
    assert queries.headcount(fresh(), world.post, date(2026, 11, 1)) == 42
    assert queries.headcount(fresh(), world.post, date(2026, 10, 31)) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"n_teacher": "5"},
        {"paper": (io.BytesIO(b"<svg/>"), "so.pdf"), "n_teacher": "5"},
        {"paper": (io.BytesIO(PDF), "so.pdf")},
    ],
)
def test_a_total_without_a_good_paper_or_a_number_is_refused(
    sent: dict[str, object], sign_in: SignIn, world: World
) -> None:
    if "paper" in sent:
        content = sent["paper"][0].getvalue()  # type: ignore[index]
        sent = {**sent, "paper": (io.BytesIO(content), "so.pdf")}
    answer = sign_in(world.bruno).post(
        "/manage/roster/units/A/basis/totals",
        data={"day": "2026-11-24", **sent},
        content_type="multipart/form-data",
    )

    assert answer.status_code == 422
    basis = queries.basis_on(fresh(), world.school, TODAY)
    assert basis is not None
    assert basis.evidence == Evidence.NAMED


def test_confirming_the_list_gives_a_denominator_from_that_day(head_of_b: FlaskClient, world: World) -> None:
    assert queries.headcount(fresh(), world.other_school, TODAY) is None

    assert head_of_b.post("/manage/roster/units/B/basis/list", data={"day": "2026-11-10"}).status_code == 303

    assert queries.headcount(fresh(), world.other_school, date(2026, 11, 10)) == 2
    assert queries.headcount(fresh(), world.other_school, date(2026, 11, 9)) is None
    board = head_of_b.get("/manage/board.csv?by=place&until=2026-11-09").text.splitlines()
    assert board[-1].split(",")[1] == ""
    board = head_of_b.get("/manage/board.csv?by=place&until=2026-11-10").text.splitlines()
    assert board[-1].split(",")[1] == "2"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2), (0, 2, 1), (2, 0, 1)])
def test_bases_of_a_unit_never_overlap(order: tuple[int, ...], session: Session, world: World) -> None:
    """Every order of setting three bases leaves at most one on any day."""
    days = [date(2026, 1, 1), date(2026, 6, 1), date(2026, 9, 1)]
    with unit_of_work() as work:
        for place, evidence in zip(order, (Evidence.NAMED, Evidence.CODED, Evidence.NAMED), strict=True):
            bases.set_basis(work, world.other_school, evidence, days[place], by_id=None, now=NOW)

    rows = queries.bases(fresh(), world.other_school)
    for day in (date(2025, 12, 31), *days, TODAY):
        holding = [
            one for one in rows if one.valid_from <= day and (one.valid_to is None or one.valid_to >= day)
        ]
        assert len(holding) == (0 if day < min(days) else 1)


def test_the_list_is_searched_filtered_and_exported(sign_in: SignIn, world: World) -> None:
    bruno = sign_in(world.bruno)

    assert "Trần Thị Ánh" in bruno.get("/manage/roster/units/A/?q=tran anh").text
    assert "Trần Thị Ánh" not in bruno.get("/manage/roster/units/A/?q=bao").text
    assert "Trần Thị Ánh" not in bruno.get("/manage/roster/units/A/?audience=manager").text
    rows = bruno.get("/manage/roster/units/A/roster.csv?lang=vi").text.splitlines()
    assert rows[0].lstrip("\ufeff").startswith("Họ và tên,Mã cán bộ")
    assert len(rows) == 3
    looked = fresh().scalars(select(Entry.code).where(Entry.target == "unit:A")).all()
    assert {"people.read", "people.export"} <= set(looked)


def test_a_unit_that_has_ended_takes_nobody(sign_in: SignIn, world: World) -> None:
    with unit_of_work() as work:
        work.get_one(Unit, world.clinic).valid_to = date(2026, 1, 1)
    gina = sign_in(world.gina)

    import_id = send(gina, workbook([("K", "YT-1", "Lê Thị Na", None, "Bác sĩ", None, None)]), unit="")

    assert "không có đơn vị" in gina.get(f"/manage/roster/imports/{import_id}?lang=vi").text


def test_the_people_of_every_basis_are_those_of_its_last_day(session: Session, world: World) -> None:
    """One question for all of them says what a question for each would: lists on several days, and a total between."""
    with unit_of_work() as work:
        work.execute(delete(RosterBasis).where(RosterBasis.unit_id == world.school))
        paper = StoredFile(
            name="giay.pdf", kind=FileKind.PDF, size=9, sha256="0" * 64, purpose="test", uploaded_at=NOW
        )
        work.add(paper)
        work.flush()
        for year, evidence in ((2023, "named"), (2024, "named"), (2025, "totals"), (2026, "coded")):
            last = None if year == 2026 else date(year, 12, 31)
            totals, file_id = ({"teacher": 7}, paper.id) if evidence == "totals" else (None, None)
            work.add(
                RosterBasis(
                    unit_id=world.school, evidence=Evidence(evidence), valid_from=date(year, 1, 1), valid_to=last,
                    totals=totals, file_id=file_id,
                )
            )  # fmt: skip
        one = person(work, "Người Đã Đi", world.school)
        work.scalars(select(Posting).where(Posting.user_id == one.id)).one().valid_to = date(2024, 12, 31)
    every = queries.bases(session, world.school)

    found = queries.headcounts(session, world.school, every, TODAY)

    assert found == {
        one.id: queries.headcount(session, world.school, min(one.valid_to or TODAY, TODAY)) for one in every
    }
    assert [found[one.id] for one in every] == [2, 7, 3, 0]

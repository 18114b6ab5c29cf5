"""Rights over data: seen, corrected, taken away, removed – and every past figure and every paper stays what it was."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import portal.tables  # noqa: F401 - completes the metadata
from courses.certificates.models import Certificate, CertificateFile
from courses.models import Completion, Enrolment, LessonDone
from portal.core import clock
from portal.core.accounts import secrets
from portal.core.accounts.models import Membership, Posting, SignIn, User
from portal.core.audit.models import Entry
from portal.core.consent import services as consent
from portal.core.consent.models import Consent, ConsentWay
from portal.core.db import Base, db, unit_of_work
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from portal.core.notices.models import Notice
from portal.core.policy import Action, Actor, Grant, Role
from portal.core.rights import looking, retention
from portal.core.rights.erasing import erase
from portal.core.rights.errors import AlreadyErased, LastAdministrator, NotOneself
from portal.core.rights.holdings import HOLDINGS, NAMELESS
from portal.core.rights.models import (
    Erasure,
    ErasureWay,
    ListReason,
    ListView,
    ListViewPerson,
)
from portal.reports import queries as reports
from quizzes.models import Answer, Attempt
from tests.factories import NOW, TODAY, World, grant
from tests.security.support import answer_all, begin_quiz, certify

SignInAs = Callable[[int], FlaskClient]
SECRET = "ba con gà đi bộ"


@pytest.fixture
def secret(session: Session, world: World) -> str:
    """Give Ana a password and the means to be found by number; return the password."""
    with unit_of_work() as work:
        ana = work.get_one(User, world.ana)
        ana.secret_hash, ana.phone, ana.email = secrets.hashed(SECRET), "0912345678", "ana@example.vn"
    return SECRET


def correct(client: FlaskClient, **changes: str) -> Any:
    form = {
        "full_name": "Trần Thị Ánh",
        "phone": "0912345678",
        "email": "",
        "language": "vi",
        "present": SECRET,
    }
    return client.post("/account/data", data=form | changes)


# -- seeing and correcting ------------------------------------------------------------------------------------------


def test_one_corrects_one_s_own_data_with_the_secret(
    session: Session, world: World, sign_in: SignInAs, secret: str
) -> None:
    answer = correct(
        sign_in(world.ana), full_name="Trần  Thị Ánh Nguyệt", phone="+84 987 654 321", email="moi@example.vn"
    )

    assert answer.status_code == 303
    session.expire_all()
    ana = session.get_one(User, world.ana)
    assert (ana.full_name, ana.phone, ana.email, ana.language) == (
        "Trần Thị Ánh Nguyệt", "0987654321", "moi@example.vn", "vi",
    )  # fmt: skip
    assert ana.search_key == "tran thi anh nguyet"
    entry = session.scalars(select(Entry).where(Entry.code == "user.correct")).one()
    assert entry.facts == {"fields": "full_name, phone, email, language"}, (
        "which fields, never what stood there"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"present": "sai"}, "không đúng"),
        ({"present": ""}, "cần được điền"),
        ({"full_name": "Ánh"}, "họ và tên"),
        ({"phone": "12345"}, "Số điện thoại chưa đúng"),
        ({"email": "không phải"}, "ten@example.vn"),
        ({"email": "a@example.vn,b@example.vn"}, "ten@example.vn"),
        ({"language": "fr"}, ""),
    ],
)
def test_a_wrong_correction_changes_nothing_and_keeps_what_was_typed(
    session: Session, world: World, sign_in: SignInAs, secret: str, changes: dict[str, str], words: str
) -> None:
    answer = correct(sign_in(world.ana), **{"email": "moi@example.vn"} | changes)

    assert answer.status_code == 422
    assert words.casefold() in answer.text.casefold()
    assert SECRET not in answer.text
    session.expire_all()
    assert session.get_one(User, world.ana).email == "ana@example.vn"


def test_guessing_the_secret_here_locks_the_account_as_at_sign_in(
    session: Session, world: World, sign_in: SignInAs, secret: str
) -> None:
    ana = sign_in(world.ana)
    for _ in range(8):
        assert correct(ana, present="sai").status_code == 422

    assert correct(ana, email="moi@example.vn").status_code == 422, "the right one comes too late"
    with clock.frozen(NOW + timedelta(minutes=16)):
        assert correct(ana, email="moi@example.vn").status_code == 303


def test_who_signs_in_by_number_only_cannot_lose_it(
    session: Session, world: World, sign_in: SignInAs, secret: str
) -> None:
    with unit_of_work() as work:
        ana = work.get_one(User, world.ana)
        ana.username = ana.staff_code = None

    assert correct(sign_in(world.ana), phone="").status_code == 422


# -- taking it with oneself -----------------------------------------------------------------------------------------


def test_everything_comes_in_one_zip(session: Session, world: World, sign_in: SignInAs, secret: str) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
        attempt = begin_quiz(work, world.ana, "GD-01")
        answer_all(work, attempt)
        work.add(Notice(user_id=world.ana, code="x", facts={"a": 1}, at=NOW))

    answer = sign_in(world.ana).post("/account/data/download")

    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    everything = json.loads(archive.read("du-lieu.json"))
    assert set(everything) == {"made_at", *HOLDINGS}
    assert everything["account"][0]["phone"] == "0912345678"
    assert everything["posts"][0]["unit"] == "Trường Tiểu học Ánh Sao"
    assert everything["certificates"][0]["serial"] == serial
    assert everything["courses"][0]["completed_on"] == TODAY.isoformat()
    assert len(everything["lessons"]) > 5
    assert len(everything["quizzes"][0]["answers"]) == len(attempt.paper["order"])
    assert "secret" not in json.dumps(everything).replace("secret_kind", "").replace("change_secret", "")
    assert archive.read(f"certificates/{serial}.pdf").startswith(b"%PDF")
    page = archive.read("doc-truoc.html").decode()
    assert "Trần Thị Ánh" in page
    assert "giáo viên" in page, "codes are worded"
    table = list(csv.reader(io.StringIO(archive.read("csv/posts.csv").decode("utf-8-sig"))))
    assert table[0][:2] == ["Đơn vị", "Địa bàn"]
    assert table[1][0] == "Trường Tiểu học Ánh Sao"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert [one.code for one in session.scalars(select(Entry).where(Entry.code == "user.download"))] == [
        "user.download"
    ]


def test_formulas_and_markup_in_one_s_own_name_stay_text(
    session: Session, world: World, sign_in: SignInAs, secret: str
) -> None:
    with unit_of_work() as work:
        work.get_one(User, world.ana).full_name = "=cmd() <script>x</script>"

    archive = zipfile.ZipFile(io.BytesIO(sign_in(world.ana).post("/account/data/download").data))

    assert "<script>" not in archive.read("doc-truoc.html").decode()
    assert "'=cmd()" in archive.read("csv/account.csv").decode()


def test_every_table_about_people_belongs_to_a_holding() -> None:
    """A new table that points at a person fails here until somebody says what becomes of it when she is removed."""
    pointing = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table.name == "user" for key in table.foreign_keys)
    }
    answered = {name for holding in HOLDINGS.values() for name in holding.tables}

    assert pointing - answered == set()


# -- removing -------------------------------------------------------------------------------------------------------


def boards(session: Session, world: World, day: date) -> list[Any]:
    """Return every count of the province of a day, by course, place and audience."""
    actor = Actor(world.dora, (Grant(Role.STANDING_AGENCY),))
    scope = reports.scope_for(session, actor, "area:P", Action.PEOPLE_COUNT)
    filters = reports.Filters(on=day, until=day)
    return [
        (str(by), [(line.code, line.counts) for line in lines], total)
        for by in reports.By
        for lines, total in [reports.board(session, scope, filters, by, "vi")]
    ]


def remove(user_id: int, by: int | None = None, **more: Any) -> None:
    with unit_of_work() as work:
        erase(
            work,
            user_id,
            by_id=by or user_id,
            way=ErasureWay.ADMINISTRATOR if by else ErasureWay.SELF,
            reason="theo đơn đề nghị số 15" if by else "",
            today=TODAY,
            now=NOW,
            **more,
        )


def test_removed_the_person_is_gone_and_every_past_figure_is_what_it_was(
    session: Session, world: World, client: FlaskClient, sign_in: SignInAs, secret: str
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana, now=NOW - timedelta(days=20)).serial
        answer_all(work, begin_quiz(work, world.ana, "GD-01", NOW - timedelta(days=10)))
        work.add(Notice(user_id=world.ana, code="x", facts={}, at=NOW))
    days = [TODAY - timedelta(days=back) for back in (0, 1, 9, 15, 25, 400)]
    before = [boards(session, world, day) for day in days]
    assert before[0] != before[-1], "the figures say something"
    sha = session.scalars(select(Certificate.sha256)).one()

    remove(world.ana)

    session.expire_all()
    assert [boards(session, world, day) for day in days] == before
    page = client.get(f"/verify/{serial}")
    assert page.status_code == 200
    assert "Trần T. Á." in page.text
    assert "Trần Thị Ánh" not in page.text
    one = session.scalars(select(Certificate)).one()
    assert (one.full_name, one.facts["full_name"], one.sha256) == ("Trần T. Á.", "Trần T. Á.", sha)
    assert session.scalars(select(CertificateFile)).all() == []
    for model in (SignIn, Notice, Answer, LessonDone):
        assert session.scalars(select(model)).all() == [], model
    assert session.scalars(select(Attempt)).all() == [], "it was never handed in"
    assert len(session.scalars(select(Completion)).all()) == 1
    assert len(session.scalars(select(Enrolment)).all()) == 2
    everything = whole_database(session)
    for trace in ("Trần Thị Ánh", "tran thi anh", "0912345678", "ana@example.vn", '"ana"', "T-0"):
        found = [line for line in everything if trace in line and f'"id": {world.ana},' in line]
        assert found == [], trace
    assert not any("Trần Thị Ánh" in line or "0912345678" in line for line in everything)


def whole_database(session: Session) -> list[str]:
    """Return every row of every table as text."""
    return [
        f"{table.name}: " + json.dumps(dict(row), default=str, ensure_ascii=False)
        for table in Base.metadata.sorted_tables
        if table.name not in ("lesson_text", "bank_release")
        for row in session.execute(select(table)).mappings()
    ]


def test_who_removes_herself_is_signed_out_and_cannot_come_back(
    session: Session, world: World, client: FlaskClient, sign_in: SignInAs, secret: str
) -> None:
    ana = sign_in(world.ana)
    asked = ana.get("/account/data/erase").text
    assert "Những gì bị xóa" in asked
    assert ana.post("/account/data/erase", data={"understood": "y", "present": "sai"}).status_code == 422
    assert ana.post("/account/data/erase", data={"present": SECRET}).status_code == 422
    assert session.scalars(select(Erasure)).all() == []

    gone = ana.post("/account/data/erase", data={"understood": "y", "present": SECRET})

    assert (gone.status_code, gone.location) == (303, "/")
    assert "đã được xóa" in ana.get("/").text
    assert ana.get("/account").status_code == 303
    for login in ("ana", "0912345678", f"erased:{world.ana}"):
        assert client.post("/login", data={"login": login, "secret": SECRET}).status_code == 422


def test_from_the_next_day_she_is_on_no_list(session: Session, world: World, sign_in: SignInAs) -> None:
    remove(world.ana)

    head = sign_in(world.bruno)
    assert NAMELESS in head.get("/manage/people?place=unit:A").text
    with clock.frozen(NOW + timedelta(days=1)):
        assert NAMELESS not in head.get("/manage/people?place=unit:A").text
    assert session.scalars(select(Posting.valid_to).where(Posting.user_id == world.ana)).all() == [TODAY]


def test_an_administrator_removes_with_a_reason(
    session: Session, world: World, sign_in: SignInAs, secret: str
) -> None:
    admin = sign_in(world.admin)
    found = admin.get("/admin/erasures?who=0912+345+678").text
    assert "Trần Thị Ánh" in found
    assert f"/admin/people/{world.ana}/erase" in found
    assert "Trần Thị Ánh" not in admin.get("/admin/erasures?who=Ánh").text, (
        "only by an exact number, code or name"
    )
    where = f"/admin/people/{world.ana}/erase"
    assert admin.post(where, data={"understood": "y", "reason": "ngắn"}).status_code == 422
    assert admin.post(where, data={"reason": "theo đơn đề nghị số 15"}).status_code == 422
    assert admin.post(where, data={"understood": "y", "reason": "theo đơn đề nghị số 15"}).status_code == 303

    again = admin.post(where, data={"understood": "y", "reason": "theo đơn đề nghị số 15"})
    assert again.status_code == 422
    assert "đã được xóa" in again.text
    listed = admin.get("/admin/erasures?q=đơn+đề+nghị").text
    assert "theo đơn đề nghị số 15" in listed
    assert "theo đơn" not in admin.get("/admin/erasures?q=không+có").text
    file = admin.get("/admin/erasures.csv").data.decode("utf-8-sig")
    assert "theo đơn đề nghị số 15" in file
    assert admin.get("/admin/people/999999/erase").status_code == 404


def test_nobody_is_left_without_an_administrator(session: Session, world: World) -> None:
    with pytest.raises(LastAdministrator):
        remove(world.admin)
    with pytest.raises(NotOneself):
        remove(world.admin, by=world.admin)
    with unit_of_work() as work:
        grant(work, world.author, Role.ADMINISTRATOR)

    remove(world.admin)
    session.expire_all()
    roles = session.scalars(select(Membership.valid_to).where(Membership.user_id == world.admin)).all()
    assert roles == [TODAY]
    with pytest.raises(AlreadyErased):
        remove(world.admin)


def test_a_backup_of_a_portal_with_removed_people_is_still_proven(
    app: Flask, session: Session, world: World
) -> None:
    from portal import backup

    with unit_of_work() as work:
        certify(work, world.ana)
    remove(world.ana)

    backup._check_certificates(session.connection(), __import__("pathlib").Path("x"))


# -- consents -------------------------------------------------------------------------------------------------------


def test_signing_up_writes_the_very_words(session: Session, client: FlaskClient, world: World) -> None:
    page = client.get("/register").text
    key = re.search(r'name="registration_key"[^>]*value="([^"]+)"', page)
    assert key is not None
    form = {
        "registration_key": key[1], "full_name": "Lê Thị Mới", "phone": "0977000111", "commune": str(world.community),
        "pin": "371946", "consent": "y",
    }  # fmt: skip
    for _ in range(2):
        client.post("/register", data=form)

    log = session.scalars(select(Consent)).all()
    assert [(one.given, one.version, one.language, one.way) for one in log] == [
        (True, "2026-11", "vi", ConsentWay.FORM)
    ]
    assert log[0].wording in page, "the sentence that stood beside the box"


def test_the_log_is_only_added_to(session: Session, world: World) -> None:
    def note(given: bool, words: str = "Tôi đồng ý.") -> bool:
        with unit_of_work() as work:
            return consent.note(
                work, world.ana, version="1", wording=words, language="vi", way=ConsentWay.PAPER, by_id=world.bruno,
                now=NOW, given=given,
            )  # fmt: skip

    assert [note(True), note(True), note(False), note(True), note(True, "Lời mới.")] == [
        True,
        False,
        True,
        True,
        True,
    ]
    session.expire_all()
    assert [one.given for one in session.scalars(select(Consent).order_by(Consent.id))] == [
        True,
        False,
        True,
        True,
    ]
    one = session.scalars(select(Consent).limit(1)).one()
    with pytest.raises(TypeError), unit_of_work() as work:
        work.get_one(Consent, one.id).wording = "khác"
    with pytest.raises(TypeError), unit_of_work() as work:
        work.delete(work.get_one(Consent, one.id))


# -- who looked -----------------------------------------------------------------------------------------------------


def test_who_was_listed_sees_who_looked_and_nobody_else_does(
    session: Session, world: World, sign_in: SignInAs
) -> None:
    head = sign_in(world.bruno)
    head.get("/manage/people?place=unit:A&q=anh")
    head.get("/manage/people.csv?place=unit:A").close()

    seen = session.execute(
        select(ListView.code, ListView.people, ListViewPerson.user_id)
        .join(ListViewPerson, ListViewPerson.view_id == ListView.id)
        .order_by(ListView.id, ListViewPerson.user_id)
    ).all()
    assert [tuple(one) for one in seen] == [
        ("people.read", 1, world.ana),
        ("people.export", 2, world.ana),
        ("people.export", 2, world.bruno),
    ]
    mine = sign_in(world.ana).get("/account/data").text
    assert mine.count("Lê Văn Bảo") == 2
    assert "xuất danh sách" in mine
    assert "Trường Tiểu học Ánh Sao" in mine
    assert "Lê Văn Bảo" not in sign_in(world.carla).get("/account/data").text


def test_the_administrator_searches_and_exports_looks(
    session: Session, world: World, sign_in: SignInAs
) -> None:
    sign_in(world.bruno).get("/manage/people?place=unit:A")
    admin = sign_in(world.admin)

    assert "Trường Tiểu học Ánh Sao" in admin.get("/admin/looks").text
    assert "Trường Tiểu học Ánh Sao" in admin.get("/admin/looks?q=bao").text, "who looked"
    assert "Trường Tiểu học Ánh Sao" in admin.get("/admin/looks?q=Trần+Thị+Ánh").text, "who stood on the list"
    assert "Trường Tiểu học Ánh Sao" not in admin.get("/admin/looks?q=Phạm+Thị+Cúc").text
    assert "Trường Tiểu học Ánh Sao" not in admin.get("/admin/looks?code=people.export").text
    assert "Trường Tiểu học Ánh Sao" not in admin.get("/admin/looks?until=2026-11-23").text
    assert "Trường Tiểu học Ánh Sao" in admin.get("/admin/looks?since=2026-11-24&until=2026-11-24").text
    assert "không phải là ngày" in admin.get("/admin/looks?since=hôm+qua").text
    rows = list(csv.reader(io.StringIO(admin.get("/admin/looks.csv").data.decode("utf-8-sig"))))
    assert rows[1][1:5] == ["Lê Văn Bảo", "xem danh sách người học", "Trường Tiểu học Ánh Sao", "2"]
    assert admin.get("/admin/looks.xlsx").data.startswith(b"PK")


def test_a_list_with_police_asks_for_the_reason_first(
    session: Session, world: World, sign_in: SignInAs
) -> None:
    head = sign_in(world.gina)
    for path in ("/manage/people?place=area:D1", "/manage/people.csv?place=area:D1"):
        sent = head.get(path)
        assert sent.status_code == 303
        assert sent.location.startswith("/manage/reason?kind=police")
    assert session.scalars(select(ListView)).all() == [], "nothing was shown"
    where = head.get("/manage/people?place=area:D1").location
    assert "công an" in head.get(where).text
    target = re.search(r'name="next"[^>]*value="([^"]+)"', head.get(where).text)
    assert target is not None
    assert head.post(where, data={"reason": "ngắn", "next": target[1]}).status_code == 422
    assert head.post("/manage/reason?kind=khac&place=x", data={"reason": "x" * 20}).status_code == 404

    given = head.post(where, data={"reason": "Rà soát tiến độ học quý 4", "next": target[1]})

    assert (given.status_code, given.location) == (303, "/manage/people?place=area:D1")
    assert "Hồ Văn Én" in head.get(given.location).text
    assert head.get("/manage/people.csv?place=area:D1").status_code == 200
    views = session.execute(
        select(ListView.code, ListReason.reason)
        .join(ListReason, ListReason.id == ListView.reason_id)
        .order_by(ListView.id)
    ).all()
    assert [tuple(one) for one in views] == [
        ("people.read", "Rà soát tiến độ học quý 4"),
        ("people.export", "Rà soát tiến độ học quý 4"),
    ]
    assert "Rà soát tiến độ" in sign_in(world.admin).get("/admin/looks?q=tiến+độ").text
    assert head.get("/manage/people?place=unit:L").status_code == 303, "another list, another reason"
    assert head.get("/manage/people?place=area:D1&audience=teacher").status_code == 200
    with clock.frozen(NOW + timedelta(minutes=31)):
        assert head.get("/manage/people?place=area:D1").status_code == 303, "it holds for half an hour"


def test_a_reason_never_leads_out_of_the_portal(world: World, sign_in: SignInAs, session: Session) -> None:
    head = sign_in(world.gina)
    answer = head.post(
        "/manage/reason?kind=police&place=area:D1",
        data={"reason": "Rà soát tiến độ", "next": "//evil.example/x"},
    )

    assert answer.location == "/"


def test_a_discreet_look_is_kept_and_shown_with_nobody(
    session: Session, world: World, sign_in: SignInAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LOOK_LABELS", dict(looking.LOOK_LABELS))
    looking.DISCREET.add("test.discreet")
    try:
        with unit_of_work() as work:
            given = looking.give_reason(work, world.bruno, "police", "unit:A", "một lý do đủ dài", NOW)
            looking.looked(
                work, by_id=world.bruno, code="test.discreet", place="record:x", people=[world.ana], now=NOW,
                reason_id=given.id,
            )  # fmt: skip
        hers = sign_in(world.ana).get("/account/data").text
        admin = sign_in(world.admin)
        every, by_name = admin.get("/admin/looks").text, admin.get("/admin/looks?q=Trần+Thị+Ánh").text
        by_reason = admin.get("/admin/looks?q=một+lý+do+đủ").text
    finally:
        looking.DISCREET.discard("test.discreet")

    assert session.scalars(select(ListViewPerson.user_id)).all() == [world.ana]
    assert "Lê Văn Bảo" not in hers, "a line that a neighbour has not would tell"
    assert "record:x" in every
    assert "một lý do đủ dài" not in every
    assert "record:x" not in by_name
    assert "record:x" not in by_reason


def test_pages_of_rights_do_not_grow(session: Session, world: World, sign_in: SignInAs) -> None:
    from tests.speed.test_query_counts import queries

    ana, admin = sign_in(world.ana), sign_in(world.admin)

    def look() -> None:
        with unit_of_work() as work:
            looking.looked(
                work, by_id=world.bruno, code="people.read", place="unit:A", people=[world.ana], now=NOW
            )

    look()
    few = queries(ana, "/account/data"), queries(admin, "/admin/looks"), queries(admin, "/admin/erasures")
    for _ in range(30):
        look()
    assert (
        queries(ana, "/account/data"),
        queries(admin, "/admin/looks"),
        queries(admin, "/admin/erasures"),
    ) == few


# -- retention ------------------------------------------------------------------------------------------------------


def test_what_need_not_be_kept_is_deleted_and_the_rest_is_not(
    session: Session, world: World, sign_in: SignInAs
) -> None:
    def ago(days: int) -> Any:
        return NOW - timedelta(days=days)

    with unit_of_work() as work:
        for number, days in enumerate((399, 401)):
            work.add(SignIn(token_hash=f"{number}" * 64, user_id=world.ana, created_at=ago(days)))
            work.add(Notice(user_id=world.ana, code="x", facts={}, at=ago(900), read_at=ago(days)))
        work.add(Notice(user_id=world.ana, code="unread", facts={}, at=ago(900)))
        for days, state in ((99, State.DONE), (101, State.DONE), (101, State.WAITING)):
            work.add(
                Job(
                    kind="old", facts={}, state=state, not_before=NOW + timedelta(days=9), created_at=ago(days),
                    ended_at=ago(days) if state == State.DONE else None, progress=0, total=0, tries=0,
                )
            )  # fmt: skip
        for days in (1829, 1831):
            looking.looked(
                work, by_id=world.bruno, code="people.read", place="unit:A", people=[world.ana], now=ago(days)
            )
    counts = {name: retention.count(session, rule, NOW) for name, rule in retention.RULES.items()}
    assert counts == {
        "keep_sign_ins_days": 1, "keep_read_notices_days": 1, "keep_jobs_days": 1, "keep_list_views_days": 1,
    }  # fmt: skip
    entries = len(session.scalars(select(Entry)).all())

    with clock.frozen(NOW.replace(hour=20)):  # 03:00 in the province, of the next day
        Worker().drain()

    session.expire_all()
    assert len(session.scalars(select(SignIn)).all()) == 1
    assert sorted(session.scalars(select(Notice.code))) == ["unread", "x"]
    assert sorted(session.scalars(select(Job.state).where(Job.kind == "old"))) == [State.DONE, State.WAITING]
    assert (
        len(session.scalars(select(ListView)).all())
        == len(session.scalars(select(ListViewPerson)).all())
        == 1
    )
    assert len(session.scalars(select(Entry)).all()) == entries + 1, (
        "the trail is kept, and says what was deleted"
    )
    done = session.scalars(select(Entry).where(Entry.code == "retention.run")).one()
    assert done.facts["keep_sign_ins_days"] == 1


def test_zero_keeps_for_ever_and_a_usable_session_is_never_deleted(
    app: Flask, session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    settings = app.config["SETTINGS"]
    with unit_of_work() as work:
        work.add(SignIn(token_hash="0" * 64, user_id=world.ana, created_at=NOW - timedelta(days=29)))
    rule = retention.RULES["keep_sign_ins_days"]

    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, keep_sign_ins_days=1))
    assert retention.count(session, rule, NOW) == 0, "sessions last 30 days"
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, keep_sign_ins_days=0))
    assert retention.count(session, rule, NOW + timedelta(days=9999)) == 0


def test_the_command_says_what_it_would_delete_and_deletes_it(
    app: Flask, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        work.add(SignIn(token_hash="0" * 64, user_id=world.ana, created_at=NOW - timedelta(days=500)))
    run = app.test_cli_runner().invoke

    dry = run(args=["retention", "run", "--dry-run", "--format", "json"])
    assert json.loads(dry.output)["keep_sign_ins_days"] == 1
    assert len(db.session().scalars(select(SignIn)).all()) == 1
    real = run(args=["retention", "run"])
    assert real.exit_code == 0, real.output
    assert "keep_sign_ins_days: 1 rows deleted" in real.output
    assert db.session().scalars(select(SignIn)).all() == []


def test_many_rows_go_in_small_steps(session: Session, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    with unit_of_work() as work:
        for number in range(8):
            work.add(
                SignIn(token_hash=f"{number:064d}", user_id=world.ana, created_at=NOW - timedelta(days=500))
            )
    from portal.core.jobs import services

    with unit_of_work() as work:
        services.enqueue(work, "retention.run", {}, by_id=None, now=NOW)
    Worker().drain()

    assert session.scalars(select(SignIn)).all() == []

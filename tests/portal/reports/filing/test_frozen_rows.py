"""The rows behind a filed figure, page by page: what they cost, what a search and a filter find, the file, what is old."""

import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, event, func, select, text
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.accounts.models import Audience, Membership
from portal.core.db import db, unit_of_work
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from portal.core.names import fold
from portal.core.rights.models import ListView, ListViewPerson
from portal.indicators import pages
from portal.indicators.catalogue import plans
from portal.indicators.opening.row import Row
from portal.indicators.pages import Wanted
from portal.reports.filing import chunks, opened, row_views, snapshot
from portal.reports.filing.models import Filing, FilingChunk, FilingRows
from portal.reports.filing.work import canonical, digest_of
from tests import databases
from tests.conftest import DATABASES
from tests.factories import NOW, World, person
from tests.portal.reports.filing import support
from tests.portal.reports.filing.support import filed

SignIn = Callable[[int], FlaskClient]
KEY = "CT11a/people"


@pytest.fixture
def report(world: World, app: Flask) -> int:
    """File the report of D1: 61 health workers stand at clinic K, every third one with the course."""
    with unit_of_work() as work:
        for number in range(60):
            trained = date(2025, 4, 1) if number % 3 == 0 else None
            support.officer(work, world, f"Cao Thị Số {number:02d}", trained_on=trained)
        support.officer(work, world, "Lê Văn Sỹ")
        return filed(work, world).id


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Yield the statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    bind = session.get_bind()
    event.listen(bind, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(bind, "before_cursor_execute", note)


def kept(filing_id: int, key: str, rows: list[list[object]]) -> None:
    with unit_of_work() as work:
        chunks.keep(work, filing_id, key, rows)


@pytest.mark.parametrize("size", [1, 2, 7, 500])
def test_a_digest_is_that_of_all_rows_whatever_they_are_cut_into(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(chunks, "SIZE", size)
    for many in (0, 1, 2, 13):
        rows = [
            ["person" if n < 9 else "unit", n, n % 4, "a", n % 2 == 0, "x" * (n % 2), {}] for n in range(many)
        ]

        cut = list(chunks.cut(rows))

        assert [row for some in cut for row in some] == rows
        assert all(0 < len(some) <= size and len({row[0] for row in some}) == 1 for some in cut)
        assert chunks.digest(canonical(some).encode() for some in cut) == digest_of(canonical(rows))


def test_every_filter_finds_what_reading_all_rows_finds(
    session: Session, world: World, report: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random rows in chunks of three, pages of four: each page of each question against a plain filter of the list."""
    monkeypatch.setattr(chunks, "SIZE", 3)
    monkeypatch.setattr(opened, "PAGE", 4)
    monkeypatch.setattr(opened, "MOST_READ", 10**9)
    filing = session.get_one(Filing, report)
    dice = random.Random(39)
    names = {one.id: one.full_name for one in session.scalars(select(support.User))}
    for turn in range(6):
        rows = [
            [
                dice.choice(["person", "person", "unit", "area"]),
                dice.choice(sorted(names)),
                dice.choice([None, world.school, world.clinic]),
                dice.choice(["a", "b", None]),
                *dice.choice([(True, ""), (False, "expired"), (False, "no_certificate")]),
                {},
            ]
            for _row in range(dice.choice([0, 1, 5, 40]))
        ]
        rows.sort(key=lambda row: (row[0], row[1], row[3] or ""))
        kept(report, f"X{turn}", rows)
        filing = session.get_one(Filing, report)
        clinic = session.get_one(support.Unit, world.clinic).name
        for state in ("all", "counted", "not_counted"):
            for reason in ("", "expired", "revoked"):
                for part in ("", "a"):
                    for search in ("", "so 1", clinic, "không ai"):
                        wanted = Wanted(state, reason, part, search)
                        slow = [
                            Row(*row)
                            for row in rows
                            if (state == "all" or row[4] == (state == "counted"))
                            and reason in ("", row[5])
                            and part in ("", row[3])
                            and (
                                not search
                                or (row[0] == "person" and fold(search) in fold(names[row[1]]))
                                or (search == clinic and row[2] == world.clinic)
                            )
                        ]
                        assert list(opened.every(session, filing, f"X{turn}", wanted)) == slow
                        for number in range(1, len(slow) // 4 + 2):
                            found = opened.page(
                                session, filing, f"X{turn}", Wanted(state, reason, part, search, "", number)
                            )
                            assert found.rows == slow[(number - 1) * 4 : number * 4]
                            assert (found.total, found.whole) == (len(slow), True)
                            assert found.more == (len(slow) > number * 4)
                            reasons = Counter(row[5] for row in rows if row[5])
                            assert found.reasons == dict(reasons)
                            assert found.parts == dict(Counter(row[3] for row in rows if row[3]))
                            assert found.counted + found.not_counted == len(rows)


@pytest.mark.parametrize("wanted", [Wanted(page=1), Wanted(page=900), Wanted(state="not_counted", page=30)])
def test_a_page_reads_what_it_shows_however_many_rows_there_are(
    session: Session, report: int, wanted: Wanted
) -> None:
    kept(report, "few", [["person", n, None, "a", n % 2 == 0, "expired" * (n % 2), {}] for n in range(600)])
    kept(
        report, "many", [["person", n, None, "a", n % 2 == 0, "expired" * (n % 2), {}] for n in range(60_000)]
    )
    filing = session.get_one(Filing, report)
    read: list[int] = []
    unpacked = chunks.unpacked

    def counting(stored: bytes) -> bytes:
        read.append(len(stored))
        return unpacked(stored)

    chunks.unpacked = counting  # type: ignore[assignment]
    try:
        costs = []
        for key in ("few", "many"):
            read.clear()
            with statements(session) as seen:
                found = opened.page(session, filing, key, wanted)
            costs.append((len(seen), len(read)))
    finally:
        chunks.unpacked = unpacked  # type: ignore[assignment]

    assert len(found.rows) == 50
    assert costs[1][0] <= 2  # the summaries, and the chunks of this page
    assert costs[1][1] <= 2
    assert found.reasons == {"expired": 30_000}  # exact, though two chunks of 120 were read


def test_a_search_reads_only_where_somebody_of_that_name_may_stand(
    session: Session, world: World, report: int
) -> None:
    with unit_of_work() as work:
        lua = person(work, "Đoàn Thị Lụa", world.clinic, Audience.HEALTH_WORKER).id
    far = [["person", lua + n, None, "a", True, "", {}] for n in range(1, 30_000)]
    kept(report, "many", [["person", lua, None, "a", True, "", {}], *far])
    filing = session.get_one(Filing, report)

    with statements(session) as seen:
        found = opened.page(session, filing, "many", Wanted(search="doan thi lua"))

    assert [row.key for row in found.rows] == [lua]
    assert (found.total, found.whole, found.more) == (1, True, False)
    assert len(seen) <= 5  # three looks for names, the summaries, one chunk


def test_pages_of_a_filed_figure_with_search_and_reason(world: World, report: int, sign_in: SignIn) -> None:
    gina = sign_in(world.gina)
    where = f"/reports/filings/{report}/rows/CT11a?of=people"

    first, second = gina.get(where).text, gina.get(f"{where}&page=2").text
    assert len(re.findall(r"Cao Thị Số \d\d", first)) == 50
    shown = re.findall(r"(?:Cao Thị Số \d\d|Lê Văn Sỹ)", first + second)
    assert len(shown) == len(set(shown)) == 61
    assert "Số dòng chi tiết: 61" in first
    assert "chưa có giấy chứng nhận (41)" in first
    found = gina.get(f"{where}&q=le+van").text
    assert "Lê Văn Sỹ" in found
    assert "Cao Thị Số" not in found
    assert "Cao Thị Số 03" not in gina.get(f"{where}&reason=no_certificate&q=so+03").text
    assert "Cao Thị Số 04" in gina.get(f"{where}&reason=no_certificate&q=so+04").text
    assert gina.get(f"{where}&state=nonsense").status_code == 400


def test_a_filed_figure_as_a_file_and_who_took_it(
    session: Session, world: World, report: int, sign_in: SignIn
) -> None:
    gina = sign_in(world.gina)
    where = f"/reports/filings/{report}/rows/CT11a/list"

    csv = gina.get(f"{where}.csv?of=people&state=counted").data.decode("utf-8-sig").splitlines()
    book = openpyxl.load_workbook(io.BytesIO(gina.get(f"{where}.xlsx?of=people").data), read_only=True)

    assert len(csv) == 21  # the heading, and every third of sixty
    assert all("Cao Thị Số" in line and ",được tính," in line and "TEST-" in line for line in csv[1:])
    rows = [row for row in book.worksheets[0].iter_rows(min_row=5, values_only=True) if row[0]]
    assert len(rows) == 61
    looks = session.scalars(
        select(ListView).where(ListView.code == "filing.export").order_by(ListView.id)
    ).all()
    assert [(one.by_id, one.people) for one in looks] == [(world.gina, 20), (world.gina, 61)]
    assert gina.get(f"/reports/filings/{report}/rows/classes/list.csv").status_code == 404
    assert sign_in(world.dora).get(f"{where}.csv?of=people").status_code == 404
    assert sign_in(world.ana).get(f"{where}.csv?of=people").status_code == 403


def test_a_long_list_is_made_by_a_job_and_asks_again_when_it_is_taken(
    session: Session, world: World, report: int, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", 10)
    gina = sign_in(world.gina)
    where = f"/reports/filings/{report}/rows/CT11a/list.xlsx?of=people&state=counted"
    assert gina.get(where).status_code == 303
    assert "Lập tệp Excel" in gina.get(f"/reports/filings/{report}/rows/CT11a?of=people").text

    job = int(gina.post(where).location.rsplit("/", 1)[1])
    Worker().drain()

    session.expire_all()
    assert session.get_one(Job, job).state == State.DONE
    with gina.get(f"/reports/filings/lists/{job}") as answer:
        book = openpyxl.load_workbook(io.BytesIO(answer.data), read_only=True)
    assert len([row for row in book.worksheets[0].iter_rows(min_row=5, values_only=True) if row[0]]) == 20
    look = session.scalars(select(ListView).where(ListView.code == "filing.export")).one()
    stood = session.scalar(
        select(func.count()).select_from(ListViewPerson).where(ListViewPerson.view_id == look.id)
    )
    assert (look.by_id, look.people, stood) == (world.gina, 20, 20)
    assert sign_in(world.dora).get(f"/reports/filings/lists/{job}").status_code == 404
    with unit_of_work() as work:
        for held in work.scalars(select(Membership).where(Membership.user_id == world.gina)):
            work.delete(held)
    assert gina.get(f"/reports/filings/lists/{job}").status_code == 404


def test_a_list_with_police_asks_why_before_it_is_made(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        one = filed(work, world).id
        kept_code = next(
            code
            for code, rows in chunks.whole(work, one).items()
            if any(row[0] == "person" and row[1] == world.emil for row in rows)
        )
    gina = sign_in(world.gina)
    code, _slash, inside = kept_code.partition("/")
    where = f"/reports/filings/{one}/rows/{code}/list.csv" + ("?of=people" if inside else "")

    for answer in (gina.get(where), gina.post(where)):
        assert answer.status_code == 303
        assert "reason" in answer.location
    with unit_of_work() as work:
        assert work.scalars(select(Job).where(Job.kind == "filing.list")).all() == []


def test_a_report_from_before_says_why_nobody_is_inside(
    session: Session, world: World, report: int, sign_in: SignIn
) -> None:
    """As filed before people inside were kept: neither their rows nor a word of them in what is under the digest."""
    with unit_of_work() as work:
        for table in ("filing", "filing_rows", "filing_chunk"):
            if work.get_bind().dialect.name == "postgresql":
                work.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change"))
            else:
                work.execute(text(f"DROP TRIGGER {table}_no_update"))
                work.execute(text(f"DROP TRIGGER {table}_no_delete"))
        one = work.get_one(Filing, report)
        was = dict(one.snapshot or {})
        was["rows"] = {code: rows for code, rows in was["rows"].items() if "/" not in code}
        one.snapshot, one.digest = was, digest_of(canonical(was))
        for kept_in in (FilingRows, FilingChunk):
            work.execute(delete(kept_in).where(kept_in.indicator.like("%/people")))
        work.flush()
        assert snapshot.verify(work, one) == []
    gina = sign_in(world.gina)

    page = gina.get(f"/reports/filings/{report}/rows/CT11a")
    assert "of=people" in page.text
    inside = gina.get(f"/reports/filings/{report}/rows/CT11a?of=people")

    assert inside.status_code == 200
    assert "Người bên trong chưa được lưu" in inside.text
    assert "trả lại" in inside.text
    assert "/indicators/CT11a/rows?plan=plan-39&amp;period=2025-H1" in inside.text
    assert gina.get(f"/reports/filings/{report}/rows/CT11a/list.csv?of=people").status_code == 404


def test_nobody_inside_is_another_thing_than_nobody_kept(world: World, sign_in: SignIn, app: Flask) -> None:
    with unit_of_work() as work:
        one = filed(work, world).id  # nobody works at clinic K
        assert "CT11a/people" in (work.get_one(Filing, one).snapshot or {})["rows"]

    page = sign_in(world.gina).get(f"/reports/filings/{one}/rows/CT11a?of=people").text

    assert "chưa được lưu" not in page
    assert "Không có ai" in page


@pytest.mark.parametrize(
    "summary",
    [None, {"kind": "", "keys": [0, 0], "counts": [], "units": []}],
    ids=["since", "before the move"],
)
def test_damaged_rows_are_not_shown_as_nobody(
    world: World, report: int, sign_in: SignIn, summary: dict[str, object] | None
) -> None:
    with unit_of_work() as work:
        if work.get_bind().dialect.name == "postgresql":
            work.execute(text("ALTER TABLE filing_chunk DISABLE TRIGGER filing_chunk_no_change"))
        else:
            work.execute(text("DROP TRIGGER filing_chunk_no_update"))
        (one,) = work.scalars(select(FilingChunk).where(FilingChunk.indicator == KEY))
        one.rows, one.summary = one.rows[:-4], summary or one.summary
    gina = sign_in(world.gina)

    for page in ("?of=people", "/list.csv?of=people", "?of=people&q=cao"):
        answer = gina.get(f"/reports/filings/{report}/rows/CT11a{page}")
        assert answer.status_code == 409
        assert "đã hỏng" in answer.text
        assert "Không có ai" not in answer.text


def test_rows_are_read_by_the_rule_that_they_were_filed_by() -> None:
    """CT03 was filed by its first reading before the second, which claims the same year, was written."""
    indicator = plans()["plan-39"].indicator("CT03")
    assert indicator is not None
    year = date(2025, 12, 14)
    before = Filing(cut_off=year, snapshot={"figures": [{"code": "CT03", "rule": 1}]})
    since = Filing(cut_off=year, snapshot={"figures": [{"code": "CT03", "rule": 2}]})

    assert row_views.rule_of(before, indicator).denominator == "children_5_15"
    assert row_views.rule_of(since, indicator).denominator == "children_by_grade"


@pytest.mark.parametrize("kind", DATABASES)
def test_what_was_filed_before_verifies_and_opens_after_the_move(kind: str, tmp_path: Path) -> None:
    """Filed, taken back to the old shape (one list a figure), brought to the new one: the same digest, the same rows."""
    with databases.with_world(kind, tmp_path) as (url, world):
        app = create_app(
            Settings(environment="test", secret_key="x" * 40, data_dir=tmp_path, database_url=url)
        )
        with app.app_context(), clock.frozen(NOW):
            with unit_of_work() as work:
                for number in range(12):
                    support.officer(work, world, f"Cao Thị Số {number:02d}")
                one = filed(work, world)
                key, digest, rows = one.id, one.digest, chunks.whole(work, one.id)
            db.session.remove()

            downgrade(revision="inc1")
            with db.engine.begin() as connection:
                old = connection.execute(
                    text("SELECT indicator, rows, digest FROM filing_rows WHERE filing_id = :id"), {"id": key}
                ).all()
                for _indicator, stored, said in old:
                    assert digest_of(chunks.unpacked(bytes(stored))) == said
                with pytest.raises(Exception, match="frozen"), connection.begin_nested():
                    connection.execute(text("UPDATE filing_rows SET row_count = 0"))
            upgrade()

            with unit_of_work() as work:
                one = work.get_one(Filing, key)
                assert one.digest == digest
                assert snapshot.verify(work, one) == []
                assert chunks.whole(work, key) == rows
                found = opened.page(work, one, KEY, Wanted())
                assert [json.loads(json.dumps(row.key)) for row in found.rows] == [
                    row[1] for row in rows[KEY]
                ]
            db.session.remove()
            db.engine.dispose()

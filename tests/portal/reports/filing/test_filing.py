"""A report from draft to filed; that it never moves; that verification sees a flipped byte; adjustments; rights."""

import json
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from portal.core.errors import NotFound
from portal.core.jobs.models import Job
from portal.core.jobs.worker import Worker
from portal.core.notices.models import Notice
from portal.core.organisation.models import Reorganisation, ReorganisationState
from portal.core.policy import Action, Actor, Grant, Role
from portal.core.rights.models import ListView
from portal.indicators import opening
from portal.reports import document
from portal.reports.filing import adjustments, checks, chunks, queries, reporters, services, snapshot
from portal.reports.filing.errors import (
    AlreadyThere,
    ChecksFail,
    Moved,
    SamePerson,
    SayWhy,
    TooEarly,
    WrongStep,
)
from portal.reports.filing.models import Filing, FilingChunk, FilingFile, FilingRows, FilingState
from portal.reports.filing.work import Opened, Work
from tests.factories import World
from tests.portal.reports.filing import support
from tests.portal.reports.filing.support import DISTRICT, HALF, JUNE_15, PLAN, YEAR, filed, opener


def figure(filing: Filing, code: str) -> dict:
    assert filing.snapshot is not None
    return next(one for one in filing.snapshot["figures"] if one["code"] == code)


def draft(session: Session, world: World) -> Filing:
    place = reporters.the_one(session, PLAN, HALF, DISTRICT)
    assert place is not None
    return services.draft(
        session, PLAN, HALF, place, opener, services.By(world.gina, "Ngô Thị Giang"), JUNE_15
    )


def test_who_must_report_before_and_after_the_districts_end(session: Session, world: World) -> None:
    half = [one.code for one in reporters.must(session, PLAN, HALF)]
    year = [one.code for one in reporters.must(session, PLAN, YEAR)]

    assert half == ["area:P", "area:P/education", "area:P/health", "area:P/police", "area:D1", "area:D2"]
    assert year == [
        "area:P",
        "area:P/education",
        "area:P/health",
        "area:P/police",
        "area:C1",
        "area:C2",
        "area:C3",
    ]


def test_the_standing_agency_is_the_one_of_the_due_day(session: Session, world: World) -> None:
    before = reporters.must(session, PLAN, support.Period.parse("2024"))[0]
    after = reporters.must(session, PLAN, HALF)[0]

    assert before.issuer == "Sở Lao động - Thương binh và Xã hội"  # due 15/12/2024
    assert after.issuer == "Sở Y tế"  # due 15/6/2025; the function moved on 1/3/2025
    assert after.above == "Ủy ban nhân dân tỉnh Mẫu"


def test_a_report_goes_step_by_step(session: Session, world: World) -> None:
    one = filed(session, world)

    assert one.state == FilingState.FILED
    assert [step.state for step in queries.steps(session, one)] == ["draft", "prepared", "approved", "filed"]
    assert one.digest is not None
    assert snapshot.verify(session, one) == []
    assert {name.rsplit(".", 1)[1] for name, _media, _digest in queries.files(session, one)} == {
        "docx",
        "pdf",
        "xlsx",
        "csv",
    }
    with pytest.raises(AlreadyThere):
        draft(session, world)


def test_before_the_cut_off_nothing_is_drafted(session: Session, world: World) -> None:
    place = reporters.the_one(session, PLAN, HALF, DISTRICT)
    assert place is not None

    with pytest.raises(TooEarly):  # 23:59 of 14/6 in the province
        services.draft(
            session, PLAN, HALF, place, opener, services.NIGHT, datetime(2025, 6, 14, 16, 59, tzinfo=UTC)
        )


def test_who_prepared_does_not_approve(session: Session, world: World) -> None:
    support.second_head(session, world)
    one = draft(session, world)
    gina = services.By(world.gina, "Ngô Thị Giang")
    services.prepare(session, one, opener, gina, JUNE_15)

    with pytest.raises(SamePerson):
        services.approve(session, one, gina, JUNE_15)


def test_the_only_head_of_a_place_may_and_it_is_recorded(session: Session, world: World) -> None:
    one = draft(session, world)
    gina = services.By(world.gina, "Ngô Thị Giang")
    services.prepare(session, one, opener, gina, JUNE_15)
    services.approve(session, one, gina, JUNE_15)
    services.file(session, one, opener, gina, JUNE_15)

    assert one.snapshot is not None
    assert "one_head" in [check["code"] for check in one.snapshot["checks"]]
    assert snapshot.verify(session, one) == []


def test_what_was_approved_is_what_is_filed(session: Session, world: World) -> None:
    one = draft(session, world)
    gina = services.By(world.gina, "Ngô Thị Giang")
    services.prepare(session, one, opener, gina, JUNE_15)
    services.approve(session, one, gina, JUNE_15)
    support.officer(session, world, "Cao Thị Lụa", trained_on=date(2025, 5, 2))

    with pytest.raises(Moved):
        services.file(session, one, opener, gina, JUNE_15)


def test_a_fault_stops_the_report_and_a_warning_does_not(session: Session, world: World) -> None:
    one = draft(session, world)
    gina = services.By(world.gina, "Ngô Thị Giang")
    services.reword(session, one, {"I": "Đã giúp cháu Minh ở trường.", "VI": ""})
    assert one.snapshot is not None
    codes = {check["code"]: check["stops"] for check in one.snapshot["checks"]}

    assert codes["child"] is False
    assert codes["empty"] is True
    with pytest.raises(ChecksFail):
        services.prepare(session, one, opener, gina, JUNE_15)


def test_a_returned_report_stays_and_the_next_has_the_next_number(session: Session, world: World) -> None:
    one = filed(session, world)
    agency = services.By(None, "Cao Văn Trực")

    with pytest.raises(SayWhy):
        services.give_back(session, one, "sai", agency, JUNE_15)
    services.give_back(session, one, "Thiếu số liệu của hai xã.", agency, JUNE_15)
    again = draft(session, world)

    assert (one.state, one.number, again.number) == ("returned", 1, 2)
    assert snapshot.verify(session, one) == []
    with pytest.raises(WrongStep):
        services.receive(session, one, agency, JUNE_15)


def test_filing_seals_the_reorganisations_it_stands_on(session: Session, world: World) -> None:
    def decree(day: date) -> Reorganisation:
        one = Reorganisation(
            title="QĐ", legal_basis="QĐ", effective_on=day, state=ReorganisationState.APPLIED, search_key="qd",
            planned_at=JUNE_15, applied_at=JUNE_15, changes=[],
        )  # fmt: skip
        session.add(one)
        session.flush()
        return one

    early, late = decree(date(2025, 6, 14)), decree(date(2025, 6, 15))
    filed(session, world)
    session.refresh(early)
    session.refresh(late)

    assert early.sealed_at is not None
    assert late.sealed_at is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE filing SET snapshot = NULL",
        "UPDATE filing SET digest = 'x'",
        "UPDATE filing SET narrative = '{}'",
        "UPDATE filing SET cut_off = '2025-06-13'",
        "UPDATE filing SET state = 'draft'",
        "DELETE FROM filing",
        "UPDATE filing_rows SET row_count = row_count + 1",
        "DELETE FROM filing_rows",
        "UPDATE filing_chunk SET number = number + 1",
        "DELETE FROM filing_chunk",
        "UPDATE filing_file SET name = name || 'x'",
        "DELETE FROM filing_file",
        "UPDATE filing_step SET note = 'x'",
        "DELETE FROM filing_step",
    ],
)
def test_the_database_refuses_to_change_what_is_filed(session: Session, world: World, change: str) -> None:
    with unit_of_work() as work:
        filed(work, world)

    with pytest.raises(DBAPIError, match="frozen"), session.begin_nested():
        session.execute(text(change))


def test_the_paper_is_attached_outside_the_digest(session: Session, world: World) -> None:
    one = filed(session, world)
    digest = one.digest
    services.attach(
        session, one, "12/BC-UBND", date(2025, 6, 15), None, services.By(world.gina, "x"), JUNE_15
    )

    assert (one.issued_number, one.digest) == ("12/BC-UBND", digest)
    assert snapshot.verify(session, one) == []


def _without_triggers(session: Session, table: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change"))
    else:
        session.execute(text(f"DROP TRIGGER {table}_no_update"))


def test_verification_sees_a_changed_figure(session: Session, world: World) -> None:
    one = filed(session, world)
    _without_triggers(session, "filing")
    changed = json.loads(json.dumps(one.snapshot))
    changed["figures"][0]["numerator"] = 1
    one.snapshot = changed
    session.flush()

    assert snapshot.verify(session, one) == ["snapshot: its digest differs"]


def test_verification_sees_a_flipped_byte_in_a_file(session: Session, world: World) -> None:
    one = filed(session, world)
    _without_triggers(session, "filing_file")
    kept = session.scalars(select(FilingFile).where(FilingFile.name.endswith(".docx"))).one()
    flipped = bytearray(kept.content)
    flipped[100] ^= 1
    kept.content = bytes(flipped)
    session.flush()

    assert snapshot.verify(session, one) == [f"file {kept.name}: its digest differs"]


def test_verification_sees_changed_and_damaged_rows(session: Session, world: World) -> None:
    one = filed(session, world)
    _without_triggers(session, "filing_chunk")
    kept = session.get_one(FilingChunk, (one.id, "CT06", 0))
    was = kept.rows
    rows = json.loads(zlib.decompress(was))
    rows[0][4] = not rows[0][4]
    kept.rows = zlib.compress(json.dumps(rows).encode())
    session.flush()
    assert snapshot.verify(session, one) == ["rows CT06: their digest differs"]

    kept.rows = was[:-4]
    session.flush()
    assert snapshot.verify(session, one) == ["rows CT06: damaged"]


def test_late_offline_sync_is_an_adjustment_and_the_filed_report_stays(
    session: Session, world: World
) -> None:
    # C.4: held 12/6, synced 18/6, report filed 15/6: "bổ sung kỳ trước: +1 lớp, +23 người"
    support.evening(session, world, date(2025, 5, 20), 4)
    one = filed(session, world)
    before = json.dumps(one.snapshot, sort_keys=True)
    support.evening(session, world, date(2025, 6, 12), 23)

    place = reporters.the_one(session, PLAN, HALF, DISTRICT)
    assert place is not None
    found = adjustments.since_filed(session, PLAN, one, place.where, opener)

    classes = next(change for change in found if change.code == "classes")
    assert (classes.filed, classes.now, classes.difference) == ((1, 4), (2, 27), (1, 23))
    assert len(classes.came) == 1
    assert json.dumps(one.snapshot, sort_keys=True) == before
    assert snapshot.verify(session, one) == []


def test_the_next_draft_shows_who_came_and_who_left(session: Session, world: World, now: datetime) -> None:
    # clinic K: two health workers, one of them trained; then the other's certificate of 2/5 becomes known
    support.officer(session, world, "Cao Thị Lụa", trained_on=date(2025, 4, 1))
    late = support.officer(session, world, "Cao Thị Mận")
    education = Grant(Role.STANDING_AGENCY)
    assert education.area is None
    place = reporters.the_one(session, PLAN, HALF, "area:P/health")
    assert place is not None
    by, other = services.By(world.gina, "a"), services.By(world.dora, "b")
    one = services.draft(session, PLAN, HALF, place, opener, by, JUNE_15)
    services.prepare(session, one, opener, by, JUNE_15)
    services.approve(session, one, other, JUNE_15)
    services.file(session, one, opener, other, JUNE_15)
    support.certify(session, late, "YT-01", date(2025, 5, 2))

    year = reporters.the_one(session, PLAN, YEAR, "area:P/health")
    assert year is not None
    next_one = services.draft(session, PLAN, YEAR, year, opener, by, datetime(2025, 12, 15, 2, 0, tzinfo=UTC))

    assert next_one.snapshot is not None
    changes = {change["code"]: change for change in next_one.snapshot["adjustments"]}
    assert changes["CT11a"]["came"] == [f"person:{late.id}"]
    assert changes["CT11a"]["left"] == []
    section = next(s for s in next_one.snapshot["report"]["sections"] if s["numeral"] == "III")
    assert "Bổ sung kỳ trước" in section["paragraphs"][1][0]
    assert snapshot.verify(session, one) == []


def test_a_jump_and_a_numerator_over_the_denominator_are_named(session: Session, world: World) -> None:
    from fractions import Fraction

    place = reporters.the_one(session, PLAN, HALF, DISTRICT)
    assert place is not None
    work = services.compute(session, PLAN, HALF, place.where, "province", opener)
    ct06 = next(i for i, (one, _f) in enumerate(work.figures) if one.code == "CT06")
    indicator, was = work.figures[ct06]
    odd = replace(was, numerator=3, denominator=2, value=Fraction(3, 2))
    work = replace(work, figures=[(indicator, odd)])

    found = checks.run(session, work, {"CT06": {"value": [1, 2]}}, {}, {}, jump=20)

    assert [(one.code, one.stops) for one in found][:2] == [("numerator_over", True), ("jump", False)]
    # 150 % is 100 points above 50 %
    assert checks.run(session, work, {"CT06": {"value": [1, 2]}}, {}, {}, jump=100)[1].code != "jump"


def test_a_figure_opens_into_rows_that_are_frozen(session: Session, world: World) -> None:
    support.officer(session, world, "Cao Thị Lụa", trained_on=date(2025, 4, 1))
    one = filed(session, world)
    kept = session.get_one(FilingRows, (one.id, "CT11a"))

    rows = chunks.whole(session, one.id)["CT11a"]
    assert kept.row_count == len(rows)
    assert any(row[0] == "person" and row[4] for row in rows)
    assert "Cao" not in json.dumps(rows, ensure_ascii=False)  # ids, never names


def test_only_who_has_the_place_sees_its_report(session: Session, world: World) -> None:
    one = filed(session, world)
    everywhere, there = (
        Actor(1, (Grant(Role.STANDING_AGENCY),)),
        Actor(1, (Grant(Role.DISTRICT_HEAD, world.district),)),
    )
    elsewhere = Actor(1, (Grant(Role.DISTRICT_HEAD, world.elsewhere),))
    education = Actor(1, (Grant(Role.DEPARTMENT_HEAD, world.province, "education"),))
    unit = Actor(1, (Grant(Role.DISTRICT_HEAD, None, None, world.school),))

    for who in (everywhere, there):
        assert queries.find(session, who, one.id, Action.REPORT_PREPARE).id == one.id
    for who in (elsewhere, education, unit):
        with pytest.raises(NotFound):
            queries.find(session, who, one.id, Action.REPORT_PREPARE)
    with pytest.raises(NotFound):  # a district head receives nothing
        queries.find(session, there, one.id, Action.REPORT_RECEIVE)


def test_who_is_late_is_late_from_the_working_day_after(session: Session, world: World) -> None:
    # 15/6/2025 is a Sunday: late from Monday 16/6
    who = Actor(1, (Grant(Role.STANDING_AGENCY),))

    sunday = queries.standings(session, who, PLAN, HALF, date(2025, 6, 15))
    monday = queries.standings(session, who, PLAN, HALF, date(2025, 6, 16))
    found = queries.standings(session, who, PLAN, HALF, date(2025, 6, 16), "huyen mot")

    assert sum(one.late for one in sunday) == 0
    assert sum(one.late for one in monday) == 6
    assert [one.place.code for one in found] == ["area:D1"]


def test_drafts_are_made_at_five_past_midnight_of_the_15th(app: Flask, world: World) -> None:
    at = datetime(2025, 6, 14, 17, 1, tzinfo=UTC)  # 00:01 of 15/6
    with clock.frozen(at):
        Worker().drain()
        with unit_of_work() as session:
            assert session.scalars(select(Filing)).all() == []
            asked = session.scalars(select(Job).where(Job.kind == "filing.drafts")).one()
            assert asked.not_before == datetime(2025, 6, 14, 17, 5, tzinfo=UTC)
    with clock.frozen(at + timedelta(minutes=5)):
        Worker().drain()
        with unit_of_work() as session:
            places = set(session.scalars(select(Filing.place)))
            told = set(session.scalars(select(Notice.user_id).where(Notice.code == "filing.drafted")))

    assert places == {"area:P", "area:P/education", "area:P/health", "area:P/police", "area:D1", "area:D2"}
    assert world.gina in told


def test_notices_say_a_period_as_people_do(
    app: Flask, world: World, sign_in: Callable[[int], FlaskClient]
) -> None:
    with clock.frozen(datetime(2025, 5, 16, 1, 0, tzinfo=UTC)):
        Worker().drain()
    with clock.frozen(datetime(2025, 6, 14, 17, 6, tzinfo=UTC)):
        Worker().drain()
        gina = sign_in(world.gina)
        vietnamese, english = (
            re.sub(r"<[^>]*>", "", gina.get(f"/notices?lang={one}").text) for one in ("vi", "en")
        )

    assert "Đã có dự thảo báo cáo 6 tháng đầu năm 2025" in vietnamese
    assert "Báo cáo 6 tháng đầu năm 2025 đến hạn nộp ngày 15/06/2025" in vietnamese
    assert "The draft of the report for the first half of 2025 is ready" in english
    assert "2025-H1" not in vietnamese + english


def test_heads_are_reminded_thirty_seven_and_one_days_before(app: Flask, world: World) -> None:
    told = []
    for day in (16, 17):  # 16/5 is 30 days before 15/6
        with clock.frozen(datetime(2025, 5, day, 1, 0, tzinfo=UTC)):
            Worker().drain()
            with unit_of_work() as session:
                told.append(
                    len(session.scalars(select(Notice).where(Notice.code == "filing.due_soon")).all())
                )

    assert told[0] >= 2  # Gina for D1, Dora for education
    assert told[1] == told[0]


def test_a_stranger_to_the_place_gets_404_on_every_page(
    app: Flask, session: Session, world: World, sign_in: Callable[[int], FlaskClient]
) -> None:
    with unit_of_work() as work:
        one = filed(work, world).id
    dora = sign_in(world.dora)  # education, not the district

    for page in ("", "edit", "scan", "files/x.docx"):
        assert dora.get(f"/reports/filings/{one}/{page}").status_code == 404
    for step in ("recompute", "prepare", "back", "approve", "file", "verify", "edit"):
        assert dora.post(f"/reports/filings/{one}/{step}").status_code == 404


def test_the_pages_take_a_report_from_draft_to_filed(
    app: Flask, session: Session, world: World, sign_in: Callable[[int], FlaskClient]
) -> None:
    with unit_of_work() as work:
        other_id = support.second_head(work, world)
    gina, other = sign_in(world.gina), sign_in(other_id)

    made = gina.post("/reports/filings/", data={"period": "2025-H1", "place": DISTRICT})
    where = made.headers["Location"]
    words = {"I": "Một.", "II": "# 1. Hai\r\nBa.", "IV": "Bốn.", "V": "Năm.", "VI": "Đã giúp bé Na."}
    kept = gina.post(f"{where}edit", data=words)
    assert kept.status_code == 303
    assert "Na" in gina.get(where).text
    with (
        unit_of_work() as work
    ):  # a line is a paragraph, one that begins with # a heading, also when they are kept
        stored = work.scalars(select(Filing)).one()
        assert stored.narrative["II"] == "# 1. Hai\nBa."
        assert (stored.snapshot or {})["report"]["sections"][1]["paragraphs"] == [
            ["1. Hai", True],
            ["Ba.", False],
        ]
    gina.post(f"{where}prepare")
    gina.post(f"{where}approve")
    with unit_of_work() as work:
        assert work.scalars(select(Filing.state)).one() == "prepared"
    other.post(f"{where}approve")
    other.post(f"{where}file")

    page = other.get(where)
    assert page.status_code == 200
    with unit_of_work() as work:
        one = work.scalars(select(Filing)).one()
        assert one.state == "filed"
        name = queries.files(work, one)[0][0]
        assert one.digest in page.text
    got = gina.get(f"{where}files/{name}")
    assert got.status_code == 200
    assert gina.post(f"{where}edit", data=words).status_code == 409
    assert "nguyên như khi nộp" in gina.post(f"{where}verify", follow_redirects=True).text


def test_the_words_of_the_document_come_from_what_was_held(session: Session, world: World) -> None:
    one = support.officer(session, world, "Cao Thị Lụa")
    support.hall(session, world, date(2025, 3, 4), [one])
    support.evening(session, world, date(2025, 6, 12), 5)
    filing = draft(session, world)

    assert filing.snapshot is not None
    report = document.from_json(filing.snapshot["report"])
    words = " ".join(paragraph.text for paragraph in report.sections[1].paragraphs)
    assert "II.5.b" in words
    assert "1 lớp, buổi với 1 người dự, ngoài ra 2 lượt người không ghi danh" in words
    assert "1 lớp, buổi với 5 người dự" in words
    assert report.appendices[1].table.total is not None
    assert list(report.appendices[1].table.total)[7] == 6


def test_a_class_that_comes_after_the_approval_is_not_filed_unseen(session: Session, world: World) -> None:
    # no figure moves: but the document lists classes, and its frozen rows would hold one that it does not list
    health = support.officer(session, world, "Cao Thị Lụa")
    one = draft(session, world)
    gina = services.By(world.gina, "Ngô Thị Giang")
    services.prepare(session, one, opener, gina, JUNE_15)
    services.approve(session, one, gina, JUNE_15)
    support.hall(session, world, date(2025, 6, 12), [health])

    with pytest.raises(Moved, match="Phụ lục II"):
        services.file(session, one, opener, gina, JUNE_15)


def test_a_reason_that_is_another_after_the_approval_is_not_filed_unseen(
    session: Session, world: World
) -> None:
    # no figure moves: but Appendix III says why she is not counted, and the frozen rows would say something else
    place = reporters.the_one(session, PLAN, HALF, DISTRICT)
    assert place is not None
    gina = services.By(world.gina, "Ngô Thị Giang")
    work = services.compute(session, PLAN, HALF, place.where, "province", opening.rows)
    listed, course = next(
        (row[1], row[6]["needs"][0])
        for indicator, _figure in work.figures
        for row in work.opened[indicator.code].rows
        if row[0] == "person" and row[5] == "no_certificate" and "needs" in row[6]
    )
    one = services.draft(session, PLAN, HALF, place, opening.rows, gina, JUNE_15)
    services.prepare(session, one, opening.rows, gina, JUNE_15)
    services.approve(session, one, gina, JUNE_15)
    # one that ended on 28/1/2024 becomes known: “no certificate” is “expired” now
    support.certify(session, session.get_one(User, listed), course, date(2022, 1, 3))

    with pytest.raises(Moved) as refused:
        services.file(session, one, opening.rows, gina, JUNE_15)
    assert refused.value.values["codes"] == "Phụ lục III"


def test_appendix_iii_is_held_against_the_figures(session: Session, world: World) -> None:
    for name, day in (("Cao Thị Lụa", date(2025, 4, 1)), ("Lê Văn Sỹ", None), ("Bùi Thị Tơ", None)):
        support.officer(session, world, name, trained_on=day)
    place = reporters.the_one(session, PLAN, HALF, DISTRICT)
    assert place is not None
    work = services.compute(session, PLAN, HALF, place.where, "province", opening.rows)

    def found(of: Work) -> dict[str, dict[str, str]]:
        return {
            one.code: dict(one.values)
            for one in checks.run(session, of, None, {}, {}, jump=20)
            if one.code in ("unnamed", "unexplained", "reasons_differ") and one.values["code"] == "CT11a"
        }

    indicator, figure = next((one, made) for one, made in work.figures if one.code == "CT11a")
    assert (figure.numerator, figure.denominator, figure.met) == (
        0,
        1,
        False,
    )  # one clinic, a third of it certified

    def other(**values: object) -> Work:
        return replace(work, figures=[(indicator, replace(figure, **values))])

    assert found(work) == {}  # what the portal drafts itself agrees
    assert found(other(denominator=3)) == {
        "reasons_differ": {"code": "CT11a", "explained": "1", "number": "3"}
    }
    assert found(replace(work, opened={**work.opened, "CT11a": Opened([], {})})) == {
        "unexplained": {"code": "CT11a"},
        "reasons_differ": {"code": "CT11a", "explained": "0", "number": "1"},
    }
    assert found(other(missing=(world.clinic, 987654))) == {"unnamed": {"code": "CT11a", "number": "1"}}


def test_what_the_portal_drafts_of_any_place_explains_itself(session: Session, world: World) -> None:
    for number in range(7):
        trained = date(2025, 4, 1) if number % 2 else None
        support.officer(session, world, f"Cao Thị Số {number}", trained_on=trained)
    for code in ("area:P", "area:P/health", "area:P/education", "area:D1", "area:D2"):
        place = reporters.the_one(session, PLAN, HALF, code)
        assert place is not None
        work = services.compute(session, PLAN, HALF, place.where, "province", opening.rows)

        odd = [
            one
            for one in checks.run(session, work, None, {}, {}, jump=20)
            if one.code in ("unnamed", "reasons_differ")
        ]

        assert odd == []


def test_words_that_nobody_touched_follow_the_figures(session: Session, world: World) -> None:
    support.evening(session, world, date(2025, 5, 20), 4)
    one = draft(session, world)
    assert "đã tổ chức 1 lớp, buổi với 4 người dự" in one.narrative["II"]
    support.evening(session, world, date(2025, 6, 12), 23)

    services.recompute(session, one, opener)

    assert "đã tổ chức 2 lớp, buổi với 27 lượt người dự có tên" in one.narrative["II"]


def test_words_that_somebody_wrote_stay_and_are_said_to_be_older_than_the_figures(
    session: Session, world: World
) -> None:
    support.evening(session, world, date(2025, 5, 20), 4)
    one = draft(session, world)
    written = {**one.narrative, "II": one.narrative["II"] + "\nCác buổi học diễn ra an toàn."}
    services.reword(session, one, written)
    support.evening(session, world, date(2025, 6, 12), 23)

    services.recompute(session, one, opener)
    services.recompute(session, one, opener)

    assert one.narrative["II"] == written["II"]
    assert _stale(one) == ["II"]
    services.reword(session, one, {**one.narrative, "VI": "Đề nghị cấp thêm tài liệu."})
    assert _stale(one) == ["II"]  # nobody has looked at section II yet
    services.reword(session, one, {**one.narrative, "II": "Đã tổ chức 2 buổi với 27 người dự."})
    assert _stale(one) == []
    services.recompute(session, one, opener)
    assert _stale(one) == []


def test_the_words_of_a_returned_report_follow_the_figures_too(session: Session, world: World) -> None:
    support.evening(session, world, date(2025, 5, 20), 4)
    one = filed(session, world)
    services.give_back(session, one, "Thiếu buổi học ngày 12/6.", services.By(None, "Cao Văn Trực"), JUNE_15)
    support.evening(session, world, date(2025, 6, 12), 23)

    again = draft(session, world)

    assert "đã tổ chức 2 lớp, buổi với 27 lượt người dự có tên" in again.narrative["II"]


def _stale(filing: Filing) -> list[str]:
    return [
        one["values"]["numeral"] for one in (filing.snapshot or {})["checks"] if one["code"] == "stale_words"
    ]


def test_what_was_read_is_what_is_approved(
    app: Flask, session: Session, world: World, sign_in: Callable[[int], FlaskClient]
) -> None:
    with unit_of_work() as work:
        other_id = support.second_head(work, world)
    gina, other = sign_in(world.gina), sign_in(other_id)
    where = gina.post("/reports/filings/", data={"period": "2025-H1", "place": DISTRICT}).headers["Location"]
    gina.post(f"{where}prepare")
    seen = re.findall(r'name="seen" value="(\d+)"', other.get(where).text)
    gina.post(f"{where}back")  # while the other one reads: back, other words, and prepared again
    gina.post(f"{where}edit", data=dict.fromkeys(document.NARRATIVE, "Lời khác."))
    gina.post(f"{where}prepare")

    refused = other.post(f"{where}approve", data={"seen": seen[0]}, follow_redirects=True)

    with unit_of_work() as work:
        assert work.scalars(select(Filing.state)).one() == "prepared"
    assert "tải lại trang" in refused.text.lower()
    seen = re.findall(r'name="seen" value="(\d+)"', other.get(where).text)
    other.post(f"{where}approve", data={"seen": seen[0]})
    with unit_of_work() as work:
        assert work.scalars(select(Filing.state)).one() == "approved"


def test_a_filed_figure_opens_into_its_frozen_rows(
    app: Flask, session: Session, world: World, sign_in: Callable[[int], FlaskClient]
) -> None:
    with unit_of_work() as work:
        support.officer(work, world, "Cao Thị Lụa", trained_on=date(2025, 4, 1))
        late = support.officer(work, world, "Cao Thị Mận").id
        one = filed(work, world).id
    with unit_of_work() as work:
        support.certify(work, work.get_one(User, late), "YT-01", date(2025, 5, 2))
    gina = sign_in(world.gina)
    where = f"/reports/filings/{one}/rows/CT11a"

    assert where in gina.get(f"/reports/filings/{one}/").text
    counted = gina.get(f"{where}?state=counted").text
    short = gina.get(f"{where}?state=not_counted").text

    assert "Cao Thị Lụa" in counted
    assert "Cao Thị Mận" not in counted
    assert "Cao Thị Mận" in short  # her certificate became known later: it is the next report's
    with unit_of_work() as work:
        assert snapshot.verify(work, work.get_one(Filing, one)) == []
        view = work.scalars(select(ListView).where(ListView.code == "filing.rows")).first()
        assert view is not None
        assert view.by_id == world.gina
    people = gina.get(
        f"{where}?of=people&state=counted"
    ).text  # a figure of clinics: who stood in them is kept, too
    assert "Cao Thị Lụa" in people
    assert "Cao Thị Mận" not in people
    assert gina.get(f"/reports/filings/{one}/rows/classes").status_code == 404
    assert sign_in(world.carla).get(where).status_code in (403, 404)

"""Paper classes: sure lines, decided lines, visits; completions dated on the day; nothing twice, nothing issued."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from courses.models import Completion, Enrolment, Version
from courses.workshops import attendance, paper
from courses.workshops.errors import AlreadyCertified, AlreadyClosed, NoCompletion, ReasonTooShort, Undecided
from courses.workshops.matching import Line
from courses.workshops.models import Attendance, Attended, Decision, PaperLine, Workshop
from portal.core.accounts.models import User
from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.errors import NotFound
from tests import halls
from tests.factories import NOW, TODAY, World
from tests.security.support import certify, issuer

SignIn = Callable[[int], FlaskClient]
HELD = TODAY - timedelta(days=365)
SCHOOL = "Trường Tiểu học Ánh Sao"


def code_of(session: Session, user_id: int) -> str:
    return session.scalars(select(User.staff_code).where(User.id == user_id)).one() or ""


def lines(session: Session, workshop: Workshop) -> list[PaperLine]:
    return list(
        session.scalars(select(PaperLine).where(PaperLine.workshop_id == workshop.id).order_by(PaperLine.row))
    )


def people(session: Session, world: World) -> list[Line]:
    """Return Ana by code, Bruno by name and unit, and somebody nobody knows."""
    return [
        Line("TRẦN THỊ ÁNH", SCHOOL, code=code_of(session, world.ana)),
        Line("Lê Văn Bảo", SCHOOL),
        Line("Nguyễn Không Ai", "Trường xa"),
    ]


def test_only_the_certain_are_taken_without_a_person(session: Session, world: World) -> None:
    one = halls.paper_class(session, world, people(session, world))

    ana, bruno, nobody = lines(session, one)
    assert (ana.decision, ana.user_id) == (Decision.SURE, world.ana)
    assert (bruno.decision, bruno.user_id, [c["id"] for c in bruno.candidates]) == (
        Decision.DOUBTFUL,
        None,
        [world.bruno],
    )
    assert bruno.candidates[0]["reasons"] == ["same_name", "same_unit"]
    assert (nobody.decision, nobody.candidates) == (Decision.VISIT, [])
    with pytest.raises(Undecided):
        paper.count_list(session, one, by_id=world.bruno, now=NOW)


def test_counted_people_are_dated_on_the_day_and_visits_are_visits(session: Session, world: World) -> None:
    one = halls.paper_class(session, world, people(session, world))
    paper.decide(session, one, lines(session, one)[1].id, world.bruno, by_id=world.dora, now=NOW)

    outcomes = paper.count_list(session, one, by_id=world.dora, now=NOW)

    assert outcomes == {"completed": 2, "visit": 1}
    assert one.visits == 1
    rows = session.execute(
        select(Completion.user_id, Completion.completed_on, Completion.facts, Completion.unit_id).order_by(
            Completion.user_id
        )
    ).all()
    assert [tuple(row) for row in rows] == [
        (world.ana, HELD, {"origin": "paper", "workshop": one.id}, world.school),
        (world.bruno, HELD, {"origin": "paper", "workshop": one.id}, world.school),
    ]
    assert session.execute(select(Attended.origin, Attended.on_day).distinct()).all() == [("paper", HELD)]
    assert session.scalar(select(func.count()).select_from(Certificate)) == 0
    first = session.scalars(
        select(Version.number).join(Enrolment, Enrolment.version_id == Version.id).distinct()
    ).all()
    assert first == [1]
    with pytest.raises(AlreadyClosed):
        paper.count_list(session, one, by_id=world.dora, now=NOW)


def test_who_completed_before_is_not_counted_twice(session: Session, world: World) -> None:
    with unit_of_work() as work:
        certify(work, world.ana, "CM-01")
    line = [Line("Trần Thị Ánh", SCHOOL, code=code_of(session, world.ana))]
    one = halls.paper_class(session, world, line * 2, course_id=halls.course_id(session, "CM-01"))

    assert paper.count_list(session, one, by_id=None, now=NOW) == {"already_completed": 1, "twice": 1}
    assert session.scalar(select(func.count()).select_from(Completion)) == 1
    assert session.scalar(select(func.count()).select_from(Attendance)) == 1


def test_the_same_class_entered_twice_completes_once(session: Session, world: World) -> None:
    line = [Line("Trần Thị Ánh", SCHOOL, code=code_of(session, world.ana))]
    first, second = halls.paper_class(session, world, line), halls.paper_class(session, world, line)

    assert paper.count_list(session, first, by_id=None, now=NOW) == {"completed": 1}
    assert paper.count_list(session, second, by_id=None, now=NOW) == {"already_completed": 1}
    assert session.scalar(select(func.count()).select_from(Completion)) == 1


def test_a_class_that_was_not_the_course_completes_nothing(session: Session, world: World) -> None:
    line = [Line("Trần Thị Ánh", SCHOOL, code=code_of(session, world.ana))]
    one = halls.paper_class(session, world, line, whole_course=False)

    assert paper.count_list(session, one, by_id=None, now=NOW) == {"counted": 1}
    assert session.scalar(select(func.count()).select_from(Completion)) == 0


def test_a_decision_is_for_a_candidate_of_that_line(session: Session, world: World) -> None:
    one, other = (halls.paper_class(session, world, people(session, world)) for _ in range(2))
    doubtful = lines(session, one)[1].id

    for workshop, line, who in ((one, doubtful, world.carla), (other, doubtful, world.bruno)):
        with pytest.raises(NotFound):
            paper.decide(session, workshop, line, who, by_id=None, now=NOW)


def test_a_certificate_for_the_past_needs_a_name_and_a_reason(session: Session, world: World) -> None:
    line = [Line("Trần Thị Ánh", SCHOOL, code=code_of(session, world.ana))]
    one = halls.paper_class(session, world, line)
    paper.count_list(session, one, by_id=None, now=NOW)

    def issue(user_id: int, reason: str = "Cần cho hồ sơ bổ nhiệm") -> Certificate:
        return paper.issue_past(session, issuer(), one, user_id, reason=reason, by_id=world.dora, now=NOW)

    with pytest.raises(ReasonTooShort):
        issue(world.ana, "cần")
    with pytest.raises(NoCompletion):
        issue(world.carla)
    made = issue(world.ana)

    assert (made.completed_on, made.user_id, made.version_number) == (HELD, world.ana, 1)
    with pytest.raises(AlreadyCertified):
        issue(world.ana)
    entry = session.scalars(select(Entry).where(Entry.code == "certificate.issue_past")).one()
    assert (entry.actor_id, entry.facts["reason"]) == (world.dora, "Cần cho hồ sơ bổ nhiệm")


def xlsx(rows: list[list[object]]) -> BytesIO:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    file = BytesIO()
    book.save(file)
    file.seek(0)
    return file


PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def test_entering_a_class_by_the_pages(session: Session, world: World, sign_in: SignIn) -> None:
    table = xlsx(
        [
            ["TRƯỜNG TIỂU HỌC ÁNH SAO"],
            ["Danh sách tham dự"],
            [],
            ["STT", "Họ và tên", "Đơn vị công tác", "Mã cán bộ"],
            [1, "Trần  Thị Ánh", SCHOOL, code_of(session, world.ana)],
            [2, "Lê Văn Bảo", SCHOOL, None],
            [3, "Người Lạ", "Nơi khác", None],
        ]
    )
    bruno = sign_in(world.bruno)
    data = {
        "key": "a-paper-class-1",
        "title": "Lớp năm ngoái",
        "course": str(halls.course_id(session, "GD-01")),
        "whole_course": "y",
        "plan_item": "II.2.c",
        "organiser": "A",
        "area": "C1",
        "place": "Hội trường",
        "days-0-day": HELD.isoformat(),
        "days_needed": "1",
        "capacity": "2000",
        "visits": "4",
    }

    early = bruno.post("/manage/workshops/paper/new?lang=vi", data={**data, "days-0-day": "2020-04-09"})
    assert (early.status_code, "10/04/2020" in early.text) == (422, True)
    bare = bruno.post("/manage/workshops/paper/new?lang=vi", data=data)
    assert (bare.status_code, session.scalar(select(func.count()).select_from(Workshop))) == (422, 0)
    sent = bruno.post(
        "/manage/workshops/paper/new?lang=vi",
        data={**data, "list": (table, "danh sách.xlsx"), "evidence": (BytesIO(PDF), "ký nhận.pdf")},
    )
    assert sent.status_code == 303, sent.text
    page = bruno.get(sent.location + "?lang=vi").text
    assert "trùng họ tên" in page
    assert "trùng đơn vị" in page

    first = bruno.post(sent.location + "count")
    doubtful = session.scalars(select(PaperLine).where(PaperLine.decision == "doubtful")).one()
    bruno.post(f"{sent.location}lines/{doubtful.id}", data={"who": str(world.bruno)})
    second = bruno.post(sent.location + "count")

    assert (first.status_code, second.status_code) == (303, 303)
    assert list(session.scalars(select(PaperLine.outcome).order_by(PaperLine.row))) == [
        "completed",
        "completed",
        "visit",
    ]
    assert session.scalars(select(Workshop.visits)).one() == 5
    assert date(2025, 11, 24) == session.scalars(select(Completion.completed_on).distinct()).one()
    evidence = bruno.get(sent.location.replace("/paper/", "/") + "evidence")
    assert "ký nhận.pdf" in evidence.text


def test_attendance_from_a_file(session: Session, world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        hall = halls.hall(work, world, capacity=9)
        for user_id in (world.ana, world.bruno, world.carla):
            attendance.register(work, hall, user_id, by_id=None, now=NOW)
        hall_id = hall.id
    bruno = sign_in(world.bruno)
    rows = f"Họ và tên;Mã cán bộ\ntran thi anh;\nTên Sai;{code_of(session, world.bruno)}\nNgười Lạ;\n"

    for _time in range(2):
        answer = bruno.post(
            f"/manage/workshops/{hall_id}/file?lang=vi",
            data={"file": (BytesIO(rows.encode()), "co-mat.csv"), "day": "2026-11-24"},
        )
        assert answer.status_code == 422, "a row is left over"
        assert "Người Lạ" in answer.text

    there = session.execute(select(Attendance.user_id, Attendance.how).order_by(Attendance.user_id)).all()
    assert [tuple(row) for row in there] == [(world.ana, "file"), (world.bruno, "file")]
    bad = bruno.post(
        f"/manage/workshops/{hall_id}/file?lang=vi",
        data={"file": (BytesIO(PDF), "x.pdf"), "day": "2026-11-24"},
    )
    assert bad.status_code == 422


def test_evidence_is_an_attachment_for_those_who_hold_the_class(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        hall_id = halls.hall(work, world).id
    bruno = sign_in(world.bruno)
    bad = bruno.post(f"/manage/workshops/{hall_id}/evidence", data={"file": (BytesIO(b"<html>"), "x.pdf")})
    good = bruno.post(f"/manage/workshops/{hall_id}/evidence", data={"file": (BytesIO(PDF), "x.pdf")})
    page = bruno.get(f"/manage/workshops/{hall_id}/evidence").text
    address = page[page.index(f"/manage/workshops/{hall_id}/evidence/") :].split('"')[0]

    assert (bad.status_code, good.status_code) == (422, 303)
    file = bruno.get(address)
    assert file.data == PDF
    file.close()
    assert file.headers["Content-Disposition"].startswith("attachment")
    for stranger in (world.ana, world.carla, world.emil, world.admin):
        assert sign_in(stranger).get(address).status_code == 404

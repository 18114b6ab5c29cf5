"""A class from its announcement to its correction: seats, ticks in any order, closing once, facts that stay."""

import io
import random
from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from courses.models import Completion, Course, Enrolment, Version
from courses.published import version_of
from courses.queries.standing import Status, status
from courses.workshops import attendance, closing, codes, queries, services
from courses.workshops.errors import (
    AlreadyClosed,
    CodeOver,
    DayHasAttendance,
    NotOpen,
    NotOver,
    NotToday,
    ReasonTooShort,
    SeatsTaken,
    SignaturesDiffer,
)
from courses.workshops.models import Attendance, Attended, How, Mark, Workshop
from courses.workshops.seats import Seat
from portal.core.accounts.models import Posting
from portal.core.audit.models import Entry
from portal.core.clock import local_date
from portal.core.db import unit_of_work
from portal.core.notices.models import Notice
from tests import halls
from tests.examples import examples
from tests.factories import NOW, TODAY, World
from tests.halls import tick
from tests.security.support import enrol, issuer

SignIn = Callable[[int], FlaskClient]


def register(session: Session, workshop: Workshop, user_id: int) -> Seat:
    return attendance.register(session, workshop, user_id, by_id=user_id, now=NOW)


def ticks(session: Session, workshop: Workshop, *many: attendance.Tick) -> int:
    return attendance.tick(session, workshop, many, how=How.TICK, by_id=None, now=NOW)


def close(
    session: Session, workshop: Workshop, signatures: int, reason: str = "", **more: object
) -> tuple[int, int]:
    return closing.close(
        session,
        issuer(),
        workshop,
        signatures=signatures,
        reason=reason,
        visits=0,
        by_id=None,
        now=NOW,
        **more,  # type: ignore[arg-type]
    )


def test_announcing_twice_is_once(session: Session, world: World) -> None:
    facts = halls.facts(session, world)
    first = services.open_workshop(session, "the-same-key", facts, by_id=None, now=NOW)
    second = services.open_workshop(session, "the-same-key", facts, by_id=None, now=NOW)

    assert first.id == second.id


def test_after_the_last_day_nobody_gives_up_a_seat_and_nobody_is_told_of_one(
    session: Session, world: World
) -> None:
    hall = halls.hall(session, world, capacity=1)
    register(session, hall, world.ana)
    register(session, hall, world.carla)
    later = NOW + timedelta(days=60)

    with pytest.raises(NotOpen):
        attendance.give_up(session, hall, world.ana, by_id=world.ana, now=later)
    assert attendance.give_up(session, hall, world.ana, by_id=world.bruno, now=later) == ()
    assert session.scalars(select(Notice).where(Notice.user_id == world.carla)).all() == []


def test_the_line_and_its_seats(session: Session, world: World) -> None:
    hall = halls.hall(session, world, capacity=1)
    assert register(session, hall, world.ana) is Seat.SEATED
    assert register(session, hall, world.carla) is Seat.WAITING
    assert register(session, hall, world.ana) is Seat.SEATED  # a second click

    up = attendance.give_up(session, hall, world.ana, by_id=world.ana, now=NOW)

    assert up == (world.carla,)
    assert register(session, hall, world.ana) is Seat.WAITING  # to the end of the line
    with pytest.raises(SeatsTaken):
        services.change_workshop(session, hall, halls.facts(session, world, capacity=0), by_id=None, now=NOW)
    assert services.change_workshop(
        session, hall, halls.facts(session, world, capacity=2), by_id=None, now=NOW
    ) == (world.ana,)


def test_who_comes_too_late_is_told(session: Session, world: World) -> None:
    hall = halls.hall(session, world, days=((TODAY - timedelta(days=1), ""),))

    with pytest.raises(NotOpen):
        register(session, hall, world.ana)


def test_a_tick_is_taken_once_and_the_latest_decides(session: Session, world: World) -> None:
    hall = halls.hall(session, world)
    register(session, hall, world.ana)
    later = NOW - timedelta(minutes=1)
    earlier = NOW - timedelta(minutes=5)

    assert ticks(session, hall, tick("key-0001", world.ana, True, at=later)) == 1
    assert ticks(session, hall, tick("key-0001", world.ana, True, at=later)) == 0
    assert ticks(session, hall, tick("key-0002", world.ana, False, at=earlier)) == 1

    assert attendance.ticks_of(session, hall) == 1
    stranger = tick("key-0003", world.carla)
    other_day = tick("key-0004", world.ana, day=TODAY + timedelta(days=9))
    assert ticks(session, hall, stranger, other_day) == 0


@examples(12)
@given(
    made=st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 30)), min_size=1, max_size=12),
    seed=st.integers(0, 10_000),
)
def test_whatever_the_order_and_however_often_it_is_sent_the_list_is_the_same(
    session: Session, world: World, made: list[tuple[int, bool, int]], seed: int
) -> None:
    """The oracle sorts all ticks by moment and key and lets the last of each person decide."""
    hall = halls.hall(session, world, capacity=9)
    people = [world.ana, world.bruno, world.carla]
    for user_id in people:
        register(session, hall, user_id)
    all_ticks = [
        tick(f"{hall.id}-{place:04d}", people[who], present, at=NOW - timedelta(minutes=ago))
        for place, (who, present, ago) in enumerate(made)
    ]
    wanted = {}
    for one in sorted(all_ticks, key=lambda one: (one.made_at, one.key)):
        wanted[one.user_id] = one.present
    dice = random.Random(seed)
    sending = all_ticks + [dice.choice(all_ticks) for _ in all_ticks]
    dice.shuffle(sending)

    while sending:
        many = dice.randrange(1, 5)
        ticks(session, hall, *sending[:many])
        sending = sending[many:]

    got = dict(
        session.execute(
            select(Attendance.user_id, Attendance.present).where(Attendance.workshop_id == hall.id)
        ).all()
    )
    assert got == wanted
    count = select(func.count()).select_from(Mark).where(Mark.workshop_id == hall.id)
    assert session.scalar(count) == len(made)


def test_attendance_keeps_name_and_unit_of_the_day(session: Session, world: World) -> None:
    hall = halls.hall(session, world)
    register(session, hall, world.ana)
    ticks(session, hall, tick("key-0001", world.ana))
    close(session, hall, 1)
    session.execute(delete(Posting).where(Posting.user_id == world.ana))

    (line,) = queries.roll(session, hall)
    fact = session.scalars(select(Attended)).one()

    assert (line.full_name, line.unit, line.audience) == (
        "Trần Thị Ánh",
        "Trường Tiểu học Ánh Sao",
        "teacher",
    )
    assert (fact.unit_id, fact.area_id, fact.audience) == (world.school, world.commune, "teacher")


def test_signatures_and_ticks_must_agree_or_be_explained(session: Session, world: World) -> None:
    hall = halls.hall(session, world)
    register(session, hall, world.ana)
    ticks(session, hall, tick("key-0001", world.ana))

    with pytest.raises(SignaturesDiffer) as told:
        close(session, hall, 3)
    assert (told.value.values["signatures"], told.value.values["ticks"]) == (3, 1)
    assert hall.closed_at is None

    assert close(session, hall, 3, "Hai người ký rồi về ngay") == (1, 0)
    assert hall.difference_reason == "Hai người ký rồi về ngay"


def test_closed_is_closed(session: Session, world: World) -> None:
    hall = halls.hall(session, world)
    register(session, hall, world.ana)
    mark = tick("key-0001", world.ana)
    ticks(session, hall, mark)
    close(session, hall, 1)

    assert ticks(session, hall, mark) == 0  # a replay of what is known
    with pytest.raises(AlreadyClosed):
        ticks(session, hall, tick("key-0002", world.ana, False))
    with pytest.raises(AlreadyClosed):
        close(session, hall, 1)
    with pytest.raises(NotOpen):
        attendance.give_up(session, hall, world.ana, by_id=None, now=NOW)


def test_it_is_not_closed_before_its_last_day(session: Session, world: World) -> None:
    with pytest.raises(NotOver):
        close(session, halls.hall(session, world, days=((TODAY + timedelta(days=1), ""),)), 0)


def test_enough_days_are_taking_part(session: Session, world: World) -> None:
    first, second = TODAY - timedelta(days=1), TODAY
    hall = halls.hall(session, world, days=((first, ""), (second, "")), days_needed=2)
    register(session, hall, world.ana)
    register(session, hall, world.carla)
    ticks(
        session,
        hall,
        tick("key-0001", world.ana, day=first),
        tick("key-0002", world.ana, day=second),
        tick("key-0003", world.carla, day=second),
    )

    assert close(session, hall, 3) == (1, 0)
    fact = session.scalars(select(Attended)).one()
    assert (fact.user_id, fact.days, fact.on_day) == (world.ana, 2, second)


def test_a_day_with_ticks_stays(session: Session, world: World) -> None:
    first, second = TODAY - timedelta(days=1), TODAY
    hall = halls.hall(session, world, days=((first, ""), (second, "")))
    register(session, hall, world.ana)
    ticks(session, hall, tick("key-0001", world.ana, day=first))

    with pytest.raises(DayHasAttendance):
        services.change_workshop(session, hall, halls.facts(session, world), by_id=None, now=NOW)


def how_far(session: Session, enrolment: Enrolment) -> Status:
    return status(session, enrolment, version_of(session, enrolment.version_id), local_date(NOW))


def with_a_class_rule(session: Session, times: int = 1) -> int:
    """Let CM-01 ask for classes and nothing else; return its id."""
    version = session.scalars(
        select(Version)
        .join(Course, Course.id == Version.course_id)
        .where(Course.code == "CM-01", Version.current)
    ).one()
    version.manifest = {**version.manifest, "completion": [{"rule": "workshop_attended", "times": times}]}
    version.digest = uuid4().hex  # what is kept of a version in memory is kept by its digest
    session.flush()
    return version.course_id


def test_closing_completes_the_course_of_whoever_was_there(session: Session, world: World) -> None:
    course_id = with_a_class_rule(session)
    enrolment = enrol(session, world.ana)
    hall = halls.hall(session, world, course_id=course_id, capacity=5)
    for user_id in (world.ana, world.carla):  # Carla has not begun the course
        register(session, hall, user_id)
    ticks(session, hall, tick("key-0001", world.ana), tick("key-0002", world.carla))
    assert how_far(session, enrolment).progress.conditions[0].done == 0  # only closed classes count

    assert close(session, hall, 2) == (2, 1)
    assert how_far(session, enrolment).progress.complete


def test_a_correction_needs_a_reason_and_a_completion_stands(session: Session, world: World) -> None:
    course_id = with_a_class_rule(session)
    enrolment = enrol(session, world.ana)
    hall = halls.hall(session, world, course_id=course_id)
    register(session, hall, world.ana)
    ticks(session, hall, tick("key-0001", world.ana))
    close(session, hall, 1)

    def correct(present: bool, reason: str) -> None:
        closing.correct(
            session,
            issuer(),
            hall,
            user_id=world.ana,
            day=TODAY,
            present=present,
            reason=reason,
            by_id=world.bruno,
            now=NOW,
        )

    with pytest.raises(ReasonTooShort):
        correct(False, "nhầm")
    correct(False, "Chữ ký trên giấy là của người khác")

    fact = session.get_one(Attended, (hall.id, world.ana))
    assert fact.withdrawn_at == NOW
    assert not how_far(session, enrolment).progress.complete
    assert session.scalars(select(Completion.user_id)).all() == [world.ana]
    correct(True, "Đã xem lại bản quét, có chữ ký")
    assert session.get_one(Attended, (hall.id, world.ana)).withdrawn_at is None
    entries = session.scalars(select(Entry.facts).where(Entry.code == "workshop.correct")).all()
    assert [one["present"] for one in entries] == [False, True]


def test_checking_in_by_code(session: Session, world: World) -> None:
    hall, other = halls.hall(session, world), halls.hall(session, world)
    shown = codes.code(hall.secret, hall.id, TODAY, NOW)

    with pytest.raises(CodeOver):
        attendance.check_in(session, other, world.ana, shown, NOW)
    with pytest.raises(CodeOver):
        attendance.check_in(session, hall, world.ana, shown, NOW + timedelta(seconds=91))
    attendance.check_in(session, hall, world.ana, shown, NOW)
    attendance.check_in(session, hall, world.ana, shown, NOW)

    assert attendance.ticks_of(session, hall) == 1
    tomorrow = halls.hall(session, world, days=((date(2026, 11, 25), ""),))
    with pytest.raises(NotToday):
        attendance.check_in(session, tomorrow, world.ana, "x", NOW)


def test_a_learner_s_road_by_the_pages(session: Session, world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        hall = halls.hall(work, world, capacity=1)
        hall_id, secret = hall.id, hall.secret
    ana, bruno = sign_in(world.ana), sign_in(world.bruno)

    assert "Lớp tập huấn Mẫu" in ana.get("/workshops/?lang=vi").text
    assert ana.post(f"/workshops/{hall_id}/register").status_code == 303
    code = codes.code(secret, hall_id, TODAY, NOW)
    assert code in ana.get(f"/workshops/{hall_id}/check-in?code={code}").text
    assert ana.post(f"/workshops/{hall_id}/check-in", data={"code": "A" * 10}).status_code == 422
    assert ana.post(f"/workshops/{hall_id}/check-in", data={"code": code}).status_code == 303
    assert f"{code[:5]} {code[5:]}" in bruno.get(f"/manage/workshops/{hall_id}/screen").text
    page = bruno.post(f"/manage/workshops/{hall_id}/close", data={"signatures": "2", "visits": "0"})
    assert page.status_code == 422
    assert "2" in page.text
    closed = bruno.post(f"/manage/workshops/{hall_id}/close", data={"signatures": "1", "visits": "3"})
    assert closed.status_code == 303
    assert "Anh/chị đã tham dự" in ana.get(f"/workshops/{hall_id}/?lang=vi").text
    table = bruno.get(f"/manage/workshops/{hall_id}/attendance.csv?lang=vi").text
    assert "Trần Thị Ánh" in table
    assert bruno.get(f"/manage/workshops/{hall_id}/sheet.pdf").data.startswith(b"%PDF-")


def test_ticks_as_a_phone_sends_them(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        hall = halls.hall(work, world)
        register(work, hall, world.ana)
        hall_id = hall.id
    bruno = sign_in(world.bruno)
    mark = {
        "key": "abcdefgh-1",
        "day": "2026-11-24",
        "user": world.ana,
        "present": True,
        "at": int(NOW.timestamp() * 1000),
    }

    first = bruno.post(f"/manage/workshops/{hall_id}/marks", json={"marks": [mark]})
    again = bruno.post(f"/manage/workshops/{hall_id}/marks", json={"marks": [mark]})

    assert (first.status_code, first.json, again.status_code) == (200, {"taken": ["abcdefgh-1"]}, 200)
    for broken in (
        {},
        {"marks": 1},
        {"marks": [1]},
        {"marks": [{**mark, "at": 1e300}]},
        {"marks": [{**mark, "user": "x"}]},
        {"marks": [{**mark, "key": "x"}]},
        {"marks": [{**mark, "day": "heute"}]},
    ):
        assert bruno.post(f"/manage/workshops/{hall_id}/marks", json=broken).status_code == 400


def test_the_whole_list_as_a_form_sends_it(session: Session, world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        hall = halls.hall(work, world)
        for user_id in (world.ana, world.carla):
            register(work, hall, user_id)
        hall_id = hall.id
    bruno = sign_in(world.bruno)

    def send(*present: int) -> None:
        shown = [world.ana, world.carla]
        data = {"day": "2026-11-24", "shown": shown, "present": list(present)}
        assert bruno.post(f"/manage/workshops/{hall_id}/roll", data=data).status_code == 303
        strange = data | {"present": ["²", "9" * 5000], "shown": ["²"]}
        assert bruno.post(f"/manage/workshops/{hall_id}/roll", data=strange).status_code == 303

    send(world.ana, world.carla)
    send(world.carla)

    rows = session.execute(select(Attendance.user_id, Attendance.present).order_by(Attendance.user_id)).all()
    assert dict(rows) == {world.ana: False, world.carla: True}


def test_a_class_for_others_is_not_there(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        hall_id = halls.hall(work, world, for_sector="police").id
        far = halls.hall(work, world, for_area_id=world.elsewhere).id
        parents = halls.hall(work, world, for_audience="parent").id
    ana = sign_in(world.ana)

    assert [ana.get(f"/workshops/{one}/").status_code for one in (hall_id, far, parents)] == [404, 404, 404]
    assert ana.post(f"/workshops/{hall_id}/register").status_code == 404
    hidden = ana.get(f"/workshops/{hall_id}/check-in")
    assert (hidden.status_code, "Lớp tập huấn Mẫu" in hidden.text) == (200, False)
    assert sign_in(world.emil).get(f"/workshops/{hall_id}/").status_code == 200
    assert sign_in(world.fay).get(f"/workshops/{parents}/").status_code == 200


def test_a_trainer_runs_a_class_and_does_not_close_it(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        hall_id = halls.hall(work, world, trainer_ids=(world.carla,)).id
    carla = sign_in(world.carla)

    for page in ("", "roll", "screen", "sheet.pdf"):
        assert carla.get(f"/manage/workshops/{hall_id}/{page}").status_code == 200
    assert carla.get(f"/manage/workshops/{hall_id}/close").status_code == 403
    assert "Lớp tập huấn Mẫu" in carla.get("/manage/workshops/training").text


def test_a_form_with_faults_comes_back_whole(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.bruno).post(
        "/manage/workshops/new?lang=vi",
        data={
            "key": "a-key-of-tests",
            "title": "Lớp có tên",
            "organiser": "B",
            "area": "không có",
            "trainers": "ai-do",
            "plan_item": "II.9.z",
        },
    )

    assert page.status_code == 422
    assert "Lớp có tên" in page.text
    for words in (
        "không tổ chức lớp cho đơn vị",
        "Không có địa bàn nào",
        "Không tìm thấy ai với “ai-do”",
        "Cần ít nhất một ngày",
    ):
        assert words in page.text, words


def test_a_list_that_is_wholly_used_leads_on_and_one_with_rows_left_stays_on_the_page(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        one = halls.hall(work, world)
        attendance.register(work, one, world.ana, by_id=world.ana, now=NOW)
        hall_id = one.id
    bruno = sign_in(world.bruno)

    def send(text: str) -> TestResponse:
        return bruno.post(
            f"/manage/workshops/{hall_id}/file?lang=vi",
            data={"day": "2026-11-24", "file": (io.BytesIO(text.encode()), "co-mat.csv")},
            content_type="multipart/form-data",
        )

    rows_left = send(
        "Họ và tên,Đơn vị\nTrần Thị Ánh,Trường Tiểu học Ánh Sao\nPhạm Thị Cúc,Trường THCS Bến Xuân\n"
    )
    assert rows_left.status_code == 422
    assert "Phạm Thị Cúc" in rows_left.text
    there = select(Attendance.user_id).where(Attendance.workshop_id == hall_id, Attendance.present)
    assert session.scalars(there).all() == [world.ana], "what could be used is noted all the same"

    all_used = send("Họ và tên,Đơn vị\nTrần Thị Ánh,Trường Tiểu học Ánh Sao\n")
    assert (all_used.status_code, all_used.location) == (303, f"/manage/workshops/{hall_id}/")
    assert send("Họ và tên\n").status_code == 422

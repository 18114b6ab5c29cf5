"""Practice: blind until all sheets are in, a third where two differ, and the completion it feeds."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from courses.models import Completion, Enrolment, Version
from courses.practice import queries, services
from courses.practice.errors import (
    AlreadyHandedIn,
    AlreadyPassed,
    LevelsMissing,
    NoPractice,
    NotAnAssessor,
    PracticeOpen,
    WrongAssessors,
)
from courses.practice.models import Practice
from courses.published import version_of
from courses.queries.standing import Status, status
from courses.services import start_quiz, submit_quiz
from portal.core.clock import local_date
from portal.core.db import unit_of_work
from portal.core.errors import NotFound
from portal.core.policy import Actor, Grant, Role
from tests import halls
from tests.factories import NOW, TODAY, World
from tests.security.support import answer_all, enrol, issuer

SignIn = Callable[[int], FlaskClient]
BEST = {"noi-quy": 3, "he-qua": 3, "binh-tinh": 3, "ghi-nhan": 3, "nhin-lai": 3}
#: 2 + 2 + 2 + 2 + 2 = 10 of 15, two thirds: below 70 %
FAIR = dict.fromkeys(BEST, 2)


def how_far(session: Session, enrolment: Enrolment) -> Status:
    return status(session, enrolment, version_of(session, enrolment.version_id), local_date(NOW))


def hand_in(
    session: Session, practice: Practice, user_id: int, levels: dict[str, int], note: str = ""
) -> bool:
    return services.hand_in(session, issuer(), practice, user_id, levels=levels, note=note, now=NOW)


def passed_quiz(session: Session, enrolment: Enrolment) -> None:

    attempt = start_quiz(session, enrolment, "final", 7, NOW)
    answer_all(session, attempt)
    submit_quiz(session, issuer(), attempt, NOW)


def test_marked_last_it_completes_the_course(session: Session, world: World) -> None:
    enrolment = halls.practising(session, world.ana)
    passed_quiz(session, enrolment)
    assert session.scalar(select(Completion)) is None
    practice = halls.practice(session, enrolment, [world.bruno])

    assert hand_in(session, practice, world.bruno, BEST) is True

    assert practice.result == "1"
    completion = session.scalars(select(Completion)).one()
    assert (completion.facts["version"], completion.facts["practice"]) == (3, "1")
    assert session.scalars(select(Certificate.version_number)).one() == 3


def test_too_few_points_leave_it_open_and_another_try_may_pass(session: Session, world: World) -> None:
    enrolment = halls.practising(session, world.ana)
    first = halls.practice(session, enrolment, [world.bruno])
    hand_in(session, first, world.bruno, FAIR)

    line = how_far(session, enrolment).progress.conditions[-1]
    assert (line.rule, line.met, line.best) == ("practice_marked", False, Fraction(2, 3))

    second = halls.practice(session, enrolment, [world.bruno])
    hand_in(session, second, world.bruno, BEST)
    assert how_far(session, enrolment).progress.conditions[-1].met
    with pytest.raises(AlreadyPassed):
        halls.practice(session, enrolment, [world.bruno])


def test_a_learner_of_version_1_has_no_practice(session: Session, world: World) -> None:
    enrolment = halls.practising(session, world.ana)
    enrolment.version_id = session.scalars(
        select(Version.id).where(Version.course_id == enrolment.course_id, Version.number == 1)
    ).one()

    with pytest.raises(NoPractice):
        halls.practice(session, enrolment, [world.bruno])


def test_two_sheets_that_differ_wait_for_a_third(session: Session, world: World) -> None:
    enrolment = halls.practising(session, world.ana)
    second, third = halls.teacher(session, world, "Lê Thị Hai"), halls.teacher(session, world, "Vũ Văn Ba")
    practice = halls.practice(session, enrolment, [world.bruno, second])

    assert hand_in(session, practice, world.bruno, BEST) is False
    assert hand_in(session, practice, second, {**BEST, "he-qua": 0}) is False
    assert services.apart(session, practice) == ("he-qua",)
    for wrong in (world.ana, world.bruno, second):
        with pytest.raises(NotAnAssessor):
            services.name_third(session, practice, wrong, by_id=world.bruno, now=NOW)
    services.name_third(session, practice, third, by_id=world.bruno, now=NOW)
    with pytest.raises(LevelsMissing):
        hand_in(session, practice, third, {"noi-quy": 1})

    assert hand_in(session, practice, third, {"he-qua": 1, "noi-quy": 0}) is True
    # 3 + 1 (decided) + 3 + 3 + 3 = 13 of 15; what the third said of anything else does not count
    assert practice.result == "13/15"


def test_who_may_assess_and_how_often(session: Session, world: World) -> None:
    enrolment = halls.practising(session, world.ana)
    for wrong in ([], [world.ana], [world.bruno, world.bruno], [world.bruno, world.ana]):
        with pytest.raises(WrongAssessors):
            halls.practice(session, enrolment, wrong)
    practice = halls.practice(session, enrolment, [world.bruno, world.carla])
    with pytest.raises(PracticeOpen):
        halls.practice(session, enrolment, [world.bruno])
    with pytest.raises(NotFound):
        hand_in(session, practice, world.dora, BEST)
    hand_in(session, practice, world.bruno, BEST)
    with pytest.raises(AlreadyHandedIn):
        hand_in(session, practice, world.bruno, FAIR)


def test_neither_assessor_nor_head_sees_a_sheet_before_all_are_in(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        enrolment = halls.practising(work, world.ana)
        practice_id = halls.practice(work, enrolment, [world.bruno, world.carla]).id
        hand_in(work, work.get_one(Practice, practice_id), world.bruno, BEST, "Lời của người thứ nhất")
    carla = sign_in(world.carla)

    blind = [sign_in(who).get(f"/manage/practice/{practice_id}/") for who in (world.carla, world.dora)]

    assert [page.status_code for page in blind] == [200, 200]
    assert all("Lời của người thứ nhất" not in page.text for page in blind)
    assert "Lời của người thứ nhất" in sign_in(world.bruno).get(f"/manage/practice/{practice_id}/").text

    posted = {f"level-{ref}": str(level) for ref, level in BEST.items()}
    assert carla.post(f"/manage/practice/{practice_id}/sheet", data=posted).status_code == 303
    assert "Lời của người thứ nhất" in carla.get(f"/manage/practice/{practice_id}/").text


def test_the_learner_and_strangers_find_no_such_page(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        enrolment = halls.practising(work, world.ana)
        practice_id = halls.practice(work, enrolment, [world.bruno]).id

    for who in (world.ana, world.carla, world.emil, world.admin):
        assert sign_in(who).get(f"/manage/practice/{practice_id}/").status_code == 404
        assert sign_in(who).post(f"/manage/practice/{practice_id}/sheet").status_code == 404


def test_a_sheet_that_is_not_whole_loses_nothing(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        practice_id = halls.practice(work, halls.practising(work, world.ana), [world.bruno]).id

    page = sign_in(world.bruno).post(
        f"/manage/practice/{practice_id}/sheet", data={"level-noi-quy": "2", "note": "Đã ghi"}
    )

    assert page.status_code == 422
    assert "Đã ghi" in page.text
    assert 'id="l-noi-quy-2" name="level-noi-quy" value="2" checked' in page.text


def test_arranging_and_marking_by_the_pages(session: Session, world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        enrolment_id = halls.practising(work, world.ana).id
    bruno = sign_in(world.bruno)
    assert "Trần Thị Ánh" in bruno.get("/manage/practice/").text

    arranged = bruno.post(
        f"/manage/practice/arrange/{enrolment_id}",
        data={"held_on": "2026-11-24", "place": "Lớp 4A", "first": "bruno", "second": ""},
    )
    posted = {f"level-{ref}": str(level) for ref, level in BEST.items()}
    marked = bruno.post(arranged.location + "sheet", data=posted)

    assert (arranged.status_code, marked.status_code) == (303, 303)
    assert session.scalars(select(Practice.result)).one() == "1"
    assert "100%" in bruno.get("/manage/practice/").text
    assert bruno.get("/manage/practice.csv").text.count("1.000000") == 1
    assert "100%" in sign_in(world.ana).get("/courses/GD-01/").text


def test_who_waits_beyond_the_first_is_said_and_found(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as work:
        for person in (world.ana, world.bruno):
            enrol(work, person, "GD-01")
    department = Actor(world.dora, (Grant(Role.DEPARTMENT_HEAD, area=world.province, sector="education"),))
    monkeypatch.setattr(queries, "MOST_WAITING", 1)

    first, more = queries.waiting(session, department, TODAY)
    found, no_more = queries.waiting(session, department, TODAY, "bao")

    assert ([one.user_id for one in first], more) == ([world.ana], True)
    assert ([one.user_id for one in found], no_more) == ([world.bruno], False)

"""A lesson for a hall: noted once, each person's lesson done, hands of the group alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses import loader
from courses.group_lessons import queries, services
from courses.group_lessons.errors import KeyOfAnother, NotOnTheList, TooMany
from courses.group_lessons.models import GroupHands, GroupLesson, GroupPresent
from courses.group_lessons.screens import screens
from courses.manifest import read_course
from courses.markdown import render
from courses.models import Completion, Enrolment, LessonDone, Version
from portal.core.accounts.models import Audience
from portal.core.db import unit_of_work
from portal.core.organisation.models import Unit
from quizzes.models import Attempt
from tests import halls
from tests.factories import NOW, World, person
from tests.security.support import enrol, issuer, one_of_each_role, read_all

SignIn = Callable[[int], FlaskClient]


def parents(session: Session, world: World, many: int) -> list[int]:
    return [
        person(session, f"Phụ Huynh {number}", world.community, Audience.PARENT).id for number in range(many)
    ]


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_each_person_there_has_the_lesson_done_once(session: Session, world: World) -> None:
    ids = parents(session, world, 3)
    enrol(session, ids[0])

    first = halls.evening(session, world, world.bruno, ids, others=4, hands={"q02": {"true": 3, "false": 0}})
    again = halls.evening(session, world, world.bruno, ids[:1], others=9)

    assert (first.people, first.lessons, first.first) == (3, 3, True)
    assert (again.id, again.people, again.first) == (first.id, 3, False)
    assert (count(session, GroupLesson), count(session, GroupPresent), count(session, LessonDone)) == (
        1,
        3,
        3,
    )
    assert session.scalars(select(GroupLesson.others)).one() == 4
    votes = session.execute(select(GroupHands.option, GroupHands.hands).order_by(GroupHands.option)).all()
    assert [tuple(vote) for vote in votes] == [("false", 0), ("true", 3)]
    assert count(session, Attempt) == 0  # nobody gets a mark


def test_the_lesson_that_completes_issues_the_confirmation(session: Session, world: World) -> None:
    (one,) = parents(session, world, 1)
    enrolment = enrol(session, one)
    left = read_all(
        session, enrolment, but=10
    )  # what everybody reads, and two of a track; a third completes it
    slug = left[0].slug

    noted = halls.evening(session, world, world.bruno, [one], slug=slug)

    assert noted.completed == 1
    assert session.scalars(select(Completion.user_id)).all() == [one]


def test_a_person_of_another_place_is_not_ticked(session: Session, world: World) -> None:
    with pytest.raises(NotOnTheList):
        halls.evening(session, world, world.bruno, [world.ana])


def test_a_slip_of_the_finger_is_told(session: Session, world: World) -> None:
    for more in ({"others": 1001}, {"hands": {"q02": {"true": 5000}}}):
        with pytest.raises(TooMany):
            halls.evening(session, world, world.bruno, [], **more)


def test_hands_for_what_was_not_asked_are_left_out(session: Session, world: World) -> None:
    halls.evening(session, world, world.bruno, [], hands={"q99": {"a": 1}, "q02": {"maybe": 2, "true": 1}})

    rows = session.execute(select(GroupHands.question, GroupHands.option, GroupHands.hands)).all()
    assert [tuple(row) for row in rows] == [("q02", "true", 1)]


def test_a_clock_that_runs_ahead_is_set_right(session: Session, world: World) -> None:
    halls.evening(
        session, world, world.bruno, [], began_at=NOW + timedelta(days=2), ended_at=NOW + timedelta(days=2)
    )

    one = session.scalars(select(GroupLesson)).one()
    assert (one.began_at, one.ended_at) == (NOW, NOW)


def test_no_question_of_a_final_quiz_is_shown_to_a_hall(session: Session) -> None:
    shown = {
        choice.code
        for choice in queries.choices(session)
        if queries.questions(session, queries.lesson_for(session, choice.code, choice.slug)[2])
    }

    assert "GD-01" not in shown
    assert "CM-01" in shown
    assert "CA-01" not in {choice.code for choice in queries.choices(session)}


def test_the_key_of_anothers_evening_tells_nothing(session: Session, world: World) -> None:
    halls.evening(session, world, world.bruno, [], key="an-evening-of-bruno")

    with pytest.raises(KeyOfAnother):
        halls.evening(session, world, world.dora, [], key="an-evening-of-bruno")


def test_a_version_without_the_lesson_is_said_so(session: Session, world: World) -> None:
    """GD-01's last lesson is new in version 2: a learner of version 1 has no such lesson."""
    (one,) = parents(session, world, 1)
    enrolment = enrol(session, one, "GD-01")
    enrolment.version_id = session.scalars(
        select(Version.id).where(Version.course_id == enrolment.course_id, Version.number == 1)
    ).one()
    course, _version, lesson = queries.lesson_for(session, "GD-01", "tiet-hoc-duoc-quan-sat")
    noted = services.note_evening(
        session,
        issuer(),
        course=course,
        lesson=lesson,
        unit=session.get_one(Unit, world.community),
        evening=services.Evening("an-evening-of-v1", "", NOW, NOW, (one,), 0, {}),
        by_id=world.bruno,
        now=NOW,
    )

    assert (noted.people, noted.lessons) == (1, 0)


def test_the_evening_by_the_pages(session: Session, world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        lan_id = one_of_each_role(work, world)["collaborator"]
        ids = parents(work, world, 2)
    lan = sign_in(lan_id)
    address = f"/manage/group-lessons/play/{world.community}/CM-01/ba-do-tuoi/"
    assert "Phụ Huynh 1" in lan.get(address).text

    form = lan.post(
        address,
        data={
            "key": "by-the-form-0001",
            "began": str(int(NOW.timestamp() * 1000)),
            "place": "Sân đình",
            "present": [str(one) for one in ids],
            "others": "",
            "hands.q02.true": "7",
        },
    )
    body = {
        "key": "by-json-000001",
        "began": 0,
        "ended": 1,
        "place": "",
        "present": [],
        "others": 0,
        "hands": {},
    }
    sent = lan.post(address, json=body)

    assert (form.status_code, sent.status_code) == (303, 200)
    assert "Phụ Huynh 0" in lan.get(form.location).text
    for broken in (
        {},
        {**body, "present": ["x"]},
        {**body, "key": "x"},
        {**body, "hands": 3},
        {**body, "others": -1},
        {**body, "began": 10**18},
    ):
        assert lan.post(address, json=broken).status_code == 400
    assert (
        lan.post(address, json={**body, "key": "a-stranger-here", "present": [world.ana]}).status_code == 409
    )
    for other in (world.school, world.clinic, 10**6):
        assert lan.get(f"/manage/group-lessons/play/{other}/CM-01/ba-do-tuoi/").status_code == 404
    assert lan.get(f"/manage/group-lessons/play/{world.community}/CA-01/khi-tre-im-lang/").status_code == 404
    assert count(session, Enrolment) == 2


def test_a_shipped_lesson_cut_into_screens_is_the_lesson() -> None:
    for code in ("CM-01/1", "GD-01/2", "GD-01/3", "CA-01/1"):
        course = read_course(loader.CONTENT / code)
        for one in course.lessons:
            html = render(one.texts["vi"].body, "vi", lambda name: name, course.picture_size).html
            cut = screens(html)
            assert "".join(cut) == html
            assert 3 <= len(cut) <= 30, (code, one.slug)
            assert all(part.count("<h2") <= 1 for part in cut)


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>a b</p>",
                "<h2>x</h2>",
                "<aside><p>y</p></aside>",
                '<img src="z">',
                "text",
                "\n",
                "</p>",
                "<br>",
            ]
        ),
        max_size=30,
    )
)
def test_whatever_is_cut_nothing_is_lost(parts: list[str]) -> None:
    html = "".join(parts)

    assert "".join(screens(html)).strip() == html.strip()

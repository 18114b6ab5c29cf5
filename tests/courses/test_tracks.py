"""CM-01 from its second version on: what everybody reads, and the track for the age of one's child."""

from collections.abc import Callable, Sequence

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses import services
from courses.certificates.models import Certificate
from courses.completion import StepKind
from courses.families import queries as families
from courses.group_lessons import queries as group_lessons
from courses.models import Enrolment, Lesson
from courses.queries import listing, own_courses
from portal.core import clock
from portal.core.db import unit_of_work
from portal.core.households.models import HouseholdMember
from portal.core.policy import Actor
from tests.factories import NOW, World
from tests.security.support import enrol, family, issuer, one_of_each_role

SignIn = Callable[[int], FlaskClient]

COMMON = (
    "ba-do-tuoi",
    "nghe-het-cau",
    "vi-sao-khong-danh",
    "truoc-khi-bung-no",
    "khi-con-ke",
    "khi-con-gap-chuyen-tren-mang",
)
SMALL = ("tieng-khoc-la-loi-noi", "muoi-phut-theo-con", "con-an-va-giua-cho", "giu-be-an-toan")
SCHOOL = ("con-vao-tieu-hoc", "loi-dan-va-he-qua", "bai-vo-va-tieng-quat", "ban-tay-an-toan")
GROWN = ("con-dang-lon", "noi-chuyen-voi-con-tuoi-lon", "chiec-dien-thoai-tuoi-14", "nhung-ngay-toi")


def finish(session: Session, enrolment: Enrolment, slugs: Sequence[str]) -> list[Certificate | None]:
    """Finish these lessons one after the other; return what each brought."""
    made = []
    for slug in slugs:
        lesson = session.scalars(
            select(Lesson).where(Lesson.version_id == enrolment.version_id, Lesson.slug == slug)
        ).one()
        made.append(services.finish_lesson(session, issuer(), enrolment, lesson, NOW))
    return made


def mine(session: Session, user_id: int) -> own_courses.MyCourse:
    found = own_courses.my_courses(session, Actor(user_id), clock.local_date(NOW))
    return next(one for one in found if one.code == "CM-01")


def test_three_quarters_of_the_common_part_and_of_one_track_complete_it(
    session: Session, world: World
) -> None:
    enrolment = enrol(session, world.ana)

    made = finish(session, enrolment, [*COMMON[:5], *GROWN[:3]])  # 0.75 × 6 is 4.5, so 5; 0.75 × 4 is 3

    assert [one is not None for one in made] == [False] * 7 + [True]
    assert made[-1] is not None
    assert made[-1].version_number == 3


def test_lessons_of_two_tracks_do_not_add_up(session: Session, world: World) -> None:
    enrolment = enrol(session, world.ana)

    assert finish(session, enrolment, [*COMMON, *SMALL[:2], *SCHOOL[:2]]) == [None] * 10
    assert finish(session, enrolment, SCHOOL[2:3])[0] is not None


def test_all_tracks_without_the_common_part_complete_nothing(session: Session, world: World) -> None:
    enrolment = enrol(session, world.ana)

    assert finish(session, enrolment, [*SMALL, *SCHOOL, *GROWN, *COMMON[:4]]) == [None] * 16


def test_the_first_page_counts_her_own_way(session: Session, world: World) -> None:
    enrolment = enrol(session, world.ana)
    finish(session, enrolment, COMMON)
    choosing = mine(session, world.ana)

    finish(session, enrolment, GROWN[1:2])
    going = mine(session, world.ana)

    assert (choosing.next_kind, choosing.lessons_done, choosing.lessons) == (StepKind.TRACK, 6, 10)
    assert (going.next_kind, going.next_ref, going.next_place) == (StepKind.LESSON, GROWN[0], 7)
    assert (going.lessons_done, going.lessons) == (7, 10)
    assert {one.slug for one in going.path} <= {*COMMON, *GROWN}


def test_the_catalogue_says_how_many_lessons_a_learner_reads(session: Session, world: World) -> None:
    (card,) = (one for one in listing.catalogue(session, Actor(None), None, "") if one.code == "CM-01")

    assert card.lessons == 10  # six, and four of the twelve of the tracks


def test_after_the_common_part_the_page_asks_to_choose(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        finish(work, enrol(work, world.ana), COMMON[:5])
    ana = sign_in(world.ana)

    answer = ana.post(f"/courses/CM-01/lessons/{COMMON[5]}/done")
    page = ana.get("/courses/CM-01/").get_data(as_text=True)
    last = ana.get(f"/courses/CM-01/lessons/{COMMON[5]}/").get_data(as_text=True)

    assert answer.location == "/courses/CM-01/#tracks"
    assert page.count('id="tracks"') == 1
    assert '<a class="button button--primary" href="#tracks">' in page
    assert "Chọn một nhánh ở trang này" in page
    assert 'href="/courses/CM-01/#tracks"' in last
    assert "bài 6/10" in last


def test_a_track_stands_alone_between_its_first_and_last_lesson(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        finish(work, enrol(work, world.ana), [*COMMON, *SCHOOL[:3]])
    ana = sign_in(world.ana)

    first, last = (
        ana.get(f"/courses/CM-01/lessons/{slug}/").get_data(as_text=True) for slug in (SCHOOL[0], SCHOOL[3])
    )
    other = ana.get(f"/courses/CM-01/lessons/{GROWN[0]}/").get_data(as_text=True)

    assert "bài 7/10" in first
    assert f'rel="prev" href="/courses/CM-01/lessons/{COMMON[5]}/"' in first
    assert "bài 10/10" in last
    assert 'rel="next"' not in last
    assert f"/lessons/{GROWN[0]}/" not in last
    assert "bài 7/10" in other  # another track is open to read, as a way of its own
    assert ana.post(f"/courses/CM-01/lessons/{SCHOOL[3]}/done").location == "/courses/CM-01/#done"


def test_a_household_is_shown_on_its_way(session: Session, world: World) -> None:
    with unit_of_work() as work:
        family(work, world, one_of_each_role(work, world)["collaborator"], "Đinh Thị Liễu", 1)
    parent, household = session.execute(
        select(HouseholdMember.user_id, HouseholdMember.household_id).limit(1)
    ).one()
    enrolment = enrol(session, parent)
    finish(session, enrolment, [*COMMON, SMALL[0]])

    (course,) = (
        course
        for member in families.members(session, household)
        for course in member.courses
        if course.code == "CM-01" and member.user_id == parent
    )

    assert (course.read, course.asked, len(course.lessons)) == (7, 10, 10)


def test_a_hall_is_asked_each_question_once(session: Session, world: World) -> None:
    """The three self-checks of CM-01/2 draw from one bank."""
    _course, _version, lesson = group_lessons.lesson_for(session, "CM-01", SMALL[2])

    refs = [one.ref for one in group_lessons.questions(session, lesson)]

    assert refs == [
        "q04"
    ]  # of the market only this one has options; a row and a story cannot be answered by hands
    assert {one.module["vi"] for one in group_lessons.choices(session) if one.slug == SMALL[2]} == {
        "Con 0–5 tuổi"
    }

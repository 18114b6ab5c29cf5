"""Each list of people writes down its reader and exactly those who stood on it; one with a police officer asks why first."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.assignments import services as assignments
from courses.assignments.models import AssignmentRule
from courses.models import Course
from courses.workshops import attendance
from courses.workshops.matching import Line
from portal.core.accounts.models import Claim, Posting, User
from portal.core.db import unit_of_work
from portal.core.organisation.models import Unit
from portal.core.policy import Role
from portal.core.rights.models import ListReason, ListView, ListViewPerson
from portal.core.rosters import services as rosters
from tests import halls
from tests.factories import NOW, TODAY, World, grant
from tests.security.support import family, one_of_each_role, rule_of_a

SignIn = Callable[[int], FlaskClient]
REASON = "Rà soát tiến độ học quý 4"


def shown(session: Session) -> list[tuple[str, int | None, list[int]]]:
    """Return each look so far: what, by whom, who stood on it."""
    session.expire_all()
    return [
        (
            view.code,
            view.by_id,
            sorted(session.scalars(select(ListViewPerson.user_id).where(ListViewPerson.view_id == view.id))),
        )
        for view in session.scalars(select(ListView).order_by(ListView.id))
    ]


@pytest.fixture
def things(session: Session, world: World) -> dict[str, int]:
    """Make one of each thing that has a list: of school A and the community of C1, and of the police post L."""
    with unit_of_work() as work:
        people = one_of_each_role(work, world)
        made = {"learner": people["learner"], "collaborator": people["collaborator"]}
        made["rule"] = rule_of_a(work, world)
        course = work.scalars(select(Course).where(Course.code == "GD-01")).one()
        assignments.apply_to(work, [world.ana], NOW)
        one = halls.hall(work, world)
        attendance.register(work, one, world.ana, by_id=world.ana, now=NOW)
        made["hall"] = one.id
        made["paper"] = halls.paper_class(work, world, [Line("Trần Thị Ánh", "Trường Tiểu học Ánh Sao")]).id
        made["practice"] = halls.practice(
            work, halls.practising(work, world.ana), [halls.teacher(work, world)]
        ).id
        made["evening"] = halls.evening(work, world, people["collaborator"], [world.fay]).id
        family(work, world, people["collaborator"])
        made["mother"] = work.scalars(select(User.id).where(User.full_name == "Đinh Thị Liễu")).one()
        made["post"] = work.scalars(select(Posting.id).where(Posting.user_id == world.ana)).one()
        made["police_post"] = work.scalars(select(Posting.id).where(Posting.user_id == world.emil)).one()
        made["course"] = course.id
    return made


#: address -> code of the look, who stood on it. School A holds Ana, Bruno, Mai (the learner) and Hoa (an assessor).
HEADS = {
    "/manage/people?place=unit:A&q=Ánh": ("people.read", ["ana"]),
    "/manage/people.csv?place=unit:A&q=Ánh": ("people.export", ["ana"]),
    "/manage/roster/units/A/?q=Ánh": ("people.read", ["ana"]),
    "/manage/roster/units/A/roster.csv?q=Ánh": ("people.export", ["ana"]),
    "/manage/roster/posts/{post}": ("people.read", ["ana"]),
    "/manage/assignments/{rule}": ("people.read", ["ana"]),
    "/manage/assignments/{rule}/people.csv": ("people.export", ["ana"]),
    "/manage/assignments/new?preview=1&course=GD-01&place=unit:A&due_on=2026-12-31&q=Ánh": (
        "people.read", ["ana"],
    ),
    "/manage/remind/?place=unit:A&course=GD-01&q=Ánh": ("people.read", ["ana"]),
    "/manage/remind/print?place=unit:A&course=GD-01&q=Ánh": ("people.export", ["ana"]),
    "/manage/workshops/{hall}/": ("workshop.read", ["ana"]),
    "/manage/workshops/{hall}/roll": ("workshop.roll", ["ana"]),
    "/manage/workshops/{hall}/sheet.pdf": ("workshop.sheet", ["ana"]),
    "/manage/workshops/{hall}/attendance.csv": ("attendance.export", ["ana"]),
    "/manage/workshops/paper/{paper}/": ("paper_class.read", ["ana"]),
    "/manage/workshops/paper/{paper}/lines.csv": ("paper_class.export", ["ana"]),
    "/manage/practice/": ("practice.read", ["ana"]),
    "/manage/practice/{practice}/": ("practice.read", ["ana"]),
    "/manage/practice.csv": ("practice.export", ["ana"]),
}  # fmt: skip


@pytest.mark.parametrize("path", HEADS)
def test_a_head_s_list_is_written_down_person_by_person(
    session: Session, world: World, sign_in: SignIn, things: dict[str, int], path: str
) -> None:
    code, people = HEADS[path]
    answer = sign_in(world.bruno).get(path.format(**things))

    assert answer.status_code == 200
    assert shown(session) == [(code, world.bruno, sorted(getattr(world, one) for one in people))]
    answer.close()


def test_a_collaborator_s_lists_are_written_down(
    session: Session, world: World, sign_in: SignIn, things: dict[str, int]
) -> None:
    lan = sign_in(things["collaborator"])
    for path in (
        "/manage/households/",
        "/manage/households/C1-1",
        f"/manage/group-lessons/play/{world.community}/CM-01/ba-do-tuoi/",
        "/manage/group-lessons/{}/".format(things["evening"]),
    ):
        assert lan.get(path).status_code == 200
    assert lan.post("/manage/households/C1-1/slips").status_code == 200
    assert lan.post("/manage/register/slips").status_code == 200

    by, mother = things["collaborator"], things["mother"]
    there = sorted([world.fay, mother, by])
    assert shown(session) == [
        ("people.read", by, [mother]),
        ("people.read", by, [mother]),
        ("group_lesson.play", by, there),
        ("group_lesson.read", by, [world.fay]),
        ("people.export", by, [mother]),
        ("people.export", by, [mother]),
    ]
    # a parent sees who saw her, in the words of the page
    assert "Lý Thị Lan" in sign_in(world.fay).get("/account/data").text


def test_requests_transfers_and_slips_are_written_down(
    session: Session, world: World, sign_in: SignIn, things: dict[str, int]
) -> None:
    with unit_of_work() as work:
        work.get_one(User, things["learner"]).secret_hash = None
        work.add(
            Claim(
                user_id=things["learner"], typed_name="Bùi Thị Mai", number="12", secret_hash="x",
                asked_at=NOW, expires_at=NOW + timedelta(days=7),
            )
        )  # fmt: skip
        rosters.ask_transfer(
            work, work.get_one(Posting, things["post"]), work.get_one(Unit, world.other_school),
            leaves_on=TODAY, by_id=world.bruno, now=NOW,
        )  # fmt: skip
    head = sign_in(world.bruno)
    assert head.get("/manage/roster/requests").status_code == 200
    assert head.get("/manage/roster/transfers").status_code == 200
    mai = session.scalars(select(Posting.id).where(Posting.user_id == things["learner"])).one()
    assert head.post("/manage/roster/units/A/slips", data={"post": str(mai)}).status_code == 200

    assert shown(session) == [
        ("people.read", world.bruno, [things["learner"]]),
        ("people.read", world.bruno, [world.ana]),
        ("people.export", world.bruno, [things["learner"]]),
    ]


POLICE = (
    "/manage/people?place=unit:L",
    "/manage/people.xlsx?place=area:D1",
    "/manage/roster/units/L/",
    "/manage/roster/units/L/roster.csv",
    "/manage/roster/posts/{police_post}",
    "/manage/assignments/new?preview=1&course=CA-01&place=unit:L&due_on=2026-12-31",
    "/manage/assignments/{police_rule}",
    "/manage/assignments/{police_rule}/people.csv",
    "/manage/remind/?place=unit:L&course=CA-01",
    "/manage/remind/print?place=unit:L&course=CA-01",
    "/manage/workshops/{police_hall}/",
    "/manage/workshops/{police_hall}/roll",
    "/manage/workshops/{police_hall}/sheet.pdf",
    "/manage/workshops/{police_hall}/attendance.csv",
    "/manage/workshops/paper/{police_paper}/",
    "/manage/workshops/paper/{police_paper}/lines.csv",
)


@pytest.mark.parametrize("path", POLICE)
def test_every_list_with_a_police_officer_asks_why_first(
    session: Session, world: World, sign_in: SignIn, things: dict[str, int], path: str
) -> None:
    with unit_of_work() as work:
        grant(work, world.gina, Role.STANDING_AGENCY, area_id=world.province)
        course = work.scalars(select(Course).where(Course.code == "CA-01")).one()
        rule = AssignmentRule(
            course_id=course.id, unit_id=world.post, due_on=date(2026, 12, 31), renewal_days=90,
            valid_from=TODAY, made_at=NOW, made_by_id=world.gina,
        )  # fmt: skip
        work.add(rule)
        work.flush()
        assignments.apply_to(work, [world.emil], NOW)
        hall = halls.hall(work, world)
        attendance.register(work, hall, world.emil, by_id=world.emil, now=NOW)
        paper = halls.paper_class(work, world, [Line("Hồ Văn Én", "Công an Huyện Một")])
        more = {"police_rule": rule.id, "police_hall": hall.id, "police_paper": paper.id}
    head = sign_in(world.gina)
    where = path.format(**things, **more)

    sent = head.get(where)

    assert (sent.status_code, sent.location.startswith("/manage/reason?kind=police")) == (303, True)
    assert shown(session) == [], "nothing was shown"
    assert head.post(sent.location, data={"reason": REASON}).status_code == 303
    answer = head.get(where)
    assert answer.status_code == 200
    answer.close()
    [(_code, by, people)] = shown(session)
    assert by == world.gina
    assert world.emil in people
    assert session.scalars(select(ListReason.reason).join(ListView)).all() == [REASON]


def test_whoever_may_open_a_roll_may_say_why(
    session: Session, world: World, sign_in: SignIn, things: dict[str, int]
) -> None:
    """A trainer reads no lists of a place, yet the roll of her class asks her too."""
    with unit_of_work() as work:
        hall = halls.hall(work, world, trainer_ids=(things["learner"],))
        attendance.register(work, hall, world.emil, by_id=world.emil, now=NOW)
        hall_id = hall.id
    trainer = sign_in(things["learner"])
    sent = trainer.get(f"/manage/workshops/{hall_id}/roll")

    assert trainer.post(sent.location, data={"reason": REASON}).status_code == 303
    assert "Hồ Văn Én" in trainer.get(f"/manage/workshops/{hall_id}/roll").text


def test_a_reason_that_seems_to_name_a_child_is_not_kept_unasked(
    session: Session, world: World, sign_in: SignIn
) -> None:
    head = sign_in(world.gina)
    where = "/manage/reason?kind=police&place=unit:L"

    asked = head.post(where, data={"reason": "tìm cán bộ phụ trách cháu Minh lớp 4A"})

    assert asked.status_code == 422
    assert "cháu Minh" in asked.text
    assert session.scalars(select(ListReason)).all() == []
    sure = {"reason": "tìm cán bộ phụ trách cháu Minh lớp 4A", "sure": "y"}
    assert head.post(where, data=sure).status_code == 303


def test_the_kind_of_the_support_officer_is_hers_alone(world: World, sign_in: SignIn) -> None:
    for somebody in (world.ana, world.gina, world.admin):
        assert sign_in(somebody).get("/manage/reason?kind=record&place=record").status_code == 404


def test_the_officer_s_looks_are_kept_by_person_and_told_to_nobody(
    session: Session, world: World, sign_in: SignIn, things: dict[str, int]
) -> None:
    with unit_of_work() as work:
        officer_id = halls.officer(work, world)
    officer = sign_in(officer_id)
    officer.post("/manage/reason?kind=record&place=record", data={"reason": "thăm nhà theo kế hoạch"})
    assert officer.get("/manage/support/").status_code == 200
    assert officer.get("/manage/support/C1-1").status_code == 200

    assert shown(session) == [("record.open", officer_id, [things["mother"]])] * 2
    assert "Hà Thị Bảo" not in sign_in(things["mother"]).get("/account/data").text
    admin = sign_in(world.admin)
    assert "thăm nhà" not in admin.get("/admin/looks").text
    assert "record:" in admin.get("/admin/looks").text
    assert "record:" not in admin.get("/admin/looks?q=Đinh+Thị+Liễu").text
    assert "thăm nhà theo kế hoạch" in officer.get("/manage/support/").text, "her own, for her"

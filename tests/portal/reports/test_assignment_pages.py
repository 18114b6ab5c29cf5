"""The head's pages of rules and reminders: whose they are, what is refused in words, that reminding is not done twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from courses.assignments.models import Assignment, AssignmentRule, Reminder
from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.jobs.worker import Worker
from portal.core.notices.models import Notice
from portal.core.policy import Role
from tests.factories import TODAY, World, grant, person
from tests.security.support import certify, enrol, rule_of_a

SignIn = Callable[[int], FlaskClient]
WISH = {"course": "GD-01", "place": "unit:A", "by": "day", "due_on": "2026-12-31"}


@pytest.fixture
def elsewhere(session: Session, world: World) -> int:
    """Return the head of school B."""
    with unit_of_work() as work:
        one = person(work, "Cao Thị Xuân", world.other_school)
        grant(work, one.id, Role.UNIT_HEAD, unit_id=world.other_school)
        return one.id


def test_from_preview_to_people(session: Session, world: World, sign_in: SignIn) -> None:
    bruno = sign_in(world.bruno)
    page = bruno.get("/manage/assignments/new", query_string={**WISH, "preview": "1"}).get_data(as_text=True)
    assert "Trần Thị Ánh" in page
    assert session.scalar(select(func.count()).select_from(AssignmentRule)) == 0

    made = bruno.post("/manage/assignments/", data=WISH)

    assert made.status_code == 303
    assert made.location.startswith("/manage/jobs/")
    Worker().drain()
    rule = session.scalars(select(AssignmentRule.id)).one()
    shown = bruno.get(f"/manage/assignments/{rule}").get_data(as_text=True)
    assert "Trần Thị Ánh" in shown
    assert session.scalar(select(func.count()).select_from(Assignment)) == 2
    csv = bruno.get(f"/manage/assignments/{rule}/people.csv").get_data().decode("utf-8-sig")
    assert csv.count("2026-12-31") == 2
    assert "Lê Văn Bảo" in csv
    told = session.scalars(select(Notice.user_id).where(Notice.code == "assignments.asked")).all()
    assert sorted(told) == [world.ana, world.bruno]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"course": ""}, "Hãy chọn khóa học"),
        ({"due_on": "2026-11-23"}, "Hạn hoàn thành đã qua"),
        ({"due_on": "31-13-2026"}, "Hãy chọn ngày"),
        ({"by": "days", "due_days": "0"}, "Hãy ghi số ngày từ 1"),
        ({"by": "days", "due_days": "-3"}, "Hãy ghi số ngày từ 1"),
        ({"renewal_days": "366"}, "từ 0 đến 365"),
        ({"audience": "parent"}, "không dành cho đối tượng này"),
        ({"until": "2020-01-01"}, "từ hôm nay trở đi"),
    ],
)
def test_a_fault_is_named_and_nothing_typed_is_lost(
    session: Session, world: World, sign_in: SignIn, more: dict[str, str], words: str
) -> None:
    answer = sign_in(world.bruno).get(
        "/manage/assignments/new", query_string={**WISH, **more, "preview": "1"}
    )

    text = answer.get_data(as_text=True)
    assert (answer.status_code, words in text) == (422, True)
    assert more.get("due_on", "2026-12-31") in text


def test_days_may_be_written_as_people_write_them(session: Session, world: World, sign_in: SignIn) -> None:
    sign_in(world.bruno).post("/manage/assignments/", data={**WISH, "due_on": "31/12/2026"})

    assert session.scalars(select(AssignmentRule.due_on)).one().isoformat() == "2026-12-31"


def test_a_department_is_offered_its_own_sector_alone(
    session: Session, world: World, sign_in: SignIn
) -> None:
    dora = sign_in(world.dora)
    form = dora.get("/manage/assignments/new?place=area:P").get_data(as_text=True)
    assert '<input type="hidden" name="sector" value="education">' in form

    for sector, made in (("education", 1), ("police", 1), ("", 1)):
        dora.post("/manage/assignments/", data={**WISH, "place": "area:P", "sector": sector})
        assert session.scalar(select(func.count()).select_from(AssignmentRule)) == made
    assert session.scalars(select(AssignmentRule.sector)).one() == "education"


def test_another_heads_rule_does_not_exist(
    session: Session, world: World, elsewhere: int, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        rule = rule_of_a(work, world)
    stranger = sign_in(elsewhere)

    for path in (f"/manage/assignments/{rule}", f"/manage/assignments/{rule}/people.csv"):
        assert stranger.get(path).status_code == 404
    for path in ("end", "apply"):
        assert stranger.post(f"/manage/assignments/{rule}/{path}").status_code == 404
    assert stranger.post("/manage/assignments/", data=WISH).status_code == 404
    assert stranger.get("/manage/assignments/new?place=unit:A").status_code == 404
    for path in ("/manage/remind/", "/manage/remind/print"):
        assert stranger.get(f"{path}?place=unit:A&course=GD-01").status_code == 404
    assert stranger.post("/manage/remind/?place=unit:A&course=GD-01").status_code == 404
    assert "GD-01 ·" not in stranger.get("/manage/assignments/").get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Reminder)) == 0


def remind(client: FlaskClient) -> int:
    return client.post("/manage/remind/?place=unit:A&course=GD-01").status_code


def test_a_head_reminds_whoever_has_not_completed_once_in_seven_days(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        enrol(work, world.bruno, "GD-01")
        late = person(work, "Lê Thị Mới", world.school).id
        done = person(work, "Lê Thị Xong", world.school).id
        certify(work, done, "CM-01")
    bruno = sign_in(world.bruno)
    page = bruno.get("/manage/remind/?place=unit:A&course=GD-01").get_data(as_text=True)
    assert "Sẽ nhắc 4 người" in page
    assert session.scalar(select(func.count()).select_from(Notice)) == 0

    assert (remind(bruno), remind(bruno)) == (303, 303)

    told = session.scalars(select(Reminder.user_id)).all()
    assert sorted(told) == sorted([world.ana, world.bruno, late, done])
    assert session.scalar(select(func.count()).select_from(Notice)) == 4
    entry = session.scalars(select(Entry).where(Entry.code == "people.remind")).one()
    assert (entry.target, entry.facts) == ("unit:A", {"course": "GD-01", "people": 4})
    with unit_of_work() as work:
        work.execute(
            update(Reminder).where(Reminder.user_id == world.ana).values(sent_on=TODAY - timedelta(days=7))
        )
        work.execute(
            update(Reminder).where(Reminder.user_id == late).values(sent_on=TODAY - timedelta(days=6))
        )
    assert "Sẽ nhắc 1 người" in bruno.get("/manage/remind/?place=unit:A&course=GD-01").get_data(as_text=True)
    remind(bruno)
    assert session.scalar(select(func.count()).select_from(Reminder)) == 5


def test_the_list_for_paper_names_them_in_order(session: Session, world: World, sign_in: SignIn) -> None:
    text = sign_in(world.bruno).get("/manage/remind/print?place=unit:A&course=GD-01").get_data(as_text=True)

    assert 0 < text.rindex("Trần Thị Ánh") < text.rindex("Lê Văn Bảo")
    assert session.scalars(select(Entry.code).where(Entry.code == "people.export")).all() == ["people.export"]


def test_the_learner_reads_what_is_required_and_by_when(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        rule = rule_of_a(work, world)
        course = work.get_one(AssignmentRule, rule).course_id
        work.add(
            Assignment(
                user_id=world.ana, course_id=course, cycle=1, due_on=TODAY - timedelta(2), rule_id=rule,
                assigned_on=TODAY - timedelta(30),
            )
        )  # fmt: skip
    ana = sign_in(world.ana)

    home = ana.get("/").get_data(as_text=True)
    assert "Bắt buộc với tôi" in home
    assert "quá hạn 2 ngày" in home
    page = ana.get("/courses/GD-01/").get_data(as_text=True)
    assert "Bắt buộc với tôi: hạn 22/11/2026" in page
    assert "Bắt buộc với tôi" not in sign_in(world.carla).get("/").get_data(as_text=True)

"""Whoever gets a post, or an account, is asked at once what the rules ask of her; not only in the night."""

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.assignments.models import Assignment, AssignmentRule
from courses.models import Course
from portal.core.accounts import claims
from portal.core.accounts.models import Posting, User
from portal.core.db import unit_of_work
from portal.core.jobs.models import Job
from portal.core.jobs.worker import Worker
from portal.core.notices.models import Notice
from portal.core.organisation.models import Unit
from portal.core.rights.models import ListViewPerson
from portal.core.rosters import services as rosters
from portal.core.rosters.models import ImportState
from tests.factories import NOW, TODAY, World, grant, person
from tests.portal.core.rosters.support import everything, found, fresh, person_named, send, step, workbook

SignIn = Callable[[int], FlaskClient]
NEW = [
    ["A", "GV-9001", "Nguyễn Thị Mới", None, "giáo viên", "Giáo viên", None],
    ["A", "GV-9002", "Trần Văn Tới", None, "giáo viên", "Giáo viên", None],
]


@pytest.fixture(autouse=True)
def rule(session: Session, world: World) -> int:
    """Everybody at school A learns GD-01 by the end of the year; the work of this night was done before."""
    Worker().drain()
    session = fresh()
    return rule_for(session, world.bruno, "GD-01", unit_id=world.school)


def rule_for(session: Session, by_id: int, code: str, **place: int) -> int:
    with unit_of_work() as work:
        one = AssignmentRule(
            course_id=work.scalars(select(Course.id).where(Course.code == code)).one(),
            due_on=date(2026, 12, 31), renewal_days=90, valid_from=TODAY, made_at=NOW, made_by_id=by_id, **place,
        )  # fmt: skip
        work.add(one)
        work.flush()
        return one.id


def asked(session: Session) -> list[str]:
    """Return the names of those of whom something is asked now."""
    return list(
        fresh().scalars(
            select(User.full_name)
            .join(Assignment, Assignment.user_id == User.id)
            .where(Assignment.ended_on.is_(None))
            .order_by(User.full_name)
        )
    )


def test_an_import_asks_those_whom_it_brings_and_its_undo_takes_all_of_it_back(
    session: Session, world: World, sign_in: SignIn
) -> None:
    before = everything(session)
    head = sign_in(world.bruno)
    import_id = send(head, workbook(NEW))
    assert asked(session) == []

    step(head, import_id, "apply")

    assert asked(session) == ["Nguyễn Thị Mới", "Trần Văn Tới"], "and nobody whose post was there before"
    assert fresh().scalar(select(func.count()).select_from(Notice)) == 2
    assert head.get("/manage/roster/units/A/").status_code == 200
    new = {person_named(session, name).id for name in ("Nguyễn Thị Mới", "Trần Văn Tới")}
    assert new <= set(fresh().scalars(select(ListViewPerson.user_id)))

    step(head, import_id, "undo")

    assert found(session, import_id).state == ImportState.UNDONE
    assert everything(session) == before
    assert asked(session) == []
    assert fresh().scalar(select(func.count()).select_from(Assignment)) == 0
    assert fresh().scalar(select(func.count()).select_from(Notice)) == 0


def test_an_undo_that_is_refused_takes_nothing_back(session: Session, world: World, sign_in: SignIn) -> None:
    head = sign_in(world.bruno)
    import_id = send(head, workbook(NEW))
    step(head, import_id, "apply")
    with unit_of_work() as work:
        grant(work, person_named(work, "Trần Văn Tới").id, "unit_head", unit_id=world.school)  # type: ignore[arg-type]

    step(head, import_id, "undo")

    assert found(session, import_id).state == ImportState.APPLIED
    assert asked(session) == ["Nguyễn Thị Mới", "Trần Văn Tới"]
    assert fresh().scalar(select(func.count()).select_from(Notice)) == 2


def test_a_long_list_is_asked_by_a_job_begun_at_once(session: Session, world: World, sign_in: SignIn) -> None:
    names = [
        f"Nguyễn Thị {one} {two}"
        for one in ("Mai", "Lan", "Cúc")
        for two in ("An", "Bình", "Chi", "Dung", "Hà", "Hoa", "Yến")
    ]
    rows = [
        ["A", f"GV-{number}", name, None, "giáo viên", None, None] for number, name in enumerate(names, 9100)
    ]
    head = sign_in(world.bruno)
    step(head, send(head, workbook(rows)), "apply")

    Worker().drain()

    jobs = fresh().scalars(select(Job).where(Job.kind == "assignments.apply", Job.key.is_(None))).all()
    assert len(jobs) == 1
    assert set(names) <= set(asked(session))


def test_a_person_added_by_hand_is_asked(session: Session, world: World, sign_in: SignIn) -> None:
    form = {
        "name": "Nguyễn Thị Mới", "code": "GV-9001", "audience": "teacher", "title": "", "phone": "",
        "began": "2026-11-24",
    }  # fmt: skip
    assert sign_in(world.bruno).post("/manage/roster/units/A/add", data=form).status_code == 303

    assert asked(session) == ["Nguyễn Thị Mới"]


def test_a_transfer_asks_by_the_rules_of_the_new_place(session: Session, world: World) -> None:
    with unit_of_work() as work:
        posting = work.scalars(select(Posting).where(Posting.user_id == world.carla)).one()
        one = rosters.ask_transfer(
            work, posting, work.get_one(Unit, world.school), leaves_on=date(2026, 11, 23), by_id=world.admin,
            now=NOW,
        )  # fmt: skip
        assert asked(work) == []
        rosters.accept_transfer(work, one, by_id=world.bruno, now=NOW)

    assert asked(session) == ["Phạm Thị Cúc"]


def test_an_account_taken_over_by_a_slip_is_asked(session: Session, world: World) -> None:
    with unit_of_work() as work:
        new = person(work, "Nguyễn Thị Mới", world.school)
        claims.make_slips(work, [new.id], by_id=world.bruno, now=NOW)
        from portal.core.accounts.models import Slip

        slip_id = work.scalars(select(Slip.id).where(Slip.user_id == new.id)).one()
        assert asked(work) == []
        claims.claim_by_slip(work, slip_id, "ba con gà đi bộ", NOW)

    assert asked(session) == ["Nguyễn Thị Mới"]


def test_a_parent_who_signs_up_is_asked(session: Session, world: World, client: FlaskClient) -> None:
    rule_for(session, world.gina, "CM-01", area_id=world.district)
    page = client.get("/register").text
    form = {
        "full_name": "Đỗ Văn Bình", "phone": "0912345678", "commune": str(world.community), "pin": "204817",
        "pin_again": "204817", "consent": "y",
        "registration_key": page.split('name="registration_key"')[1].split('value="')[1].split('"')[0],
    }  # fmt: skip
    answer = client.post("/register", data=form)

    assert answer.status_code == 303, answer.text
    assert asked(session) == ["Đỗ Văn Bình"]

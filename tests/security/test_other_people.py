"""Whoever changes an address in the browser meets a 404: other people's attempts, papers, lists and places."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience
from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import Role
from quizzes.models import Answer, Attempt
from tests.factories import World, grant, person, unit
from tests.security.support import begin_quiz, certify

SignIn = Callable[[int], FlaskClient]


@pytest.fixture
def anas_attempt(session: Session, world: World) -> tuple[str, str]:
    """Return an open attempt of Ana's, and a question of it."""
    with unit_of_work() as work:
        attempt = begin_quiz(work, world.ana)
        return attempt.id, attempt.paper["order"][0]


def _without_tokens(page: str) -> str:
    """Return a page without its tokens against forged requests, which carry the second they were made in."""
    return re.sub(r'value="[\w.-]{60,}"', "", page)


@pytest.mark.parametrize("who", ["bruno", "carla", "dora", "admin", "author"])
def test_another_s_attempt_is_not_there(
    who: str, sign_in: SignIn, session: Session, world: World, anas_attempt: tuple[str, str]
) -> None:
    attempt_id, ref = anas_attempt
    other = sign_in(getattr(world, who))

    shown = other.get(f"/attempts/{attempt_id}/")
    saved = other.post(f"/attempts/{attempt_id}/answers", json={"ref": ref, "fields": {}, "seq": 1})
    handed_in = other.post(f"/attempts/{attempt_id}/submit", data={"then": "submit"})
    none = other.get("/attempts/there-is-no-such/")

    assert [shown.status_code, saved.status_code, handed_in.status_code] == [404, 404, 404]
    assert _without_tokens(shown.text.replace(attempt_id, "")) == _without_tokens(
        none.text.replace("there-is-no-such", "")
    )
    assert session.scalar(select(func.count()).select_from(Answer)) == 0
    assert session.get_one(Attempt, attempt_id, populate_existing=True).submitted_at is None


def test_her_own_attempt_is_there(sign_in: SignIn, world: World, anas_attempt: tuple[str, str]) -> None:
    assert sign_in(world.ana).get(f"/attempts/{anas_attempt[0]}/").status_code == 200


def test_a_paper_opens_for_its_owner_and_the_heads_above_its_unit(
    sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
        other_head = person(work, "Đinh Văn Đức", world.other_school, Audience.MANAGER).id
        grant(work, other_head, Role.UNIT_HEAD, unit_id=world.other_school)
        other_district = person(work, "Võ Thị Yên", None).id
        grant(work, other_district, Role.DISTRICT_HEAD, area_id=world.elsewhere)
        health = person(work, "Kiều Văn Y", None).id
        grant(work, health, Role.DEPARTMENT_HEAD, area_id=world.province, sector="health")
    may = {world.ana: 200, world.bruno: 200, world.gina: 200, world.dora: 200}
    may_not = dict.fromkeys((world.carla, other_head, other_district, health, world.admin, world.author), 404)

    for user_id, status in (may | may_not).items():
        answer = sign_in(user_id).get(f"/certificates/{serial}.pdf")
        assert answer.status_code == status, user_id
        assert answer.data.startswith(b"%PDF-") is (status == 200)

    opened = session.scalars(select(Entry).where(Entry.code == "certificate.open").order_by(Entry.id)).all()
    assert [one.actor_id for one in opened] == [
        world.bruno,
        world.gina,
        world.dora,
    ]  # not Ana, and none of the 404s
    assert {one.target for one in opened} == {f"certificate:{serial}"}
    assert opened[0].facts == {"person": f"user:{world.ana}", "course": "CM-01"}


def test_the_trail_names_who_opened_a_paper(sign_in: SignIn, session: Session, world: World) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
    sign_in(world.bruno).get(f"/certificates/{serial}.pdf")

    shown = sign_in(world.admin).get(f"/admin/audit?q={serial}").text

    assert "mở giấy chứng nhận của người khác" in shown
    assert "Lê Văn Bảo" in shown


def test_who_may_not_revoke_here_does_not_learn_that_it_exists(
    sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
        health = person(work, "Kiều Văn Y", None).id
        grant(work, health, Role.DEPARTMENT_HEAD, area_id=world.province, sector="health")
    other = sign_in(health)

    assert other.get(f"/manage/certificates/{serial}/revoke").status_code == 404
    reason = {"reason": "Không phải việc của tôi, nhưng tôi thử xem"}
    assert other.post(f"/manage/certificates/{serial}/revoke", data=reason).status_code == 404
    assert "revoked" not in other.get(f"/verify/{serial}?lang=en").text


PAGES = ["", "people", "board.csv", "board.xlsx", "people.csv", "people.xlsx"]


@pytest.mark.parametrize(
    ("who", "places"),
    [
        # a head of school A: no other unit, no area, not even the commune it stands in
        ("bruno", ["unit:B", "unit:K", "unit:L", "unit:Q", "area:P", "area:D1", "area:C1", "unit:nope", "x"]),
        # a head of district D1: not the other district, its commune, its school; not the province
        ("gina", ["area:P", "area:D2", "area:C3", "unit:B", "area:nope"]),
        # the head of education in the province: no unit of another sector anywhere
        ("dora", ["unit:K", "unit:L", "unit:Q"]),
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_other_places_are_not_there(
    who: str, places: list[str], page: str, sign_in: SignIn, world: World
) -> None:
    head = sign_in(getattr(world, who))

    assert {
        place: head.get(f"/manage/{page}?place={place}").status_code for place in places
    } == dict.fromkeys(places, 404)


def test_the_head_of_another_sector_sees_nobody_of_this_one(
    sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        nurse = person(work, "Hoàng Thị Hạ", world.clinic, Audience.HEALTH_WORKER).full_name
        health = person(work, "Kiều Văn Y", None).id
        grant(work, health, Role.DEPARTMENT_HEAD, area_id=world.province, sector="health")
    education, medicine = sign_in(world.dora), sign_in(health)

    # Ánh, Bảo and Cúc teach; Hạ nurses; Én is of the police, Phượng a parent of C1
    for place in ("area:P", "area:D1", "area:C1"):
        teachers = education.get(f"/manage/people?place={place}").text
        nurses = medicine.get(f"/manage/people?place={place}").text
        assert "Trần Thị Ánh" in teachers
        assert nurse in nurses
        assert not [name for name in (nurse, "Hồ Văn Én", "Vũ Thị Phượng") if name in teachers]
        assert not [name for name in ("Trần Thị Ánh", "Hồ Văn Én", "Vũ Thị Phượng") if name in nurses]
    for kind in ("csv", "xlsx"):
        assert education.get(f"/manage/people.{kind}?place=area:P").status_code == 200
    listed = education.get("/manage/people.csv?place=area:P").text
    assert "Phạm Thị Cúc" in listed
    assert nurse not in listed


def test_counts_too_are_of_her_own_sector(sign_in: SignIn, session: Session, world: World) -> None:
    listed = sign_in(world.dora).get("/manage/board.csv?place=area:P&by=audience&lang=en").text

    assert "teacher" in listed
    assert "investigator" not in listed
    assert "parent" not in listed


def test_a_head_of_a_unit_sees_its_sub_units_and_not_its_parent(
    sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        commune = work.get_one(Area, world.commune)
        mother = unit(work, "M", UnitKind.SCHOOL, Sector.EDUCATION, "Cụm trường Mẹ", commune)
        child = unit(work, "M1", UnitKind.SCHOOL, Sector.EDUCATION, "Phân hiệu Một", commune, parent=mother)
        below = person(work, "Mai Thị Nhánh", child.id).full_name
        head_of_mother = person(work, "Mai Văn Gốc", mother.id, Audience.MANAGER).id
        head_of_child = person(work, "Mai Văn Cành", child.id, Audience.MANAGER).id
        grant(work, head_of_mother, Role.UNIT_HEAD, unit_id=mother.id)
        grant(work, head_of_child, Role.UNIT_HEAD, unit_id=child.id)

    assert below in sign_in(head_of_mother).get("/manage/people?place=unit:M").text
    assert sign_in(head_of_mother).get("/manage/people?place=unit:M1").status_code == 200
    assert sign_in(head_of_child).get("/manage/people?place=unit:M").status_code == 404
    assert "Mai Văn Gốc" not in sign_in(head_of_child).get("/manage/people").text


def test_a_role_that_has_ended_opens_nothing(sign_in: SignIn, session: Session, world: World) -> None:
    from datetime import date

    from portal.core.accounts.models import Membership

    with unit_of_work() as work:
        former = person(work, "Trịnh Văn Cũ", world.school, Audience.MANAGER).id
        work.add(
            Membership(
                user_id=former,
                role=Role.UNIT_HEAD,
                unit_id=world.school,
                valid_from=date(2024, 1, 1),
                valid_to=date(2026, 11, 23),  # yesterday
            )
        )

    assert sign_in(former).get("/manage/").status_code == 403


@pytest.mark.parametrize(
    ("address", "code", "facts"),
    [
        (
            "/manage/people?place=unit:A&state=not_completed&course=CM-01",
            "people.read",
            {"state": "not_completed", "rows": "0", "course": "CM-01"},
        ),
        ("/manage/people?place=unit:A", "people.read", {"state": "all", "rows": "2", "course": ""}),
        ("/manage/people.csv?place=unit:A", "people.export", {"kind": "csv", "state": "all"}),
        ("/manage/people.xlsx?place=unit:A", "people.export", {"kind": "xlsx", "state": "all"}),
        ("/manage/board.xlsx?place=unit:A", "board.export", {"kind": "xlsx"}),
    ],
)
def test_who_looked_at_whom_and_when_is_recorded(
    address: str, code: str, facts: dict[str, str], sign_in: SignIn, session: Session, world: World
) -> None:
    before = session.scalar(select(func.max(Entry.id))) or 0

    assert sign_in(world.bruno).get(address).status_code == 200

    entries = session.scalars(select(Entry).where(Entry.id > before)).all()
    assert [(one.actor_id, one.code, one.target) for one in entries] == [(world.bruno, code, "unit:A")]
    assert facts.items() <= entries[0].facts.items()
    from portal.core import clock

    assert entries[0].at == clock.now()


def test_looking_where_one_may_not_shows_nothing_and_records_no_reading(
    sign_in: SignIn, session: Session, world: World
) -> None:
    before = session.scalar(select(func.count()).select_from(Entry))

    assert sign_in(world.bruno).get("/manage/people?place=unit:B").status_code == 404
    assert session.scalar(select(func.count()).select_from(Entry)) == before


def test_the_trail_is_never_changed(session: Session, world: World) -> None:
    with unit_of_work() as work:
        from portal.core.audit.services import record
        from tests.factories import NOW

        record(work, at=NOW, actor_id=world.ana, code="thing.do", target="thing:1")
    entry = session.scalars(select(Entry).where(Entry.code == "thing.do")).one()

    entry.code = "thing.other"
    with pytest.raises(TypeError):
        session.flush()
    session.rollback()
    session.delete(session.scalars(select(Entry).where(Entry.code == "thing.do")).one())
    with pytest.raises(TypeError):
        session.flush()

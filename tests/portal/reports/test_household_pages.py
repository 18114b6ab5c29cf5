"""The collaborator's pages: whose they are, what comes back of whatever a device sends, and what no file says."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, User
from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import Role
from tests.examples import examples
from tests.factories import World, grant, person, unit
from tests.security.support import family

SignIn = Callable[[int], FlaskClient]
#: A row as the device keeps it.
ROW = {
    "key": "abcdefghijklmnopqrstuvwx", "household_key": "zyxwvutsrqponmlkjihgfedc", "full_name": "Nguyễn Thị Mẫu",
    "phone": "0912 345 678", "audience": "parent", "household": None, "has_child": True, "bands": ["6-10"],
    "consent": True, "version": "2026-11", "grown_up": False,
}  # fmt: skip


@pytest.fixture
def lan(session: Session, world: World) -> int:
    """Return the collaborator of the community of C1."""
    with unit_of_work() as work:
        one = person(work, "Trịnh Ngọc Lan", world.community, Audience.COLLABORATOR)
        grant(work, one.id, Role.COLLABORATOR, unit_id=world.community)
        return one.id


@pytest.fixture
def other(session: Session, world: World) -> int:
    """Return the collaborator of another community, that of C2."""
    with unit_of_work() as work:
        commune = work.scalars(select(Area).where(Area.code == "C2")).one()
        there = unit(
            work, "R", UnitKind.COMMUNITY, Sector.COMMUNITY, "Cộng đồng Xã Bốn", commune, roster=False
        )
        one = person(work, "Lý Thị Tươi", there.id, Audience.COLLABORATOR)
        grant(work, one.id, Role.COLLABORATOR, unit_id=there.id)
        return one.id


def send(client: FlaskClient, world: World, *rows: object) -> Any:
    answer = client.post("/manage/register/rows", json={"unit": world.community, "rows": list(rows)})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["rows"]


def test_each_row_has_its_own_outcome(session: Session, world: World, lan: int, sign_in: SignIn) -> None:
    client = sign_in(lan)
    told = send(
        client, world, ROW,
        {**ROW, "key": "b" * 20, "full_name": "bé Na", "household_key": "c" * 20},
        {**ROW, "key": "d" * 20, "full_name": "Trần Văn Mẫu", "phone": ""},
        {"key": "nonsense"}, None, 7,
    )  # fmt: skip

    assert [one["state"] for one in told] == ["made", "refused", "made", "refused", "refused", "refused"]
    assert told[0]["household"] == told[2]["household"] == "C1-1"
    assert [one["state"] for one in send(client, world, ROW)] == ["again"]
    assert session.scalar(select(func.count()).select_from(HouseholdMember)) == 2


def test_a_list_of_forty_one_is_refused_whole(
    session: Session, world: World, lan: int, sign_in: SignIn
) -> None:
    rows = [{**ROW, "key": f"key-of-row-{number:010d}"} for number in range(41)]
    answer = sign_in(lan).post("/manage/register/rows", json={"unit": world.community, "rows": rows})

    assert answer.status_code == 409
    assert session.scalar(select(func.count()).select_from(Household)) == 0


def test_a_new_parent_is_asked_what_a_rule_asks_of_parents(
    session: Session, world: World, lan: int, sign_in: SignIn
) -> None:
    from courses.assignments.models import Assignment, AssignmentRule
    from courses.models import Course
    from tests.factories import NOW, TODAY

    with unit_of_work() as work:
        course = work.scalars(select(Course.id).where(Course.code == "CM-01")).one()
        work.add(
            AssignmentRule(
                course_id=course, area_id=world.province, due_days=60, renewal_days=90, valid_from=TODAY, made_at=NOW
            )
        )  # fmt: skip

    send(sign_in(lan), world, ROW)

    mother = session.scalars(select(User.id).where(User.registration_key == ROW["key"])).one()
    assert session.scalars(select(Assignment.user_id)).all() == [mother]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ROW, "x"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@examples(50)
@given(JSON)
def test_whatever_a_device_sends_is_answered(
    session: Session, world: World, lan: int, sign_in: SignIn, given_: Any
) -> None:
    client = sign_in(lan)
    for body in (
        given_,
        {"unit": world.community, "rows": given_},
        {"unit": world.community, "rows": [given_]},
    ):
        assert client.post("/manage/register/rows", json=body).status_code in (200, 400, 404, 409)
    mangled = {**ROW, **given_} if isinstance(given_, dict) else {**ROW, "full_name": given_}
    assert client.post(
        "/manage/register/rows", json={"unit": world.community, "rows": [mangled]}
    ).status_code == 200  # fmt: skip


def test_another_communitys_households_do_not_exist(
    session: Session, world: World, lan: int, other: int, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        key = family(work, world, lan)
    stranger = sign_in(other)

    assert stranger.get(f"/manage/households/{key}").status_code == 404
    assert stranger.post(f"/manage/households/{key}", data={"has_child": "no"}).status_code == 404
    assert stranger.post(f"/manage/households/{key}/slips").status_code == 404
    assert stranger.get(f"/manage/register?unit={world.community}").status_code == 404
    answer = stranger.post("/manage/register/rows", json={"unit": world.community, "rows": [ROW]})
    assert answer.status_code == 404
    assert "Đinh" not in stranger.get("/manage/households/").get_data(as_text=True)
    for bad in ("C1-", "C1-1e3", "-1", "C1-99999999999999999999", "C1-²", "x"):
        assert sign_in(lan).get(f"/manage/households/{bad}").status_code == 404


def test_a_row_cannot_join_a_household_of_another_community(
    session: Session, world: World, lan: int, other: int, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        family(work, world, lan)
    answer = sign_in(other).post(
        "/manage/register/rows",
        json={"unit": session.scalars(select(User.id).where(User.id == other)).one(), "rows": [ROW]},
    )
    assert answer.status_code == 404  # no unit of hers has that number
    assert session.scalar(select(func.count()).select_from(HouseholdMember)) == 1


def test_the_file_holds_counts_and_no_name_and_no_key(
    session: Session, world: World, lan: int, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        family(work, world, lan)
        family(work, world, lan, "Đinh Văn Lực", 2)

    client = sign_in(lan)
    text = client.get("/manage/households/counts.csv").get_data().decode("utf-8-sig")

    assert "Cộng đồng Xã Ba" in text
    assert "Đinh" not in text
    assert "C1-" not in text
    assert client.get("/manage/households/counts.xlsx").status_code == 200
    assert (
        session.scalars(select(Entry.code).where(Entry.code == "household.export")).all()
        == ["household.export"] * 2
    )


def test_a_correction_keeps_to_the_bands(session: Session, world: World, lan: int, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        key = family(work, world, lan)
    client = sign_in(lan)

    assert (
        client.post(f"/manage/households/{key}", data={"has_child": "yes", "bands": "Minh"}).status_code
        == 422
    )
    assert (
        client.post(f"/manage/households/{key}", data={"has_child": "yes", "bands": "0-5"}).status_code == 303
    )

    session.expire_all()
    assert session.scalars(select(Household.age_bands)).one() == ["0-5"]


def test_a_household_is_named_by_its_number_or_its_whole_key(
    session: Session, world: World, lan: int, sign_in: SignIn
) -> None:
    client = sign_in(lan)
    one = {**ROW, "phone": ""}
    told = send(
        client, world, ROW,
        {**one, "key": "b" * 20, "household": 1}, {**one, "key": "c" * 20, "household": "1"},
        {**one, "key": "d" * 20, "household": "C1-1"}, {**one, "key": "e" * 20, "household": "C2-1"},
        {**one, "key": "f" * 20, "household": "C1-"}, {**one, "key": "g" * 20, "household": True},
        {**one, "key": "h" * 20, "household": "C1-" + "1" * 400}, {**one, "key": "i" * 20, "household": -1},
    )  # fmt: skip

    assert [row["state"] for row in told] == ["made"] * 4 + ["refused"] * 5
    assert {row.get("household") for row in told[:4]} == {"C1-1"}
    page = client.get("/manage/households/C1-1").get_data(as_text=True)
    assert "/manage/register?after=C1-1" in page
    assert "số C1-1" in client.get("/manage/register?after=C1-1").get_data(as_text=True)

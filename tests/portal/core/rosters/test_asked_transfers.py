"""A receiving head asks for a person; the releasing one lets her go, or says why not. Both are told."""

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Posting, User
from portal.core.db import unit_of_work
from portal.core.notices.models import Notice
from portal.core.policy import Role
from portal.core.rosters.models import Transfer, TransferState
from tests.factories import World, grant, person
from tests.portal.core.rosters.support import fresh

SignIn = Callable[[int], FlaskClient]
ASK = "/manage/roster/transfers/ask"


@pytest.fixture
def hung(session: Session, world: World) -> int:
    """Let Hùng head school B, and give Ana the code that stands on her papers."""
    with unit_of_work() as work:
        one = person(work, "Đinh Văn Hùng", world.other_school, Audience.MANAGER, username="hung")
        grant(work, one.id, Role.UNIT_HEAD, unit_id=world.other_school)
        work.get_one(User, world.ana).staff_code = "GV-007"
        return one.id


def wish(**more: str) -> dict[str, str]:
    return {
        "login": "gv-007", "name": "Trần Thị Ánh", "from_unit": "a", "to_unit": "b", "leaves_on": "2026-11-30",
    } | more  # fmt: skip


def told(user_id: int) -> list[str]:
    return list(fresh().scalars(select(Notice.code).where(Notice.user_id == user_id).order_by(Notice.id)))


def asked(browser: FlaskClient) -> int:
    assert browser.post(ASK, data=wish()).status_code == 303
    return fresh().scalars(select(Transfer.id)).one()


def test_the_releasing_head_accepts_and_the_record_follows(sign_in: SignIn, hung: int, world: World) -> None:
    of_b, of_a = sign_in(hung), sign_in(world.bruno)
    transfer = asked(of_b)
    assert told(world.bruno) == ["roster.transfer_requested"]
    assert "Trường THCS Bến Xuân" in of_a.get("/manage/roster/transfers").text
    assert "(1)" in of_a.get("/manage/roster/units/A/").text, "it waits for her answer"
    assert of_b.post(f"/manage/roster/transfers/{transfer}/accept").status_code == 404, "not hers to answer"
    assert of_a.post(f"/manage/roster/transfers/{transfer}/withdraw").status_code == 404

    assert of_a.post(f"/manage/roster/transfers/{transfer}/accept").status_code == 303

    before, after = (
        fresh().scalars(select(Posting).where(Posting.user_id == world.ana).order_by(Posting.id)).all()
    )
    assert (before.valid_to, before.left_reason) == (date(2026, 11, 30), "transferred")
    assert (after.unit_id, after.valid_from) == (world.other_school, date(2026, 12, 1))
    assert told(hung) == ["roster.transfer_accepted"]
    assert told(world.bruno) == ["roster.transfer_requested"], "who answers knows"
    assert of_b.get(f"/manage/roster/posts/{after.id}").status_code == 200
    assert of_a.post(f"/manage/roster/transfers/{transfer}/accept").status_code == 409


def test_a_refusal_says_why_and_the_other_reads_it(sign_in: SignIn, hung: int, world: World) -> None:
    of_b, of_a = sign_in(hung), sign_in(world.bruno)
    transfer = asked(of_b)
    for reason in ("", "ngắn"):
        answer = of_a.post(f"/manage/roster/transfers/{transfer}/decline", data={"reason": reason})
        assert answer.status_code == 409
        assert fresh().get_one(Transfer, transfer).state == TransferState.ASKED

    of_a.post(
        f"/manage/roster/transfers/{transfer}/decline", data={"reason": "Chưa có người thay đến hết học kỳ"}
    )

    assert fresh().get_one(Transfer, transfer).state == TransferState.DECLINED
    assert fresh().scalars(select(Posting).where(Posting.user_id == world.ana)).one().valid_to is None
    assert told(hung) == ["roster.transfer_declined"]
    assert "Chưa có người thay đến hết học kỳ" in of_b.get("/notices").text
    assert "Chưa có người thay đến hết học kỳ" in of_b.get("/manage/roster/transfers").text


def test_the_asking_head_withdraws(sign_in: SignIn, hung: int, world: World) -> None:
    of_b = sign_in(hung)
    transfer = asked(of_b)

    assert of_b.post(f"/manage/roster/transfers/{transfer}/withdraw").status_code == 303

    assert fresh().get_one(Transfer, transfer).state == TransferState.WITHDRAWN
    assert told(world.bruno) == ["roster.transfer_requested", "roster.transfer_withdrawn"]


def test_an_offer_tells_both_too(sign_in: SignIn, hung: int, world: World) -> None:
    post = fresh().scalars(select(Posting.id).where(Posting.user_id == world.ana)).one()
    sign_in(world.bruno).post(
        f"/manage/roster/posts/{post}/transfer", data={"to_unit": "B", "leaves_on": "2026-11-30"}
    )
    assert told(hung) == ["roster.transfer_offered"]

    transfer = fresh().scalars(select(Transfer.id)).one()
    sign_in(hung).post(f"/manage/roster/transfers/{transfer}/accept")

    assert told(world.bruno) == ["roster.transfer_accepted"]


@pytest.mark.parametrize(
    "more",
    [
        {"login": "GV-999"},
        {"name": "Trần Thị Anh Thư"},
        {"name": ""},
        {"from_unit": "B"},
        {"from_unit": "ZZ"},
        {"login": "0912000001"},
    ],
    ids=["no such code", "another name", "no name", "not there", "no such unit", "not her number"],
)
def test_whoever_does_not_know_the_person_learns_nothing(
    sign_in: SignIn, hung: int, world: World, more: dict[str, str]
) -> None:
    """Every wrong guess is answered alike, so that nobody finds out who works where."""
    answer = sign_in(hung).post(f"{ASK}?lang=en", data=wish(**more))

    assert answer.status_code == 422
    assert "Nobody with this code or number and this name works there today" in answer.text
    assert fresh().scalars(select(Transfer)).all() == []


def test_one_asks_for_one_s_own_units_only_and_once(sign_in: SignIn, hung: int, world: World) -> None:
    of_b = sign_in(hung)
    assert of_b.post(ASK, data=wish(to_unit="K")).status_code == 422
    assert of_b.post(ASK, data=wish(to_unit="A")).status_code == 422
    assert of_b.post(ASK, data=wish()).status_code == 303
    assert of_b.post(ASK, data=wish()).status_code == 422, "one open transfer for a post"
    assert len(fresh().scalars(select(Transfer)).all()) == 1

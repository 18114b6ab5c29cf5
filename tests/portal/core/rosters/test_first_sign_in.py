"""The first sign-in: by slip, with the head's word, and what a stranger can learn (nothing)."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts import claims, secrets, services
from portal.core.accounts.models import Claim, SecretKind, Slip, User
from portal.core.db import unit_of_work
from portal.core.policy import Role
from tests.factories import NOW, World, grant, person
from tests.portal.core.rosters.support import fresh

SignIn = Callable[[int], FlaskClient]
NEW = "con đường làng xa"


def slip_for(user_id: int, **more: str) -> str:
    """Print a slip; return its confirmation code."""
    with unit_of_work() as work:
        for key, value in more.items():
            setattr(work.get_one(User, user_id), key, value)
        (printed,) = claims.make_slips(work, [user_id], by_id=None, now=NOW)
    return printed.code


def type_in(client: FlaskClient, login: str, code: str) -> int:
    return client.post("/first", data={"login": login, "code": code}).status_code


def choose(client: FlaskClient, secret: str = NEW) -> int:
    return client.post("/first/secret", data={"new": secret, "again": secret}).status_code


def test_a_slip_opens_an_account_once(client: FlaskClient, app: Flask, world: World) -> None:
    code = slip_for(world.ana, staff_code="GV-17")

    assert type_in(client, "gv-17", f" {code[:4].lower()}-{code[4:]}") == 303
    page = client.get("/first/secret?lang=vi").text
    assert "Trần Thị Ánh" in page
    assert choose(client) == 303
    assert client.get("/account").status_code == 200

    user = fresh().get_one(User, world.ana)
    assert secrets.matches(NEW, user.secret_hash)
    assert user.claimed_at == NOW
    another = app.test_client()
    assert type_in(another, "GV-17", code) == 422
    answer = another.post("/login", data={"login": "GV-17", "secret": NEW})
    assert answer.status_code == 303


def test_the_code_is_kept_as_a_hash_only(session: Session, world: World) -> None:
    code = slip_for(world.ana)

    slip = fresh().scalars(select(Slip).where(Slip.user_id == world.ana)).one()
    assert code not in slip.code_hash
    assert slip.code_hash.startswith("$argon2id$")
    assert len(code) == 8


def test_a_new_slip_makes_the_one_before_void(client: FlaskClient, world: World) -> None:
    old, new = slip_for(world.ana, staff_code="GV-17"), slip_for(world.ana)

    assert type_in(client, "GV-17", old) == 422
    assert type_in(client, "GV-17", new) == 303


def test_a_slip_runs_out(client: FlaskClient, world: World) -> None:
    code = slip_for(world.ana, staff_code="GV-17")

    with clock.frozen(NOW + timedelta(days=31)):
        assert type_in(client, "GV-17", code) == 422


def test_an_unknown_a_known_and_a_claimed_code_look_alike(client: FlaskClient, world: World) -> None:
    slip_for(world.ana, staff_code="GV-17")
    with unit_of_work() as work:
        work.get_one(User, world.carla).staff_code = "GV-18"
        work.get_one(User, world.carla).secret_hash = secrets.hashed(NEW)
    pages = [
        client.post("/first", data={"login": login, "code": "AAAA-BBBB"}).text.replace(login, "…")
        for login in ("GV-17", "GV-18", "GV-99")
    ]
    signing = [
        client.post("/login", data={"login": login, "secret": "nothing like it"}).text.replace(login, "…")
        for login in ("GV-17", "GV-99")
    ]

    assert len(set(pages)) == 1
    assert len(set(signing)) == 1


def test_eight_wrong_codes_lock_the_slip_as_at_sign_in(client: FlaskClient, world: World) -> None:
    code = slip_for(world.ana, staff_code="GV-17")
    for _try in range(8):
        assert type_in(client, "GV-17", "AAAA-BBBB") == 422

    assert type_in(client, "GV-17", code) == 422
    with clock.frozen(NOW + timedelta(minutes=16)):
        assert type_in(client, "GV-17", code) == 303


def test_several_people_on_one_number_are_told_apart_by_their_slips(
    client: FlaskClient, session: Session, world: World
) -> None:
    ana = slip_for(world.ana, phone="0912345678")
    carla = slip_for(world.carla, phone="0912345678")
    assert ana != carla

    assert type_in(client, "0912 345 678", carla) == 303
    assert "Phạm Thị Cúc" in client.get("/first/secret").text


def test_a_parent_chooses_a_pin(client: FlaskClient, world: World) -> None:
    code = slip_for(world.fay, phone="0912345679", secret_kind=SecretKind.PIN)
    type_in(client, "0912345679", code)

    assert "PIN" in client.get("/first/secret").text
    assert choose(client, "123456") == 422
    assert choose(client, "482913") == 303


@pytest.mark.parametrize("secret", ["ngắn", "12345678", "GV-17-GV"])
def test_a_weak_password_is_refused_and_the_slip_is_still_good(
    secret: str, client: FlaskClient, world: World
) -> None:
    code = slip_for(world.ana, staff_code="GV-17-GV")
    type_in(client, "GV-17-GV", code)

    assert choose(client, secret) == 422
    assert choose(client) == 303


def test_without_the_slip_in_hand_nothing_can_be_chosen(client: FlaskClient) -> None:
    assert choose(client) == 303
    assert client.get("/account").status_code == 303


def ask(client: FlaskClient, login: str, name: str) -> str:
    """Send a request; return the number shown."""
    answer = client.post("/first/ask", data={"login": login, "full_name": name, "new": NEW, "again": NEW})
    assert answer.status_code == 303
    page = client.get("/first/asked").text
    return page.split('class="serial">')[1][:4]


def test_the_head_confirms_in_one_click(
    client: FlaskClient, app: Flask, sign_in: SignIn, world: World
) -> None:
    slip_for(world.ana, staff_code="GV-17")
    number = ask(client, "GV-17", "tran thi anh")
    head = sign_in(world.bruno)

    assert number in head.get("/manage/roster/requests").text
    claim = fresh().scalars(select(Claim)).one()
    assert head.post(f"/manage/roster/requests/{claim.id}/confirm").status_code == 303

    assert app.test_client().post("/login", data={"login": "GV-17", "secret": NEW}).status_code == 303
    assert head.post(f"/manage/roster/requests/{claim.id}/confirm").status_code == 409


def test_a_request_for_nobody_looks_the_same_and_leaves_no_trace(
    client: FlaskClient, app: Flask, world: World
) -> None:
    slip_for(world.ana, staff_code="GV-17")
    known, unknown = app.test_client(), app.test_client()
    one, other = ask(known, "GV-17", "Trần Thị Ánh"), ask(unknown, "GV-99", "Trần Thị Ánh")

    pages = [
        browser.get("/first/asked").text.replace(number, "…")
        for browser, number in ((known, one), (unknown, other))
    ]
    assert pages[0] == pages[1]
    assert len(fresh().scalars(select(Claim)).all()) == 1
    ask(unknown, "GV-17", "Somebody Else")
    assert len(fresh().scalars(select(Claim)).all()) == 1


def test_a_declined_request_opens_nothing(
    client: FlaskClient, app: Flask, sign_in: SignIn, world: World
) -> None:
    slip_for(world.ana, staff_code="GV-17")
    ask(client, "GV-17", "Trần Thị Ánh")
    claim = fresh().scalars(select(Claim)).one().id

    sign_in(world.bruno).post(f"/manage/roster/requests/{claim}/decline")

    assert fresh().get_one(User, world.ana).secret_hash is None
    assert app.test_client().post("/login", data={"login": "GV-17", "secret": NEW}).status_code == 422


def test_a_sixth_open_request_for_one_person_is_not_kept(client: FlaskClient, world: World) -> None:
    slip_for(world.ana, staff_code="GV-17")
    for _try in range(7):
        ask(client, "GV-17", "Trần Thị Ánh")

    assert len(fresh().scalars(select(Claim)).all()) == claims.MOST_OPEN_CLAIMS


def test_reset_ends_sessions_and_prints_a_new_slip(sign_in: SignIn, app: Flask, world: World) -> None:
    with unit_of_work() as work:
        work.get_one(User, world.ana).secret_hash = secrets.hashed(NEW)
        work.get_one(User, world.ana).staff_code = "GV-17"
    ana, head = sign_in(world.ana), sign_in(world.bruno)
    post = post_of(world.ana)

    answer = head.post(f"/manage/roster/posts/{post}/reset")

    assert answer.mimetype == "application/pdf"
    text = PdfReader(BytesIO(answer.data)).pages[0].extract_text()
    assert "Trần Thị Ánh" in text
    assert "GV-17" in text
    assert ana.get("/account").status_code == 303
    code = next(word for word in text.split() if len(word) == 9 and word[4] == "-" and word != "GV-17")
    browser = app.test_client()
    assert type_in(browser, "GV-17", code) == 303
    assert choose(browser, "một mật khẩu khác hẳn") == 303


def post_of(user_id: int) -> int:
    from portal.core.accounts.models import Posting

    return fresh().scalars(select(Posting.id).where(Posting.user_id == user_id)).one()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DISTRICT_HEAD, Role.STANDING_AGENCY])
def test_whoever_has_rights_beyond_the_head_is_not_reset_by_her(
    role: Role, sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        grant(work, world.ana, role, area_id=world.district if role != Role.ADMINISTRATOR else None)
    head = sign_in(world.bruno)

    assert head.post(f"/manage/roster/posts/{post_of(world.ana)}/reset").status_code == 409
    assert head.post(f"/manage/roster/posts/{post_of(world.bruno)}/reset").status_code == 409
    with unit_of_work() as work:
        work.add(
            Claim(
                user_id=world.ana, typed_name="x", number="0001", secret_hash="x", asked_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )
        )  # fmt: skip
        work.flush()
        claim = work.scalars(select(Claim.id)).one()
    assert head.post(f"/manage/roster/requests/{claim}/confirm").status_code == 409
    answer = head.post("/manage/roster/units/A/slips")
    text = PdfReader(BytesIO(answer.data)).pages[0].extract_text() if answer.status_code == 200 else ""
    assert "Trần Thị Ánh" not in text


def test_a_head_above_resets_the_head_below(sign_in: SignIn, world: World) -> None:
    answer = sign_in(world.dora).post(f"/manage/roster/posts/{post_of(world.bruno)}/reset")

    assert answer.mimetype == "application/pdf"


def test_the_qr_code_holds_no_confirmation_code(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import segno

    made: list[str] = []
    real = segno.make
    monkeypatch.setattr(segno, "make", lambda text, **more: made.append(text) or real(text, **more))
    with unit_of_work() as work:
        work.get_one(User, world.ana).staff_code = "GV-17"

    sign_in(world.bruno).post("/manage/roster/units/A/slips", data={"post": post_of(world.ana)})

    assert [text.partition("/first")[2] for text in made] == ["?who=GV-17"]


def test_nine_slips_take_two_pages(sign_in: SignIn, session: Session, world: World) -> None:
    with unit_of_work() as work:
        for number in range(8):
            person(work, f"Nguyễn Văn Số{'abcdefgh'[number]}", world.school)

    answer = sign_in(world.bruno).post("/manage/roster/units/A/slips")

    assert len(PdfReader(BytesIO(answer.data)).pages) == 2


def test_whoever_has_neither_code_nor_number_gets_a_code(session: Session, world: World) -> None:
    with unit_of_work() as work:
        ana = work.get_one(User, world.ana)
        ana.staff_code = ana.phone = ana.username = None
        (printed,) = claims.make_slips(work, [world.ana], by_id=None, now=NOW)

    assert printed.login == f"HT-{world.ana:06d}"


def test_sign_in_does_not_see_people_without_an_account(session: Session, world: World) -> None:
    with unit_of_work() as work:
        for user_id in (world.ana, world.carla):
            work.get_one(User, user_id).phone = "0912345678"
        work.get_one(User, world.carla).secret_hash = "x"

    assert [one.id for one in services.candidates(fresh(), "0912345678")] == [world.carla]

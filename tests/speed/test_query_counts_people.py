"""The pages of staff lists, of accounts, of what is looked at and of what waits: as many queries for thirty as for three."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Claim, Posting, Slip
from portal.core.accounts.services import sign_in as signed
from portal.core.audit.services import record
from portal.core.db import unit_of_work
from portal.core.files import services as files
from portal.core.files.models import FileKind
from portal.core.jobs.models import Job, State
from portal.core.notices.models import Notice
from portal.core.policy import Role
from portal.core.rights import looking
from portal.core.rights.models import Erasure, ErasureWay
from portal.core.rosters.models import (
    Evidence,
    ImportState,
    RosterBasis,
    RosterImport,
    Transfer,
    TransferState,
)
from tests.factories import NOW, TODAY, World, grant, person
from tests.portal.core.rosters.support import send, workbook
from tests.speed.growth import PDF, does_not_grow, table

SignIn = Callable[[int], FlaskClient]
Fill = Callable[[int], Mapping[str, object]]


STRANGERS = table("""
nobody 0 /healthz
nobody 1 /readyz
nobody 0 /manage/worker.js
nobody 0 /manage/group-lessons/worker.js
nobody 0 /login
nobody 1 /register
nobody 0 /first?who=GV-1
nobody 0 /first/ask
in_hand 0 /first/asked
in_hand 2 /first/secret
in_hand 0 /login/choose
""")
LISTS = table("""
gina 5 /manage/roster/
bruno 13 /manage/roster/units/A/
bruno 7 /manage/roster/units/A/roster.csv
bruno 7 /manage/roster/units/A/roster.xlsx
bruno 2 /manage/roster/units/A/add
bruno 6 /manage/roster/units/A/basis
bruno 4 /manage/roster/units/A/basis/{basis}/paper
bruno 11 /manage/roster/posts/{post}
bruno 6 /manage/roster/requests
bruno 6 /manage/roster/transfers
bruno 2 /manage/roster/transfers/ask
bruno 2 /manage/roster/imports
bruno 3 /manage/roster/imports/new
bruno 1 /manage/roster/imports/template.xlsx
bruno 11 /manage/roster/imports/{imported}
bruno 10 /manage/roster/imports/{imported}/lines.xlsx
bruno 1 /admin/roles
admin 1 /admin/roles
admin 2 /admin/audit
admin 2 /admin/looks
admin 3 /admin/looks.csv
admin 3 /admin/looks.xlsx
admin 2 /admin/erasures
admin 3 /admin/erasures.csv
admin 3 /admin/erasures.xlsx
admin 2 /admin/erasures?q=nguoi
admin 2 /admin/people/{ana}/erase
bruno 6 /account
bruno 39 /account/data
bruno 1 /account/data/erase
bruno 1 /manage/reason?kind=police&place=area:D1
bruno 2 /notices
bruno 2 /manage/jobs/
bruno 2 /manage/jobs/{job}
bruno 2 /manage/jobs/{job}/state
""")
PAGES = STRANGERS + LISTS


@pytest.fixture
def fill(session: Session, world: World, sign_in: SignIn) -> Fill:
    """Return a function that adds people to school A, and to each list one line more about each of them."""
    number = count(1)
    bruno = sign_in(world.bruno)
    kept: dict[str, object] = {"ana": world.ana}

    def add(many: int) -> Mapping[str, object]:
        with unit_of_work() as work:
            for _ in range(many):
                one(work, next(number))
        names = [
            (None, None, f"Người Số {here}", None, "Giáo viên", None, None) for here in range(1, many)
        ]  # they are there, without a code: each waits for a decision
        return {**kept, "imported": send(bruno, workbook(names))}

    def one(work: Session, here: int) -> None:
        file = files.keep_bytes(
            work, PDF, "giay.pdf", kind=FileKind.PDF, purpose="test", by_id=world.bruno, now=NOW
        )
        user = person(work, f"Người Số {here}", world.school)
        away = person(work, f"Người Khác {here}", world.other_school)
        gone = person(work, f"Người Đã Xóa {here}", None)
        grant(work, user.id, Role.UNIT_HEAD, unit_id=world.school)
        signed(work, world.bruno, NOW)
        day = date(2010, 1, 1) + timedelta(days=10 * here)
        basis = RosterBasis(
            unit_id=world.school, evidence=Evidence.TOTALS, valid_from=day, valid_to=day + timedelta(days=8),
            totals={"teacher": here}, file_id=file.id, confirmed_by_id=user.id, confirmed_at=NOW,
        )  # fmt: skip
        imported = RosterImport(
            unit_id=world.school, file_id=file.id, file_name="danh-sach.xlsx", full_list=False, as_of=TODAY,
            state=ImportState.PLANNED, counts={}, created_by_id=world.bruno, created_at=NOW,
        )  # fmt: skip
        work.add_all((basis, imported))
        work.flush()
        post, other = (
            work.scalars(select(Posting.id).where(Posting.user_id == who.id)).one() for who in (user, away)
        )
        kept.setdefault("basis", basis.id)
        kept.setdefault("post", post)
        work.add_all(
            (
                Claim(
                    user_id=user.id, typed_name=f"Người Số {here}", number=f"{here:04d}", secret_hash="x", asked_at=NOW,
                    expires_at=NOW + timedelta(days=7),
                ),
                Transfer(
                    posting_id=post, to_unit_id=world.other_school, leaves_on=TODAY, state=TransferState.ASKED,
                    asked_by_id=world.bruno, asked_at=NOW,
                ),
                Transfer(
                    posting_id=other, to_unit_id=world.school, leaves_on=TODAY, state=TransferState.ASKED,
                    asked_by_id=away.id, asked_at=NOW, requested=True,
                ),
                # the one whose page is asked has worked in many places
                Posting(
                    user_id=work.get_one(Posting, kept["post"]).user_id, unit_id=world.other_school,
                    audience=Audience.TEACHER, valid_from=day, valid_to=day + timedelta(days=8),
                ),
                Erasure(user_id=gone.id, way=ErasureWay.ADMINISTRATOR, by_id=user.id, reason="theo yêu cầu", at=NOW),
                Notice(user_id=world.bruno, code="test.none", facts={}, at=NOW),
            )
        )  # fmt: skip
        reason = looking.give_reason(work, user.id, "police", "area:D1", "kiểm tra số liệu", NOW).id
        looking.looked(
            work,
            by_id=user.id,
            code="people.read",
            place="unit:A",
            people=[world.bruno, user.id],
            now=NOW,
            reason_id=reason,
        )
        job = Job(
            kind="test.none", facts={}, state=State.DONE, result={}, not_before=NOW, by_id=world.bruno, created_at=NOW,
            ended_at=NOW,
        )  # fmt: skip
        work.add(job)
        work.flush()
        kept.setdefault("job", job.id)
        record(work, at=NOW, actor_id=user.id, code="user.test", target=f"user:{user.id}")

    return add


def test_pages_before_signing_in(client: FlaskClient, app: Flask, world: World) -> None:
    """Three of them follow a form: what that has left in the session is laid there."""
    with unit_of_work() as work:
        slip = Slip(user_id=world.ana, code_hash="x", made_at=NOW, expires_at=NOW + timedelta(days=7))
        work.add(slip)
        work.flush()
        until = int((NOW + timedelta(hours=1)).timestamp())
        left = {
            "first": [slip.id, until],
            "asked": "0001",
            "choose": [[world.ana, "Ánh"]],
            "choose_until": until,
        }
    in_hand = app.test_client()
    with in_hand.session_transaction() as cookie:
        cookie.update(left)

    does_not_grow(STRANGERS, {"nobody": client, "in_hand": in_hand}, lambda _many: {})


def test_lists_of_people_and_of_what_waits(world: World, sign_in: SignIn, fill: Fill) -> None:
    does_not_grow(LISTS, {who: sign_in(getattr(world, who)) for who in ("bruno", "gina", "admin")}, fill)

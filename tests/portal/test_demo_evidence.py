"""The demonstration's units without names: one counted by code, one by a signed total, shown on the head's board as such."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.policy import Role
from portal.core.rosters import queries
from portal.core.rosters.models import Evidence, RosterBasis
from portal.demo import evidence
from tests.factories import NOW, TODAY, World, grant, person, unit

SignIn = Callable[[int], FlaskClient]


def test_the_board_of_the_police_shows_codes_and_a_signed_total(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        above = unit(
            work, "CA-34", UnitKind.DEPARTMENT, Sector.POLICE, "Công an tỉnh", work.get_one(Area, world.province),
            roster=False,
        )  # fmt: skip
        head = person(work, "Phan Quốc Cường", above.id, username="congantinh")
        grant(work, head.id, Role.DEPARTMENT_HEAD, area_id=world.province, sector="police")
        head_id = head.id
        assert evidence.load(work, TODAY, NOW) == 69

    kinds = dict(
        session.execute(
            select(Unit.code, RosterBasis.evidence).join(Unit, Unit.id == RosterBasis.unit_id)
        ).all()
    )
    assert (kinds["CA-34-PA05"], kinds["CA-34-PC02"]) == (Evidence.CODED, Evidence.TOTALS)
    coded, totals = (
        session.scalars(select(Unit.id).where(Unit.code == code)).one()
        for code in ("CA-34-PA05", "CA-34-PC02")
    )
    assert queries.headcount(session, coded, TODAY) == 9
    assert queries.headcount(session, coded, TODAY - timedelta(days=301)) is None
    names = session.scalars(select(User.full_name).where(User.coded)).all()
    assert all(re.fullmatch(r"PA05-00[1-9]", one) for one in names)

    browser = sign_in(head_id)
    board = browser.get("/manage/?place=area:P&by=place&lang=vi").text
    assert "Phòng Cảnh sát hình sự – Công an tỉnh" in board
    assert re.search(r">\s*60\s*<", board), "the declared total, beside the rates"
    paper = browser.get("/manage/roster/units/CA-34-PC02/basis").text
    link = re.search(r'href="(/manage/roster/units/CA-34-PC02/basis/\d+/paper)"', paper)
    assert link is not None
    sent = browser.get(link[1])
    assert (sent.status_code, sent.data[:5]) == (200, b"%PDF-")
    sent.close()
    assert queries.headcount(session, totals, TODAY) == 60

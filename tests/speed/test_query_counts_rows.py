"""The pages of rows behind figures: as many queries for 150 people in thirty units as for 60 in twelve."""

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient

from portal.core.accounts.models import Audience
from portal.core.db import unit_of_work
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import Role
from portal.indicators import pages
from tests import factories
from tests.factories import World
from tests.indicators.test_opening import certificate
from tests.speed.test_query_counts import queries

SignIn = Callable[[int], FlaskClient]
MADE = iter(range(10_000))


@pytest.fixture
def agency(world: World) -> int:
    with unit_of_work() as work:
        one = factories.person(work, "Lưu Thị Trực", None)
        factories.grant(work, one.id, Role.STANDING_AGENCY, area_id=world.province)
        return one.id


def offices(world: World, many: int) -> None:
    """Add committees with five officers each (one certified), communities with five parents, schools with five teachers."""
    with unit_of_work() as work:
        commune = work.get_one(Area, world.commune)
        for _ in range(many):
            number = next(MADE)
            for kind, sector, audience, course in (
                (UnitKind.COMMITTEE, Sector.LABOUR, Audience.COMMUNE_OFFICER, "BV-01"),
                (UnitKind.COMMUNITY, Sector.COMMUNITY, Audience.PARENT, "CM-01"),
                (UnitKind.SCHOOL, Sector.EDUCATION, Audience.TEACHER, "GD-02"),
            ):
                unit = factories.unit(work, f"{kind}-{number}", kind, sector, f"Đơn vị {number}", commune)
                some = [
                    factories.person(work, f"Người Số {number} {one}", unit.id, audience) for one in range(5)
                ]
                certificate(work, some[0], course, date(2025, 1, 1), audience=str(audience), unit_id=unit.id)


@pytest.mark.parametrize("long", [True, False])
def test_a_page_of_rows_does_not_grow(
    world: World, sign_in: SignIn, agency: int, monkeypatch: pytest.MonkeyPatch, *, long: bool
) -> None:
    """Long lists are read unit by unit; short ones, with their reasons counted, as a whole."""
    monkeypatch.setattr(pages, "MOST_READ", 5 if long else 500)
    client = sign_in(agency)
    at = "rows?period=2025-H1&"
    addresses = [
        f"/indicators/{figure}/{at}{more}"
        for figure in ("CT01", "CT10", "CT06")
        for more in (
            "of=people", "of=people&state=counted", "of=people&state=not_counted", "of=people&q=nguoi so",
            "of=people&reason=expired", "of=people&reason=no_certificate",
        )
    ]  # fmt: skip

    offices(world, 12)
    few = [queries(client, one) for one in addresses]
    offices(world, 18)
    many = [queries(client, one) for one in addresses]

    grown = [(one, *pair) for one, *pair in zip(addresses, few, many, strict=True) if pair[0] != pair[1]]
    assert grown == []
    assert max(many) <= MOST, list(zip(addresses, many, strict=True))


#: A long list found by a name is asked the most: who is called so, where, their posts, certificates, facts; who is on
#: no list; the figure; names; who looked.
MOST = 50

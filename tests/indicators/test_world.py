"""What is known of a day is read as it was then: units with their lists, places, people."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Posting
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.indicators import queries
from portal.indicators.catalogue import plans
from portal.indicators.compute import Asked, Facts, figure
from portal.indicators.periods import Period
from portal.indicators.places import Where
from tests import factories
from tests.factories import World


def test_the_world_of_a_day_has_the_units_and_their_people(session: Session, world: World) -> None:
    plan = plans()["plan-39"]

    known = queries.world(session, plan, Period.parse("2025-H1"), date(2025, 6, 14), now=False)

    assert known.units[world.school].listed
    assert not known.units[world.other_school].listed
    assert known.areas[world.commune].level == "commune"
    assert known.units[world.school].path[-1] == world.commune
    assert sum(cell.people for cell in known.cells if cell.unit == world.school) >= 1


def test_who_served_a_district_at_its_end_and_the_province_now_is_one_officer(
    session: Session, world: World
) -> None:
    """CT09: one post on each of the two days that its groups are counted on, and one person."""
    plan = plans()["plan-39"]
    province, district = session.get_one(Area, world.province), session.get_one(Area, world.district)
    above = factories.unit(session, "SY", UnitKind.DEPARTMENT, Sector.HEALTH, "Sở Mẫu", province)
    below = factories.unit(session, "PY", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Huyện Một", district)
    officer = factories.person(session, "Lê Thị Hai Nơi")
    stayed = factories.person(session, "Lê Thị Ở Lại", below.id, Audience.CHILD_AFFAIRS_OFFICER)
    session.add_all(
        [
            Posting(
                user_id=officer.id, unit_id=below.id, audience=Audience.CHILD_AFFAIRS_OFFICER,
                valid_from=date(2024, 1, 1), valid_to=date(2025, 6, 30),
            ),
            Posting(
                user_id=officer.id, unit_id=above.id, audience=Audience.CHILD_AFFAIRS_OFFICER,
                valid_from=date(2025, 7, 1),
            ),
        ]
    )  # fmt: skip
    session.flush()
    asked = Asked(plan, "province", Period.parse("2025"), date(2025, 12, 14), now=False)
    indicator = plan.indicator("CT09")
    assert indicator is not None
    assert officer.id != stayed.id

    found = figure(Facts(session, asked), indicator, Where("area:P", "Tỉnh", world.province, None, None))

    assert (found.numerator, found.denominator) == (0, 2)
    assert [(part.key, part.denominator) for part in found.parts] == [("province", 1), ("district", 2)]


def test_a_plan_of_more_courses_than_can_be_told_apart_is_refused(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bits of one course would be read as another's, and a figure be wrong without a word."""
    monkeypatch.setattr(queries, "STAYED", 3)

    with pytest.raises(ValueError, match="figures tell 3 apart"):
        queries.course_bits(session, plans()["plan-39"])

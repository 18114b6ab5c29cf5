"""What is known of a day is read as it was then: units with their lists, places, people."""

from datetime import date

from sqlalchemy.orm import Session

from portal.indicators import queries
from portal.indicators.catalogue import plans
from portal.indicators.periods import Period
from tests.factories import World


def test_the_world_of_a_day_has_the_units_and_their_people(session: Session, world: World) -> None:
    plan = plans()["plan-39"]

    known = queries.world(session, plan, Period.parse("2025-H1"), date(2025, 6, 14), now=False)

    assert known.units[world.school].listed
    assert not known.units[world.other_school].listed
    assert known.areas[world.commune].level == "commune"
    assert known.units[world.school].path[-1] == world.commune
    assert sum(cell.people for cell in known.cells if cell.unit == world.school) >= 1

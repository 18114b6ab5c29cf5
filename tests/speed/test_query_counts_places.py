"""The pages of units, decrees and households: as many queries for thirty of them as for three."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import count

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.families import services as families
from portal.core.accounts.models import Audience
from portal.core.db import unit_of_work
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation import reorganising
from portal.core.organisation.decrees import Decree
from portal.core.organisation.models import Area, AreaKind, Sector, UnitKind
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.rights import looking
from tests import halls
from tests.factories import NOW, TODAY, World, area, person, unit
from tests.security.support import family, one_of_each_role
from tests.speed.growth import does_not_grow, table

SignIn = Callable[[int], FlaskClient]
Fill = Callable[[int], Mapping[str, object]]

PLACES = table("""
admin 9 /admin/units/
admin 11 /admin/units/?at=area:C1
admin 2 /admin/units/?tree=sector
admin 4 /admin/units/?q=truong
admin 3 /admin/units/units.csv
admin 3 /admin/units/units.xlsx
admin 1 /admin/units/template.csv
admin 1 /admin/units/template.xlsx
admin 1 /admin/units/import
gina 9 /manage/units/
gina 14 /manage/units/?at=area:C1
gina 3 /manage/units/units.csv
gina 3 /manage/units/units.xlsx
admin 3 /admin/reorganisations/
admin 3 /admin/reorganisations/list.csv
admin 3 /admin/reorganisations/list.xlsx
admin 1 /admin/reorganisations/new/merge
admin 1 /admin/reorganisations/new/split
admin 1 /admin/reorganisations/new/rename
admin 1 /admin/reorganisations/new/move
admin 1 /admin/reorganisations/new/abolish
admin 18 /admin/reorganisations/{planned}
admin 6 /admin/reorganisations/{carried_out}
admin 3 /admin/reorganisations/{carried_out}/decree.csv
admin 3 /admin/reorganisations/{carried_out}/decree.xlsx
""")
HOUSEHOLDS = table("""
lan 7 /manage/households/
lan 7 /manage/households/?child=yes
lan 5 /manage/households/counts.csv
lan 5 /manage/households/counts.xlsx
lan 8 /manage/households/{household}
lan 3 /manage/register
officer 10 /manage/support/
officer 11 /manage/support/{household}
""")
PAGES = PLACES + HOUSEHOLDS


def test_places_and_decrees(session: Session, world: World, sign_in: SignIn) -> None:
    number = count(1)

    def fill(many: int) -> Mapping[str, object]:
        """Add communes and schools, merge them two by two by one decree, plan the same for others; and other decrees."""
        with unit_of_work() as work:
            district = work.get_one(Area, world.district)

            def merges() -> Decree:
                events = []
                for _ in range(many):
                    here = next(number)
                    for part in "ab":
                        commune = area(work, f"N{here}{part}", AreaKind.COMMUNE, f"Xã {here}{part}", district)
                        school = unit(
                            work,
                            f"NS{here}{part}",
                            UnitKind.SCHOOL,
                            Sector.EDUCATION,
                            f"Trường {here}{part}",
                            commune,
                        )
                        person(work, f"Người Số {here}{part}", school.id)
                    successor = Successor(f"N{here}c", f"Xã Gộp {here}")
                    events.append(Event(Kind.MERGE, Subject.AREA, (f"N{here}a", f"N{here}b"), (successor,)))
                return Decree(f"Gộp {next(number)}", "NQ 1", date(2026, 7, 1), tuple(events))

            carried_out = reorganising.write_down(work, merges(), by_id=world.admin, now=NOW).id
            reorganising.carry_out(work, carried_out, by_id=world.admin, now=NOW, today=TODAY)
            planned = reorganising.write_down(work, merges(), by_id=world.admin, now=NOW).id
            for _ in range(many):
                here = next(number)
                school = unit(
                    work, f"M{here}", UnitKind.SCHOOL, Sector.EDUCATION, f"Trường Mới {here}",
                    work.get_one(Area, world.commune), roster=False,
                )  # fmt: skip
                event = Event(
                    Kind.RENAME, Subject.UNIT, (school.code,), (Successor(school.code, f"Tên {here}"),)
                )
                decree = Decree(f"Đổi tên {here}", "QĐ 1", date(2026, 7, 1), (event,))
                reorganising.write_down(work, decree, by_id=world.admin, now=NOW)
        return {"planned": planned, "carried_out": carried_out}

    does_not_grow(PLACES, {"admin": sign_in(world.admin), "gina": sign_in(world.gina)}, fill)


@pytest.fixture
def people(session: Session, world: World) -> dict[str, int]:
    """Return who asks: the collaborator of C1, and a support officer of D1 who has said why."""
    with unit_of_work() as work:
        found = {"lan": one_of_each_role(work, world)["collaborator"], "officer": halls.officer(work, world)}
        looking.give_reason(work, found["officer"], "record", "record", "thăm nhà theo kế hoạch", NOW)
    return found


def test_households_and_families(
    session: Session, world: World, sign_in: SignIn, people: dict[str, int]
) -> None:
    number = count(1)

    def fill(many: int) -> Mapping[str, object]:
        """Register households, the first of them large, half of them accompanied."""
        with unit_of_work() as work:
            for _ in range(many):
                here = next(number)
                key = family(work, world, people["lan"], f"Người Số {here}", here)
                home = work.scalars(select(Household.id).order_by(Household.id.desc()).limit(1)).one()
                if here == 1:
                    kept["household"] = key
                    kept["id"] = home
                else:
                    one = person(work, f"Bà Số {here}", world.community, Audience.CARER)
                    work.add(
                        HouseholdMember(
                            user_id=one.id,
                            household_id=kept["id"],
                            place=here,
                            added_at=NOW,
                            added_by_id=people["lan"],
                        )
                    )
                if here % 2:
                    families.begin(work, home, by_id=people["officer"], now=NOW)
        return kept

    kept: dict[str, object] = {}
    does_not_grow(HOUSEHOLDS, {who: sign_in(one) for who, one in people.items()}, fill)

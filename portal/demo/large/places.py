"""The units of the large demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.core.names import fold
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.rosters.models import Evidence, RosterBasis
from portal.demo import province
from portal.demo.large.work import TooSmall, Work

STAFF_OF_A_COMMUNE = 15  # outside schools


@dataclass(frozen=True, slots=True)
class Place:
    """A unit, as far as its people and certificates need it."""

    id: int
    code: str
    kind: str
    sector: str
    name: str
    area_id: int
    area_name: str
    district_id: int


@dataclass(frozen=True, slots=True)
class Places:
    """What gets staff: the new units, and the communities of their communes.

    coded: ids of units whose people stand by a code alone. community: of every commune, by the area's id.
    """

    all: tuple[Place, ...]
    coded: frozenset[int]
    community: dict[int, Place]


def communes_to_fill(work: Work, here: int) -> list[Area]:
    """Return the communes that get staff outside schools: all of them, where there are people enough.

    here: how many people are on staff lists already. Raises `TooSmall`.
    """
    communes = list(
        work.session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNE).order_by(Area.code))
    )
    more = work.size.staff - here
    if more < 0:
        raise TooSmall(
            f"the small demonstration has {here} people on staff lists, more than {work.size.staff}"
        )
    return communes[: max(1, min(len(communes), more // (2 * STAFF_OF_A_COMMUNE)))]


def add_places(work: Work, communes: Sequence[Area]) -> Places:
    """Add what a commune has, and its schools. Raises `TooSmall`."""
    known = {
        code: (id_, parent)
        for code, id_, parent in work.session.execute(select(Unit.code, Unit.id, Unit.parent_id))
    }
    districts = {
        one.id: one for one in work.session.scalars(select(Area).where(Area.kind == AreaKind.DISTRICT))
    }
    place_of: list[Place] = []
    number = work.bulk.next_id(Unit)
    units: list[tuple[Any, ...]] = []
    bases: list[tuple[Any, ...]] = []

    def add(code: str, kind: UnitKind, sector: Sector, name: str, area: Area, parent: str) -> None:
        nonlocal number
        if code in known:
            return
        above = known[parent][0] if parent else None
        units.append((number, code, kind, sector, name, fold(name), area.id, above, province.BEGAN))
        place_of.append(Place(number, code, kind, sector, name, area.id, area.name, area.parent_id or 0))
        if work.dice.random() < 0.93:
            coded = kind == UnitKind.POLICE_POST and number % 2 == 0
            since = work.today - timedelta(days=400 + int(work.dice.random() * 600))
            bases.append((number, Evidence.CODED if coded else Evidence.NAMED, since))
        number += 1

    for area in communes:
        district = districts[area.parent_id or 0].code
        code, name = area.code, area.name
        add(f"UB-{code}", UnitKind.COMMITTEE, Sector.GOVERNMENT, f"UBND {name}", area, f"UB-{district}")
        add(f"TYT-{code}", UnitKind.CLINIC, Sector.HEALTH, f"Trạm Y tế {name}", area, "SO-YTE")
        add(f"CA-{code}", UnitKind.POLICE_POST, Sector.POLICE, f"Công an {name}", area, f"CA-{district}")
        add(
            f"BD-{code}",
            UnitKind.POST_OFFICE,
            Sector.POST,
            f"Điểm Bưu điện – Văn hóa {name}",
            area,
            f"BD-{district}",
        )
    schools = work.size.schools - work.count(Unit, Unit.kind == UnitKind.SCHOOL)
    if schools < 0:
        raise TooSmall(f"the small demonstration has more schools than {work.size.schools}")
    for place in range(schools):
        area = communes[place % len(communes)]
        level, kind = province.LEVELS[(place // len(communes)) % len(province.LEVELS)]
        name = province.SCHOOL_NAMES[(place * 7 + place // len(communes)) % len(province.SCHOOL_NAMES)]
        district = districts[area.parent_id or 0].code
        add(f"{level}-{area.code}-{place // len(communes) + 1:02d}", UnitKind.SCHOOL, Sector.EDUCATION, f"{kind} {name}", area, f"PGD-{district}")  # fmt: skip
    work.bulk.write(Unit, ("id", "code", "kind", "sector", "name", "search_key", "area_id", "parent_id", "valid_from"), units)  # fmt: skip
    work.bulk.write(RosterBasis, ("unit_id", "evidence", "valid_from"), bases)
    work.report(f"units: {len(units):,} more, {schools:,} of them schools")
    coded = {unit for unit, evidence, _since in bases if evidence == Evidence.CODED}
    communities = work.session.execute(
        select(Unit, Area).join(Area, Area.id == Unit.area_id).where(Unit.kind == UnitKind.COMMUNITY)
    ).all()
    community = {
        area.id: Place(unit.id, unit.code, unit.kind, unit.sector, unit.name, area.id, area.name, area.parent_id or 0)
        for unit, area in communities
    }  # fmt: skip
    return Places((*place_of, *(community[area.id] for area in communes)), frozenset(coded), community)

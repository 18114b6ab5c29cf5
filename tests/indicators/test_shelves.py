"""A page of rows is a piece of the whole list, however few of its units were read for it, on both databases."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, User
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.indicators import opening, pages
from portal.indicators.compute import Facts, figure
from portal.indicators.definitions import Group, Indicator
from portal.indicators.facts import Cell, UnitFact
from portal.indicators.opening import shelved
from portal.indicators.opening.row import Row
from portal.indicators.pages import Wanted
from portal.indicators.places import Where
from portal.indicators.shelves import counted_where_all_is_met, counted_where_any_is_met, of_posts
from portal.indicators.tallies import keeping
from tests import factories
from tests.indicators.test_opening import DAY, PLAN, _random_world, certificate, facts, province

#: The cut-off, the base of growth, and the days on which rules froze something, as far as these came before.
TALLIED = (DAY, date(2024, 6, 14), date(2025, 2, 28))
LIST = {
    of: [one for one in PLAN.indicators if of == "" or pages.shows_people(one)] for of in ("", "people")
}  # fmt: skip


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no list be short enough to be read as a whole, and read little at a time."""
    monkeypatch.setattr(pages, "PAGE", 4)
    monkeypatch.setattr(pages, "MOST_READ", -1)
    monkeypatch.setattr(pages, "BUNDLE", 3)


def places(session: Session, dice: random.Random) -> list[Where]:
    """Return the province, a sector of it, a district, a commune and a unit."""
    top = province(session)
    found = [top, Where("area:P/labour", "Tỉnh Mẫu", top.area, None, frozenset({"labour"}))]
    for kind in (AreaKind.DISTRICT, AreaKind.COMMUNE):
        area = dice.choice(session.scalars(select(Area).where(Area.kind == kind).order_by(Area.id)).all())
        found.append(Where(f"area:{area.code}", area.name, area.id, None, None))
    unit = dice.choice(session.scalars(select(Unit).order_by(Unit.id)).all())
    return [*found, Where(f"unit:{unit.code}", unit.name, None, unit.id, None)]


def whole(known: Facts, indicator: Indicator, where: Where, of: str) -> list[Row]:
    return list((opening.people if of else opening.rows)(known, indicator, where))


def turned(known: Facts, indicator: Indicator, where: Where, wanted: Wanted) -> list[Row]:
    """Return the rows of all pages, one after the other, and look at what each says of the others."""
    found: list[Row] = []
    totals = []
    for number in range(1, 200):
        page = pages.page(known, indicator, where, replace(wanted, page=number))
        found += page.rows
        totals.append((page.total, page.whole, page.more))
        if not page.more:
            break
    for total, is_whole, more in totals:
        assert total == len(found) if is_whole else total <= len(found), (indicator.code, where.code, wanted)
        assert more or is_whole, (indicator.code, where.code, wanted)
    return found


def _tallied(session: Session, dice: random.Random) -> None:
    """Tally the days, then write a little more, which is counted from the facts."""
    for day in TALLIED:
        keeping.tally(session, PLAN, day)
    unit = dice.choice(session.scalars(select(Unit).where(Unit.kind == UnitKind.COMMUNITY)).all())
    for name, audience in (("Người Đến Sau", Audience.PARENT), ("Người Mới", Audience.COLLABORATOR)):
        one = factories.person(session, name, unit.id, audience)
        certificate(session, one, "CM-01", date(2025, 1, 1), audience=str(audience), unit_id=unit.id)
        certificate(session, one, "BV-01B", date(2025, 1, 1), audience=str(audience), unit_id=unit.id)


@pytest.mark.parametrize("tallies", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_pages_one_after_the_other_are_the_whole_list(
    session: Session, short_pages: None, seed: int, *, tallies: bool
) -> None:
    dice = random.Random(seed + 100)
    _random_world(session, dice)
    if tallies:
        _tallied(session, dice)
    known = facts(session)
    for of, indicators in LIST.items():
        for indicator in indicators:
            for where in places(session, dice):
                rows = whole(known, indicator, where, of)
                told = f"{indicator.code} {where.code} {of} seed {seed}"
                assert turned(known, indicator, where, Wanted(of=of)) == rows, told
                state = dice.choice(["counted", "not_counted"])
                part = dice.choice(["", *{row.part for row in rows if row.part}])
                chosen = [
                    row for row in rows
                    if row.counted == (state == "counted") and part in ("", row.part)
                ]  # fmt: skip
                wanted = Wanted(state=state, part=part, of=of)
                assert turned(known, indicator, where, wanted) == chosen, f"{told} {wanted}"


@pytest.mark.parametrize(
    ("seed", "small", "most_named"),
    [(0, 4000, 2000), (1, 5, 2000), (2, 5, 2)],
    ids=["in a small place", "the names first", "a name that many have"],
)
def test_rows_by_reason_and_by_name_are_those_of_the_whole_list(
    session: Session,
    short_pages: None,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    small: int,
    most_named: int,
) -> None:
    monkeypatch.setattr(pages, "LOOKED_THROUGH", small)
    monkeypatch.setattr(shelved, "MOST_NAMED", most_named)
    dice = random.Random(seed + 200)
    _random_world(session, dice)
    _tallied(session, dice)
    known = facts(session)
    names = {one.id: one.search_key for one in session.scalars(select(User))}
    units = {one.id: one.search_key for one in session.scalars(select(Unit))}
    for of, indicators in LIST.items():
        for indicator in indicators:
            where = dice.choice(places(session, dice)[:3])
            rows = whole(known, indicator, where, of)
            told = f"{indicator.code} {where.code} {of} seed {seed}"
            for reason in sorted({row.reason for row in rows if row.reason}):
                chosen = [row for row in rows if row.reason == reason]
                assert turned(known, indicator, where, Wanted(reason=reason, of=of)) == chosen, told
            for search in ("Người Số 1", "đơn vị 3", "so", "không ai_%"):
                like = {"Người Số 1": "nguoi so 1", "đơn vị 3": "don vi 3", "so": "so"}.get(search, "\0")
                chosen = [
                    row for row in rows
                    if (row.kind == "person" and like in names[row.key])
                    or (row.unit is not None and like in units[row.unit])
                ]  # fmt: skip
                found = turned(known, indicator, where, Wanted(search=search, of=of))
                assert [row for row in found if row.kind != "area"] == [
                    row for row in chosen if row.kind != "area"
                ], f"{told} {search}"


@pytest.mark.parametrize("seed", range(2))
def test_a_shelf_is_as_long_as_it_is_said_to_be_and_its_counted_people_are_the_figure(
    session: Session, seed: int
) -> None:
    dice = random.Random(seed + 300)
    _random_world(session, dice)
    _tallied(session, dice)
    known = facts(session)
    for of, indicators in LIST.items():
        for indicator in indicators:
            for where in places(session, dice):
                shelves = opening.shelves(known, indicator, where, inside=bool(of))
                if shelves is None:
                    continue
                told = f"{indicator.code} {where.code} {of} seed {seed}"
                sizes = shelves.sizes()
                counted: set[int] = set()
                for key in shelves.keys:
                    rows = list(shelves.read([key]))
                    size = Counter((row.counted, row.part) for row in rows)
                    said = Counter({one: n for one, n in sizes.get(key, Counter()).items() if n})
                    assert size == said, f"{told} {key}"
                    counted |= {row.key for row in rows if row.counted}
                assert set(sizes) <= set(shelves.keys), told
                assert not any(row.counted for row in shelves.rest()), told
                if not of:
                    made = figure(known, indicator, where)
                    assert len(counted) == (made.numerator or 0), told


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(state="counted"), Wanted(page=99)])
def test_groups_say_where_others_may_stand_beside_them(
    session: Session, short_pages: None, wanted: Wanted
) -> None:
    """Whatever is asked for: an officer on the list of her commune, and one with a certificate on no list."""
    commune = session.scalars(select(Area).where(Area.code == "C1")).one()
    office = factories.unit(session, "U1", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Ba", commune)
    other = factories.unit(
        session, "U2", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Tư", commune, roster=False
    )
    for name, place in (("Lê Một", office), ("Lê Hai", other)):
        one = factories.person(session, name, place.id, Audience.COMMUNE_OFFICER)
        certificate(session, one, "BV-01", date(2025, 1, 1), audience="commune_officer")
    indicator = PLAN.indicator("CT10")
    assert indicator is not None
    known, here = facts(session), Where("area:C1", "Xã Ba", commune.id, None, None)
    parts = Counter(row.part for row in whole(known, indicator, here, ""))

    found = pages.page(known, indicator, here, wanted)

    assert parts == {"officers": 2}
    assert found.parts == {"officers": 1}
    assert found.at_least


def test_a_list_that_is_short_has_its_reasons_counted(session: Session) -> None:
    """Two officers of a commune, one certified: one reason, once; of a long list no number is guessed."""
    commune = session.scalars(select(Area).where(Area.code == "C1")).one()
    office = factories.unit(session, "U1", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Ba", commune)
    one, _other = (
        factories.person(session, name, office.id, Audience.COMMUNE_OFFICER) for name in ("Lê Một", "Lê Hai")
    )
    certificate(session, one, "BV-01", date(2025, 1, 1), audience="commune_officer")
    indicator = PLAN.indicator("CT10")
    assert indicator is not None
    here = Where("unit:U1", "UBND Xã Ba", None, office.id, None)

    found = pages.page(facts(session), indicator, here, Wanted())

    assert found.reasons == {"no_certificate": 1}
    assert (found.total, found.whole, found.counted, found.not_counted) == (2, True, 1, 1)
    assert not found.at_least


# The arithmetic, without a database


def unit(key: int, basis: str | None = "named") -> UnitFact:
    return UnitFact(key, f"U{key}", "", "school", "education", (1,), "commune", (key,), basis)


GROUPS: Sequence[Group] = PLAN.indicator("CT14").rules[-1].groups  # type: ignore[union-attr]


def test_bundles_of_people_with_one_post_are_added() -> None:
    """Three of five officers hold CA-01; a unit without a list has no shelf."""
    concerned = {group.key: {1: unit(1), 2: unit(2, None)} for group in GROUPS}
    cells = [
        Cell(1, "police_officer", frozenset({"CA-01"}), 3),
        Cell(1, "police_officer", frozenset(), 2),
        Cell(2, "police_officer", frozenset(), 9),
    ]

    found = of_posts(GROUPS, concerned, cells, counted_where_all_is_met)

    assert found == {1: {(True, "officers"): 3, (False, "officers"): 2}}


def test_who_has_two_posts_is_a_row_at_each_and_counts_at_one_of_them() -> None:
    """She is an officer of 1 (CA-01 is enough) and an investigator of 2 (CA-02 is lacking).

    Where all must be met her row is at 2 and does not count; where any is enough it is at 1 and does.
    """
    concerned = {group.key: {1: unit(1), 2: unit(2)} for group in GROUPS}
    held = frozenset({"CA-01"})
    cells = [Cell(2, "investigator", held, 1, 7), Cell(1, "police_officer", held, 1, 7)]

    every = of_posts(GROUPS, concerned, cells, counted_where_all_is_met)
    either = of_posts(GROUPS, concerned, cells, counted_where_any_is_met)

    assert every == {1: {(False, "officers"): 1}, 2: {(False, "investigators"): 1}}
    assert either == {1: {(True, "officers"): 1}, 2: {(False, "investigators"): 1}}

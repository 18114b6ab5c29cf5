"""Rows of facilities and areas, and of the people inside them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_

from portal.core.accounts.models import Posting
from portal.core.rosters.queries import stands
from portal.indicators import rules
from portal.indicators.definitions import Way
from portal.indicators.holders import Holder, candidates, holders
from portal.indicators.opening.rosters import (
    LOST,
    People,
    Stood,
    asks_facts,
    audiences_of,
    few_called,
    needs_certificate,
    needs_of,
    proof_of,
    reason_of,
    row_beside,
)
from portal.indicators.opening.row import Row
from portal.indicators.opening.shelved import (
    Called,
    Open,
    Shelf,
    Shelves,
    by_code,
    has_lapsed,
    is_listed,
    of_shelves,
)
from portal.indicators.shelves import (
    Size,
    of_insides,
)


def facility_rows(opened: Open) -> Iterator[Row]:
    """Yield a row for each facility that the rule looks at, in the order of codes."""
    world, rule = opened.world, opened.rule
    cells = rules._by_unit(world.people(rules.audiences(rule)))
    concerned = rules._concerned(rule, None, world)
    for unit in sorted(concerned.values(), key=lambda one: one.code):
        verdict = rules.facility(opened.plan, rule, unit, cells.get(unit.id, ()), world, opened.period)
        detail: dict[str, Any] = {"numerator": verdict.certified, "denominator": verdict.people}
        if verdict.lacking:
            detail["lacking"] = list(verdict.lacking)
        if unit.basis == "coded":
            detail["coded"] = True
        if verdict.counts is None:
            reason = "no_people" if unit.listed else "totals" if unit.basis else "no_roster"
        else:
            reason = "" if verdict.counts else verdict.lacking[0]
        yield Row("unit", unit.id, unit.id, unit.level, bool(verdict.counts), reason, detail)


def area_rows(opened: Open) -> Iterator[Row]:
    """Yield a row for each area of the rule's level, in the order of codes."""
    world, rule = opened.world, opened.rule
    trained: dict[int, int] = {}
    for cell in world.people(rules.audiences(rule)):
        unit = world.units.get(cell.unit)
        if unit is not None and any(
            rules.belongs(cell, group) and rules.has(cell.held, group.needs) for group in rule.groups
        ):
            for area in unit.path:
                trained[area] = trained.get(area, 0) + cell.people
    decided: dict[str, set[int]] = {}
    for code in rule.items:
        decided[code] = set()
        for unit in rules._declaring(opened.plan, code, world).values():
            if rules._there(opened.plan, world.said.get((code, unit.id)), opened.period, opened.day):
                decided[code].update(unit.path)
    for place in sorted(world.areas.values(), key=lambda one: one.code):
        if place.level != rule.level:
            continue
        lacking = [] if place.id in trained else ["untrained"]
        lacking += [f"item:{code}" for code in rule.gate or rule.items if place.id not in decided[code]]
        detail: dict[str, Any] = {
            "trained": trained.get(place.id, 0),
            "items": [code for code in rule.items if place.id in decided[code]],
        }
        if lacking:
            detail["lacking"] = lacking
        yield Row("area", place.id, None, None, not lacking, lacking[0] if lacking else "", detail)


class Insides(Shelves):
    """The people of the facilities or areas of a figure, one row for each unit that she has a post in."""

    reasons = tuple(reason for reason in People.reasons if reason != "double")

    def __init__(self, opened: Open, way: Way) -> None:
        super().__init__(opened)
        rule, world = opened.rule, opened.world
        self._units = dict(world.units) if way == Way.AREAS else rules._concerned(rule, None, world)
        self._groups = rule.groups
        self.keys = [(0, unit) for unit in by_code(self._units.values())] if rule.groups else []

    def sizes(self) -> Mapping[Shelf, Size]:
        """Return how many people each unit has."""
        rule = self.opened.rule
        cells = self.opened.world.people(rules.audiences(rule))
        return {(0, unit): size for unit, size in of_insides(rule, self._units, cells).items()}

    def read(self, keys: Sequence[Shelf], some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the people of some units."""
        session, day = self.opened.session, self.opened.day
        found: dict[int, list[Row]] = {int(unit): [] for _of, unit in keys}
        if some is None:
            some = candidates(session, day, audiences_of(self._groups), list(found), ()) if found else ()
        for person in holders(session, day, some, facts=asks_facts(self._groups)):
            for unit, posts in self._stood(person).items():
                if unit in found:
                    found[unit].append(self._row(person, posts))
        for of_unit in found.values():
            yield from of_unit

    def _stood(self, person: Holder) -> Mapping[int, list[Stood]]:
        """Return the posts of a person in the units looked at, by unit, in the order of groups."""
        held = person.held(self.opened.day)
        found: dict[int, list[tuple[int, Stood]]] = {}
        for post in person.posts:
            unit = self._units.get(post.unit)
            place = next(
                (
                    place
                    for place, one in enumerate(self._groups)
                    if post.audience in one.audiences and held.issuperset(one.only)
                ),
                None,
            )
            if unit is not None and place is not None:
                group = self._groups[place]
                stood = Stood(group, post, unit, rules.has(held, group.needs))
                found.setdefault(unit.id, []).append((place, stood))
        return {
            unit: [stood for _place, stood in sorted(posts, key=lambda one: one[0])]
            for unit, posts in found.items()
        }

    def _row(self, person: Holder, posts: Sequence[Stood]) -> Row:
        day = self.opened.day
        good = [one for one in posts if one.enough]
        first = (good or posts)[0]
        if good and not first.unit.listed:
            reason = "no_roster" if first.unit.basis is None else "totals"
            detail = proof_of(person, first.group, day)
        elif good:
            reason, detail = "", proof_of(person, first.group, day)
        else:
            reason, detail = reason_of(person, first.group, day)
        if first.unit.basis == "coded":
            detail["coded"] = True
        counted = bool(good) and not reason
        return Row("person", person.id, first.unit.id, first.group.key, counted, reason, detail)

    def rest(self, called: Called | None = None) -> Iterator[Row]:
        """Yield who holds what a group needs and has no post in one of the units, in the order of names."""
        opened, groups, day = self.opened, self._groups, self.opened.day
        if not groups:
            return
        plain = [group for group in groups if not group.only]
        here = and_(
            Posting.audience.in_(sorted(audiences_of(plain))),
            Posting.unit_id.in_(list(self._units)),
            stands(day),
        )
        found = candidates(
            opened.session,
            day,
            audiences_of(groups),
            opened.units(day),
            needs_of(groups),
            certified=needs_certificate(groups),
            without=here,
            only=few_called(called),
        )
        for person in holders(opened.session, day, found, facts=asks_facts(groups)):
            if not self._stood(person):
                row = row_beside(opened, person, (), groups, day)
                if row is not None:
                    yield row

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return who is so, unit by unit."""
        found: dict[Shelf, list[tuple[int, int]]] = {}
        day, units = self.opened.day, of_shelves(keys, 0, self.opened.units(self.opened.day))
        for order, one, unit in self._posted(day, units, audiences_of(self._groups), person):
            found.setdefault((0, unit), []).append((order, one))
        return found

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether it is a reason of people on a list, or her unit gave none."""
        if reason in ("no_roster", "totals"):
            return not self._units[int(key[1])].listed
        return is_listed(reason) and reason != "double"

    def ends_with(self, reason: str) -> bool:
        """Return whether it is a reason of people in none of the units."""
        return not is_listed(reason) and reason not in ("no_roster", "totals")

    def who(self, reason: str) -> ColumnElement[bool] | None:
        """Return who may have lost a certificate."""
        return has_lapsed(self.opened.day, needs_of(self._groups)) if reason in LOST else None

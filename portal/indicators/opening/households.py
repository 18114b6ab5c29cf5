"""Rows of households by the codes of their keys, and of the people who took part and are in none."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true

from courses.certificates.models import Certificate
from courses.models import Course
from portal.core.accounts.models import Posting, User
from portal.core.clock import start_of
from portal.core.households.models import Household, HouseholdMember
from portal.core.rosters.queries import stands
from portal.indicators.holders import BUNDLE
from portal.indicators.opening.parents import AT_HOME, by_unit, declared_areas
from portal.indicators.opening.row import Row
from portal.indicators.opening.shelved import Open, Shelf, Shelves, by_code
from portal.indicators.queries import CHILDLESS, WITH_CHILD, Homes, valid_on
from portal.indicators.shelves import (
    Size,
)


class Households(Shelves):
    """The households of a place by the codes of their keys, then the people who took part and are in none, by unit."""

    reasons = ("no_certificate", "no_child", "no_denominator", "unlinked")
    loose = False

    def __init__(self, opened: Open) -> None:
        super().__init__(opened)
        self._declared = declared_areas(opened)
        self._homes = Homes(opened.session, opened.everywhere(opened.day).units)
        self._place = opened.units(opened.day)
        self._today = None if self._place is None else self._homes.today(self._place)
        self._sizes: Mapping[Shelf, Size] | None = None
        #: codes of keys: the units in which their households are; those with households of a reason
        self._units: dict[str, set[int]] = {}
        self._bearing: dict[str, set[str]] = {"no_child": set(), "no_denominator": set()}

    @property
    def keys(self) -> Sequence[Shelf]:  # type: ignore[override] # which codes there are is counted with them
        """Return the codes of keys, then the units of people."""
        return list(self.sizes())

    def sizes(self) -> Mapping[Shelf, Size]:
        """Return how many households are shown of each code, and how many people in none of each unit."""
        if self._sizes is None:
            self._sizes = self._counted()
        return self._sizes

    def _counted(self) -> Mapping[Shelf, Size]:
        opened, units = self.opened, self.opened.world.units
        counts = opened.counts(opened.day)
        bits = sum(bit for code, (_id, bit) in counts.courses.items() if code in opened.rule.courses)
        found: dict[str, Size] = {}
        for what, unit, code, held, number in counts.crowd((WITH_CHILD, CHILDLESS), self._today):
            home = self._homes.of(unit, code or "")
            if home in units and (what == WITH_CHILD or held & bits):
                found.setdefault(code or "", Counter())[False, None] += number
                self._units.setdefault(code or "", set()).add(home)
                if what == CHILDLESS:
                    self._bearing["no_child"].add(code or "")
        for unit, code, held, number in counts.households(self._today):
            of = units.get(self._homes.of(unit, code))
            if of is None or not held & bits or code not in found:
                continue
            if of.stood in self._declared:
                found[code][True, None] += number
                found[code][False, None] -= number
            else:
                self._bearing["no_denominator"].add(code)
        alone: dict[int, Size] = {}
        for took in opened.world.unlinked:
            if took.courses.intersection(opened.rule.courses):
                alone.setdefault(took.unit, Counter())[False, None] += took.people
        return {
            **{("home", code): found[code] for code in sorted(found)},
            **{("alone", unit): alone[unit] for unit in by_code(units.values()) if unit in alone},
        }

    def called(self, key: Shelf, units: Collection[int]) -> bool:
        """Return whether households of a code are in one of some units."""
        return key[0] == "home" and not self._units[str(key[1])].isdisjoint(units)

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether households of a code, or people in none, may have a reason."""
        if key[0] == "alone" or reason == "unlinked":
            return key[0] == "alone" and reason == "unlinked"
        return reason == "no_certificate" or str(key[1]) in self._bearing.get(reason, ())

    def read(self, keys: Sequence[Shelf], some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the households of some codes, and the people of some units."""
        if codes := [str(code) for of, code in keys if of == "home"]:
            yield from self._of_codes(Household.commune_code.in_(codes))
        if alone := [int(unit) for of, unit in keys if of == "alone"]:
            yield from self._alone(alone, some)

    def cut(
        self, keys: Sequence[Shelf], counted: bool | None, part: str, skip: int, take: int
    ) -> Iterator[Row]:
        """Yield so many rows; of one state alone the database leaves the other out."""
        if counted and not part and all(of == "home" for of, _code in keys):
            codes = [str(code) for _of, code in keys]
            done = exists().where(*self._took(), HouseholdMember.household_id == Household.id)
            where = and_(Household.commune_code.in_(codes), Household.has_child_under_16, done)
            some = (row for row in self._of_codes(where) if row.counted)
            return islice(some, skip, skip + take)
        return super().cut(keys, counted, part, skip, take)

    def _took(self) -> tuple[ColumnElement[bool], ...]:
        until = start_of(date.fromordinal(self.opened.day.toordinal() + 1))
        return (
            HouseholdMember.added_at < until,
            Certificate.user_id == HouseholdMember.user_id,
            Certificate.course_id.in_(select(Course.id).where(Course.code.in_(self.opened.rule.courses))),
            *valid_on(self.opened.day),
        )

    def _of_codes(self, wanted: ColumnElement[bool]) -> Iterator[Row]:
        """Yield households in the order of their keys."""
        units = self.opened.world.units
        for key, today, commune, child, on in self._bundles(wanted):
            unit = units.get(self._homes.of(today, commune))
            if unit is None or (on is None and not child):
                continue
            counted = on is not None and child and unit.stood in self._declared
            reason = (
                ""
                if counted
                else "no_certificate"
                if on is None
                else "no_child"
                if not child
                else "no_denominator"
            )
            detail = {"completed_on": on.isoformat()} if on is not None else {}
            yield Row("household", key, unit.id, None, counted, reason, detail)

    def _bundles(self, wanted: ColumnElement[bool]) -> Iterator[tuple[int, int, str, bool, date | None]]:
        session = self.opened.session
        until = start_of(date.fromordinal(self.opened.day.toordinal() + 1))
        here = true() if self._today is None else Household.unit_id.in_(self._today)
        after: tuple[str, int] | None = None
        while True:
            rows = session.execute(
                select(
                    Household.id,
                    Household.unit_id,
                    Household.commune_code,
                    Household.number,
                    Household.has_child_under_16,
                )
                .where(
                    here,
                    wanted,
                    Household.created_at < until,
                    true()
                    if after is None
                    else or_(
                        Household.commune_code > after[0],
                        and_(Household.commune_code == after[0], Household.number > after[1]),
                    ),
                )
                .order_by(Household.commune_code, Household.number)
                .limit(BUNDLE)
            ).all()
            done = dict(
                session.execute(
                    select(HouseholdMember.household_id, func.min(Certificate.completed_on))
                    .where(HouseholdMember.household_id.in_([row.id for row in rows]), *self._took())
                    .group_by(HouseholdMember.household_id)
                ).all()
            )
            for key, today, commune, _number, child in rows:
                yield key, today, commune, child, done.get(key)
            if len(rows) < BUNDLE:
                return
            after = rows[-1].commune_code, rows[-1].number

    def _alone(self, units: Sequence[int] | None, some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the people who took part and are in no household, by the unit of their first post."""
        day, known = self.opened.day, self.opened.world.units
        until = start_of(date.fromordinal(day.toordinal() + 1))
        linked = exists().where(HouseholdMember.user_id == Posting.user_id, HouseholdMember.added_at < until)
        # her first post decides the place; who has none there need not be looked at
        here = select(Posting.user_id).where(Posting.unit_id.in_(units or ()), Posting.audience.in_(AT_HOME))
        found = self.opened.session.execute(
            select(Posting.user_id, func.min(Posting.unit_id), User.sort_key)
            .join(User, User.id == Posting.user_id)
            .join(Certificate, Certificate.user_id == Posting.user_id)
            .join(Course, Course.id == Certificate.course_id)
            .where(
                Posting.audience.in_(AT_HOME),
                stands(day),
                Course.code.in_(self.opened.rule.courses),
                *valid_on(day),
                ~linked,
                true() if units is None else Posting.user_id.in_(here),
                true() if some is None else Posting.user_id.in_(some),
            )
            .group_by(Posting.user_id, User.sort_key)
            .order_by(User.sort_key, Posting.user_id)
        )
        order = by_code(known.values() if units is None else [known[unit] for unit in units])
        shown = set(order)
        home = {person: unit for person, unit, _name in found if unit in shown}
        for person in by_unit(order, home):
            yield Row("person", person, home[person], None, False, "unlinked", {})

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return who is so and may be in no household, by the unit of her post."""
        of = self.sizes() if keys is None else keys
        alone = sorted(int(unit) for kind, unit in of if kind == "alone")
        found: dict[Shelf, list[tuple[int, int]]] = {}
        if alone:
            for order, one, unit in self._posted(self.opened.day, alone, AT_HOME, person):
                found.setdefault(("alone", unit), []).append((order, one))
        return found

    def rows(self) -> Iterator[Row]:
        """Yield all of them, a thousand households at a time."""
        yield from self._of_codes(true())
        yield from self._alone(list(self._place) if self._place is not None else None)

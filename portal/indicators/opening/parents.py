"""Rows of parents, each in the unit of her first post, and of carers who took part."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true
from sqlalchemy.orm import Session, aliased

from courses.certificates.models import Certificate
from courses.models import Course
from portal.core.accounts.models import Audience, Posting, User
from portal.core.organisation.models import UnitKind
from portal.core.rosters.queries import stands
from portal.indicators import rules
from portal.indicators.holders import BUNDLE, holders
from portal.indicators.opening.rosters import LOST
from portal.indicators.opening.row import Row
from portal.indicators.opening.shelved import Open, Shelf, Shelves, by_code, has_lapsed, of_shelves
from portal.indicators.queries import POSTED, valid_on
from portal.indicators.shelves import (
    Size,
)


def declared_areas(opened: Open) -> set[int]:
    """Return the areas of which it was declared how many there are in all."""
    code, world = opened.rule.denominator or "", opened.world
    return {
        unit.stood
        for unit in rules._declaring(opened.plan, code, world).values()
        if rules.counts_now(opened.plan, world.said.get((code, unit.id)), opened.period, opened.day)
    }


class Participants(Shelves):
    """The parents of a place, each in the unit of her first post, and the carers who took part; no course is named."""

    reasons = ("no_certificate", "no_denominator", "carer", "revoked", "expired")
    loose = False

    def __init__(self, opened: Open) -> None:
        super().__init__(opened)
        self._declared = declared_areas(opened)
        self._courses = {code for code in opened.rule.courses if code[:2] in ("CM", "NT")}
        units = opened.world.units.values()
        # communities first: hardly a parent has her first post as one elsewhere
        self._units = [
            *by_code(one for one in units if one.kind == UnitKind.COMMUNITY),
            *by_code(one for one in units if one.kind != UnitKind.COMMUNITY),
        ]
        self._communities = sum(one.kind == UnitKind.COMMUNITY for one in units)
        self.keys = [(str(audience), unit) for audience in AT_HOME for unit in self._units]

    def sizes(self) -> Mapping[Shelf, Size]:
        """Return how many parents each unit has, and how many carers who took part."""
        opened, world = self.opened, self.opened.world
        found: dict[Shelf, Size] = {}
        here = opened.units(opened.day)
        for _what, unit, _code, _held, number in opened.counts(opened.day).crowd((POSTED,), here):
            if unit in world.units:
                found[Audience.PARENT.value, unit] = Counter({(False, "parent"): number})
        for took in world.parents:
            key = Audience.PARENT.value, took.unit
            if key in found and took.courses & self._courses and self._counts(took.unit):
                found[key][True, "parent"] += took.people
                found[key][False, "parent"] -= took.people
        for took in world.carers:
            if took.courses & self._courses:
                found.setdefault((Audience.CARER.value, took.unit), Counter())[False, "carer"] += took.people
        return found

    def _counts(self, unit: int) -> bool:
        return self.opened.world.units[unit].stood in self._declared

    def read(self, keys: Sequence[Shelf], some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the parents, then the carers, of some units."""
        for audience in AT_HOME:
            units = [int(unit) for of, unit in keys if of == audience]
            if units:
                home = self._first(audience, units, some=some)
                yield from self._of(audience, home, by_unit(units, home))

    def cut(
        self, keys: Sequence[Shelf], counted: bool | None, part: str, skip: int, take: int
    ) -> Iterator[Row]:
        """Yield so many rows of some units: a community has a thousand parents, a page shows fifty."""
        ahead: list[tuple[Audience, dict[int, int], int]] = []
        for audience in AT_HOME:
            units = [int(unit) for of, unit in keys if of == audience]
            if units and (not part or part == audience):
                home = self._first(audience, units, counted=counted)
                ahead += [(audience, home, person) for person in by_unit(units, home)]
        for audience, some in groupby(ahead[skip : skip + take], key=lambda one: one[0]):
            shown = list(some)
            yield from self._of(audience, shown[0][1], [person for _audience, _home, person in shown])

    def _first(
        self,
        audience: Audience,
        units: Sequence[int],
        *,
        counted: bool | None = None,
        some: Collection[int] | None = None,
    ) -> dict[int, int]:
        """Return the unit of the first post of everybody who has a row in one of some units, by name.

        counted: those alone who are, or are not.
        """
        opened = self.opened
        took = exists().where(
            Certificate.user_id == Posting.user_id,
            Certificate.course_id.in_(select(Course.id).where(Course.code.in_(sorted(self._courses)))),
            *valid_on(opened.day),
        )
        wanted: list[ColumnElement[bool]] = [true() if some is None else Posting.user_id.in_(some)]
        if audience == Audience.CARER:  # of carers only who took part has a row, and none is counted
            wanted.append(false() if counted else took)
        elif counted is not None:
            declared = Posting.unit_id.in_([unit for unit in units if self._counts(unit)])
            wanted.append(and_(declared, took) if counted else or_(not_(declared), not_(took)))
        return _first_posts(opened.session, opened.day, audience, units, wanted)

    def _of(self, audience: Audience, home: Mapping[int, int], people: Iterable[int]) -> Iterator[Row]:
        day, units, courses = self.opened.day, self.opened.world.units, self._courses
        for person in holders(self.opened.session, day, people, facts=False):
            unit = units[home[person.id]]
            good = [paper for paper in person.papers if paper.course in courses and paper.valid(day)]
            bad = [paper for paper in person.papers if paper.course in courses and not paper.valid(day)]
            detail: dict[str, Any] = {}
            if good:
                detail = {"serials": [good[0].serial], "completed_on": good[0].on.isoformat()}
                counted = audience == Audience.PARENT and self._counts(unit.id)
                reason = "" if counted else "carer" if audience == Audience.CARER else "no_denominator"
            else:
                counted, reason = False, "no_certificate"
                if bad:
                    reason, gone = (
                        ("revoked", bad[-1].revoked_on)
                        if bad[-1].revoked_on
                        else ("expired", bad[-1].expires_on)
                    )
                    detail = {"serials": [bad[-1].serial], "on": gone.isoformat() if gone else None}
            if good or audience == Audience.PARENT:
                yield Row("person", person.id, unit.id, str(audience), counted, reason, detail)

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return who is so, by the unit of her post; where it is not the first, she has no row there."""
        found: dict[Shelf, list[tuple[int, int]]] = {}
        day = self.opened.day
        for audience in AT_HOME:
            units = of_shelves(keys, audience.value, self.opened.units(day))
            if units is not None and not units:
                continue
            for order, one, unit in self._posted(day, units, [audience], person):
                found.setdefault((audience.value, unit), []).append((order, one))
        return found

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether carers, or parents of such a commune, may have a reason."""
        if key[0] == Audience.CARER or reason == "carer":
            return key[0] == Audience.CARER and reason == "carer"
        if reason == "no_denominator":
            return not self._counts(int(key[1]))
        return reason in ("no_certificate", *LOST)

    def who(self, reason: str) -> ColumnElement[bool] | None:
        """Return who may have lost a certificate."""
        return has_lapsed(self.opened.day, self._courses) if reason in LOST else None

    def rows(self) -> Iterator[Row]:
        """Yield all of them, some communities at a time: a province has half a million people."""
        many = self._communities
        for start in (0, len(self._units)):
            communities = self.keys[start : start + many]
            others = self.keys[start + many : start + len(self._units)]
            for some, size in ((communities, 4), (others, BUNDLE)):
                for at in range(0, len(some), size):
                    yield from self.read(some[at : at + size])


AT_HOME = (Audience.PARENT, Audience.CARER)


def by_unit(units: Iterable[int], home: Mapping[int, int]) -> Iterator[int]:
    """Yield people unit by unit, in the order they have in `home` (person → unit)."""
    found: dict[int, list[int]] = {unit: [] for unit in units}
    for person, unit in home.items():
        found[unit].append(person)
    for of_unit in found.values():
        yield from of_unit


def _first_posts(
    session: Session,
    day: date,
    audience: Audience,
    units: Sequence[int],
    wanted: Sequence[ColumnElement[bool]],
) -> dict[int, int]:
    """Return the unit of the first post as one of `audience` of everybody for whom it is one of `units`, by name.

    wanted: conditions on `Posting`, of which the unit is the one of the list.
    """
    before = aliased(Posting)
    rows = session.execute(
        select(Posting.user_id, Posting.unit_id)
        .join(User, User.id == Posting.user_id)
        .where(
            Posting.unit_id.in_(units),
            Posting.audience == audience,
            stands(day),
            *wanted,
            ~exists().where(
                before.user_id == Posting.user_id,
                before.audience == audience,
                before.unit_id < Posting.unit_id,
                before.valid_from <= day,
                or_(before.valid_to.is_(None), before.valid_to >= day),
            ),
        )
        .order_by(User.sort_key, User.id)
    )
    return dict(rows.all())

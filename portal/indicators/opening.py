"""A figure opened: every row behind it, counted or not, and why not. One function for the page and for what is filed.

Rows hold no names; `named` looks those up for the rows of one page. For figures of people the distinct keys that are
counted are the numerator, and those of rows "in the ratio" (`BESIDE` are not) the denominator; a test says so.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import groupby, islice
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import Session, aliased

from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from portal.core.accounts.models import Audience, Posting, User
from portal.core.clock import start_of
from portal.core.households.models import Household, HouseholdMember
from portal.core.names import fold
from portal.core.organisation.models import Area, Unit, UnitKind
from portal.core.rosters.queries import stands
from portal.indicators import rules
from portal.indicators.compute import Facts
from portal.indicators.definitions import Group, Indicator, Item, ItemKind, Plan, Rule, Way
from portal.indicators.facts import Said, UnitFact, World
from portal.indicators.holders import BUNDLE, Holder, Paper, Post, candidates, holders
from portal.indicators.periods import Period, running
from portal.indicators.places import Where
from portal.indicators.queries import CHILDLESS, FACTS, POSTED, WITH_CHILD, Counts, Homes, valid_on
from portal.indicators.shelves import (
    Size,
    counted_where_all_is_met,
    counted_where_any_is_met,
    of_insides,
    of_posts,
)

#: Units whose people are read together where all of them are.
UNITS_AT_ONCE = 100
#: People called what was searched for who are looked up at once; of more, some units at a time.
MOST_NAMED = 2000
#: Which rows stand together: of which list of a rule, and the unit (or the code of keys of households).
Shelf = tuple[int | str, int | str]

#: Reasons of rows that stand beside the ratio: in neither its numerator nor its denominator.
BESIDE = frozenset(
    {"no_roster", "totals", "moved", "left", "not_listed", "elsewhere", "double", "carer", "unlinked", "gone"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure.

    kind: person, unit, area, household or declaration (its key is then the unit's). part: the group, or the item of a
    declaration. reason: a code, "" where counted. detail: JSON without names of people.
    """

    kind: str
    key: int
    unit: int | None
    part: str | None
    counted: bool
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def beside(self) -> bool:
        """Return whether it is in neither the numerator nor the denominator."""
        return self.reason in BESIDE or self.reason.startswith("only:")


def rows(facts: Facts, indicator: Indicator, where: Where) -> Iterator[Row]:
    """Yield every row behind a figure of one place; people unit by unit, in the order of their names."""
    opened = _Open.of(facts, indicator, where)
    way = indicator.way
    yield from _SHELVED[way](opened).rows() if way in _SHELVED else _PLAIN[way](opened)


def people(facts: Facts, indicator: Indicator, where: Where) -> Iterator[Row]:
    """Yield the people inside the facilities or areas of a figure: who is certified, who is not, and why not.

    A person has a row for each facility she has a post in. Nothing for figures that are of people already.
    """
    if indicator.way in (Way.FACILITIES, Way.AREAS):
        yield from _Insides(_Open.of(facts, indicator, where), indicator.way).rows()


def shelves(facts: Facts, indicator: Indicator, where: Where, *, inside: bool) -> "Shelves | None":
    """Return the same rows shelf by shelf; None: of units, areas or declarations, of which a province has few.

    inside: the people inside facilities or areas, as `people`.
    """
    opened = _Open.of(facts, indicator, where)
    if inside:
        insides = indicator.way in (Way.FACILITIES, Way.AREAS)
        return _Insides(opened, indicator.way) if insides else None
    return _SHELVED[indicator.way](opened) if indicator.way in _SHELVED else None


@dataclass(frozen=True, slots=True)
class _Open:
    """What is opened: the rule in force, the day whose facts count, and what is known of place and province."""

    session: Session
    plan: Plan
    rule: Rule
    period: Period
    day: date
    where: Where
    known: Callable[[date], World]
    everywhere: Callable[[date], World]
    counts: Callable[[date], Counts]

    @classmethod
    def of(cls, facts: Facts, indicator: Indicator, where: Where) -> "_Open":
        asked = facts.asked
        rule = indicator.rule_on(asked.day)
        day = min(asked.day, rule.frozen_on) if rule.frozen_on else asked.day
        period = running(day) if day != asked.day else asked.period
        return cls(
            facts.session, asked.plan, rule, period, day, where, facts.of(where), facts.on, facts.counts
        )

    @property
    def world(self) -> World:
        return self.known(self.day)

    def units(self, day: date) -> Collection[int] | None:
        """Return the ids of the units of the place on a day, None for the whole province."""
        part = self.known(day).units
        return None if len(part) == len(self.everywhere(day).units) else list(part)


# Shelves


class Shelves:
    """Rows in their order: shelf by shelf (a unit each, in the order of codes), then those that stand on none.

    Of a shelf it is known how many rows it has before they are read (`sizes`), so a page reads the shelves it shows and
    no others. keys: the shelves in their order.
    """

    keys: Sequence[Shelf]
    #: Reasons that a row on a shelf may have, beside those of the rule's own facts.
    reasons: tuple[str, ...] = ()
    #: Whether some rows may stand on no shelf: how many is known when they are read.
    loose = True

    def __init__(self, opened: _Open) -> None:
        """Remember what is opened."""
        self.opened = opened

    def sizes(self) -> Mapping[Shelf, Size]:
        """Return how many rows stand on each shelf that has any."""
        raise NotImplementedError

    def read(self, keys: Sequence[Shelf], some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the rows of some shelves, given in their order. some: of these people alone, in the order of names."""
        raise NotImplementedError

    def rest(self, called: "Called | None" = None) -> Iterator[Row]:
        """Yield the rows that stand on no shelf; called: those at least that are called what was searched for."""
        return iter(())

    def cut(
        self, keys: Sequence[Shelf], counted: bool | None, part: str, skip: int, take: int
    ) -> Iterator[Row]:
        """Yield so many rows of some shelves, without the first `skip`, of a state and a group ("": of any)."""
        fitting = (
            row
            for row in self.read(keys)
            if (counted is None or row.counted == counted) and (not part or row.part == part)
        )
        return islice(fitting, skip, skip + take)

    def called(self, key: Shelf, units: Collection[int]) -> bool:
        """Return whether a shelf has rows of no person, and in one of some units."""
        return False

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return (place in the order of names, id) of people who are so, by shelf; some may have no row there.

        person: a condition on `User`, and on the `Posting` that puts her there.

        keys: on these shelves alone.
        """
        raise NotImplementedError

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether a row of a shelf may have a reason."""
        return True

    def ends_with(self, reason: str) -> bool:
        """Return whether a row that stands on no shelf may have a reason."""
        return False

    def who(self, reason: str) -> ColumnElement[bool] | None:
        """Return the condition on `User` of the few who may have a row with a reason; None: any of them may."""
        return None

    def rows(self) -> Iterator[Row]:
        """Yield all of them."""
        for start in range(0, len(self.keys), UNITS_AT_ONCE):
            yield from self.read(self.keys[start : start + UNITS_AT_ONCE])
        yield from self.rest()

    def _posted(
        self,
        day: date,
        units: Collection[int] | None,
        audiences: Collection[str],
        person: ColumnElement[bool],
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (place in the order of names, person, unit) of people who are so and stand on lists of some units."""
        found = self.opened.session.execute(
            select(Posting.user_id, Posting.unit_id)
            .join(User, User.id == Posting.user_id)
            .where(
                person,
                Posting.audience.in_(sorted(audiences)),
                stands(day),
                true() if units is None else Posting.unit_id.in_(units),
            )
            .distinct()
            .order_by(User.sort_key, User.id)
            .add_columns(User.sort_key, User.id)
        )
        order: dict[int, int] = {}
        for one, unit, *_sorted in found:
            yield order.setdefault(one, len(order)), one, unit


@dataclass(frozen=True, slots=True)
class Called:
    """What was searched for: a condition on `User`, the ids of the people where they are few, and the units called so."""

    person: ColumnElement[bool]
    few: Sequence[int] | None
    units: frozenset[int]

    @classmethod
    def of(cls, session: Session, search: str, *, first: bool) -> "Called":
        """Return what a search means. first: look people up by their folded names, wherever they are."""
        person = User.search_key.like(_like(search), escape="\\")
        some = session.scalars(select(User.id).where(person).limit(MOST_NAMED + 1)).all() if first else ()
        few = some if first and len(some) <= MOST_NAMED else None
        return cls(person if few is None else User.id.in_(few), few, _units_called(session, search))

    @property
    def posted(self) -> ColumnElement[bool]:
        """Return the condition on `User` and `Posting` that she, or the unit of the post, is called so."""
        return or_(self.person, Posting.unit_id.in_(self.units)) if self.units else self.person


def _units_called(session: Session, search: str) -> frozenset[int]:
    like = Unit.search_key.like(_like(search), escape="\\")
    return frozenset(session.scalars(select(Unit.id).where(or_(like, Unit.code == search))))


def _of_shelves(
    keys: Sequence[Shelf] | None, of: int | str, units: Collection[int] | None
) -> Collection[int] | None:
    """Return the units of some shelves of a list; of all of them where none are given."""
    return units if keys is None else [int(unit) for one, unit in keys if one == of]


def _lapsed(day: date, courses: Collection[str]) -> ColumnElement[bool]:
    """Return the condition on `User` that a certificate of one of some courses expired, or was revoked."""
    gone = exists().where(
        Revocation.certificate_id == Certificate.id,
        Revocation.revoked_at < start_of(date.fromordinal(day.toordinal() + 1)),
    )
    return User.id.in_(
        select(Certificate.user_id).where(
            Certificate.course_id.in_(select(Course.id).where(Course.code.in_(sorted(courses)))),
            Certificate.completed_on <= day,
            or_(Certificate.expires_on < day, gone),
        )
    )


#: Reasons of people who are on a list of the figure.
LISTED = frozenset({"no_certificate", "wrong_course", "expired", "revoked", "double"})


def _is_listed(reason: str) -> bool:
    return reason in LISTED or reason.startswith("fact:")


def _by_code(units: Iterable[UnitFact]) -> list[int]:
    return [unit.id for unit in sorted(units, key=lambda one: (one.code, one.id))]


# People


def _needed(groups: Iterable[Group]) -> set[str]:
    return {code for group in groups for need in group.needs for code in need}


def _audiences(groups: Iterable[Group]) -> set[str]:
    return {audience for group in groups for audience in group.audiences}


def _asks_facts(groups: Iterable[Group]) -> bool:
    """Return whether a group looks at facts about people that no course gives."""
    return any(code in FACTS for group in groups for one in (*group.needs, group.only) for code in one)


def _certified(groups: Iterable[Group]) -> bool:
    """Return whether nobody meets the needs of a group without a certificate."""
    return all(any(all(code not in FACTS for code in need) for need in group.needs) for group in groups)


class _Seen:
    """The groups of a rule that are seen on one day, and the units that each looks at in the place."""

    def __init__(self, opened: _Open, day: date, groups: Sequence[Group]) -> None:
        self.day, self.groups, self.world = day, groups, opened.known(day)
        self.concerned = {group.key: rules._concerned(opened.rule, group, self.world) for group in groups}
        listed = {unit.id: unit for of in self.concerned.values() for unit in of.values() if unit.listed}
        self.units = _by_code(listed.values())

    def stood(self, person: Holder) -> "list[_Stood]":
        """Return the posts of a person that the rule looks at."""
        held = person.held(self.day)
        return [
            _Stood(group, post, unit, rules.has(held, group.needs))
            for group in self.groups
            for post in person.posts
            if post.audience in group.audiences
            and held.issuperset(group.only)
            and (unit := self.concerned[group.key].get(post.unit)) is not None
        ]

    def on_a_list(self) -> ColumnElement[bool]:
        """Return the condition on `Posting` that it surely stands on a shelf."""
        return or_(
            false(),
            *(
                and_(
                    Posting.audience.in_(sorted(group.audiences)),
                    Posting.unit_id.in_(
                        [key for key, unit in self.concerned[group.key].items() if unit.listed]
                    ),
                    stands(self.day),
                )
                for group in self.groups
                if not group.only
            ),
        )


class _People(Shelves):
    """A row for each post on a list, of which one is the person's; then who holds a certificate and is not counted."""

    reasons = (
        "no_certificate", "wrong_course", "expired", "revoked", "double", "no_roster", "totals", "moved", "left",
        "not_listed", "elsewhere",
    )  # fmt: skip

    def __init__(self, opened: _Open) -> None:
        super().__init__(opened)
        by_day: dict[date, list[Group]] = {}
        for group in opened.rule.groups:
            day = min(opened.day, group.frozen_on) if group.frozen_on else opened.day
            by_day.setdefault(day, []).append(group)
        self._seen = [_Seen(opened, day, groups) for day, groups in by_day.items()]
        self.keys = [(place, unit) for place, seen in enumerate(self._seen) for unit in seen.units]

    def sizes(self) -> Mapping[Shelf, Size]:
        """Return how many posts stand on each list."""
        audiences = rules.audiences(self.opened.rule)
        return {
            (place, unit): size
            for place, seen in enumerate(self._seen)
            for unit, size in of_posts(
                seen.groups, seen.concerned, seen.world.people(audiences), counted_where_all_is_met
            ).items()
        }

    def read(self, keys: Sequence[Shelf], some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the rows of some lists."""
        for place, seen in enumerate(self._seen):
            found: dict[int, list[Row]] = {int(unit): [] for of, unit in keys if of == place}
            if not found:
                continue
            session, day = self.opened.session, seen.day
            if some is None:
                some_of = candidates(session, day, _audiences(seen.groups), list(found), ())
            else:
                some_of = list(some)
            for person in holders(session, day, some_of, facts=_asks_facts(seen.groups)):
                listed = [one for one in seen.stood(person) if one.unit.listed]
                for row in _of_one(person, listed, day) if listed else ():
                    if row.unit in found:
                        found[row.unit].append(row)
            for of_unit in found.values():
                yield from of_unit

    def rest(self, called: Called | None = None) -> Iterator[Row]:
        """Yield who is on no list that counts, though she holds what a group needs; in the order of names."""
        opened = self.opened
        for seen in self._seen:
            found = candidates(
                opened.session,
                seen.day,
                _audiences(seen.groups),
                opened.units(seen.day),
                _needed(seen.groups),
                certified=_certified(seen.groups),
                without=seen.on_a_list(),
                only=_called_in(called),
            )
            others = []
            for person in holders(opened.session, seen.day, found, facts=_asks_facts(seen.groups)):
                posts = seen.stood(person)
                if not any(one.unit.listed for one in posts):
                    row = _beside(opened, person, posts, seen.groups, seen.day)
                    others += [row] if row is not None else []
            for more in self._seen:
                if others and more is not seen:  # who is listed on another day is in the ratio
                    there = {
                        person.id
                        for person in holders(opened.session, more.day, [row.key for row in others])
                        if any(one.unit.listed for one in more.stood(person))
                    }
                    others = [row for row in others if row.key not in there]
            yield from others

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return who is so, list by list."""
        found: dict[Shelf, list[tuple[int, int]]] = {}
        for place, seen in enumerate(self._seen):
            units = _of_shelves(keys, place, self.opened.units(seen.day))
            for order, one, unit in self._posted(seen.day, units, _audiences(seen.groups), person):
                found.setdefault((place, unit), []).append((order, one))
        return found

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether it is a reason of people on a list."""
        return _is_listed(reason)

    def ends_with(self, reason: str) -> bool:
        """Return whether it is a reason of people on no list."""
        return not _is_listed(reason)

    def who(self, reason: str) -> ColumnElement[bool] | None:
        """Return who may have lost a certificate, or has several posts."""
        if reason == "double":
            several = [_several(seen.day, _audiences(seen.groups)) for seen in self._seen]
            return or_(*several)
        return _lapsed(self.opened.day, _needed(self.opened.rule.groups)) if reason in LOST else None


LOST = ("expired", "revoked")


def _several(day: date, audiences: Collection[str]) -> ColumnElement[bool]:
    """Return the condition on `User` that she has several posts as one of some audiences."""
    return User.id.in_(
        select(Posting.user_id)
        .where(Posting.audience.in_(sorted(audiences)), stands(day))
        .group_by(Posting.user_id)
        .having(func.count() > 1)
    )


def _called_in(called: Called | None) -> Sequence[int] | None:
    """Return the only people who may be called so, where they are few; None: look at everybody."""
    return called.few if called is not None and not called.units else None


@dataclass(frozen=True, slots=True)
class _Stood:
    """A person in a group by a post in a unit that the rule looks at; enough: she holds what the group needs."""

    group: Group
    post: Post
    unit: UnitFact
    enough: bool


def _of_one(person: Holder, listed: Sequence[_Stood], day: date) -> Iterator[Row]:
    """Yield the row of a person who is on a list, and a row for each further post: she is counted once."""
    short = [one for one in listed if not one.enough]
    first = (short or listed)[0]
    reason, detail = _why(person, first.group, day) if short else ("", _proof(person, first.group, day))
    if first.unit.basis == "coded":
        detail["coded"] = True
    yield Row("person", person.id, first.unit.id, first.group.key, not short, reason, detail)
    for one in listed:
        if one is not first:
            detail = {"unit": first.unit.code}
            yield Row("person", person.id, one.unit.id, one.group.key, False, "double", detail)


def _proof(person: Holder, group: Group, day: date) -> dict[str, Any]:
    """Return the certificates that count: for each need the one that lasts longest."""
    chosen: list[Paper] = []
    for need in group.needs:
        good = [paper for paper in person.papers if paper.course in need and paper.valid(day)]
        if good:
            chosen.append(max(good, key=lambda paper: (paper.expires_on or date.max, paper.on)))
    detail: dict[str, Any] = {"serials": list(dict.fromkeys(paper.serial for paper in chosen))}
    if chosen:
        detail["completed_on"] = max(paper.on for paper in chosen).isoformat()
        ends = [paper.expires_on for paper in chosen if paper.expires_on is not None]
        if ends:
            detail["expires_on"] = min(ends).isoformat()
    return detail


def _why(person: Holder, group: Group, day: date) -> tuple[str, dict[str, Any]]:
    """Return why a person does not hold what her group needs: the first need that is not met decides."""
    held = person.held(day)
    for need in group.needs:
        if any(code in held for code in need):
            continue
        papers = [paper for paper in person.papers if paper.course in need]
        if papers:
            last = papers[-1]
            detail: dict[str, Any] = {"serials": [last.serial], "course": last.course}
            if last.revoked_on is not None and last.revoked_on <= day:
                return "revoked", {**detail, "on": last.revoked_on.isoformat()}
            assert last.expires_on is not None  # noqa: S101 - neither valid nor revoked
            return "expired", {**detail, "on": last.expires_on.isoformat()}
        fact = next((code for code in need if code in ("network", "active")), None)
        if fact is not None:
            return f"fact:{fact}", {}
        needs = {"needs": list(need)}
        # a certificate earned as a parent says something about a family: it is never named at work
        other = [paper for paper in person.papers if paper.valid(day) and not paper.home]
        if other:
            return "wrong_course", {**needs, "serials": [other[-1].serial], "course": other[-1].course}
        return "no_certificate", needs
    return "no_certificate", {}


def _beside(
    opened: _Open, person: Holder, posts: Sequence[_Stood], groups: Sequence[Group], day: date
) -> Row | None:
    """Return the row of somebody who is not in the ratio though she holds what a group needs; None: she does not."""
    for one in posts:
        if one.enough:  # her unit gave no list
            reason = "no_roster" if one.unit.basis is None else "totals"
            detail = _proof(person, one.group, day)
            return Row("person", person.id, one.unit.id, one.group.key, False, reason, detail)
    held = person.held(day)
    good = [group for group in groups if group.needs and rules.has(held, group.needs)]
    if not good:
        return None
    group, proof = good[0], _proof(person, good[0], day)
    place, province = opened.known(day).units, opened.everywhere(day).units
    for post in person.posts:
        if post.unit in place and any(post.audience in one.audiences for one in good):
            asked = next(one for one in good if post.audience in one.audiences)
            lacking = [fact for fact in asked.only if fact not in held]
            reason = f"only:{lacking[0]}" if lacking else "elsewhere"
            return Row("person", person.id, post.unit, asked.key, False, reason, proof)
    here = [post for post in person.ended if post.unit in place]
    from_unit = here[-1].unit if here else None
    away = [post for post in person.posts if post.audience not in (Audience.PARENT, Audience.CARER)]
    if away:
        last = max(away, key=lambda post: (post.since, post.unit))
        unit = province.get(last.unit)
        detail = {**proof, "unit": unit.code if unit else None, "on": last.since.isoformat()}
        return Row("person", person.id, from_unit, group.key, False, "moved", detail)
    if here and here[-1].until is not None:
        detail = {**proof, "on": here[-1].until.isoformat()}
        return Row("person", person.id, from_unit, group.key, False, "left", detail)
    return Row("person", person.id, None, group.key, False, "not_listed", proof)


class _Growth(Shelves):
    """Who is listed now, active or not; then who was counted at the base and is not any more."""

    reasons = ("gone", "double")

    def __init__(self, opened: _Open) -> None:
        super().__init__(opened)
        self._now = _Seen(opened, opened.day, opened.rule.groups)
        self.keys = [(0, unit) for unit in self._now.units]

    def sizes(self) -> Mapping[Shelf, Size]:
        """Return how many posts stand on each list."""
        rule, seen = self.opened.rule, self._now
        cells = seen.world.people(rules.audiences(rule))
        found = of_posts(rule.groups, seen.concerned, cells, counted_where_any_is_met)
        return {(0, unit): size for unit, size in found.items()}

    def read(self, keys: Sequence[Shelf], some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the rows of some lists."""
        return self._listed(self._now, [int(unit) for _of, unit in keys], some)

    def _listed(
        self, seen: _Seen, units: Sequence[int], some: Collection[int] | None = None
    ) -> Iterator[Row]:
        session, day = self.opened.session, seen.day
        if some is None:
            some = candidates(session, day, _audiences(seen.groups), units, ()) if units else ()
        found: dict[int, list[Row]] = {unit: [] for unit in units}
        for person in holders(session, day, some):
            posts = [one for one in seen.stood(person) if one.unit.listed]
            for row in _of_grown(person, posts, day) if posts else ():
                if row.unit in found:
                    found[row.unit].append(row)
        for of_unit in found.values():
            yield from of_unit

    def rest(self, called: Called | None = None) -> Iterator[Row]:
        """Yield who was counted at the base and is not counted now, in the order of the base's lists."""
        base = _Seen(self.opened, self.opened.period.year_before, self.opened.rule.groups)
        then = {row.key: row for row in self._listed(base, base.units) if row.counted}
        for person in holders(self.opened.session, self.opened.day, then):
            if not any(one.enough and one.unit.listed for one in self._now.stood(person)):
                yield Row("person", person.id, then[person.id].unit, "base", False, "gone", {})

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return who is so, list by list."""
        found: dict[Shelf, list[tuple[int, int]]] = {}
        day, units = self.opened.day, _of_shelves(keys, 0, self.opened.units(self.opened.day))
        for order, one, unit in self._posted(day, units, _audiences(self._now.groups), person):
            found.setdefault((0, unit), []).append((order, one))
        return found

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether it is a reason of people on a list."""
        return reason != "gone"

    def ends_with(self, reason: str) -> bool:
        """Return whether it is the reason of who was counted at the base."""
        return reason == "gone"


def _of_grown(person: Holder, posts: Sequence[_Stood], day: date) -> Iterator[Row]:
    good = [one for one in posts if one.enough]
    first = (good or posts)[0]
    reason, detail = ("", {}) if good else _why(person, first.group, day)
    yield Row("person", person.id, first.unit.id, first.group.key, bool(good), reason, detail)
    for one in posts:
        if one is not first:
            detail = {"unit": first.unit.code}
            yield Row("person", person.id, one.unit.id, one.group.key, False, "double", detail)


# Families


def _declared_areas(opened: _Open) -> set[int]:
    """Return the areas of which it was declared how many there are in all."""
    code, world = opened.rule.denominator or "", opened.world
    return {
        unit.stood
        for unit in rules._declaring(opened.plan, code, world).values()
        if rules.counts_now(opened.plan, world.said.get((code, unit.id)), opened.period, opened.day)
    }


class _Participants(Shelves):
    """The parents of a place, each in the unit of her first post, and the carers who took part; no course is named."""

    reasons = ("no_certificate", "no_denominator", "carer", "revoked", "expired")
    loose = False

    def __init__(self, opened: _Open) -> None:
        super().__init__(opened)
        self._declared = _declared_areas(opened)
        self._courses = {code for code in opened.rule.courses if code[:2] in ("CM", "NT")}
        units = opened.world.units.values()
        # communities first: hardly a parent has her first post as one elsewhere
        self._units = [
            *_by_code(one for one in units if one.kind == UnitKind.COMMUNITY),
            *_by_code(one for one in units if one.kind != UnitKind.COMMUNITY),
        ]
        self._communities = sum(one.kind == UnitKind.COMMUNITY for one in units)
        self.keys = [(str(audience), unit) for audience in _AT_HOME for unit in self._units]

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
        for audience in _AT_HOME:
            units = [int(unit) for of, unit in keys if of == audience]
            if units:
                home = self._first(audience, units, some=some)
                yield from self._of(audience, home, by_unit(units, home))

    def cut(
        self, keys: Sequence[Shelf], counted: bool | None, part: str, skip: int, take: int
    ) -> Iterator[Row]:
        """Yield so many rows of some units: a community has a thousand parents, a page shows fifty."""
        ahead: list[tuple[Audience, dict[int, int], int]] = []
        for audience in _AT_HOME:
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
        for audience in _AT_HOME:
            units = _of_shelves(keys, audience.value, self.opened.units(day))
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
        return _lapsed(self.opened.day, self._courses) if reason in LOST else None

    def rows(self) -> Iterator[Row]:
        """Yield all of them, some communities at a time: a province has half a million people."""
        many = self._communities
        for start in (0, len(self._units)):
            communities = self.keys[start : start + many]
            others = self.keys[start + many : start + len(self._units)]
            for some, size in ((communities, 4), (others, BUNDLE)):
                for at in range(0, len(some), size):
                    yield from self.read(some[at : at + size])


_AT_HOME = (Audience.PARENT, Audience.CARER)


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


class _Households(Shelves):
    """The households of a place by the codes of their keys, then the people who took part and are in none, by unit."""

    reasons = ("no_certificate", "no_child", "no_denominator", "unlinked")
    loose = False

    def __init__(self, opened: _Open) -> None:
        super().__init__(opened)
        self._declared = _declared_areas(opened)
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
            **{("alone", unit): alone[unit] for unit in _by_code(units.values()) if unit in alone},
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
        here = select(Posting.user_id).where(Posting.unit_id.in_(units or ()), Posting.audience.in_(_AT_HOME))
        found = self.opened.session.execute(
            select(Posting.user_id, func.min(Posting.unit_id), User.sort_key)
            .join(User, User.id == Posting.user_id)
            .join(Certificate, Certificate.user_id == Posting.user_id)
            .join(Course, Course.id == Certificate.course_id)
            .where(
                Posting.audience.in_(_AT_HOME),
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
        order = _by_code(known.values() if units is None else [known[unit] for unit in units])
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
            for order, one, unit in self._posted(self.opened.day, alone, _AT_HOME, person):
                found.setdefault(("alone", unit), []).append((order, one))
        return found

    def rows(self) -> Iterator[Row]:
        """Yield all of them, a thousand households at a time."""
        yield from self._of_codes(true())
        yield from self._alone(list(self._place) if self._place is not None else None)


# Facilities, areas


def _facilities(opened: _Open) -> Iterator[Row]:
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


def _areas(opened: _Open) -> Iterator[Row]:
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


class _Insides(Shelves):
    """The people of the facilities or areas of a figure, one row for each unit that she has a post in."""

    reasons = tuple(reason for reason in _People.reasons if reason != "double")

    def __init__(self, opened: _Open, way: Way) -> None:
        super().__init__(opened)
        rule, world = opened.rule, opened.world
        self._units = dict(world.units) if way == Way.AREAS else rules._concerned(rule, None, world)
        self._groups = rule.groups
        self.keys = [(0, unit) for unit in _by_code(self._units.values())] if rule.groups else []

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
            some = candidates(session, day, _audiences(self._groups), list(found), ()) if found else ()
        for person in holders(session, day, some, facts=_asks_facts(self._groups)):
            for unit, posts in self._stood(person).items():
                if unit in found:
                    found[unit].append(self._row(person, posts))
        for of_unit in found.values():
            yield from of_unit

    def _stood(self, person: Holder) -> Mapping[int, list[_Stood]]:
        """Return the posts of a person in the units looked at, by unit, in the order of groups."""
        held = person.held(self.opened.day)
        found: dict[int, list[tuple[int, _Stood]]] = {}
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
                stood = _Stood(group, post, unit, rules.has(held, group.needs))
                found.setdefault(unit.id, []).append((place, stood))
        return {
            unit: [stood for _place, stood in sorted(posts, key=lambda one: one[0])]
            for unit, posts in found.items()
        }

    def _row(self, person: Holder, posts: Sequence[_Stood]) -> Row:
        day = self.opened.day
        good = [one for one in posts if one.enough]
        first = (good or posts)[0]
        if good and not first.unit.listed:
            reason = "no_roster" if first.unit.basis is None else "totals"
            detail = _proof(person, first.group, day)
        elif good:
            reason, detail = "", _proof(person, first.group, day)
        else:
            reason, detail = _why(person, first.group, day)
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
            Posting.audience.in_(sorted(_audiences(plain))),
            Posting.unit_id.in_(list(self._units)),
            stands(day),
        )
        found = candidates(
            opened.session,
            day,
            _audiences(groups),
            opened.units(day),
            _needed(groups),
            certified=_certified(groups),
            without=here,
            only=_called_in(called),
        )
        for person in holders(opened.session, day, found, facts=_asks_facts(groups)):
            if not self._stood(person):
                row = _beside(opened, person, (), groups, day)
                if row is not None:
                    yield row

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return who is so, unit by unit."""
        found: dict[Shelf, list[tuple[int, int]]] = {}
        day, units = self.opened.day, _of_shelves(keys, 0, self.opened.units(self.opened.day))
        for order, one, unit in self._posted(day, units, _audiences(self._groups), person):
            found.setdefault((0, unit), []).append((order, one))
        return found

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether it is a reason of people on a list, or her unit gave none."""
        if reason in ("no_roster", "totals"):
            return not self._units[int(key[1])].listed
        return _is_listed(reason) and reason != "double"

    def ends_with(self, reason: str) -> bool:
        """Return whether it is a reason of people in none of the units."""
        return not _is_listed(reason) and reason not in ("no_roster", "totals")

    def who(self, reason: str) -> ColumnElement[bool] | None:
        """Return who may have lost a certificate."""
        return _lapsed(self.opened.day, _needed(self._groups)) if reason in LOST else None


# Declarations


def _state(opened: _Open, item: Item | None, said: Said | None) -> str:
    """Return why a declaration does not count, "" where it does."""
    if item is None or said is None:
        return "not_declared"
    if not said.approved:
        return "waiting"
    if item.evidence and not said.evidence:
        return "no_evidence"
    if item.yearly and not opened.period.starts_on <= said.on <= opened.period.cut_off:
        return "another_year"
    if item.lasts_months is not None and rules.months_later(said.on, item.lasts_months) <= opened.day:
        return "outdated"
    return ""


def _said(item: Item | None, said: Said | None) -> dict[str, Any]:
    """Return what a declaration says, as JSON."""
    if said is None or item is None:
        return {}
    value = said.value
    if isinstance(value, (set, frozenset, tuple)):
        value = sorted(value)
    detail: dict[str, Any] = {"on": said.on.isoformat(), "value": value, "evidence": said.evidence}
    if item.kind == ItemKind.CHECKLIST and isinstance(value, list):
        detail["lacking"] = [code for code, _label in item.ticks if code not in value]
    return detail


def _declared(opened: _Open) -> Iterator[Row]:
    rule, world, plan = opened.rule, opened.world, opened.plan
    if rule.numerator and rule.denominator:
        yield from _declared_counts(opened, rule.numerator, rule.denominator)
        return
    for code in rule.items:
        item = plan.item(code)
        for unit in sorted(rules._declaring(plan, code, world).values(), key=lambda one: one.code):
            said = world.said.get((code, unit.id))
            reason = _state(opened, item, said)
            if not reason and not rules._there(plan, said, opened.period, opened.day):
                reason = "says_no"
            part = f"item:{code}"
            yield Row("declaration", unit.id, unit.id, part, not reason, reason, _said(item, said))


def _declared_counts(opened: _Open, numerator: str, denominator: str) -> Iterator[Row]:
    world, plan = opened.world, opened.plan
    above, below = (rules._declaring(plan, code, world) for code in (numerator, denominator))
    for unit in sorted({**above, **below}.values(), key=lambda one: one.code):
        first, second = world.said.get((numerator, unit.id)), world.said.get((denominator, unit.id))
        states = _state(opened, plan.item(denominator), second), _state(opened, plan.item(numerator), first)
        reason = states[0] or states[1]
        if reason == "not_declared" and "" in states:  # one of the two is there: the other is named
            reason = f"item:{numerator if states[1] else denominator}"
        detail: dict[str, Any] = {}
        if first is not None:
            detail["numerator"] = int(first.value)
        if second is not None:
            detail["denominator"] = int(second.value)
        on = [one.on for one in (first, second) if one is not None]
        if on:
            detail["on"] = max(on).isoformat()
        split = rules.split_of(plan, opened.rule, unit, first, second)
        if split:
            detail["grades"] = _grades(plan.item(denominator), first, second)
        yield Row("declaration", unit.id, unit.id, split or None, not reason, reason, detail)


def _grades(item: Item | None, first: Said | None, second: Said | None) -> list[list[Any]]:
    """Return (grade, numerator, denominator) of the grades that a unit gave, in the plan's order; None: not given."""
    above, below = ((one.grades if one is not None else None) or {} for one in (first, second))
    known = [code for code, _label in item.by_grade.grades] if item is not None and item.by_grade else []
    return [
        [code, above.get(code), below.get(code)]
        for code in dict.fromkeys([*known, *sorted({*above, *below})])
        if code in above or code in below
    ]


#: Rows of people and of families, of which a province has very many.
_SHELVED: Mapping[Way, type[Shelves]] = {
    Way.PEOPLE: _People,
    Way.PARTICIPANTS: _Participants,
    Way.HOUSEHOLDS: _Households,
    Way.GROWTH: _Growth,
}
#: Rows of units and areas, which are counted from the very world of the figure.
_PLAIN: Mapping[Way, Callable[[_Open], Iterator[Row]]] = {
    Way.FACILITIES: _facilities,
    Way.AREAS: _areas,
    Way.DECLARED: _declared,
    Way.NARRATIVE: _declared,
}


# Names, for the rows of one page


@dataclass(frozen=True, slots=True)
class Name:
    """What a row is called on a page: a person (or her code), a unit, an area, a household's key; `code` for links."""

    text: str
    code: str = ""
    unit: str = ""
    unit_code: str = ""


def named(session: Session, some: Sequence[Row]) -> list[Name]:
    """Return the names of some rows, in their order; three queries for every thousand, and none of them stored."""
    found: list[Name] = []
    for start in range(0, len(some), BUNDLE):
        page = some[start : start + BUNDLE]
        persons = _texts(session, select(User.id, User.full_name, User.username), page, "person")
        areas = _texts(session, select(Area.id, Area.name, Area.code), page, "area")
        keys = [row.key for row in page if row.kind == "household"]
        homes = {
            key: f"{code}-{number}"
            for key, code, number in session.execute(
                select(Household.id, Household.commune_code, Household.number).where(Household.id.in_(keys))
            )
        } if keys else {}  # fmt: skip
        unit_ids = {row.unit for row in page if row.unit is not None}
        units = {
            key: (name, code)
            for key, name, code in session.execute(
                select(Unit.id, Unit.name, Unit.code).where(Unit.id.in_(unit_ids))
            )
        } if unit_ids else {}  # fmt: skip
        for row in page:
            unit, unit_code = units.get(row.unit or 0, ("", ""))
            if row.kind == "person":
                found.append(Name(persons.get(row.key, ("", ""))[0], "", unit, unit_code))
            elif row.kind == "area":
                found.append(Name(*areas.get(row.key, ("", "")), "", ""))
            elif row.kind == "household":
                found.append(Name(homes.get(row.key, ""), "", unit, unit_code))
            else:
                found.append(Name(unit, unit_code, unit, unit_code))
    return found


def _texts(session: Session, query: Any, page: Sequence[Row], kind: str) -> Mapping[int, tuple[str, str]]:
    keys = {row.key for row in page if row.kind == kind}
    if not keys:
        return {}
    column = query.selected_columns[0]
    return {key: (text, code or "") for key, text, code in session.execute(query.where(column.in_(keys)))}


def _like(search: str) -> str:
    plain = fold(search)
    for special in ("\\", "%", "_"):
        plain = plain.replace(special, "\\" + special)
    return f"%{plain}%"


def matching(session: Session, search: str, people: Collection[int] | None = None) -> Callable[[Row], bool]:
    """Return whether a row is called (or stands in a unit called) what was searched for; names never leave the database.

    people: whose rows alone will be asked about; None: anybody's.
    """
    like, units = _like(search), _units_called(session, search)

    @cache
    def persons() -> set[int]:
        those = [] if people is None else [User.id.in_(people)]
        called = User.search_key.like(like, escape="\\")
        return set(session.scalars(select(User.id).where(called, *those)))

    @cache
    def areas() -> set[int]:
        named = or_(Area.search_key.like(like, escape="\\"), Area.code == search)
        return set(session.scalars(select(Area.id).where(named)))

    def fits(row: Row) -> bool:
        return (
            row.unit in units
            or (row.kind == "person" and row.key in persons())
            or (row.kind == "area" and row.key in areas())
        )

    return fits


__all__ = [
    "BESIDE",
    "Called",
    "Name",
    "Row",
    "Shelf",
    "Shelves",
    "matching",
    "named",
    "people",
    "rows",
    "shelves",
]

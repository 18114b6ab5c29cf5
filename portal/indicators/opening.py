"""A figure opened: every row behind it, counted or not, and why not. One function for the page and for what is filed.

Rows hold no names; `named` looks those up for the rows of one page. For figures of people the distinct keys that are
counted are the numerator, and those of rows "in the ratio" (`BESIDE` are not) the denominator; a test says so.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
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
from portal.indicators.queries import Homes, valid_on

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
    """Yield every row behind a figure of one place; people in the order of their names."""
    yield from _WAYS[indicator.way](_Open.of(facts, indicator, where))


def people(facts: Facts, indicator: Indicator, where: Where) -> Iterator[Row]:
    """Yield the people inside the facilities or areas of a figure: who is certified, who is not, and why not.

    A person has a row for each facility she has a post in. Nothing for figures that are of people already.
    """
    if indicator.way in (Way.FACILITIES, Way.AREAS):
        yield from _inside(_Open.of(facts, indicator, where), everywhere=indicator.way == Way.AREAS)


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

    @classmethod
    def of(cls, facts: Facts, indicator: Indicator, where: Where) -> "_Open":
        asked = facts.asked
        rule = indicator.rule_on(asked.day)
        day = min(asked.day, rule.frozen_on) if rule.frozen_on else asked.day
        period = running(day) if day != asked.day else asked.period
        return cls(facts.session, asked.plan, rule, period, day, where, facts.of(where), facts.on)

    @property
    def world(self) -> World:
        return self.known(self.day)

    def units(self, day: date) -> Collection[int] | None:
        """Return the ids of the units of the place on a day, None for the whole province."""
        part = self.known(day).units
        return None if len(part) == len(self.everywhere(day).units) else list(part)


# People


def _needed(groups: Iterable[Group]) -> set[str]:
    return {code for group in groups for need in group.needs for code in need}


def _audiences(groups: Iterable[Group]) -> set[str]:
    return {audience for group in groups for audience in group.audiences}


def _people(opened: _Open) -> Iterator[Row]:
    """Yield a row for each person, one more for each further post, and who holds a certificate and is not counted."""
    by_day: dict[date, list[Group]] = {}
    for group in opened.rule.groups:
        seen = min(opened.day, group.frozen_on) if group.frozen_on else opened.day
        by_day.setdefault(seen, []).append(group)
    inside: set[int] = set()
    others: list[Row] = []
    for day, groups in by_day.items():
        world = opened.known(day)
        concerned = {group.key: rules._concerned(opened.rule, group, world) for group in groups}
        found = candidates(opened.session, day, _audiences(groups), opened.units(day), _needed(groups))
        for person in holders(opened.session, day, found):
            held = person.held(day)
            posts = [
                _Stood(group, post, unit, rules.has(held, group.needs))
                for group in groups
                for post in person.posts
                if post.audience in group.audiences
                and held.issuperset(group.only)
                and (unit := concerned[group.key].get(post.unit)) is not None
            ]
            listed = [one for one in posts if one.unit.listed]
            if listed:
                inside.add(person.id)
                yield from _of_one(person, listed, day, world)
            elif (beside := _beside(opened, person, posts, groups, day)) is not None:
                others.append(beside)
    yield from (row for row in others if row.key not in inside)


@dataclass(frozen=True, slots=True)
class _Stood:
    """A person in a group by a post in a unit that the rule looks at; enough: she holds what the group needs."""

    group: Group
    post: Post
    unit: UnitFact
    enough: bool


def _of_one(person: Holder, listed: Sequence[_Stood], day: date, world: World) -> Iterator[Row]:
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


def _growth(opened: _Open) -> Iterator[Row]:
    """Yield who is active now, who is listed and not, and who was counted at the base and is not any more."""
    now: set[int] = set()
    for row in _grown(opened, opened.day):
        if row.counted:
            now.add(row.key)
        yield row
    for row in _grown(opened, opened.period.year_before):
        if row.counted and row.key not in now:
            yield Row("person", row.key, row.unit, "base", False, "gone", {})


def _grown(opened: _Open, day: date) -> Iterator[Row]:
    groups, world = opened.rule.groups, opened.known(day)
    concerned = {group.key: rules._concerned(opened.rule, group, world) for group in groups}
    found = candidates(opened.session, day, _audiences(groups), opened.units(day), ())
    for person in holders(opened.session, day, found):
        held = person.held(day)
        posts = [
            _Stood(group, post, unit, rules.has(held, group.needs))
            for group in groups
            for post in person.posts
            if post.audience in group.audiences
            and held.issuperset(group.only)
            and (unit := concerned[group.key].get(post.unit)) is not None
            and unit.listed
        ]
        good = [one for one in posts if one.enough]
        if not posts:
            continue
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


def _participants(opened: _Open) -> Iterator[Row]:
    declared = _declared_areas(opened)
    yield from _at_home(opened, Audience.PARENT, declared)
    yield from _at_home(opened, Audience.CARER, declared)


def _at_home(opened: _Open, audience: Audience, declared: Collection[int]) -> Iterator[Row]:
    """Yield the parents (or carers) of a place, each in the unit of her first post, community by community.

    No course is named.
    """
    day, units = opened.day, opened.world.units
    courses = {code for code in opened.rule.courses if code[:2] in ("CM", "NT")}
    home: dict[int, int] = {}

    def people() -> Iterator[int]:
        # some communities at a time: a page needs the first of them only, a province has half a million people
        ahead = sorted(units.values(), key=lambda one: one.code)
        communities = [one.id for one in ahead if one.kind == UnitKind.COMMUNITY]
        others = [one.id for one in ahead if one.kind != UnitKind.COMMUNITY]
        bundles = [
            some[start : start + size]
            for some, size in ((communities, 4), (others, BUNDLE))
            for start in range(0, len(some), size)
        ]
        for some in bundles:
            found = _first_posts(opened.session, day, audience, some)
            home.update(found)
            yield from found

    for person in holders(opened.session, day, people()):
        unit = units[home[person.id]]
        good = [paper for paper in person.papers if paper.course in courses and paper.valid(day)]
        bad = [paper for paper in person.papers if paper.course in courses and not paper.valid(day)]
        detail: dict[str, Any] = {}
        if good:
            detail = {"serials": [good[0].serial], "completed_on": good[0].on.isoformat()}
            counted = audience == Audience.PARENT and unit.stood in declared
            reason = "" if counted else "carer" if audience == Audience.CARER else "no_denominator"
        else:
            counted, reason = False, "no_certificate"
            if bad:
                reason, gone = (
                    ("revoked", bad[-1].revoked_on) if bad[-1].revoked_on else ("expired", bad[-1].expires_on)
                )
                detail = {"serials": [bad[-1].serial], "on": gone.isoformat() if gone else None}
            if audience == Audience.CARER:
                continue
        yield Row("person", person.id, unit.id, str(audience), counted, reason, detail)


def _first_posts(session: Session, day: date, audience: Audience, units: Sequence[int]) -> dict[int, int]:
    """Return the unit of the first post as one of `audience` of everybody for whom it is one of `units`, by name."""
    here = select(Posting.user_id).where(
        Posting.unit_id.in_(units), Posting.audience == audience, stands(day)
    )
    first = (
        select(Posting.user_id, func.min(Posting.unit_id).label("unit"))
        .where(Posting.audience == audience, stands(day), Posting.user_id.in_(here))
        .group_by(Posting.user_id)
        .subquery()
    )
    rows = session.execute(
        select(first.c.user_id, first.c.unit)
        .join(User, User.id == first.c.user_id)
        .where(first.c.unit.in_(units))
        .order_by(User.sort_key, User.id)
    )
    return dict(rows.all())


def _households(opened: _Open) -> Iterator[Row]:
    """Yield the households of a place, and the people who took part and are in none."""
    day, units, declared = opened.day, opened.world.units, _declared_areas(opened)
    homes = Homes(opened.session, opened.everywhere(day).units)
    until = start_of(date.fromordinal(day.toordinal() + 1))
    place = opened.units(day)
    here = true() if place is None else Household.unit_id.in_(homes.today(place))

    def bundles() -> Iterator[tuple[int, int, str, bool, date | None]]:
        after: tuple[str, int] | None = None
        while True:
            rows = opened.session.execute(
                select(
                    Household.id,
                    Household.unit_id,
                    Household.commune_code,
                    Household.number,
                    Household.has_child_under_16,
                )
                .where(
                    here,
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
                opened.session.execute(
                    select(HouseholdMember.household_id, func.min(Certificate.completed_on))
                    .join(Certificate, Certificate.user_id == HouseholdMember.user_id)
                    .join(Course, Course.id == Certificate.course_id)
                    .where(
                        HouseholdMember.household_id.in_([row.id for row in rows]),
                        HouseholdMember.added_at < until,
                        Course.code.in_(opened.rule.courses),
                        *valid_on(day),
                    )
                    .group_by(HouseholdMember.household_id)
                ).all()
            )
            for key, today, commune, _number, child in rows:
                yield key, today, commune, child, done.get(key)
            if len(rows) < BUNDLE:
                return
            after = rows[-1].commune_code, rows[-1].number

    for key, today, commune, child, on in bundles():
        unit = units.get(homes.of(today, commune))
        if unit is None or (on is None and not child):
            continue
        counted = on is not None and child and unit.stood in declared
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
    yield from _unlinked(opened)


def _unlinked(opened: _Open) -> Iterator[Row]:
    day, units = opened.day, opened.world.units
    until = start_of(date.fromordinal(day.toordinal() + 1))
    linked = exists().where(HouseholdMember.user_id == Posting.user_id, HouseholdMember.added_at < until)
    place = opened.units(day)
    # her first post decides the place; who has none there need not be looked at
    here = select(Posting.user_id).where(
        Posting.unit_id.in_(place or ()), Posting.audience.in_((Audience.PARENT, Audience.CARER))
    )
    found = opened.session.execute(
        select(Posting.user_id, func.min(Posting.unit_id), User.sort_key)
        .join(User, User.id == Posting.user_id)
        .join(Certificate, Certificate.user_id == Posting.user_id)
        .join(Course, Course.id == Certificate.course_id)
        .where(
            Posting.audience.in_((Audience.PARENT, Audience.CARER)),
            stands(day),
            Course.code.in_(opened.rule.courses),
            *valid_on(day),
            ~linked,
            true() if place is None else Posting.user_id.in_(here),
        )
        .group_by(Posting.user_id, User.sort_key)
        .order_by(User.sort_key, Posting.user_id)
    )
    for key, unit, _order in found:
        if unit in units:
            yield Row("person", key, unit, None, False, "unlinked", {})


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


def _inside(opened: _Open, *, everywhere: bool) -> Iterator[Row]:
    """Yield the people of the facilities or areas of a figure, one row for each unit that she has a post in."""
    world, rule, day = opened.world, opened.rule, opened.day
    if not rule.groups:
        return
    concerned = dict(world.units) if everywhere else rules._concerned(rule, None, world)
    found = candidates(opened.session, day, _audiences(rule.groups), opened.units(day), _needed(rule.groups))
    for person in holders(opened.session, day, found):
        held = person.held(day)
        by_unit: dict[int, list[_Stood]] = {}
        for post in person.posts:
            unit = concerned.get(post.unit)
            group = next(
                (one for one in rule.groups if post.audience in one.audiences and held.issuperset(one.only)),
                None,
            )
            if unit is not None and group is not None:
                stood = _Stood(group, post, unit, rules.has(held, group.needs))
                by_unit.setdefault(unit.id, []).append(stood)
        for posts in by_unit.values():
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
            yield Row("person", person.id, first.unit.id, first.group.key, counted, reason, detail)
        if not by_unit and (row := _beside(opened, person, (), rule.groups, day)) is not None:
            yield row


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


_WAYS: Mapping[Way, Callable[[_Open], Iterator[Row]]] = {
    Way.PEOPLE: _people,
    Way.PARTICIPANTS: _participants,
    Way.HOUSEHOLDS: _households,
    Way.FACILITIES: _facilities,
    Way.AREAS: _areas,
    Way.GROWTH: _growth,
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


def matching(session: Session, search: str) -> Callable[[Row], bool]:
    """Return whether a row is called (or stands in a unit called) what was searched for; names never leave the database."""
    like = f"%{fold(search)}%"
    persons = set(session.scalars(select(User.id).where(User.search_key.like(like))))
    units = set(session.scalars(select(Unit.id).where(or_(Unit.search_key.like(like), Unit.code == search))))
    areas = set(session.scalars(select(Area.id).where(or_(Area.search_key.like(like), Area.code == search))))

    def fits(row: Row) -> bool:
        return (
            (row.kind == "person" and row.key in persons)
            or (row.kind == "area" and row.key in areas)
            or row.unit in units
        )

    return fits


__all__ = ["BESIDE", "Name", "Row", "matching", "named", "people", "rows"]

"""Rows of people on staff lists: certified or not, and why not; and of people whose number grows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from portal.core.accounts.models import Audience, Posting, User
from portal.core.rosters.queries import stands
from portal.indicators import rules
from portal.indicators.definitions import Group
from portal.indicators.facts import UnitFact
from portal.indicators.holders import Holder, Paper, Post, candidates, holders
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
from portal.indicators.queries import FACTS
from portal.indicators.shelves import (
    Size,
    counted_where_all_is_met,
    counted_where_any_is_met,
    of_posts,
)


def needs_of(groups: Iterable[Group]) -> set[str]:
    """Return the codes of courses and facts that groups need."""
    return {code for group in groups for need in group.needs for code in need}


def audiences_of(groups: Iterable[Group]) -> set[str]:
    """Return the audiences of groups."""
    return {audience for group in groups for audience in group.audiences}


def asks_facts(groups: Iterable[Group]) -> bool:
    """Return whether a group looks at facts about people that no course gives."""
    return any(code in FACTS for group in groups for one in (*group.needs, group.only) for code in one)


def needs_certificate(groups: Iterable[Group]) -> bool:
    """Return whether nobody meets the needs of a group without a certificate."""
    return all(any(all(code not in FACTS for code in need) for need in group.needs) for group in groups)


class _Seen:
    """The groups of a rule that are seen on one day, and the units that each looks at in the place."""

    def __init__(self, opened: Open, day: date, groups: Sequence[Group]) -> None:
        self.day, self.groups, self.world = day, groups, opened.known(day)
        self.concerned = {group.key: rules._concerned(opened.rule, group, self.world) for group in groups}
        listed = {unit.id: unit for of in self.concerned.values() for unit in of.values() if unit.listed}
        self.units = by_code(listed.values())

    def stood(self, person: Holder) -> "list[Stood]":
        """Return the posts of a person that the rule looks at."""
        held = person.held(self.day)
        return [
            Stood(group, post, unit, rules.has(held, group.needs))
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


class People(Shelves):
    """A row for each post on a list, of which one is the person's; then who holds a certificate and is not counted."""

    reasons = (
        "no_certificate", "wrong_course", "expired", "revoked", "double", "no_roster", "totals", "moved", "left",
        "not_listed", "elsewhere",
    )  # fmt: skip

    def __init__(self, opened: Open) -> None:
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
                some_of = candidates(session, day, audiences_of(seen.groups), list(found), ())
            else:
                some_of = list(some)
            for person in holders(session, day, some_of, facts=asks_facts(seen.groups)):
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
                audiences_of(seen.groups),
                opened.units(seen.day),
                needs_of(seen.groups),
                certified=needs_certificate(seen.groups),
                without=seen.on_a_list(),
                only=few_called(called),
            )
            others = []
            for person in holders(opened.session, seen.day, found, facts=asks_facts(seen.groups)):
                posts = seen.stood(person)
                if not any(one.unit.listed for one in posts):
                    row = row_beside(opened, person, posts, seen.groups, seen.day)
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
            units = of_shelves(keys, place, self.opened.units(seen.day))
            for order, one, unit in self._posted(seen.day, units, audiences_of(seen.groups), person):
                found.setdefault((place, unit), []).append((order, one))
        return found

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether it is a reason of people on a list."""
        return is_listed(reason)

    def ends_with(self, reason: str) -> bool:
        """Return whether it is a reason of people on no list."""
        return not is_listed(reason)

    def who(self, reason: str) -> ColumnElement[bool] | None:
        """Return who may have lost a certificate, or has several posts."""
        if reason == "double":
            several = [_several(seen.day, audiences_of(seen.groups)) for seen in self._seen]
            return or_(*several)
        return has_lapsed(self.opened.day, needs_of(self.opened.rule.groups)) if reason in LOST else None


LOST = ("expired", "revoked")


def _several(day: date, audiences: Collection[str]) -> ColumnElement[bool]:
    """Return the condition on `User` that she has several posts as one of some audiences."""
    return User.id.in_(
        select(Posting.user_id)
        .where(Posting.audience.in_(sorted(audiences)), stands(day))
        .group_by(Posting.user_id)
        .having(func.count() > 1)
    )


def few_called(called: Called | None) -> Sequence[int] | None:
    """Return the only people who may be called so, where they are few; None: look at everybody."""
    return called.few if called is not None and not called.units else None


@dataclass(frozen=True, slots=True)
class Stood:
    """A person in a group by a post in a unit that the rule looks at; enough: she holds what the group needs."""

    group: Group
    post: Post
    unit: UnitFact
    enough: bool


def _of_one(person: Holder, listed: Sequence[Stood], day: date) -> Iterator[Row]:
    """Yield the row of a person who is on a list, and a row for each further post: she is counted once."""
    short = [one for one in listed if not one.enough]
    first = (short or listed)[0]
    reason, detail = (
        reason_of(person, first.group, day) if short else ("", proof_of(person, first.group, day))
    )
    if first.unit.basis == "coded":
        detail["coded"] = True
    yield Row("person", person.id, first.unit.id, first.group.key, not short, reason, detail)
    for one in listed:
        if one is not first:
            detail = {"unit": first.unit.code}
            yield Row("person", person.id, one.unit.id, one.group.key, False, "double", detail)


def proof_of(person: Holder, group: Group, day: date) -> dict[str, Any]:
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


def reason_of(person: Holder, group: Group, day: date) -> tuple[str, dict[str, Any]]:
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


def row_beside(
    opened: Open, person: Holder, posts: Sequence[Stood], groups: Sequence[Group], day: date
) -> Row | None:
    """Return the row of somebody who is not in the ratio though she holds what a group needs; None: she does not."""
    for one in posts:
        if one.enough:  # her unit gave no list
            reason = "no_roster" if one.unit.basis is None else "totals"
            detail = proof_of(person, one.group, day)
            return Row("person", person.id, one.unit.id, one.group.key, False, reason, detail)
    held = person.held(day)
    good = [group for group in groups if group.needs and rules.has(held, group.needs)]
    if not good:
        return None
    group, proof = good[0], proof_of(person, good[0], day)
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


class Growth(Shelves):
    """Who is listed now, active or not; then who was counted at the base and is not any more."""

    reasons = ("gone", "double")

    def __init__(self, opened: Open) -> None:
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
            some = candidates(session, day, audiences_of(seen.groups), units, ()) if units else ()
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
        day, units = self.opened.day, of_shelves(keys, 0, self.opened.units(self.opened.day))
        for order, one, unit in self._posted(day, units, audiences_of(self._now.groups), person):
            found.setdefault((0, unit), []).append((order, one))
        return found

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether it is a reason of people on a list."""
        return reason != "gone"

    def ends_with(self, reason: str) -> bool:
        """Return whether it is the reason of who was counted at the base."""
        return reason == "gone"


def _of_grown(person: Holder, posts: Sequence[Stood], day: date) -> Iterator[Row]:
    good = [one for one in posts if one.enough]
    first = (good or posts)[0]
    reason, detail = ("", {}) if good else reason_of(person, first.group, day)
    yield Row("person", person.id, first.unit.id, first.group.key, bool(good), reason, detail)
    for one in posts:
        if one is not first:
            detail = {"unit": first.unit.code}
            yield Row("person", person.id, one.unit.id, one.group.key, False, "double", detail)

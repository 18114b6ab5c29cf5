"""The few ways of counting: from a rule and what is known of a day to a figure. Pure; one function for each way."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache

from portal.indicators import arithmetic
from portal.indicators.definitions import NUMBERS, Group, Indicator, Item, ItemKind, Plan, Rule, Way
from portal.indicators.facts import Cell, Said, UnitFact, World
from portal.indicators.periods import Period, running
from portal.indicators.suppression import pooled


@dataclass(frozen=True, slots=True)
class Part:
    """A row under a figure: a group, a level, a second reading. Its counts are in no other figure's sum."""

    key: str
    numerator: int | None
    denominator: int | None
    target: Fraction | None = None

    @property
    def share(self) -> Fraction | None:
        """Return the share, None where unknown."""
        return arithmetic.share(self.numerator, self.denominator)

    @property
    def met(self) -> bool | None:
        """Return whether the part reaches its target; None where it has more than all."""
        return (
            None
            if more_than_all(self.numerator, self.denominator)
            else arithmetic.met(self.share, self.target)
        )


def more_than_all(numerator: int | None, denominator: int | None) -> bool:
    """Return whether more are counted than there are: one of the two numbers is wrong, so nothing follows from them."""
    return numerator is not None and denominator is not None and numerator > denominator


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of one indicator for one place.

    missing: ids of the units (or areas) that have not said what the denominator needs. outside: counted people (or
    households) of such places, in no ratio. totals_only: people of units that give a signed total; coded: people of
    the denominator whom the portal knows by code. value: of `growth` the change, else the share. as_of: the day whose
    facts were counted. waiting: declarations not approved yet, which are not counted.
    """

    code: str
    rule: int
    as_of: date
    numerator: int | None
    denominator: int | None
    value: Fraction | None
    target: Fraction | None
    needed: int | None
    met: bool | None
    parts: tuple[Part, ...] = ()
    missing: tuple[int, ...] = ()
    outside: int = 0
    totals_only: int = 0
    coded: int = 0
    waiting: int = 0
    frozen: bool = False
    warnings: tuple[str, ...] = field(default_factory=tuple)


Worlds = Callable[[date], World]


def count(
    plan: Plan, indicator: Indicator, target_set: str, period: Period, day: date, worlds: Worlds
) -> Figure:
    """Return the figure of an indicator from the facts of `day` (the cut-off, or an earlier day), in one place.

    worlds: what is known of a day in that place; asked for `day`, for days on which a rule froze something, and for
    the base of growth.
    """
    rule = indicator.rule_on(day)
    target = indicator.targets.get(target_set)
    seen = min(day, rule.frozen_on) if rule.frozen_on else day
    world = worlds(seen)
    if seen != day:  # what is frozen was said inside the window of its own day
        period = running(seen)
    made = _WAYS[indicator.way](plan, indicator, rule, target, period, world, worlds)
    needed = (
        arithmetic.needed(target + 1, made.denominator)
        if indicator.way == Way.GROWTH and target is not None
        else arithmetic.needed(target, made.denominator)
        if target is not None
        else None
    )
    value = (
        arithmetic.growth(made.numerator, made.denominator)
        if indicator.way == Way.GROWTH
        else arithmetic.share(made.numerator, made.denominator)
    )
    met = arithmetic.met(value, target)
    if indicator.way != Way.GROWTH and more_than_all(made.numerator, made.denominator):
        met = None
    if made.together:
        each = [part.met for part in made.parts if part.denominator]  # who is not here is not asked
        met = None if not each or None in each else all(each)
    return Figure(
        code=indicator.code,
        rule=rule.version,
        as_of=seen,
        numerator=made.numerator,
        denominator=made.denominator,
        value=value,
        target=target,
        needed=needed,
        met=met,
        parts=(*made.parts, *(_shown(plan, code, period, world) for code in rule.shown)),
        missing=made.missing,
        outside=made.outside,
        totals_only=made.totals_only,
        coded=made.coded,
        waiting=made.waiting,
        frozen=seen != day,
        warnings=made.warnings,
    )


def _shown(plan: Plan, code: str, period: Period, world: World) -> Part:
    """Return the row of an item that decides nothing: the sum of a number, else who said it out of who must."""
    item = plan.item(code)
    declaring = _declaring(plan, code, world)
    said = [world.said.get((code, unit)) for unit in declaring]
    if item is not None and item.kind in NUMBERS:
        counts = [
            int(one.value) for one in said if one is not None and counts_now(plan, one, period, world.day)
        ]
        return Part(f"item:{code}", arithmetic.pooled(counts), None)
    there = sum(_there(plan, one, period, world.day) for one in said)
    return Part(f"item:{code}", there, len(declaring) or None)


@dataclass(frozen=True, slots=True)
class _Made:
    numerator: int | None
    denominator: int | None
    parts: tuple[Part, ...] = ()
    missing: tuple[int, ...] = ()
    outside: int = 0
    totals_only: int = 0
    coded: int = 0
    waiting: int = 0
    warnings: tuple[str, ...] = ()
    #: the parts decide together: each must reach its target
    together: bool = False


@lru_cache(maxsize=20_000)  # of a province's people, few hold different things
def has(held: frozenset[str], needs: tuple[tuple[str, ...], ...]) -> bool:
    """Return whether every need is met by one of its courses or facts."""
    return all(any(code in held for code in one) for one in needs)


def belongs(cell: Cell, group: Group) -> bool:
    """Return whether people of a cell are in a group at all: by their post, and by the facts it asks for."""
    return cell.audience in group.audiences and cell.held.issuperset(group.only)


def audiences(rule: Rule) -> frozenset[str]:
    """Return the audiences that the groups of a rule look at."""
    return frozenset(audience for group in rule.groups for audience in group.audiences)


def at_level(unit: UnitFact, level: str | None) -> bool:
    """Return whether a unit stands at a level; None asks for none."""
    return level is None or unit.level == level


class _Heads:
    """Distinct people: bundles of people who are nowhere else are added, the others are remembered by name."""

    __slots__ = ("named", "plain")

    def __init__(self) -> None:
        self.plain = 0
        self.named: set[int] = set()

    def add(self, cell: Cell) -> None:
        if cell.person is None:
            self.plain += cell.people
        else:
            self.named.add(cell.person)

    @property
    def number(self) -> int:
        return self.plain + len(self.named)


def _people(
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    target: Fraction | None,
    period: Period,
    world: World,
    worlds: Worlds,
) -> _Made:
    """Count distinct people of rosters who hold what their group needs.

    Who is in two groups is one person, counted where she meets the needs of both.
    """
    whole, done, outside, coded = _Heads(), _Heads(), _Heads(), _Heads()
    short: set[int] = set()
    parts, totals = [], 0
    apart: dict[tuple[str, ...], _Heads] = {}
    missing: set[int] = set()
    any_basis = False
    for group in rule.groups:
        seen = worlds(min(world.day, group.frozen_on)) if group.frozen_on else world
        of_group, done_of_group = _Heads(), _Heads()
        concerned = _concerned(rule, group, seen)
        for cell in seen.people(audiences(rule)):
            unit = concerned.get(cell.unit)
            if unit is None or not belongs(cell, group):
                continue
            counts = has(cell.held, group.needs)
            if not unit.listed:
                if unit.basis is None:
                    missing.add(unit.id)
                if counts:
                    outside.add(cell)
                continue
            whole.add(cell)
            of_group.add(cell)
            if unit.basis == "coded":
                coded.add(cell)
            if counts:
                done.add(cell)
                done_of_group.add(cell)
            elif cell.person is not None:
                short.add(cell.person)
            for need in group.needs if rule.needs_apart else ():
                heads = apart.setdefault(need, _Heads())
                if has(cell.held, (need,)):
                    heads.add(cell)
        for unit in concerned.values():
            any_basis = any_basis or unit.listed
            if rule.kinds and unit.basis is None:
                missing.add(unit.id)
            totals += sum(unit.totals.get(audience, 0) for audience in group.audiences)
        parts.append(Part(group.key, done_of_group.number, of_group.number or None, target))
    done.named -= short
    outside.named -= whole.named  # who has a post in a unit with a list is in the ratio already
    low = [part.key for part in parts if len(parts) > 1 and part.met is False]
    rows = list(parts) if len(parts) > 1 else []
    rows += [
        Part("need:" + "|".join(need), heads.number, whole.number or None) for need, heads in apart.items()
    ]
    return _Made(
        done.number if any_basis else None,
        whole.number if any_basis else None,
        parts=tuple(rows),
        missing=tuple(sorted(missing)),
        outside=outside.number,
        totals_only=totals,
        coded=coded.number,
        warnings=tuple(f"group_below:{key}" for key in low),
    )


def _concerned(rule: Rule, group: Group | None, world: World) -> dict[int, UnitFact]:
    """Return the units that a rule (and a group of it) looks at, by id."""
    level = group.level if group is not None and group.level else rule.level
    return {
        unit.id: unit
        for unit in world.units.values()
        if (not rule.kinds or unit.kind in rule.kinds)
        and (rule.sector is None or unit.sector == rule.sector)
        and at_level(unit, level)
        and (not rule.levels or unit.level in rule.levels)
    }


def _declaring(plan: Plan, code: str, world: World) -> dict[int, UnitFact]:
    """Return the units that must declare an item, by id."""
    item = plan.item(code)
    if item is None:
        return {}
    return {
        unit.id: unit
        for unit in world.units.values()
        if unit.kind in item.by
        and (item.sector is None or unit.sector == item.sector)
        and at_level(unit, item.level)
    }


def counts_now(plan: Plan, said: Said | None, period: Period, day: date) -> bool:
    """Return whether a declaration counts on the day: approved, with its evidence, not outdated, in the window if yearly."""
    if said is None or not said.approved:
        return False
    item = plan.item(said.item)
    if item is None or said.on > day or (item.evidence and not said.evidence):
        return False
    if item.yearly and not period.starts_on <= said.on <= period.cut_off:
        return False
    return item.lasts_months is None or months_later(said.on, item.lasts_months) > day


def _there(plan: Plan, said: Said | None, period: Period, day: date) -> bool:
    """Return whether a leg is there: its declaration counts on the day, and what it says is yes, whole, or not empty."""
    item = None if said is None else plan.item(said.item)
    return (
        said is not None
        and item is not None
        and counts_now(plan, said, period, day)
        and _says_yes(item, said.value)
    )


def _says_yes(item: Item, value: object) -> bool:
    if item.kind == ItemKind.CHECKLIST:
        ticked = set(value) if isinstance(value, (list, tuple, set, frozenset)) else set()
        return all(code in ticked for code, _label in item.ticks)
    return value is True if item.kind == ItemKind.YES else bool(value)


def months_later(day: date, months: int) -> date:
    """Return the day so many calendar months later; the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")  # pragma: no cover


def _took_part(
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    target: Fraction | None,
    period: Period,
    world: World,
    worlds: Worlds,
) -> _Made:
    """Count who took part to the end, in communes that declared how many there are in all.

    Where a commune's denominator is not known, its people stand outside the ratio: the commune is that of the day, in
    whatever boundaries the place is drawn, for that is whom the number was declared for.
    """
    took = world.parents if indicator.way == Way.PARTICIPANTS else world.households
    declaring = _declaring(plan, rule.denominator or "", world)
    declared: dict[int, int] = {}
    waiting = 0
    for unit in declaring.values():
        said = world.said.get((rule.denominator or "", unit.id))
        if counts_now(plan, said, period, world.day) and said is not None:
            declared[unit.stood] = declared.get(unit.stood, 0) + int(said.value)
        elif said is not None and not said.approved:
            waiting += 1
    counted = outside = 0
    pairs: list[tuple[tuple[int, ...], int, int]] = []
    for one in took:
        if not one.courses.intersection(rule.courses):
            continue
        unit_of = world.units.get(one.unit)
        if unit_of is not None and unit_of.stood in declared:
            counted += one.people
            if rule.paired and one.paired.intersection(rule.courses):
                risen = 0 if one.stayed.intersection(rule.courses) else one.people
                pairs.append(((*unit_of.path, -unit_of.id), one.people, risen))
        else:
            outside += one.people
    missing = tuple(sorted(unit.id for unit in declaring.values() if unit.stood not in declared))
    parts: tuple[Part, ...] = ()
    if rule.beside:
        more = sum(
            int(said.value)
            for unit in _declaring(plan, rule.beside, world).values()
            if unit.stood in declared
            and counts_now(plan, said := world.said.get((rule.beside, unit.id)), period, world.day)
            and said is not None
        )
        parts = (Part("with_declared", counted + more, sum(declared.values()), target),) if declared else ()
    if rule.paired and declared:
        parts += _paired(pairs, counted, at_a_cut_off=world.day == period.cut_off)
    aside = world.carers if indicator.way == Way.PARTICIPANTS else world.unlinked
    others = sum(one.people for one in aside if one.courses.intersection(rule.courses))
    if others:
        parts += (Part("carers" if indicator.way == Way.PARTICIPANTS else "unlinked", others, None),)
    whole = sum(declared.values()) if declared else None
    largest = max([counted, *(part.numerator or 0 for part in parts)])
    warnings = ("more_than_all",) if whole is not None and largest > whole else ()
    return _Made(
        counted if declared else None,
        whole,
        parts=parts,
        missing=missing,
        outside=outside,
        waiting=waiting,
        warnings=warnings,
    )


def _paired(
    pairs: Sequence[tuple[tuple[int, ...], int, int]], counted: int, *, at_a_cut_off: bool
) -> tuple[Part, ...]:
    """Return how many of those counted answered before and after, and how many of these scored more after.

    pairs: (areas and unit, people, how many of them scored more). Where fewer than five answered both times, a share would
    tell of somebody: they count only together with others (`suppression.pooled`). And whoever looked every day would see
    what each newcomer scored, so it is told as of a cut-off only. Without anybody to tell of, both numbers are None;
    nobody at all is 0 of 0.
    """
    answered = sum(people for _path, people, _risen in pairs)
    told, risen = pooled(pairs) if at_a_cut_off else (0, 0)
    rose = Part("risen", risen, told) if told or not answered else Part("risen", None, None)
    return Part("paired", answered, counted), rose


def _facilities(
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    target: Fraction | None,
    period: Period,
    world: World,
    worlds: Worlds,
) -> _Made:
    """Count facilities that meet the rule, out of those whose denominator is known."""
    cells = _by_unit(world.people(audiences(rule)))
    whole = counted = weak = waiting = 0
    missing: list[int] = []
    levels: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    certified = people = 0
    seen: dict[tuple[str, frozenset[str]], _Standing] = {}
    for unit in _concerned(rule, None, world).values():
        verdict = facility(plan, rule, unit, cells.get(unit.id, ()), world, period, seen)
        waiting += verdict.waiting
        if verdict.counts is None:
            missing.append(unit.id)
        else:
            whole += 1
            levels[unit.level][1] += 1
            if verdict.counts:
                counted += 1
                levels[unit.level][0] += 1
        if verdict.share is not None:
            certified += verdict.certified
            people += verdict.people
        weak += verdict.weak
    parts: list[Part] = []
    if len(levels) > 1:
        parts.extend(Part(level, levels[level][0], levels[level][1], target) for level in sorted(levels))
    if rule.threshold is not None:
        parts.append(Part("weak", weak, (whole + len(missing)) or None))
        parts.append(Part("coverage", certified if people else None, people or None))
    return _Made(
        counted if whole else None,
        whole or None,
        parts=tuple(parts),
        missing=tuple(sorted(missing)),
        waiting=waiting,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a facility counts (None: it has no denominator), and what it stands on.

    share: of its people who are certified. weak: whether it did anything at all ("đã tổ chức"). lacking: why it does
    not count, as codes.
    """

    counts: bool | None
    share: Fraction | None
    certified: int
    people: int
    weak: bool
    waiting: int
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Standing:
    """What equal people are in a facility: their group (None: no business of the rule), and what their courses do."""

    group: str | None
    certified: bool = False
    made_up: bool = False


def _standing(rule: Rule, cell: Cell) -> _Standing:
    for group in rule.groups:
        if belongs(cell, group):
            return _Standing(
                group.key,
                has(cell.held, group.needs),
                bool(cell.held.intersection(rule.session_courses)),
            )
    return _Standing(None)


def facility(
    plan: Plan,
    rule: Rule,
    unit: UnitFact,
    cells: Iterable[Cell],
    world: World,
    period: Period,
    seen: dict[tuple[str, frozenset[str]], _Standing] | None = None,
) -> Verdict:
    """Return whether one facility meets a rule, and what is lacking.

    seen: what was found of equal people in other facilities; a province has few kinds of people in many.
    """
    people, certified = _Heads(), _Heads()
    #: of every group the facility has: its people, those certified, those with a course that makes up for a session
    groups: dict[str, tuple[_Heads, _Heads, _Heads]] = {}
    for cell in cells:
        key = cell.audience, cell.held
        if seen is None or (standing := seen.get(key)) is None:
            standing = _standing(rule, cell)
            if seen is not None:
                seen[key] = standing
        if standing.group is None:
            continue
        all_of_it, done, made_up = groups.setdefault(standing.group, (_Heads(), _Heads(), _Heads()))
        people.add(cell)
        all_of_it.add(cell)
        if standing.made_up:
            made_up.add(cell)
        if standing.certified:
            certified.add(cell)
            done.add(cell)
    needs_roster = bool(rule.threshold is not None or rule.least or rule.each_group)
    lacking: list[str] = []
    share = arithmetic.share(certified.number, people.number) if unit.listed else None
    sessions = world.sessions.get(unit.id, frozenset())
    held_a_session = bool(sessions.intersection(rule.session_items))
    if rule.threshold is not None and (share is None or share < rule.threshold):
        lacking.append("share")
    if rule.least and certified.number < min(rule.least, people.number or rule.least):
        lacking.append("least")
    if rule.each_group:
        lacking.extend(f"group:{key}" for key, (_all, done, _made) in groups.items() if not done.number)
    if rule.session_share is not None and not held_a_session:
        shares = [
            arithmetic.share(made_up.number, all_of_it.number)
            for all_of_it, _done, made_up in groups.values()
        ]
        if not unit.listed or not shares or any(one is None or one < rule.session_share for one in shares):
            lacking.append("session")
    waiting = 0
    for code in rule.items:
        said = world.said.get((code, unit.id))
        if not _there(plan, said, period, world.day):
            waiting += said is not None and not said.approved
            if not rule.gate or code in rule.gate:
                lacking.append(f"item:{code}")
    unknown = needs_roster and (not unit.listed or people.number == 0)
    return Verdict(
        None if unknown else not lacking,
        share,
        certified.number,
        people.number,
        held_a_session or bool(certified.number and unit.listed),
        waiting,
        tuple(lacking),
    )


def _by_unit(cells: Iterable[Cell]) -> Mapping[int, list[Cell]]:
    found: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell.unit].append(cell)
    return found


def _areas(
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    target: Fraction | None,
    period: Period,
    world: World,
    worlds: Worlds,
) -> _Made:
    """Count areas of a level in which somebody is certified and the gating declarations are there."""
    trained: set[int] = set()
    decided: dict[str, set[int]] = {code: set() for code in rule.items}
    waiting = 0
    for cell in world.people(audiences(rule)):
        unit = world.units.get(cell.unit)
        if unit is None:
            continue
        if any(belongs(cell, group) and has(cell.held, group.needs) for group in rule.groups):
            trained.update(unit.path)
    for code, areas_of in decided.items():
        for unit in _declaring(plan, code, world).values():
            said = world.said.get((code, unit.id))
            if _there(plan, said, period, world.day):
                areas_of.update(unit.path)
            elif said is not None and not said.approved:
                waiting += 1
    areas = [area.id for area in world.areas.values() if area.level == rule.level]
    gates = rule.gate or rule.items
    counted = [area for area in areas if area in trained and all(area in decided[code] for code in gates)]
    parts = [Part("trained", sum(area in trained for area in areas), len(areas) or None)]
    parts += [
        Part(f"item:{code}", sum(area in decided[code] for area in areas), len(areas) or None)
        for code in rule.items
    ]
    return _Made(len(counted) if areas else None, len(areas) or None, parts=tuple(parts), waiting=waiting)


def _growth(
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    target: Fraction | None,
    period: Period,
    world: World,
    worlds: Worlds,
) -> _Made:
    """Count active people now (numerator) and at the base (denominator): the cut-off of the year before.

    A unit that keeps a list now and kept none then would look like growth: a warning says so.
    """

    def active(seen: World) -> tuple[int | None, set[int], set[int]]:
        heads = _Heads()
        listed: set[int] = set()
        silent: set[int] = set()
        for group in rule.groups:
            concerned = _concerned(rule, group, seen)
            listed |= {unit.id for unit in concerned.values() if unit.listed}
            silent |= {unit.id for unit in concerned.values() if unit.basis is None and rule.kinds}
            for cell in seen.people(audiences(rule)):
                unit = concerned.get(cell.unit)
                if unit is not None and unit.listed and belongs(cell, group) and has(cell.held, group.needs):
                    heads.add(cell)
        return heads.number if listed else None, listed, silent

    before, _listed, silent_then = active(worlds(period.year_before))
    now, listed_now, silent_now = active(world)
    warnings = () if before else ("baseline",)
    if before and listed_now & silent_then:
        warnings = ("base_incomplete",)
    return _Made(now, before or None, missing=tuple(sorted(silent_now)), warnings=warnings)


def _declared(
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    target: Fraction | None,
    period: Period,
    world: World,
    worlds: Worlds,
) -> _Made:
    """Add declared numerators and denominators, unit by unit, of units that gave both; or count units that said yes."""
    if rule.numerator and rule.denominator:
        return _declared_counts(plan, rule, period, world)
    rows: list[Part] = []
    whole = counted = waiting = 0
    for code in rule.items:
        declaring = _declaring(plan, code, world)
        yes = 0
        for unit in declaring.values():
            said = world.said.get((code, unit.id))
            if _there(plan, said, period, world.day):
                yes += 1
            elif said is not None and not said.approved:
                waiting += 1
        rows.append(Part(f"item:{code}", yes, len(declaring) or None, target))
        whole += len(declaring)
        counted += yes
    parts = tuple(rows) if len(rows) > 1 else ()
    if len(rows) > 1:  # two rows that must both be reached have no pooled figure of their own
        both = [part for part in rows if part.denominator]
        return _Made(
            counted if both else None,
            whole or None,
            parts=parts,
            waiting=waiting,
            together=True,
        )
    return _Made(counted if whole else None, whole or None, waiting=waiting)


def _declared_counts(plan: Plan, rule: Rule, period: Period, world: World) -> _Made:
    above = _declaring(plan, rule.numerator or "", world)
    below = _declaring(plan, rule.denominator or "", world)
    part = whole = waiting = 0
    gave: list[tuple[str, Said, Said]] = []
    missing = []
    warnings: list[str] = []
    for unit_id in sorted({*above, *below}):
        first = world.said.get((rule.numerator or "", unit_id))
        second = world.said.get((rule.denominator or "", unit_id))
        good = counts_now(plan, first, period, world.day), counts_now(plan, second, period, world.day)
        waiting += sum(one is not None and not one.approved for one in (first, second))
        if all(good) and first is not None and second is not None:
            gave.append(
                (split_of(plan, rule, above.get(unit_id) or below[unit_id], first, second), first, second)
            )
            part += int(first.value)
            whole += int(second.value)
            if int(first.value) > int(second.value) or _more_in_a_grade(first, second):
                warnings.append("more_than_all")
        else:
            missing.append(unit_id)
    return _Made(
        part if gave else None,
        whole if gave else None,
        parts=_grades(plan, rule, gave),
        missing=tuple(missing),
        waiting=waiting,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def split_of(plan: Plan, rule: Rule, unit: UnitFact, *said: Said | None) -> str:
    """Return how a unit gave its numbers: `by_grade`; `unsplit`, where it is asked for grades and one of them was given
    as one number; `one_number`, where it is not asked for grades; "" where nobody is, or it gave nothing.
    """
    item = plan.item(rule.denominator or "")
    given = [one for one in said if one is not None]
    if item is None or item.by_grade is None or not given:
        return ""
    if unit.kind not in item.by_grade.kinds:
        return "one_number"
    return "by_grade" if all(one.grades is not None for one in given) else "unsplit"


def _more_in_a_grade(first: Said, second: Said) -> bool:
    """Return whether of some grade more were counted than there are."""
    if first.grades is None or second.grades is None:
        return False
    return any(number > second.grades.get(grade, 0) for grade, number in first.grades.items())


def _grades(plan: Plan, rule: Rule, gave: Iterable[tuple[str, Said, Said]]) -> tuple[Part, ...]:
    """Return a row for each grade that somebody has, for totals that nobody split, and for units not asked by grade.

    They add up to the figure, and are in no other sum. A unit that gave only one of its two numbers by grade is in none
    of the rows of grades: a share of them would compare different pupils.
    """
    item = plan.item(rule.denominator or "")
    if item is None or item.by_grade is None:
        return ()
    rows: dict[str, list[int]] = {}
    for split, first, second in gave:
        if split != "by_grade" or first.grades is None or second.grades is None:
            _add(rows, split, int(first.value), int(second.value))
            continue
        for grade in {**second.grades, **first.grades}:
            _add(rows, f"grade:{grade}", first.grades.get(grade, 0), second.grades.get(grade, 0))
    order = [*(f"grade:{code}" for code, _label in item.by_grade.grades), "unsplit", "one_number"]
    return tuple(
        Part(key, rows[key][0], rows[key][1]) for key in dict.fromkeys([*order, *sorted(rows)]) if key in rows
    )


def _add(rows: dict[str, list[int]], key: str, part: int, whole: int) -> None:
    row = rows.setdefault(key, [0, 0])
    row[0] += part
    row[1] += whole


def _narrative(
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    target: Fraction | None,
    period: Period,
    world: World,
    worlds: Worlds,
) -> _Made:
    """Count nothing: words only."""
    return _Made(None, None)


_WAYS = {
    Way.PEOPLE: _people,
    Way.PARTICIPANTS: _took_part,
    Way.HOUSEHOLDS: _took_part,
    Way.FACILITIES: _facilities,
    Way.AREAS: _areas,
    Way.GROWTH: _growth,
    Way.DECLARED: _declared,
    Way.NARRATIVE: _narrative,
}

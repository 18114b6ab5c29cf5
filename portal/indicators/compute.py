"""Figures of a place: the plan's rules applied to what the database knows. Used by pages, files, the API and filing alike."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.indicators import queries, rules
from portal.indicators.definitions import Indicator, Plan, Way
from portal.indicators.facts import World
from portal.indicators.periods import Period
from portal.indicators.places import Where
from portal.indicators.rules import Figure
from portal.indicators.tallies.memory import Memory
from portal.indicators.tallies.reading import FromTallies

#: From so many figures on, all lists of people are read at once.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: which plan, against which targets, for which period, with the facts of which day, in which boundaries.

    day: the period's cut-off, or an earlier day while the period runs. now: today's boundaries, else those of the day.
    """

    plan: Plan
    target_set: str
    period: Period
    day: date
    now: bool

    @property
    def key(self) -> tuple[object, ...]:
        """Return what tells this question from others."""
        return self.plan.code, self.plan.digest, self.target_set, self.period, self.day, self.now


class Facts:
    """What is known of the days that a question needs: each thing read once, and only when a rule looks at it."""

    def __init__(
        self, session: Session, asked: Asked, beside: "Facts | None" = None, *, tallies: bool = True
    ) -> None:
        """Remember where to read. beside: facts of another question of the same request: today is the same for both.

        tallies: whether people may be counted from tallies of the facts, where these are kept.
        """
        self.session, self.asked, self._tallies = session, asked, tallies
        self._courses: Mapping[str, tuple[int, int]] | None = beside._courses if beside is not None else None
        self._memory: Memory = beside._memory if beside is not None else Memory(session)
        self._today: queries.Today | None = beside._today if beside is not None else None
        self._trees: dict[date, queries.Tree] = {}
        self._kept: dict[tuple[date, str], World] = {}
        self._places: dict[str, Where] = {}

    def _tree(self, day: date) -> queries.Tree:
        def read() -> queries.Tree:
            if self.asked.now and self._today is None:
                self._today = queries.today(self.session)
            return queries.tree(self.session, day, now=self.asked.now, known=self._today)

        if day not in self._trees:
            self._trees[day] = self._memory.through("places", (day, self.asked.now), read)
        return self._trees[day]

    def _read(self, day: date, inside: Collection[int] | None) -> World:
        asked, session = self.asked, self.session
        return queries.world(
            session,
            asked.plan,
            asked.period,
            day,
            now=asked.now,
            known=self._tree(day),
            inside=inside,
            counts=self.counts(day),
            # counted from the facts, and what somebody counted from tallies is none
            keep=self._memory.through if self._tallies else queries.read_now,
        )

    def counts(self, day: date) -> queries.Counts:
        """Return what counts people of a day: from tallies where these are kept, else from the facts."""
        asked, session = self.asked, self.session
        if self._courses is None:
            self._courses = self._memory.through(
                "places",
                ("courses", asked.plan.code, asked.plan.digest),
                lambda: queries.course_bits(session, asked.plan),
            )
        if not self._tallies:
            return queries.FromFacts(session, asked.plan, day, self._courses)
        return FromTallies(session, asked.plan, day, self._courses, self._memory.days)

    def on(self, day: date) -> World:
        """Return everything known of a day."""
        if (day, "") not in self._kept:
            self._kept[day, ""] = self._read(day, None)
        return self._kept[day, ""]

    def of(self, where: Where) -> Callable[[date], World]:
        """Return what is known of a place, by day: cut out of what was read for a place above, else read for itself."""

        def known(day: date) -> World:
            key = day, where.code
            if key not in self._kept:
                above = self._above(day, where)
                self._kept[key] = where.part(above) if above is not None else self._alone(day, where)
                self._places[where.code] = where
            return self._kept[key]

        return known

    def figures(self, where: Where, indicators: Sequence[Indicator]) -> list[Figure]:
        """Return figures of one place: what is remembered of just this state of the facts, else counted."""
        asked, known = self.asked, self.of(where)
        keys = {one.code: (asked.key, where, one.code) for one in indicators}
        before = self._memory.figures(asked.plan.code, asked.day, keys.values()) if self._tallies else {}
        found: dict[str, Figure] = {code: before[key] for code, key in keys.items() if key in before}
        lacking = [one for one in indicators if one.code not in found]
        if len(lacking) > AT_ONCE:
            len(known(asked.day).cells)  # all audiences in one statement
        counted = {
            one.code: rules.count(asked.plan, one, asked.target_set, asked.period, asked.day, known)
            for one in lacking
        }
        if self._tallies:
            made = {keys[code]: figure for code, figure in counted.items()}
            self._memory.put(asked.plan.code, asked.day, made)
        found |= counted
        return [found[one.code] for one in indicators]

    def _above(self, day: date, where: Where) -> World | None:
        """Return the world of a place above that was read already, and was narrowed to no less."""
        for code, _name in where.crumbs[::-1]:
            place = self._places.get(code)
            if (
                place is not None
                and (day, code) in self._kept
                and place.sectors in (None, where.sectors)
                and place.reached == where.reached
            ):
                return self._kept[day, code]
        return None

    def _alone(self, day: date, where: Where) -> World:
        """Return what is known of a place by itself; a whole province is read without naming its units."""
        whole = self.on(day)
        units = where.units_in(whole)
        if len(units) > len(whole.units) // 2:
            return where.part(whole)
        return where.part(self._read(day, units))


def figure(facts: Facts, indicator: Indicator, where: Where) -> Figure:
    """Return one figure of one place."""
    return facts.figures(where, [indicator])[0]


def board(
    facts: Facts, where: Where, indicators: Sequence[Indicator] | None = None
) -> list[tuple[Indicator, Figure]]:
    """Return the figures of a place, in the plan's order."""
    chosen = indicators if indicators is not None else facts.asked.plan.indicators
    return list(zip(chosen, facts.figures(where, chosen), strict=True))


def lines(facts: Facts, indicator: Indicator, where: Where) -> list[tuple[Where, Figure]]:
    """Return the figure of every area next below a place."""
    for day in days(facts.asked, indicator):
        facts.of(where)(day)  # the parts are cut out of this
    return [
        (below, figure(facts, indicator, below))
        for below in (where.at(area) for area in where.below(facts.on(facts.asked.day)))
    ]


def days(asked: Asked, indicator: Indicator) -> set[date]:
    """Return the days whose facts a figure looks at."""
    rule = indicator.rule_on(asked.day)
    day = min(asked.day, rule.frozen_on) if rule.frozen_on else asked.day
    found = {day} | {min(day, group.frozen_on) for group in rule.groups if group.frozen_on}
    return found | ({asked.period.year_before} if indicator.way == Way.GROWTH else set())


def relevant(plan: Plan, where: Where) -> list[Indicator]:
    """Return the entries that concern a place: all, or those that its sectors lead or have units for."""
    if where.sectors is None:
        return list(plan.indicators)
    return [
        one
        for one in plan.indicators
        if one.lead in where.sectors or any(rule.sector in where.sectors for rule in one.rules)
    ]


__all__ = ["Asked", "Facts", "board", "figure", "lines", "relevant"]

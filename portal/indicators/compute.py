"""Figures of a place: the plan's rules applied to what the database knows. Used by pages, files, the API and filing alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.indicators import queries, rules
from portal.indicators.definitions import Indicator, Plan
from portal.indicators.facts import World
from portal.indicators.periods import Period
from portal.indicators.places import Where
from portal.indicators.rules import Figure


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


class Facts:
    """What is known of the days that a question needs, each read once."""

    def __init__(self, session: Session, asked: Asked) -> None:
        """Remember where to read."""
        self.session, self.asked = session, asked
        self._kept: dict[date, World] = {}

    def on(self, day: date) -> World:
        """Return everything known of a day."""
        if day not in self._kept:
            asked = self.asked
            self._kept[day] = queries.world(self.session, asked.plan, asked.period, day, now=asked.now)
        return self._kept[day]

    def of(self, where: Where) -> Callable[[date], World]:
        """Return what is known of a place, by day; each part is cut out once."""
        parts: dict[date, World] = {}

        def known(day: date) -> World:
            if day not in parts:
                parts[day] = where.part(self.on(day))
            return parts[day]

        return known


def figure(facts: Facts, indicator: Indicator, where: Where) -> Figure:
    """Return one figure of one place."""
    asked = facts.asked
    return rules.count(asked.plan, indicator, asked.target_set, asked.period, asked.day, facts.of(where))


def board(
    facts: Facts, where: Where, indicators: Sequence[Indicator] | None = None
) -> list[tuple[Indicator, Figure]]:
    """Return the figures of a place, in the plan's order."""
    asked, known = facts.asked, facts.of(where)
    return [
        (one, rules.count(asked.plan, one, asked.target_set, asked.period, asked.day, known))
        for one in (indicators if indicators is not None else asked.plan.indicators)
    ]


def lines(facts: Facts, indicator: Indicator, where: Where) -> list[tuple[Where, Figure]]:
    """Return the figure of every area next below a place."""
    return [
        (below, figure(facts, indicator, below))
        for below in (where.at(area) for area in where.below(facts.on(facts.asked.day)))
    ]


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

"""What a figure stands on: the rows that were counted, and those that were not with the reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.indicators import rules
from portal.indicators.compute import Facts
from portal.indicators.definitions import Indicator
from portal.indicators.places import Where


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure. kind: `person`, `unit`, `area`, `household` or `declaration`; reason: "" where counted."""

    kind: str
    key: int
    unit: int | None
    part: str | None
    counted: bool
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def rows(facts: Facts, indicator: Indicator, where: Where) -> Iterator[Row]:
    """Yield the units a figure of people or of declarations stands on, with how many of theirs were counted."""
    asked = facts.asked
    world = facts.of(where)(asked.day)
    rule = indicator.rule_on(asked.day)
    for group in rule.groups:
        for cell in world.cells:
            if not rules.belongs(cell, group):
                continue
            listed = world.units[cell.unit].listed
            done = rules.has(cell.held, group.needs)
            yield Row(
                "unit",
                cell.unit,
                cell.unit,
                group.key,
                listed and done,
                "" if listed and done else "no_certificate" if listed else "no_roster",
                {"people": cell.people, "held": sorted(cell.held)},
            )
    for (item, unit), said in sorted(world.said.items()):
        if item in (*rule.items, rule.numerator, rule.denominator):
            yield Row(
                "declaration",
                unit,
                unit,
                f"item:{item}",
                said.approved,
                "" if said.approved else "waiting",
                {"item": item, "on": said.on.isoformat()},
            )

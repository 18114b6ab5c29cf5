"""Rows of what units declared, and of those that did not."""

from collections.abc import Iterator
from typing import Any

from portal.indicators import rules
from portal.indicators.definitions import Item, ItemKind
from portal.indicators.facts import Said
from portal.indicators.opening.row import Row
from portal.indicators.opening.shelved import Open


def _state(opened: Open, item: Item | None, said: Said | None) -> str:
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


def declared_rows(opened: Open) -> Iterator[Row]:
    """Yield a row for each unit and item (or ratio) that was to be declared, in the order of codes."""
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


def _declared_counts(opened: Open, numerator: str, denominator: str) -> Iterator[Row]:
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

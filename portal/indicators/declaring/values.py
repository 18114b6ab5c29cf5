"""What a unit must declare on a day, what a form's words mean as a value, and when two numbers differ too much. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from portal.indicators import rules
from portal.indicators.definitions import NUMBERS, Item, ItemKind, Klass, Plan, Rule
from portal.indicators.facts import Said, UnitFact
from portal.indicators.periods import Period

#: A declared number that differs from the computed one by more than this share of the computed one needs a note that
#: says why. The plan sets no figure; a tenth is what auditors of such reports ask about. A setting of the code: changing
#: it changes what new declarations are asked, never what was declared.
VARIANCE = Fraction(1, 10)
MOST = 10_000_000  # nothing in a province is counted beyond this
LEAST_NOTE = 10
LEAST_WORDS = 10

_NUMBER = re.compile(r"\d{1,3}(?:[. ]\d{3})+|\d+")


def whole_number(text: str) -> int | None:
    """Return the number of a text as people write it (`1850`, `1.850`, `1 850`), None where it is no whole number."""
    clean = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    if not _NUMBER.fullmatch(clean):
        return None
    number = int(clean.replace(".", "").replace(" ", ""))
    return number if number <= MOST else None


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a pair of numbers. column: `whole` or `part`, where it is mended. grade: its code.

    what: `no_number`; `lacking` (the other of the two is there); `more` (the part is more than the whole); `empty`
    (nothing was entered at all).
    """

    grade: str
    column: str
    what: str
    part: int | None = None
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was entered grade by grade. whole, part: number by grade; part is None where its column is empty."""

    whole: Mapping[str, int]
    part: Mapping[str, int] | None
    wrong: tuple[Wrong, ...]


def numbers(typed: Mapping[str, tuple[str, str]]) -> Numbers:
    """Return what two columns of a form say, (whole, part) by grade, and everything that is wrong with them.

    Where both are blank the unit has no such grade; 0 is a grade without pupils. A part stands beside a whole and is not
    more. A whole column of parts may be blank: then only the whole is declared.
    """
    whole: dict[str, int] = {}
    part: dict[str, int] = {}
    wrong: list[Wrong] = []
    any_part = any(some.strip() for _all, some in typed.values())
    for grade, (all_typed, some_typed) in typed.items():
        read = {
            column: whole_number(text)
            for column, text in (("whole", all_typed), ("part", some_typed))
            if text.strip()
        }
        unread = [column for column, number in read.items() if number is None]
        wrong += [Wrong(grade, column, "no_number") for column in unread]
        if read and "whole" not in read:
            wrong.append(Wrong(grade, "whole", "lacking"))
        if "whole" in read and "part" not in read and any_part:
            wrong.append(Wrong(grade, "part", "lacking"))
        of, some = read.get("whole"), read.get("part")
        if of is not None:
            whole[grade] = of
        if some is not None:
            part[grade] = some
        if of is not None and some is not None and some > of:
            wrong.append(Wrong(grade, "part", "more", some, of))
    if not any(text.strip() for both in typed.values() for text in both):
        wrong.append(Wrong(next(iter(typed)), "whole", "empty"))
    return Numbers(whole, part if any_part else None, tuple(wrong))


def too_different(declared: int, computed: int | None) -> bool:
    """Return whether a declared number differs from the computed one so much that a note must say why.

    None: nothing was computed, so there is nothing to differ from.
    """
    if computed is None:
        return False
    return abs(declared - computed) > VARIANCE * computed


def asked_on(plan: Plan, day: date) -> Mapping[str, bool]:
    """Return the items that the readings in force on a day use: code → whether they must be given.

    What only entries outside the portal use is welcome and not asked for (False). What a reading has frozen before the
    day is asked for no more: nothing that is said later changes it.
    """
    found: dict[str, bool] = {}
    for indicator in plan.indicators:
        rule = indicator.rule_on(day)
        if rule.frozen_on is not None and rule.frozen_on < day:
            continue
        for code in _items_of(rule):
            found[code] = found.get(code, False) or indicator.klass != Klass.OUTSIDE
    return {one.code: found[one.code] for one in plan.items if one.code in found}


def _items_of(rule: Rule) -> Iterable[str]:
    given = (rule.numerator, rule.denominator, rule.beside)
    return (*rule.items, *rule.gate, *rule.shown, *(one for one in given if one))


def items_for(plan: Plan, unit: UnitFact, day: date) -> list[Item]:
    """Return what a unit declares on a day, in the plan's order: by its kind, sector and level."""
    asked = asked_on(plan, day)
    return [
        item
        for item in plan.items
        if item.code in asked
        and unit.kind in item.by
        and (item.sector is None or unit.sector == item.sector)
        and rules.at_level(unit, item.level)
    ]


def state(plan: Plan, said: Said | None, period: Period, day: date) -> str:
    """Return "" where a declaration counts on a day, else why it does not, as the rows behind a figure call it."""
    item = plan.item(said.item) if said is not None else None
    if said is None or item is None:
        return "not_declared"
    if not said.approved:
        return "waiting"
    if rules.counts_now(plan, said, period, day):
        return ""
    if item.evidence and not said.evidence:
        return "no_evidence"
    if item.yearly and not period.starts_on <= said.on <= period.cut_off:
        return "another_year"
    return "outdated"


def counts_until(item: Item, on: date) -> date | None:
    """Return the first day on which a value said on a day is out of date; None: it stays until it is replaced."""
    return rules.months_later(on, item.lasts_months) if item.lasts_months is not None else None


def stored(item: Item, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value as `Declaration.value` keeps it, from what a form understood.

    given: `number` (count), `grades` (number by code of the grade), `yes`, `ticks`, `document` with `on` and `partner`,
    `words`. Of numbers by grade no sum is kept: it is added up where it is read, and cannot disagree with them.
    """
    if "grades" in given:
        order = [code for code, _label in item.by_grade.grades] if item.by_grade is not None else []
        return {"grades": {code: int(given["grades"][code]) for code in order if code in given["grades"]}}
    if item.kind in NUMBERS:
        return {"count": int(given["number"])}
    if item.kind == ItemKind.YES:
        return {"yes": bool(given["yes"])}
    if item.kind == ItemKind.CHECKLIST:
        known = [code for code, _label in item.ticks]
        return {"ticks": [code for code in known if code in given["ticks"]]}
    if item.kind == ItemKind.DOCUMENT:
        partner = {"partner": given["partner"]} if given.get("partner") else {}
        return {"number": given["document"], "on": given["document_on"].isoformat(), **partner}
    return {"words": given["words"]}


def kept(item: Item, bare: Any) -> dict[str, Any]:
    """Return a bare value as the rules read it (`queries.plain`) in the shape in which it is kept."""
    if item.kind == ItemKind.DOCUMENT:
        return dict(bare)
    key = {ItemKind.YES: "yes", ItemKind.CHECKLIST: "ticks", ItemKind.WORDS: "words"}.get(item.kind, "count")
    return {key: bare}


def has_partner(item: Item) -> bool:
    """Return whether a document is made with somebody, who is named: rules of coordination are."""
    return item.kind == ItemKind.DOCUMENT and "coordination" in item.code

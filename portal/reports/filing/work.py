"""Everything a report of a place stands on, computed once: figures, rows, classes, what the period before has become."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from portal.indicators.compute import Asked, Facts, board, lines, relevant
from portal.indicators.definitions import Indicator, Klass, Plan
from portal.indicators.facts import World
from portal.indicators.opening.row import Row
from portal.indicators.pages import shows_people
from portal.indicators.periods import Period
from portal.indicators.places import Where
from portal.indicators.rules import Figure
from portal.reports.filing import classes
from portal.reports.filing.classes import CLASSES, Held

Opener = Callable[[Facts, Indicator, Where], Iterator[Row]]
SOURCES = {
    Klass.COMPUTED: "computed",
    Klass.MIXED: "mixed",
    Klass.DECLARED: "declared",
    Klass.OUTSIDE: "outside",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """The rows behind one figure: as JSON lists, how many, and how many were left out for which reason."""

    rows: Sequence[Sequence[Any]]
    reasons: Mapping[str, int]

    @property
    def keys(self) -> frozenset[str]:
        """Return what names each counted row."""
        return counted_keys(self.rows)

    @property
    def left_out(self) -> frozenset[str]:
        """Return what names each row that is in the denominator alone: neither counted nor beside the ratio.

        A facility with nobody of the groups on its list is in no denominator.
        """
        return (
            frozenset(
                f"{row[0]}:{row[1]}"
                for row in self.rows
                if not row[4] and row[5] != "no_people" and not Row(*row).beside
            )
            - self.keys
        )


def people_of(code: str) -> str:
    """Return under which key the people inside the facilities or areas of a figure are kept."""
    return f"{code}/people"


def counted_keys(rows: Sequence[Sequence[Any]]) -> frozenset[str]:
    """Return `kind:key` of every row that counts."""
    return frozenset(f"{row[0]}:{row[1]}" for row in rows if row[4])


@dataclass(frozen=True, slots=True)
class Work:
    """What is known of a place for a period: computed from the facts of this moment.

    below: of each figure (code, name, numerator, denominator) of the areas next below; of the whole province only.
    """

    plan: Plan
    period: Period
    where: Where
    target_set: str
    figures: Sequence[tuple[Indicator, Figure]]
    opened: Mapping[str, Opened]
    held: Sequence[Held]
    world: World
    below: Mapping[str, Sequence[tuple[str, str, int | None, int | None]]]


def compute(
    session: Session,
    plan: Plan,
    period: Period,
    where: Where,
    target_set: str,
    opener: Opener,
    *,
    whole: bool = False,
    inside: Opener | None = None,
) -> Work:
    """Return everything a report of a place for a period stands on, as of its cut-off, in the boundaries of then.

    whole: of the consolidated report, which keeps its figures by area, too. inside: opens figures of facilities and
    areas into the people there, who are kept beside them when a report is filed.
    """
    # what is filed is counted from the facts themselves
    facts = Facts(session, Asked(plan, target_set, period, period.cut_off, now=False), tallies=False)
    figures = board(facts, where, relevant(plan, where))
    world = facts.of(where)(period.cut_off)
    units = None if where.area is None else frozenset(world.units)
    held = classes.held(session, period, period.cut_off, units)
    opened = {indicator.code: _opened(opener(facts, indicator, where)) for indicator, _figure in figures}
    if inside is not None:
        for indicator, _figure in figures:
            people = _opened(inside(facts, indicator, where))
            if people.rows or shows_people(indicator):  # nobody inside is another thing than nobody kept
                opened[people_of(indicator.code)] = people
    opened[CLASSES] = Opened([_class_row(one) for one in held], {})
    below = _below(facts, where, figures) if whole else {}
    return Work(plan, period, where, target_set, figures, opened, held, world, below)


def _below(
    facts: Facts, where: Where, figures: Sequence[tuple[Indicator, Figure]]
) -> Mapping[str, Sequence[tuple[str, str, int | None, int | None]]]:
    """Return what the consolidated report keeps by district (or commune): the public page shows it."""
    return {
        indicator.code: [
            (area.code, area.name, one.numerator, one.denominator)
            for area, one in lines(facts, indicator, where)
        ]
        for indicator, _figure in figures
    }


def _opened(rows: Iterator[Row]) -> Opened:
    kept: list[list[Any]] = []
    reasons: dict[str, int] = {}
    for one in rows:
        kept.append([one.kind, one.key, one.unit, one.part, one.counted, one.reason, plain(dict(one.detail))])
        if not one.counted:
            reasons[one.reason] = reasons.get(one.reason, 0) + 1
    kept.sort(key=lambda row: (row[0], row[1], row[3] or "", canonical(row)))
    return Opened(kept, reasons)


def _class_row(one: Held) -> list[Any]:
    detail = {"on": one.first_on.isoformat(), "persons": one.persons, "visits": one.visits}
    return [one.kind, one.key, one.unit, one.plan_item, True, "", detail]


def figure_json(indicator: Indicator, figure: Figure) -> dict[str, Any]:
    """Return a figure as it is kept in a filed report."""
    return {
        "code": figure.code,
        "source": SOURCES[indicator.klass],
        "rule": figure.rule,
        "as_of": figure.as_of.isoformat(),
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "value": plain(figure.value),
        "target": plain(figure.target),
        "needed": figure.needed,
        "met": figure.met,
        "parts": [[one.key, one.numerator, one.denominator, plain(one.target)] for one in figure.parts],
        "missing": list(figure.missing),
        "outside": figure.outside,
        "totals_only": figure.totals_only,
        "coded": figure.coded,
        "waiting": figure.waiting,
        "frozen": figure.frozen,
        "warnings": list(figure.warnings),
    }


def figures_json(work: Work) -> list[dict[str, Any]]:
    """Return all figures as they are kept."""
    return [figure_json(indicator, figure) for indicator, figure in work.figures]


def rules_json(work: Work) -> dict[str, Any]:
    """Return the rule each figure was counted by, word for word."""
    return {one.code: plain(one.rule_on(work.period.cut_off)) for one, _figure in work.figures}


def tree_json(work: Work) -> dict[str, Any]:
    """Return the areas and units of the place as they stood at the cut-off."""
    return {
        "areas": [
            [one.id, one.code, one.name, one.level, list(one.path)]
            for one in sorted(work.world.areas.values(), key=lambda one: one.id)
        ],
        "units": [
            [one.id, one.code, one.name, one.kind, one.sector, one.level, list(one.path), one.basis]
            for one in sorted(work.world.units.values(), key=lambda one: one.id)
        ],
    }


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it alike on every database: fractions as pairs, days as text, no decimals."""
    if isinstance(value, Fraction):
        return [value.numerator, value.denominator]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(one) for one in value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, float):
        return str(value)
    return str(value) if isinstance(value, str) else value


def canonical(value: Any) -> str:
    """Return JSON that is the same for the same value: keys in order, no spaces, letters as they are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(content: str | bytes) -> str:
    """Return the SHA-256 of a text or of bytes, in hexadecimal."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()

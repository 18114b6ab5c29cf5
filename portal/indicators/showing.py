"""Figures as lines of a board: what page and file show, worded once, so that they cannot differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.core.locale import language, show_number, show_share
from portal.core.rounding import places
from portal.indicators import words
from portal.indicators.definitions import Indicator, Plan, Way
from portal.indicators.facts import World
from portal.indicators.rules import Figure

#: Parts that are opened as counts alone, place by place: no row says who answered before and after.
PAIRS = ("paired", "risen")


@dataclass(frozen=True, slots=True)
class Line:
    """A figure as it is shown. `percent` and `target_percent` are widths of a bar; everything else is the figure's.

    state: met, short, unknown (no denominator), none (no target), words (no figure is asked for). counts is empty where
    there is nobody to count; nobody_name then says so. pairs: those of the parts that tell of answers before and after.
    """

    code: str
    title: str
    sentence: str
    gloss: str
    source: str
    rule: int
    numerator: int | None
    denominator: int | None
    value: Fraction | None
    target: Fraction | None
    needed: int | None
    state: str
    state_name: str
    shown: str
    counts: str
    nobody_name: str
    target_name: str
    needed_name: str
    percent: float | None
    target_percent: float | None
    parts: tuple[str, ...]
    warnings: tuple[str, ...]
    marks: tuple[str, ...]
    missing: int
    missing_name: str
    anything: bool
    pairs: tuple[str, ...] = ()


def state_of(indicator: Indicator, figure: Figure) -> str:
    """Return the state of a figure; unknown is neither reached nor failed."""
    if indicator.way == Way.NARRATIVE:
        return "words"
    if figure.met is not None:
        return "met" if figure.met else "short"
    return "unknown" if figure.value is None else "none"


def line(plan: Plan, indicator: Indicator, figure: Figure) -> Line:
    """Return a figure as a line."""
    rule = next(one for one in indicator.rules if one.version == figure.rule)
    state = state_of(indicator, figure)
    value = figure.value
    decimals = places(value, figure.target)
    shown = words.STATE_LABELS["unknown"] if value is None else show_share(value, language(), decimals)
    if value is not None and indicator.way == Way.GROWTH and value > 0:
        shown = "+" + shown
    target = show_share(figure.target, language(), decimals) if figure.target is not None else ""
    return Line(
        code=indicator.code,
        title=words.said(indicator.title),
        sentence=indicator.sentence,
        gloss=indicator.gloss,
        source=words.named(words.KLASS_LABELS[indicator.klass]),
        rule=figure.rule,
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=value,
        target=figure.target,
        needed=figure.needed,
        state=state,
        state_name=words.named(words.STATE_LABELS[state]),
        shown=words.named(shown) if value is None else shown,
        counts=_counts(figure),
        nobody_name=words.nobody_of(indicator, figure),
        target_name=words.target_name(indicator, target) if target else "",
        needed_name=words.needed_of(indicator, figure),
        percent=words.percent(value),
        target_percent=words.percent(figure.target),
        parts=tuple(words.part_line(plan, rule, part) for part in figure.parts),
        warnings=tuple(words.warning_of(plan, rule, code) for code in figure.warnings),
        marks=tuple(words.marks_of(figure)),
        missing=len(figure.missing),
        missing_name=words.missing_of(figure),
        anything=figure.numerator is not None or bool(figure.parts) or bool(figure.outside),
        pairs=tuple(words.part_line(plan, rule, part) for part in figure.parts if part.key in PAIRS),
    )


def _counts(figure: Figure) -> str:
    """Return numerator and denominator; nothing where there is nobody to count, for `0 / 0` reads like a result."""
    if figure.numerator is None or (not figure.numerator and figure.denominator == 0):
        return ""
    return words.ratio(figure.numerator, figure.denominator)


def missing_units(figure: Figure, world: World, most: int) -> Sequence[tuple[str, str]]:
    """Return (code, name) of the units that must still give something, the first so many in the order of codes."""
    units = [world.units[key] for key in figure.missing if key in world.units]
    return [(unit.code, unit.name) for unit in sorted(units, key=lambda one: one.code)[:most]]


def tally(lines: Sequence[Line]) -> dict[str, str]:
    """Return how many figures there are in each state, as they are read."""
    return {
        state: show_number(sum(one.state == state for one in lines), language())
        for state in ("met", "short", "unknown")
    }

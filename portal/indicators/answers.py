"""Figures as JSON: one shape for the command line, the API and whoever reads them by machine."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from portal.core.rounding import places
from portal.indicators.compute import Asked
from portal.indicators.definitions import Indicator
from portal.indicators.facts import World
from portal.indicators.places import Where
from portal.indicators.rules import Figure

FORMAT = 1


def document(
    asked: Asked, where: Where, figures: Sequence[tuple[Indicator, Figure]], world: World
) -> dict[str, Any]:
    """Return the answer to one question. Shares are exact: numerator and denominator, and a decimal beside them.

    A figure whose denominator nobody has given has `denominator` and `value` null: unknown is not nought.
    """
    return {
        "format": FORMAT,
        "plan": asked.plan.code,
        "plan_digest": asked.plan.digest,
        "target_set": asked.target_set,
        "period": asked.period.code,
        "starts_on": asked.period.starts_on.isoformat(),
        "cut_off": asked.period.cut_off.isoformat(),
        "as_of": asked.day.isoformat(),
        "boundaries": "now" if asked.now else "then",
        "place": {"code": where.code, "name": where.name},
        "indicators": [_figure(indicator, figure, world) for indicator, figure in figures],
    }


def _figure(indicator: Indicator, figure: Figure, world: World) -> dict[str, Any]:
    return {
        "code": indicator.code,
        "title": indicator.title.document(),
        "class": str(indicator.klass),
        "counted": str(indicator.counted),
        "way": str(indicator.way),
        "rule": figure.rule,
        "as_of": figure.as_of.isoformat(),
        "frozen": figure.frozen,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "value": _decimal(figure.value, figure.target),
        "target": None if figure.target is None else float(figure.target),
        "needed": figure.needed,
        "met": figure.met,
        "parts": [
            {
                "key": part.key,
                "numerator": part.numerator,
                "denominator": part.denominator,
                "value": _decimal(part.share, part.target),
                "met": part.met,
            }
            for part in figure.parts
        ],
        "missing": [
            world.units[key].code if key in world.units else world.areas[key].code
            for key in figure.missing
            if key in world.units or key in world.areas
        ],
        "outside": figure.outside,
        "coded": figure.coded,
        "totals_only": figure.totals_only,
        "waiting": figure.waiting,
        "warnings": list(figure.warnings),
    }


def _decimal(value: Fraction | None, target: Fraction | None) -> float | None:
    """Return a share as a decimal of six places; of more, where with six it would read as if it reached its target."""
    return None if value is None else round(float(value), places(value, target, least=4) + 2)


def data_value_sets(
    asked: Asked, where: Where, figures: Sequence[tuple[Indicator, Figure]], org_unit: str
) -> dict[str, Any]:
    """Return the figures as a DHIS2 `dataValueSets` document.

    DHIS2 knows no half-year from 15/12 to 14/6: the value's period is the month in which the cut-off falls (`yyyyMM`, a
    monthly data set), and the window's own dates stand as codes in the attribute option combination. Where the figures
    are of some sectors of a place only, these stand there, too: they must not take the place of the whole. Data elements
    are `CODE_NUM` and `CODE_DEN`; percentages are the receiver's indicators, for counts are added and percentages
    never are. What is unknown is left out, not sent as 0.
    """
    window = f"{asked.period.starts_on:%Y%m%d}-{asked.period.cut_off:%Y%m%d}"
    combination = "-".join([window, *sorted(one.upper() for one in where.sectors or ())])
    values = [
        {
            "dataElement": f"{ascii_code(indicator.code)}_{name}",
            "value": str(value),
            "comment": f"rule {figure.rule}",
        }
        for indicator, figure in figures
        for name, value in (("NUM", figure.numerator), ("DEN", figure.denominator))
        if value is not None
    ]
    return {
        "dataSet": asked.plan.code.upper().replace("-", "_"),
        "completeDate": asked.day.isoformat(),
        "period": f"{asked.period.cut_off:%Y%m}",
        "orgUnit": org_unit,
        "attributeOptionCombo": combination,
        "dataValues": values,
    }


def ascii_code(code: str) -> str:
    """Return an indicator's code in ASCII, as DHIS2 codes are: ĐT1 is DT1."""
    return code.replace("Đ", "D")

"""A rubric and what one or two sheets of it are worth: pure and exact.

Points are whole numbers, a result is a `Fraction` of the most that can be reached. Nothing here knows a person, a
clock or a database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Texts = Mapping[str, str]
#: What an assessor ticked: for each criterion's ref the place of a level, from 0.
Sheet = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a criterion: its points (0 or more) and what is seen at it, in every language."""

    points: int
    text: Texts


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is looked at. levels: at least two, from the lowest to the highest, points rising."""

    ref: str
    title: Texts
    levels: tuple[Level, ...]

    @property
    def most(self) -> int:
        """Return the points of the highest level, above 0."""
        return self.levels[-1].points


@dataclass(frozen=True, slots=True)
class Rubric:
    """A practice as a course describes it.

    kind: one of `KINDS`. differ_by: two assessors may differ by so many levels of a criterion, and not by more.
    """

    kind: str
    title: Texts
    guide: Texts
    minutes: int
    two_assessors: bool
    differ_by: int
    criteria: tuple[Criterion, ...]

    @property
    def most(self) -> int:
        """Return the most points that can be reached."""
        return sum(criterion.most for criterion in self.criteria)


KINDS = ("observed_lesson", "observed_interview", "case_plan", "indicator_sheet")


def faults_of(rubric: Rubric, sheet: Sheet) -> tuple[str, ...]:
    """Return the refs of the criteria for which `sheet` names no level that exists, in the rubric's order."""
    return tuple(
        one.ref
        for one in rubric.criteria
        if not isinstance(sheet.get(one.ref), int) or not 0 <= sheet[one.ref] < len(one.levels)
    )


def points(rubric: Rubric, sheet: Sheet) -> int:
    """Return the points of one whole sheet. Raises `ValueError` where a criterion has no level."""
    _whole(rubric, sheet)
    return sum(one.levels[sheet[one.ref]].points for one in rubric.criteria)


def differences(rubric: Rubric, sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """Return the refs of the criteria that a third person must decide, in the rubric's order.

    Those at which two sheets stand more than `differ_by` levels apart; none with one sheet.
    """
    for sheet in sheets:
        _whole(rubric, sheet)
    return tuple(
        one.ref
        for one in rubric.criteria
        if sheets
        and max(sheet[one.ref] for sheet in sheets) - min(sheet[one.ref] for sheet in sheets)
        > rubric.differ_by
    )


def share(rubric: Rubric, sheets: Sequence[Sheet], decided: Sheet | None = None) -> Fraction:
    """Return the result as an exact share, 0 to 1.

    Each criterion counts the mean of the sheets' points; where they differ too much, the points of the level that the
    third person decided. Raises `ValueError` without a sheet, with a sheet that is not whole, or with a difference
    that nobody has decided.
    """
    if not sheets:
        raise ValueError("no sheet was handed in")
    apart = differences(rubric, sheets)
    total = Fraction(0)
    for one in rubric.criteria:
        if one.ref in apart:
            place = (decided or {}).get(one.ref)
            if place is None or not 0 <= place < len(one.levels):
                raise ValueError(f"nobody has decided {one.ref}")
            total += one.levels[place].points
        else:
            total += Fraction(sum(one.levels[sheet[one.ref]].points for sheet in sheets), len(sheets))
    return total / rubric.most


def rubric_of(document: Mapping[str, Any]) -> Rubric:
    """Return the rubric that a stored manifest holds under `practice`."""
    return Rubric(
        kind=document["kind"],
        title=document["title"],
        guide=document["guide"],
        minutes=document["minutes"],
        two_assessors=document["two_assessors"],
        differ_by=document["differ_by"],
        criteria=tuple(
            Criterion(
                one["ref"],
                one["title"],
                tuple(
                    Level(level["points"], {"vi": level["vi"], "en": level["en"]}) for level in one["levels"]
                ),
            )
            for one in document["criteria"]
        ),
    )


def document_of(rubric: Rubric) -> dict[str, Any]:
    """Return the rubric as a manifest stores it: the keys of course.toml."""
    return {
        "kind": rubric.kind,
        "title": dict(rubric.title),
        "guide": dict(rubric.guide),
        "minutes": rubric.minutes,
        "two_assessors": rubric.two_assessors,
        "differ_by": rubric.differ_by,
        "criteria": [
            {
                "ref": one.ref,
                "title": dict(one.title),
                "levels": [{"points": level.points, **level.text} for level in one.levels],
            }
            for one in rubric.criteria
        ],
    }


def _whole(rubric: Rubric, sheet: Sheet) -> None:
    missing = faults_of(rubric, sheet)
    if missing:
        raise ValueError(f"no level for {', '.join(missing)}")

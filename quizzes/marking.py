"""Marks of a whole paper, exact, and what a result page may tell of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from quizzes import kinds
from quizzes.kinds.base import Answer, Line, Mark, Text
from quizzes.kinds.interview import Talk, talk
from quizzes.paper import Item


class Feedback(StrEnum):
    """How much a result page tells.

    full: right answers and every explanation. hints: what one answered, whether it was right, and the explanations
    of one's own choices; nothing that gives a missed answer away. none: the mark only.
    """

    FULL = "full"
    HINTS = "hints"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Result:
    """The marks of a paper by item ref, and the refs of those that a person must mark.

    points: earned so far; possible: of how many. Both are whole or fractions of points.
    """

    marks: Mapping[str, Mark]
    needs_person: frozenset[str]
    points: Fraction
    possible: int

    @property
    def share(self) -> Fraction | None:
        """Return points / possible, 0 to 1; None while a person must mark something, or when nothing was asked."""
        return None if self.needs_person or not self.possible else self.points / self.possible

    def document(self) -> dict[str, Any]:
        """Return the result as JSON; fractions are written `"2/3"`."""
        return {
            "points": str(self.points),
            "possible": self.possible,
            "marks": {ref: str(mark.share) for ref, mark in self.marks.items()},
            "unfinished": sorted(ref for ref, mark in self.marks.items() if mark.unfinished),
            "needs_person": sorted(self.needs_person),
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Result":
        """Return the result that `document()` wrote."""
        unfinished = set(document["unfinished"])
        return cls(
            marks={ref: Mark(Fraction(share), ref in unfinished) for ref, share in document["marks"].items()},
            needs_person=frozenset(document["needs_person"]),
            points=Fraction(document["points"]),
            possible=document["possible"],
        )


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the result page tells of one item. share: 0 to 1, None while a person must mark it.

    lesson: the address of what to read again, None when the item was wholly right. feedback and lines: as far as
    the rules of the attempt allow.
    """

    number: int
    ref: str
    kind: str
    stem: Text
    points: int
    share: Fraction | None
    unfinished: bool
    lines: tuple[Line, ...]
    feedback: Text | None
    lesson: str | None

    @property
    def talk(self) -> Talk | None:
        """Return what the words said to a child were, counted, where the item is an interview."""
        return talk(self.lines)


def mark(items: Sequence[Item], answers: Mapping[str, Answer]) -> Result:
    """Return the result of `answers` (by item ref; a missing one earns nothing) on `items`."""
    marks = {item.ref: kinds.of(item.kind).mark(item.key, answers.get(item.ref)) for item in items}
    known = {ref: found for ref, found in marks.items() if found is not None}
    return Result(
        marks=known,
        needs_person=frozenset(ref for ref, found in marks.items() if found is None),
        points=sum((known[item.ref].share * item.points for item in items if item.ref in known), Fraction(0)),
        possible=sum(item.points for item in items),
    )


def stored_share(share: Fraction) -> Decimal:
    """Return `share` with six decimals, rounded down: a stored share never tells more than was earned.

    Whether an attempt passed is decided on the exact fraction, not on this.
    """
    return (Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal("0.000001"), ROUND_DOWN)


def review(
    items: Sequence[Item], answers: Mapping[str, Answer], result: Result, feedback: Feedback
) -> tuple[Reviewed, ...]:
    """Return what may be told of each item, in the order of the paper."""
    return tuple(
        _reviewed(number, item, answers.get(item.ref), result.marks.get(item.ref), feedback)
        for number, item in enumerate(items, start=1)
    )


def lessons_again(items: Sequence[Item], result: Result) -> tuple[str, ...]:
    """Return the addresses of the lessons to read again, each once, those that cost most points first."""
    lost: dict[str, Fraction] = {}
    for item in items:
        missed = 1 - result.marks.get(item.ref, Mark(Fraction(1))).share
        if missed:
            lost[item.lesson] = lost.get(item.lesson, Fraction(0)) + missed * item.points
    return tuple(sorted(lost, key=lambda lesson: (-lost[lesson], lesson)))


def _reviewed(
    number: int, item: Item, answer: Answer | None, found: Mark | None, feedback: Feedback
) -> Reviewed:
    right = found is not None and found.share == 1
    lines: tuple[Line, ...] = ()
    words: Text | None = None
    if feedback is not Feedback.NONE and found is not None:
        lines = kinds.of(item.kind).review(item.shown, item.key, answer)
        words = item.feedback["right"] if right else item.feedback["wrong"]
    if feedback is Feedback.HINTS:
        lines = tuple(line.hinted() for line in lines)
        words = words if right else None
    return Reviewed(
        number=number,
        ref=item.ref,
        kind=item.kind,
        stem=item.stem,
        points=item.points,
        share=None if found is None else found.share,
        unfinished=found is not None and found.unfinished,
        lines=lines,
        feedback=words,
        lesson=None if right or found is None else item.lesson,
    )

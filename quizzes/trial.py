"""A bank as its author looks at it: every question with its key, and a paper answered and marked, of which nothing stays.

Pure: there is no attempt, no row and no clock. Everything here holds keys; only a view that asks for the right to
preview may call it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from quizzes import kinds, paper
from quizzes.bank import Bank, Question
from quizzes.kinds.base import Answer, Line, Malformed
from quizzes.marking import Feedback, Reviewed, lessons_again, mark, review
from quizzes.paper import Asked, Item, Paper
from quizzes.posted import fields_of


@dataclass(frozen=True, slots=True)
class Keyed:
    """A question of a bank with its key. number: its place in the file, from 1. lines: as a result would show them."""

    number: int
    question: Question
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """A paper answered and marked: exact points and share (None where a person must mark something)."""

    share: Fraction | None
    points: Fraction
    possible: int
    reviewed: tuple[Reviewed, ...]
    again: tuple[str, ...]


def keyed(bank: Bank) -> tuple[Keyed, ...]:
    """Return every question of a bank with its key, in the order of the file."""
    return tuple(
        Keyed(
            number,
            one,
            kinds.of(one.kind).review(one.parts.shown, one.parts.key, None),
        )
        for number, one in enumerate(bank.questions, start=1)
    )


def answers_in(
    drawn: Paper, posted: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Answer], tuple[str, ...]]:
    """Return the answers that a posted page holds, by ref, and the refs of those that cannot be read."""
    answers: dict[str, Answer] = {}
    unread: list[str] = []
    for item in drawn.items:
        try:
            given = kinds.of(item.kind).parse(item.shown, fields_of(item.ref, posted))
        except Malformed:
            unread.append(item.ref)
            continue
        if given is not None:
            answers[item.ref] = given
    return answers, tuple(unread)


def asked(drawn: Paper, answers: Mapping[str, Answer]) -> tuple[Asked, ...]:
    """Return the paper as a page asks it, with the answers given so far."""
    return tuple(
        paper.asked(item, number, answers.get(item.ref)) for number, item in enumerate(drawn.items, start=1)
    )


def marked(items: Sequence[Item], answers: Mapping[str, Answer]) -> Tried:
    """Return what a learner with these answers would be told, in full."""
    result = mark(items, answers)
    return Tried(
        share=result.share,
        points=result.points,
        possible=result.possible,
        reviewed=review(items, answers, result, Feedback.FULL),
        again=lessons_again(items, result),
    )

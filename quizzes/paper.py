"""Papers: questions drawn from a bank for one attempt, frozen with their keys. Pure.

Same bank, blueprint and seed, same paper. A paper is a JSON document: marking needs nothing else, and a later
edition of the bank cannot move a mark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from quizzes import kinds
from quizzes.bank import Bank, Question
from quizzes.kinds.base import Answer, Parts, Text

FORMAT = 1
#: Kinds whose options may stand as they are written, as those of a scale must. A question is worth 1 point, or none.
AS_WRITTEN = ("single", "truefalse")


@dataclass(frozen=True, slots=True)
class Draw:
    """Take `count` questions of an objective; of all difficulties, or of those listed. Each is worth `points`."""

    objective: str
    count: int
    difficulty: tuple[int, ...] = ()
    points: int = 1

    def takes(self, question: Question) -> bool:
        """Return whether `question` may be drawn here."""
        return question.objective == self.objective and (
            not self.difficulty or question.difficulty in self.difficulty
        )


class CannotDraw(ValueError):
    """A blueprint asks for more questions than the bank has."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question as it stands in one paper. `shown` may be told before submission, `key` and `feedback` may not."""

    ref: str
    kind: str
    objective: str
    difficulty: int
    lesson: str
    points: int
    stem: Text
    feedback: Mapping[str, Text]
    shown: Mapping[str, Any]
    key: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page needs to ask one question. It has no key, so no template can tell it.

    number: from 1. form: what the kind's template draws. answered: an answer is saved. saved_at: when (an aware
    moment), or None.
    """

    number: int
    ref: str
    kind: str
    stem: Text
    form: Mapping[str, Any]
    answered: bool = False
    saved_at: Any = None


@dataclass(frozen=True, slots=True)
class Paper:
    """The items of one attempt in their order."""

    bank: str
    version: int
    digest: str
    seed: int
    items: tuple[Item, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """Return the paper as JSON: `{"order": [ref, …], "items": {ref: {…}}, …}`, so that one item can be picked out."""
        return {
            "format": FORMAT,
            "bank": self.bank,
            "version": self.version,
            "digest": self.digest,
            "seed": str(self.seed),
            "order": [item.ref for item in self.items],
            "items": {
                item.ref: {name: getattr(item, name) for name in Item.__slots__} for item in self.items
            },
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Paper":
        """Return the paper that `document()` wrote."""
        return cls(
            bank=document["bank"],
            version=document["version"],
            digest=document["digest"],
            seed=int(document["seed"]),
            items=tuple(Item(**document["items"][ref]) for ref in document["order"]),
        )


def draw(bank: Bank, blueprint: Sequence[Draw], seed: int) -> Paper:
    """Return a paper drawn at random from `bank`: questions, their order, and the order inside each.

    Raises `CannotDraw` when the bank has too few questions for the blueprint.
    """
    random = Random(seed)  # noqa: S311 - a paper is no secret, and must come out the same again
    order = list(bank.questions)
    random.shuffle(order)
    taken = _assigned(order, blueprint)
    items = [_item(question, rule.points, random) for question, rule in taken]
    random.shuffle(items)
    return Paper(bank.slug, bank.version, bank.digest, seed, tuple(items))


def whole(bank: Bank) -> Paper:
    """Return every question of `bank` in the order of its file, with options as written: the same paper each time.

    For kinds in `AS_WRITTEN` alone: what is to be put in order or matched would stand there solved.
    """
    items = (_asked_as(question, question.parts, 1) for question in bank.questions)
    return Paper(bank.slug, bank.version, bank.digest, 0, tuple(items))


def not_as_written(bank: Bank) -> tuple[str, ...]:
    """Return the refs of questions that cannot stand in `whole(bank)`, in the order of the file."""
    return tuple(question.ref for question in bank.questions if question.kind not in AS_WRITTEN)


def shortfalls(bank: Bank, blueprint: Sequence[Draw]) -> tuple[str, ...]:
    """Return, in English, every reason why `draw` would fail; empty when it works for every seed."""
    faults = []
    for rule in blueprint:
        there = sum(rule.takes(question) for question in bank.questions)
        if there < rule.count:
            levels = f" of difficulty {', '.join(map(str, rule.difficulty))}" if rule.difficulty else ""
            faults.append(
                f"asks for {rule.count} questions on {rule.objective!r}{levels}, the bank has {there}"
            )
    if not faults:
        try:
            _assigned(bank.questions, blueprint)
        except CannotDraw as fault:
            faults.append(str(fault))
    return tuple(faults)


def asked(item: Item, number: int, answer: Answer | None, saved_at: Any = None) -> Asked:
    """Return what a page needs to ask `item`, with the answer given so far."""
    form = kinds.of(item.kind).form(item.shown, answer)
    return Asked(number, item.ref, kinds.of(item.kind).code, item.stem, form, answer is not None, saved_at)


def _item(question: Question, points: int, random: Random) -> Item:
    return _asked_as(question, kinds.of(question.kind).drawn(question.parts, random), points)


def _asked_as(question: Question, parts: Parts, points: int) -> Item:
    return Item(
        ref=question.ref,
        kind=question.kind,
        objective=question.objective,
        difficulty=question.difficulty,
        lesson=question.lesson,
        points=points,
        stem=question.stem,
        feedback=question.feedback,
        shown=parts.shown,
        key=parts.key,
    )


def _assigned(order: Sequence[Question], blueprint: Sequence[Draw]) -> list[tuple[Question, Draw]]:
    """Return a question for every place of the blueprint, the earlier in `order` the sooner.

    Rules may overlap (two of any difficulty, one hard): a place whose questions are all taken makes another place
    move on, if that has somewhere to go (Kuhn's augmenting paths), so a draw fails only where none is possible.
    """
    places = [rule for rule in blueprint for _ in range(rule.count)]
    holder: dict[int, int] = {}

    def settle(place: int, tried: set[int]) -> bool:
        for number, question in enumerate(order):
            if number not in tried and places[place].takes(question):
                tried.add(number)
                if number not in holder or settle(holder[number], tried):
                    holder[number] = place
                    return True
        return False

    for place, rule in enumerate(places):
        if not settle(place, set()):
            raise CannotDraw(f"not enough questions on {rule.objective!r} for all that is drawn of it")
    return [(order[number], places[place]) for number, place in sorted(holder.items())]

"""True or false. The answer is a JSON boolean. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from quizzes.kinds.base import NOTHING, Answer, Fault, Fields, Line, Malformed, Mark, Parts, one_value

_WORDS = {"true": True, "false": False}


class TrueFalse:
    """A statement that holds or does not; the words on the page are the portal's own."""

    code = "truefalse"
    keys = frozenset({"answer"})
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """The answer is there and is a boolean."""
        if isinstance(raw.get("answer"), bool):
            return []
        return [Fault(("answer",), "'answer' must be true or false, without quotes")]

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Nothing is shown but the stem."""
        return Parts(shown={}, key={"answer": raw["answer"]})

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """True stands before false, always."""
        return parts

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take `true` or `false`."""
        value = one_value(fields)
        if value is not None and value not in _WORDS:
            raise Malformed("neither true nor false")
        return None if value is None else _WORDS[value]

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """The later answer stands."""
        return given

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """Both words, the chosen one marked."""
        return {"options": [{"ref": ref, "chosen": answer is value} for ref, value in _WORDS.items()]}

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """1 or 0."""
        return NOTHING if answer is None else Mark(Fraction(answer is key["answer"]))

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line for true, one for false."""
        return tuple(
            Line(ref=ref, text=None, chosen=answer is value, right=key["answer"] is value)
            for ref, value in _WORDS.items()
        )

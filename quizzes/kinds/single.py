"""Single choice: exactly one option is right. The answer is its ref. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from quizzes.kinds import options
from quizzes.kinds.base import NOTHING, Answer, Fault, Fields, Line, Malformed, Mark, Parts, one_value


class Single:
    """One of several options."""

    code = "single"
    keys = frozenset({"options"})
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """Exactly one option is right."""
        right, faults = options.check(raw, languages)
        if right.count(True) != 1:
            faults.append(
                Fault(("options",), f"exactly one option must be right, here {right.count(True)} are")
            )
        return faults

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Options without and with their key."""
        return options.item(raw)

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Shuffle the options."""
        return options.drawn(parts, random)

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take one known ref."""
        value = one_value(fields)
        if value is not None and value not in options.refs(shown):
            raise Malformed("unknown option")
        return value

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """The later answer stands."""
        return given

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """Options with the chosen one marked."""
        return options.form(shown, [] if answer is None else [answer])

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """1 for the right option, else 0."""
        return NOTHING if answer is None else Mark(Fraction(answer in key["right"]))

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line an option."""
        return options.review(shown, key, [] if answer is None else [answer])

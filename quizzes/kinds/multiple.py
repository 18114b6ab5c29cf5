"""Multiple choice: at least one option is right and one wrong. The answer is a sorted list of refs. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from quizzes.kinds import options
from quizzes.kinds.base import MOST_ENTRIES, NOTHING, Answer, Fault, Fields, Line, Malformed, Mark, Parts


class Multiple:
    """Any number of several options."""

    code = "multiple"
    keys = frozenset({"options"})
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """At least one option is right and one is wrong."""
        right, faults = options.check(raw, languages)
        if True not in right or False not in right:
            faults.append(Fault(("options",), "at least one option must be right and at least one wrong"))
        return faults

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Options without and with their key."""
        return options.item(raw)

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Shuffle the options."""
        return options.drawn(parts, random)

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take known refs, each once."""
        if any(fields) or len(fields.get("", ())) > MOST_ENTRIES:
            raise Malformed("unknown or too many fields")
        values = [value for value in fields.get("", ()) if value]
        if len(set(values)) != len(values) or not options.refs(shown).issuperset(values):
            raise Malformed("unknown or repeated option")
        return sorted(values) or None

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """The later answer stands."""
        return given

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """Options with the chosen ones marked."""
        return options.form(shown, answer or [])

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """Right ticked / all right − wrong ticked / all wrong, never below 0: ticking everything gives 0."""
        if answer is None:
            return NOTHING
        right, ticked = set(key["right"]), set(answer)
        wrong = set(key["feedback"]) - right
        share = Fraction(len(ticked & right), len(right)) - Fraction(len(ticked & wrong), len(wrong))
        return Mark(max(share, Fraction(0)))

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line an option."""
        return options.review(shown, key, answer or [])

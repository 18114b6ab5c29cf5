"""A kind that this release does not know: shown as such, and left to a person to mark. Pure."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from quizzes.kinds.base import Answer, Fault, Fields, Line, Malformed, Mark, Parts


class Unknown:
    """What `of` returns for a code that is in no list: a value, not a crash."""

    code = "unknown"
    keys = frozenset[str]()
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """A bank must not use it."""
        return [Fault(("kind",), f"there is no kind {raw.get('kind')!r}")]

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Nothing is known of it."""
        return Parts(shown={}, key={})

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Left as it is."""
        return parts

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Nothing can be answered."""
        if any(value for values in fields.values() for value in values):
            raise Malformed("a question of a kind that is not known takes no answer")
        return None

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """What was saved stays."""
        return saved

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """Nothing to ask with."""
        return {}

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """A person must mark it."""
        return None

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """Nothing to tell."""
        return ()

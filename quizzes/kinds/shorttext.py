"""A word or three. The answer is the text, in NFC with single spaces. Pure.

strict: equal after NFC, single spaces and case folding, so accents matter. tolerant: accents, case and đ/d do not
matter, nor do marks at the ends (phones add a full stop by themselves). An accepted spelling in any language counts.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from portal.core.names import fold, tidy
from quizzes.kinds.base import (
    NOTHING,
    Answer,
    Fault,
    Fields,
    Line,
    Malformed,
    Mark,
    Parts,
    neutral,
    one_value,
    words,
)

_LONGEST = 100
_ENDS = " .,;:!?\"'“”‘’()…"


def strict(text: str) -> str:
    """Return what a strict comparison compares."""
    return tidy(tidy(text).casefold())


def tolerant(text: str) -> str:
    """Return what a tolerant comparison compares: without accents, đ as d, without marks at the ends."""
    return fold(text).strip(_ENDS)


_FORMS = {"strict": strict, "tolerant": tolerant}


class ShortText:
    """A word that has to be known, not recognised."""

    code = "shorttext"
    keys = frozenset({"match", "accept"})
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """A way of matching, and in every language at least one spelling that is not empty once compared."""
        faults = []
        if raw.get("match") not in ("strict", "tolerant"):
            faults.append(Fault(("match",), '\'match\' must be "strict" or "tolerant"'))
        accept = raw.get("accept")
        if not isinstance(accept, dict):
            return [*faults, Fault(("accept",), "'accept' must list spellings in every language")]
        for language in accept:
            if language not in languages:
                faults.append(Fault(("accept",), f"{language!r} is no language of this bank"))
        for language in languages:
            spellings = accept.get(language)
            if not isinstance(spellings, list) or not spellings:
                faults.append(Fault(("accept", language), f"needs at least one spelling in {language!r}"))
                continue
            for place, spelling in enumerate(spellings):
                wrong = words(spelling, "accept", language, place)
                if not wrong and (len(spelling) > _LONGEST or not tolerant(spelling)):
                    wrong = [
                        Fault(
                            ("accept", language, place),
                            f"must be a word or three, at most {_LONGEST} letters",
                        )
                    ]
                faults += wrong
        return faults

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Nothing is shown but the stem."""
        return Parts(shown={}, key={"match": raw["match"], "accept": raw["accept"]})

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Nothing to shuffle."""
        return parts

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take up to 100 letters; invisible formatting characters are dropped, control characters refused."""
        value = one_value(fields, longest=2 * _LONGEST) or ""
        text = tidy("".join(character for character in value if unicodedata.category(character) != "Cf"))
        if len(text) > _LONGEST or any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise Malformed("too long, or not text")
        return text or None

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """The later answer stands."""
        return given

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """What was typed."""
        return {"value": answer or "", "longest": _LONGEST}

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """1 when it equals an accepted spelling, in any language, else 0."""
        if answer is None:
            return NOTHING
        form = _FORMS[key["match"]]
        accepted = {form(spelling) for spellings in key["accept"].values() for spelling in spellings}
        return Mark(Fraction(form(answer) in accepted))

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line; the first spelling of each language is what would have been right."""
        marked = self.mark(key, answer)
        return (
            Line(
                ref="text",
                text=None,
                chosen=answer is not None,
                right=marked is not None and marked.share == 1,
                given=None if answer is None else neutral(answer),
                expected={language: spellings[0] for language, spellings in key["accept"].items()},
            ),
        )

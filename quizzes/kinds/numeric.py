"""A number, with a tolerance. The answer is the text that was typed, tidied. Pure.

People write numbers in the Vietnamese way (1.234,5), in the English way (1,234.5), with spaces (1 234,5) and without
any mark (1234,5). Most spellings can be read in one way only. Where one mark stands alone before exactly three
digits (`1.234`, `1,234`) both readings are possible, and the answer is right if either is: nobody who means one and
a bit writes what reads as the right thousand by accident, and nobody should fail for the keyboard of her phone.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

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
    texts,
)

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_DECIMAL = re.compile(r"([0-9]*)[.,]([0-9]+)")
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:([., ])[0-9]{3})(?:\2[0-9]{3})*)(?:([.,])([0-9]+))?")
_LONGEST = 40


def readings(typed: str) -> frozenset[Decimal]:
    """Return every number that `typed` can mean: one, two where a lone mark stands before three digits, or none."""
    text = _SPACES.sub(" ", typed).strip().replace("\u2212", "-").replace("\u2013", "-")
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").strip() if text[:1] in ("+", "-") and text[1:2] not in ("+", "-") else text
    found = set()
    if re.fullmatch(r"[0-9]+", digits):
        found.add(Decimal(digits))
    if match := _DECIMAL.fullmatch(digits):
        found.add(Decimal(f"{match[1] or '0'}.{match[2]}"))
    if (match := _GROUPED.fullmatch(digits)) and match[3] != match[2]:
        whole = re.sub(r"[., ]", "", match[1])
        found.add(Decimal(f"{whole}.{match[4] or '0'}"))
    return frozenset(sign * number for number in found)


def _without_unit(typed: str, unit: Mapping[str, str]) -> str:
    for words in sorted((*unit.values(), "%"), key=len, reverse=True):
        if typed.casefold().endswith(words.casefold()):
            return typed[: -len(words)].strip()
    return typed


def _shown(number: str, unit: Mapping[str, str], language: str) -> str:
    digits = number.replace(".", ",") if language == "vi" else number
    return f"{digits} {unit[language]}" if language in unit else digits


class Numeric:
    """A number within a tolerance of the right one."""

    code = "numeric"
    keys = frozenset({"answer", "tolerance", "unit"})
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """Answer and tolerance are decimals written as strings; the tolerance is not below 0."""
        faults = []
        for name in ("answer", "tolerance"):
            value = raw.get(name)
            if not isinstance(value, str) or not _NUMBER.fullmatch(value):
                faults.append(Fault((name,), f'{name!r} must be a decimal in quotes, such as "24" or "1.5"'))
            elif name == "tolerance" and value.startswith("-"):
                faults.append(Fault((name,), "'tolerance' must not be below 0"))
        if "unit" in raw:
            faults += texts(raw["unit"], languages, "unit")
        return faults

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """The unit is shown, the number and its tolerance are the key."""
        return Parts(
            shown={"unit": raw.get("unit", {})}, key={"answer": raw["answer"], "tolerance": raw["tolerance"]}
        )

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Nothing to shuffle."""
        return parts

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take what reads as a number; the unit may have been typed behind it."""
        value = one_value(fields, longest=_LONGEST)
        tidy = _SPACES.sub(" ", unicodedata.normalize("NFC", value or "")).strip()
        if not tidy:
            return None
        number = _without_unit(tidy, shown["unit"])
        if not readings(number):
            raise Malformed("not a number")
        return number

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """The later answer stands."""
        return given

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """What was typed, and the unit."""
        return {"value": answer or "", "unit": shown["unit"]}

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """1 when a reading is at most the tolerance away from the right number, both ends included."""
        if answer is None:
            return NOTHING
        wanted, tolerance = Fraction(key["answer"]), Fraction(key["tolerance"])
        return Mark(Fraction(any(abs(Fraction(number) - wanted) <= tolerance for number in readings(answer))))

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line."""
        marked = self.mark(key, answer)
        return (
            Line(
                ref="number",
                text=None,
                chosen=answer is not None,
                right=marked is not None and marked.share == 1,
                given=None if answer is None else neutral(answer),
                expected={
                    language: _shown(key["answer"], shown["unit"], language) for language in ("vi", "en")
                },
            ),
        )

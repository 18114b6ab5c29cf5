"""Matching: each left has its right; extra rights distract. The answer is `{left: right}`, as far as given. Pure.

Rights that read the same are one (sorting statements under two headings is matching, too).
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from quizzes.kinds.base import (
    NOTHING,
    Answer,
    Fault,
    Fields,
    Line,
    Mark,
    Parts,
    Path,
    option_texts,
    origin,
    rows,
    same_texts,
    shuffled,
    tables,
)

_PAIR = frozenset({"ref", "left", "right"})
_DISTRACTOR = frozenset({"ref", "text"})


class Matching:
    """Pairs to be put together."""

    code = "matching"
    keys = frozenset({"pairs", "distractors"})
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """Two or more pairs; lefts differ, there are two different rights, and no distractor reads like a right."""
        pairs, faults = tables(raw, "pairs", _PAIR, fewest=2)
        distractors, more = tables(raw, "distractors", _DISTRACTOR, fewest=0)
        faults += more
        lefts: list[tuple[Path, object]] = []
        rights: list[object] = []
        for place, pair in pairs:
            faults += option_texts(pair.get("left"), languages, "pairs", place, "left")
            faults += option_texts(pair.get("right"), languages, "pairs", place, "right")
            lefts.append((("pairs", place, "left"), pair.get("left")))
            if pair.get("right") not in rights:
                rights.append(pair.get("right"))
        apart: list[tuple[Path, object]] = [(("pairs",), right) for right in rights]
        for place, distractor in distractors:
            faults += option_texts(distractor.get("text"), languages, "distractors", place, "text")
            apart.append((("distractors", place, "text"), distractor.get("text")))
        if pairs and len(rights) + len(distractors) < 2:
            faults.append(Fault(("pairs",), "every left has the same right: there is nothing to choose"))
        return faults + same_texts(lefts, "lefts") + same_texts(apart, "different rights")

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Lefts and rights are shown, which goes with which is the key."""
        rights: list[dict[str, Any]] = []
        key = {}
        for pair in raw["pairs"]:
            same = next((right["ref"] for right in rights if right["text"] == pair["right"]), None)
            if same is None:
                same = f"p-{pair['ref']}"
                rights.append({"ref": same, "text": pair["right"]})
            key[pair["ref"]] = same
        rights += [
            {"ref": f"x-{extra['ref']}", "text": extra["text"]} for extra in raw.get("distractors", [])
        ]
        lefts = [{"ref": pair["ref"], "text": pair["left"]} for pair in raw["pairs"]]
        return Parts(shown={"lefts": lefts, "rights": rights}, key={"pairs": key})

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Shuffle both sides and label them by their places."""
        left_texts = {left["ref"]: left["text"] for left in parts.shown["lefts"]}
        right_texts = {right["ref"]: right["text"] for right in parts.shown["rights"]}
        lefts, left_labels = shuffled(sorted(left_texts), random)
        rights, right_labels = shuffled(sorted(right_texts), random)
        return Parts(
            shown={
                "lefts": [{"ref": left_labels[ref], "text": left_texts[ref]} for ref in lefts],
                "rights": [{"ref": right_labels[ref], "text": right_texts[ref]} for ref in rights],
            },
            key={
                "pairs": {
                    left_labels[left]: right_labels[right] for left, right in parts.key["pairs"].items()
                },
                "origin": {"lefts": origin(left_labels), "rights": origin(right_labels)},
            },
        )

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take a known right for any known left; a pair not yet made is left out."""
        rights = {right["ref"] for right in shown["rights"]}
        return rows(fields, [left["ref"] for left in shown["lefts"]], lambda value: value in rights)

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """The later answer stands."""
        return given

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """Rows with what is chosen in each, and the rights to choose from."""
        made = answer or {}
        return {
            "rows": [{**left, "chosen": made.get(left["ref"])} for left in shown["lefts"]],
            "choices": shown["rights"],
        }

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """The share of pairs that are right."""
        if answer is None:
            return NOTHING
        pairs = key["pairs"]
        right = sum(answer.get(left) == wanted for left, wanted in pairs.items())
        return Mark(Fraction(right, len(pairs)), unfinished=not pairs.keys() <= answer.keys())

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line a left."""
        made = answer or {}
        rights = {right["ref"]: right["text"] for right in shown["rights"]}
        return tuple(
            Line(
                ref=left["ref"],
                text=left["text"],
                chosen=left["ref"] in made,
                right=made.get(left["ref"]) == key["pairs"][left["ref"]],
                given=rights.get(made.get(left["ref"])),
                expected=rights[key["pairs"][left["ref"]]],
            )
            for left in shown["lefts"]
        )

"""Ordering: things to be put in their right order. The answer is `{thing: place}`, places from 1, as far as given. Pure.

The mark looks at neighbours, because a right chain that is shifted by one is mostly right, and a place by place count
would call it wholly wrong. Of n things there are n − 1 pairs of neighbours in the right order; the mark is the share
of them that were kept: the second directly after the first. Two things on one place are on none. It is 1 only when
everything is right, for all pairs kept leave one order of n things on n places; the reverse order gives 0.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
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
    neutral,
    option_texts,
    origin,
    rows,
    same_texts,
    shuffled,
    tables,
)

_NAMES = frozenset({"ref", "text"})


class Ordering:
    """Things in an order."""

    code = "ordering"
    keys = frozenset({"items"})
    cumulative = False

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """Three or more things that read differently."""
        things, faults = tables(raw, "items", _NAMES, fewest=3)
        for place, thing in things:
            faults += option_texts(thing.get("text"), languages, "items", place, "text")
        return faults + same_texts(
            [(("items", place, "text"), thing.get("text")) for place, thing in things], "items"
        )

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """The things are shown, their order is the key."""
        return Parts(
            shown={"items": [{"ref": thing["ref"], "text": thing["text"]} for thing in raw["items"]]},
            key={"order": [thing["ref"] for thing in raw["items"]]},
        )

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Shuffle the things, never into the right order, and label them by their places."""
        right = parts.key["order"]
        texts_of = {thing["ref"]: thing["text"] for thing in parts.shown["items"]}
        order, labels = shuffled(right, random)
        while order == right:
            order, labels = shuffled(right, random)
        return Parts(
            shown={"items": [{"ref": labels[ref], "text": texts_of[ref]} for ref in order]},
            key={"order": [labels[ref] for ref in right], "origin": origin(labels)},
        )

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take a place from 1 to n for any known thing; two on one place are kept, for one is on its way elsewhere."""
        names = [thing["ref"] for thing in shown["items"]]
        places = {str(place + 1) for place in range(len(names))}
        found = rows(fields, names, lambda value: value in places)
        return None if found is None else {name: int(place) for name, place in found.items()}

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """The later answer stands."""
        return given

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """Rows with the place of each, and the places to choose from."""
        placed = answer or {}
        return {
            "rows": [{**thing, "place": placed.get(thing["ref"])} for thing in shown["items"]],
            "places": list(range(1, len(shown["items"]) + 1)),
        }

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """Neighbours kept / (n − 1)."""
        if answer is None:
            return NOTHING
        order = key["order"]
        crowd = Counter(answer.values())
        alone = {ref: place for ref, place in answer.items() if crowd[place] == 1}
        kept = sum(
            first in alone and second in alone and alone[second] == alone[first] + 1
            for first, second in pairwise(order)
        )
        return Mark(Fraction(kept, len(order) - 1), unfinished=len(alone) < len(order))

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line a thing, in the order it was shown, with the place it was given and the place it has."""
        placed = answer or {}
        places = {ref: place for place, ref in enumerate(key["order"], start=1)}
        return tuple(
            Line(
                ref=thing["ref"],
                text=thing["text"],
                chosen=thing["ref"] in placed,
                right=placed.get(thing["ref"]) == places[thing["ref"]],
                given=neutral(str(placed[thing["ref"]])) if thing["ref"] in placed else None,
                expected=neutral(str(places[thing["ref"]])),
            )
            for thing in shown["items"]
        )

"""What single and multiple choice share: options with a ref, a text, right or not, and feedback. Pure."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from quizzes.kinds.base import Fault, Line, Parts, option_texts, origin, same_texts, shuffled, tables, texts

_NAMES = frozenset({"ref", "right", "text", "feedback"})


def check(raw: Mapping[str, Any], languages: Sequence[str]) -> tuple[list[bool], list[Fault]]:
    """Return which options are right, and the faults of all of them."""
    options, faults = tables(raw, "options", _NAMES, fewest=2)
    for place, option in options:
        faults += option_texts(option.get("text"), languages, "options", place, "text")
        faults += texts(option.get("feedback"), languages, "options", place, "feedback")
        if not isinstance(option.get("right", False), bool):
            faults.append(Fault(("options", place, "right"), "'right' must be true or false"))
    faults += same_texts(
        [(("options", place, "text"), option.get("text")) for place, option in options], "options"
    )
    return [option.get("right") is True for _, option in options], faults


def item(raw: Mapping[str, Any]) -> Parts:
    """Split the options: refs and texts are shown, which are right and the feedback are the key."""
    options = raw["options"]
    return Parts(
        shown={"options": [{"ref": option["ref"], "text": option["text"]} for option in options]},
        key={
            "right": [option["ref"] for option in options if option.get("right")],
            "feedback": {option["ref"]: option["feedback"] for option in options},
        },
    )


def drawn(parts: Parts, random: Random) -> Parts:
    """Shuffle the options and label them by their place."""
    texts_of = {option["ref"]: option["text"] for option in parts.shown["options"]}
    order, labels = shuffled(sorted(texts_of), random)
    return Parts(
        shown={"options": [{"ref": labels[ref], "text": texts_of[ref]} for ref in order]},
        key={
            "right": sorted(labels[ref] for ref in parts.key["right"]),
            "feedback": {labels[ref]: text for ref, text in parts.key["feedback"].items()},
            "origin": origin(labels),
        },
    )


def refs(shown: Mapping[str, Any]) -> frozenset[str]:
    """Return the refs that may be chosen."""
    return frozenset(option["ref"] for option in shown["options"])


def form(shown: Mapping[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    """Return the options, each with whether it is chosen."""
    return {"options": [{**option, "chosen": option["ref"] in chosen} for option in shown["options"]]}


def review(shown: Mapping[str, Any], key: Mapping[str, Any], chosen: Sequence[str]) -> tuple[Line, ...]:
    """Return a line for each option, in the order it was shown."""
    return tuple(
        Line(
            ref=option["ref"],
            text=option["text"],
            chosen=option["ref"] in chosen,
            right=option["ref"] in key["right"],
            explanation=key["feedback"][option["ref"]],
        )
        for option in shown["options"]
    )

"""The right answer to a question, from its key: for attempts that nobody sat, in a demonstration or a measurement."""

from collections.abc import Iterator
from typing import Any


def right(kind: str, key: dict[str, Any]) -> dict[str, list[str]]:
    """Return the fields that answer a question rightly."""
    match kind:
        case "single" | "multiple":
            return {"": list(key["right"])}
        case "truefalse":
            return {"": ["true" if key["answer"] else "false"]}
        case "numeric":
            return {"": [key["answer"]]}
        case "shorttext":
            return {"": [key["accept"]["vi"][0]]}
        case "matching":
            return {left: [other] for left, other in key["pairs"].items()}
        case "ordering":
            return {ref: [str(place)] for place, ref in enumerate(key["order"], 1)}
        case "branching":
            return {"": list(_best_way(key))}
    raise AssertionError(f"a kind without a known right answer: {kind}")


def _best_way(key: dict[str, Any]) -> Iterator[str]:
    here = key["start"]
    while here in key["steps"]:
        ref, choice = max(key["steps"][here].items(), key=lambda pair: float(pair[1]["weight"]))
        yield f"{here}.{ref}"
        here = choice["to"]

"""A story in steps: each choice leads on, is weighed, and is explained at the end. Pure.

The answer is the way taken from the start, a list of `step.choice`. A step once taken is taken, as in life: an answer
may only go on from the one saved before, else the story could be read ahead and walked again.

Where choices are what an interviewer says to a child, each is classed (`utterance`, see `quizzes.kinds.interview`), and the
result counts them.

The mark is the sum of the weights on the way taken divided by the best sum that any way can reach. A way that has
not come to an end is unfinished and counts as far as it went.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from quizzes.kinds import interview
from quizzes.kinds.base import (
    NOTHING,
    Answer,
    Diverged,
    Fault,
    Fields,
    Line,
    Malformed,
    Mark,
    Parts,
    Path,
    option_texts,
    same_texts,
    tables,
    texts,
)

END = "end"
_STEP = frozenset({"ref", "text", "choices"})
_CHOICE = frozenset({"ref", "weight", "to", "text", "explain", "utterance", *interview.WORDS})
_MOST_STEPS = 40
_WEIGHT = re.compile(r"[01](\.[0-9]{1,6})?")


def _weight(value: object) -> Fraction | None:
    if not isinstance(value, str) or not _WEIGHT.fullmatch(value) or Fraction(value) > 1:
        return None
    return Fraction(value)


class _Graph:
    """The steps of a story as far as they are sound: where each choice leads, and its weight."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.ways: dict[str, list[tuple[str, Fraction]]] = {}

    def reached(self, start: str) -> set[str]:
        """Return every step that can be reached from `start`."""
        found, ahead = set[str](), [start]
        while ahead:
            here = ahead.pop()
            if here not in found and here in self.ways:
                found.add(here)
                ahead += [to for to, _ in self.ways[here]]
        return found

    def circle(self) -> str | None:
        """Return a step that leads back to itself, or None."""
        open_steps = set(self.ways)
        while free := {step for step in open_steps if not any(to in open_steps for to, _ in self.ways[step])}:
            open_steps -= free
        return min(open_steps, key=lambda step: self.places[step], default=None)

    def best(self, start: str) -> Fraction:
        """Return the largest sum of weights from `start` to an end; the steps must have no circle."""
        sums: dict[str, Fraction] = {}
        while start not in sums:
            for step, ways in self.ways.items():
                if all(to in sums or to not in self.ways for to, _ in ways):
                    sums[step] = max(weight + sums.get(to, Fraction(0)) for to, weight in ways)
        return sums[start]


class Branching:
    """A story whose reader decides how it goes on."""

    code = "branching"
    keys = frozenset({"start", "steps"})
    cumulative = True

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """Each step has two or more choices that lead on; no circle, no step out of reach, no worthless story."""
        steps, faults = tables(raw, "steps", _STEP, fewest=1, most=_MOST_STEPS)
        graph = _Graph()
        for place, step in steps:
            ref = step.get("ref")
            if ref == END:
                faults.append(Fault(("steps", place, "ref"), f"{END!r} is no name for a step"))
            faults += texts(step.get("text"), languages, "steps", place, "text")
            choices, more = tables(step, "choices", _CHOICE, fewest=2, path=("steps", place))
            faults += more
            ways = []
            written: list[tuple[Path, object]] = []
            for number, choice in choices:
                at: Path = ("steps", place, "choices", number)
                faults += option_texts(choice.get("text"), languages, *at, "text")
                faults += texts(choice.get("explain"), languages, *at, "explain")
                written.append(((*at, "text"), choice.get("text")))
                weight, to = _weight(choice.get("weight")), choice.get("to")
                if weight is None:
                    faults.append(
                        Fault(
                            (*at, "weight"),
                            "'weight' must be a decimal from 0 to 1 in quotes, such as \"0.5\"",
                        )
                    )
                if not isinstance(to, str):
                    faults.append(Fault((*at, "to"), f"'to' must name the next step, or {END!r}"))
                else:
                    ways.append((to, weight or Fraction(0)))
            faults += same_texts(written, "choices")
            for number, choice in choices:
                faults += interview.faults(choice, languages, ("steps", place, "choices", number))
            if isinstance(ref, str) and ways:
                graph.places.setdefault(ref, place)
                graph.ways.setdefault(ref, ways)
        faults += _class_faults(steps)
        return faults + (_graph_faults(raw, steps, graph) if graph.ways else [])

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Texts and where choices lead are for telling the story; weights and explanations are the key."""
        graph = _Graph()
        for step in raw["steps"]:
            graph.ways[step["ref"]] = [
                (choice["to"], Fraction(choice["weight"])) for choice in step["choices"]
            ]
        return Parts(
            shown={
                "start": raw["start"],
                "steps": {
                    step["ref"]: {
                        "text": step["text"],
                        "choices": [
                            {name: choice[name] for name in ("ref", "text", "to")}
                            for choice in step["choices"]
                        ],
                    }
                    for step in raw["steps"]
                },
            },
            key={
                "start": raw["start"],
                "best": str(graph.best(raw["start"])),
                "steps": {
                    step["ref"]: {
                        choice["ref"]: {
                            name: choice[name]
                            for name in ("weight", "to", "explain", "utterance", *interview.WORDS)
                            if name in choice
                        }
                        for choice in step["choices"]
                    }
                    for step in raw["steps"]
                },
            },
        )

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Steps are told as they were written."""
        return parts

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Take the way from the start, each entry `step.choice`; it must be a way of this story."""
        if any(fields):
            raise Malformed("unknown field")
        way = [value for value in fields.get("", ()) if value]
        here = shown["start"]
        for entry in way:
            step = shown["steps"].get(here)
            to = (
                next((choice["to"] for choice in step["choices"] if f"{here}.{choice['ref']}" == entry), None)
                if step
                else None
            )
            if to is None:
                raise Malformed("no way of this story")
            here = to
        return way or None

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """Go on from the saved way; less of the same way changes nothing, another way is refused."""
        old, new = saved or [], given or []
        shared = min(len(old), len(new))
        if old[:shared] != new[:shared]:
            raise Diverged("the story has gone another way")
        return new if len(new) > len(old) else saved

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """The steps taken, each with what was chosen, and the step that is asked now (None: the story has ended)."""
        here = shown["start"]
        taken = []
        for entry in answer or []:
            step = shown["steps"][here]
            choice = next(choice for choice in step["choices"] if f"{here}.{choice['ref']}" == entry)
            taken.append({"value": entry, "text": step["text"], "choice": choice["text"]})
            here = choice["to"]
        step = shown["steps"].get(here)
        choices = (
            [{"value": f"{here}.{choice['ref']}", "text": choice["text"]} for choice in step["choices"]]
            if step
            else []
        )
        return {"taken": taken, "step": {"text": step["text"], "choices": choices} if step else None}

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """Weights on the way / the best sum of any way."""
        if answer is None:
            return NOTHING
        total, here = Fraction(0), key["start"]
        for entry in answer:
            choice = key["steps"][here][entry.partition(".")[2]]
            total, here = total + Fraction(choice["weight"]), choice["to"]
        return Mark(total / Fraction(key["best"]), unfinished=here != END)

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """One line a step taken: what was chosen and why it was good or not, and the best choice there."""
        lines = []
        for entry in answer or []:
            ref, _, chosen = entry.partition(".")
            step, weighed = shown["steps"][ref], key["steps"][ref]
            best = max(Fraction(choice["weight"]) for choice in weighed.values())
            right = Fraction(weighed[chosen]["weight"]) == best
            lines.append(
                Line(
                    ref=entry,
                    text=step["text"],
                    chosen=True,
                    right=right,
                    given=next(choice["text"] for choice in step["choices"] if choice["ref"] == chosen),
                    expected=next(
                        choice["text"]
                        for choice in step["choices"]
                        if Fraction(weighed[choice["ref"]]["weight"]) == best
                    ),
                    explanation=weighed[chosen]["explain"],
                    utterance=weighed[chosen].get("utterance"),
                    words={
                        name: weighed[chosen][name] for name in interview.WORDS if name in weighed[chosen]
                    },
                )
            )
        return tuple(lines)


def _class_faults(steps: Sequence[tuple[int, dict[str, Any]]]) -> list[Fault]:
    """Return where a story is an interview by halves: what is said to the child is classed everywhere or nowhere.

    A step whose choices are no words to the child (a phone call, a decision) has none classed.
    """
    faults = []
    for place, step in steps:
        choices = step.get("choices")
        if not isinstance(choices, list):
            continue
        classed = [isinstance(one, dict) and "utterance" in one for one in choices]
        if any(classed) and not all(classed):
            faults.append(
                Fault(
                    ("steps", place, "choices", classed.index(False)),
                    "'utterance' is missing here: class every choice of the step or none",
                )
            )
    return faults


def _graph_faults(
    raw: Mapping[str, Any], steps: Sequence[tuple[int, dict[str, Any]]], graph: _Graph
) -> list[Fault]:
    """Return what is wrong with the story as a whole."""
    start = raw.get("start")
    faults = []
    known = {step.get("ref") for _, step in steps if isinstance(step.get("ref"), str)}
    if not isinstance(start, str) or start not in known:
        faults.append(Fault(("start",), "'start' must name a step"))
    for place, step in steps:
        choices = step.get("choices")
        for number, choice in enumerate(choices if isinstance(choices, list) else []):
            to = choice.get("to") if isinstance(choice, dict) else None
            if isinstance(to, str) and to != END and to not in known:
                faults.append(Fault(("steps", place, "choices", number, "to"), f"there is no step {to!r}"))
    circle = graph.circle()
    if circle is not None:
        faults.append(
            Fault(("steps", graph.places[circle]), f"from step {circle!r} the story can go round in a circle")
        )
    if not isinstance(start, str) or start not in graph.ways:
        return faults
    reached = graph.reached(start)
    faults += [
        Fault(("steps", place), f"step {ref!r} can never be reached")
        for ref, place in graph.places.items()
        if ref not in reached
    ]
    if circle is None and graph.best(start) == 0:
        faults.append(Fault(("steps",), "no way through the story earns anything: every weight is 0"))
    return faults

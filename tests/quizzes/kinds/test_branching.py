"""Stories in steps."""

from copy import deepcopy
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.kinds.base import Diverged, Malformed, Mark
from quizzes.kinds.branching import Branching
from quizzes.kinds.interview import talk
from tests.quizzes.conftest import RAW, both, choice

KIND = Branching()
PARTS = KIND.item(RAW["branching"])


def step(ref: str, *choices: dict[str, Any]) -> dict[str, Any]:
    return {"ref": ref, "text": both(f"Bước {ref}"), "choices": list(choices)}


def story(*steps: dict[str, Any], start: Any = "s1") -> dict[str, Any]:
    return {"start": start, "steps": list(steps)}


def faults(raw: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    return [(fault.path, fault.message) for fault in KIND.check(raw, ("vi", "en"))]


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (["s1.a", "s2.a"], Mark(Fraction(1))),  # (1 + 1) / 2
        (["s1.a", "s2.b"], Mark(Fraction(3, 4))),  # (1 + 1/2) / 2
        (["s1.b"], Mark(Fraction(0))),  # 0 / 2, and the story has ended
        (["s1.a"], Mark(Fraction(1, 2), unfinished=True)),  # 1 / 2 so far
        (None, Mark(Fraction(0), unfinished=True)),
    ],
)
def test_mark(answer: list[str] | None, mark: Mark) -> None:
    assert KIND.mark(PARTS.key, answer) == mark


def test_the_best_way_may_be_the_longer_one() -> None:
    """By s2: 0.5 + 1 = 1.5; straight: 1. Straight therefore earns 1 / 1.5 = 2/3."""
    parts = KIND.item(
        story(
            step("s1", choice("a", "1", "end"), choice("b", "0.5", "s2")),
            step("s2", choice("a", "1", "end"), choice("b", "0", "end")),
        )
    )

    assert KIND.mark(parts.key, ["s1.a"]) == Mark(Fraction(2, 3))
    assert KIND.mark(parts.key, ["s1.b", "s2.a"]) == Mark(Fraction(1))


def test_ways_may_meet_again() -> None:
    """s1 -> s2 or s3 -> s4: every way is one more step, best 1 + 1 + 1 = 3."""
    raw = story(
        step("s4", choice("a", "1", "end"), choice("b", "0", "end")),
        step("s1", choice("a", "1", "s2"), choice("b", "0.5", "s3")),
        step("s2", choice("a", "1", "s4"), choice("b", "0", "s4")),
        step("s3", choice("a", "1", "s4"), choice("b", "0", "s4")),
    )

    assert faults(raw) == []
    assert KIND.mark(KIND.item(raw).key, ["s1.b", "s3.a", "s4.a"]) == Mark(
        Fraction(5, 6)
    )  # (0.5 + 1 + 1) / 3


@st.composite
def stories(draw: st.DrawFn) -> dict[str, Any]:
    """A sound story: every choice leads to a later step or to the end, and every step is reached from the one before."""
    size = draw(st.integers(1, 6))
    steps = []
    for number in range(size):
        onward = [f"s{later}" for later in range(number + 1, size)] + ["end"]
        first = f"s{number + 1}" if number + 1 < size else "end"
        weights = st.sampled_from(["0", "0.25", "0.5", "1"])
        steps.append(
            step(
                f"s{number}",
                choice("a", "1", first),
                *(
                    choice(ref, draw(weights), draw(st.sampled_from(onward)))
                    for ref in ("b", "c")[: draw(st.integers(1, 2))]
                ),
            )
        )
    return story(*steps, start="s0")


@given(stories(), st.data())
def test_any_way_of_any_story_earns_0_to_1_and_some_way_earns_1(
    raw: dict[str, Any], data: st.DataObject
) -> None:
    assert faults(raw) == []
    parts = KIND.item(raw)
    way: list[str] = []
    while (now := KIND.form(parts.shown, way or None)["step"]) is not None and data.draw(
        st.integers(0, 9)
    ) > 0:
        way.append(data.draw(st.sampled_from(now["choices"]))["value"])

    mark = KIND.mark(parts.key, KIND.parse(parts.shown, {"": way}))

    assert mark is not None
    assert 0 <= mark.share <= 1
    assert mark.unfinished == (now is not None)
    shares = [found.share for answer in every_way(raw) if (found := KIND.mark(parts.key, answer))]
    assert max(shares) == 1


def every_way(raw: dict[str, Any], here: str = "s0") -> list[list[str]]:
    steps = {one["ref"]: one["choices"] for one in raw["steps"]}
    if here not in steps:
        return [[]]
    return [[f"{here}.{one['ref']}", *rest] for one in steps[here] for rest in every_way(raw, one["to"])]


def test_parse_walks_the_story() -> None:
    assert KIND.parse(PARTS.shown, {"": ["s1.a", "s2.b"]}) == ["s1.a", "s2.b"]
    assert KIND.parse(PARTS.shown, {"": ["", "s1.b"]}) == ["s1.b"]
    assert KIND.parse(PARTS.shown, {}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"": ["s2.a"]},
        {"": ["s1.b", "s2.a"]},
        {"": ["s1.a", "s1.a"]},
        {"": ["s1"]},
        {"": ["s1.a.b"]},
        {"x": ["s1.a"]},
    ],
)
def test_parse_refuses_what_is_no_way(fields: dict[str, list[str]]) -> None:
    with pytest.raises(Malformed):
        KIND.parse(PARTS.shown, fields)


def test_an_answer_only_goes_on() -> None:
    assert KIND.after(None, ["s1.a"]) == ["s1.a"]
    assert KIND.after(["s1.a"], ["s1.a", "s2.a"]) == ["s1.a", "s2.a"]
    assert KIND.after(["s1.a"], ["s1.a"]) == ["s1.a"]
    assert KIND.after(["s1.a", "s2.a"], ["s1.a"]) == ["s1.a", "s2.a"]
    assert KIND.after(["s1.a"], None) == ["s1.a"]
    with pytest.raises(Diverged):
        KIND.after(["s1.a"], ["s1.b"])


def test_form_tells_the_way_and_the_step_and_nothing_ahead() -> None:
    form = KIND.form(PARTS.shown, ["s1.a"])

    assert form["taken"] == [{"value": "s1.a", "text": both("Bước một"), "choice": both("Chọn a đi s2")}]
    assert form["step"]["text"] == both("Bước hai")
    assert [one["value"] for one in form["step"]["choices"]] == ["s2.a", "s2.b"]
    assert KIND.form(PARTS.shown, ["s1.b"])["step"] is None
    assert "Bước hai" not in repr(KIND.form(PARTS.shown, None))


def test_review_explains_each_step_taken() -> None:
    lines = KIND.review(PARTS.shown, PARTS.key, ["s1.a", "s2.b"])

    assert [line.right for line in lines] == [True, False]
    assert lines[1].given == both("Chọn b đi end")
    assert lines[1].expected == both("Chọn a đi end")
    assert lines[1].explanation == both("BÍ-MẬT vì b")
    assert KIND.review(PARTS.shown, PARTS.key, None) == ()


GOOD = (choice("a", "1", "end"), choice("b", "0", "end"))


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        (story(step("s1", *GOOD), start="s9"), ("start",), "'start' must name a step"),
        (story(step("s1", *GOOD), start=["s1"]), ("start",), "'start' must name a step"),
        (story(), ("steps",), "needs 1 to 40 of 'steps', has 0"),
        (
            story(step("s1", choice("a", "1", "s7"), choice("b", "0", "end"))),
            ("steps", 0, "choices", 0, "to"),
            "there is no step 's7'",
        ),
        (story(step("s1", *GOOD), step("s2", *GOOD)), ("steps", 1), "step 's2' can never be reached"),
        (
            story(
                step("s1", choice("a", "1", "s2"), choice("b", "0", "end")),
                step("s2", choice("a", "1", "s1"), choice("b", "0", "end")),
            ),
            ("steps", 0),
            "from step 's1' the story can go round in a circle",
        ),
        (
            story(step("s1", choice("a", "0", "end"), choice("b", "0", "end"))),
            ("steps",),
            "no way through the story earns anything: every weight is 0",
        ),
        (
            story(step("s1", choice("a", "1.5", "end"), choice("b", "0", "end"))),
            ("steps", 0, "choices", 0, "weight"),
            "'weight' must be a decimal from 0 to 1 in quotes, such as \"0.5\"",
        ),
        (
            story(step("s1", choice("a", "1", "end"))),
            ("steps", 0, "choices"),
            "needs 2 to 12 of 'choices', has 1",
        ),
        (story(step("end", *GOOD), start="end"), ("steps", 0, "ref"), "'end' is no name for a step"),
        (
            story(step("s1", choice("a", "1", "end"), {**choice("b", "0", "end"), "to": 7})),
            ("steps", 0, "choices", 1, "to"),
            "'to' must name the next step, or 'end'",
        ),
        (
            story(
                step(
                    "s1",
                    choice("a", "1", "end"),
                    {**choice("b", "0", "end"), "text": choice("a", "1", "end")["text"]},
                )
            ),
            ("steps", 0, "choices", 1, "text"),
            "two choices read the same",
        ),
    ],
)
def test_check(raw: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    assert (path, message) in faults(raw)


@pytest.mark.parametrize("weight", [1, "2", "-1", "", ".", "½", "1e0", "0.5 ", None])
def test_check_wants_weights_in_quotes_from_0_to_1(weight: Any) -> None:
    raw = story(step("s1", {**choice("a", "1", "end"), "weight": weight}, choice("b", "1", "end")))

    assert [path for path, _ in faults(raw)] == [("steps", 0, "choices", 0, "weight")]


def test_check_survives_anything() -> None:
    assert faults({"steps": 1})
    assert faults(
        {"start": "s1", "steps": [{"ref": ["x"], "choices": "none"}, {"ref": "s1", "choices": [1, 2]}, 3]}
    )
    assert faults(story(step("s1", *GOOD), {"ref": "s2", "choices": 5}))
    assert faults(story(step("s1", *GOOD), step("s1", *GOOD)))
    broken = deepcopy(RAW["branching"])
    del broken["steps"][0]["choices"][0]["explain"]
    assert faults(broken) == [
        (("steps", 0, "choices", 0, "explain"), 'must be a text in every language: { vi = "…", en = "…" }')
    ]


def said(ref: str, to: str, utterance: str, **words: str) -> dict[str, Any]:
    """Return a choice that is something said to a child."""
    made = {name: {"vi": text, "en": text} for name, text in words.items()}
    return {**choice(ref, "1" if ref == "a" else "0", to), "utterance": utterance, **made}


def test_an_interview_counts_what_was_said_and_tells_what_was_lost() -> None:
    raw = story(
        step("s1", said("a", "s2", "open_invitation", learnt="She was at her aunt's."), said("b", "s2", "suggestive", lost="Her own words.", better="Tell me what happened.")),
        step("s2", said("a", "s3", "cued_invitation"), said("b", "s3", "option_posing", better="Tell me more about that.")),
        step("s3", said("a", "end", "supportive"), said("b", "end", "directive")),
    )  # fmt: skip
    parts = KIND.item(raw)

    found = talk(KIND.review(parts.shown, parts.key, ["s1.b", "s2.a", "s3.a"]))

    assert faults(raw) == []
    assert found is not None
    assert found.open_share == Fraction(1, 2)  # of two prompts one is open; supportive words are no prompt
    assert found.suggestive == 1
    assert [one["en"] for one in found.lost] == ["Her own words."]
    assert [one.instead["en"] for one in found.better] == ["Tell me what happened."]
    assert found.learnt == []


def test_an_interview_by_halves_and_a_weak_line_without_a_better_one_are_faults() -> None:
    raw = story(
        step("s1", said("a", "end", "open_invitation"), choice("b", "0", "end")),
        step("s2", said("a", "end", "suggestive"), said("b", "end", "shouting")),
    )

    messages = [message for _path, message in faults(raw)]

    assert any("class every choice of the step or none" in message for message in messages)
    assert any("needs 'better'" in message for message in messages)
    assert any("'utterance' is one of" in message for message in messages)


def test_a_story_that_is_no_interview_has_no_talk() -> None:
    raw = story(step("s1", choice("a", "1", "end"), choice("b", "0", "end")))
    parts = KIND.item(raw)

    assert talk(KIND.review(parts.shown, parts.key, ["s1.a"])) is None

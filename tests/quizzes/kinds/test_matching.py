"""Matching."""

from fractions import Fraction
from typing import Any

import pytest

from quizzes.kinds.base import Malformed, Mark
from quizzes.kinds.matching import Matching
from tests.quizzes.conftest import RAW, both

KIND = Matching()
PARTS = KIND.item(RAW["matching"])


def pair(ref: str, left: str, right: str) -> dict[str, Any]:
    return {"ref": ref, "left": both(left), "right": both(right)}


def faults(pairs: Any, distractors: Any = ()) -> list[str]:
    return [
        fault.message
        for fault in KIND.check({"pairs": pairs, "distractors": list(distractors)}, ("vi", "en"))
    ]


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        ({"p1": "p-p1", "p2": "p-p2", "p3": "p-p3"}, Mark(Fraction(1))),
        ({"p1": "p-p1", "p2": "p-p3", "p3": "p-p2"}, Mark(Fraction(1, 3))),
        ({"p1": "p-p1", "p2": "p-p2"}, Mark(Fraction(2, 3), unfinished=True)),
        (
            {"p1": "p-p2", "p2": "p-p2", "p3": "p-p2"},
            Mark(Fraction(1, 3)),
        ),  # the same for all: a guess's worth
        ({"p1": "x-x1", "p2": "p-p1", "p3": "p-p1"}, Mark(Fraction(0))),
        (None, Mark(Fraction(0), unfinished=True)),
    ],
)
def test_mark_is_the_share_of_right_pairs(answer: dict[str, str] | None, mark: Mark) -> None:
    assert KIND.mark(PARTS.key, answer) == mark


def test_rights_that_read_the_same_are_one() -> None:
    parts = KIND.item(
        {
            "pairs": [
                pair("p1", "Mời kể", "Mở"),
                pair("p2", "Phải không?", "Dẫn"),
                pair("p3", "Rồi sao?", "Mở"),
            ]
        }
    )

    assert [right["text"]["vi"] for right in parts.shown["rights"]] == ["Mở", "Dẫn"]
    assert parts.key["pairs"] == {"p1": "p-p1", "p2": "p-p2", "p3": "p-p1"}


def test_parse_takes_what_is_paired_so_far() -> None:
    assert KIND.parse(PARTS.shown, {"p1": ["p-p1"], "p2": [""], "p3": []}) == {"p1": "p-p1"}
    assert KIND.parse(PARTS.shown, {"p1": [""]}) is None
    assert KIND.parse(PARTS.shown, {}) is None


@pytest.mark.parametrize(
    "fields", [{"p9": ["p-p1"]}, {"p1": ["zz"]}, {"p1": ["p-p1", "p-p2"]}, {"": ["p-p1"]}]
)
def test_parse_refuses_the_rest(fields: dict[str, list[str]]) -> None:
    with pytest.raises(Malformed):
        KIND.parse(PARTS.shown, fields)


def test_check() -> None:
    assert KIND.check(RAW["matching"], ("vi", "en")) == []
    assert faults([pair("p1", "A", "X")]) == [
        "needs 2 to 12 of 'pairs', has 1",
        "every left has the same right: there is nothing to choose",
    ]
    assert faults([pair("p1", "A", "X"), pair("p2", "B", "X")]) == [
        "every left has the same right: there is nothing to choose"
    ]
    assert faults([pair("p1", "A", "X"), pair("p2", "A", "Y")]) == ["two lefts read the same"]
    extra = [{"ref": "x1", "text": both("Y")}]
    assert faults([pair("p1", "A", "X"), pair("p2", "B", "Y")], extra) == [
        "two different rights read the same"
    ]
    assert faults("no") == ["'pairs' must be a list of tables"]
    assert any(
        "must be a text in every language" in fault for fault in faults([pair("p1", "A", "X"), {"ref": "p2"}])
    )


def test_form_and_review() -> None:
    form = KIND.form(PARTS.shown, {"p2": "x-x1"})
    assert [row["chosen"] for row in form["rows"]] == [None, "x-x1", None]
    assert len(form["choices"]) == 4

    lines = KIND.review(PARTS.shown, PARTS.key, {"p1": "p-p1", "p2": "x-x1"})

    assert [(line.chosen, line.right) for line in lines] == [(True, True), (True, False), (False, False)]
    assert lines[1].given == both("Phải thừa")
    assert lines[1].expected == both("Phải 2")
    assert lines[2].given is None
    assert [line.given for line in KIND.review(PARTS.shown, PARTS.key, None)] == [None] * 3

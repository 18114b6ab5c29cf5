"""Single choice."""

from fractions import Fraction
from typing import Any

import pytest

from quizzes.kinds.base import Malformed, Mark
from quizzes.kinds.single import Single
from tests.quizzes.conftest import RAW, option

KIND = Single()
PARTS = KIND.item(RAW["single"])


def faults(options: Any) -> list[str]:
    return [fault.message for fault in KIND.check({"options": options}, ("vi", "en"))]


def test_item_hides_which_is_right() -> None:
    assert PARTS.shown == {
        "options": [
            {"ref": "a", "text": {"vi": "Phương án a", "en": "Phương án a (en)"}},
            {"ref": "b", "text": {"vi": "Phương án b", "en": "Phương án b (en)"}},
            {"ref": "c", "text": {"vi": "Phương án c", "en": "Phương án c (en)"}},
        ]
    }
    assert PARTS.key["right"] == ["b"]


@pytest.mark.parametrize(
    ("answer", "mark"), [("b", Mark(Fraction(1))), ("a", Mark(Fraction(0))), (None, Mark(Fraction(0), True))]
)
def test_mark(answer: str | None, mark: Mark) -> None:
    assert KIND.mark(PARTS.key, answer) == mark


def test_parse_takes_one_known_ref() -> None:
    assert KIND.parse(PARTS.shown, {"": ["b"]}) == "b"
    assert KIND.parse(PARTS.shown, {"": []}) is None
    assert KIND.parse(PARTS.shown, {"": [""]}) is None
    assert KIND.parse(PARTS.shown, {}) is None


@pytest.mark.parametrize("fields", [{"": ["d"]}, {"": ["a", "b"]}, {"x": ["a"]}, {"": ["a" * 41]}])
def test_parse_refuses_the_rest(fields: dict[str, list[str]]) -> None:
    with pytest.raises(Malformed):
        KIND.parse(PARTS.shown, fields)


def test_check_wants_exactly_one_right() -> None:
    assert faults([option("a", right=True), option("b")]) == []
    assert faults([option("a"), option("b")]) == ["exactly one option must be right, here 0 are"]
    assert faults([option("a", right=True), option("b", right=True)]) == [
        "exactly one option must be right, here 2 are"
    ]


def test_check_wants_two_options_with_feedback_that_differ() -> None:
    assert faults([option("a", right=True)]) == ["needs 2 to 12 of 'options', has 1"]
    assert "has no text in 'en'" in faults(
        [option("a", right=True), {**option("b"), "feedback": {"vi": "Vì"}}]
    )
    assert faults([option("a", right=True), {**option("a"), "ref": "b"}]) == ["two options read the same"]
    assert faults([option("a", right=True), option("a") | {"text": {"vi": "K", "en": "K"}}]) == [
        "the ref 'a' is used twice"
    ]
    assert faults([option("a", right=True), {**option("b"), "right": "no"}]) == [
        "'right' must be true or false"
    ]


def test_check_survives_anything() -> None:
    assert faults("none")[0] == "'options' must be a list of tables"
    assert "'options' must be a list of tables" in faults([1, 2])
    assert any(
        "not known here" in fault
        for fault in faults([{**option("a"), "color": "red"}, option("b", right=True)])
    )
    assert any(
        "needs a ref" in fault
        for fault in faults([{**option("a"), "ref": "Á"}, {**option("b", right=True), "text": "chữ"}])
    )


@pytest.mark.parametrize(
    ("vi", "en"),
    [
        ("Tất cả các ý trên", "x"),
        ("Cả ba ý trên", "x"),
        ("Cả A và B", "x"),
        ("Cả a, b, c", "x"),
        ("Không có phương án nào ở trên", "x"),
        ("Tất cả đều đúng", "x"),
        ("x", "All of the above"),
        ("x", "None of these"),
    ],
)
def test_check_refuses_options_about_other_options(vi: str, en: str) -> None:
    assert faults([option("a", right=True), {**option("b"), "text": {"vi": vi, "en": en}}]) == [
        "must stand alone: no 'all of the above', no 'tất cả các ý trên'"
    ]


@pytest.mark.parametrize(
    "vi", ["Gọi cả lớp lại", "Tất cả học sinh ở trên sân", "Không ai nói gì", "Cả hai mẹ con"]
)
def test_check_lets_ordinary_sentences_pass(vi: str) -> None:
    assert faults([option("a", right=True), {**option("b"), "text": {"vi": vi, "en": "x"}}]) == []


def test_form_and_review() -> None:
    assert [one["chosen"] for one in KIND.form(PARTS.shown, "c")["options"]] == [False, False, True]
    assert not any(one["chosen"] for one in KIND.form(PARTS.shown, None)["options"])

    lines = KIND.review(PARTS.shown, PARTS.key, "c")

    assert [(line.ref, line.chosen, line.right) for line in lines] == [
        ("a", False, False),
        ("b", False, True),
        ("c", True, False),
    ]
    assert lines[1].explanation == {"vi": "BÍ-MẬT lời b", "en": "BÍ-MẬT lời b (en)"}
    hinted = [line.hinted() for line in lines]
    assert [(line.right, line.explanation is not None) for line in hinted] == [
        (None, False),
        (None, False),
        (False, True),
    ]

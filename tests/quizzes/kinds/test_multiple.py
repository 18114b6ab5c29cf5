"""Multiple choice: partial credit, and no reward for ticking everything."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.kinds.base import Malformed, Mark
from quizzes.kinds.multiple import Multiple
from tests.quizzes.conftest import RAW, option

KIND = Multiple()
PARTS = KIND.item(RAW["multiple"])  # a, b right; c, d wrong


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        (["a", "b"], Fraction(1)),  # 2/2 - 0/2
        (["a"], Fraction(1, 2)),  # 1/2 - 0/2
        (["a", "b", "c"], Fraction(1, 2)),  # 2/2 - 1/2
        (["a", "c"], Fraction(0)),  # 1/2 - 1/2
        (["c"], Fraction(0)),  # 0/2 - 1/2, floored
        (["a", "b", "c", "d"], Fraction(0)),  # 2/2 - 2/2
    ],
)
def test_mark(answer: list[str], share: Fraction) -> None:
    assert KIND.mark(PARTS.key, answer) == Mark(share)


def test_nothing_ticked_is_unfinished() -> None:
    assert KIND.mark(PARTS.key, None) == Mark(Fraction(0), unfinished=True)


@given(right=st.sets(st.integers(0, 11), min_size=1, max_size=11), size=st.integers(2, 12))
def test_ticking_everything_is_never_rewarded(right: set[int], size: int) -> None:
    refs = [f"o{number}" for number in range(size)]
    chosen = [f"o{number}" for number in right if number < size][: size - 1] or ["o0"]

    mark = KIND.mark({"right": chosen, "feedback": dict.fromkeys(refs, "")}, refs)

    assert mark == Mark(Fraction(0))


@given(
    right=st.sets(st.sampled_from("abcdef"), min_size=1, max_size=5),
    ticked=st.sets(st.sampled_from("abcdef"), min_size=1),
    more=st.sampled_from("abcdef"),
)
def test_a_wrong_tick_never_helps_and_a_right_one_never_harms(
    right: set[str], ticked: set[str], more: str
) -> None:
    key = {"right": sorted(right), "feedback": dict.fromkeys("abcdef", "")}
    before, after = KIND.mark(key, sorted(ticked)), KIND.mark(key, sorted(ticked | {more}))

    assert before is not None
    assert after is not None
    assert after.share >= before.share if more in right else after.share <= before.share
    assert 0 <= after.share <= 1


def test_parse() -> None:
    assert KIND.parse(PARTS.shown, {"": ["b", "a"]}) == ["a", "b"]
    assert KIND.parse(PARTS.shown, {"": []}) is None
    assert KIND.parse(PARTS.shown, {}) is None


@pytest.mark.parametrize("fields", [{"": ["a", "a"]}, {"": ["z"]}, {"a": ["a"]}, {"": ["a"] * 13}])
def test_parse_refuses_the_rest(fields: dict[str, list[str]]) -> None:
    with pytest.raises(Malformed):
        KIND.parse(PARTS.shown, fields)


def test_check_wants_right_and_wrong() -> None:
    message = "at least one option must be right and at least one wrong"
    assert [fault.message for fault in KIND.check({"options": [option("a"), option("b")]}, ("vi", "en"))] == [
        message
    ]
    both_right = {"options": [option("a", right=True), option("b", right=True)]}
    assert [fault.message for fault in KIND.check(both_right, ("vi", "en"))] == [message]
    assert KIND.check(RAW["multiple"], ("vi", "en")) == []


def test_form_and_review() -> None:
    assert [one["chosen"] for one in KIND.form(PARTS.shown, ["b", "c"])["options"]] == [
        False,
        True,
        True,
        False,
    ]
    assert [line.chosen for line in KIND.review(PARTS.shown, PARTS.key, None)] == [False] * 4

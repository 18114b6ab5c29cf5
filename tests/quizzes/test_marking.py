"""Marks of whole papers, and what a result page may tell."""

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.kinds.base import Mark
from quizzes.marking import Feedback, Result, lessons_again, mark, review, stored_share
from quizzes.paper import Draw, Item, draw
from tests.quizzes.conftest import a_bank

ITEMS = draw(a_bank(), (Draw("o1", 8),), 5).items


def item(ref: str, *, points: int = 1, lesson: str = "bai-mot", kind: str = "truefalse") -> Item:
    words = {"vi": "x", "en": "x"}
    return Item(
        ref,
        kind,
        "o1",
        1,
        lesson,
        points,
        words,
        {"right": {"vi": "Đ"}, "wrong": {"vi": "S"}},
        {},
        {"answer": True},
    )


def test_marks_are_weighed_by_points() -> None:
    items = (item("a"), item("b", points=2), item("c", points=3))

    result = mark(items, {"a": True, "b": True, "c": False})

    assert result.points == 3  # 1 + 2 + 0
    assert result.possible == 6
    assert result.share == Fraction(1, 2)


def test_a_missing_answer_earns_nothing() -> None:
    assert mark((item("a"), item("b")), {"a": True}).share == Fraction(1, 2)


def test_thirds_are_exact() -> None:
    items = (item("a"), item("b"), item("c"))

    assert mark(items, {"a": True, "b": True}).share == Fraction(2, 3)


def test_what_a_person_must_mark_leaves_the_share_open() -> None:
    result = mark((item("a"), item("b", kind="hotspot")), {"a": True})

    assert result.needs_person == {"b"}
    assert result.share is None
    assert result.points == 1


def test_nothing_asked_is_no_share() -> None:
    assert mark((), {}).share is None


@given(
    st.permutations(range(8)),
    st.dictionaries(st.sampled_from([one.ref for one in ITEMS]), st.none(), max_size=8),
)
def test_the_order_of_items_and_answers_does_not_matter(order: list[int], blanks: dict[str, None]) -> None:
    answers: dict[str, Any] = {"q3": False, "q6": "24", "q7": "111", "q8": ["s1.a"], **blanks}
    turned = dict(reversed(answers.items()))

    plain, other = mark(ITEMS, answers), mark([ITEMS[place] for place in order], turned)

    assert plain.points == other.points
    assert plain.marks == other.marks
    assert plain.share is not None
    assert 0 <= plain.share <= 1


def test_a_result_survives_the_database() -> None:
    result = mark((*ITEMS, item("z", kind="hotspot")), {"q3": False, "q8": ["s1.a"]})

    assert Result.read(result.document()) == result
    assert result.document()["marks"]["q8"] == "1/2"
    assert "q8" in result.document()["unfinished"]


@pytest.mark.parametrize(
    ("share", "stored"),
    [
        (Fraction(2, 3), "0.666666"),
        (Fraction(1), "1.000000"),
        (Fraction(0), "0.000000"),
        (Fraction(7_999_999, 10_000_000), "0.799999"),
        (Fraction(4, 5), "0.800000"),
    ],
)
def test_a_stored_share_never_tells_more_than_was_earned(share: Fraction, stored: str) -> None:
    assert stored_share(share) == Decimal(stored)


def test_lessons_to_read_again_begin_with_the_dearest() -> None:
    items = (
        item("a", lesson="mot"),
        item("b", points=2, lesson="hai"),
        item("c", lesson="ba"),
        item("d", lesson="mot"),
    )

    result = mark(items, {"c": True})

    # mot lost 1 + 1 = 2, hai lost 2, ba nothing; equal losses go by name
    assert lessons_again(items, result) == ("hai", "mot")
    assert lessons_again((item("x", kind="hotspot"),), mark((item("x", kind="hotspot"),), {})) == ()


def answers_of(wrong: bool) -> dict[str, Any]:
    single = next(one for one in ITEMS if one.kind == "single")
    right = single.key["right"][0]
    return {"q1": next(label for label in "abc" if (label == right) != wrong), "q8": ["s1.a", "s2.b"]}


def test_full_feedback_tells_everything() -> None:
    answers = answers_of(wrong=True)
    told = {one.ref: one for one in review(ITEMS, answers, mark(ITEMS, answers), Feedback.FULL)}

    assert [one.number for one in told.values()] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert told["q1"].share == 0
    assert told["q1"].feedback == {"vi": "BÍ-MẬT sai q1", "en": "BÍ-MẬT sai q1 (en)"}
    assert told["q1"].lesson == "bai-mot"
    assert sum(line.right is True for line in told["q1"].lines) == 1
    assert all(line.explanation for line in told["q1"].lines)
    assert told["q8"].lines[1].expected is not None
    assert told["q2"].unfinished


def test_hints_tell_of_ones_own_choices_only() -> None:
    answers = answers_of(wrong=True)
    told = {one.ref: one for one in review(ITEMS, answers, mark(ITEMS, answers), Feedback.HINTS)}

    assert told["q1"].feedback is None
    assert [line.right for line in told["q1"].lines].count(None) == 2
    assert [line.right for line in told["q1"].lines if line.chosen] == [False]
    assert all(line.expected is None for one in told.values() for line in one.lines)
    assert told["q8"].lines[1].explanation is not None

    right = answers_of(wrong=False)
    told = {one.ref: one for one in review(ITEMS, right, mark(ITEMS, right), Feedback.HINTS)}
    assert told["q1"].feedback == {"vi": "BÍ-MẬT đúng q1", "en": "BÍ-MẬT đúng q1 (en)"}
    assert told["q1"].lesson is None


def test_no_feedback_tells_the_mark_only() -> None:
    told = review(ITEMS, {}, mark(ITEMS, {}), Feedback.NONE)

    assert "BÍ-MẬT" not in repr([(one.lines, one.feedback) for one in told])
    assert all(one.lines == () and one.share == 0 and one.lesson == "bai-mot" for one in told)


def test_an_item_that_waits_for_a_person_tells_nothing_yet() -> None:
    items = (item("a", kind="hotspot"),)

    (told,) = review(items, {}, mark(items, {}), Feedback.FULL)

    assert (told.share, told.feedback, told.lesson, told.lines, told.unfinished) == (
        None,
        None,
        None,
        (),
        False,
    )


def test_marking_is_quick() -> None:
    """Not a benchmark, a tripwire: a paper of eight kinds a thousand times within two seconds, on any machine."""
    from time import perf_counter

    answers = {"q1": "a", "q2": ["a"], "q3": True, "q6": "24", "q7": "111", "q8": ["s1.a"]}
    Random(0)
    began = perf_counter()
    for _ in range(1000):
        mark(ITEMS, answers)

    assert perf_counter() - began < 2
    assert mark(ITEMS, answers).marks["q6"] == Mark(Fraction(1))

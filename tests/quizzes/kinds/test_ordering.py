"""Ordering by neighbouring pairs."""

from fractions import Fraction
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.kinds.base import Malformed, Mark
from quizzes.kinds.ordering import Ordering
from tests.quizzes.conftest import RAW, both

KIND = Ordering()
PARTS = KIND.item(RAW["ordering"])  # i1 i2 i3 i4: neighbours i1i2, i2i3, i3i4


def placed(*refs: str) -> dict[str, int]:
    return {ref: place for place, ref in enumerate(refs, start=1)}


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (placed("i1", "i2", "i3", "i4"), Mark(Fraction(1))),
        (placed("i2", "i3", "i4", "i1"), Mark(Fraction(2, 3))),  # i2i3 and i3i4 kept
        (placed("i1", "i3", "i2", "i4"), Mark(Fraction(0))),  # none kept
        (placed("i2", "i1", "i3", "i4"), Mark(Fraction(1, 3))),  # i3i4 kept
        (placed("i4", "i3", "i2", "i1"), Mark(Fraction(0))),
        ({"i1": 1, "i2": 2}, Mark(Fraction(1, 3), unfinished=True)),
        ({"i1": 1, "i2": 2, "i3": 2, "i4": 3}, Mark(Fraction(0), unfinished=True)),  # i2 and i3 share a place
        ({"i1": 1, "i2": 1, "i3": 1, "i4": 1}, Mark(Fraction(0), unfinished=True)),
        (None, Mark(Fraction(0), unfinished=True)),
    ],
)
def test_mark_is_the_share_of_neighbours_kept(answer: dict[str, int] | None, mark: Mark) -> None:
    assert KIND.mark(PARTS.key, answer) == mark


def test_only_the_right_order_is_wholly_right() -> None:
    whole = [
        order
        for order in permutations(PARTS.key["order"])
        if KIND.mark(PARTS.key, placed(*order)) == Mark(Fraction(1))
    ]

    assert whole == [("i1", "i2", "i3", "i4")]


@given(st.dictionaries(st.sampled_from(["i1", "i2", "i3", "i4"]), st.integers(1, 4), min_size=1))
def test_any_places_give_a_mark_of_0_to_1_and_1_only_for_the_right_order(answer: dict[str, int]) -> None:
    mark = KIND.mark(PARTS.key, answer)

    assert mark is not None
    assert 0 <= mark.share <= 1
    assert (mark.share == 1) == (answer == placed("i1", "i2", "i3", "i4"))


@given(st.integers())
def test_it_is_never_shown_in_the_right_order(seed: int) -> None:
    parts = KIND.drawn(PARTS, Random(seed))

    assert [thing["ref"] for thing in parts.shown["items"]] == ["a", "b", "c", "d"]
    assert parts.key["order"] != ["a", "b", "c", "d"]


def test_parse_takes_places() -> None:
    assert KIND.parse(PARTS.shown, {"i1": ["2"], "i2": ["2"], "i3": [""]}) == {"i1": 2, "i2": 2}
    assert KIND.parse(PARTS.shown, {}) is None


@pytest.mark.parametrize(
    "fields", [{"i1": ["0"]}, {"i1": ["5"]}, {"i1": ["1", "2"]}, {"i9": ["1"]}, {"i1": ["１"]}]
)
def test_parse_refuses_the_rest(fields: dict[str, list[str]]) -> None:
    with pytest.raises(Malformed):
        KIND.parse(PARTS.shown, fields)


def test_check() -> None:
    assert KIND.check(RAW["ordering"], ("vi", "en")) == []
    two = {"items": [{"ref": "i1", "text": both("A")}, {"ref": "i2", "text": both("B")}]}
    assert [fault.message for fault in KIND.check(two, ("vi", "en"))] == ["needs 3 to 12 of 'items', has 2"]
    same = {"items": [{"ref": f"i{n}", "text": both("A")} for n in range(3)]}
    assert [fault.path for fault in KIND.check(same, ("vi", "en"))] == [
        ("items", 1, "text"),
        ("items", 2, "text"),
    ]


def test_form_and_review() -> None:
    form = KIND.form(PARTS.shown, {"i2": 3})
    assert [row["place"] for row in form["rows"]] == [None, 3, None, None]
    assert form["places"] == [1, 2, 3, 4]

    lines = KIND.review(PARTS.shown, PARTS.key, {"i1": 1, "i2": 3})

    assert [(line.right, line.given, line.expected) for line in lines[:3]] == [
        (True, {"": "1"}, {"": "1"}),
        (False, {"": "3"}, {"": "2"}),
        (False, None, {"": "3"}),
    ]
    assert not any(line.chosen for line in KIND.review(PARTS.shown, PARTS.key, None))

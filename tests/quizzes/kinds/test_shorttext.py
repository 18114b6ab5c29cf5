"""Short text: strict and tolerant, NFC, đ."""

import unicodedata
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.kinds.base import Malformed, Mark
from quizzes.kinds.shorttext import ShortText

KIND = ShortText()
ACCEPT = {"vi": ["Đường dây nóng", "111"], "en": ["hotline"]}


def share(match: str, answer: str) -> Fraction:
    mark = KIND.mark({"match": match, "accept": ACCEPT}, answer)
    assert mark is not None
    return mark.share


@pytest.mark.parametrize(
    ("answer", "strict", "tolerant"),
    [
        ("Đường dây nóng", 1, 1),
        ("đường  dây nóng", 1, 1),  # case and spaces never matter
        ("ĐƯỜNG DÂY NÓNG", 1, 1),
        ("duong day nong", 0, 1),  # accents and đ matter to strict
        ("đuong day nong", 0, 1),
        ("Duong Day Nong.", 0, 1),  # the phone's full stop
        ("111", 1, 1),
        ("111.", 0, 1),
        ("hotline", 1, 1),  # any language counts
        ("112", 0, 0),
        ("đường dây", 0, 0),
        ("đường dây nóng nhé", 0, 0),
    ],
)
def test_mark(answer: str, strict: int, tolerant: int) -> None:
    assert share("strict", answer) == strict
    assert share("tolerant", answer) == tolerant


def test_a_decomposed_spelling_is_the_same_spelling() -> None:
    assert share("strict", unicodedata.normalize("NFD", "Đường dây nóng")) == 1


def test_nothing_is_unfinished() -> None:
    assert KIND.mark({"match": "strict", "accept": ACCEPT}, None) == Mark(Fraction(0), unfinished=True)


@given(st.text(max_size=40))
def test_what_strict_accepts_tolerant_accepts(answer: str) -> None:
    assert share("strict", answer) <= share("tolerant", answer)


def test_parse_tidies() -> None:
    assert KIND.parse({}, {"": ["  một\u00a0 một\u200b một "]}) == "một một một"
    assert KIND.parse({}, {"": [unicodedata.normalize("NFD", "ệ")]}) == "ệ"
    assert KIND.parse({}, {"": ["   "]}) is None
    assert KIND.parse({}, {}) is None


@pytest.mark.parametrize("text", ["x" * 101, "x" * 300, "a\x00b", "a\ud800b", "a\x1bb"])
def test_parse_refuses_what_is_long_or_no_text(text: str) -> None:
    with pytest.raises(Malformed):
        KIND.parse({}, {"": [text]})


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ({"match": "strict", "accept": {"vi": ["một"], "en": ["one"]}}, []),
        ({"match": "fuzzy", "accept": {"vi": ["một"], "en": ["one"]}}, [("match",)]),
        ({"match": "strict"}, [("accept",)]),
        ({"match": "strict", "accept": {"vi": ["một"]}}, [("accept", "en")]),
        ({"match": "strict", "accept": {"vi": [], "en": "one"}}, [("accept", "vi"), ("accept", "en")]),
        ({"match": "strict", "accept": {"vi": ["một"], "en": ["one"], "fr": ["un"]}}, [("accept",)]),
        (
            {"match": "strict", "accept": {"vi": ["m", "..."], "en": ["x" * 101]}},
            [("accept", "vi", 1), ("accept", "en", 0)],
        ),
        (
            {"match": "strict", "accept": {"vi": [1], "en": ["o\u0302"]}},
            [("accept", "vi", 0), ("accept", "en", 0)],
        ),
    ],
)
def test_check(raw: dict[str, Any], paths: list[tuple[str | int, ...]]) -> None:
    assert [fault.path for fault in KIND.check(raw, ("vi", "en"))] == paths


def test_form_and_review() -> None:
    parts = KIND.item({"match": "tolerant", "accept": ACCEPT})
    assert parts.shown == {}
    assert KIND.form(parts.shown, None) == {"value": "", "longest": 100}
    assert KIND.form(parts.shown, "111")["value"] == "111"

    (line,) = KIND.review(parts.shown, parts.key, "duong day nong")
    assert line.right
    assert line.expected == {"vi": "Đường dây nóng", "en": "hotline"}
    (line,) = KIND.review(parts.shown, parts.key, None)
    assert (line.chosen, line.right, line.given) == (False, False, None)

"""True or false."""

from fractions import Fraction

import pytest

from quizzes.kinds.base import Malformed, Mark
from quizzes.kinds.truefalse import TrueFalse

KIND = TrueFalse()
KEY = {"answer": False}


def test_mark() -> None:
    assert KIND.mark(KEY, False) == Mark(Fraction(1))
    assert KIND.mark(KEY, True) == Mark(Fraction(0))
    assert KIND.mark(KEY, None) == Mark(Fraction(0), unfinished=True)


def test_parse() -> None:
    assert KIND.parse({}, {"": ["true"]}) is True
    assert KIND.parse({}, {"": ["false"]}) is False
    assert KIND.parse({}, {}) is None
    with pytest.raises(Malformed):
        KIND.parse({}, {"": ["True"]})


def test_check_wants_a_boolean() -> None:
    assert KIND.check({"answer": True}, ("vi", "en")) == []
    for wrong in ({}, {"answer": "true"}, {"answer": 1}):
        assert [fault.path for fault in KIND.check(wrong, ("vi", "en"))] == [("answer",)]


def test_form_and_review() -> None:
    assert KIND.form({}, False) == {
        "options": [{"ref": "true", "chosen": False}, {"ref": "false", "chosen": True}]
    }
    assert [(line.ref, line.chosen, line.right) for line in KIND.review({}, KEY, True)] == [
        ("true", True, False),
        ("false", False, True),
    ]

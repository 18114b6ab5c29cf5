"""What browsers post."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.posted import Save, fields_of, read_save, read_seq


def test_a_save_is_read() -> None:
    assert read_save({"ref": "q01", "fields": {"": ["b"]}, "seq": 7}) == Save("q01", {"": ["b"]}, 7)


@pytest.mark.parametrize(
    "change",
    [
        {"ref": 1},
        {"ref": "Q 1"},
        {"seq": -1},
        {"seq": 2**53},
        {"seq": "7"},
        {"seq": True},
        {"seq": 1.5},
        {"fields": []},
        {"fields": {"": "b"}},
        {"fields": {"": [1]}},
        {"fields": {"": ["x" * 1001]}},
        {"fields": {"": ["x"] * 101}},
        {"fields": {"": ["a\x00"]}},
        {"fields": {"": ["\ud800"]}},
        {"fields": {str(number): [] for number in range(101)}},
    ],
)
def test_what_is_no_save_is_nothing(change: dict[str, Any]) -> None:
    assert read_save({"ref": "q01", "fields": {"": ["b"]}, "seq": 7} | change) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_junk_is_nothing(payload: Any) -> None:
    assert read_save(payload) is None


@pytest.mark.parametrize(
    ("text", "seq"),
    [("12", 12), (None, 5), ("", 5), ("-1", 5), ("１", 5), ("9" * 16, 2**53 - 1), ("9" * 17, 5)],
)
def test_the_count_of_a_page(text: str | None, seq: int) -> None:
    assert read_seq(text, 5) == seq


def test_fields_of_one_question() -> None:
    posted = {"q-q1": ["a"], "q-q1.b": ["x"], "q-q10": ["c"], "q-q1-b": ["d"], "csrf_token": ["t"]}

    assert fields_of("q1", posted) == {"": ["a"], "b": ["x"]}
    assert fields_of("q1-b", posted) == {"": ["d"]}
    assert fields_of("q2", posted) == {}

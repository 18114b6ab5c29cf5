"""The contract of a kind, over every member of KINDS, and the unknown one."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import kinds
from quizzes.kinds.base import Fields, Malformed, Mark, Parts
from tests.examples import examples
from tests.quizzes.conftest import RAW

CODES = sorted(kinds.KINDS)
EVERY = pytest.mark.parametrize("code", CODES)
NAMES = ["", "a", "b", "c", "d", "e", "p1", "x"]
VALUES = [
    "",
    "a",
    "b",
    "c",
    "d",
    "1",
    "2",
    "4",
    "9",
    "true",
    "false",
    "24",
    "1,5",
    "111",
    "s1.a",
    "s2.a",
    "s2.b",
    "s1.b",
    "\x00",
]
JUNK = st.dictionaries(
    st.sampled_from(NAMES) | st.text(max_size=5),
    st.lists(st.sampled_from(VALUES) | st.text(max_size=130), max_size=4),
    max_size=6,
)
RAW_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from(["end", "s1", "a", "0.5", "strict"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "ref",
                    "text",
                    "right",
                    "left",
                    "feedback",
                    "vi",
                    "en",
                    "to",
                    "weight",
                    "explain",
                    "choices",
                    "steps",
                    "options",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def drawn(code: str, seed: int = 1) -> Parts:
    kind = kinds.of(code)
    return kind.drawn(kind.item(RAW[code]), Random(seed))


def parsed(code: str, parts: Parts, fields: Fields) -> Any:
    try:
        return kinds.of(code).parse(parts.shown, fields)
    except Malformed:
        return None


def test_every_kind_has_its_sample() -> None:
    assert set(RAW) == set(CODES)
    assert all(kinds.of(code).code == code for code in CODES)


@EVERY
def test_the_sample_has_no_fault(code: str) -> None:
    assert kinds.of(code).check(RAW[code], ("vi", "en")) == []


@EVERY
@examples(30)
@given(
    raw=st.dictionaries(
        st.sampled_from(
            ["options", "pairs", "distractors", "items", "steps", "start", "answer", "accept", "match"]
        ),
        RAW_JUNK,
    )
)
def test_check_never_crashes_and_what_it_passes_can_be_drawn(code: str, raw: dict[str, Any]) -> None:
    kind = kinds.of(code)

    if kind.check(raw, ("vi", "en")) == []:
        kind.drawn(kind.item(raw), Random(0))


@EVERY
def test_parts_are_json(code: str) -> None:
    parts = drawn(code)

    assert json.loads(json.dumps([parts.shown, parts.key])) == [parts.shown, parts.key]


@EVERY
def test_nothing_shown_tells_the_key(code: str) -> None:
    parts = drawn(code)

    assert "BÍ-MẬT" not in json.dumps(parts.shown, ensure_ascii=False)
    assert "weight" not in json.dumps(parts.shown)
    assert "BÍ-MẬT" not in json.dumps(kinds.of(code).form(parts.shown, None), ensure_ascii=False)


@EVERY
def test_labels_of_the_bank_do_not_reach_the_page(code: str) -> None:
    """Refs such as `i1`, `i2` of an ordering, or `p1` on both sides of a pair, would tell the key."""
    for name in ("lefts", "rights", "items", "options"):
        refs = [entry["ref"] for entry in drawn(code).shown.get(name, [])]
        assert refs == sorted(refs)
        assert all(len(ref) == 1 for ref in refs)


@EVERY
@examples(40)
@given(fields=JUNK)
def test_parse_never_crashes_and_what_it_takes_can_be_marked_shown_and_reviewed(
    code: str, fields: Mapping[str, Sequence[str]]
) -> None:
    kind, parts = kinds.of(code), drawn(code)

    answer = parsed(code, parts, fields)

    assert json.loads(json.dumps(answer)) == answer
    mark = kind.mark(parts.key, answer)
    assert mark is not None
    assert 0 <= mark.share <= 1
    kind.form(parts.shown, answer)
    kind.review(parts.shown, parts.key, answer)


@EVERY
@examples(40)
@given(fields=JUNK)
def test_parsing_twice_takes_the_same(code: str, fields: Mapping[str, Sequence[str]]) -> None:
    parts = drawn(code)

    assert parsed(code, parts, fields) == parsed(code, parts, fields)


@EVERY
@examples(40)
@given(fields=JUNK)
def test_a_mark_survives_the_database(code: str, fields: Mapping[str, Sequence[str]]) -> None:
    """PostgreSQL sorts the names of objects; so does this."""
    kind, parts = kinds.of(code), drawn(code)
    answer = parsed(code, parts, fields)
    shown, key, again = json.loads(json.dumps([parts.shown, parts.key, answer], sort_keys=True))

    assert kind.mark(key, again) == kind.mark(parts.key, answer)
    assert kind.review(shown, key, again) == kind.review(parts.shown, parts.key, answer)


@EVERY
def test_no_answer_is_nought_and_unfinished(code: str) -> None:
    assert kinds.of(code).mark(drawn(code).key, None) == Mark(Fraction(0), unfinished=True)
    assert kinds.of(code).parse(drawn(code).shown, {}) is None


@EVERY
def test_a_later_answer_stands(code: str) -> None:
    kind = kinds.of(code)

    assert kind.after(None, ["s1.a"]) == ["s1.a"]
    assert kind.cumulative == (code == "branching")
    if not kind.cumulative:
        assert kind.after("old", None) is None


@pytest.mark.parametrize("code", ["single", "multiple"])
@given(one=st.integers(), two=st.integers(), chosen=st.sets(st.sampled_from("abcd"), min_size=1))
def test_shuffling_options_does_not_change_a_mark(code: str, one: int, two: int, chosen: set[str]) -> None:
    kind = kinds.of(code)
    marks = []
    for parts in (drawn(code, one), drawn(code, two)):
        labels = {ref: label for label, ref in parts.key["origin"].items()}
        picked = [labels[ref] for ref in sorted(chosen) if ref in labels] or [labels["a"]]
        marks.append(kind.mark(parts.key, picked[0] if code == "single" else sorted(picked)))

    assert marks[0] == marks[1]


@given(
    one=st.integers(),
    two=st.integers(),
    rights=st.lists(st.sampled_from(["p-p1", "p-p2", "p-p3", "x-x1"]), min_size=3, max_size=3),
)
def test_shuffling_pairs_does_not_change_a_mark(one: int, two: int, rights: list[str]) -> None:
    kind = kinds.of("matching")
    marks = []
    for parts in (drawn("matching", one), drawn("matching", two)):
        lefts = {ref: label for label, ref in parts.key["origin"]["lefts"].items()}
        labels = {ref: label for label, ref in parts.key["origin"]["rights"].items()}
        marks.append(
            kind.mark(parts.key, {lefts[f"p{n}"]: labels[right] for n, right in enumerate(rights, start=1)})
        )

    assert marks[0] == marks[1]


@given(one=st.integers(), two=st.integers(), order=st.permutations(["i1", "i2", "i3", "i4"]))
def test_shuffling_things_does_not_change_a_mark(one: int, two: int, order: list[str]) -> None:
    kind = kinds.of("ordering")
    marks = []
    for parts in (drawn("ordering", one), drawn("ordering", two)):
        labels = {ref: label for label, ref in parts.key["origin"].items()}
        marks.append(kind.mark(parts.key, {labels[ref]: place for place, ref in enumerate(order, start=1)}))

    assert marks[0] == marks[1]


def test_an_unknown_kind_is_a_value() -> None:
    kind = kinds.of("hotspot")
    parts = kind.drawn(kind.item({}), Random(0))

    assert kind.code == "unknown"
    assert [fault.message for fault in kind.check({"kind": "hotspot"}, ("vi", "en"))] == [
        "there is no kind 'hotspot'"
    ]
    assert kind.parse(parts.shown, {"": [""]}) is None
    assert kind.after("kept", None) == "kept"
    assert kind.form(parts.shown, None) == {}
    assert kind.mark(parts.key, None) is None
    assert kind.review(parts.shown, parts.key, None) == ()
    with pytest.raises(Malformed):
        kind.parse(parts.shown, {"": ["x"]})

"""When one is asked before and after, and how two answerings compare: worked by hand, and any answers at all."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.before_after.pair import Scores, Stage, compare, stage

RIGHT, WRONG = Fraction(1), Fraction(0)


@pytest.mark.parametrize(
    ("before", "after", "begun", "completed", "expected"),
    [
        (False, False, False, False, Stage.BEFORE),
        (False, False, True, False, Stage.LATE),
        (False, False, False, True, Stage.LATE),  # completed on paper or in a hall, nothing read here
        (False, False, True, True, Stage.LATE),
        (True, False, False, False, Stage.WAITING),
        (True, False, True, False, Stage.WAITING),
        (True, False, True, True, Stage.AFTER),
        (True, True, True, True, Stage.DONE),
    ],
)
def test_each_is_asked_once_and_in_its_time(
    before: bool, after: bool, begun: bool, completed: bool, expected: Stage
) -> None:
    assert stage(before=before, after=after, begun=begun, completed=completed) is expected


def test_more_right_answers_are_a_rise() -> None:
    before = {"q1": WRONG, "q2": RIGHT, "q3": WRONG}
    after = {"q1": RIGHT, "q2": RIGHT, "q3": WRONG}

    found = compare(before, after, set(before), set(after))

    assert found == Scores(before=1, after=2, of=3)
    assert found.risen


def test_what_was_left_out_once_is_in_neither_score() -> None:
    # q1 left out before and right after: it does not count as learnt; q2 was right both times, q3 is left out after
    before = {"q1": WRONG, "q2": RIGHT, "q3": RIGHT}
    after = {"q1": RIGHT, "q2": RIGHT, "q3": WRONG}

    found = compare(before, after, {"q2", "q3"}, {"q1", "q2"})

    assert found == Scores(before=1, after=1, of=1)
    assert not found.risen


def test_nothing_answered_twice_is_no_pair() -> None:
    marks = {"q1": RIGHT, "q2": RIGHT}

    assert compare(marks, marks, {"q1"}, {"q2"}) is None
    assert compare({}, marks, set(), {"q1"}) is None


MARKED = st.dictionaries(st.sampled_from("abcdefgh"), st.booleans())


@given(MARKED, MARKED, st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
def test_scores_are_counts_of_what_was_answered_twice(
    before: dict[str, bool], after: dict[str, bool], first: set[str], second: set[str]
) -> None:
    found = compare(
        {ref: Fraction(mark) for ref, mark in before.items()},
        {ref: Fraction(mark) for ref, mark in after.items()},
        first,
        second,
    )

    lines = [
        (before[ref], after[ref])
        for ref in "abcdefgh"
        if ref in before and ref in after and ref in first and ref in second
    ]
    if not lines:
        assert found is None
        return
    assert found is not None
    assert (found.before, found.after, found.of) == (
        len([1 for one, _ in lines if one]),
        len([1 for _, one in lines if one]),
        len(lines),
    )
    assert 0 <= found.before <= found.of
    assert found.risen == (found.after > found.before)

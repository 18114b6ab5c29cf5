"""The rubric's arithmetic: exact, and the same as a slow oracle's in tenths of nothing but whole numbers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.practice.rubric import (
    Criterion,
    Level,
    Rubric,
    differences,
    document_of,
    faults_of,
    points,
    rubric_of,
    share,
)

TEXT = {"vi": "x", "en": "x"}


def rubric(*criteria: tuple[int, ...], differ_by: int = 1) -> Rubric:
    """Return a rubric whose criteria have levels of these points."""
    return Rubric(
        "observed_lesson",
        TEXT,
        TEXT,
        60,
        False,
        differ_by,
        tuple(
            Criterion(f"c{number}", TEXT, tuple(Level(one, TEXT) for one in levels))
            for number, levels in enumerate(criteria)
        ),
    )


THREE = rubric((0, 1, 2, 3), (0, 1, 2, 3), (0, 2, 4))


def test_one_sheet_is_its_points_of_the_most() -> None:
    # 2 + 3 + 2 = 7 of 3 + 3 + 4 = 10
    sheet = {"c0": 2, "c1": 3, "c2": 1}

    assert points(THREE, sheet) == 7
    assert share(THREE, [sheet]) == Fraction(7, 10)


def test_two_sheets_near_each_other_are_their_mean() -> None:
    # (2 + 3)/2 + (3 + 3)/2 + (2 + 4)/2 = 2.5 + 3 + 3 = 8.5 of 10
    first, second = {"c0": 2, "c1": 3, "c2": 1}, {"c0": 3, "c1": 3, "c2": 2}

    assert differences(THREE, [first, second]) == ()
    assert share(THREE, [first, second]) == Fraction(17, 20)


def test_a_third_decides_only_where_two_are_far_apart() -> None:
    # c0: 0 and 3 are three levels apart: the third says level 1, 1 point; c1: 3; c2: (2 + 4)/2 = 3; 7 of 10
    first, second = {"c0": 0, "c1": 3, "c2": 1}, {"c0": 3, "c1": 3, "c2": 2}

    assert differences(THREE, [first, second]) == ("c0",)
    assert share(THREE, [first, second], {"c0": 1}) == Fraction(7, 10)
    with pytest.raises(ValueError, match="nobody has decided c0"):
        share(THREE, [first, second])
    with pytest.raises(ValueError, match="nobody has decided c0"):
        share(THREE, [first, second], {"c1": 1})


def test_a_sheet_that_is_not_whole_is_no_sheet() -> None:
    assert faults_of(THREE, {"c0": 4, "c1": -1}) == ("c0", "c1", "c2")
    with pytest.raises(ValueError, match="no level for c1, c2"):
        points(THREE, {"c0": 1})
    with pytest.raises(ValueError, match="no sheet"):
        share(THREE, [])


def test_stored_and_read_again_it_is_the_same() -> None:
    assert rubric_of(document_of(THREE)) == THREE


@st.composite
def marked(draw: st.DrawFn) -> tuple[Rubric, dict[str, int], dict[str, int], dict[str, int]]:
    steps = st.lists(st.integers(1, 7), min_size=1, max_size=4)
    criteria = draw(st.lists(st.tuples(st.integers(0, 3), steps), min_size=1, max_size=6))
    levels = []
    for first, rises in criteria:
        heights = [first]
        for rise in rises:
            heights.append(heights[-1] + rise)
        levels.append(tuple(heights))
    made = rubric(*levels, differ_by=draw(st.integers(0, 4)))
    sheets = [{one.ref: draw(st.integers(0, len(one.levels) - 1)) for one in made.criteria} for _ in range(3)]
    return made, sheets[0], sheets[1], sheets[2]


@given(marked())
def test_the_result_is_exact(case: tuple[Rubric, dict[str, int], dict[str, int], dict[str, int]]) -> None:
    """The oracle counts half points as whole numbers: twice the points, of twice the most."""
    made, first, second, third = case
    twice = 0
    for one in made.criteria:
        a, b = first[one.ref], second[one.ref]
        if abs(a - b) > made.differ_by:
            twice += 2 * one.levels[third[one.ref]].points
        else:
            twice += one.levels[a].points + one.levels[b].points

    result = share(made, [first, second], third)

    assert result * 2 * sum(one.levels[-1].points for one in made.criteria) == twice
    assert 0 <= result <= 1
    assert share(made, [second, first], third) == result


@given(marked())
def test_two_equal_sheets_are_one(
    case: tuple[Rubric, dict[str, int], dict[str, int], dict[str, int]],
) -> None:
    made, first, _second, _third = case

    assert share(made, [first, first]) == share(made, [first]) == Fraction(points(made, first), made.most)

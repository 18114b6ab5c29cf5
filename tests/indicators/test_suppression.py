"""Nothing that is hidden in a public table can be worked out from what is shown: a slow oracle tries everything."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.indicators.suppression import SMALL, hidden, pooled, with_rest


def test_a_small_line_takes_the_shortest_other_with_it() -> None:
    # counted and not counted of four districts; 3 in the second is small. Alone it would be 60 - 20 - 25 - 12 = 3
    lines = [(20, 30), (3, 40), (25, 9), (12, 8)]

    assert hidden(lines, (60, 87)) == {1, 3}  # 12 + 8 is the shortest of the others; together 15 and 48


def test_what_the_total_leaves_is_not_small_either() -> None:
    # 1 and 2 counted are hidden together as 3: that is small, so the shortest of the others follows
    lines = [(1, 20), (2, 20), (9, 9), (30, 30)]

    assert hidden(lines, (42, 79)) == {0, 1, 2}


def test_a_small_total_hides_everything() -> None:
    assert hidden([(2, 30), (1, 40)], (3, 70)) is None
    assert hidden([(20, 0), (40, 2)], (60, 2)) is None


def test_a_table_of_one_small_line_shows_nothing() -> None:
    assert hidden([(3, 30)], (3, 30)) is None


def test_a_column_of_noughts_hides_nothing_by_itself() -> None:
    assert hidden([(0, 30), (0, 40)], (0, 70)) == frozenset()
    assert hidden([(0, 3), (0, 40), (0, 50)], (0, 93)) == {0, 1}


def test_large_numbers_are_all_shown() -> None:
    assert hidden([(5, 6), (0, 7), (8, 0)], (13, 13)) == frozenset()


def test_a_line_that_contradicts_itself_is_hidden() -> None:
    assert hidden([(30, -2), (20, 20), (15, 30)], (65, 48)) == {0, 1}


def test_people_counted_twice_do_not_open_a_gap() -> None:
    # the lines hold 12 + 9 + 4 = 25, the total 20: what it leaves beside the 12 is 8, beside 12 and 9 it is below 0
    assert hidden([(12, 12), (9, 9), (4, 9)], (20, 28)) == {1, 2}


def test_what_lies_beyond_the_lines_is_a_line() -> None:
    assert with_rest([(5, 6), (7, 8)], (15, 14)) == [(5, 6), (7, 8), [3, 0]]
    assert with_rest([(5, 6)], (5, 6)) == [(5, 6)]
    assert with_rest([(5, 6), (5, 6)], (9, 12)) == [(5, 6), (5, 6)]


def test_lines_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="as many numbers"):
        hidden([(1, 2, 3)], (1, 2))


def values_of(shown: int, whole: int, many: int) -> list[set[int]]:
    """Return which numbers each of so many hidden cells of a column can have: every possibility is tried."""
    left = whole - shown
    found: list[set[int]] = [set() for _ in range(many)]
    for some in product(range(left + 1), repeat=many - 1):
        if sum(some) <= left:
            for place, number in enumerate((*some, left - sum(some))):
                found[place].add(number)
    return found


@settings(max_examples=3000, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=5))
def test_no_hidden_number_can_be_worked_out(lines: list[tuple[int, int]]) -> None:
    total = tuple(sum(column) for column in zip(*lines, strict=True))
    left = hidden(lines, total)

    if left is None:  # not even the total is shown: then it is small, or nothing less would do
        return
    shown = [line for place, line in enumerate(lines) if place not in left]
    assert not any(0 < number < SMALL for line in [*shown, total] for number in line)
    for column, whole in enumerate(total):
        cells = values_of(sum(line[column] for line in shown), whole, len(left)) if left else []
        if whole and left:
            assert all(len(possible) > 1 for possible in cells)
            # nor can it be worked out that somebody's cell is small: each may be large
            assert all(max(possible) >= SMALL for possible in cells)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=9))
def test_everything_is_hidden_only_where_nothing_less_would_do(lines: list[tuple[int, int]]) -> None:
    total = tuple(sum(column) for column in zip(*lines, strict=True))

    small_total = any(0 < number < SMALL for number in total)
    assert (hidden(lines, total) is None) == small_total


def test_a_few_people_are_told_of_with_their_neighbours_only() -> None:
    # province 1; communes 100, 101, 102 of district 10, commune 110 of district 11; people, and those who are meant
    first = [((1, 10, 100, -1), 6, 4), ((1, 10, 101, -2), 3, 1), ((1, 10, 102, -3), 1, 1)]
    other = [((1, 11, 110, -4), 4, 0)]

    # 6 by themselves; 3 + 1 = 4 in district 10 are too few; with 4 of district 11 they are 8, of whom 1 + 1 + 0
    assert pooled([*first, *other]) == (14, 6)
    assert pooled(first) == (6, 4)
    assert pooled(other) == (0, 0)
    assert pooled([]) == (0, 0)
    assert pooled([((1, 10, 100, -1), 2, 1), ((1, 10, 100, -1), 3, 3)]) == (
        5,
        4,
    )  # one leaf, said in two parts


LEAVES = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 2), st.integers(0, 7), st.integers(0, 7)),
    max_size=12,
)


@given(LEAVES)
def test_no_difference_of_what_is_told_of_places_is_small(
    drawn: list[tuple[int, int, int, int, int]],
) -> None:
    leaves = [((0, a, 10 * a + b, -c), n, min(n, r)) for a, b, c, n, r in drawn]
    paths = {path[:depth] for path, _n, _r in leaves for depth in range(1, 5)}

    def told(place: tuple[int, ...]) -> tuple[int, int]:
        return pooled([one for one in leaves if one[0][: len(place)] == place])

    for place in paths:
        people, meant = told(place)
        within = [told(one) for one in paths if one[:-1] == place]
        rest = people - sum(n for n, _r in within)
        assert people == 0 or people >= SMALL
        assert rest == 0 or rest >= SMALL
        assert 0 <= meant <= people
        together = sum(n for path, n, _r in leaves if path[: len(place)] == place)
        assert people <= together
        assert together - people < SMALL  # and no more is left out than must be
        if people == together:
            assert meant == sum(r for path, _n, r in leaves if path[: len(place)] == place)

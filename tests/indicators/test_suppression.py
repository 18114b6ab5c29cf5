"""Nothing that is hidden in a public table can be worked out from what is shown: a slow oracle tries everything."""

from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.indicators.suppression import SMALL, Table, hidden, hidden_after, pooled, with_rest


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


# One table after the other


def table(lines: dict[str, tuple[int, ...]]) -> Table | None:
    """Publish a first table."""
    total = tuple(sum(column) for column in zip(*lines.values(), strict=True))
    left = hidden_after(lines, total, ())
    return None if left is None else Table(lines, total, left)


def test_a_line_that_grew_by_three_is_hidden_with_the_shortest_other() -> None:
    june = Table({"A": (40,), "B": (60,), "C": (20,)}, (120,), frozenset())

    # A + 3 is small. With C: both together grew by 3 + 10 = 13
    assert hidden_after({"A": (43,), "B": (80,), "C": (30,)}, (153,), [june]) == {"A", "C"}
    # C did not grow at all: with it the two still say 3, so B follows
    assert hidden_after({"A": (43,), "B": (80,), "C": (20,)}, (143,), [june]) == {"A", "B", "C"}
    # what has not changed, or by five, is shown; and losing three tells as much
    assert hidden_after({"A": (40,), "B": (65,), "C": (20,)}, (125,), [june]) == frozenset()
    assert hidden_after({"A": (37,), "B": (80,), "C": (30,)}, (147,), [june]) == {"A", "C"}


def test_a_total_that_grew_by_three_is_not_shown() -> None:
    june = Table({"A": (40,), "B": (60,)}, (100,), frozenset())

    assert hidden_after({"A": (40,), "B": (63,)}, (103,), [june]) is None


def test_every_earlier_table_is_subtracted() -> None:
    june = Table({"A": (40,), "B": (60,), "C": (20,)}, (120,), frozenset())
    december = Table({"A": (30,), "B": (80,), "C": (40,)}, (150,), frozenset())

    assert hidden_after({"A": (42,), "B": (90,), "C": (60,)}, (192,), [december]) == frozenset()
    assert hidden_after({"A": (42,), "B": (90,), "C": (60,)}, (192,), [june, december]) == {"A", "C"}


def test_what_was_hidden_stays_hidden_where_nothing_has_grown() -> None:
    # June hid A (3) and with it B (9). In December A has 3, B has 9 still; were B shown, A were 12 - 9
    june = table({"A": (3,), "B": (9,), "C": (20,), "D": (30,)})
    assert june is not None
    assert june.left == {"A", "B"}

    left = hidden_after({"A": (3,), "B": (9,), "C": (20,), "D": (40,)}, (72,), [june])

    assert left == {"A", "B"}


def test_a_place_that_was_not_there_is_as_if_it_had_had_nobody() -> None:
    june = Table({"A": (40,), "B": (60,)}, (100,), frozenset())

    assert hidden_after({"A": (40,), "B": (60,), "C": (20,)}, (120,), [june]) == frozenset()
    assert hidden_after({"A": (40,), "C": (20,)}, (60,), [june]) == frozenset()


def test_what_has_outgrown_what_was_hidden_is_shown() -> None:
    june = table({"A": (3,), "B": (9,), "C": (20,), "D": (30,)})
    assert june is not None

    # A and B were 12 together; of 12 or more nothing follows for June, of 11 that B was 1 at least
    assert hidden_after({"A": (12,), "B": (14,), "C": (20,), "D": (30,)}, (76,), [june]) == frozenset()
    assert hidden_after({"A": (11,), "B": (14,), "C": (20,), "D": (30,)}, (75,), [june]) == {"A", "B"}


def compositions(lines: dict[str, tuple[int, ...]], left: frozenset[str]) -> list[dict[str, int]]:
    """Return every table of one column that shows what this one shows."""
    shown = {key: line[0] for key, line in lines.items() if key not in left}
    unknown, whole = sorted(left), sum(line[0] for line in lines.values()) - sum(shown.values())
    if not unknown:
        return [shown]
    return [
        {**shown, **dict(zip(unknown, (*some, whole - sum(some)), strict=True))}
        for some in product(range(whole + 1), repeat=len(unknown) - 1)
        if sum(some) <= whole
    ]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from([0, 0, 1, 2, 3, 5, 6, 9])), min_size=2, max_size=4)
)
def test_no_number_and_no_change_can_be_worked_out_from_two_tables(cells: list[tuple[int, int]]) -> None:
    """Counts that only grow, which whoever subtracts knows: every pair of tables that shows the same is tried."""
    first = {str(place): (then,) for place, (then, _grown) in enumerate(cells)}
    second = {str(place): (then + grown,) for place, (then, grown) in enumerate(cells)}
    before = table(first)
    whole = sum(line[0] for line in second.values())
    left = hidden_after(second, (whole,), [] if before is None else [before])
    if before is None or left is None:  # one of the two is not shown at all
        return
    were, are = compositions(first, before.left), compositions(second, left)
    assume(len(were) * len(are) <= 60_000)
    pairs = [(then, now) for then in were for now in are if all(now[key] >= then[key] for key in first)]
    for key in first:
        then, now, grown = (
            {one[key] for one, _other in pairs},
            {other[key] for _one, other in pairs},
            {other[key] - one[key] for one, other in pairs},
        )
        if before.total != (0,) and key in before.left:
            assert len(then) > 1
            assert max(then) >= SMALL
        if (
            whole and key in left and grown != {0}
        ):  # of what did not grow nothing is said that was not said before
            assert len(now) > 1
            assert max(now) >= SMALL
        if key not in before.left | left:
            assert not any(0 < number < SMALL for number in grown)
        elif len(grown) == 1:
            assert grown == {0}  # nobody came: that names nobody
        else:
            assert max(grown) >= SMALL

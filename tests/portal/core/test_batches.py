"""Many things in lists of a size."""

import pytest

from portal.core.batches import batches


def test_seven_in_threes_are_three_lists_the_last_one_short() -> None:
    assert list(batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_nothing_makes_no_list() -> None:
    assert list(batches([], 3)) == []


def test_a_stream_is_read_no_further_than_the_list_that_is_asked_for() -> None:
    read: list[int] = []
    stream = (read.append(number) or number for number in range(9))

    assert next(batches(stream, 2)) == [0, 1]
    assert read == [0, 1]


def test_a_batch_holds_at_least_one() -> None:
    with pytest.raises(ValueError, match="a batch of 0"):
        list(batches([1], 0))

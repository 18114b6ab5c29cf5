"""Seats by the order of registering, codes by the clock: pure."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.workshops.codes import code, taken
from courses.workshops.seats import Seat, moved_up, seating

DAY = date(2026, 11, 24)
#: 03:00:00 UTC is the start of a slice of 30 seconds
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_the_first_sit_and_the_others_wait() -> None:
    assert seating([7, 2, 9, 4], 2) == {2: Seat.SEATED, 4: Seat.SEATED, 7: Seat.WAITING, 9: Seat.WAITING}


def test_giving_up_lets_the_first_who_waits_move_up() -> None:
    assert moved_up([1, 2, 3, 4], [2, 3, 4], 2) == (3,)
    assert moved_up([1, 2, 3, 4], [1, 2, 4], 2) == ()


@given(
    st.integers(1, 6), st.lists(st.tuples(st.sampled_from(["in", "out"]), st.integers(0, 11)), max_size=60)
)
def test_like_a_queue_of_people(capacity: int, acts: list[tuple[str, int]]) -> None:
    """The oracle is a hall with chairs and a row of people at the door, moved one by one."""
    chairs: list[int] = []
    door: list[int] = []
    numbers: dict[int, int] = {}
    last = 0
    for act, who in acts:
        before = list(numbers.values())
        if act == "in" and who not in numbers:
            last += 1
            numbers[who] = last
            (chairs if len(chairs) < capacity else door).append(who)
        elif act == "out" and who in numbers:
            gone = numbers.pop(who)
            called = []
            if who in chairs:
                chairs.remove(who)
                if door:
                    called = [door.pop(0)]
                    chairs += called
            else:
                door.remove(who)
            after = [one for one in before if one != gone]
            assert moved_up(before, after, capacity) == tuple(numbers[one] for one in called)
        seats = seating(list(numbers.values()), capacity)
        assert {who for who, number in numbers.items() if seats[number] is Seat.SEATED} == set(chairs)
        assert len(chairs) <= capacity


@pytest.mark.parametrize(
    ("seconds", "good"),
    [(0, True), (29, True), (30, True), (89, True), (90, False), (3600, False), (-1, False)],
)
def test_a_code_is_taken_for_ninety_seconds_at_most(seconds: int, good: bool) -> None:
    shown = code("secret", 5, DAY, START)

    assert taken(shown, "secret", 5, DAY, START + timedelta(seconds=seconds)) is good


def test_a_code_is_of_one_class_one_day_and_one_secret() -> None:
    shown = code("secret", 5, DAY, START)

    assert not taken(shown, "secret", 6, DAY, START)
    assert not taken(shown, "secret", 5, DAY + timedelta(days=1), START)
    assert not taken(shown, "another", 5, DAY, START)


def test_a_code_is_typed_as_people_type() -> None:
    shown = code("secret", 5, DAY, START)

    assert taken(f" {shown[:5].lower()} {shown[5:]} ", "secret", 5, DAY, START)
    assert not taken("", "secret", 5, DAY, START)
    assert not taken("ế" * 10, "secret", 5, DAY, START)

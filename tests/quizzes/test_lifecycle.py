"""States, moves, and when the next attempt may begin."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.lifecycle import Allowed, NoMoreAttempts, NotYet, Past, Rules, State, may_start, state

T = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def past(*ends: tuple[float, bool | None]) -> list[Past]:
    """Return attempts handed in so many hours before T, passed or not."""
    return [Past(T - hours * HOUR, passed) for hours, passed in ends]


@pytest.mark.parametrize(
    ("submitted", "annulled", "deadline", "expected"),
    [
        (None, None, None, State.OPEN),
        (None, None, T + HOUR, State.OPEN),
        (None, None, T - timedelta(seconds=60), State.OPEN),  # the last moment of the grace
        (None, None, T - timedelta(seconds=61), State.EXPIRED),
        (T, None, T - HOUR, State.SUBMITTED),
        (None, T, T - HOUR, State.ANNULLED),
        (T, T, None, State.ANNULLED),
    ],
)
def test_state(
    submitted: datetime | None, annulled: datetime | None, deadline: datetime | None, expected: State
) -> None:
    assert (
        state(submitted_at=submitted, annulled_at=annulled, deadline_at=deadline, now=T, grace_seconds=60)
        is expected
    )


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([], Allowed()),
        ([(1, False)], Allowed()),
        ([(5, False), (1, False)], NotYet(T + 23 * HOUR)),  # 24 h after the later failure
        ([(1, False), (5, False)], NotYet(T + 23 * HOUR)),  # in whatever order they come
        ([(50, False), (24, False)], Allowed()),  # the wait ends on the hour
        ([(100, False), (50, False), (1, False)], NotYet(T + 23 * HOUR)),  # a third failure waits again
        ([(50, False), (2, True), (1, False)], Allowed()),  # a pass begins anew
        (
            [(3, False), (2, None), (1, False)],
            NotYet(T + 23 * HOUR),
        ),  # one that waits for a person is no pass
        ([(3, False), (1, None)], Allowed()),  # nor a failure
    ],
)
def test_the_default_waits_a_day_after_two_failures(
    ends: list[tuple[float, bool | None]], expected: object
) -> None:
    assert may_start(Rules(), past(*ends), T) == expected


def test_the_limit_counts_every_attempt_but_annulled_ones() -> None:
    rules = Rules(attempts=2, wait_after=0)

    assert may_start(rules, [], T) == Allowed(2)
    assert may_start(rules, past((3, True)), T) == Allowed(1)
    assert may_start(rules, past((3, False), (2, None)), T) == NoMoreAttempts(2)
    annulled = [Past(T - HOUR, False, annulled=True), *past((3, False))]
    assert may_start(rules, annulled, T) == Allowed(1)


def test_no_wait_when_none_is_ruled() -> None:
    assert may_start(Rules(wait_after=0), past((2, False), (1, False)), T) == Allowed()
    assert may_start(Rules(wait_hours=0), past((2, False), (1, False)), T) == Allowed()


@given(
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from([True, False, None])), max_size=8),
    st.integers(0, 3),
)
def test_waiting_until_it_says_is_enough(ends: list[tuple[int, bool | None]], wait_after: int) -> None:
    rules = Rules(wait_after=wait_after)
    found = may_start(rules, past(*ends), T)

    if isinstance(found, NotYet):
        assert found.until > T
        assert may_start(rules, past(*ends), found.until) == Allowed()
        assert isinstance(may_start(rules, past(*ends), found.until - timedelta(seconds=1)), NotYet)


def test_rules_are_kept_and_give_the_deadline() -> None:
    rules = Rules(attempts=3, limit_minutes=20, feedback="hints")

    assert Rules.read(rules.document()) == rules
    assert rules.deadline(T) == T + timedelta(minutes=20)
    assert Rules().deadline(T) is None
    assert (Allowed().kind, NotYet(T).kind, NoMoreAttempts(1).kind) == ("allowed", "wait", "none")

"""Shares, whole numbers needed, pooling: exact, and unknown where nothing is known."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.indicators.arithmetic import growth, met, needed, pooled, share

TARGETS = st.fractions(Fraction(1, 10_000), 1)
COUNTS = st.integers(0, 10**7)


def test_a_share_is_exact() -> None:
    assert share(3, 8) == Fraction(3, 8)
    assert share(3190, 3850) == Fraction(319, 385)


@pytest.mark.parametrize(("numerator", "denominator"), [(None, 8), (3, None), (None, None), (0, 0), (3, 0)])
def test_unknown_or_nobody_is_no_share_at_all(numerator: int | None, denominator: int | None) -> None:
    assert share(numerator, denominator) is None


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 8), (1, -8)])
def test_negative_counts_are_refused(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="counts are not negative"):
        share(numerator, denominator)


@pytest.mark.parametrize(
    ("target", "denominator", "whole"),
    [
        (Fraction(2, 5), 8, 4),  # 3 of 8 districts is 37.5 %
        (Fraction(9, 10), 7, 7),
        (Fraction(4, 5), 5, 4),
        (Fraction(4, 5), 45, 36),
        (Fraction(1), 9, 9),
        (Fraction(7, 10), 10, 7),  # 0.7 × 10 as a float is just above 7
    ],
)
def test_the_whole_number_needed(target: Fraction, denominator: int, whole: int) -> None:
    assert needed(target, denominator) == whole


@pytest.mark.parametrize("denominator", [None, 0])
def test_nothing_is_needed_where_nobody_is_known(denominator: int | None) -> None:
    assert needed(Fraction(4, 5), denominator) is None


@settings(deadline=None)
@given(TARGETS, st.integers(1, 10**7))
def test_needed_is_the_smallest_number_that_reaches_the_target(target: Fraction, denominator: int) -> None:
    whole = needed(target, denominator)

    assert whole is not None
    assert met(share(whole, denominator), target) is True
    assert met(share(whole - 1, denominator), target) is False
    assert whole <= denominator


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (570, 500, Fraction(7, 50)),
        (600, 500, Fraction(1, 5)),
        (400, 500, Fraction(-1, 5)),
        (0, 500, Fraction(-1)),
    ],
)
def test_growth(now: int, before: int, change: Fraction) -> None:
    assert growth(now, before) == change


@pytest.mark.parametrize(("now", "before"), [(570, None), (None, 500), (570, 0)])
def test_no_growth_without_a_base(now: int | None, before: int | None) -> None:
    assert growth(now, before) is None


def test_a_target_is_reached_exactly_and_not_by_rounding() -> None:
    assert met(Fraction(4, 5), Fraction("0.80")) is True
    assert met(Fraction(79_999, 100_000), Fraction("0.80")) is False
    assert met(None, Fraction("0.80")) is None
    assert met(Fraction(4, 5), None) is None


def test_pooling_adds_what_is_known() -> None:
    assert pooled([90, 700, 2400]) == 3190
    assert pooled([90, None]) == 90
    assert pooled([0]) == 0
    assert pooled([None, None]) is None
    assert pooled([]) is None


@settings(deadline=None)
@given(st.lists(st.tuples(COUNTS, COUNTS).map(sorted), min_size=1))
def test_a_pooled_share_lies_between_those_it_pools(pairs: list[list[int]]) -> None:
    whole = share(pooled(part for part, _all in pairs), pooled(number for _part, number in pairs))
    shares = [one for one in (share(part, number) for part, number in pairs) if one is not None]

    if whole is None:
        assert not shares
    else:
        assert min(shares) <= whole <= max(shares)

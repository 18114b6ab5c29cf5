"""What is printed of a share agrees with what is said of it: below its target it never prints as its target."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.locale import show_share
from portal.core.rounding import percents, places
from portal.indicators import answers
from portal.reports import document
from portal.reports.tables import Kind, Share, beside

SHARES = st.fractions(min_value=-1, max_value=2, max_denominator=2_000_000)
TARGETS = st.one_of(
    st.integers(1, 100).map(lambda percent: Fraction(percent, 100)), st.fractions(0, 1, max_denominator=997)
)


def read(text: str) -> Fraction:
    """Return the number that a reader reads."""
    return Fraction(text.removesuffix("%").replace(",", "."))


def print_of(share: Fraction | None) -> Fraction:
    return read(document.shown(share, Kind.SHARE))


@given(SHARES, TARGETS)
def test_a_print_agrees_with_met_and_not_met(share: Fraction, target: Fraction) -> None:
    found = places(share, target)
    for language in ("vi", "en"):
        shown, aim = (read(show_share(one, language, found)) for one in (share, target))
        assert (shown >= aim) == (share >= target)
    shown, aim = (print_of(one) for one in beside(share, target))
    assert (shown >= aim) == (share >= target)


@given(SHARES, st.integers(1, 100))
def test_a_machine_reads_the_same(share: Fraction, target: int) -> None:
    told = answers._decimal(share, Fraction(target, 100))
    assert told is not None
    assert (told >= target / 100) == (share >= Fraction(target, 100))


@given(SHARES, TARGETS)
def test_no_more_decimals_than_it_takes(share: Fraction, target: Fraction) -> None:
    found = places(share, target)
    assert found >= 1
    if found > 1:
        one_fewer = percents(share, found - 1)
        level = share < target and one_fewer == percents(target, found - 1)
        assert level or (0 < share < 1 and one_fewer in (0, 100))


def test_some_is_neither_nobody_nor_everybody() -> None:
    assert show_share(Fraction(12, 90_166), "vi", places(Fraction(12, 90_166), Fraction(1, 2))) == "0,01%"
    assert show_share(Fraction(1, 90_166), "vi") == "0,001%"
    assert show_share(Fraction(2499, 2500), "en", places(Fraction(2499, 2500), Fraction(4, 5))) == "99.96%"
    assert show_share(Fraction(0), "vi") == "0%"
    assert show_share(Fraction(1), "vi") == "100%"


@given(SHARES, st.integers(0, 9))
def test_rounding_is_half_away_from_nought_and_exact(share: Fraction, many: int) -> None:
    found = Fraction(percents(share, many))
    step = Fraction(1, 10**many)
    assert abs(found - share * 100) <= step / 2
    assert abs(found - share * 100) < step / 2 or abs(found) > abs(share * 100)


@pytest.mark.parametrize(
    ("share", "target", "vi"),
    [
        (Fraction(7996, 10000), Fraction(80, 100), "79,96%"),  # the figure of the report that read 80 %
        (Fraction(79996, 100000), Fraction(80, 100), "79,996%"),
        (Fraction(7994, 10000), Fraction(80, 100), "79,9%"),
        (Fraction(80, 100), Fraction(80, 100), "80%"),
        (Fraction(80004, 100000), Fraction(80, 100), "80%"),  # reaches it: 80 % is no lie
        (Fraction(3332, 10000), Fraction(1, 3), "33,32%"),
        (Fraction(-1, 100000), Fraction(0), "-0,001%"),
        (Fraction(2, 3), None, "66,7%"),
    ],
)
def test_worked_examples(share: Fraction, target: Fraction | None, vi: str) -> None:
    assert show_share(share, "vi", places(share, target)) == vi
    assert document.shown(beside(share, target)[0], Kind.SHARE) == vi


def test_what_is_filed_keeps_its_decimals() -> None:
    value, target = beside(Fraction(7996, 10000), Fraction(4, 5))
    assert isinstance(value, Share)
    assert document._stored(value) == {"share": [1999, 2500], "places": 2}
    again = document._restored(document._stored(value))
    assert (again, document.shown(again, Kind.SHARE)) == (value, "79,96%")
    assert document.shown(document._restored({"share": [1999, 2500]}), Kind.SHARE) == "80%"  # filed before
    assert document.shown(target, Kind.SHARE) == "80%"

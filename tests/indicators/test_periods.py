"""Reporting windows: where they begin and end, when a report is due and when it is late."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.indicators.periods import Kind, NoPeriod, Period, last_closed, running, since

H1_2025, Y_2025 = Period(2025, Kind.HALF), Period(2025, Kind.YEAR)
DAYS = st.dates(date(2019, 1, 1), date(2035, 12, 31))


def test_a_half_year_runs_from_15_december_to_14_june() -> None:
    assert (H1_2025.starts_on, H1_2025.cut_off, H1_2025.due_on) == (
        date(2024, 12, 15),
        date(2025, 6, 14),
        date(2025, 6, 15),
    )


def test_a_year_runs_from_15_december_to_14_december_and_contains_its_half() -> None:
    assert (Y_2025.starts_on, Y_2025.cut_off, Y_2025.due_on) == (
        date(2024, 12, 15),
        date(2025, 12, 14),
        date(2025, 12, 15),
    )
    assert Y_2025.starts_on == H1_2025.starts_on
    assert Y_2025.contains(H1_2025.cut_off)


@pytest.mark.parametrize(
    ("day", "in_half", "in_year"),
    [
        (date(2024, 12, 14), False, False),  # its 24:00 closed the year before
        (date(2024, 12, 15), True, True),
        (date(2025, 6, 14), True, True),
        (date(2025, 6, 15), False, True),
        (date(2025, 12, 14), False, True),
        (date(2025, 12, 15), False, False),
    ],
)
def test_the_cut_off_day_is_inside_and_the_day_after_is_not(day: date, in_half: bool, in_year: bool) -> None:
    assert (H1_2025.contains(day), Y_2025.contains(day)) == (in_half, in_year)


@pytest.mark.parametrize(
    ("period", "due", "weekday", "late"),
    [
        (H1_2025, date(2025, 6, 15), 6, date(2025, 6, 16)),  # a Sunday: the Monday is late
        (Period(2024, Kind.YEAR), date(2024, 12, 15), 6, date(2024, 12, 16)),
        (
            Period(2024, Kind.HALF),
            date(2024, 6, 15),
            5,
            date(2024, 6, 17),
        ),  # a Saturday: Sunday is not late yet
        (Period(2023, Kind.YEAR), date(2023, 12, 15), 4, date(2023, 12, 18)),  # a Friday
        (Y_2025, date(2025, 12, 15), 0, date(2025, 12, 16)),  # a Monday
    ],
)
def test_the_due_day_stays_on_a_weekend_and_late_begins_on_a_working_day(
    period: Period, due: date, weekday: int, late: date
) -> None:
    assert (period.due_on, period.due_on.weekday(), period.late_from) == (due, weekday, late)


def test_the_draft_is_made_five_minutes_after_the_cut_off() -> None:
    assert H1_2025.draft_from == datetime(2025, 6, 15, 0, 5)  # noqa: DTZ001 - the province's clock


def test_the_first_window_of_the_plan_is_the_half_year_in_which_it_was_signed() -> None:
    signed = date(2020, 4, 10)

    assert running(signed) == Period(2020, Kind.HALF)
    assert [period.code for period in since(signed, date(2021, 1, 5))] == ["2021-H1", "2020", "2020-H1"]
    assert [period.code for period in since(signed, date(2020, 6, 14))] == ["2020-H1"]


def test_the_last_window_of_the_plan_closes_on_14_december_2025() -> None:
    assert running(date(2025, 12, 14)) == Y_2025
    assert running(date(2025, 12, 15)) == Period(2026, Kind.HALF)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2025, 6, 14), "2024"),  # not closed before 24:00
        (date(2025, 6, 15), "2025-H1"),
        (date(2025, 12, 14), "2025-H1"),
        (date(2025, 12, 15), "2025"),
        (date(2026, 1, 1), "2025"),
    ],
)
def test_the_period_being_reported_is_the_last_that_closed(day: date, code: str) -> None:
    assert last_closed(day).code == code


def test_growth_is_over_14_december_of_the_year_before_in_both_windows() -> None:
    assert H1_2025.year_before == Y_2025.year_before == date(2024, 12, 14)


def test_the_report_before() -> None:
    assert (H1_2025.before.code, Y_2025.before.code) == ("2024", "2025-H1")


@pytest.mark.parametrize(
    ("text", "code"), [("2025-H1", "2025-H1"), (" 2025 ", "2025"), ("2025-h1", "2025-H1")]
)
def test_a_code_is_read_back(text: str, code: str) -> None:
    assert Period.parse(text).code == code


@pytest.mark.parametrize("text", ["", "2025-H2", "H1", "1999", "20255", "2025-H1-H1"])
def test_what_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(NoPeriod, match="write 2025-H1"):
        Period.parse(text)


@settings(deadline=None)
@given(DAYS)
def test_a_day_is_inside_the_period_that_runs_and_after_the_one_that_closed(day: date) -> None:
    assert running(day).contains(day)
    assert last_closed(day).cut_off < day
    assert last_closed(day).contains(last_closed(day).cut_off)


@settings(deadline=None)
@given(DAYS, DAYS)
def test_periods_since_a_day_reach_back_to_it_without_a_gap(one: date, other: date) -> None:
    first, day = sorted((one, other))
    found = since(first, day)

    assert found[0] == running(day)
    assert found[-1] == running(first)
    assert [period.before for period in found[:-1]] == list(found[1:])

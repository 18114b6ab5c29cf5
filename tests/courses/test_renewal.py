"""When a course may be begun anew; every day typed by hand."""

from datetime import date

import pytest

from courses.renewal import Learning, cycle_to_learn, opens_on

# 90 days before 31/3/2027: 31 of March, 28 of February, 31 of January make exactly 90
OPENS = date(2026, 12, 31)
ENDS = date(2027, 3, 31)


def test_the_refresher_opens_ninety_days_before_the_last_day() -> None:
    assert opens_on(ENDS) == OPENS


@pytest.mark.parametrize(
    ("learning", "day", "cycle"),
    [
        (Learning(), date(2026, 1, 1), 1),
        (Learning(1), date(2026, 1, 1), 1),
        (Learning(1, True, ENDS), date(2026, 12, 30), None),
        (Learning(1, True, ENDS), OPENS, 2),
        (Learning(1, True, ENDS), ENDS, 2),
        (Learning(1, True, ENDS), date(2030, 1, 1), 2),
        (Learning(2, False, None), date(2030, 1, 1), 2),
        (Learning(3, True, None), date(2090, 1, 1), None),
        (Learning(1, True, ENDS, True), date(2026, 1, 1), 2),
        (Learning(1, True, None, True), date(2026, 1, 1), 2),
    ],
)
def test_the_cycle_to_learn(learning: Learning, day: date, cycle: int | None) -> None:
    assert cycle_to_learn(learning, day) == cycle

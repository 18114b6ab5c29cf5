"""What Excel does to a cell, and what it meant: expected values typed by hand."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.tables_in import cells
from portal.core.tables_in.faults import Unreadable
from portal.core.tables_in.sheet import letters_of
from portal.core.tables_in.workbook import serial_date


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2020, 3, 5), date(2020, 3, 5)),
        (datetime(2020, 3, 5, 7, 30), date(2020, 3, 5)),  # noqa: DTZ001 - cells know no time zone
        (43895, date(2020, 3, 5)),  # the number that is left when the format was lost
        (43895.0, date(2020, 3, 5)),
        ("43895", date(2020, 3, 5)),
        ("5/3/2020", date(2020, 3, 5)),
        ("05/03/2020", date(2020, 3, 5)),
        (" 5 - 3 - 2020 ", date(2020, 3, 5)),
        ("5.3.2020", date(2020, 3, 5)),
        ("05.03.2020.", date(2020, 3, 5)),
        ("5/3/2020 00:00:00", date(2020, 3, 5)),
        ("ngày 5 tháng 3 năm 2020", date(2020, 3, 5)),
        ("Ngày 05 tháng 03 năm 2020", date(2020, 3, 5)),
        ("2020-03-05", date(2020, 3, 5)),
        ("2020-03-05T00:00:00", date(2020, 3, 5)),
        ("29/2/2024", date(2024, 2, 29)),
    ],
)
def test_days(value: Any, expected: date) -> None:
    assert cells.day()(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("5/3/20", cells.SHORT_YEAR),
        ("3/25/2020", cells.SWAPPED),
        ("31/2/2020", cells.NOT_DAY),
        ("29/2/2023", cells.NOT_DAY),
        (1985, cells.ONLY_YEAR),
        ("1985", cells.ONLY_YEAR),
        ("5/3/1820", cells.FAR_AWAY),
        (1, cells.FAR_AWAY),
        (10**12, cells.NOT_DAY),
        (float("nan"), cells.NOT_DAY),
        ("hôm qua", cells.NOT_DAY),
        ("5/3/202", cells.NOT_DAY),
        ("=TODAY()", cells.FORMULA),
        ("#VALUE!", cells.EXCEL_ERROR),
    ],
)
def test_no_days(value: Any, message: str) -> None:
    with pytest.raises(Unreadable) as fault:
        cells.day()(value)

    assert fault.value.message == message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (912345678, "0912345678"),
        (912345678.0, "0912345678"),
        ("912345678", "0912345678"),
        ("'0912345678", "0912345678"),
        ("+84 912.345.678", "0912345678"),
        (84912345678, "0912345678"),
        ("0912 345 678", "0912345678"),
    ],
)
def test_phones_whose_zero_was_lost(value: Any, expected: str) -> None:
    assert cells.phone(value) == expected


@pytest.mark.parametrize("value", ["12", 12, "=0912345678", 9.123456789e20, float("nan"), "không có"])
def test_no_phones(value: Any) -> None:
    with pytest.raises(Unreadable):
        cells.phone(value)


def test_codes() -> None:
    assert cells.code()("gv-000123") == "GV-000123"
    assert cells.code(width=6)(123) == "000123"
    assert cells.code()(123.0 if False else 123) == "123"
    assert cells.code(width=12)("034 190 001 234") == "034190001234"
    assert cells.code(width=6)("000123") == "000123"
    for bad in ("GV 12 B", "=A1", "x" * 41, 1.234567e18, "-"):
        with pytest.raises(Unreadable):
            cells.code()(bad)


def test_texts() -> None:
    assert cells.text()("  Nguye\u0302\u0303n   Thi\u0323\u00a0Hoa ") == "Nguyễn Thị Hoa"
    assert cells.text()(12) == "12"
    assert cells.text()(date(2020, 3, 5)) == "05/03/2020"
    for bad, message in (("=1+1", cells.FORMULA), ("#N/A", cells.EXCEL_ERROR), ("x" * 201, cells.TOO_LONG)):
        with pytest.raises(Unreadable) as fault:
            cells.text()(bad)
        assert fault.value.message == message


@pytest.mark.parametrize(
    ("value", "expected"),
    [(45, 45), (45.0, 45), ("45", 45), ("1.234", 1234), ("1,234,567", 1234567), (" 7 ", 7)],
)
def test_whole_numbers(value: Any, expected: int) -> None:
    assert cells.whole_number(most=10**7)(value) == expected


@pytest.mark.parametrize("value", [4.5, "4,5", "mười", -1, "-1", 10**9, "=2", float("inf"), float("nan")])
def test_no_whole_numbers(value: Any) -> None:
    with pytest.raises(Unreadable):
        cells.whole_number()(value)


def test_choices_are_compared_without_accents() -> None:
    read = cells.choice({"giáo viên": "teacher", "GV": "teacher", "cán bộ quản lý": "manager"})

    assert read("Giao vien") == read("gv.") == read("  GIÁO  VIÊN ") == "teacher"
    assert read("CÁN BỘ QUẢN LÝ") == "manager"
    with pytest.raises(Unreadable) as fault:
        read("bảo vệ")
    assert fault.value.values == {"choices": "giáo viên, GV, cán bộ quản lý"}


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_letters_of_columns(index: int, letters: str) -> None:
    assert letters_of(index) == letters


def test_day_numbers() -> None:
    # from Microsoft's own examples: 1/1/2008 is 39448; in the 1904 system 1462 days fewer
    assert serial_date(39448) == date(2008, 1, 1)
    assert serial_date(39448 - 1462, since_1904=True) == date(2008, 1, 1)
    assert serial_date(39448.5) == datetime(2008, 1, 1, 12)  # noqa: DTZ001 - cells know no time zone
    assert serial_date(0) is None
    assert serial_date(200_000) is None


@given(st.dates(date(1930, 1, 1), date(2100, 12, 31)))
def test_every_day_comes_back_in_every_spelling(day: date) -> None:
    read = cells.day()
    spellings = [
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day:02d}-{day.month:02d}-{day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"ngày {day.day} tháng {day.month} năm {day.year}",
        day.isoformat(),
        day,
        (day - date(1899, 12, 30)).days,
    ]

    assert {read(one) for one in spellings} == {day}


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.dates()))
def test_every_reader_answers_or_says_what_is_wrong(value: Any) -> None:
    for read in (
        cells.text(), cells.code(), cells.code(width=6), cells.phone, cells.day(), cells.whole_number(),
        cells.choice({"a": "b"}),
    ):  # fmt: skip
        try:
            read(value)
        except Unreadable as fault:
            assert str(fault)  # noqa: PT017 - most values raise, which is the point

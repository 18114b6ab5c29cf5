"""Counts add, percentages do not; files say what the table says and defend who opens them."""

import csv as standard_csv
import io
from datetime import date, datetime
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reports.tables import Column, Kind, Ratio, Table
from portal.reports.writers import csv, xlsx

COLUMNS = (
    Column("name", "Họ tên"),
    Column("people", "Số người", Kind.COUNT),
    Column("rate", "Tỷ lệ", Kind.SHARE),
    Column("day", "Ngày", Kind.DATE),
)
TABLE = Table(
    title="Tỷ lệ hoàn thành",
    asked="Huyện Một · tính đến 24/11/2026",
    columns=COLUMNS,
    rows=[
        ("Trường Ánh Sao", 45, Fraction(2, 3), date(2026, 11, 24)),
        ('=HYPERLINK("http://x")', 0, None, None),
        ("+84912345678", 1234, Fraction(1), date(2020, 4, 10)),
    ],
    total=("Tất cả", 1279, Fraction(31, 46), None),
)


def test_a_ratio_without_people_is_unknown_not_nought() -> None:
    assert Ratio(0, 0).value is None
    assert Ratio(0, 5).value == 0


def test_two_units_are_pooled_by_counts() -> None:
    # 1 of 2 (50 %) and 9 of 10 (90 %) are 10 of 12 (83.3 %), not 70 %
    assert (Ratio(1, 2) + Ratio(9, 10)).value == Fraction(10, 12)


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (3, 2), (-1, 2)])
def test_what_is_no_ratio(part: int, whole: int) -> None:
    with pytest.raises(ValueError):
        Ratio(part, whole)


def test_csv_has_a_mark_guards_formulas_and_names_what_is_missing() -> None:
    written = b"".join(csv.write(TABLE, "chưa có mẫu số"))

    assert written.startswith(b"\xef\xbb\xbf")
    rows = list(standard_csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert rows == [
        ["Họ tên", "Số người", "Tỷ lệ", "Ngày"],
        ["Trường Ánh Sao", "45", "0.666667", "2026-11-24"],
        ['\'=HYPERLINK("http://x")', "0", "chưa có mẫu số", ""],
        ["'+84912345678", "1234", "1.000000", "2020-04-10"],
        ["Tất cả", "1279", "0.673913", ""],
    ]


@given(st.text().filter(lambda text: "\x00" not in text))
def test_no_cell_of_text_begins_a_formula(text: str) -> None:
    assert not csv.cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_xlsx_holds_real_numbers_and_dates() -> None:
    with xlsx.write(TABLE, "chưa có mẫu số", "vi") as file:
        sheet = openpyxl.load_workbook(io.BytesIO(file.read())).active

    assert sheet["A1"].value == "Tỷ lệ hoàn thành"
    assert [cell.value for cell in sheet[4]] == ["Họ tên", "Số người", "Tỷ lệ", "Ngày"]
    assert [cell.value for cell in sheet[5]] == [
        "Trường Ánh Sao",
        45,
        pytest.approx(2 / 3),
        datetime(2026, 11, 24),  # noqa: DTZ001 - a spreadsheet knows no zone
    ]
    assert sheet["C5"].number_format == "0.0%"
    assert sheet["B7"].number_format == "#,##0"
    assert sheet["D5"].number_format == "dd/mm/yyyy"
    assert sheet["A6"].value == '=HYPERLINK("http://x")'
    assert sheet["A6"].data_type == "s"
    assert sheet["C6"].value == "chưa có mẫu số"
    assert sheet.freeze_panes == "B5"
    assert sheet.auto_filter.ref == "A4:D7"


def test_a_heading_of_three_lines_has_the_height_for_them() -> None:
    narrow = Column("listed", "trong đó thuộc danh sách biên chế", Kind.COUNT)  # at 14 characters: 3 lines
    table = Table(title="", asked="", columns=(*COLUMNS, narrow), rows=[])
    with xlsx.write(table, "–", "vi") as file:
        sheet = openpyxl.load_workbook(io.BytesIO(file.read())).active

    assert sheet is not None
    assert sheet.row_dimensions[4].height >= 48

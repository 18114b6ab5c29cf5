"""Rows written as ready XML read back as what they were, whatever a name holds."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import pytest
from openpyxl import load_workbook

from portal.reports.tables import Column, Kind, Table, Value
from portal.reports.writers import xlsx

COLUMNS = (
    Column("name", "Tên", Kind.TEXT),
    Column("people", "Số người", Kind.COUNT),
    Column("rate", "Tỷ lệ", Kind.SHARE),
    Column("on", "Ngày", Kind.DATE),
)


def read_back(rows: list[tuple[Value, ...]]) -> Iterator[tuple[object, ...]]:
    table = Table(
        "Bảng", "hỏi gì", COLUMNS, iter(rows), total=("Tất cả", 3, Fraction(1, 3), None), notes=["ghi chú"]
    )
    with xlsx.write(table, "chưa có", "vi") as file:
        sheet = load_workbook(file).worksheets[0]
        yield from sheet.iter_rows(min_row=xlsx.HEADER_ROW + 2, values_only=True)


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Ẵm đĐ",
        "a & b < c > d \"e\" 'f'",
        "<r><t>rich</t></r>",
        "</t></is></c></row>",
        "=1+1",
        " leading and trailing ",
        "two\nlines\tand a tab",
        "]]>",
        "𝄞",
    ],
)
def test_a_name_comes_back_as_it_was(name: str):
    first = next(read_back([(name, 1, Fraction(1, 2), date(2026, 11, 24))]))
    assert first[0] == name


def test_every_kind_of_value_comes_back():
    rows = list(
        read_back(
            [
                ("a", 12, Fraction(2, 3), date(2026, 11, 24)),
                ("b", None, None, None),
                ("c", 0, Fraction(0), None),
            ]
        )
    )
    assert rows[0][:3] == ("a", 12, pytest.approx(2 / 3, abs=1e-15))
    assert rows[0][3].date() == date(2026, 11, 24)
    assert rows[1] == ("b", None, "chưa có", None)
    assert rows[2] == ("c", 0, 0, None)
    assert rows[3][:3] == ("Tất cả", 3, pytest.approx(1 / 3))


def test_control_characters_and_endless_words_do_not_break_the_file():
    (first, second, *_rest) = read_back([("\x01\x0b", 1, None, None), ("đ" * 50_000, 2, None, None)])
    assert first[1] == 1
    assert second[0] == "đ" * xlsx._LONGEST


def test_the_look_of_every_row_is_that_of_its_column():
    table = Table("t", "a", COLUMNS, [("a", 1, Fraction(1), date(2026, 1, 1))])
    with xlsx.write(table, "", "vi") as file:
        sheet = load_workbook(file).worksheets[0]
        row = sheet[xlsx.HEADER_ROW + 2]
        assert [cell.number_format for cell in row] == ["General", "#,##0", "0.0%", "dd/mm/yyyy"]
        assert sheet.auto_filter.ref == f"A{xlsx.HEADER_ROW + 1}:D{xlsx.HEADER_ROW + 2}"
        assert sheet.dimensions == f"A1:D{xlsx.HEADER_ROW + 2}"


def test_a_table_without_rows_opens():
    assert next(read_back([]))[0] == "Tất cả"

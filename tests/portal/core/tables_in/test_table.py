"""Headings wherever they stand, lines with their faults, and rows that are no lines: kept apart, never lost."""

from datetime import date
from typing import Any

import pytest

from portal.core.tables_in import cells, faults
from portal.core.tables_in.reading import read
from portal.core.tables_in.sheet import Limits
from portal.core.tables_in.table import Column, Table, table
from tests.portal.core.tables_in.test_reading import workbook

COLUMNS = (
    Column("name", "Họ và tên", cells.text(80), ("Họ tên", "Họ và tên đệm, tên", "Full name")),
    Column("code", "Mã cán bộ", cells.code(width=6), ("Mã CB", "Số hiệu"), required=False),
    Column("phone", "Số điện thoại", cells.phone, ("Điện thoại", "SĐT", "Di động")),
    Column("since", "Ngày vào đơn vị", cells.day(), ("Từ ngày",), required=False),
)


def sheet_of(table_: list[list[Any]], limits: Limits | None = None) -> Table:
    def fill(book: Any, sheet: Any) -> None:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for number, values in enumerate(table_):
            for column, value in enumerate(values):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif value is not None:
                    sheet.write(number, column, value)

    return table(read(workbook(fill, strings_to_formulas=False), "ds.xlsx", limits or Limits()), COLUMNS)


def test_a_decorated_list_from_an_office() -> None:
    found = sheet_of(
        [
            ["UBND HUYỆN MỘT", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
            ["TRƯỜNG TIỂU HỌC ÁNH SAO", None, None, "Độc lập - Tự do - Hạnh phúc"],
            [],
            ["DANH SÁCH CÁN BỘ, GIÁO VIÊN NĂM HỌC 2026-2027"],
            [],
            ["STT", "  HỌ VÀ TÊN ", "Mã CB\n(6 số)", "SĐT *", "Từ ngày", "Ghi chú riêng"],
            ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
            [1, "Nguyễn Thị Hoa", 123, 912345678, date(2020, 3, 5), "x"],
            [2, "Tống Văn Bình", "000124", "0987 654 321", "5/3/2021"],
            [],
            ["Tổng cộng: 2 người"],
            [None, None, None, "Ngày 1 tháng 9 năm 2026"],
            [None, None, None, "HIỆU TRƯỞNG"],
        ]
    )

    lines = list(found)

    assert found.heading_row == 6
    assert found.unknown == ("Ghi chú riêng",)
    assert [(line.number, line.values, line.faults) for line in lines] == [
        (
            8,
            {"name": "Nguyễn Thị Hoa", "code": "000123", "phone": "0912345678", "since": date(2020, 3, 5)},
            (),
        ),
        (
            9,
            {"name": "Tống Văn Bình", "code": "000124", "phone": "0987654321", "since": date(2021, 3, 5)},
            (),
        ),
    ]
    assert [row for row, _text in found.left_out] == [7, 11, 12, 13]


def test_headings_in_two_rows_of_merged_cells() -> None:
    found = sheet_of(
        [
            ["TT", "Thông tin cá nhân", None, "Công tác"],
            [None, "Họ và tên", "Điện thoại", "Từ ngày"],
            [1, "Nguyễn Thị Hoa", "0912345678", "05/03/2020"],
        ]
    )
    lower_where_there_is_one = sheet_of(
        [
            ["Họ và tên", "Liên hệ", None],
            [None, "SĐT", "E-mail"],
            ["Nguyễn Thị Hoa", "0912345678", "hoa@example.vn"],
        ]
    )

    assert found.heading_row == lower_where_there_is_one.heading_row == 2
    assert [line.values["name"] for line in found] == ["Nguyễn Thị Hoa"]
    assert [line.values["phone"] for line in lower_where_there_is_one] == ["0912345678"]


def test_faults_say_where_what_and_why_and_the_rest_of_the_line_is_kept() -> None:
    found = sheet_of(
        [
            ["Họ và tên", "Số điện thoại", "Ngày vào đơn vị"],
            ["Nguyễn Thị Hoa", "12345", "5/3/20"],
            [None, "0912345678", None],
            ["=HYPERLINK(1)", "0912345678", None],
        ]
    )

    lines = list(found)

    assert [
        (fault.row, fault.column, fault.heading, fault.value, fault.message)
        for line in lines
        for fault in line.faults
    ] == [
        (2, "B", "Số điện thoại", "12345", cells.NOT_PHONE),
        (2, "C", "Ngày vào đơn vị", "5/3/20", cells.SHORT_YEAR),
        (3, "A", "Họ và tên", "", "this must be filled in"),
        (4, "A", "Họ và tên", "=HYPERLINK(1)", cells.FORMULA),
    ]
    assert lines[0].values["name"] == "Nguyễn Thị Hoa"
    assert lines[0].seen == {"name": "Nguyễn Thị Hoa", "code": "", "phone": "12345", "since": "5/3/20"}


def test_the_order_of_columns_does_not_matter_and_a_line_is_not_taken_for_a_heading() -> None:
    found = sheet_of([["SĐT", "Full name"], ["0912345678", "Họ Và Tên"], ["0987654321", "Lê Văn Bảo"]])

    assert found.heading_row == 1
    assert [line.values["name"] for line in found] == ["Họ Và Tên", "Lê Văn Bảo"]


def test_a_family_name_like_a_sum_is_a_line_with_a_fault() -> None:
    found = sheet_of([["Họ và tên", "SĐT"], ["Tống Thị Hoa", None], ["Cống Văn Ba", "0912345678"]])

    assert [(line.number, len(line.faults)) for line in found] == [(2, 1), (3, 0)]
    assert found.left_out == []


def test_missing_headings_are_named() -> None:
    with pytest.raises(faults.NoHeading) as refusal:
        sheet_of([["Họ và tên", "Địa chỉ"], ["Nguyễn Thị Hoa", "Xã Ba"]])

    assert refusal.value.values["missing"] == "“Số điện thoại”"


def test_two_columns_with_one_meaning_are_refused() -> None:
    with pytest.raises(faults.TwiceTheSame) as refusal:
        sheet_of([["Họ và tên", "SĐT", "Điện thoại"], ["Nguyễn Thị Hoa", "0912345678", "0987654321"]])

    assert (refusal.value.values["first"], refusal.value.values["second"]) == ("SĐT", "Điện thoại")


def test_exactly_so_many_lines_and_no_more() -> None:
    lines = [["Họ và tên", "SĐT"], *([f"Người {number}", "0912345678"] for number in range(10))]

    assert len(list(sheet_of(lines, Limits(rows=10)))) == 10
    with pytest.raises(faults.TooManyRows):
        list(sheet_of(lines, Limits(rows=9)))


def test_it_can_be_read_twice() -> None:
    found = sheet_of([["Họ và tên", "SĐT"], ["Nguyễn Thị Hoa", "0912345678"], ["Tổng cộng"]])

    for _time in range(2):
        assert [(line.values["name"], line.values["phone"]) for line in found] == [
            ("Nguyễn Thị Hoa", "0912345678")
        ]
    assert len(found.left_out) == 1

"""A table as XLSX: real numbers, frozen header, autofilter, formats a Vietnamese reader expects."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import IO, Any

import xlsxwriter

from portal.reports.tables import Kind, Table, Value

HEADER_ROW = 3


def write(table: Table, missing: str, language: str) -> IO[bytes]:
    """Return an open temporary file that holds the workbook; it disappears when closed.

    Rows are written one at a time and leave memory at once. Percentages are numbers between 0 and 1 with a
    percentage format; Excel shows the decimal comma by the reader's own settings. `missing` stands where a share
    has no denominator.
    """
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the caller sends and closes it
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": table.title, "comments": table.asked})
    sheet = book.add_worksheet("Số liệu" if language == "vi" else "Figures")
    title = book.add_format({"bold": True, "font_size": 14})
    head = book.add_format(
        {
            "bold": True,
            "bg_color": "#0F5C5C",
            "font_color": "#FFFFFF",
            "text_wrap": True,
            "valign": "vcenter",
            "border": 1,
            "border_color": "#D8D2C4",
        }
    )
    formats = {kind: book.add_format(_look(kind)) for kind in Kind}
    bold = {kind: book.add_format({**_look(kind), "bold": True, "top": 1}) for kind in Kind}
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width)
    sheet.write_string(0, 0, table.title, title)
    sheet.write_string(1, 0, table.asked)
    sheet.set_row(HEADER_ROW, 32)
    for index, column in enumerate(table.columns):
        sheet.write_string(HEADER_ROW, index, column.label, head)
    last = HEADER_ROW
    for last, row in enumerate(table.rows, HEADER_ROW + 1):
        _row(sheet, last, row, table, formats, missing)
    sheet.autofilter(HEADER_ROW, 0, last, len(table.columns) - 1)
    if table.total is not None:
        last += 1
        _row(sheet, last, table.total, table, bold, missing)
    for note in table.notes:
        last += 1
        sheet.write_string(last + 1, 0, note)
    sheet.freeze_panes(HEADER_ROW + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)
    book.close()
    file.seek(0)
    return file


def _look(kind: Kind) -> dict[str, object]:
    looks: dict[Kind, dict[str, object]] = {
        Kind.TEXT: {"valign": "top"},
        Kind.COUNT: {"num_format": "#,##0", "align": "right"},
        Kind.SHARE: {"num_format": "0.0%", "align": "right"},
        Kind.DATE: {"num_format": "dd/mm/yyyy", "align": "right"},
    }
    return looks[kind]


def _row(
    sheet: Any, number: int, row: Sequence[Value], table: Table, formats: Mapping[Kind, Any], missing: str
) -> None:
    for index, (column, value) in enumerate(zip(table.columns, row, strict=True)):
        look = formats[column.kind]
        if value is None:
            if column.kind == Kind.SHARE:
                sheet.write_string(number, index, missing, look)
            else:
                sheet.write_blank(number, index, None, look)
        elif isinstance(value, Fraction):
            sheet.write_number(number, index, float(value), look)
        elif isinstance(value, int):
            sheet.write_number(number, index, value, look)
        elif isinstance(value, date):
            sheet.write_datetime(number, index, value, look)
        else:
            sheet.write_string(number, index, value, look)

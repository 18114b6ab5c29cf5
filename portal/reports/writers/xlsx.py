"""A table as XLSX: real numbers, frozen header, autofilter, formats a Vietnamese reader expects."""

import re
import tempfile
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from portal.reports.tables import Kind, Share, Table, Value

HEADER_ROW = 3


def write(table: Table, missing: str, language: str) -> IO[bytes]:
    """Return an open temporary file that holds the workbook; it disappears when closed.

    Rows are written one at a time and leave memory at once. Percentages are numbers between 0 and 1 with a
    percentage format; Excel shows the decimal comma by the reader's own settings. `missing` stands where a share
    has no denominator.
    """
    return write_book([("Số liệu" if language == "vi" else "Figures", table)], missing)


def write_book(
    sheets: Sequence[tuple[str, Table]], missing: str, made_at: datetime | None = None
) -> IO[bytes]:
    """Return an open temporary file that holds a workbook of several tables, each on a sheet of its own.

    sheets: (name, table), the first table's title is the book's. made_at: what the file says of when it was made.
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
    about: dict[str, Any] = {"title": sheets[0][1].title, "comments": sheets[0][1].asked}
    if made_at is not None:
        about["created"] = made_at.replace(tzinfo=None)
    book.set_properties(about)
    try:
        for name, table in sheets:
            _sheet(book, name, table, missing)
        book.close()
    except BaseException:  # a job that was asked to stop in the middle of its rows leaves nothing behind
        for sheet in book.worksheets():
            sheet.row_data_fh.close()
            Path(sheet.row_data_filename).unlink(missing_ok=True)
        file.close()
        raise
    file.seek(0)
    return file


def _sheet(book: Any, name: str, table: Table, missing: str) -> None:
    sheet = book.add_worksheet(name, _Sheet)
    title = book.add_format({"bold": True, "font_size": 14})
    heads = {
        side: book.add_format(
            {
                "bold": True,
                "bg_color": "#0F5C5C",
                "font_color": "#FFFFFF",
                "text_wrap": True,
                "align": side,
                "valign": "vcenter",
                "border": 1,
                "border_color": "#D8D2C4",
            }
        )
        for side in ("left", "right")
    }
    formats = {kind: book.add_format(_look(kind)) for kind in Kind}
    bold = {kind: book.add_format({**_look(kind), "bold": True, "top": 1}) for kind in Kind}
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width)
    sheet.write_string(0, 0, table.title, title)
    sheet.write_string(1, 0, table.asked)
    sheet.set_row(HEADER_ROW, 16 * max(2, *(_lines(column.label, column.width) for column in table.columns)))
    for index, column in enumerate(table.columns):
        sheet.write_string(
            HEADER_ROW, index, column.label, heads["left" if column.kind == Kind.TEXT else "right"]
        )
    last = HEADER_ROW
    shares = _Shares(book)
    written = _ready(sheet, table, formats, shares, missing)
    for last, row in enumerate(table.rows, HEADER_ROW + 1):
        sheet.write_ready(last, *written(last, row))
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


def _lines(label: str, width: float) -> int:
    """Return how many lines a bold heading takes in a column as wide as `width` characters; the arrow takes three."""
    return len(textwrap.wrap(label, max(4, int(width * 0.85) - 1)))


class _Sheet(Worksheet):  # type: ignore[misc]
    """A sheet whose body may come as ready XML: cell by cell, a table of 60,000 people took eight seconds.

    What it uses of `Worksheet` is private; the lock file pins the version and a test reads the file back.
    """

    def write_ready(self, number: int, cells: str, lines: int) -> None:
        """Write a row, `lines` lines high, that comes after all before it."""
        self._write_single_row(number)  # what was written before, cell by cell
        self.dim_rowmax = number
        height = f' ht="{15 * lines}" customHeight="1"' if lines > 1 else ""
        self.fh.write(f'<row r="{number + 1}"{height}>{cells}</row>')


_SPECIAL = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$")
_LONGEST = 16_000  # Excel takes 32,767 units of UTF-16
_HIGHEST = 20  # lines; Excel takes a row of 409 points
_FIRST_DAY = date(1899, 12, 30).toordinal()


def _ready(
    sheet: _Sheet, table: Table, formats: Mapping[Kind, Any], shares: "_Shares", missing: str
) -> Callable[[int, Sequence[Value]], tuple[str, int]]:
    """Return what turns a row into the XML of its cells and the number of lines that its longest text takes."""
    places = [
        (
            xl_col_to_name(index),
            formats[column.kind]._get_xf_index(),
            column.kind == Kind.SHARE,
            column.width,
        )
        for index, column in enumerate(table.columns)
    ]

    def text(value: str) -> str:
        if len(value) <= _LONGEST and not _SPECIAL.search(value):
            return f"<t>{value}</t>"
        safe = sheet._escape_data(sheet._escape_control_characters(value[:_LONGEST]))
        return f'<t xml:space="preserve">{safe}</t>'

    def written(number: int, row: Sequence[Value]) -> tuple[str, int]:
        cells = []
        lines = 1
        for (letter, look, share, width), value in zip(places, row, strict=True):
            if isinstance(value, Share):
                look = shares[value.places]._get_xf_index()
            here = f'<c r="{letter}{number + 1}" s="{look}"'
            if value is None and share:
                value = missing
            if value is None:
                cells.append(f"{here}/>")
            elif isinstance(value, str):
                if len(value) >= width:  # LibreOffice does not make a row as high as its text by itself
                    lines = max(lines, min(_HIGHEST, len(textwrap.wrap(value, max(4, width - 1)))))
                cells.append(f'{here} t="inlineStr"><is>{text(value)}</is></c>')
            elif isinstance(value, date):
                cells.append(f"{here}><v>{value.toordinal() - _FIRST_DAY}</v></c>")
            else:
                cells.append(f"{here}><v>{value if isinstance(value, int) else float(value)!r}</v></c>")
        return "".join(cells), lines

    return written


class _Shares(dict[int, Any]):
    """The formats of shares that need more than one decimal beside their target, by how many."""

    def __init__(self, book: Any) -> None:
        super().__init__()
        self._book = book

    def __missing__(self, places: int) -> Any:
        made = self[places] = self._book.add_format({**_look(Kind.SHARE), "num_format": f"0.{'0' * places}%"})
        return made


def _look(kind: Kind) -> dict[str, object]:
    looks: dict[Kind, dict[str, object]] = {
        Kind.TEXT: {"text_wrap": True},
        Kind.COUNT: {"num_format": "#,##0", "align": "right"},
        Kind.SHARE: {"num_format": "0.0%", "align": "right"},
        Kind.DATE: {"num_format": "dd/mm/yyyy", "align": "right"},
    }
    return {"valign": "top", **looks[kind]}


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

"""Files as people send them: workbooks against two other readers, CSV by hand, and everything that is refused."""

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from portal.config import ROOT
from portal.core.tables_in import faults
from portal.core.tables_in.reading import read
from portal.core.tables_in.sheet import Limits, Row
from tests.examples import examples
from tests.portal.core.tables_in.test_letters import in_tcvn3, in_windows_1258

SMALL = Limits(rows=50, cells=2000)


def workbook(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    fill(book, book.add_worksheet("Danh sách"))
    book.close()
    return out.getvalue()


def rows(raw: bytes, name: str = "ds.xlsx", limits: Limits | None = None) -> list[Row]:
    return list(read(raw, name, limits or Limits()))


def test_cells_are_what_the_workbook_says() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_string(0, 0, "  Nguye\u0302\u0303n Thị Hoa  ")
        sheet.write_number(0, 1, 912345678)
        sheet.write_number(0, 2, 8.25)
        sheet.write_datetime(0, 3, datetime(2020, 3, 5), book.add_format({"num_format": "dd/mm/yyyy"}))  # noqa: DTZ001
        sheet.write_number(0, 4, 123, book.add_format({"num_format": "000000"}))
        sheet.write_boolean(0, 5, True)
        sheet.write_formula(0, 6, "=1+1", None, 2)
        sheet.write_formula(0, 7, '="a"&"b"', None, "ab")
        sheet.write_rich_string(0, 8, "Trường ", book.add_format({"bold": True}), "Ánh Sao")
        clock = book.add_format({"num_format": "hh:mm dd/mm"})
        sheet.write_datetime(4, 1, datetime(2020, 3, 5, 7, 30), clock)  # noqa: DTZ001

    assert rows(workbook(fill)) == [
        Row(
            1,
            [
                "Nguyễn Thị Hoa",
                912345678,
                8.25,
                date(2020, 3, 5),
                "000123",
                "TRUE",
                2,
                "ab",
                "Trường Ánh Sao",
            ],
        ),
        Row(5, [None, datetime(2020, 3, 5, 7, 30)]),  # noqa: DTZ001
    ]


def test_a_formula_that_nobody_computed_is_seen_as_one() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "=SUM(B1:B9)"
    book.active["A2"] = "x"
    out = io.BytesIO()
    book.save(out)

    assert rows(out.getvalue()) == [Row(1, ["=SUM(B1:B9)"]), Row(2, ["x"])]


def test_errors_of_excel_come_as_they_are() -> None:
    assert rows(workbook(lambda book, sheet: sheet.write_formula(0, 0, "=NA()", None, "#N/A"))) == [
        Row(1, ["#N/A"])
    ]


def test_the_first_sheet_that_people_see_is_read_and_the_others_named() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "hidden")
        second = book.add_worksheet("Hai")
        second.write(0, 0, "seen")
        book.add_worksheet("Ba").write(0, 0, "third")
        second.activate()
        sheet.hide()

    sheet = read(workbook(fill), "ds.xlsx")

    assert (sheet.title, sheet.others) == ("Hai", ("Ba",))
    assert [row.cells for row in sheet] == [["seen"]]


def test_the_1904_calendar() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_datetime(0, 0, datetime(2020, 3, 5), book.add_format({"num_format": "dd/mm/yyyy"}))  # noqa: DTZ001

    assert rows(workbook(fill, date_1904=True)) == [Row(1, [date(2020, 3, 5)])]


def test_old_fonts_in_a_workbook() -> None:
    def fill(book: Any, sheet: Any) -> None:
        for number, name in enumerate(["Họ và tên", "Nguyễn Thị Hường", "Đỗ Văn Quyết", "Trần Thị Ánh"]):
            sheet.write(number, 0, in_tcvn3(name.replace("Á", "á")).decode("latin-1"))

    sheet = read(workbook(fill), "ds.xlsx")

    assert sheet.letters == "tcvn3"
    assert [row.cells[0] for row in sheet] == [
        "Họ và tên",
        "Nguyễn Thị Hường",
        "Đỗ Văn Quyết",
        "Trần Thị ánh",
    ]


def as_oracle(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value == int(value):
        return int(value)
    return value or None


@examples(60)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.integers(-(10**9), 10**9),
                st.floats(-1e6, 1e6, width=32),
                st.text("aăâđêôơưƯỜNGxyz 0123&<>'\"=+-@é", max_size=12).map(str.strip),
            ),
            min_size=1, max_size=6,
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_two_other_readers_see_the_same(table: list[list[Any]]) -> None:
    def fill(book: Any, sheet: Any) -> None:
        for number, cells in enumerate(table):
            for column, value in enumerate(cells):
                if value not in (None, ""):
                    write = sheet.write_string if isinstance(value, str) else sheet.write_number
                    write(number, column, value)

    raw = workbook(fill)
    try:
        ours = {
            row.number: {place: value for place, value in enumerate(row.cells) if value is not None}
            for row in read(raw, "x.xlsx")
        }
    except faults.NoTable:
        ours = {}

    book = openpyxl.load_workbook(io.BytesIO(raw))
    theirs: dict[int, dict[int, Any]] = {}
    for cells in book.active.iter_rows():
        for cell in cells:
            if as_oracle(cell.value) is not None or cell.value == 0:
                theirs.setdefault(cell.row, {})[cell.column - 1] = as_oracle(cell.value) if cell.value else 0
    assert ours == theirs
    if ours:
        calamine = (
            CalamineWorkbook.from_filelike(io.BytesIO(raw))
            .get_sheet_by_index(0)
            .to_python(skip_empty_area=False)
        )
        fast = {
            number: {place: int(value) if value == int(value or 0) and not isinstance(value, str) else value for place, value in enumerate(cells) if value != ""}
            if not any(isinstance(value, str) for value in cells) else
            {place: (int(value) if isinstance(value, float) and value == int(value) else value) for place, value in enumerate(cells) if value != ""}
            for number, cells in enumerate(calamine, 1)
        }  # fmt: skip
        assert ours == {number: cells for number, cells in fast.items() if cells}


@pytest.mark.parametrize(
    ("raw", "letters"),
    [
        ("Họ tên;Đơn vị\nNguyễn Thị Hoa;Trường Ánh Sao\n".encode(), "utf-8"),
        ("\ufeffHọ tên;Đơn vị\r\nNguyễn Thị Hoa;Trường Ánh Sao\r\n".encode(), "utf-8-sig"),
        ("Họ tên,Đơn vị\rNguyễn Thị Hoa,Trường Ánh Sao".encode("utf-16"), "utf-16"),
        ("Họ tên\tĐơn vị\nNguyễn Thị Hoa\tTrường Ánh Sao\n".encode("utf-16-le"), "utf-16-le"),
        ("sep=;\nHọ tên;Đơn vị\nNguyễn Thị Hoa;Trường Ánh Sao\n".encode(), "utf-8"),
        (in_windows_1258("Họ tên;Đơn vị\nNguyễn Thị Hoa;Trường Ánh Sao\n"), "cp1258"),
        (in_tcvn3("Họ tên;Đơn vị\nNguyễn Thị Hoa;Trường ánh Sao\n"), "tcvn3"),
        ('Họ tên|Đơn vị\n\n"Nguyễn Thị Hoa"|Trường Ánh Sao\n'.encode(), "utf-8"),
    ],
)
def test_csv_in_every_encoding_and_with_every_separator(raw: bytes, letters: str) -> None:
    sheet = read(raw, "ds.csv")

    assert sheet.letters == letters
    assert [[str(cell).replace("ánh", "Ánh") for cell in row.cells] for row in sheet] == [
        ["Họ tên", "Đơn vị"],
        ["Nguyễn Thị Hoa", "Trường Ánh Sao"],
    ]


def test_rows_of_csv_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    raw = b'a;b\n\n"two\nlines";x\n;;\nlast;y\n'

    assert [row.number for row in rows(raw, "x.csv")] == [1, 3, 5]
    assert rows(raw, "x.csv")[1].cells == ["two\nlines", "x"]


@given(
    st.lists(st.lists(st.text("abcđ ,;\"'\n=0", min_size=1, max_size=8), min_size=2, max_size=4), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t"]),
)  # fmt: skip
def test_csv_that_a_program_wrote_comes_back(table: list[list[str]], separator: str) -> None:
    width = len(table[0])
    head = [f"h{place}" for place in range(width)]
    body = [(cells * width)[:width] for cells in table]
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([head] * 5 + body)

    found = [row.cells for row in read(out.getvalue().encode(), "x.csv")][5:]

    expected = [[cell.strip() or None for cell in cells] for cells in body]
    for cells in expected:
        while cells and cells[-1] is None:
            cells.pop()
    assert found == [cells for cells in expected if cells]


def zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def parts_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


PLAIN = workbook(lambda book, sheet: [sheet.write(row, 0, f"dòng {row}") for row in range(20)])
SHEET = "xl/worksheets/sheet1.xml"


def with_part(name: str, content: bytes) -> bytes:
    return zipped(parts_of(PLAIN) | {name: content})


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", faults.NoTable),
        (b"\n\n  \n", faults.NoTable),
        (b";;;\n;;\n", faults.NoTable),
        (workbook(lambda book, sheet: None), faults.NoTable),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, faults.OldExcel),
        (b"%PDF-1.7 ...", faults.OtherKind),
        (b"\x89PNG\r\n", faults.OtherKind),
        (b"<html><table><tr><td>a", faults.OtherKind),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}), faults.OtherKind),
        (zipped({"xl/workbook.bin": b"x"}), faults.OtherKind),
        (zipped({"word/document.xml": b"<x/>"}), faults.OtherKind),
        (zipped({"a.txt": b"x"}), faults.OtherKind),
        (PLAIN[:-300], faults.Damaged),
        (PLAIN[: len(PLAIN) // 2], faults.Damaged),
        (with_part(SHEET, b"<worksheet><sheetData><row"), faults.Damaged),
        (with_part(SHEET, b"<worksheet><sheetData><row r='1'><c r='A1' t='s'><v>999</v></c></row></sheetData></worksheet>"), faults.Damaged),
        (with_part(SHEET, b"<worksheet><sheetData><row r='1'><c r='A1'><v>abc</v></c></row></sheetData></worksheet>"), faults.Damaged),
        (with_part(SHEET, DOCTYPE + b"<worksheet>&b;</worksheet>"), faults.Suspicious),
        (with_part("xl/sharedStrings.xml", DOCTYPE + b"<sst><si><t>&b;</t></si></sst>"), faults.Suspicious),
        (with_part("xl/workbook.xml", DOCTYPE + b"<workbook/>"), faults.Suspicious),
        (with_part("xl/media/a.bin", b"\0" * 30_000_000), faults.Suspicious),
        (zipped(parts_of(PLAIN) | {f"xl/{n}.xml": b"" for n in range(600)}), faults.Suspicious),
        (zipped(parts_of(PLAIN), zipfile.ZIP_LZMA), faults.Suspicious),
        (b"a;b\n" + b"\xff\xfe\xfa\x81" * 50, faults.UnknownLetters),
        (b'a;b\n"' + b"x;y\n" * 60_000, faults.BadQuotes),
        (b"a;b\n" * 200, faults.TooManyRows),
        (b";".join([b"x"] * 201), faults.TooManyCells),
        (b"x;" * 150 + b"\n" + (b"x;" * 150 + b"\n") * 30, faults.TooManyCells),
        (workbook(lambda book, sheet: sheet.write(0, 300, "far")), faults.TooManyCells),
        (workbook(lambda book, sheet: [sheet.write(row, 0, "x") for row in range(200)]), faults.TooManyRows),
        (b"x" * (10 * 1024 * 1024 + 1), faults.TooBig),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "file",  # no length: it varies by worker
)  # fmt: skip
def test_refused_with_words(raw: bytes, fault: type[faults.CannotRead]) -> None:
    with pytest.raises(faults.CannotRead) as refusal:
        rows(raw, "danh sach.xlsx", SMALL)

    assert type(refusal.value) is fault
    assert "danh sach.xlsx" in str(refusal.value)


def test_a_claim_of_two_hundred_megabytes_is_refused_before_a_byte_is_unpacked() -> None:
    parts = parts_of(PLAIN) | {f"xl/media/{n}.bin": b"\0" * 4_000_000 for n in range(60)}

    with pytest.raises(faults.TooBig):
        rows(zipped(parts))


def test_a_cell_far_away_costs_nothing() -> None:
    """The file that takes 6 GB elsewhere: two cells, a million rows apart."""
    raw = workbook(lambda book, sheet: [sheet.write(0, 0, "a"), sheet.write(1048575, 3, "z")])

    assert rows(raw) == [Row(1, ["a"]), Row(1048576, [None, None, None, "z"])]


def test_a_name_with_a_path_or_nothing_is_harmless() -> None:
    assert read(PLAIN, "../../etc/passwd\x00.xlsx").title == "Danh sách"
    with pytest.raises(faults.NoTable):
        read(b"", "")


MEASURE = """
import resource, sys, time
from pathlib import Path
from portal.core.tables_in.reading import read
path = Path(sys.argv[1])
next(iter(read(path, path.name)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.perf_counter()
count = sum(1 for _row in read(path, path.name))
print(count, round(time.perf_counter() - begin, 2), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def a_workbook_of_fifty_thousand_rows(*, shared: bool) -> bytes:
    """Return a workbook whose parts are written as text: the library that makes the others takes longer than reading."""
    words = [f"Nguyễn Văn {row} {column}" for row in range(50_000) for column in range(8)]
    cells = [
        f'<c r="{"ABCDEFGH"[place % 8]}{place // 8 + 1}" '
        + (f't="s"><v>{place}</v></c>' if shared else f't="inlineStr"><is><t>{word}</t></is></c>')
        for place, word in enumerate(words)
    ]
    lines = [f'<row r="{row + 1}">{"".join(cells[row * 8 : row * 8 + 8])}</row>' for row in range(50_000)]
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts = {SHEET: f"<worksheet {space}><sheetData>{''.join(lines)}</sheetData></worksheet>".encode()}
    if shared:
        strings = "".join(f"<si><t>{word}</t></si>" for word in words)
        parts["xl/sharedStrings.xml"] = f'<sst {space} count="400000">{strings}</sst>'.encode()
    return zipped(parts_of(PLAIN) | parts)


@pytest.mark.parametrize("kind", ["shared strings", "inline strings", "csv"])
def test_fifty_thousand_rows_in_constant_memory(kind: str, tmp_path: Any) -> None:
    path = tmp_path / ("ds.csv" if kind == "csv" else "ds.xlsx")
    if kind == "csv":
        with path.open("w", encoding="utf-8") as out:
            for row in range(50_000):
                out.write(";".join(f"Nguyễn Văn {row} {column}" for column in range(8)) + "\n")
    else:
        path.write_bytes(a_workbook_of_fifty_thousand_rows(shared=kind == "shared strings"))

    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    count, _seconds, megabytes = ran.stdout.split()

    assert int(count) == 50_000
    assert int(megabytes) <= 16, "the whole table would be 60 MB and more"

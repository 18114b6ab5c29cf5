"""Screen, DOCX, PDF, XLSX and CSV of a report say the same, figure by figure: each file is read back."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction

import docx
import openpyxl
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.db import unit_of_work
from portal.reports import document
from portal.reports.document import Appendix, Head, Paragraph, Report, Section
from portal.reports.filing import snapshot
from portal.reports.filing.models import Filing, FilingFile
from portal.reports.tables import Column, Kind, Share, Table
from portal.reports.writers import docx as docx_writer
from portal.reports.writers import pdf_report
from tests.factories import World
from tests.portal.reports.filing import support

MADE = datetime(2025, 6, 15, 2, 0, tzinfo=UTC)
COLUMNS = (
    Column("code", "Mã", width=10),
    Column("name", "Chỉ tiêu", width=40),
    Column("numerator", "Tử số", Kind.COUNT, 12),
    Column("denominator", "Mẫu số", Kind.COUNT, 12),
    Column("value", "Tỷ lệ", Kind.SHARE, 14),
    Column("on", "Ngày", Kind.DATE, 14),
)
ROWS = (
    ("CT10", "Cán bộ xã, cộng tác viên", 3190, 3850, Fraction(3190, 3850), date(2025, 2, 3)),
    ("CT12", "Cơ sở y tế", 2, 3, Fraction(2, 3), date(2025, 6, 14)),
    ("CT14", "Công an", None, None, None, None),
    ("CT11", "Dưới mức 80%", 1999, 2500, Share(Fraction(1999, 2500), 2), date(2025, 6, 14)),
)
SHOWN = (
    ("CT10", "Cán bộ xã, cộng tác viên", "3.190", "3.850", "82,9%", "03/02/2025"),
    ("CT12", "Cơ sở y tế", "2", "3", "66,7%", "14/6/2025"),
    ("CT14", "Công an", "", "", "chưa có mẫu số", ""),
    ("CT11", "Dưới mức 80%", "1.999", "2.500", "79,96%", "14/6/2025"),
)
TABLE = Table("Kết quả", "6 tháng đầu năm 2025", COLUMNS, ROWS, notes=("Một ghi chú.",))
REPORT = Report(
    head=Head(
        "Ủy ban nhân dân tỉnh Mẫu",
        "Sở Giáo dục và Đào tạo",
        "BC-SGDĐT",
        "Mẫu",
        "BÁO CÁO",
        "Kết quả thực hiện Kế hoạch số 39/KH-UBND 6 tháng đầu năm 2025",
    ),
    to=("Kính gửi: Ủy ban nhân dân tỉnh Mẫu",),
    basis=("Thực hiện Kế hoạch, Sở báo cáo như sau:",),
    sections=(
        Section("I", "CÔNG TÁC CHỈ ĐẠO", (Paragraph("Đã chỉ đạo."),)),
        Section("III", "KẾT QUẢ", (), TABLE),
    ),
    appendices=(Appendix("I", "chi-tieu", TABLE),),
    signature=("Giám đốc",),
    recipients=("Như trên;", "Lưu: VT."),
)


def read_docx(content: bytes) -> docx.document.Document:
    return docx.Document(io.BytesIO(content))


def test_the_docx_is_laid_out_as_decree_30_asks() -> None:
    made = read_docx(docx_writer.write(REPORT, MADE))
    first, appendix = made.sections[0], made.sections[1]

    assert (round(first.page_width.mm), round(first.page_height.mm)) == (210, 297)
    assert [
        round(one.mm)
        for one in (first.top_margin, first.bottom_margin, first.left_margin, first.right_margin)
    ] == [20, 20, 30, 15]
    assert (round(appendix.page_width.mm), round(appendix.page_height.mm)) == (297, 210)
    assert first.different_first_page_header_footer
    assert "PAGE" in first.header.paragraphs[0]._p.xml
    assert first.header.paragraphs[0].alignment == 1  # centred
    assert first.first_page_header.paragraphs[0].text == ""
    assert 'w:start="1"' in appendix._sectPr.xml  # an appendix is numbered by itself
    assert made.styles["Normal"].font.name == "Times New Roman"
    assert made.styles["Normal"].font.size.pt == 13
    head = made.tables[0]
    left, right = head.rows[0].cells
    assert [p.text for p in left.paragraphs][:3] == ["ỦY BAN NHÂN DÂN", "TỈNH MẪU", "SỞ GIÁO DỤC VÀ ĐÀO TẠO"]
    assert [p.text for p in right.paragraphs][:2] == [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
    ]
    left, right = head.rows[1].cells
    assert re.fullmatch(r"Số: +/BC-SGDĐT", left.text)
    assert re.fullmatch(r"Mẫu, ngày +tháng +năm +", right.text)
    assert right.paragraphs[0].runs[0].italic
    title = next(p for p in made.paragraphs if p.text == "BÁO CÁO")
    assert title.runs[0].bold
    assert title.runs[0].font.size.pt == 14
    words = next(p for p in made.paragraphs if p.text == "Đã chỉ đạo.")
    assert words.alignment == 3  # justified
    assert words.paragraph_format.space_before.pt >= 6
    signature = made.tables[2]
    assert [p.text for p in signature.rows[0].cells[0].paragraphs] == [
        "Nơi nhận:",
        "- Như trên;",
        "- Lưu: VT.",
    ]
    assert [p.text for p in signature.rows[0].cells[1].paragraphs if p.text] == ["GIÁM ĐỐC"]  # and no name
    assert "tblHeader" in made.tables[1]._tbl.xml
    assert any(re.match(r"\(Kèm theo Báo cáo số +/BC-SGDĐT ngày", p.text) for p in made.paragraphs)


def test_every_file_says_the_same_of_every_figure() -> None:
    files = {name: content for name, _media, content in snapshot.rendered(REPORT, "r", MADE)}

    word = read_docx(files["r.docx"]).tables[3]
    assert tuple(tuple(cell.text for cell in row.cells) for row in word.rows)[1:] == SHOWN
    pages = PdfReader(io.BytesIO(files["r.pdf"])).pages
    text = " ".join(" ".join(page.extract_text().split()) for page in pages)
    for row in SHOWN:
        for value in row:
            assert value in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    book = openpyxl.load_workbook(io.BytesIO(files["r.xlsx"]))
    sheet = book["Phụ lục I"]
    assert sheet.freeze_panes == "B5"
    assert [sheet.cell(5, column).value for column in (1, 3, 4)] == ["CT10", 3190, 3850]
    assert abs(sheet.cell(6, 5).value - 2 / 3) < 1e-12
    assert sheet.cell(6, 5).number_format == "0.0%"
    assert sheet.cell(7, 5).value == "chưa có mẫu số"
    assert (sheet.cell(8, 5).value, sheet.cell(8, 5).number_format) == (0.7996, "0.00%")
    assert sheet.cell(5, 6).value == datetime(2025, 2, 3)  # noqa: DTZ001 - a day, as Excel has it
    rows = list(csv.reader(io.StringIO(files["r-chi-tieu.csv"].decode("utf-8-sig"))))
    assert rows[1] == ["CT10", "Cán bộ xã, cộng tác viên", "3190", "3850", "0.828571", "2025-02-03"]
    assert rows[3][4] == "chưa có mẫu số"


def test_the_pdf_embeds_its_letters_and_numbers_pages_from_the_second() -> None:
    long = Table("Kết quả", "", COLUMNS, ROWS * 60)
    content = pdf_report.write(
        Report(
            REPORT.head,
            REPORT.to,
            REPORT.basis,
            (Section("III", "KẾT QUẢ", (), long),),
            REPORT.appendices,
            ("Giám đốc",),
            ("Lưu: VT.",),
        )
    )
    pages = PdfReader(io.BytesIO(content)).pages
    fonts = {
        str(font.get_object()["/BaseFont"]) for page in pages for font in page["/Resources"]["/Font"].values()
    }

    assert all("+Crimson" in name for name in fonts), fonts
    assert not pages[0].extract_text().lstrip().startswith("1")
    assert pages[1].extract_text().split()[0] == "2"
    assert content == pdf_report.write(
        Report(
            REPORT.head,
            REPORT.to,
            REPORT.basis,
            (Section("III", "KẾT QUẢ", (), long),),
            REPORT.appendices,
            ("Giám đốc",),
            ("Lưu: VT.",),
        )
    )


def test_a_report_survives_being_kept_as_json() -> None:
    again = document.from_json(document.to_json(REPORT))

    assert again.head == REPORT.head
    assert [tuple(row) for row in again.appendices[0].table.rows] == list(ROWS)
    assert document.to_json(again) == document.to_json(REPORT)


def test_numbers_are_written_as_vietnamese_texts_write_them() -> None:
    assert document.percent(Fraction(2, 3)) == "66,7%"
    assert document.percent(Fraction(1, 2)) == "50%"
    assert document.percent(Fraction(-3, 50)) == "-6%"
    assert document.number(1234567) == "1.234.567"
    assert document.day(date(2025, 2, 3)) == "03/02/2025"  # days below 10 and months 1 and 2 have a zero
    assert document.day(date(2025, 6, 15)) == "15/6/2025"


def test_the_filed_files_and_the_screen_show_the_frozen_figures(
    app: Flask, session: Session, world: World, sign_in: Callable[[int], FlaskClient]
) -> None:
    with unit_of_work() as work:
        support.officer(work, world, "Cao Thị Lụa", trained_on=date(2025, 4, 1))
        one = support.filed(work, world).id
    screen = " ".join(
        re.sub(r"<[^>]+>", " ", sign_in(world.gina).get(f"/reports/filings/{one}/").text).split()
    )
    filing = session.get_one(Filing, one)
    assert filing.snapshot is not None
    report = document.from_json(filing.snapshot["report"])
    content = session.scalars(
        select(FilingFile.content).where(FilingFile.filing_id == one, FilingFile.name.endswith(".docx"))
    ).one()
    word = read_docx(content).tables[3]
    table = report.appendices[0].table

    for number, row in enumerate(table.rows, 1):
        shown = [document.shown(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
        assert [cell.text for cell in word.rows[number].cells] == shown
        assert " ".join(" ".join(shown).split()) in screen
    kept = {figure["code"]: figure for figure in filing.snapshot["figures"]}
    for row in table.rows:
        if row[0]:
            assert (row[3], row[4]) == (kept[str(row[0])]["numerator"], kept[str(row[0])]["denominator"])

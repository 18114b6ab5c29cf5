"""A report as DOCX, to be edited and issued by the clerk: layout by Decree 30/2020/NĐ-CP, Appendix I.

A4, margins 20/20/30/15 mm, Times New Roman 13, page number centred in the top margin from page 2 on; number, day,
signature and seal are left blank. Each appendix is a section of its own, broad side down, numbered from 1.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from portal.reports.document import MOTTO, NATION, Appendix, Report, Section, name_lines, shown
from portal.reports.tables import Kind, Table, Value

FONT = "Times New Roman"
BODY, HEAD, SMALL = 13, 12, 11
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONG, SHORT = 297, 210
TOP, BOTTOM, LEFT, RIGHT = 20, 20, 30, 15
#: 65 and 100 mm: at 70 and 95 the nation's name no longer fits on one line.
HEAD_COLUMNS = (65.0, 100.0)
CELL_EDGES = 3.8  # mm that a cell keeps free left and right, together


def write(report: Report, made_at: datetime) -> bytes:
    """Return the report as a DOCX file."""
    document: Any = Document()
    _properties(document, report, made_at)
    _styles(document)
    _page(document.sections[0], SHORT, LONG)
    _page_number(document.sections[0])
    _head(document, report)
    _title(document, report)
    for line in report.to:
        _line(document, line, align=ALIGN.CENTER, before=6 if line == report.to[0] else 0)
    for basis in report.basis:
        _body(document, basis)
    for section in report.sections:
        _section(document, section)
    if report.sections and report.sections[-1].table is None:  # a signature never stands on a page by itself
        document.paragraphs[-1].paragraph_format.keep_with_next = True
    _signature(document, report)
    for appendix in report.appendices:
        _appendix(document, report, appendix)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _properties(document: Any, report: Report, made_at: datetime) -> None:
    core = document.core_properties
    core.title = f"{report.head.kind} {report.head.subject}".strip()
    core.author = core.last_modified_by = report.head.issuer
    core.comments, core.language, core.keywords = "", "vi-VN", ""
    core.created = core.modified = made_at


def _styles(document: Any) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(BODY)
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):  # two of the four are all the library sets
        fonts.set(qn(name), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    style.element.get_or_add_rPr().append(language)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.0


def _page(section: Any, width: int, height: int) -> None:
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.orientation = WD_ORIENT.LANDSCAPE if width > height else WD_ORIENT.PORTRAIT
    section.top_margin, section.bottom_margin = Mm(TOP), Mm(BOTTOM)
    section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
    section.header_distance, section.footer_distance = Mm(10), Mm(10)
    section.different_first_page_header_footer = True


def _page_number(section: Any) -> None:
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = ALIGN.CENTER
    run = paragraph.add_run()
    run.font.size = Pt(BODY)
    for kind, text in (("begin", ""), ("", "PAGE"), ("separate", ""), ("text", "2"), ("end", "")):
        if kind == "text":
            run.add_text(text)
            continue
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.set(qn("xml:space"), "preserve")
            part.text = text
        run._r.append(part)


def _line(
    where: Any,
    text: str,
    *,
    size: float = BODY,
    bold: bool = False,
    italic: bool = False,
    align: Any = ALIGN.LEFT,
    before: float = 0,
    first: bool = False,
) -> Any:
    """Add a line; in a cell the paragraph that is there already is used first."""
    paragraph = where.paragraphs[0] if first else where.add_paragraph()
    run = paragraph.add_run(_NOT_XML.sub("", text))
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    return paragraph


def _rule(where: Any, room: float, length: float) -> None:
    """Draw a centred rule below what stands above, `length` of the `room` there is (both in mm)."""
    paragraph = where.add_paragraph()
    edge = Mm(max(0.0, (room - length) / 2))
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = edge
    form.line_spacing, form.space_before = Pt(3), Pt(4)
    border = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    border.append(top)
    paragraph._p.get_or_add_pPr().append(border)
    run = paragraph.add_run("")
    run.font.size = Pt(2)


def _bare(document: Any, widths: Sequence[float], rows: int) -> Any:
    """Add a table without lines; both columns and cells carry their width, for each program reads another."""
    table = document.add_table(rows=rows, cols=len(widths))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _widths(table, widths)
    return table


def _widths(table: Any, widths: Sequence[float]) -> None:
    for index, width in enumerate(widths):
        table.columns[index].width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)


def _head(document: Any, report: Report) -> None:
    head = report.head
    table = _bare(document, HEAD_COLUMNS, 2)
    left, right = table.rows[0].cells
    lines = [(words, False) for words in name_lines(head.superior)] if head.superior else []
    lines += [(words, True) for words in name_lines(head.issuer)]
    for number, (words, bold) in enumerate(lines):
        _line(left, words, size=HEAD, bold=bold, align=ALIGN.CENTER, first=number == 0)
    _rule(left, HEAD_COLUMNS[0] - CELL_EDGES, 24)
    _line(right, NATION, size=HEAD, bold=True, align=ALIGN.CENTER, first=True)
    _line(right, MOTTO, size=BODY, bold=True, align=ALIGN.CENTER)
    _rule(right, HEAD_COLUMNS[1] - CELL_EDGES, 56)  # as long as the motto above it
    left, right = table.rows[1].cells
    _line(left, f"Số:        /{head.symbol}", size=BODY, align=ALIGN.CENTER, first=True, before=4)
    if not head.kind:
        _line(left, head.subject, size=HEAD, align=ALIGN.CENTER, before=3)
    _line(
        right,
        f"{head.place}, ngày       tháng       năm         ",
        size=BODY,
        italic=True,
        align=ALIGN.CENTER,
        first=True,
        before=4,
    )


def _title(document: Any, report: Report) -> None:
    if not report.head.kind:
        _line(document, "", size=6)
        return
    _line(document, report.head.kind, size=14, bold=True, align=ALIGN.CENTER, before=14)
    _line(document, report.head.subject, size=14, bold=True, align=ALIGN.CENTER)
    _rule(document, SHORT - LEFT - RIGHT, 60)


def _body(document: Any, text: str, *, bold: bool = False, together: bool = False) -> None:
    paragraph = _line(document, text, bold=bold, align=ALIGN.JUSTIFY, before=6)
    paragraph.paragraph_format.first_line_indent = Mm(12.7)
    paragraph.paragraph_format.line_spacing = 1.15
    paragraph.paragraph_format.keep_with_next = together


def _section(document: Any, section: Section) -> None:
    if section.title:
        _body(document, f"{section.numeral}. {section.title}", bold=True, together=True)
    for paragraph in section.paragraphs:
        _body(document, paragraph.text, bold=paragraph.heading, together=paragraph.heading)
    if section.table is not None:
        _line(document, "", size=4)
        _table(document, section.table, SHORT - LEFT - RIGHT, 11)
        for note in section.table.notes:
            _line(document, note, size=11, italic=True, align=ALIGN.JUSTIFY, before=3)


def _table(document: Any, source: Table, room: float, size: float) -> None:
    """Add a table as ready XML: cell by cell, one of some hundred rows took ten seconds.

    Both the grid and each cell carry their width, the head is repeated on every page, and no row is parted.
    """
    whole = sum(column.width for column in source.columns)
    widths = [round(room * column.width / whole / 25.4 * 1440) for column in source.columns]
    rows = [_row(source, widths, row, size, False) for row in source.rows]
    if source.total is not None:
        rows.append(_row(source, widths, source.total, size, True))
    head = "".join(
        _cell(column.label, width, size, True, "center")
        for column, width in zip(source.columns, widths, strict=True)
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    xml = (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:top w:w="30" w:type="dxa"/><w:left w:w="60" w:type="dxa"/><w:bottom w:w="30" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>"
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{''.join(rows)}</w:tbl>"
    )
    document.element.body.insert(-1, parse_xml(xml))  # before the properties of the last section


def _row(source: Table, widths: Sequence[int], row: Sequence[Value], size: float, bold: bool) -> str:
    cells = []
    for column, width, value in zip(source.columns, widths, row, strict=True):
        text = column.kind == Kind.TEXT or (value is None and column.kind == Kind.SHARE)
        cells.append(_cell(shown(value, column.kind), width, size, bold, "left" if text else "right"))
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, width: int, size: float, bold: bool, align: str) -> str:
    half = round(size * 2)
    look = f'{"<w:b/>" if bold else ""}<w:sz w:val="{half}"/><w:szCs w:val="{half}"/>'
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:jc w:val="{align}"/></w:pPr>'
        f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(_NOT_XML.sub("", text))}</w:t></w:r></w:p></w:tc>'
    )


def _signature(document: Any, report: Report) -> None:
    _line(document, "", size=6).paragraph_format.keep_with_next = True
    table = _bare(document, (82.5, 82.5), 1)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    left, right = table.rows[0].cells
    _line(left, "Nơi nhận:", size=12, bold=True, italic=True, first=True)
    for recipient in report.recipients:
        _line(left, f"- {recipient}", size=SMALL)
    for number, line in enumerate(report.signature):
        _line(right, line.upper(), size=BODY, bold=True, align=ALIGN.CENTER, first=number == 0)
    for _blank in range(5):  # room for the signature, the seal and the name
        _line(right, "", size=BODY)


def _appendix(document: Any, report: Report, appendix: Appendix) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    _page(section, LONG, SHORT)
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    for old in section._sectPr.findall(qn("w:pgNumType")):
        section._sectPr.remove(old)
    section._sectPr.insert_element_before(
        start, "w:cols", "w:formProt", "w:vAlign", "w:noEndnote", "w:titlePg", "w:textDirection", "w:docGrid"
    )
    _line(document, f"Phụ lục {appendix.numeral}", size=14, bold=True, align=ALIGN.CENTER)
    _line(document, appendix.table.title.upper(), size=13, bold=True, align=ALIGN.CENTER)
    _line(document, report.attached_to, size=13, italic=True, align=ALIGN.CENTER)
    _line(document, appendix.table.asked, size=12, align=ALIGN.CENTER, before=3)
    _line(document, "", size=6)
    _table(document, appendix.table, LONG - LEFT - RIGHT, 10)
    for note in appendix.table.notes:
        _line(document, note, size=11, italic=True, align=ALIGN.JUSTIFY, before=3)

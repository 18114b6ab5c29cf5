"""A report as PDF, to be read: the same layout as the DOCX, set in Crimson Text, which is embedded.

Times New Roman may not be shipped; Crimson Text is a free text face with all Vietnamese letters. It is cut smaller,
so it is set one point larger than the Decree's sizes for Times.
"""

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    LongTable,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Table as Grid

from courses.certificates.lettering import clean, drawing, unhinted
from portal.reports.document import MOTTO, NATION, Appendix, Report, Section, name_lines, shown
from portal.reports.tables import Kind, Table

REGULAR, ITALIC, BOLD, BOLD_ITALIC = "Report-Regular", "Report-Italic", "Report-Bold", "Report-BoldItalic"
_FILES = {
    REGULAR: "CrimsonText-Regular.ttf",
    ITALIC: "CrimsonText-Italic.ttf",
    BOLD: "CrimsonText-Bold.ttf",
    BOLD_ITALIC: "CrimsonText-BoldItalic.ttf",
}
TOP, BOTTOM, LEFT, RIGHT = 20 * mm, 20 * mm, 30 * mm, 15 * mm
BODY, HEAD, SMALL = 14.0, 13.0, 12.0
CHUNK = 500  # rows of one table: a longer one takes three times as long to lay out


@cache
def register_fonts() -> None:
    """Make the four fonts known to ReportLab, once in a process."""
    folder = files("fontpkg_crimson_text") / "files"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, BytesIO(unhinted((folder / file).read_bytes()))))


def write(report: Report) -> bytes:
    """Return the report as a PDF file; the same report gives the same bytes."""
    with drawing:
        register_fonts()
        file = BytesIO()
        document = BaseDocTemplate(
            file,
            pagesize=A4,
            title=clean(f"{report.head.kind} {report.head.subject}".strip()),
            author=clean(report.head.issuer),
            lang="vi-VN",
            invariant=1,
        )
        document.addPageTemplates(_templates())
        document.build(_story(report), canvasmaker=_Sheets)
        return file.getvalue()


class _Sheets(Canvas):
    """Pages that begin in our own letters: else Helvetica is named, and not embedded."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **(options | {"initialFontName": REGULAR, "lang": "vi-VN"}))


def _templates() -> list[PageTemplate]:
    begun = [1]

    def opens(canvas: Any, _document: Any) -> None:
        begun[0] = canvas.getPageNumber()

    def goes_on(canvas: Any, _document: Any) -> None:
        canvas.setFont(REGULAR, BODY)
        width, height = canvas._pagesize
        canvas.drawCentredString(
            (width + LEFT - RIGHT) / 2, height - 13 * mm, str(canvas.getPageNumber() - begun[0] + 1)
        )

    def template(name: str, size: tuple[float, float], first: bool, then: str) -> PageTemplate:
        frame = Frame(LEFT, BOTTOM, size[0] - LEFT - RIGHT, size[1] - TOP - BOTTOM, 0, 0, 0, 0)
        return PageTemplate(
            name, [frame], onPage=opens if first else goes_on, pagesize=size, autoNextPageTemplate=then
        )

    wide = landscape(A4)
    return [
        template("first", A4, True, "next"),
        template("next", A4, False, "next"),
        template("appendix", wide, True, "appendix-next"),
        template("appendix-next", wide, False, "appendix-next"),
    ]


def _words(
    text: str, size: float = BODY, font: str = REGULAR, align: Any = TA_LEFT, before: float = 0, **more: Any
) -> Paragraph:
    style = ParagraphStyle(
        "",
        fontName=font,
        fontSize=size,
        leading=size * 1.2,
        alignment=align,
        spaceBefore=before,
        textColor=black,
        **more,
    )
    return Paragraph(escape(_spaced(text)), style)


def _spaced(text: str) -> str:
    """Return clean text that keeps the room left for the clerk: spaces in a row do not fall together."""
    pieces = re.split(r"( {2,})", text)
    return "".join("\u00a0" * len(one) if one.isspace() else clean(one) for one in pieces if one)


class _Rule(Flowable):
    """A centred rule."""

    def __init__(self, length: float) -> None:
        super().__init__()
        self.length, self.room = length, 0.0

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        self.room = room
        return room, 8

    def draw(self) -> None:
        self.canv.setLineWidth(0.7)
        self.canv.line((self.room - self.length) / 2, 2, (self.room + self.length) / 2, 2)


def _story(report: Report) -> list[Any]:
    head = report.head
    room = A4[0] - LEFT - RIGHT
    above = name_lines(head.superior) if head.superior else []
    left: list[Any] = [_words(line, HEAD, align=TA_CENTER) for line in above]
    left += [_words(line, HEAD, BOLD, TA_CENTER) for line in name_lines(head.issuer)]
    left.append(_Rule(24 * mm))
    motto = pdfmetrics.stringWidth(MOTTO, BOLD, BODY)
    right = [
        _words(NATION, HEAD - 0.5, BOLD, TA_CENTER),
        _words(MOTTO, BODY, BOLD, TA_CENTER),
        _Rule(motto),
    ]
    under: list[Any] = [_words(f"Số:        /{head.symbol}", BODY, align=TA_CENTER)]
    if not head.kind:
        under.append(_words(head.subject, HEAD, align=TA_CENTER))
    dated = f"{head.place}, ngày       tháng       năm         "
    top = Grid([[left, right], [under, [_words(dated, BODY, ITALIC, TA_CENTER)]]], [63 * mm, room - 63 * mm])
    top.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), REGULAR),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    story: list[Any] = [top, Spacer(0, 12)]
    if head.kind:
        story += [
            _words(head.kind, BODY + 1, BOLD, TA_CENTER),
            _words(head.subject, BODY + 1, BOLD, TA_CENTER),
            _Rule(60 * mm),
        ]
    story += [_words(line, BODY, align=TA_CENTER, before=6) for line in report.to]
    story += [_body(line) for line in report.basis]
    for section in report.sections:
        story += _section(section, room)
    last: list[Any] = []
    if report.sections and report.sections[-1].table is None:
        last = [story.pop()]
        while getattr(getattr(story[-1], "style", None), "keepWithNext", 0):  # a heading goes with its words
            last.insert(0, story.pop())
    story.append(KeepTogether([*last, *_signature(report, room)]))  # it never stands on a page by itself
    for appendix in report.appendices:
        story += _appendix(report, appendix)
    return story


def _body(text: str, font: str = REGULAR, *, together: bool = False) -> Paragraph:
    return _words(
        text, BODY, font, TA_JUSTIFY, before=6, firstLineIndent=12.7 * mm, keepWithNext=1 if together else 0
    )


def _section(section: Section, room: float) -> list[Any]:
    made: list[Any] = []
    if section.title:
        made.append(_body(f"{section.numeral}. {section.title}", BOLD, together=True))
    for paragraph in section.paragraphs:
        font = BOLD if paragraph.heading else REGULAR
        made.append(_body(paragraph.text, font, together=paragraph.heading))
    if section.table is not None:
        made.append(Spacer(0, 6))
        made += _grid(section.table, room, 11)
        made += [_words(note, 11.5, ITALIC, TA_JUSTIFY, before=3) for note in section.table.notes]
    return made


def _grid(source: Table, room: float, size: float) -> list[Any]:
    whole = sum(column.width for column in source.columns)
    widths = [room * column.width / whole for column in source.columns]
    head = [_words(column.label, size, BOLD, TA_CENTER) for column in source.columns]
    rows: list[Any] = [
        [_cell(source, place, value, size) for place, value in enumerate(row)] for row in source.rows
    ]
    if source.total is not None:
        rows.append(
            [
                _words(shown(value, source.columns[place].kind), size, BOLD)
                for place, value in enumerate(source.total)
            ]
        )
    look = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, black),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ("FONT", (0, 0), (-1, -1), REGULAR, size, size * 1.2),
            *(
                ("ALIGN", (place, 1), (place, -1), "RIGHT")
                for place, column in enumerate(source.columns)
                if column.kind != Kind.TEXT
            ),
        ]
    )
    return [
        LongTable([head, *rows[start : start + CHUNK]], widths, repeatRows=1, style=look)
        for start in range(0, max(len(rows), 1), CHUNK)
    ]


def _cell(source: Table, place: int, value: Any, size: float, font: str = REGULAR) -> Any:
    """Return words as a paragraph, for they wrap; numbers as they are, which is much faster."""
    kind = source.columns[place].kind
    if kind == Kind.TEXT or value is None or isinstance(value, str):
        return _words(shown(value, kind), size, font)
    return shown(value, kind)


def _signature(report: Report, room: float) -> list[Any]:
    left: list[Any] = [_words("Nơi nhận:", HEAD, BOLD_ITALIC)]
    left += [_words(f"- {recipient}", SMALL) for recipient in report.recipients]
    right: list[Any] = [_words(line.upper(), BODY, BOLD, TA_CENTER) for line in report.signature]
    grid = Grid([[left, [*right, Spacer(0, 75)]]], [room / 2, room / 2])
    grid.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), REGULAR),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ]
        )
    )
    return [Spacer(0, 12), grid]


def _appendix(report: Report, appendix: Appendix) -> list[Any]:
    table = appendix.table
    return [
        NextPageTemplate("appendix"),
        PageBreak(),
        _words(f"Phụ lục {appendix.numeral}", BODY, BOLD, TA_CENTER),
        _words(table.title.upper(), BODY, BOLD, TA_CENTER),
        _words(report.attached_to, BODY, ITALIC, TA_CENTER),
        _words(table.asked, HEAD, align=TA_CENTER, before=3),
        Spacer(0, 6),
        *_grid(table, A4[1] - LEFT - RIGHT, 10.5),
        *[_words(note, 11.5, ITALIC, TA_JUSTIFY, before=3) for note in table.notes],
    ]

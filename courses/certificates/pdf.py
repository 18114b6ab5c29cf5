"""A certificate's facts to a certificate's file: A4, Vietnamese with English beneath, drawn by ReportLab. Pure.

The same facts give the same bytes. Nothing is read but the typeface, once; no clock, no database, no request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from io import BytesIO
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from courses.certificates import ornament
from courses.certificates.lettering import (
    BOLD,
    ITALIC,
    REGULAR,
    Fitted,
    clean,
    drawing,
    fit,
    pieces,
    register_fonts,
    width,
)

HOTLINE = "Tổng đài Quốc gia Bảo vệ trẻ em 111 (miễn phí, 24/24)"
DEMONSTRATION = "BẢN DÙNG THỬ – DEMONSTRATION"

PAGE = ornament.PAGE
_CENTRE = PAGE[0] / 2
_ACCENT, _INK, _QUIET = HexColor("#0F5C5C"), HexColor("#1D2626"), HexColor("#56625F")
_RULE, _WHITE = HexColor("#B9CCC8"), HexColor("#FFFFFF")

_EDGE = 60.0  # from the edge of the page to the outermost text
_ROOM = 660.0  # the widest line of names and titles
_MIDDLE = (410.0, 197.0)  # from where to where who did what is spread
_QR = 80.0

Run = tuple[str, str, float]  # words, font, size


class Kind(StrEnum):
    """What is certified: a course completed, or no more than having taken part."""

    COMPLETION = "completion"
    PARTICIPATION = "participation"


@dataclass(frozen=True, slots=True)
class _Row:
    """Centred lines of one colour, and the least room above them, in points."""

    gap: float
    lines: tuple[list[Run], ...]
    colour: Color
    leading: float

    @property
    def height(self) -> float:
        return self.leading * len(self.lines)


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    title_en: str
    opening: tuple[str, str]
    deed: tuple[str, str]


_WORDS = {
    Kind.COMPLETION: _Words(
        "Giấy chứng nhận hoàn thành khóa học",
        "Certificate of Course Completion",
        ("Chứng nhận", "This certifies that"),
        ("đã hoàn thành khóa học", "has completed the course"),
    ),
    Kind.PARTICIPATION: _Words(
        "Giấy xác nhận tham gia",
        "Confirmation of Participation",
        ("Xác nhận", "This confirms that"),
        ("đã tham gia khóa học", "has taken part in the course"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """Everything that is drawn on a certificate, frozen at issue.

    kind: a value of `Kind`. minutes: length of the course. expires_on: the last day on which it holds; None where it
    holds for good, and nothing is drawn. unit_name, area_name: of the person's post that day, "" where there is none.
    place: where it is dated, "" for the date alone. signatory: lines of the office that issues it, from the highest;
    none for the issuer's name. share: the mark, 0 to 1, or None where it is not shown. demonstration: whether this is
    no real certificate, which is then said on it.
    """

    kind: str
    serial: str
    full_name: str
    course_title_vi: str
    course_title_en: str
    course_code: str
    version: int
    minutes: int
    completed_on: date
    issued_on: date
    expires_on: date | None = None
    unit_name: str = ""
    area_name: str = ""
    issuer_name: str
    place: str = ""
    signatory: tuple[str, ...] = ()
    verify_url: str
    share: Decimal | None = None
    demonstration: bool = False


def render(facts: CertificateFacts) -> bytes:
    """Return the certificate as a PDF file of one A4 page, landscape; the same facts give the same bytes."""
    with drawing:
        register_fonts()
        file = BytesIO()
        options: dict[str, Any] = {"initialFontName": REGULAR}  # else Helvetica is named, and not embedded
        canvas = Canvas(file, PAGE, pageCompression=1, invariant=1, lang="vi-VN", **options)
        _describe(canvas, facts)
        _background(canvas)
        _head(canvas, facts)
        _middle(canvas, facts)
        _figures(canvas, facts)
        _foot(canvas, facts)
        canvas.showPage()
        canvas.save()
        return file.getvalue()


def duration(minutes: int) -> str:
    """Return a length of time in Vietnamese: "6 giờ 30 phút", "45 phút"."""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} giờ"] * bool(hours) + [f"{rest} phút"] * bool(rest or not hours))


def long_date(day: date) -> str:
    """Return a date as Vietnamese documents write it: days below 10 and January and February with a nought."""
    month = f"{day.month:02d}" if day.month <= 2 else f"{day.month}"
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def per_cent(share: Decimal) -> str:
    """Return a share as per cent with at most one decimal, rounded down, so that nothing is said to be passed that is not."""
    tenths = (share * 100).quantize(Decimal("0.1"), ROUND_DOWN)
    whole = tenths.to_integral_value()
    return (f"{whole}" if tenths == whole else f"{tenths}").replace(".", ",") + " %"


def _describe(canvas: Canvas, facts: CertificateFacts) -> None:
    words = _WORDS[Kind(facts.kind)]
    canvas.setTitle(f"{words.title} – {clean(facts.full_name)} – {facts.serial}")
    canvas.setAuthor(clean(facts.issuer_name))
    canvas.setSubject(f"{facts.course_code}. {clean(facts.course_title_vi)}")
    canvas.setCreator("Cổng học tập Bảo vệ trẻ em")
    canvas.setKeywords(facts.serial)
    canvas.setDateFormatter(lambda *_: f"D:{facts.issued_on:%Y%m%d}000000+07'00'")
    canvas.setViewerPreference("DisplayDocTitle", "true")


def _background(canvas: Canvas) -> None:
    """Put the ready-made forms into the file, without drawing and compressing them again, and place the background."""
    document: Any = vars(canvas)["_doc"]  # the canvas itself takes only forms that it draws
    for form in ornament.forms():
        placed = {pdfdoc.xObjectName(name): name for name in form.uses}
        resources = {name: pdfdoc.PDFObjectReference(internal) for internal, name in placed.items()}
        described = {
            "Type": pdfdoc.PDFName("XObject"),
            "Subtype": pdfdoc.PDFName("Form"),
            "BBox": pdfdoc.PDFArray([-PAGE[0], -PAGE[1], *PAGE]),
            "Resources": pdfdoc.PDFDictionary({"XObject": pdfdoc.PDFDictionary(resources)}),
            "Filter": pdfdoc.PDFName("FlateDecode"),
        }
        stream = pdfdoc.PDFStream(pdfdoc.PDFDictionary(described), form.content, filters=[])
        document.addForm(form.name, stream)
    canvas.doForm("background")


# ---- What is this person's ------------------------------------------------------------------------------------------


def _head(canvas: Canvas, facts: CertificateFacts) -> None:
    words = _WORDS[Kind(facts.kind)]
    canvas.saveState()
    canvas.translate(_CENTRE - 20, 499)
    canvas.scale(0.4, 0.4)
    canvas.setFillColor(_ACCENT)
    canvas.addLiteral(ornament.mark())
    canvas.restoreState()
    issuer = fit(clean(facts.issuer_name).upper(), BOLD, 520, (10, 7), (8, 6))
    canvas.setFillColor(_ACCENT)
    _lines(canvas, issuer, BOLD, 480, tracking=0.5)
    _centred(canvas, _CENTRE, 436, [(words.title, BOLD, 30)])
    canvas.setFillColor(_QUIET)
    _centred(canvas, _CENTRE, 416, [(words.title_en, ITALIC, 12)])
    if facts.demonstration:
        _stamp(canvas, DEMONSTRATION)


def _stamp(canvas: Canvas, text: str) -> None:
    room = width(text, BOLD, 8, 0.4) + 22
    canvas.setStrokeColor(_ACCENT)
    canvas.setLineWidth(0.8)
    canvas.roundRect(_EDGE, 514, room, 20, 10)
    canvas.setFillColor(_ACCENT)
    _centred(canvas, _EDGE + room / 2, 521.2, [(text, BOLD, 8)], tracking=0.4)


def _middle(canvas: Canvas, facts: CertificateFacts) -> None:
    """Draw who did what, spread over the height between the title and the figures."""
    words = _WORDS[Kind(facts.kind)]
    stands = ", ".join(clean(part) for part in (facts.unit_name, facts.area_name) if part)
    name = fit(clean(facts.full_name), BOLD, _ROOM, (36, 27), (27, 8))
    title = fit(clean(facts.course_title_vi), BOLD, _ROOM, (21, 16), (17, 8))
    rows = [
        _Row(14, (_both(*words.opening),), _INK, 12),
        _Row(16, tuple([(line, BOLD, name.size)] for line in name.lines), _INK, name.leading),
        *_text_rows(6, stands, REGULAR, ((12, 9), (10, 6))),
        _Row(16, (_both(*words.deed),), _INK, 12),
        _Row(12, tuple([(line, BOLD, title.size)] for line in title.lines), _ACCENT, title.leading),
        *_text_rows(4, clean(facts.course_title_en), ITALIC, ((12, 10), (10, 6))),
    ]
    used = sum(row.height for row in rows)
    gaps = sum(row.gap for row in rows)
    stretch = min(1.25, (_MIDDLE[0] - _MIDDLE[1] - used) / gaps)
    y = _MIDDLE[0] - (_MIDDLE[0] - _MIDDLE[1] - used - gaps * stretch) / 2
    for row in rows:
        y -= row.gap * stretch
        canvas.setFillColor(row.colour)
        for line in row.lines:
            y -= row.leading
            _centred(canvas, _CENTRE, y + row.leading * 0.22, line)


def _text_rows(gap: float, text: str, font: str, sizes: tuple[tuple[float, float], ...]) -> list["_Row"]:
    if not text:
        return []
    fitted = fit(text, font, _ROOM, *sizes)
    return [_Row(gap, tuple([(line, font, fitted.size)] for line in fitted.lines), _QUIET, fitted.leading)]


def _figures(canvas: Canvas, facts: CertificateFacts) -> None:
    day = ("Ngày hoàn thành", "Completed") if facts.kind == Kind.COMPLETION else ("Ngày tham gia", "Date")
    cells = [
        ("Khóa học", "Course", f"{clean(facts.course_code)}, phiên bản {facts.version}"),
        ("Thời lượng", "Duration", duration(facts.minutes)),
        (*day, _short_date(facts.completed_on)),
    ]
    if facts.share is not None:
        cells.append(("Kết quả", "Result", per_cent(facts.share)))
    if facts.expires_on is not None:
        cells.append(("Có giá trị đến", "Valid until", _short_date(facts.expires_on)))
    cell = min(150.0, 690 / len(cells))
    left = _CENTRE - cell * len(cells) / 2
    canvas.setStrokeColor(_RULE)
    canvas.setLineWidth(0.6)
    for index in range(1, len(cells)):
        canvas.line(left + cell * index, 153, left + cell * index, 181)
    for index, (label, label_en, value) in enumerate(cells):
        middle = left + cell * (index + 0.5)
        canvas.setFillColor(_QUIET)
        _centred(canvas, middle, 174, [(f"{label} / ", REGULAR, 8), (label_en, ITALIC, 8)])
        canvas.setFillColor(_INK)
        shown = fit(value, BOLD, cell - 10, (12, 5))
        _centred(canvas, middle, 156, [(shown.lines[0], BOLD, shown.size)])


def _foot(canvas: Canvas, facts: CertificateFacts) -> None:
    path, modules = ornament.qr_code(facts.verify_url)
    canvas.setFillColor(_WHITE)
    canvas.setStrokeColor(_RULE)
    canvas.roundRect(_EDGE, 54, _QR, _QR, 4, fill=1)
    canvas.saveState()
    canvas.translate(_EDGE, 54)
    canvas.scale(_QR / modules, _QR / modules)
    canvas.setFillColor(_INK)
    canvas.addLiteral(path)
    canvas.restoreState()

    x = _EDGE + _QR + 14
    _label(canvas, x, 125, "Số", "Serial")
    canvas.setFillColor(_INK)
    _tabular(canvas, x, 109.5, facts.serial, 13)
    _label(canvas, x, 90, "Kiểm tra tại", "Verify at")
    address = fit(facts.verify_url, REGULAR, 330, (9, 4))
    canvas.setFillColor(_ACCENT)
    _run(canvas, x, 77, [(facts.verify_url, REGULAR, address.size)])
    canvas.linkURL(facts.verify_url, (x, 74, x + width(facts.verify_url, REGULAR, address.size), 87))
    before, number, after = HOTLINE.partition("111")
    canvas.setFillColor(_INK)
    _run(canvas, x, 57, [(before, REGULAR, 9), (number, BOLD, 9), (after, REGULAR, 9)])
    _office(canvas, facts)


def _office(canvas: Canvas, facts: CertificateFacts) -> None:
    """Draw place and date, who issues it, and where the signature is to be found."""
    room = 240.0
    middle = PAGE[0] - _EDGE - room / 2
    day = long_date(facts.issued_on)
    dated = fit(f"{clean(facts.place)}, {day}" if facts.place else f"N{day[1:]}", ITALIC, room, (10.5, 5))
    canvas.setFillColor(_INK)
    _centred(canvas, middle, 125, [(dated.lines[0], ITALIC, dated.size)])
    y = 107.0
    for line in facts.signatory or (facts.issuer_name,):
        shown = fit(clean(line), BOLD, room, (10.5, 9), (10.5, 5))
        for part in shown.lines:
            _centred(canvas, middle, y, [(part, BOLD, shown.size)])
            y -= 14
    canvas.setFillColor(_QUIET)
    _centred(
        canvas,
        middle,
        57,
        [("Chữ ký số nằm trong tệp này / ", REGULAR, 8), ("Digitally signed file", ITALIC, 8)],
    )


# ---- Setting text ---------------------------------------------------------------------------------------------------


def _both(vietnamese: str, english: str) -> list[Run]:
    return [(f"{vietnamese} / ", REGULAR, 12), (english, ITALIC, 12)]


def _label(canvas: Canvas, x: float, y: float, vietnamese: str, english: str) -> None:
    canvas.setFillColor(_QUIET)
    _run(canvas, x, y, [(f"{vietnamese} / ", REGULAR, 8), (english, ITALIC, 8)])


def _lines(canvas: Canvas, fitted: Fitted, font: str, y: float, tracking: float) -> None:
    for index, line in enumerate(fitted.lines):
        _centred(canvas, _CENTRE, y - index * fitted.leading, [(line, font, fitted.size)], tracking)


def _centred(canvas: Canvas, x: float, y: float, runs: Sequence[Run], tracking: float = 0) -> None:
    room = sum(width(text, font, size, tracking) for text, font, size in runs)
    _run(canvas, x - room / 2, y, runs, tracking)


def _run(canvas: Canvas, x: float, y: float, runs: Sequence[Run], tracking: float = 0) -> None:
    if all(len(pieces(words, font)) == 1 and not pieces(words, font)[0].marks for words, font, _size in runs):
        _set(canvas, x, y, runs, tracking)
        return
    for words, font, size in runs:
        for piece in pieces(words, font):
            for mark in piece.marks:
                canvas.addLiteral(_read_as(""))
                _set(canvas, x + mark.right * size, y + mark.up * size, [(mark.character, font, size)], 0)
                canvas.addLiteral("EMC")
            if piece.marks:
                canvas.addLiteral(_read_as(piece.text))
            _set(canvas, x, y, [(piece.drawn, font, size)], tracking)
            if piece.marks:
                canvas.addLiteral("EMC")
            x += width(piece.drawn, font, size, tracking) + tracking


def _set(canvas: Canvas, x: float, y: float, runs: Sequence[Run], tracking: float) -> None:
    text = canvas.beginText(x, y)
    if tracking:
        text.setCharSpace(tracking)
    for words, font, size in runs:
        text.setFont(font, size)
        text.textOut(words)
    if tracking:
        text.setCharSpace(0)
    canvas.drawText(text)


def _read_as(letter: str) -> str:
    """Return the operator after which what is drawn is read (copied, searched, spoken) as `letter`, or not at all.

    A letter put together is read where its base stands; its marks are read as nothing, for a reader that joins what
    stands at different heights would break the word.
    """
    return f"/Span <</ActualText <FEFF{letter.encode('utf-16-be').hex().upper()}>>> BDC"


def _tabular(canvas: Canvas, x: float, y: float, serial: str, size: float) -> None:
    """Draw a serial with all figures as wide as the widest, so that serials on a list or a pile can be compared.

    The typeface has proportional figures only: the room missing is put around each, as spacing between characters.
    """
    cell = max(width(figure, BOLD, size) for figure in "0123456789")
    spare = [(cell - width(c, BOLD, size)) / 2 if c.isdigit() else 0.0 for c in serial]
    text = canvas.beginText(x + spare[0], y)
    text.setFont(BOLD, size)
    for character, after, before in zip(serial, spare, (*spare[1:], 0.0), strict=True):
        text.setCharSpace(after + before)
        text.textOut(character)
    text.setCharSpace(0)
    canvas.drawText(text)


def _short_date(day: date) -> str:
    return f"{day:%d/%m/%Y}"

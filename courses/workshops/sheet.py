"""The sign-in sheet of a class as an A4 file: numbered rows, a box to sign in, and the code that finds it again. Pure.

The same facts give the same bytes. Laid out as Vietnamese administrative papers are: organiser on the left, the state's
name and motto on the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from courses.certificates import ornament
from courses.certificates.lettering import (
    BOLD,
    ITALIC,
    REGULAR,
    clean,
    drawing,
    fit,
    register_fonts,
    width,
)

WIDE, HIGH = A4
LEFT, RIGHT, TOP, FOOT = 42.0, WIDE - 42.0, HIGH - 40.0, 46.0
ROW = 26.0
BLANK_ROWS = 5
#: Where the columns begin: number, name, unit, what one is, signature.
COLUMNS = (
    (LEFT, "STT"),
    (LEFT + 28, "Họ và tên"),
    (LEFT + 178, "Đơn vị"),
    (LEFT + 320, "Đối tượng"),
    (LEFT + 398, "Ký nhận"),
)
_INK, _QUIET, _RULE = HexColor("#1D2626"), HexColor("#56625F"), HexColor("#7B8A87")


@dataclass(frozen=True, slots=True)
class Signer:
    """A person expected: name, unit, what she is."""

    full_name: str
    unit: str
    audience: str


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """Everything that is drawn. One sheet is for one day of the class."""

    organiser: str
    above: str
    title: str
    course: str
    plan_item: str
    place: str
    day: date
    hours: str
    trainers: str
    address: str
    number: str
    signers: Sequence[Signer]


def render(facts: SheetFacts) -> bytes:
    """Return the sheet: so many A4 pages as it takes, some empty rows for those who come unannounced."""
    with drawing:
        register_fonts()
        file = BytesIO()
        options: dict[str, Any] = {"initialFontName": REGULAR}
        canvas = Canvas(file, A4, pageCompression=1, invariant=1, lang="vi-VN", **options)
        canvas.setTitle(f"Danh sách ký nhận – {clean(facts.title)} – {facts.number}")
        canvas.setAuthor(clean(facts.organiser))
        rows: list[Signer | None] = [*facts.signers, *[None] * BLANK_ROWS]
        page, number = 1, 0
        while rows or page == 1:
            y = _head(canvas, facts) if page == 1 else _short_head(canvas, facts)
            y = _columns(canvas, y)
            while rows and y - ROW > FOOT + (96 if len(rows) == 1 else 0):
                number += 1
                y = _row(canvas, y, number, rows.pop(0))
            if not rows:
                _signatures(canvas, y, facts)
            _page_foot(canvas, facts, page)
            canvas.showPage()
            page += 1
        canvas.save()
        return file.getvalue()


def _text(canvas: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)


def _middle(canvas: Canvas, x: float, y: float, text: str, font: str, size: float, room: float) -> None:
    shown = fit(clean(text), font, room, (size, 6))
    for line in shown.lines:
        canvas.setFont(font, shown.size)
        canvas.drawString(x - width(line, font, shown.size) / 2, y, line)
        y -= shown.leading


def _head(canvas: Canvas, facts: SheetFacts) -> float:
    canvas.setFillColor(_INK)
    left, right = LEFT + 110, RIGHT - 135
    if facts.above:
        _middle(canvas, left, TOP - 8, facts.above.upper(), REGULAR, 9, 220)
    _middle(canvas, left, TOP - 22, facts.organiser.upper(), BOLD, 9.5, 220)
    _middle(canvas, right, TOP - 8, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", BOLD, 9.5, 270)
    _middle(canvas, right, TOP - 22, "Độc lập – Tự do – Hạnh phúc", BOLD, 9.5, 270)
    canvas.setStrokeColor(_INK)
    canvas.setLineWidth(0.7)
    canvas.line(right - 62, TOP - 27, right + 62, TOP - 27)
    canvas.line(left - 30, TOP - 38, left + 30, TOP - 38)
    y = TOP - 62
    _middle(canvas, WIDE / 2, y, "DANH SÁCH KÝ NHẬN THAM DỰ LỚP TẬP HUẤN", BOLD, 14, RIGHT - LEFT)
    path, modules = ornament.qr_code(facts.address)
    canvas.saveState()
    canvas.translate(RIGHT - 66, y - 82)
    canvas.scale(66 / modules, 66 / modules)
    canvas.setFillColor(_INK)
    canvas.addLiteral(path)
    canvas.restoreState()
    y -= 20
    lines = (
        ("Lớp", facts.title),
        ("Khóa học", facts.course),
        ("Nội dung Kế hoạch 39/KH-UBND", facts.plan_item),
        ("Địa điểm", facts.place),
        (
            "Ngày",
            f"{facts.day.day:02d}/{facts.day.month:02d}/{facts.day.year}{facts.hours and f' ({facts.hours})'}",
        ),
        ("Giảng viên", facts.trainers),
    )
    for label, value in lines:
        if value:
            canvas.setFillColor(_QUIET)
            _text(canvas, LEFT, y, f"{label}:", REGULAR, 9)
            x = LEFT + width(f"{label}: ", REGULAR, 9)
            canvas.setFillColor(_INK)
            shown = fit(clean(value), BOLD, RIGHT - 78 - x, (9.5, 6))
            _text(canvas, x, y, shown.lines[0], BOLD, shown.size)
            y -= 14
    return min(y, TOP - 150) - 4


def _short_head(canvas: Canvas, facts: SheetFacts) -> float:
    canvas.setFillColor(_QUIET)
    shown = fit(clean(f"{facts.title} – {facts.day:%d/%m/%Y}"), REGULAR, RIGHT - LEFT, (9, 6))
    _text(canvas, LEFT, TOP - 8, shown.lines[0], REGULAR, shown.size)
    return TOP - 18


def _columns(canvas: Canvas, y: float) -> float:
    canvas.setFillColor(_INK)
    for x, label in COLUMNS:
        _text(canvas, x + 4, y - 14, label, BOLD, 9)
    _grid(canvas, y, 20)
    return y - 20


def _row(canvas: Canvas, y: float, number: int, one: Signer | None) -> float:
    canvas.setFillColor(_INK)
    _text(canvas, LEFT + 6, y - 16, str(number), REGULAR, 9.5)
    if one is not None:
        for text, font, place in (
            (one.full_name, BOLD, 1),
            (one.unit, REGULAR, 2),
            (one.audience, REGULAR, 3),
        ):
            x = COLUMNS[place][0]
            room = COLUMNS[place + 1][0] - x - 8
            shown = fit(clean(text), font, room, (9.5, 8), (8, 5))
            start = y - 16 if len(shown.lines) == 1 else y - 11
            for line in shown.lines[:2]:
                _text(canvas, x + 4, start, line, font, shown.size)
                start -= shown.leading
    _grid(canvas, y, ROW)
    return y - ROW


def _grid(canvas: Canvas, y: float, high: float) -> None:
    canvas.setStrokeColor(_RULE)
    canvas.setLineWidth(0.5)
    canvas.rect(LEFT, y - high, RIGHT - LEFT, high)
    for x, _label in COLUMNS[1:]:
        canvas.line(x, y, x, y - high)


def _signatures(canvas: Canvas, y: float, facts: SheetFacts) -> None:
    canvas.setFillColor(_INK)
    _text(canvas, LEFT, y - 16, "Tổng số người ký nhận: .............. người", REGULAR, 9.5)
    for x, title in ((LEFT + 110, "GIẢNG VIÊN"), (RIGHT - 120, "ĐẠI DIỆN ĐƠN VỊ TỔ CHỨC")):
        _middle(canvas, x, y - 36, title, BOLD, 9.5, 220)
        _middle(canvas, x, y - 48, "(Ký, ghi rõ họ tên)", ITALIC, 8.5, 220)


def _page_foot(canvas: Canvas, facts: SheetFacts, page: int) -> None:
    canvas.setFillColor(_QUIET)
    _text(canvas, LEFT, 26, f"Lớp số {facts.number}", REGULAR, 8)
    _middle(canvas, WIDE / 2, 26, "Tổng đài Quốc gia Bảo vệ trẻ em 111 (miễn phí, 24/24)", REGULAR, 8, 300)
    _text(canvas, RIGHT - 40, 26, f"Trang {page}", REGULAR, 8)

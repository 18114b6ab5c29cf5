"""Sign-in slips: A4, eight a page with lines to cut along, drawn by ReportLab. Pure.

The QR code opens the page of the first sign-in with the login filled in. The confirmation code is printed as text
only: whoever photographs the QR code cannot sign in.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from courses.certificates.lettering import BOLD, REGULAR, clean, fit, register_fonts
from portal.core.batches import batches

ACROSS, DOWN = 2, 4
PER_PAGE = ACROSS * DOWN
_WIDTH, _HEIGHT = A4[0] / ACROSS, A4[1] / DOWN
_EDGE = 16.0
_QR = 76.0
_INK, _QUIET, _ACCENT, _RULE = (
    HexColor("#1D2626"),
    HexColor("#56625F"),
    HexColor("#0F5C5C"),
    HexColor("#9AA5A2"),
)
_drawing = threading.Lock()  # ReportLab reads a font's file at one moving position


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """What stands on a slip. `name`: as the head sees it; `login` what is typed; `code` as printed, `ABCD-EFGH`."""

    name: str
    unit: str
    login: str
    code: str
    address: str
    host: str
    until: date


def render(slips: Sequence[SlipFacts], title: str) -> bytes:
    """Return the slips as a PDF file, eight a page, in the order given."""
    with _drawing:
        register_fonts()
        file = BytesIO()
        options: dict[str, Any] = {"initialFontName": REGULAR}
        canvas = Canvas(file, A4, pageCompression=1, invariant=1, lang="vi-VN", **options)
        canvas.setTitle(title)
        for page in batches(slips, PER_PAGE):
            _cut_lines(canvas)
            for place, slip in enumerate(page):
                column, row = place % ACROSS, place // ACROSS
                _slip(canvas, slip, column * _WIDTH, A4[1] - (row + 1) * _HEIGHT)
            canvas.showPage()
        canvas.save()
        return file.getvalue()


def _cut_lines(canvas: Canvas) -> None:
    canvas.saveState()
    canvas.setStrokeColor(_RULE)
    canvas.setLineWidth(0.5)
    canvas.setDash(3, 3)
    canvas.line(_WIDTH, 0, _WIDTH, A4[1])
    for row in range(1, DOWN):
        canvas.line(0, row * _HEIGHT, A4[0], row * _HEIGHT)
    canvas.restoreState()


def _slip(canvas: Canvas, slip: SlipFacts, left: float, bottom: float) -> None:
    x, room = left + _EDGE, _WIDTH - 2 * _EDGE
    narrow = room - _QR - 10
    y = bottom + _HEIGHT - 24
    _text(canvas, x, y, "Cổng học tập Bảo vệ trẻ em – Phiếu đăng nhập lần đầu", BOLD, 8.5, _ACCENT, room)
    y -= 19
    _text(canvas, x, y, slip.name, BOLD, 13, _INK, room)
    y -= 13
    _text(canvas, x, y, slip.unit, REGULAR, 8.5, _QUIET, room)
    y -= 20
    _text(canvas, x, y, "Mã cán bộ hoặc số điện thoại", REGULAR, 7.5, _QUIET, narrow)
    y -= 15
    _text(canvas, x, y, slip.login, BOLD, 13, _INK, narrow)
    y -= 17
    _text(canvas, x, y, "Mã xác nhận (dùng một lần)", REGULAR, 7.5, _QUIET, narrow)
    y -= 18
    _text(canvas, x, y, slip.code, BOLD, 17, _INK, narrow)
    _qr(canvas, slip.address, left + _WIDTH - _EDGE - _QR, y - 6)
    y -= 17
    for line in (
        f"1. Quét mã vuông bằng Zalo hoặc máy ảnh, hoặc mở {slip.host}/first",
        "2. Gõ mã xác nhận ở trên, rồi tự đặt mật khẩu.",
        f"3. Dùng trước hết ngày {slip.until:%d/%m/%Y}. Xong thì xé bỏ phiếu này.",
    ):
        _text(canvas, x, y, line, REGULAR, 7.8, _INK, room)
        y -= 11.5
    _text(
        canvas, x, bottom + 13, "Không đưa phiếu cho người khác. Trẻ em cần giúp đỡ: gọi 111 (miễn phí, 24/24).",
        REGULAR, 7, _QUIET, room,
    )  # fmt: skip


def _text(
    canvas: Canvas, x: float, y: float, text: str, font: str, size: float, colour: Any, room: float
) -> None:
    fitted = fit(clean(text), font, room, (size, 5.0))
    canvas.setFillColor(colour)
    canvas.setFont(font, fitted.size)
    canvas.drawString(x, y, fitted.lines[0])


def _qr(canvas: Canvas, address: str, x: float, y: float) -> None:
    matrix = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    step = _QR / len(matrix)
    canvas.setFillColor(HexColor("#000000"))
    path = canvas.beginPath()
    for row, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            if dark:
                path.rect(x + column * step, y + _QR - (row + 1) * step, step, step)
    canvas.drawPath(path, stroke=0, fill=1)

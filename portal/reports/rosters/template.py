"""The template of a staff list: an Excel file with headings, an example, lists to choose from, and notes."""

import tempfile
from datetime import date
from typing import IO

import xlsxwriter

from portal.core.rosters.rows import HEADINGS

GROUPS = (
    "Giáo viên", "Cán bộ quản lý", "Nhân viên trường học", "Nhân viên y tế", "Cán bộ công an", "Điều tra viên",
    "Công chức cấp xã", "Cán bộ trẻ em", "Cộng tác viên", "Tình nguyện viên", "Nhân viên bưu điện",
    "Nhân viên công tác xã hội",
)  # fmt: skip
WIDTHS = {"unit": 16, "code": 16, "name": 30, "phone": 16, "audience": 26, "title": 24, "began": 14}
NOTES = (
    ("Cách điền", ""),
    ("Mỗi dòng", "một người với một vị trí. Người giữ hai vị trí thì ghi hai dòng, cùng mã cán bộ."),
    ("Mã đơn vị", "để trống nếu danh sách chỉ cho một đơn vị và anh/chị chọn đơn vị khi tải lên."),
    ("Mã cán bộ", "mã của ngành hoặc của đơn vị, không trùng ai trong toàn tỉnh. Cột đã định dạng chữ để Excel không làm mất số 0."),
    ("Họ và tên", "đầy đủ họ và tên, có dấu. Công an dùng mã thay tên: để trống cột này, chỉ ghi mã cán bộ."),
    ("Số điện thoại", "10 số, ví dụ 0912345678. Cần mã cán bộ hoặc số điện thoại để người đó đăng nhập được."),
    ("Nhóm đối tượng", "chọn trong danh sách thả xuống."),
    ("Từ ngày", "ngày bắt đầu ở vị trí này: ngày/tháng/năm. Để trống thì tính từ ngày của danh sách."),
    ("Không ghi", "tên, ngày sinh hay thông tin khác của trẻ em."),
    ("Dòng ví dụ", "xóa dòng ví dụ trước khi gửi (dòng ví dụ có chữ VÍ DỤ sẽ bị từ chối)."),
)  # fmt: skip


def write(unit_code: str = "") -> IO[bytes]:
    """Return an open temporary file with the template; it disappears when closed. `unit_code` fills the example."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the caller sends and closes it
    book = xlsxwriter.Workbook(file, {"strings_to_numbers": False, "strings_to_formulas": False})
    sheet = book.add_worksheet("Danh sách")
    head = book.add_format(
        {"bold": True, "bg_color": "#0F5C5C", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
    )
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    example = {
        "unit": unit_code or "MA-DON-VI", "code": "VD-00123", "name": "VÍ DỤ 1 (xóa dòng này)",
        "phone": "0912345678", "audience": GROUPS[0], "title": "Tổ trưởng chuyên môn",
    }  # fmt: skip
    for column, (key, heading) in enumerate(HEADINGS.items()):
        sheet.set_column(column, column, WIDTHS[key], day if key == "began" else text)
        sheet.write_string(0, column, heading, head)
        if key == "began":
            sheet.write_datetime(1, column, date(2024, 9, 5), day)
        else:
            sheet.write_string(1, column, example[key], text)
    place = list(HEADINGS).index("audience")
    sheet.data_validation(
        1, place, 5000, place,
        {"validate": "list", "source": f"='Ghi chú'!$D$2:$D${len(GROUPS) + 1}", "error_type": "warning"},
    )  # fmt: skip
    sheet.set_row(0, 30)
    sheet.freeze_panes(1, 0)
    notes = book.add_worksheet("Ghi chú")
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    notes.set_column(0, 0, 18)
    notes.set_column(1, 1, 80)
    notes.set_column(3, 3, 28)
    for row, (key, words) in enumerate(NOTES):
        notes.write_string(row, 0, key, bold)
        notes.write_string(row, 1, words, wrap)
    notes.write_string(0, 3, "Nhóm đối tượng", bold)
    for row, group in enumerate(GROUPS, 1):
        notes.write_string(row, 3, group)
    book.close()
    file.seek(0)
    return file

"""A staff list as the head of the demonstration's kindergarten sends it: her people, four new ones, twelve bad rows."""

from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Posting, User
from portal.core.organisation.models import Unit
from portal.core.rosters.rows import HEADINGS

UNIT = "MN-336-01"
WORDS = {
    Audience.TEACHER: "Giáo viên",
    Audience.MANAGER: "Cán bộ quản lý",
    Audience.SCHOOL_STAFF: "Nhân viên trường học",
}
NEW = (
    (
        "MN-9001",
        "Nguyễn Thị Bích Đào",
        900900001,
        "Giáo viên",
        "",
        46270,
    ),  # what Excel leaves of a number and of a day
    ("MN-9002", "Trần  Văn Lộc ", "0900 900 002", "giáo viên", "", "05/09/2026"),
    ("MN-9003", "Lê Thị Hoa Sim", "+84900900003", "GV", "Giáo viên hợp đồng", "1/9/2026"),
    ("MN-9004", "Phạm Thị Mận", "", "Nhân viên", "Kế toán", ""),
)
BAD = (
    ("MN-9101", "Hà", "", "Giáo viên", "", ""),
    ("MN-9102", "", "", "Giáo viên", "", ""),
    ("MN-9103", "Đỗ Thị Lan 2", "", "Giáo viên", "", ""),
    ("MN-9104", "Vũ Thị Nhài", "12345", "Giáo viên", "", ""),
    ("MN-9105", "Bùi Thị Cúc", "", "", "", ""),
    ("MN-9106", "Ngô Thị Huệ", "", "Phi công", "", ""),
    ("MN-9107", "Dương Thị Hồng", "", "Phụ huynh", "", ""),
    ("MN-9108", "Lý Thị Thủy Tiên", "", "Giáo viên", "", "31/02/2026"),
    ("MN-9109", "Đào Thị Sen", "", "Giáo viên", "", "01/01/2099"),
    ("mã số?", "Đinh Thị Súng", "", "Giáo viên", "", ""),
    ("MN-9001", "Trịnh Thị Mơ", "", "Giáo viên", "", ""),
    ("MN-9002", "Trần Văn Lộc", "0900900002", "Giáo viên", "", ""),
)


def write(session: Session, today: date) -> bytes:
    """Return the list as an Excel file with a title, a heading row of two lines and a signature below, as schools do."""
    people = session.execute(
        select(User, Posting)
        .join(Posting, Posting.user_id == User.id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Unit.code == UNIT, Posting.valid_to.is_(None))
        .order_by(User.sort_key, User.id)
    ).all()
    rows: list[tuple[Any, ...]] = [
        (
            user.staff_code or "",
            user.full_name,
            user.phone or "",
            WORDS[posting.audience],
            posting.title or "",
            "",
        )
        for user, posting in people
    ]
    rows += [*NEW, *BAD]
    file = BytesIO()
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False})
    sheet = book.add_worksheet("Danh sách")
    sheet.merge_range(0, 0, 0, 6, "DANH SÁCH CÁN BỘ, GIÁO VIÊN, NHÂN VIÊN", book.add_format({"bold": True}))
    sheet.write(1, 0, f"Tính đến ngày {today:%d/%m/%Y}")
    heads = ["STT", *(HEADINGS[key] for key in ("code", "name", "phone", "audience", "title", "began"))]
    for column, heading in enumerate(heads):
        sheet.write_string(3, column, heading)
    for number, row in enumerate(rows, 1):
        sheet.write_number(3 + number, 0, number)
        for column, value in enumerate(row, 1):
            if value != "":
                sheet.write(3 + number, column, value)
    sheet.write(5 + len(rows), 5, "Hiệu trưởng")
    book.close()
    return file.getvalue()

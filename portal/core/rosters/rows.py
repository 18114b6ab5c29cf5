"""From the cells of a file's row to a `Row`, or the reason why not. Pure.

It takes what spreadsheets leave behind: numbers for codes and telephones, lost zeros, serial numbers for dates,
blanks at the ends, composed and decomposed letters. It guesses nothing that a person should decide.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.core.names import fold, phone_number, tidy, unprintable

Cell = str | int | float | date | None

#: Column keys and the headings they are known by, folded; the first is the template's.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "unit": ("ma don vi", "don vi (ma)", "ma co so", "ma truong", "unit", "unit code"),
    "code": ("ma can bo", "ma so", "ma giao vien", "ma nhan vien", "ma dinh danh", "so hieu", "staff code", "code"),
    "name": ("ho va ten", "ho ten", "ho va ten can bo", "ten can bo", "full name", "name"),
    "phone": ("so dien thoai", "dien thoai", "sdt", "dien thoai di dong", "di dong", "phone", "phone number"),
    "audience": ("nhom doi tuong", "doi tuong", "nhom", "loai can bo", "audience", "group"),
    "title": ("chuc vu", "chuc danh", "chuc vu / chuc danh", "cong viec", "title", "post"),
    "began": ("tu ngay", "ngay bat dau", "ngay vao", "ngay ve don vi", "from", "since"),
}  # fmt: skip
REQUIRED = ("name", "audience")
#: The headings of the template; Vietnamese, for whoever fills it in is.
HEADINGS: Mapping[str, str] = {
    "unit": "Mã đơn vị", "code": "Mã cán bộ", "name": "Họ và tên", "phone": "Số điện thoại",
    "audience": "Nhóm đối tượng", "title": "Chức vụ", "began": "Từ ngày",
}  # fmt: skip

#: How people write what somebody does, folded; several words for one audience.
AUDIENCES: Mapping[str, str] = {
    "giao vien": "teacher", "gv": "teacher", "giang vien": "teacher", "teacher": "teacher",
    "can bo quan ly": "manager", "cbql": "manager", "quan ly": "manager", "hieu truong": "manager",
    "pho hieu truong": "manager", "lanh dao": "manager", "truong phong": "manager", "manager": "manager",
    "nhan vien truong hoc": "school_staff", "nhan vien": "school_staff", "nv": "school_staff",
    "ke toan": "school_staff", "van thu": "school_staff", "bao ve": "school_staff", "school staff": "school_staff",
    "nhan vien y te": "health_worker", "can bo y te": "health_worker", "bac si": "health_worker",
    "y si": "health_worker", "dieu duong": "health_worker", "ho sinh": "health_worker",
    "health worker": "health_worker",
    "can bo cong an": "police_officer", "cong an": "police_officer", "chien si": "police_officer",
    "police officer": "police_officer",
    "dieu tra vien": "investigator", "investigator": "investigator",
    "cong chuc cap xa": "commune_officer", "can bo cap xa": "commune_officer", "cong chuc xa": "commune_officer",
    "can bo xa": "commune_officer", "cong chuc van hoa - xa hoi": "commune_officer",
    "commune officer": "commune_officer",
    "can bo tre em": "child_affairs_officer", "can bo lam cong tac tre em": "child_affairs_officer",
    "nguoi lam cong tac bao ve tre em": "child_affairs_officer", "child-affairs officer": "child_affairs_officer",
    "cong tac vien": "collaborator", "ctv": "collaborator", "collaborator": "collaborator",
    "tinh nguyen vien": "volunteer", "tnv": "volunteer", "volunteer": "volunteer",
    "nhan vien buu dien": "postal_worker", "buu ta": "postal_worker", "buu chinh": "postal_worker",
    "postal worker": "postal_worker",
    "nhan vien cong tac xa hoi": "social_worker", "cong tac xa hoi": "social_worker",
    "social worker": "social_worker",
    "cha me": "parent", "bo me": "parent", "phu huynh": "parent", "parent": "parent",
    "nguoi cham soc": "carer", "nguoi cham soc tre": "carer", "carer": "carer",
}  # fmt: skip
NOT_STAFF = frozenset({"parent", "carer"})
LONGEST_NAME = 80
LONGEST_TITLE = 120

_CODE = re.compile(r"[0-9A-ZĐ][0-9A-ZĐ./_-]{0,39}")
_NAME = re.compile(r"[^\W\d_][^\d_<>=@#{}\[\]|\\]*")
_ZERO = date(1899, 12, 30)  # day 0 of Excel's numbers
_SHAPES = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%y")


class Unusable(Exception):
    """A row cannot be used: `reason` is a code, `values` what its sentence needs."""

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class Row:
    """A readable row: `number` as the file counts, `unit` a code, `name` as printed (the code, where `coded`)."""

    number: int
    unit: str
    code: str | None
    name: str
    phone: str | None
    audience: str
    title: str | None = None
    began: date | None = None
    coded: bool = False


def shown(cell: Cell) -> str:
    """Return a cell as a person would read it in the spreadsheet: `912345678.0` is `912345678`."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.strftime("%d/%m/%Y")
    return tidy("".join(c for c in str(cell) if c.isprintable() or c.isspace()))[:300]


def day_of(cell: Cell) -> date | None:
    """Return the day in a cell: a date, Excel's number of days, or text such as 1/9/2024; None where it is none."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = shown(cell)
    if re.fullmatch(r"[0-9]{5}", text):
        cell = int(text)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 18_000 <= cell < 80_000:
        return _ZERO + timedelta(days=int(cell))
    for shape in _SHAPES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def staff_code(cell: Cell) -> str | None:
    """Return a staff code in capitals without blanks, None for an empty cell. Raises `Unusable`."""
    text = shown(cell).upper().replace(" ", "").strip("'")
    if not text:
        return None
    if not _CODE.fullmatch(text):
        raise Unusable("bad_code", text=text[:40])
    if phone_number(text) is not None and len(text) >= 10:
        raise Unusable("code_is_a_phone", text=text)
    return text


def read(
    number: int, cells: Mapping[str, Cell], *, unit: str | None, as_of: date, may_be_coded: frozenset[str]
) -> Row:
    """Return the row of `cells` (by the keys of `COLUMNS`). Raises `Unusable`.

    unit: code of the unit the whole file is for, or None where every row names its own. as_of: the day the list
    describes. may_be_coded: units whose people may stand by a code alone.
    """
    for cell in cells.values():
        if isinstance(cell, str) and cell.startswith("="):
            raise Unusable("formula", text=cell[:40])
        if isinstance(cell, str) and cell.startswith("#"):
            raise Unusable("excel_error", text=cell[:40])
    where = shown(cells.get("unit")).upper().replace(" ", "") or (unit or "")
    if not where:
        raise Unusable("no_unit")
    if unit is not None and where != unit:
        raise Unusable("other_unit", text=where[:40])
    if len(where) > 40:
        raise Unusable("unknown_unit", text=where[:40])
    code = staff_code(cells.get("code"))
    name = shown(cells.get("name")).strip("'")
    coded = False
    if (not name or (code is not None and name.upper().replace(" ", "") == code)) and code is not None:
        if where not in may_be_coded:
            raise Unusable("no_name")
        name, coded = code, True
    elif not name:
        raise Unusable("no_name")
    elif not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or unprintable(name):
        raise Unusable("bad_name", text=name[:60])
    elif " " not in name:
        raise Unusable("one_word", text=name[:60])
    given = shown(cells.get("phone"))
    phone = phone_number(given.strip("'")) if given else None
    if given and phone is None:
        raise Unusable("bad_phone", text=given[:40])
    words = shown(cells.get("audience"))
    if not words:
        raise Unusable("no_audience")
    audience = AUDIENCES.get(fold(words).strip(" .,;"))
    if audience is None:
        raise Unusable("unknown_audience", text=words[:60])
    if audience in NOT_STAFF:
        raise Unusable("not_staff", text=words[:60])
    began = None
    if shown(cells.get("began")):
        began = day_of(cells.get("began"))
        if began is None or not date(1950, 1, 1) <= began:
            raise Unusable("bad_day", text=shown(cells.get("began"))[:40])
        if began > as_of:
            raise Unusable("later_day", text=began.strftime("%d/%m/%Y"))
    title = shown(cells.get("title"))[:LONGEST_TITLE] or None
    return Row(number, where, code, name, phone, audience, title, began, coded)

"""The lists that come as files: who was there (checked against the class's own roll), and paper lists of the past."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.workshops import attendance, queries
from courses.workshops.matching import Line
from courses.workshops.models import How, Workshop
from portal.core.accounts.models import User
from portal.core.batches import batches
from portal.core.names import fold, phone_number
from portal.core.tables_in import cells
from portal.core.tables_in.reading import read
from portal.core.tables_in.table import Column, table

MOST_ROWS = 2000
NAME = Column("name", "Họ và tên", cells.text(), ("Họ tên", "Tên", "Full name", "Name"))
UNIT = Column(
    "unit", "Đơn vị", cells.text(), ("Đơn vị công tác", "Trường", "Cơ quan", "Unit"), required=False
)
CODE = Column(
    "code", "Mã cán bộ", cells.code(), ("Mã", "Mã nhân viên", "Mã định danh", "Staff code"), required=False
)
PHONE = Column(
    "phone",
    "Số điện thoại",
    cells.text(30),
    ("Điện thoại", "SĐT", "SDT", "ĐT", "Phone"),
    required=False,
)
YEAR = Column(
    "year", "Năm", cells.whole_number(0, 2100), ("Năm vào ngành", "Năm công tác", "Year"), required=False
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a list of who was there: how many were noted, and each row that was not, with what it says and why."""

    noted: int
    left: tuple[tuple[int, str, str], ...]


def attendance_from(
    session: Session,
    workshop: Workshop,
    content: bytes,
    name: str,
    day: date,
    *,
    by_id: int | None,
    now: datetime,
) -> Taken:
    """Note everybody of a file whom the class's roll knows, for one day; the same file again changes nothing.

    A row is somebody of the roll by staff code, else by phone number, else by a name that only one person there has
    (or only one of that unit). Raises what `tables_in` refuses, `AlreadyClosed`.
    """
    roll = queries.roll(session, workshop)
    keys = _keys(session, roll)
    digest = hashlib.sha256(content).hexdigest()[:14]
    ticks: list[attendance.Tick] = []
    left: list[tuple[int, str, str]] = []
    for row in table(read(content, name), (NAME, UNIT, CODE, PHONE)):
        if len(ticks) + len(left) >= MOST_ROWS:
            break
        said = " · ".join(text for text in row.seen.values() if text)
        found, why = _who(row.values, roll, keys)
        if found is None:
            left.append((row.number, said, why))
        else:
            key = f"file:{digest}:{day:%y%m%d}:{row.number}"
            ticks.append(attendance.Tick(key, day, found, True, now))
    for some in batches(ticks, attendance.MOST_MARKS):
        attendance.tick(session, workshop, some, how=How.FILE, by_id=by_id, now=now)
    return Taken(len({one.user_id for one in ticks}), tuple(left))


def paper_lines_of(content: bytes, name: str) -> Sequence[tuple[int, Line]]:
    """Return the lines of a paper list with their rows in the file. Raises what `tables_in` refuses.

    A cell that cannot be read is taken as empty: the line still stands for somebody who was there.
    """
    lines: list[tuple[int, Line]] = []
    for row in table(read(content, name), (NAME, UNIT, CODE, PHONE, YEAR)):
        if len(lines) >= MOST_ROWS:
            break
        values = row.values
        lines.append(
            (
                row.number,
                Line(
                    name=values["name"] or row.seen["name"],
                    unit=values["unit"] or "",
                    code=values["code"] or "",
                    phone=values["phone"] or "",
                    year=values["year"] or 0,
                ),
            )
        )
    return lines


def _keys(session: Session, roll: Sequence[queries.RollLine]) -> Mapping[str, set[int]]:
    """Return whom each staff code and phone number of the roll means."""
    found: dict[str, set[int]] = {}
    ids = [line.user_id for line in roll]
    for user_id, code, phone in session.execute(
        select(User.id, User.staff_code, User.phone).where(User.id.in_(ids))
    ):
        for key in (code, phone):
            if key:
                found.setdefault(key, set()).add(user_id)
    return found


def _who(
    values: Mapping[str, str | None], roll: Sequence[queries.RollLine], keys: Mapping[str, set[int]]
) -> tuple[int | None, str]:
    code, phone = values["code"] or "", phone_number(values["phone"] or "") or ""
    name, unit = fold(values["name"] or ""), fold(values["unit"] or "")
    same = [line for line in roll if fold(line.full_name) == name]
    for key in filter(None, (code, phone)):
        by_key = keys.get(key, set())
        if len(by_key) == 1:
            return next(iter(by_key)), ""
        same = [line for line in same if line.user_id in by_key] or same
    if len(same) > 1 and unit:
        same = [line for line in same if fold(line.unit) == unit]
    if len(same) == 1:
        return same[0].user_id, ""
    if len(same) > 1:
        return None, gettext("several people of this name are on the list; tick by hand")
    return None, gettext("nobody of the class's list; register the person first")

"""What the demonstration's units declared in the years of the plan, with a paper; who registered in the network. Invented."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from courses.certificates.lettering import BOLD, REGULAR, register_fonts
from portal.core.accounts.models import Audience, Posting, User
from portal.core.files import services as files
from portal.core.files.models import FileKind
from portal.core.organisation.models import Unit
from portal.indicators import queries
from portal.indicators.catalogue import plans
from portal.indicators.declaring import values
from portal.indicators.definitions import NUMBERS, Item, ItemKind
from portal.indicators.facts import UnitFact
from portal.indicators.models import Declaration, DeclarationState, PersonFact

PLAN = "plan-39"
#: The days of the values: before the cut-offs of 2024, of the first half of 2025, of 2025, of the first half of 2026.
DAYS = (date(2024, 11, 20), date(2025, 6, 5), date(2025, 12, 4), date(2026, 6, 4))
SCHOOL = "MN-336-01"  # whose head finds one value that waits and one that came back
WORDS = {
    "services_note": "Duy trì điểm tư vấn tại Ủy ban nhân dân và trạm y tế; cán bộ trực theo lịch, có sổ theo dõi.",
    "coordination_note": "Giao ban liên ngành mỗi quý; ký quy chế phối hợp giữa công an, y tế, giáo dục và đoàn thể.",
    "apps_note": "Giới thiệu Tổng đài 111 và ứng dụng trên hệ thống truyền thanh, bảng tin và trang thông tin của xã.",
}
#: Grades of a kindergarten, a primary and a lower secondary school, by the first letters of their codes.
GRADES = {
    "MN": ("kindergarten_5",),
    "TH": ("grade_1", "grade_2", "grade_3", "grade_4", "grade_5"),
    "THCS": ("grade_6", "grade_7", "grade_8", "grade_9"),
}
APPROVERS = {"education": "sogddt", "health": "soyte", "police": "congantinh"}


def load(session: Session, today: date, now: datetime) -> int:
    """Add declarations of past periods, one that waits, one that came back, and registrations; return how many."""
    plan = plans()[PLAN]
    by = {str(name): key for name, key in session.execute(select(User.username, User.id)) if name is not None}
    paper = files.keep_bytes(
        session, _paper(), "bang-chung-du-lieu-mau.pdf", purpose="declaration.evidence", kind=FileKind.PDF,
        by_id=by["thuongtruc"], now=now,
    ).id  # fmt: skip
    rows: list[dict[str, Any]] = []
    for day in (one for one in DAYS if one <= today):
        units, _areas = queries.tree(session, day, now=False)
        for unit in sorted(units.values(), key=lambda one: one.code):
            for item in values.items_for(plan, unit, day):
                row = _row(unit, item, day, paper, by)
                if row is not None:
                    rows.append(row)
    rows += _of_the_school(session, today, paper, by)
    session.execute(insert(Declaration), rows)
    return len(rows) + _network(session, today, paper, by["thuongtruc"])


def _row(unit: UnitFact, item: Item, day: date, paper: int, by: Mapping[str, int]) -> dict[str, Any] | None:
    """Return what a unit declared as of a day; None where it did not, or where what it said before still stands."""
    whole = (
        item.by_grade.part_of if item.by_grade is not None else None
    )  # both are entered together, or neither
    dice = random.Random(f"{unit.code}:{whole or item.code}")  # noqa: S311 - the same every time, on purpose
    silent = dice.random()
    if silent < 0.1 or (silent < 0.2 and day == DAYS[1]):
        return None  # some never declare, some were late in the first half of 2025
    once = item.kind == ItemKind.DOCUMENT and not item.yearly
    if once and (day != DAYS[0] or silent < 0.45):
        return None
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    return {
        "plan": PLAN,
        "item": item.code,
        "unit_id": unit.id,
        "said_on": day,
        "value": values.stored(item, _given(unit, item, day, dice)),
        "note": "Theo sổ quản lý dân cư của công an cấp xã tại ngày khai báo."
        if item.code in ("parents_with_child", "households_with_child")
        else None,
        "file_id": paper if item.evidence else None,
        "state": DeclarationState.APPROVED,
        "entered_by_id": by["hieutruong"] if unit.code == SCHOOL else None,
        "entered_at": at,
        "decided_by_id": by[APPROVERS.get(unit.sector, "thuongtruc")],
        "decided_at": at + timedelta(days=2),
        "decided_note": None,
    }


def _given(unit: UnitFact, item: Item, day: date, dice: random.Random) -> dict[str, Any]:
    if item.grades_of(unit.kind):
        return {"grades": _by_grade(unit, item.code, day)}
    if item.kind in NUMBERS:
        return {"number": _number(unit, item.code, day)}
    if item.kind == ItemKind.CHECKLIST:
        codes = [code for code, _label in item.ticks]
        return {"ticks": codes if dice.random() < 0.8 else codes[:-1]}
    if item.kind == ItemKind.DOCUMENT:
        dated = day - timedelta(days=dice.randrange(10, 60))
        partner = "Công an, Trạm Y tế và UBND cấp xã" if values.has_partner(item) else None
        number = f"{dice.randrange(3, 90):02d}/{'QC' if partner else 'QĐ'}-{unit.code.split('-')[0]}"
        return {"document": number, "document_on": dated, "partner": partner}
    if item.kind == ItemKind.WORDS:
        return {"words": WORDS.get(item.code, WORDS["services_note"])}
    return {"yes": True}


def _number(unit: UnitFact, code: str, day: date) -> int:
    """Return a number that fits the unit's other numbers and grows a little with the years."""
    dice = random.Random(f"{unit.code}:size")  # noqa: S311 - the same every time, on purpose
    homes = dice.randrange(620, 1900)
    pupils = dice.randrange(180, 620) if unit.kind == "school" else dice.randrange(3, 14)
    five = pupils // 3 if unit.code.startswith("MN-") else pupils  # most of a kindergarten are not five yet
    step = DAYS.index(day)
    taught = dice.choice((0.55, 0.7, 0.78, 0.86, 0.95)) + 0.02 * step
    groups = dice.randrange(2, 7)
    return {
        "parents_with_child": int(homes * 1.84) + 4 * step,
        "households_with_child": homes + 2 * step,
        "households_visited": int(homes * (0.11 + 0.04 * step)),
        "children_5_15": five + step,
        "children_taught": min(five, int(five * taught)),
        "children_by_grade": five + step,
        "taught_by_grade": min(five, int(five * taught)),
        "learner_awareness": int(pupils * min(taught + 0.05, 1)),
        "volunteer_groups": groups,
        "cases_needing": 34 + 3 * step,
        "cases_connected": 31 + 3 * step,
    }.get(code, groups)


def _by_grade(unit: UnitFact, code: str, day: date) -> dict[str, int]:
    """Return a number for each grade of a school's level: its pupils, or how many of them were taught.

    The pupils are those of `_number`. The youngest are taught least.
    """
    dice = random.Random(f"{unit.code}:grades")  # noqa: S311 - the same every time, on purpose
    grades = GRADES.get(unit.code.split("-")[0], GRADES["THCS"])
    all_pupils = _number(unit, "children_by_grade", day)
    found = {}
    left = all_pupils
    for place, grade in enumerate(grades):
        last = place == len(grades) - 1
        pupils = left if last else int(all_pupils / len(grades) * dice.uniform(0.85, 1.1))
        left -= pupils
        share = min(1.0, dice.choice((0.6, 0.75, 0.85, 1.0)) + 0.03 * DAYS.index(day)) - (
            0.2 if not place else 0
        )
        found[grade] = pupils if code == "children_by_grade" else int(pupils * share)
    return found


def _of_the_school(session: Session, today: date, paper: int, by: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what the head of the kindergarten declared this week: one value waits, another came back."""
    unit_id = session.scalars(select(Unit.id).where(Unit.code == SCHOOL)).one()
    day = today - timedelta(days=5)
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    head: dict[str, Any] = {
        "plan": PLAN, "unit_id": unit_id, "said_on": day, "note": None, "file_id": paper,
        "entered_by_id": by["hieutruong"], "entered_at": at,
    }  # fmt: skip
    waits = {
        "state": DeclarationState.SUBMITTED,
        "decided_by_id": None,
        "decided_at": None,
        "decided_note": None,
    }
    came_back = {
        "state": DeclarationState.RETURNED,
        "decided_by_id": by["sogddt"],
        "decided_at": at + timedelta(days=1),
        "decided_note": "Bản chụp quy chế thiếu trang chữ ký của bên phối hợp; đề nghị gửi lại đủ trang.",
    }
    everything = {"ticks": ["plan_published", "hotline_111", "channels"]}
    rules = {"number": "05/QC-MN", "on": (day - timedelta(days=20)).isoformat(), "partner": "Công an xã"}
    return [
        {**head, "item": "publication", "value": everything, **waits},
        {**head, "item": "coordination_facility", "value": rules, **came_back},
    ]


def _network(session: Session, today: date, paper: int, by_id: int) -> int:
    """Register most of the postal staff in the network: in May 2024, some a year later."""
    people = session.scalars(
        select(Posting.user_id)
        .where(Posting.audience == Audience.POSTAL_WORKER, Posting.valid_to.is_(None))
        .distinct()
        .order_by(Posting.user_id)
    ).all()
    rows = []
    for place, user_id in enumerate(people):
        day = date(2024, 5, 20) if place % 3 else date(2025, 5, 20)
        if place % 5 and day <= today:
            rows.append(
                PersonFact(
                    user_id=user_id, fact="network", valid_from=day, file_id=paper, recorded_by_id=by_id,
                    recorded_at=datetime(day.year, day.month, day.day, 2, tzinfo=UTC),
                )
            )  # fmt: skip
    session.add_all(rows)
    session.flush()
    return len(rows)


def _paper() -> bytes:
    """Return the paper behind all of it; it says that it is invented."""
    register_fonts()
    file = BytesIO()
    options: dict[str, Any] = {"initialFontName": REGULAR}
    canvas = Canvas(file, A4, pageCompression=1, invariant=1, lang="vi-VN", **options)
    canvas.setTitle("Bằng chứng kèm theo khai báo")
    canvas.setFont(BOLD, 16)
    canvas.drawCentredString(A4[0] / 2, A4[1] - 120, "BẰNG CHỨNG KÈM THEO KHAI BÁO")
    canvas.setFont(REGULAR, 12)
    for place, line in enumerate(
        (
            "Trang này đứng thay cho văn bản, biên bản hoặc bảng thống kê mà đơn vị gửi kèm.",
            "Bản mẫu của dữ liệu trình diễn: đơn vị, số liệu và văn bản đều không có thật.",
        )
    ):
        canvas.drawString(72, A4[1] - 170 - 22 * place, line)
    canvas.showPage()
    canvas.save()
    return file.getvalue()

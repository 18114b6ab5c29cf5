"""Two units of the police that give no list of names: one gives codes, one a signed total. Invented, like the rest."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.lettering import BOLD, REGULAR, register_fonts
from portal.core.accounts.models import Audience, User
from portal.core.files import services as files
from portal.core.files.models import FileKind
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.organisation.services import new_unit
from portal.core.rosters import services as rosters
from portal.demo.staff import staffed

CODED, TOTALS = "CA-34-PA05", "CA-34-PC02"
CODES = 9
PEOPLE: Mapping[Audience, int] = {Audience.POLICE_OFFICER: 42, Audience.INVESTIGATOR: 18}
WORDS = {Audience.POLICE_OFFICER: "cán bộ, chiến sĩ", Audience.INVESTIGATOR: "điều tra viên"}


def load(session: Session, today: date, now: datetime) -> int:
    """Add a unit that gives codes and one that gives a signed total; return how many people they stand for."""
    above = session.scalars(select(Unit).where(Unit.code == "CA-34")).one()
    by_id = session.scalars(select(User.id).where(User.username == "congantinh")).one()
    day = today - timedelta(days=300)
    coded = _unit(session, above, CODED, "Phòng An ninh mạng – Công an tỉnh")
    for number in range(1, CODES + 1):
        staffed(session, coded, Audience.POLICE_OFFICER, f"PA05-{number:03d}", day, now)
    session.flush()
    rosters.confirm_list(session, coded, day, by_id=by_id, now=now)
    totals = _unit(session, above, TOTALS, "Phòng Cảnh sát hình sự – Công an tỉnh")
    paper = files.keep_bytes(
        session, _paper(totals.name, day), "xac-nhan-quan-so-PC02.pdf", purpose="roster.totals",
        kind=FileKind.PDF, by_id=by_id, now=now,
    )  # fmt: skip
    rosters.declare_totals(session, totals, day, dict(PEOPLE), paper.id, by_id=by_id, now=now)
    return CODES + sum(PEOPLE.values())


def _unit(session: Session, above: Unit, code: str, name: str) -> Unit:
    return new_unit(
        session, code=code, kind=UnitKind.POLICE_POST, sector=Sector.POLICE, name=name,
        area=session.get_one(Area, above.area_id), valid_from=above.valid_from, parent=above,
    )  # fmt: skip


def _paper(name: str, day: date) -> bytes:
    """Return the paper behind the total, as somebody would have scanned it; it says that it is invented."""
    register_fonts()
    file = BytesIO()
    options: dict[str, Any] = {"initialFontName": REGULAR}
    canvas = Canvas(file, A4, pageCompression=1, invariant=1, lang="vi-VN", **options)
    canvas.setTitle("Xác nhận quân số")
    canvas.setFont(BOLD, 16)
    canvas.drawCentredString(A4[0] / 2, A4[1] - 120, "XÁC NHẬN QUÂN SỐ")
    canvas.setFont(REGULAR, 12)
    lines = [
        f"Đơn vị: {name}",
        f"Tính đến ngày {day.strftime('%d/%m/%Y')}:",
        *(f"– {WORDS[audience]}: {many} người" for audience, many in PEOPLE.items()),
        f"Tổng cộng: {sum(PEOPLE.values())} người",
        "",
        "Thủ trưởng đơn vị (đã ký)",
        "",
        "Bản mẫu của dữ liệu trình diễn: đơn vị, số liệu và chữ ký đều không có thật.",
    ]
    for place, line in enumerate(lines):
        canvas.drawString(72, A4[1] - 170 - 22 * place, line)
    canvas.showPage()
    canvas.save()
    return file.getvalue()

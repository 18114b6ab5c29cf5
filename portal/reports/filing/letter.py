"""The reminder to those who have not filed: a draft of the official letter (công văn đôn đốc)."""

from collections.abc import Sequence
from datetime import date

from portal.indicators.definitions import Plan
from portal.indicators.periods import Period
from portal.reports.document import Head, Paragraph, Report, Section, day, number
from portal.reports.filing.drafting import called
from portal.reports.filing.queries import Standing
from portal.reports.tables import Column, Kind, Table, Value


def letter(plan: Plan, period: Period, behind: Sequence[Standing], province: str, today: date) -> Report:
    """Return the letter of the standing agency of `today` to the places that have not filed, each named with its state."""
    agency = plan.agency_on(today)
    behind = [one for one in behind if not one.place.whole]  # its own report is not its to ask for
    issuer = agency.name.vi if agency is not None else plan.issuer.vi
    rows: list[Sequence[Value]] = [
        (
            place,
            one.place.issuer,
            "Trả lại, cần nộp lại" if one.filing and one.filing.state == "returned" else "Chưa nộp",
        )
        for place, one in enumerate(behind, 1)
    ]
    columns = (
        Column("number", "STT", Kind.COUNT, 8),
        Column("place", "Cơ quan, đơn vị", width=60),
        Column("state", "Tình trạng", width=30),
    )
    late = (
        f"đã quá hạn từ ngày {day(period.late_from)}"
        if today >= period.late_from
        else f"hạn nộp là ngày {day(period.due_on)}"
    )
    words = (
        Paragraph(
            f"Thực hiện Kế hoạch số {plan.number} ngày {day(plan.signed_on)} của {plan.issuer.vi}, các sở, ngành và "
            f"Ủy ban nhân dân các địa phương báo cáo kết quả {called(period)} chậm nhất ngày {day(period.due_on)}; {late}."
        ),
        Paragraph(
            f"Đến hết ngày {day(today)}, còn {number(len(behind))} cơ quan, đơn vị chưa nộp báo cáo (danh sách kèm theo)."
        ),
        Paragraph(
            f"{issuer} đề nghị các cơ quan, đơn vị có tên trong danh sách hoàn thành và nộp báo cáo trên Cổng học tập "
            "Bảo vệ trẻ em; trường hợp vướng mắc đề nghị phản ánh về cơ quan thường trực để phối hợp giải quyết./."
        ),
    )
    return Report(
        head=Head(
            superior=f"Ủy ban nhân dân tỉnh {province}",
            issuer=issuer,
            symbol=agency.symbol if agency is not None else "UBND",
            place=province,
            kind="",
            subject=f"V/v đôn đốc báo cáo kết quả thực hiện Kế hoạch số {plan.number} {called(period)}",
        ),
        to=("Kính gửi: Các cơ quan, đơn vị có tên trong danh sách kèm theo",),
        basis=(),
        sections=(
            Section("", "", words, Table("Danh sách chưa nộp báo cáo", called(period), columns, rows)),
        ),
        appendices=(),
        signature=("Giám đốc",),
        recipients=("Như trên;", f"Ủy ban nhân dân tỉnh {province} (để báo cáo);", "Lưu: VT."),
    )

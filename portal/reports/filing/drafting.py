"""The words and tables of a report, from what was computed. Vietnamese, in the administrative register."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from courses.workshops.plan import PLAN_ITEMS
from portal.core.accounts.models import AUDIENCE_LABELS, Audience
from portal.indicators.definitions import Indicator, Klass, Plan, Way
from portal.indicators.periods import Kind as PeriodKind
from portal.indicators.periods import Period
from portal.indicators.rules import Figure, Part
from portal.indicators.words import reason_name
from portal.reports import document
from portal.reports.document import Appendix, Head, Report, Section, day, number
from portal.reports.filing.adjustments import Adjustment
from portal.reports.filing.classes import CLASSES, Held
from portal.reports.filing.reporters import Must
from portal.reports.filing.work import Work
from portal.reports.tables import Column, Kind, Table, Value
from portal.reports.tables import beside as beside_target

NOT_A_SHARE = "–"
CLASSES_LIST = "lop-tap-huan"  # the code of Appendix II
EXPLAINED = "giai-trinh"  # the code of Appendix III
BEFORE = "Bổ sung kỳ trước"  # its lines on the period before: what they say moves with every late fact
NAMES_A_ROW = 12  # a row of names is never longer than a page
SOURCES = {
    Klass.COMPUTED: "tính",
    Klass.MIXED: "tính và khai báo",
    Klass.DECLARED: "khai báo",
    Klass.OUTSIDE: "ngoài hệ thống",
}
#: The parts of section II of the plan, shortened; V.1 is training that the plan orders elsewhere.
LEADS = {
    "II.1": "Truyền thông, giáo dục, vận động xã hội",
    "II.2": "Phòng ngừa, hỗ trợ, can thiệp trong các cơ sở giáo dục, cơ sở bảo trợ xã hội",
    "II.3": "Phòng, chống xâm hại trẻ em trên môi trường mạng",
    "II.4": "Cải thiện chất lượng dịch vụ, nâng cao năng lực của cơ sở cung cấp dịch vụ bảo vệ trẻ em",
    "II.5": "Tiếp nhận khám, chữa bệnh, phòng ngừa và hỗ trợ, can thiệp của ngành Y tế",
    "II.6": "Tăng cường công tác điều tra thân thiện đối với trẻ em",
    "II.7": "Hình thành mạng lưới xã hội về bảo vệ trẻ em",
    "V.1": "Đào tạo, tập huấn đội ngũ cán bộ làm công tác bảo vệ, chăm sóc trẻ em",
}
#: What a group may need beside a course.
FACTS = {
    "network": "đăng ký tham gia mạng lưới",
    "active": "hoạt động tình nguyện trong 12 tháng",
}
PARTS = {
    "commune": "cấp xã",
    "district": "cấp huyện",
    "province": "cấp tỉnh",
    "carers": "người chăm sóc khác (ngoài tỷ lệ)",
    "unlinked": "người học chưa gắn hộ (ngoài tỷ lệ)",
    "with_declared": "cả số khai báo",
    "weak": "đã tổ chức (cách hiểu tối thiểu)",
    "coverage": "người đã đạt trong toàn đội ngũ",
    "trained": "có cán bộ đã đào tạo",
    "paired": "CT01b: trả lời cùng bộ câu hỏi trước và sau khi học",
    "risen": "CT01b: điểm sau khi học cao hơn trước (không nêu nhóm dưới năm người)",
    "unsplit": "không chia theo lớp",
}


def called(period: Period) -> str:
    """Return how texts call a period: `6 tháng đầu năm 2025`."""
    return f"6 tháng đầu năm {period.year}" if period.kind == PeriodKind.HALF else f"năm {period.year}"


def window(period: Period) -> str:
    """Return the window in words."""
    return f"số liệu từ ngày {day(period.starts_on)} đến hết ngày {day(period.cut_off)}"


def about(plan: Plan) -> str:
    """Return the plan as texts cite it."""
    title = plan.title.vi.removeprefix("Kế hoạch ")
    return f"Kế hoạch số {plan.number} ngày {day(plan.signed_on)} của {plan.issuer.vi} {title}"


def narrative(work: Work, must: Must) -> dict[str, str]:
    """Return the drafted words of the sections that people edit: said from facts, nothing invented."""
    plan = work.plan
    listed = sum(unit.basis is not None for unit in work.world.units.values())
    short = [(one, figure) for one, figure in work.figures if figure.met is False]
    missing = {unit for _one, figure in work.figures for unit in figure.missing}
    behind = "; ".join(
        f"{one.code} {one.title.vi.lower()}"
        + (f" (cần đạt {number(figure.needed)})" if figure.needed else "")
        for one, figure in short
    )
    difficulties = [
        f"Còn {number(len(short))} chỉ tiêu chưa đạt: {behind}." if short else "",
        f"Còn {number(len(missing))} đơn vị, địa bàn chưa cung cấp số liệu làm mẫu số (Phụ lục III)."
        if missing
        else "",
    ]
    tasks = [
        f"Tiếp tục thực hiện các chỉ tiêu chưa đạt: {', '.join(one.code for one, _figure in short)}."
        if short
        else "Duy trì kết quả các chỉ tiêu đã đạt.",
        "Đôn đốc các đơn vị, địa bàn còn thiếu cung cấp số liệu trước kỳ báo cáo sau." if missing else "",
    ]
    return {
        "I": f"{must.issuer} tổ chức triển khai Kế hoạch số {plan.number} trong kỳ báo cáo; có "
        f"{number(len(work.world.units))} đơn vị trong phạm vi báo cáo, trong đó {number(listed)} đơn vị đã "
        "lập danh sách hoặc khai tổng số người làm việc.",
        "II": _done(work.held),
        "IV": "\n".join(line for line in difficulties if line) or "Không có.",
        "V": "\n".join(line for line in tasks if line),
        "VI": "Không có.",
    }


def _done(held: Sequence[Held]) -> str:
    """Return section II, by the lead sections of the plan and its items, from the classes of the window."""
    if not held:
        return "Trong kỳ báo cáo chưa ghi nhận lớp tập huấn, buổi học nhóm nào trên hệ thống."
    lines = []
    for place, lead in enumerate([key for key in LEADS if _under(held, key)], 1):
        lines.append(f"# {place}. {LEADS[lead]}")
        of_lead = _under(held, lead)
        for item in sorted({one.plan_item for one in of_lead}):
            of_item = [one for one in of_lead if one.plan_item == item]
            visits = sum(one.visits for one in of_item)
            certificates = sum(one.certificates for one in of_item)
            # who was in two classes stands in both: of several they are attendances, not people
            present = "người dự" if len(of_item) == 1 else "lượt người dự có tên"
            words = PLAN_ITEMS[item]["vi"] if item in PLAN_ITEMS else item
            lines.append(
                f"{words} (mục {item}): đã tổ chức {number(len(of_item))} lớp, buổi với "
                f"{number(sum(one.persons for one in of_item))} {present}"
                + (f", ngoài ra {number(visits)} lượt người không ghi danh" if visits else "")
                + (f"; cấp {number(certificates)} giấy chứng nhận" if certificates else "")
                + "."
            )
    return "\n".join(lines)


def _under(held: Sequence[Held], lead: str) -> Sequence[Held]:
    return [one for one in held if one.plan_item == lead or one.plan_item.startswith(lead + ".")]


def build(
    work: Work,
    must: Must,
    words: Mapping[str, str],
    before: Mapping[str, Any] | None,
    changed: Sequence[Adjustment],
    notes: Mapping[tuple[str, int], str],
) -> Report:
    """Return the whole document.

    words: of the sections, as drafted or edited. before: figures of the period before as filed, by code; None where
    nothing was filed. changed: what has become of them since. notes: what units say of differences, by (item, unit).
    """
    plan, period = work.plan, work.period
    agency = plan.agency_on(period.due_on)
    head = Head(
        superior=must.above,
        issuer=must.issuer,
        symbol=f"BC-{must.symbol}",
        place=must.place,
        kind="BÁO CÁO",
        subject=f"Kết quả thực hiện Kế hoạch số {plan.number} {called(period)}",
    )
    to = [f"Kính gửi: Ủy ban nhân dân tỉnh {must.province}"]
    recipients = ["Như trên;"]
    if agency is not None and must.whole:
        to = [f"{to[0]}; {agency.ministry.vi}"]
    elif agency is not None:
        to.append(f"(qua {agency.name.vi} tổng hợp)")
        recipients.append(f"{agency.name.vi} (để tổng hợp);")
    recipients.append("Lưu: VT.")
    with force_locale("vi"):  # labels of the portal, in the language of the document
        return Report(
            head=head,
            to=tuple(to),
            basis=(
                f"Thực hiện {about(plan)}, {must.issuer} báo cáo kết quả {called(period)} ({window(period)}) như sau:",
            ),
            sections=sections(work, words, changed),
            appendices=(
                Appendix("I", "chi-tieu", _indicators(work, before, changed)),
                Appendix("II", CLASSES_LIST, classes_table(work)),
                Appendix("III", EXPLAINED, explained(work, notes, changed)),
            ),
            signature=("TM. Ủy ban nhân dân", "Chủ tịch") if must.symbol == "UBND" else ("Giám đốc",),
            recipients=tuple(recipients),
        )


def sections(work: Work, words: Mapping[str, str], changed: Sequence[Adjustment]) -> tuple[Section, ...]:
    """Return sections I–VI."""
    found = []
    for numeral, title in document.TITLES.items():
        if numeral == "III":
            found.append(Section(numeral, title, _results(work, changed), _short(work)))
        else:
            found.append(Section(numeral, title, document.paragraphs(words.get(numeral, ""))))
    return _closed(found)


def reworded(report: Report, words: Mapping[str, str]) -> Report:
    """Return the report with other words in the sections that people edit; every figure stays."""
    return Report(
        report.head,
        report.to,
        report.basis,
        _closed(
            [
                Section(one.numeral, one.title, document.paragraphs(words[one.numeral]), one.table)
                if one.numeral in words and one.numeral in document.NARRATIVE
                else one
                for one in report.sections
            ]
        ),
        report.appendices,
        report.signature,
        report.recipients,
    )


def _closed(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Return the sections, the last words ending with the sign `./.` by which an administrative text ends."""
    *before, last = sections
    if not last.paragraphs or last.paragraphs[-1].text.endswith("./."):
        return tuple(sections)
    *above, end = last.paragraphs
    closing = document.Paragraph(f"{end.text.rstrip('. ')}./.", end.heading)
    return (*before, Section(last.numeral, last.title, (*above, closing), last.table))


def _results(work: Work, changed: Sequence[Adjustment]) -> tuple[document.Paragraph, ...]:
    asked = [figure for _one, figure in work.figures if figure.target is not None]
    reached = sum(figure.met is True for figure in asked)
    unknown = sum(figure.met is None for figure in asked)
    lines = [
        f"Trong {number(len(asked))} chỉ tiêu có mức phải đạt: {number(reached)} chỉ tiêu đạt, "
        f"{number(len(asked) - reached - unknown)} chỉ tiêu chưa đạt, {number(unknown)} chỉ tiêu chưa đủ số liệu. "
        "Chi tiết tại Phụ lục I, giải trình tại Phụ lục III."
    ]
    if changed:
        lines.append(
            f"Bổ sung kỳ trước (báo cáo đã nộp giữ nguyên): {'; '.join(adjusted(one) for one in changed)}."
        )
    return tuple(document.Paragraph(line) for line in lines)


def adjusted(one: Adjustment) -> str:
    """Return an adjustment in words: `CT10 tử số +3, mẫu số 0`; of classes `+1 lớp, +23 người`."""
    parts, wholes = one.difference
    of = f"{one.place}: " if one.place else ""
    if one.code == CLASSES:
        return f"{of}{signed(parts)} lớp, {signed(wholes)} người"
    words = [f"tử số {signed(parts)}" if parts else "", f"mẫu số {signed(wholes)}" if wholes else ""]
    said = ", ".join(word for word in words if word)
    if not said:
        said = f"thay {number(len(one.left))} dòng bằng {number(len(one.came))} dòng khác"
    return f"{of}{one.code} {said}"


def signed(value: int) -> str:
    """Return a difference with its sign; none where it is 0."""
    return f"+{number(value)}" if value > 0 else number(value).replace("-", "−")


def _share(indicator: Indicator, value: Fraction | None) -> Value:
    return NOT_A_SHARE if indicator.way == Way.NARRATIVE else value


def _counts(part: int | None, whole: int | None) -> tuple[int | None, int | None]:
    """Return numerator and denominator; neither where there is nobody to count: 0 of 0 reads like a result."""
    return (None, None) if not part and whole == 0 else (part, whole)


def _verdict(figure: Figure) -> str:
    return {True: "Đạt", False: "Chưa đạt", None: NOT_A_SHARE}[figure.met]


def _short(work: Work) -> Table:
    """Return the table of section III."""
    columns = (
        Column("code", "Mã", width=9),
        Column("title", "Chỉ tiêu", width=34),
        Column("target", "Mức phải đạt", Kind.SHARE, 10),
        Column("numerator", "Tử số", Kind.COUNT, 9),
        Column("denominator", "Mẫu số", Kind.COUNT, 9),
        Column("value", "Tỷ lệ", Kind.SHARE, 12),
        Column("met", "Đánh giá", width=11),
    )
    rows: list[Sequence[Value]] = [
        (
            one.code,
            one.title.vi,
            target if target is not None else NOT_A_SHARE,
            *_counts(figure.numerator, figure.denominator),
            _share(one, value),
            _verdict(figure),
        )
        for one, figure in work.figures
        for value, target in [beside_target(figure.value, figure.target)]
    ]
    return Table("Kết quả thực hiện các chỉ tiêu", window(work.period), columns, rows)


def _indicators(work: Work, before: Mapping[str, Any] | None, changed: Sequence[Adjustment]) -> Table:
    columns = (
        Column("code", "Mã", width=9),
        Column("sentence", "Chỉ tiêu của kế hoạch", width=60),
        Column("target", "Mức phải đạt", Kind.SHARE, 10),
        Column("numerator", "Tử số", Kind.COUNT, 10),
        Column("denominator", "Mẫu số", Kind.COUNT, 10),
        Column("value", "Tỷ lệ", Kind.SHARE, 11),
        Column("needed", "Số cần đạt", Kind.COUNT, 10),
        Column("source", "Nguồn số liệu", width=12),
        Column("before", "Tỷ lệ kỳ trước", Kind.SHARE, 11),
        Column("adjusted", "Bổ sung tử số kỳ trước", Kind.COUNT, 11),
        Column("adjusted_whole", "Bổ sung mẫu số kỳ trước", Kind.COUNT, 11),
    )
    changes: dict[str, tuple[int, int]] = {}
    for change in changed:  # of several places that have become this one: counts are added
        part, whole = changes.get(change.code, (0, 0))
        changes[change.code] = (part + change.difference[0], whole + change.difference[1])
    rows: list[Sequence[Value]] = []
    for one, figure in work.figures:
        earlier = (before or {}).get(one.code)
        was: Value = NOT_A_SHARE
        value, target = beside_target(figure.value, figure.target)
        if earlier is not None and one.way != Way.NARRATIVE:
            was = Fraction(*earlier["value"]) if earlier["value"] else None
        parts, wholes = changes.get(one.code, (None, None))
        rows.append(
            (
                one.code,
                one.sentence,
                target if target is not None else NOT_A_SHARE,
                *_counts(figure.numerator, figure.denominator),
                _share(one, value),
                figure.needed,
                SOURCES[one.klass],
                was,
                parts,
                wholes,
            )
        )
        rows += [_part(work, one, part) for part in figure.parts]
    notes = [
        "Tử số và mẫu số tính tại 24 giờ ngày chốt số liệu, theo địa giới hành chính của ngày đó. "
        "Dòng có dấu “–” ở đầu là số thành phần, không cộng vào dòng khác.",
        "Bổ sung kỳ trước: chênh lệch giữa số tính lại hôm nay cho kỳ trước và số đã nộp; báo cáo đã nộp không thay đổi.",
    ]
    return Table("Kết quả thực hiện các chỉ tiêu", _asked(work), columns, rows, notes=notes)


def _part(work: Work, indicator: Indicator, part: Part) -> Sequence[Value]:
    value, target = beside_target(part.share, part.target)
    share: Value = value
    if part.denominator is None and part.target is None:  # a bare number, or of too few people to be told of
        share = NOT_A_SHARE
    return (
        "",
        f"– {part_label(work.plan, indicator, part.key)}",
        target if target is not None else NOT_A_SHARE,
        *_counts(part.numerator, part.denominator),
        share,
        None,
        "",
        NOT_A_SHARE,
        None,
        None,
    )


def part_label(plan: Plan, indicator: Indicator, key: str) -> str:
    """Return what a row under a figure is called."""
    kind, _sep, rest = key.partition(":")
    if kind == "item":
        item = plan.item(rest)
        return item.label.vi if item is not None else rest
    if kind == "grade" or key == "one_number":
        return _grade_label(plan, indicator, rest)
    if kind == "need":
        return f"có {' hoặc '.join(FACTS.get(one, one) for one in rest.split('|'))}"
    for rule in indicator.rules:
        for group in rule.groups:
            if group.key == key:
                return group.label.vi
    return PARTS.get(key, key)


def _grade_label(plan: Plan, indicator: Indicator, code: str) -> str:
    """Return what a grade is called; of no grade, what units count that give one number."""
    for rule in reversed(indicator.rules):
        item = plan.item(rule.denominator or "")
        if item is not None and item.by_grade is not None:
            labels = dict(item.by_grade.grades)
            return (labels.get(code) or item.by_grade.one_number).vi
    return code


def reason_label(work: Work, indicator: Indicator, reason: str) -> str:
    """Return why rows were not counted. Names of the plan are Vietnamese, whatever language the reader has chosen."""
    kind, _colon, key = reason.partition(":")
    if kind == "item":
        return f"chưa khai báo: {part_label(work.plan, indicator, reason)}"
    if kind == "group":
        return f"chưa ai có giấy chứng nhận trong nhóm: {part_label(work.plan, indicator, key)}"
    return reason_name(work.plan, indicator.rule_on(work.period.cut_off), reason)


def _asked(work: Work) -> str:
    return f"{work.where.name} – {called(work.period)} ({window(work.period)})"


def classes_table(work: Work) -> Table:
    """Return Appendix II: every class of the window."""
    columns = (
        Column("first_on", "Từ ngày", Kind.DATE, 15),
        Column("last_on", "Đến ngày", Kind.DATE, 15),
        Column("title", "Lớp, buổi", width=30),
        Column("place", "Địa điểm", width=24),
        Column("plan_item", "Mục của kế hoạch", width=10),
        Column("audience", "Đối tượng", width=20),
        Column("organiser", "Đơn vị tổ chức", width=24),
        Column("persons", "Số người", Kind.COUNT, 9),
        Column("visits", "Lượt người không ghi danh", Kind.COUNT, 11),
        Column("certificates", "Giấy chứng nhận", Kind.COUNT, 10),
        Column("serials", "Từ số – đến số", width=24),
    )
    with force_locale("vi"):  # whoever files it in whatever language: the list is the one that was approved
        labels = {str(one): str(_(AUDIENCE_LABELS[one])) for one in Audience}
    rows: list[Sequence[Value]] = [
        (
            one.first_on,
            one.last_on,
            one.title,
            one.place,
            one.plan_item,
            ", ".join(labels[audience] for audience in one.audiences),
            one.organiser,
            one.persons,
            one.visits,
            one.certificates,
            " – ".join(one.serials) if one.serials else "",
        )
        for one in work.held
    ]
    total: Sequence[Value] = (
        None,
        None,
        "Tổng cộng",
        "",
        "",
        "",
        "",
        sum(one.persons for one in work.held),
        sum(one.visits for one in work.held),
        sum(one.certificates for one in work.held),
        "",
    )
    notes = [
        "Số người của các lớp cộng lại là lượt dự của người có tên; một người dự hai lớp có mặt ở cả hai dòng."
    ]
    return Table("Danh sách lớp tập huấn, buổi học nhóm", _asked(work), columns, rows, total, notes)


def explained(work: Work, notes: Mapping[tuple[str, int], str], changed: Sequence[Adjustment]) -> Table:
    """Return Appendix III: who gave no denominator, what was not counted and why, what the period before has become."""
    columns = (
        Column("code", "Mã", width=9),
        Column("kind", "Nội dung giải trình", width=30),
        Column("what", "Đơn vị, mục, lý do", width=64),
        Column("declared", "Khai báo", Kind.COUNT, 11),
        Column("computed", "Tính được", Kind.COUNT, 11),
        Column("count", "Chênh lệch, số lượng", Kind.COUNT, 12),
        Column("note", "Ghi chú", width=24),
    )
    rows: list[Sequence[Value]] = []
    for one, figure in work.figures:
        for item, declared, units in beside(work, one):
            label = work.plan.item(item)
            said = "; ".join(notes[item, unit] for unit in units if (item, unit) in notes)
            rows.append(
                (
                    one.code,
                    "Số khai báo so với số tính được",
                    label.label.vi if label else item,
                    declared,
                    figure.numerator,
                    declared - (figure.numerator or 0),
                    said,
                )
            )
        if figure.totals_only:
            rows.append(
                (one.code, "Đơn vị chỉ khai tổng số", "ngoài tỷ lệ", figure.totals_only, None, None, "")
            )
        if figure.outside:
            rows.append(
                (one.code, "Đã đạt, đơn vị chưa có mẫu số", "ngoài tỷ lệ", None, figure.outside, None, "")
            )
        behind = names(work, one, figure.missing)
        for start in range(0, len(behind), NAMES_A_ROW):
            some = behind[start : start + NAMES_A_ROW]
            rows.append((one.code, "Chưa có mẫu số", "; ".join(some), None, None, len(some), ""))
        for reason, many in sorted(work.opened[one.code].reasons.items()):
            why = reason_label(work, one, reason)
            rows.append((one.code, "Không được tính", why, None, None, many, ""))
    rows += [
        (
            "" if one.code == CLASSES else one.code,
            BEFORE,
            adjusted(one),
            None,
            None,
            None,
            f"thêm {number(len(one.came))} dòng, bớt {number(len(one.left))} dòng",
        )
        for one in changed
    ]
    return Table("Giải trình số liệu", _asked(work), columns, rows)


def explains(work: Work, notes: Mapping[tuple[str, int], str]) -> list[list[Any]]:
    """Return the lines of Appendix III as they are kept, without those on the period before."""
    with force_locale("vi"):
        return own_lines(document.table_to_json(explained(work, notes, ())))


def own_lines(kept: Mapping[str, Any]) -> list[list[Any]]:
    """Return the lines of a kept Appendix III that speak of this period."""
    return [row for row in kept["rows"] if row[1] != BEFORE]


def beside(work: Work, indicator: Indicator) -> list[tuple[str, int, tuple[int, ...]]]:
    """Return what is declared beside a computed figure: item, sum, and the units that declared it."""
    item = indicator.rule_on(work.period.cut_off).beside
    if item is None:
        return []
    said = {
        unit: int(one.value)
        for (code, unit), one in work.world.said.items()
        if code == item and one.approved and isinstance(one.value, int)
    }
    return [(item, sum(said.values()), tuple(sorted(said)))] if said else []


def names(work: Work, indicator: Indicator, missing: Sequence[int]) -> list[str]:
    """Return the names of units (or areas) that have not given a denominator, in their order."""
    places: Mapping[int, Any] = work.world.areas if indicator.way == Way.AREAS else work.world.units
    return [places[key].name for key in missing if key in places]


__all__ = [
    "about",
    "adjusted",
    "build",
    "called",
    "classes_table",
    "explained",
    "explains",
    "names",
    "narrative",
    "reworded",
    "window",
]

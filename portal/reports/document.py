"""A report as an office files it: head, legal basis, sections I–VI, appendices, place names, who receives it. Pure.

The words of the document are Vietnamese, whatever the reader's language: it is an administrative text by Decree
30/2020/NĐ-CP. Writers lay it out; the screen shows the same object; `to_json` is what a filed report keeps.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from portal.core.rounding import percents
from portal.reports.tables import Column, Kind, Share, Table, Value

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
NO_DENOMINATOR = "chưa có mẫu số"
#: Sections whose words people edit; III is the table of indicators.
NARRATIVE = ("I", "II", "IV", "V", "VI")
TITLES = {
    "I": "CÔNG TÁC CHỈ ĐẠO, TRIỂN KHAI",
    "II": "KẾT QUẢ THỰC HIỆN NHIỆM VỤ",
    "III": "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU",
    "IV": "KHÓ KHĂN, TỒN TẠI VÀ NGUYÊN NHÂN",
    "V": "NHIỆM VỤ TRỌNG TÂM KỲ TỚI",
    "VI": "KIẾN NGHỊ, ĐỀ XUẤT",
}


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the title: who is above the issuer (may be empty), the issuer, its sign, where it sits.

    symbol: what follows the number, `BC-SGDĐT`. The number and the day are the clerk's to fill in.
    """

    superior: str
    issuer: str
    symbol: str
    place: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `heading` ones are set bold and are not indented less."""

    text: str
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section: its words, and a table after them where it has one."""

    numeral: str
    title: str
    paragraphs: tuple[Paragraph, ...]
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Appendix:
    """An appendix of its own pages; its code names its sheet and file."""

    numeral: str
    code: str
    table: Table


@dataclass(frozen=True, slots=True)
class Report:
    """The whole document.

    to: whom it is sent to ("Kính gửi"). signature: the authority and the post, in lines; never a name.
    recipients: the list "Nơi nhận", its last line the archive.
    """

    head: Head
    to: tuple[str, ...]
    basis: tuple[str, ...]
    sections: tuple[Section, ...]
    appendices: tuple[Appendix, ...]
    signature: tuple[str, ...]
    recipients: tuple[str, ...]

    @property
    def attached_to(self) -> str:
        """Return the line under the head of each appendix, its number and day left to the clerk."""
        return f"(Kèm theo {self.head.kind.capitalize()} số        /{self.head.symbol} ngày       tháng       năm          của {self.head.issuer})"


def name_lines(name: str) -> list[str]:
    """Return an office's name in capitals, the name of its area on a line of its own where that is long."""
    found = re.fullmatch(
        r"(ỦY BAN NHÂN DÂN) ((?:TỈNH|HUYỆN|THỊ XÃ|THÀNH PHỐ|XÃ|PHƯỜNG|THỊ TRẤN) .+)", name.upper()
    )
    return [found[1], found[2]] if found else [name.upper()]


def number(value: int) -> str:
    """Return a whole number as Vietnamese texts write it: `1.234`."""
    return f"{value:,}".replace(",", ".")


def percent(value: Fraction) -> str:
    """Return a share of one as Vietnamese texts write it, with one decimal: `66,7%`, `50%`; rounded half up.

    One that stands beside its target (`tables.Share`) has as many decimals as it takes to agree with the verdict.
    """
    text = f"{percents(value, value.places if isinstance(value, Share) else 1):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") + "%"


def day(value: date) -> str:
    """Return a day as administrative texts write it: a leading zero for days below 10 and for January and February."""
    month = f"{value.month:02d}" if value.month < 3 else str(value.month)
    return f"{value.day:02d}/{month}/{value.year}"


def shown(value: Value, kind: Kind) -> str:
    """Return a cell as it stands in the document. The screen uses this, too, so the two cannot differ."""
    if value is None:
        return NO_DENOMINATOR if kind == Kind.SHARE else ""
    if isinstance(value, Fraction):
        return percent(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int):
        return number(value)
    return value


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Return typed text as paragraphs; a line that begins with `#` is a heading, empty lines part nothing."""
    found = []
    for line in text.replace("\r\n", "\n").split("\n"):
        words = line.strip()
        if words:
            found.append(Paragraph(words.lstrip("#").strip(), heading=words.startswith("#")))
    return tuple(found)


def to_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON values; `from_json` brings it back, equal."""
    return {
        "head": {
            "superior": report.head.superior,
            "issuer": report.head.issuer,
            "symbol": report.head.symbol,
            "place": report.head.place,
            "kind": report.head.kind,
            "subject": report.head.subject,
        },
        "to": list(report.to),
        "basis": list(report.basis),
        "sections": [
            {
                "numeral": one.numeral,
                "title": one.title,
                "paragraphs": [[words.text, words.heading] for words in one.paragraphs],
                "table": table_to_json(one.table) if one.table is not None else None,
            }
            for one in report.sections
        ],
        "appendices": [
            {"numeral": one.numeral, "code": one.code, "table": table_to_json(one.table)}
            for one in report.appendices
        ],
        "signature": list(report.signature),
        "recipients": list(report.recipients),
    }


def from_json(stored: Mapping[str, Any]) -> Report:
    """Return the report that `to_json` wrote."""
    return Report(
        head=Head(**stored["head"]),
        to=tuple(stored["to"]),
        basis=tuple(stored["basis"]),
        sections=tuple(
            Section(
                one["numeral"],
                one["title"],
                tuple(Paragraph(text, bool(heading)) for text, heading in one["paragraphs"]),
                table_from_json(one["table"]) if one["table"] is not None else None,
            )
            for one in stored["sections"]
        ),
        appendices=tuple(
            Appendix(one["numeral"], one["code"], table_from_json(one["table"]))
            for one in stored["appendices"]
        ),
        signature=tuple(stored["signature"]),
        recipients=tuple(stored["recipients"]),
    )


def table_to_json(table: Table) -> dict[str, Any]:
    """Return a table as JSON values; a share is {"share": [numerator, denominator]} (with "places" where these are
    more than one), a day {"day": "…"}.
    """
    return {
        "title": table.title,
        "asked": table.asked,
        "columns": [[one.key, one.label, str(one.kind), one.width] for one in table.columns],
        "rows": [[_stored(value) for value in row] for row in table.rows],
        "total": [_stored(value) for value in table.total] if table.total is not None else None,
        "notes": list(table.notes),
    }


def table_from_json(stored: Mapping[str, Any]) -> Table:
    """Return the table that `table_to_json` wrote."""
    return Table(
        title=stored["title"],
        asked=stored["asked"],
        columns=tuple(
            Column(key, label, Kind(kind), int(width)) for key, label, kind, width in stored["columns"]
        ),
        rows=tuple(_row(row) for row in stored["rows"]),
        total=_row(stored["total"]) if stored["total"] is not None else None,
        notes=tuple(stored["notes"]),
    )


def _stored(value: Value) -> Any:
    if isinstance(value, Fraction):
        stored: dict[str, Any] = {"share": [value.numerator, value.denominator]}
        if isinstance(value, Share):
            stored["places"] = value.places
        return stored
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value


def _row(row: Sequence[Any]) -> tuple[Value, ...]:
    return tuple(_restored(value) for value in row)


def _restored(value: Any) -> Value:
    if isinstance(value, Mapping):
        if "share" not in value:
            return date.fromisoformat(value["day"])
        share = Fraction(*value["share"])
        return Share(share, value["places"]) if "places" in value else share
    found: Value = value
    return found

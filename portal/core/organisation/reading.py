"""The columns of the files that people send about places, and what their cells mean."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.core.names import fold, tidy
from portal.core.organisation.decrees import COLUMNS, Decree, from_rows, from_toml
from portal.core.organisation.models import SECTOR_LABELS, UNIT_KIND_LABELS, Sector, UnitKind
from portal.core.organisation.unit_files import Read
from portal.core.tables_in.cells import day, text
from portal.core.tables_in.reading import read
from portal.core.tables_in.sheet import Limits, Value
from portal.core.tables_in.table import Column, table

#: The words for kinds and sectors that a Vietnamese file has, beside the codes of the export.
_KIND_WORDS = {
    "truong": UnitKind.SCHOOL, "truong hoc": UnitKind.SCHOOL, "tram y te": UnitKind.CLINIC,
    "co so y te": UnitKind.CLINIC, "cong an": UnitKind.POLICE_POST, "buu dien": UnitKind.POST_OFFICE,
    "buu cuc": UnitKind.POST_OFFICE, "so": UnitKind.DEPARTMENT, "phong": UnitKind.DEPARTMENT,
    "phong ban": UnitKind.DEPARTMENT, "ubnd": UnitKind.COMMITTEE, "uy ban nhan dan": UnitKind.COMMITTEE,
    "hoi": UnitKind.ASSOCIATION, "doan the": UnitKind.ASSOCIATION, "cong dong": UnitKind.COMMUNITY,
}  # fmt: skip
_SECTOR_WORDS = {
    "giao duc": Sector.EDUCATION, "y te": Sector.HEALTH, "cong an": Sector.POLICE, "lao dong": Sector.LABOUR,
    "lao dong thuong binh va xa hoi": Sector.LABOUR, "buu chinh": Sector.POST, "buu dien": Sector.POST,
    "cong dong": Sector.COMMUNITY, "chinh quyen": Sector.GOVERNMENT, "quan ly nha nuoc": Sector.GOVERNMENT,
}  # fmt: skip


def _word(words: dict[str, Any], labels: dict[Any, str]) -> Any:
    known = {
        **words,
        **{fold(label): one for one, label in labels.items()},
        **{str(one): one for one in labels},
    }

    def reader(value: Value) -> str:
        said = text(60)(value)
        return str(known.get(fold(said), said))  # what is unknown is refused by name, later

    return reader


def _code(value: Value) -> str:
    return tidy(text(40)(value))


UNIT_COLUMNS = (
    Column("code", "Mã đơn vị", _code, ("code", "mã", "unit code", "mã số")),
    Column("name", "Tên đơn vị", text(200), ("name", "tên", "unit", "đơn vị", "unit name"), required=False),
    Column("kind", "Loại", _word(_KIND_WORDS, UNIT_KIND_LABELS), ("kind", "loại đơn vị", "loại hình"), required=False),
    Column("sector", "Ngành", _word(_SECTOR_WORDS, SECTOR_LABELS), ("sector", "lĩnh vực"), required=False),
    Column("area", "Mã địa bàn", _code, ("area", "area code", "mã xã", "mã xã phường"), required=False),
    Column("parent", "Mã đơn vị cấp trên", _code, ("parent", "parent code", "code of the unit above", "mã cấp trên"), required=False),
    Column(
        "roster_on", "Ngày xác nhận danh sách", day(), ("roster_on", "staff list confirmed on", "ngày danh sách", "ngày chốt danh sách"),
        required=False,
    ),
    Column("valid_from", "Hiệu lực từ", day(), ("valid_from", "valid from", "từ ngày", "ngày thành lập"), required=False),
)  # fmt: skip

_DECREE_WORDS = {
    "title": ("Tên quyết định",),
    "legal_basis": ("Căn cứ pháp lý",),
    "effective_on": ("Ngày hiệu lực",),
    "kind": ("Hình thức",),
    "subject": ("Đối tượng",),
    "predecessors": ("Mã cũ", "Đơn vị cũ"),
    "outside": ("Ngoài hệ thống",),
    "code": ("Mã mới",),
    "name": ("Tên mới",),
    "unit_kind": ("Loại",),
    "sector": ("Ngành",),
    "parent": ("Cấp trên",),
    "area": ("Địa bàn",),
    "share": ("Tỷ lệ",),
    "goes_on": ("Tiếp tục",),
    "assign": ("Phân về",),
    "along": ("Nhập theo",),
}


def _anything(value: Value) -> Any:
    return value


DECREE_COLUMNS = tuple(
    Column(key, key, _anything, _DECREE_WORDS[key], required=key == "kind") for key in COLUMNS
)
LIMITS = Limits(rows=20_000)


def units_in(source: Path | bytes, name: str) -> tuple[list[Read], tuple[str, ...]]:
    """Return the rows of a table of units, and the headings of which nothing was made. Raises `CannotRead`."""
    found = table(read(source, name, LIMITS), UNIT_COLUMNS)
    rows = [
        Read(
            line.number,
            line.values,
            tuple((fault.message, {"heading": fault.heading, **fault.values}) for fault in line.faults),
        )
        for line in found
    ]
    return rows, found.unknown


def decree_in(source: bytes, name: str) -> Decree:
    """Return the decree of a file: TOML by its name, else a table. Raises `CannotRead`, `Unreadable`."""
    if name.casefold().endswith(".toml"):
        return from_toml(source.decode("utf-8-sig", errors="replace"))
    found = table(read(source, name, LIMITS), DECREE_COLUMNS)

    def rows() -> Iterator[tuple[int, dict[str, Any]]]:
        for line in found:
            yield line.number, line.values

    return from_rows(rows())

"""The accounts of the demonstration: user name, full name, what they are, where."""

from dataclasses import dataclass

from portal.core.accounts.models import Audience
from portal.core.organisation.models import Sector
from portal.core.policy import Role
from portal.core.text import N_

PASSWORD = "hoc-tap-111"  # noqa: S105 - the demonstration's, shown on its sign-in page


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `unit` is the code of the unit of its post; a role covers `area` (or the unit where that is empty)."""

    username: str
    full_name: str
    words: str
    unit: str
    audience: Audience | None
    role: Role | None = None
    area: str = ""
    sector: Sector | None = None


ACCOUNTS = (
    Account("giaovien", "Phạm Thu Hương", N_("teacher"), "MN-336-01", Audience.TEACHER),
    Account("phuhuynh", "Vũ Đức Bình", N_("parent"), "CD-12454", Audience.PARENT),
    Account("congan", "Đỗ Tiến Dũng", N_("investigator"), "CA-336", Audience.INVESTIGATOR),
    Account("yte", "Lương Thị Mai", N_("health worker"), "TYT-12454", Audience.HEALTH_WORKER),
    Account("canboxa", "Hoàng Văn Thắng", N_("commune officer"), "UB-12454", Audience.COMMUNE_OFFICER),
    Account("buuta", "Bùi Thế Anh", N_("postman"), "BD-336", Audience.POSTAL_WORKER),
    Account("congtacvien", "Trịnh Ngọc Lan", N_("collaborator"), "CD-12454", Audience.COLLABORATOR, Role.COLLABORATOR),
    Account("hieutruong", "Nguyễn Hồng Hạnh", N_("head of a school"), "MN-336-01", Audience.MANAGER, Role.UNIT_HEAD),
    Account("sogddt", "Trần Anh Tuấn", N_("department head: education"), "SO-GDDT", Audience.MANAGER, Role.DEPARTMENT_HEAD, "34", Sector.EDUCATION),
    Account("soyte", "Lê Thanh Hà", N_("department head: health"), "SO-YTE", Audience.CHILD_AFFAIRS_OFFICER, Role.DEPARTMENT_HEAD, "34", Sector.HEALTH),
    Account("congantinh", "Phan Quốc Cường", N_("department head: police"), "CA-34", Audience.POLICE_OFFICER, Role.DEPARTMENT_HEAD, "34", Sector.POLICE),
    Account("huyen", "Đặng Minh Quang", N_("head of a district"), "UB-336", Audience.CHILD_AFFAIRS_OFFICER, Role.DISTRICT_HEAD, "336"),
    Account("thuongtruc", "Ngô Bích Thủy", N_("standing agency"), "SO-LDTBXH", Audience.CHILD_AFFAIRS_OFFICER, Role.STANDING_AGENCY, "34"),
    Account("soanbai", "Tạ Hải Yến", N_("author"), "SO-LDTBXH", None, Role.AUTHOR),
    Account("quantri", "Mạc Văn Khôi", N_("administrator"), "SO-LDTBXH", None, Role.ADMINISTRATOR),
    Account("hotrogiadinh", "Hà Thị Bảo", N_("family support officer"), "UB-336", None, Role.FAMILY_SUPPORT, "336"),
)  # fmt: skip

"""Who must report for a period: offices of the province by their sector, districts or communes, the standing agency."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.core.organisation import history
from portal.indicators.definitions import Plan, Reporter
from portal.indicators.periods import Period
from portal.indicators.places import Where

_KIND = re.compile(r"^(tỉnh|huyện|thị xã|thành phố|xã|phường|thị trấn)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Must:
    """A place that must report. `code` is how its figures are asked for; the rest is what its report prints.

    issuer: as the head of its report calls it; above: the office over it, empty for a people's committee.
    """

    code: str
    area_id: int
    area_name: str
    sector: str | None
    level: str
    issuer: str
    above: str
    symbol: str
    province: str

    @property
    def whole(self) -> bool:
        """Return whether this is the consolidated report of the province."""
        return self.level == "province" and self.sector is None

    @property
    def place(self) -> str:
        """Return the place name that stands before the date: `Thái Bình`."""
        return bare(self.area_name)

    @property
    def where(self) -> Where:
        """Return the place as figures are asked for."""
        sectors = None if self.sector is None else frozenset({self.sector})
        return Where(self.code, self.issuer, self.area_id, None, sectors)


def bare(name: str) -> str:
    """Return the name of an area without its kind: `Đông Hưng` of `Huyện Đông Hưng`."""
    return _KIND.sub("", name)


def must(session: Session, plan: Plan, period: Period) -> Sequence[Must]:
    """Return everybody who must report for a period, in the order of the plan and of codes.

    The areas are those of the cut-off, the standing agency and the duty to report those of the due day.
    """
    if not plan.valid_from <= period.cut_off <= plan.valid_to:
        return ()
    areas: list[Any] = sorted(
        session.execute(history.areas_on(period.cut_off)).all(), key=lambda one: one.code
    )
    province = next((one for one in areas if one.kind == "province"), None)
    if province is None:
        return ()
    found = []
    for reporter in plan.reporters_on(period.due_on):
        for area in areas:
            if area.kind == reporter.level:
                found.append(_must(plan, period, reporter, area, str(province.name)))
    return found


def _must(plan: Plan, period: Period, reporter: Reporter, area: Any, province: str) -> Must:
    name = str(area.name)
    above = reporter.above.vi
    if above.endswith("tỉnh"):
        above = f"{above} {bare(province)}"
    if reporter.level != "province":
        issuer, symbol = f"Ủy ban nhân dân {name[0].lower()}{name[1:]}", reporter.symbol
    elif reporter.sector is None:
        agency = plan.agency_on(period.due_on)
        issuer, symbol = (agency.name.vi, agency.symbol) if agency else (plan.issuer.vi, "UBND")
    else:
        issuer, symbol = reporter.name.vi, reporter.symbol
        if issuer.endswith("tỉnh"):
            issuer = f"{issuer} {bare(province)}"
    code = f"area:{area.code}" + (f"/{reporter.sector}" if reporter.sector else "")
    return Must(code, area.id, name, reporter.sector, reporter.level, issuer, above, symbol, bare(province))


def the_one(session: Session, plan: Plan, period: Period, code: str) -> Must | None:
    """Return who must report under a code; None where nobody does."""
    return next((one for one in must(session, plan, period) if one.code == code), None)

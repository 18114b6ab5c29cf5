"""What has become of the period before since its report was filed: "bổ sung kỳ trước". The filed report never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.organisation import history
from portal.indicators.definitions import Plan
from portal.indicators.periods import Period
from portal.indicators.places import Where
from portal.reports.filing import chunks
from portal.reports.filing.classes import CLASSES
from portal.reports.filing.models import Filing, FilingState
from portal.reports.filing.work import Opener, Work, compute, counted_keys, figures_json


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One figure of the filed report, recomputed with the facts of today at its own cut-off.

    filed, now: numerator and denominator. came, left: what names the rows that count now and did not, and the other
    way round (`person:17`). For classes: how many, and how many people were in them. place: whose report it was, where
    that was another place, which has become this one since.
    """

    code: str
    filed: tuple[int | None, int | None]
    now: tuple[int | None, int | None]
    came: tuple[str, ...]
    left: tuple[str, ...]
    place: str = ""

    @property
    def difference(self) -> tuple[int, int]:
        """Return by how much numerator and denominator differ; what was unknown counts as nothing."""
        return (self.now[0] or 0) - (self.filed[0] or 0), (self.now[1] or 0) - (self.filed[1] or 0)

    def document(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "code": self.code,
            "filed": list(self.filed),
            "now": list(self.now),
            "came": list(self.came),
            "left": list(self.left),
            "place": self.place,
        }


def from_document(stored: Mapping[str, Any]) -> Adjustment:
    """Return the adjustment that `document` wrote."""
    filed, now = stored["filed"], stored["now"]
    return Adjustment(
        str(stored["code"]),
        (filed[0], filed[1]),
        (now[0], now[1]),
        tuple(stored["came"]),
        tuple(stored["left"]),
        str(stored.get("place", "")),
    )


def filed_before(
    session: Session, plan: Plan, period: Period, area_id: int, sector: str | None
) -> Sequence[Filing]:
    """Return the reports of the period before that stand (filed or received) of a place, and of what has become it since.

    A commune of July answers for the communes that it came from, whatever their codes were; in the order of codes.
    """
    areas = history.became(session, area_id, period.before.cut_off, period.cut_off)
    latest: dict[str, Filing] = {}
    for one in session.scalars(
        select(Filing)
        .where(
            Filing.plan == plan.code,
            Filing.period == period.before.code,
            Filing.area_id.in_(areas),
            Filing.sector == sector if sector is not None else Filing.sector.is_(None),
            Filing.state.in_((FilingState.FILED, FilingState.RECEIVED)),
        )
        .order_by(Filing.place, Filing.number)
    ):
        latest[one.place] = one
    return list(latest.values())


def place_of(filed: Filing) -> Where:
    """Return the place of a filed report as it stood at its cut-off."""
    sectors = frozenset({filed.sector}) if filed.sector is not None else None
    return Where(filed.place, filed.place_name, filed.area_id, filed.unit_id, sectors)


def since_filed(
    session: Session, plan: Plan, filed: Filing, where: Where, opener: Opener
) -> list[Adjustment]:
    """Return what differs between a filed report and the same question asked of the facts of now."""
    period = Period.parse(filed.period)
    return compare(session, filed, compute(session, plan, period, where, filed.target_set, opener))


def of_all(
    session: Session, plan: Plan, filed: Sequence[Filing], place: str, opener: Opener
) -> list[Adjustment]:
    """Return what differs in each of several filed reports; those of other places than `place` say whose they are."""
    return [
        replace(one, place="" if filing.place == place else filing.place_name)
        for filing in filed
        for one in since_filed(session, plan, filing, place_of(filing), opener)
    ]


def compare(session: Session, filed: Filing, work: Work) -> list[Adjustment]:
    """Return the figures (and classes) of a filed report that differ from what was computed now, in its order."""
    kept: Mapping[str, Any] = filed.snapshot or {}
    rows = chunks.whole(session, filed.id)
    now = {one["code"]: one for one in figures_json(work)}
    found = []
    for before in kept.get("figures", []):
        code = before["code"]
        after = now.get(code)
        if after is None:
            continue
        found.append(
            _adjustment(
                code,
                (before["numerator"], before["denominator"]),
                (after["numerator"], after["denominator"]),
                rows.get(code, []),
                work.opened[code].rows,
            )
        )
    was, is_now = rows.get(CLASSES, []), work.opened[CLASSES].rows
    found.append(_adjustment(CLASSES, _size(was), _size(is_now), was, is_now))
    return [one for one in found if one.filed != one.now or one.came or one.left]


def _size(rows: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Return how many classes, and how many people in them."""
    return len(rows), sum(int(row[6]["persons"]) for row in rows)


def _adjustment(
    code: str,
    filed: tuple[int | None, int | None],
    now: tuple[int | None, int | None],
    was: Sequence[Sequence[Any]],
    is_now: Sequence[Sequence[Any]],
) -> Adjustment:
    before, after = counted_keys(was), counted_keys(is_now)
    return Adjustment(code, filed, now, tuple(sorted(after - before)), tuple(sorted(before - after)))

"""Declared totals: units that give a signed number instead of a list. Counted beside the board, never in a rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from courses.models import Course, CourseAudience
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.queries import areas_above
from portal.core.rosters.models import Evidence, RosterBasis
from portal.reports.queries import By, Filters, Scope


@dataclass(frozen=True, slots=True)
class Total:
    """What one unit declares: people of the audiences asked for, since when."""

    code: str
    name: str
    people: int
    since: date


@dataclass(frozen=True, slots=True)
class Declared:
    """Declared totals of a place on a day: `lines` by the code of the board's row, `people` in all, the units behind.

    `coded` says how many units give codes without names; their people are in the rates.
    """

    lines: Mapping[str, int]
    people: int
    units: Sequence[Total]
    coded: int

    @property
    def any(self) -> bool:
        """Return whether there is a declared total at all."""
        return bool(self.units)


def declared(session: Session, scope: Scope, filters: Filters, by: By) -> Declared:
    """Return the declared totals of a place on the board's day, by its rows.

    With an audience or a course only people of those audiences are counted. A unit's own row holds its own total;
    sums of rows by course overlap, as those of the board do.
    """
    day = filters.day
    holds = (
        RosterBasis.valid_from <= day,
        or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= day),
    )
    found = session.execute(
        select(Unit, RosterBasis.evidence, RosterBasis.totals, RosterBasis.valid_from)
        .join(RosterBasis, RosterBasis.unit_id == Unit.id)
        .where(scope.condition, RosterBasis.evidence != Evidence.NAMED, *holds)
        .order_by(Unit.name, Unit.id)
    ).all()
    rows = [(unit, totals, since) for unit, evidence, totals, since in found if evidence == Evidence.TOTALS]
    coded = len(found) - len(rows)
    if not rows:
        return Declared({}, 0, (), coded)
    audiences: dict[str, set[str]] = {}
    for code, audience in session.execute(
        select(Course.code, CourseAudience.audience).join(Course, Course.id == CourseAudience.course_id)
    ):
        audiences.setdefault(code, set()).add(str(audience))
    wanted = audiences.get(filters.course.code, set()) if filters.course is not None else None
    lines: dict[str, int] = {}
    units: list[Total] = []
    for unit, totals, since in rows:
        counted = {
            audience: number
            for audience, number in (totals or {}).items()
            if (wanted is None or audience in wanted) and filters.audience in (None, audience)
        }
        people = sum(counted.values())
        if not people:
            continue
        units.append(Total(unit.code, unit.name, people, since))
        for key, number in _keys(session, scope, by, unit, counted, audiences):
            lines[key] = lines.get(key, 0) + number
    return Declared(lines, sum(unit.people for unit in units), units, coded)


def _keys(
    session: Session,
    scope: Scope,
    by: By,
    unit: Unit,
    counted: Mapping[str, int],
    audiences: Mapping[str, set[str]],
) -> list[tuple[str, int]]:
    """Return in which rows of the board a unit's total stands, and with how many people."""
    people = sum(counted.values())
    if by == By.AUDIENCE:
        return list(counted.items())
    if by == By.COURSE:
        sums = {
            code: sum(number for audience, number in counted.items() if audience in wanted)
            for code, wanted in audiences.items()
        }
        return [(code, number) for code, number in sums.items() if number]
    if scope.area is None or not _has_children(session, scope.area):
        return [(f"unit:{unit.code}", people)]
    chain = areas_above(session, unit.area_id)
    ids = [area.id for area in chain]
    below = ids.index(scope.area.id) + 1
    return [(f"area:{chain[below].code}" if below < len(chain) else f"own:{scope.area.code}", people)]


def _has_children(session: Session, area: Area) -> bool:
    return (
        session.scalar(select(Area.id).where(Area.parent_id == area.id, Area.valid_to.is_(None)).limit(1))
        is not None
    )

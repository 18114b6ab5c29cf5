"""Which reports somebody may see, and who has filed, who is late, who must."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from portal.core.accounts.models import Membership, User
from portal.core.clock import local_date
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.organisation import history
from portal.core.organisation.models import Area
from portal.core.organisation.queries import areas_above, subtree
from portal.core.policy import MAY, Action, Actor, Grant, Role
from portal.indicators.definitions import Plan
from portal.indicators.periods import Period
from portal.reports.filing.models import FROZEN, Filing, FilingFile, FilingState, FilingStep
from portal.reports.filing.reporters import Must, must

PAGE = 50


def reach(grants: Iterable[Grant], action: Action) -> ColumnElement[bool]:
    """Return a condition on `Filing`: true where a grant covers the whole place of a report.

    A place that has become another since is covered by who has that one now. A grant of one unit covers no place.
    """
    line = history.area_now()
    doors = []
    for grant in grants:
        if action not in MAY[grant.role] or grant.unit is not None:
            continue
        inside: ColumnElement[bool] = true()
        if grant.area is not None:
            inside = or_(
                Filing.area_id.in_(subtree(grant.area)),
                Filing.area_id.in_(select(line.c.old).where(line.c.now.in_(subtree(grant.area)))),
            )
        doors.append(and_(inside, Filing.sector == grant.sector if grant.sector is not None else true()))
    return or_(false(), *doors)


def covers(session: Session, grants: Iterable[Grant], action: Action, place: Must) -> bool:
    """Return whether somebody may do `action` on the reports of a place; the twin of `reach`."""
    line = history.area_now()
    now = session.scalar(select(line.c.now).where(line.c.old == place.area_id))
    areas = {one.id for key in {place.area_id, now or place.area_id} for one in areas_above(session, key)}
    return any(
        action in MAY[grant.role]
        and grant.unit is None
        and (grant.area is None or grant.area in areas)
        and (grant.sector is None or grant.sector == place.sector)
        for grant in grants
    )


def find(session: Session, who: Actor, filing_id: int, *actions: Action, lock: bool = False) -> Filing:
    """Return a report on which somebody may do one of `actions`. Raises `NotFound` for everybody else.

    lock: to be changed: whoever wants to change it too waits, and then sees what has become of it.
    """
    if not 0 < filing_id < 2**62:
        raise NotFound
    wanted = select(Filing).where(
        Filing.id == filing_id, or_(*(reach(who.grants, action) for action in actions))
    )
    if lock:
        wanted = wanted.with_for_update(of=Filing).execution_options(populate_existing=True)
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound
    return found


def steps(session: Session, filing: Filing) -> Sequence[FilingStep]:
    """Return who moved a report, in order."""
    return session.scalars(
        select(FilingStep).where(FilingStep.filing_id == filing.id).order_by(FilingStep.id)
    ).all()


def last_step(session: Session, filing: Filing, state: FilingState) -> FilingStep | None:
    """Return the latest step to a state."""
    return session.scalars(
        select(FilingStep)
        .where(FilingStep.filing_id == filing.id, FilingStep.state == state)
        .order_by(FilingStep.id.desc())
        .limit(1)
    ).first()


def files(session: Session, filing: Filing) -> Sequence[tuple[str, str, str]]:
    """Return name, media type and digest of each frozen file, without its bytes."""
    return [
        (name, media, digest)
        for name, media, digest in session.execute(
            select(FilingFile.name, FilingFile.media, FilingFile.digest)
            .where(FilingFile.filing_id == filing.id)
            .order_by(FilingFile.name)
        )
    ]


def latest(session: Session, plan: str, period: str, place: str) -> Filing | None:
    """Return the report of a question that counts now: the one of the highest number."""
    return session.scalars(
        select(Filing)
        .where(Filing.plan == plan, Filing.period == period, Filing.place == place)
        .order_by(Filing.number.desc())
        .limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a place that must report is. late: not filed (or returned) and past the day from which that is late."""

    place: Must
    filing: Filing | None
    late: bool
    filed_late: bool

    @property
    def done(self) -> bool:
        """Return whether a report of it stands with the standing agency."""
        return self.filing is not None and self.filing.state in (FilingState.FILED, FilingState.RECEIVED)


def standings(
    session: Session, who: Actor, plan: Plan, period: Period, today: date, search: str = ""
) -> list[Standing]:
    """Return the places that must report and that somebody may see, with how far each is."""
    filings: dict[str, Filing] = {}
    for one in session.scalars(
        select(Filing).where(Filing.plan == plan.code, Filing.period == period.code).order_by(Filing.number)
    ):
        filings[one.place] = one
    wanted = fold(search)
    allowed = _allowed(session, who)
    found = []
    for place in must(session, plan, period):
        if not allowed(place) or (wanted and wanted not in fold(f"{place.issuer} {place.area_name}")):
            continue
        filing = filings.get(place.code)
        filed = filing.filed_at if filing is not None and filing.state != FilingState.RETURNED else None
        late = filed is None and today >= period.late_from
        found.append(Standing(place, filing, late, _after(filed, period)))
    return found


def _after(filed: datetime | None, period: Period) -> bool:
    return filed is not None and local_date(filed) >= period.late_from


class _allowed:  # noqa: N801 - a function that remembers
    """Whether somebody may prepare or receive for a place; the chain of each area is looked up once."""

    def __init__(self, session: Session, who: Actor) -> None:
        self._grants = [
            grant
            for grant in who.grants
            if grant.unit is None
            and (Action.REPORT_PREPARE in MAY[grant.role] or Action.REPORT_RECEIVE in MAY[grant.role])
        ]
        line = history.area_now()
        self._now = {row[0]: row[1] for row in session.execute(select(line.c.old, line.c.now))}
        self._above = {row[0]: row[1] for row in session.execute(select(Area.id, Area.parent_id))}

    def __call__(self, place: Must) -> bool:
        areas: set[int] = set()
        for key in (place.area_id, self._now.get(place.area_id)):
            while key is not None and key not in areas:
                areas.add(key)
                key = self._above.get(key)
        return any(
            (grant.area is None or grant.area in areas)
            and (grant.sector is None or grant.sector == place.sector)
            for grant in self._grants
        )


def heads(session: Session, place: Must, today: date) -> Sequence[int]:
    """Return who heads a place: the people whose role to file is given for just this area and sector."""
    roles = [role for role in Role if Action.REPORT_FILE in MAY[role]]
    if not place.whole:
        roles = [role for role in roles if role != Role.STANDING_AGENCY]
    line = history.area_now()
    now = session.scalar(select(line.c.now).where(line.c.old == place.area_id))
    area: ColumnElement[bool] = Membership.area_id.in_([place.area_id, now or place.area_id])
    if place.level == "province":
        area = or_(area, Membership.area_id.is_(None))
    return session.scalars(
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.role.in_(roles),
            area,
            Membership.unit_id.is_(None),
            Membership.sector == place.sector if place.sector is not None else Membership.sector.is_(None),
            Membership.valid_from <= today,
            or_(Membership.valid_to.is_(None), Membership.valid_to >= today),
            User.ended_at.is_(None),
        )
        .distinct()
        .order_by(Membership.user_id)
    ).all()


def frozen(filing: Filing) -> bool:
    """Return whether nothing about a report moves any more."""
    return filing.state in FROZEN

"""Questions about rosters: who may see which unit, post, transfer, claim and import; lists; headcounts.

A finder authorises: what is outside the asker's reach is `NotFound`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.accounts.models import Audience, Claim, Membership, Posting, Slip, User
from portal.core.errors import NotFound
from portal.core.names import fold, phone_number, tidy
from portal.core.organisation.models import Area, Sector, Unit
from portal.core.organisation.queries import reachable
from portal.core.policy import MAY, Action, Actor, Grant, Role
from portal.core.rosters.models import (
    Evidence,
    ImportState,
    RosterBasis,
    RosterChange,
    RosterImport,
    RosterLine,
    Transfer,
    TransferState,
)

PAGE = 50
PARENTS = (Audience.PARENT, Audience.CARER)


def reach(who: Actor) -> ColumnElement[bool]:
    """Return the condition on `Unit` that is true where `who` keeps the roster."""
    return reachable(who.grants, Action.ROSTER_MANAGE)


def stands(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Return the condition on `Posting` that it holds on `day`."""
    return and_(Posting.valid_from <= day, or_(Posting.valid_to.is_(None), Posting.valid_to >= day))


def lasts(day: date) -> ColumnElement[bool]:
    """Return the condition on `Posting` that it has not ended before `day`: it holds, or will begin."""
    return or_(Posting.valid_to.is_(None), Posting.valid_to >= day)


def counted_units(day: date) -> Select[int]:
    """Return a select of the ids of units whose posts are a denominator on `day`: a list of names or codes was given."""
    return select(RosterBasis.unit_id).where(*counted_on(day))


def counted_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on `RosterBasis` that it makes the posts of its unit a denominator on `day`: one a unit."""
    return (
        RosterBasis.evidence.in_((Evidence.NAMED, Evidence.CODED)),
        RosterBasis.valid_from <= day,
        or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= day),
    )


def basis_on(session: Session, unit_id: int, day: date) -> RosterBasis | None:
    """Return what the denominator of a unit stands on at `day`, None where nobody has given anything."""
    return session.scalar(
        select(RosterBasis).where(
            RosterBasis.unit_id == unit_id,
            RosterBasis.valid_from <= day,
            or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= day),
        )
    )


def bases(session: Session, unit_id: int) -> Sequence[RosterBasis]:
    """Return every basis of a unit, the latest first."""
    return session.scalars(
        select(RosterBasis).where(RosterBasis.unit_id == unit_id).order_by(RosterBasis.valid_from.desc())
    ).all()


def headcount(session: Session, unit_id: int, day: date) -> int | None:
    """Return how many people the unit has on `day`: of its list, or the declared total; None where unknown."""
    basis = basis_on(session, unit_id, day)
    if basis is None:
        return None
    if basis.evidence == Evidence.TOTALS:
        return sum((basis.totals or {}).values())
    return session.scalar(
        select(func.count(Posting.user_id.distinct())).where(Posting.unit_id == unit_id, stands(day))
    )


def headcounts(
    session: Session, unit_id: int, every: Sequence[RosterBasis], today: date
) -> Mapping[int, int]:
    """Return how many people the unit has by each of its bases, by its id: on its last day, or today where it lasts."""
    last = case(
        (or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to > today), today), else_=RosterBasis.valid_to
    )
    listed = (
        select(RosterBasis.id, func.count(Posting.user_id.distinct()))
        .join(Posting, Posting.unit_id == RosterBasis.unit_id)
        .where(RosterBasis.unit_id == unit_id, stands(last))
        .group_by(RosterBasis.id)
    )
    found = dict(session.execute(listed).all())
    return {
        one.id: sum((one.totals or {}).values()) if one.evidence == Evidence.TOTALS else found.get(one.id, 0)
        for one in every
    }


def unit_for(session: Session, who: Actor, code: str) -> Unit:
    """Return a unit whose roster `who` keeps. Raises `NotFound`."""
    unit = session.scalar(select(Unit).where(Unit.code == code, reach(who)))
    if unit is None:
        raise NotFound
    return unit


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in a list: how many hold a post today, and what its denominator stands on."""

    code: str
    name: str
    area: str
    people: int
    evidence: Evidence | None
    since: date | None


def _units(who: Actor, search: str) -> Select[Any]:
    query = select(Unit.id).join(Area, Area.id == Unit.area_id).where(reach(who), Unit.valid_to.is_(None))
    for word in fold(search).split():
        query = query.where(
            or_(
                Unit.search_key.contains(word, autoescape=True),
                Area.search_key.contains(word, autoescape=True),
                func.lower(Unit.code).contains(word, autoescape=True),
            )
        )
    return query


def count_units(session: Session, who: Actor, search: str) -> int:
    """Return how many units `units` would list."""
    return session.scalar(select(func.count()).select_from(_units(who, search).subquery())) or 0


def units(session: Session, who: Actor, search: str, day: date, page: int) -> Sequence[UnitLine]:
    """Return one page (50) of the units whose roster `who` keeps, by name."""
    chosen = _units(who, search).order_by(Unit.name, Unit.id).limit(PAGE).offset((page - 1) * PAGE).subquery()
    people = (
        select(func.count(Posting.user_id.distinct()))
        .where(Posting.unit_id == Unit.id, stands(day))
        .correlate(Unit)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Unit.code, Unit.name, Area.name, people, RosterBasis.evidence, RosterBasis.valid_from)
        .join(chosen, chosen.c.id == Unit.id)
        .join(Area, Area.id == Unit.area_id)
        .outerjoin(
            RosterBasis,
            and_(
                RosterBasis.unit_id == Unit.id,
                RosterBasis.valid_from <= day,
                or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= day),
            ),
        )
        .order_by(Unit.name, Unit.id)
    )
    return [
        UnitLine(code, name, area, many or 0, Evidence(kind) if kind else None, since)
        for code, name, area, many, kind, since in rows
    ]


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post in a list. `account`: "has", "asked" (a claim waits), "slip" (a slip is out), "none"."""

    id: int
    user_id: int
    full_name: str
    coded: bool
    staff_code: str | None
    phone: str | None
    audience: str
    title: str | None
    unit_code: str
    unit: str
    valid_from: date
    valid_to: date | None
    source: str
    account: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a roster is wanted. `account`: "", "has" or "none"; `past`: also posts that have ended."""

    search: str = ""
    audience: str = ""
    account: str = ""
    past: bool = False


def _posts(unit: Unit, wanted: Wanted, day: date) -> Select[Any]:
    query = (
        select(Posting.id)
        .join(User, User.id == Posting.user_id)
        .where(Posting.unit_id == unit.id, Posting.audience.not_in(PARENTS))
    )
    if not wanted.past:
        query = query.where(lasts(day))
    if wanted.audience:
        query = query.where(Posting.audience == wanted.audience)
    if wanted.account:
        query = query.where(
            User.secret_hash.is_not(None) if wanted.account == "has" else User.secret_hash.is_(None)
        )
    for word in fold(wanted.search).split():
        query = query.where(
            or_(
                User.search_key.contains(word, autoescape=True),
                func.lower(User.staff_code).contains(word, autoescape=True),
                User.phone.contains(word, autoescape=True),
            )
        )
    return query


def count_posts(session: Session, unit: Unit, wanted: Wanted, day: date) -> int:
    """Return how many posts `posts` would list."""
    return session.scalar(select(func.count()).select_from(_posts(unit, wanted, day).subquery())) or 0


def posts(
    session: Session, unit: Unit, wanted: Wanted, day: date, now: datetime, page: int | None
) -> Sequence[PostLine]:
    """Return the staff posts of a unit by name in the Vietnamese order; one page of 50, or (page None) all."""
    claim = exists().where(Claim.user_id == User.id, Claim.answered_at.is_(None), Claim.expires_at > now)
    slip = exists().where(
        Slip.user_id == User.id, Slip.used_at.is_(None), Slip.replaced_at.is_(None), Slip.expires_at > now
    )
    query = (
        select(Posting, User, claim, slip)
        .join(User, User.id == Posting.user_id)
        .where(Posting.id.in_(_posts(unit, wanted, day)))
        .order_by(User.sort_key, User.id, Posting.valid_from)
    )
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [
        _line(posting, user, unit, bool(asked), bool(printed))
        for posting, user, asked, printed in session.execute(query)
    ]


def _line(posting: Posting, user: User, unit: Unit, asked: bool, printed: bool) -> PostLine:
    account = "has" if user.secret_hash is not None else "asked" if asked else "slip" if printed else "none"
    return PostLine(
        posting.id, user.id, user.full_name, user.coded, user.staff_code, user.phone, str(posting.audience),
        posting.title, unit.code, unit.name, posting.valid_from, posting.valid_to, str(posting.source), account,
    )  # fmt: skip


def post_for(session: Session, who: Actor, post_id: int) -> tuple[Posting, User, Unit]:
    """Return a staff post of a unit whose roster `who` keeps. Raises `NotFound`."""
    row = session.execute(
        select(Posting, User, Unit)
        .join(User, User.id == Posting.user_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Posting.id == post_id, Posting.audience.not_in(PARENTS), reach(who))
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One post in a person's history; `open` says whether the asker keeps that unit's roster."""

    id: int
    unit: str
    audience: str
    title: str | None
    valid_from: date
    valid_to: date | None
    source: str
    left_reason: str | None
    open: bool


def history(session: Session, who: Actor, user_id: int) -> Sequence[HistoryLine]:
    """Return every staff post of a person, the latest first."""
    mine = select(Unit.id).where(reach(who))
    rows = session.execute(
        select(Posting, Unit.name, Posting.unit_id.in_(mine))
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Posting.user_id == user_id, Posting.audience.not_in(PARENTS))
        .order_by(Posting.valid_from.desc(), Posting.id.desc())
    )
    return [
        HistoryLine(
            one.id, unit, str(one.audience), one.title, one.valid_from, one.valid_to, str(one.source),
            str(one.left_reason) if one.left_reason else None, bool(mine_),
        )
        for one, unit, mine_ in rows
    ]  # fmt: skip


def may_reset(session: Session, who: Actor, user_id: int, day: date) -> bool:
    """Return whether `who` may take a person's password away: never her own, nor of anybody with rights beyond hers.

    Every current role of the person must lie inside one of the asker's grants, with no action that the grant lacks.
    """
    if who.id == user_id:
        return False
    roles = session.scalars(
        select(Membership).where(
            Membership.user_id == user_id,
            Membership.valid_from <= day,
            or_(Membership.valid_to.is_(None), Membership.valid_to >= day),
        )
    )
    return all(any(_inside(session, grant, one) for grant in who.grants) for one in roles)


def _inside(session: Session, grant: Grant, one: Membership) -> bool:
    if not MAY[Role(one.role)] <= MAY[grant.role]:
        return False
    place = Grant(Role(one.role), one.area_id, one.sector, one.unit_id)
    if grant.unit is not None or place.unit is not None:
        if place.unit is None:
            return False
        return (
            session.scalar(
                select(Unit.id).where(Unit.id == place.unit, reachable([grant], next(iter(MAY[grant.role]))))
            )
            is not None
        )
    if grant.sector is not None and grant.sector != place.sector:
        return False
    if grant.area is None:
        return True
    here = session.get(Area, place.area) if place.area is not None else None
    while here is not None and here.id != grant.area:
        here = session.get(Area, here.parent_id) if here.parent_id is not None else None
    return here is not None


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """Somebody who waits for the head's word."""

    id: int
    user_id: int
    full_name: str
    typed_name: str
    staff_code: str | None
    phone: str | None
    unit: str
    number: str
    asked_at: datetime
    expires_at: datetime


def claims(session: Session, who: Actor, now: datetime, day: date) -> Sequence[ClaimLine]:
    """Return the open claims for people with a post in the asker's units, the oldest first."""
    here = _claims(who, now, day).subquery()
    rows = session.execute(
        select(Claim, User, func.min(Unit.name))
        .join(User, User.id == Claim.user_id)
        .join(Posting, and_(Posting.user_id == User.id, lasts(day)))
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Claim.id.in_(select(here.c.id)), reach(who))
        .group_by(Claim.id, User.id)
        .order_by(Claim.asked_at, Claim.id)
    )
    return [
        ClaimLine(
            claim.id, user.id, user.full_name, claim.typed_name, user.staff_code, user.phone, unit, claim.number,
            claim.asked_at, claim.expires_at,
        )
        for claim, user, unit in rows
    ]  # fmt: skip


def _claims(who: Actor, now: datetime, day: date) -> Select[int]:
    return (
        select(Claim.id)
        .join(Posting, and_(Posting.user_id == Claim.user_id, lasts(day)))
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Claim.answered_at.is_(None), Claim.expires_at > now, reach(who))
    )


def count_claims(session: Session, who: Actor, now: datetime, day: date) -> int:
    """Return how many open claims wait for the asker."""
    return session.scalar(select(func.count()).select_from(_claims(who, now, day).distinct().subquery())) or 0


def claim_for(session: Session, who: Actor, claim_id: int, day: date) -> Claim:
    """Return a claim for somebody with a post in the asker's units. Raises `NotFound`."""
    claim = session.scalar(
        select(Claim)
        .join(Posting, and_(Posting.user_id == Claim.user_id, lasts(day)))
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Claim.id == claim_id, reach(who))
        .limit(1)
    )
    if claim is None:
        raise NotFound
    return claim


@dataclass(frozen=True, slots=True)
class TransferLine:
    """A transfer: who, from where, to where. `incoming`, `outgoing`: whether the asker keeps the unit it goes to, from.

    requested: the receiving unit asked for it. reason: why the answer was no.
    """

    id: int
    user_id: int
    full_name: str
    staff_code: str | None
    audience: str
    from_unit: str
    to_unit: str
    leaves_on: date
    state: TransferState
    asked_at: datetime
    requested: bool
    reason: str
    incoming: bool
    outgoing: bool

    @property
    def to_answer(self) -> bool:
        """Return whether it waits for the asker's answer."""
        return self.state == TransferState.ASKED and (self.outgoing if self.requested else self.incoming)

    @property
    def to_withdraw(self) -> bool:
        """Return whether the asker's side asked and may still withdraw."""
        return self.state == TransferState.ASKED and (self.incoming if self.requested else self.outgoing)


def transfers(
    session: Session, who: Actor, transfer_id: int | None = None, *, posting_id: int | None = None
) -> Sequence[TransferLine]:
    """Return the transfers from or to the asker's units, the open ones first, the latest 200 at most.

    transfer_id, posting_id: only this one, only those of this post.
    """
    mine = select(Unit.id).where(reach(who))
    giving, taking = aliased(Unit), aliased(Unit)
    query = (
        select(
            Transfer, User.id, User.full_name, User.staff_code, Posting.audience, giving.name, taking.name,
            taking.id.in_(mine), giving.id.in_(mine),
        )
        .join(Posting, Posting.id == Transfer.posting_id)
        .join(User, User.id == Posting.user_id)
        .join(giving, giving.id == Posting.unit_id)
        .join(taking, taking.id == Transfer.to_unit_id)
        .where(or_(taking.id.in_(mine), giving.id.in_(mine)))
        .order_by((Transfer.state == TransferState.ASKED).desc(), Transfer.id.desc())
        .limit(200)
    )  # fmt: skip
    if transfer_id is not None:
        query = query.where(Transfer.id == transfer_id)
    if posting_id is not None:
        query = query.where(Transfer.posting_id == posting_id)
    return [
        TransferLine(
            one.id, user_id, name, code, str(audience), from_, to, one.leaves_on, TransferState(one.state), one.asked_at,
            one.requested, one.reason or "",
            bool(incoming), bool(outgoing),
        )
        for one, user_id, name, code, audience, from_, to, incoming, outgoing in session.execute(query)
    ]  # fmt: skip


def count_incoming(session: Session, who: Actor) -> int:
    """Return how many transfers wait for the asker's answer."""
    mine = select(Unit.id).where(reach(who))
    return (
        session.scalar(
            select(func.count())
            .select_from(Transfer)
            .join(Posting, Posting.id == Transfer.posting_id)
            .where(
                Transfer.state == TransferState.ASKED,
                or_(
                    and_(~Transfer.requested, Transfer.to_unit_id.in_(mine)),
                    and_(Transfer.requested, Posting.unit_id.in_(mine)),
                ),
            )
        )
        or 0
    )


def post_elsewhere(session: Session, login: str, name: str, unit_code: str, day: date) -> Posting | None:
    """Return the post of whoever has this code or number *and* this name at this unit, or None.

    All three must be known beforehand: nobody finds out here who works where. A coded person has no name to give.
    """
    code, phone = tidy(login).upper(), phone_number(login)
    found = session.execute(
        select(Posting, User)
        .join(User, User.id == Posting.user_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(
            or_(User.staff_code == code, User.phone == phone) if phone else User.staff_code == code,
            Unit.code == unit_code,
            Posting.audience.not_in(PARENTS),
            Posting.valid_to.is_(None),
            lasts(day),
            User.ended_at.is_(None),
        )
        .order_by(Posting.id)
    ).all()
    fits = [posting for posting, user in found if user.coded or fold(user.full_name) == fold(name)]
    return fits[0] if len({one.user_id for one in fits}) == 1 else None


def heads_of(session: Session, unit_id: int, day: date) -> Sequence[int]:
    """Return the ids of the heads of a unit itself on a day."""
    return session.scalars(
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.role == Role.UNIT_HEAD,
            Membership.unit_id == unit_id,
            Membership.valid_from <= day,
            or_(Membership.valid_to.is_(None), Membership.valid_to >= day),
            User.ended_at.is_(None),
        )
        .distinct()
    ).all()


def transfer_for(session: Session, who: Actor, transfer_id: int) -> tuple[Transfer, TransferLine]:
    """Return a transfer from or to the asker's units. Raises `NotFound`."""
    lines = transfers(session, who, transfer_id)
    if not lines:
        raise NotFound
    return session.get_one(Transfer, transfer_id), lines[0]


def import_for(session: Session, who: Actor, import_id: int) -> RosterImport:
    """Return an import: one's own, or one for a unit whose roster one keeps. Raises `NotFound`."""
    one = session.scalar(
        select(RosterImport)
        .outerjoin(Unit, Unit.id == RosterImport.unit_id)
        .where(RosterImport.id == import_id, _imports(who))
    )
    if one is None:
        raise NotFound
    return one


def _imports(who: Actor) -> ColumnElement[bool]:
    return or_(RosterImport.created_by_id == (who.id or 0), and_(Unit.id.is_not(None), reach(who)))


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import in a list."""

    id: int
    file_name: str
    unit: str
    state: ImportState
    created_at: datetime
    by: str
    counts: dict[str, int]


def imports(session: Session, who: Actor, search: str, page: int) -> Sequence[ImportLine]:
    """Return one page (50) of imports, the latest first; `search` looks in file name, unit and who brought it."""
    query = (
        select(RosterImport, Unit.name, User.full_name)
        .outerjoin(Unit, Unit.id == RosterImport.unit_id)
        .join(User, User.id == RosterImport.created_by_id)
        .where(_imports(who))
        .order_by(RosterImport.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    if search:
        words = fold(search)
        query = query.where(
            or_(
                func.lower(RosterImport.file_name).contains(words, autoescape=True),
                Unit.search_key.contains(words, autoescape=True),
                User.search_key.contains(words, autoescape=True),
            )
        )
    return [
        ImportLine(one.id, one.file_name, unit or "", ImportState(one.state), one.created_at, by, one.counts)
        for one, unit, by in session.execute(query)
    ]


def lines(session: Session, import_id: int, kind: str, search: str, page: int) -> Sequence[RosterLine]:
    """Return one page (50) of an import's lines in the order of the file."""
    query = _lines(import_id, kind, search).order_by(RosterLine.position)
    return session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()


def all_lines(session: Session, import_id: int, kind: str, search: str) -> Iterator[RosterLine]:
    """Yield every line of an import in the order of the file, as a stream."""
    query = _lines(import_id, kind, search).order_by(RosterLine.position)
    yield from session.scalars(query.execution_options(yield_per=1000))


def count_lines(session: Session, import_id: int, kind: str, search: str) -> int:
    """Return how many lines `lines` would list."""
    return session.scalar(select(func.count()).select_from(_lines(import_id, kind, search).subquery())) or 0


def people_of_import(session: Session, import_id: int) -> Sequence[int]:
    """Return the ids of those whose posts an applied import added or changed."""
    changed = select(RosterChange.row_id).where(
        RosterChange.import_id == import_id, RosterChange.kind == "posting"
    )
    return session.scalars(select(Posting.user_id).where(Posting.id.in_(changed)).distinct()).all()


def added_by_import(session: Session, import_id: int) -> Sequence[int]:
    """Return the ids of the people whom an applied import added."""
    return session.scalars(
        select(RosterChange.row_id).where(
            RosterChange.import_id == import_id, RosterChange.kind == "user", RosterChange.before.is_(None)
        )
    ).all()


def has_police_rows(session: Session, import_id: int) -> bool:
    """Return whether rows of an import are of units of the police."""
    found = (
        select(RosterLine.id)
        .join(Unit, Unit.code == RosterLine.unit_code)
        .where(RosterLine.import_id == import_id, Unit.sector == Sector.POLICE)
        .limit(1)
    )
    return session.scalar(found) is not None


def people_of_lines(import_id: int, kind: str, search: str, page: int | None = None) -> Select[int]:
    """Return the ids of those whom the lines of an import are about: matched, added by it, or perhaps the same person."""
    lines_ = _lines(import_id, kind, search).order_by(RosterLine.position)
    if page is not None:
        lines_ = lines_.limit(PAGE).offset((page - 1) * PAGE)
    here = lines_.subquery()
    outcome, number = here.c.outcome, here.c.number
    added = select(RosterChange.row_id).where(
        RosterChange.import_id == import_id,
        RosterChange.kind == "user",
        RosterChange.before.is_(None),
        RosterChange.number.in_(select(number)),
    )
    return select(User.id).where(
        or_(
            User.id.in_(select(outcome["person"].as_integer())),
            User.id.in_(select(outcome["candidate"].as_integer())),
            User.id.in_(added),
        )
    )


def _lines(import_id: int, kind: str, search: str) -> Select[RosterLine]:
    query = select(RosterLine).where(RosterLine.import_id == import_id)
    if kind:
        query = query.where(RosterLine.kind == kind)
    for word in fold(search).split():
        query = query.where(RosterLine.search_key.contains(word, autoescape=True))
    return query

"""Questions about people's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Membership, Posting, SecretKind, Slip, User
from portal.core.names import phone_number, tidy
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.policy import Actor, Grant, Role


def known_as(session: Session, login: str, most: int = 10) -> Sequence[tuple[int, str]]:
    """Return id and name of the people whom a number, staff code or user name stands for, with or without an account."""
    text = tidy(login)
    phone = phone_number(text)
    same = or_(User.username == text.casefold(), User.staff_code == text.upper())
    rows = session.execute(
        select(User.id, User.full_name)
        .where(or_(same, User.phone == phone) if phone else same, User.ended_at.is_(None))
        .order_by(User.id)
        .limit(most)
    )
    return [(key, name) for key, name in rows]


@dataclass(frozen=True, slots=True)
class Account:
    """What a person sees of her own account."""

    full_name: str
    phone: str | None
    staff_code: str | None
    username: str | None
    secret_kind: SecretKind
    consent_version: str | None
    consented_at: datetime | None
    postings: tuple[tuple[str, str, str], ...]
    roles: tuple[tuple[str, str], ...]


def account(session: Session, user_id: int, today: date) -> Account:
    """Return the account of `user_id` with today's postings (unit, area, audience) and roles (role, over what)."""
    user = session.get_one(User, user_id)
    current = and_(Posting.valid_from <= today, or_(Posting.valid_to.is_(None), Posting.valid_to >= today))
    postings = session.execute(
        select(Unit.name, Area.name, Posting.audience)
        .join(Unit, Unit.id == Posting.unit_id)
        .join(Area, Area.id == Unit.area_id)
        .where(Posting.user_id == user_id, current)
        .order_by(Posting.valid_from)
    )
    roles = session.execute(
        select(Membership.role, Unit.name, Area.name)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .outerjoin(Area, Area.id == Membership.area_id)
        .where(
            Membership.user_id == user_id,
            Membership.valid_from <= today,
            or_(Membership.valid_to.is_(None), Membership.valid_to >= today),
        )
    )
    return Account(
        full_name=user.full_name,
        phone=user.phone,
        staff_code=user.staff_code,
        username=user.username,
        secret_kind=SecretKind(user.secret_kind),
        consent_version=user.consent_version,
        consented_at=user.consented_at,
        postings=tuple((unit, area, str(audience)) for unit, area, audience in postings),
        roles=tuple((str(role), unit or area or "") for role, unit, area in roles),
    )


@dataclass(frozen=True, slots=True)
class SlipOwner:
    """Whom a slip was printed for, as the page that asks for her new password or PIN needs it."""

    full_name: str
    coded: bool
    secret_kind: SecretKind


def owner_of_slip(session: Session, slip_id: int) -> SlipOwner | None:
    """Return whom a slip was printed for, or None where it no longer works for lack of an owner without an account."""
    row = session.execute(
        select(User.full_name, User.coded, User.secret_kind)
        .join(Slip, Slip.user_id == User.id)
        .where(Slip.id == slip_id, User.secret_hash.is_(None), User.ended_at.is_(None))
    ).first()
    return SlipOwner(row[0], row[1], SecretKind(row[2])) if row else None


def posting_on(session: Session, user_id: int, day: date) -> tuple[Unit, Area, str] | None:
    """Return unit, area and audience of the person's post on `day`; of several, of the one begun last."""
    return next(iter(postings_on(session, user_id, day)), None)


def postings_on(session: Session, user_id: int, day: date) -> Sequence[tuple[Unit, Area, str]]:
    """Return unit, area and audience of each post that the person holds on `day`, the one begun last first."""
    found = session.execute(
        select(Unit, Area, Posting.audience)
        .select_from(Posting)
        .join(Unit, Unit.id == Posting.unit_id)
        .join(Area, Area.id == Unit.area_id)
        .where(*_held(user_id, day))
        .order_by(*_NEWEST)
    )
    return [(unit, area, str(audience)) for unit, area, audience in found]


def audiences_on(session: Session, user_id: int, day: date) -> Sequence[str]:
    """Return the audience of each post that the person holds on `day`, the one begun last first."""
    found = session.scalars(select(Posting.audience).where(*_held(user_id, day)).order_by(*_NEWEST))
    return [str(audience) for audience in found]


_NEWEST = (Posting.valid_from.desc(), Posting.id.desc())


def _held(user_id: int, day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Posting.user_id == user_id,
        Posting.valid_from <= day,
        or_(Posting.valid_to.is_(None), Posting.valid_to >= day),
    )


def actor_of(session: Session, user_id: int, day: date) -> Actor:
    """Return what a person may do on `day`: for work that goes on after her request has ended."""
    user = session.get(User, user_id)
    if user is None or user.ended_at is not None:
        return Actor()
    held = and_(
        Membership.user_id == user_id,
        Membership.valid_from <= day,
        or_(Membership.valid_to.is_(None), Membership.valid_to >= day),
    )
    grants = tuple(
        Grant(Role(one.role), one.area_id, one.sector, one.unit_id)
        for one in session.scalars(select(Membership).where(held).order_by(Membership.id))
    )
    return Actor(user_id, grants)


def communities(session: Session) -> Sequence[tuple[int, str, str]]:
    """Return the communities that parents sign up to: unit id, commune, district; in the order of a list."""
    district = Area.__table__.alias("district")
    rows = session.execute(
        select(Unit.id, Area.name, district.c.name)
        .join(Area, Area.id == Unit.area_id)
        .outerjoin(district, district.c.id == Area.parent_id)
        .where(Unit.kind == UnitKind.COMMUNITY, Unit.sector == Sector.COMMUNITY, Unit.valid_to.is_(None))
        .order_by(district.c.code, Area.code)
    )
    return [(row[0], row[1], row[2] or "") for row in rows]

"""Reading certificates: mine, one by its serial, and what a verifier is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.errors import NeverDrawn
from courses.certificates.models import Certificate, CertificateFile, Revocation
from portal.core.errors import NotFound
from portal.core.names import masked
from portal.core.organisation.models import Unit
from portal.core.organisation.queries import place_of
from portal.core.policy import Action, Actor, Place, can


class Standing(StrEnum):
    """What a certificate is worth today."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as its owner sees it; where it was withdrawn, by whom and why."""

    serial: str
    kind: str
    course_title: dict[str, str]
    completed_on: date
    expires_on: date | None
    standing: Standing
    revoked_on: datetime | None
    revoked_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """All that a stranger is told: the name masked, never the unit or the marks."""

    serial: str
    kind: str
    masked_name: str
    course_title: dict[str, str]
    completed_on: date
    expires_on: date | None
    standing: Standing
    revoked_on: datetime | None
    erased: bool


def standing(expires_on: date | None, revoked: bool, today: date) -> Standing:
    """Return the standing on `today`: valid through the day it expires on."""
    if revoked:
        return Standing.REVOKED
    return Standing.EXPIRED if expires_on is not None and today > expires_on else Standing.VALID


def mine(session: Session, user_id: int, today: date) -> Sequence[Shown]:
    """Return a person's certificates, newest first."""
    rows = session.execute(
        select(Certificate, Revocation)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Certificate.user_id == user_id)
        .order_by(Certificate.issued_at.desc())
    )
    return [
        Shown(
            one.serial,
            one.kind,
            one.course_title,
            one.completed_on,
            one.expires_on,
            standing(one.expires_on, revoked is not None, today),
            revoked.revoked_at if revoked else None,
            revoked.revoked_by_name if revoked else "",
            revoked.reason if revoked else "",
        )
        for one, revoked in rows
    ]


def verify(session: Session, serial: str, today: date) -> Verified | None:
    """Return what may be said of a serial, or None where there is no such certificate.

    Reads the certificate alone: it works after the account, the unit and the course are gone.
    """
    row = session.execute(
        select(Certificate, Revocation.revoked_at)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Certificate.serial == serial)
    ).first()
    if row is None:
        return None
    one, revoked_at = row
    return Verified(
        serial=one.serial,
        kind=one.kind,
        masked_name=masked(one.full_name),
        course_title=one.course_title,
        completed_on=one.completed_on,
        expires_on=one.expires_on,
        standing=standing(one.expires_on, revoked_at is not None, today),
        revoked_on=revoked_at,
        erased=one.erased_at is not None,
    )


def file_for(session: Session, who: Actor, serial: str) -> tuple[Certificate, bytes]:
    """Return a certificate and its bytes for its owner, or for a head who may list the people of its unit.

    Raises `NotFound` for everybody else: a serial is not a key to the paper. Raises `NeverDrawn` where there is no
    file (the large demonstration).
    """
    one = session.scalar(select(Certificate).where(Certificate.serial == serial))
    if one is None or not (one.user_id == who.id or _within(session, who, one, Action.PEOPLE_READ)):
        raise NotFound
    if one.erased_at is not None:
        raise NotFound
    if one.facts.get("drawn") is False:
        raise NeverDrawn
    return one, session.get_one(CertificateFile, one.id).pdf


def to_revoke(session: Session, who: Actor, serial: str) -> Certificate:
    """Return a certificate that `who` may revoke. Raises `NotFound`."""
    one = session.scalar(select(Certificate).where(Certificate.serial == serial))
    if one is None or not _within(session, who, one, Action.CERTIFICATE_REVOKE):
        raise NotFound
    return one


def may_revoke(session: Session, who: Actor, serial: str) -> bool:
    """Return whether `who` may revoke a certificate; asks nothing of the database for those who may revoke none."""
    if not who.may(Action.CERTIFICATE_REVOKE):
        return False
    try:
        to_revoke(session, who, serial)
    except NotFound:
        return False
    return True


def _within(session: Session, who: Actor, one: Certificate, action: Action) -> bool:
    unit = session.get(Unit, one.unit_id) if one.unit_id is not None else None
    place = (
        place_of(session, unit) if unit is not None else Place(frozenset(), "", frozenset())
    )  # of the province alone
    return can(who.grants, action, place)

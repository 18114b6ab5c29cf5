"""Issuing and revoking: the writes, in the transaction of the fact that caused them."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from courses.certificates.errors import AlreadyRevoked, ReasonTooShort
from courses.certificates.issuing import Issuer
from courses.certificates.models import Certificate, CertificateFile, Revocation
from courses.certificates.pdf import CertificateFacts, render
from courses.certificates.serial import new_serial
from courses.models import Completion, Course, Version
from courses.published import Published
from courses.queries.terms import certificate_kind
from portal.core.accounts.models import User
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.db import insert_once
from portal.core.notices.services import tell
from portal.core.notices.wording import say
from portal.core.organisation.models import Area, Unit
from portal.core.text import N_

# It does not name the course: the words may be read on a shared screen, or in a mailbox.
REVOKED = say(
    "certificate.revoked",
    N_("Your certificate %(serial)s was revoked"),
    N_(
        "%(by)s revoked it. The reason given: %(reason)s. If you think that this is a mistake, please ask them."
    ),
    N_("My certificates"),
)


def issue(
    session: Session,
    issuer: Issuer,
    completion: Completion,
    *,
    course: Course,
    version: Version | Published,
    cycle: int,
    now: datetime,
) -> Certificate:
    """Issue the certificate of a completion: facts and bytes frozen, hashed, signed. Flushes, for its id.

    The caller has just inserted `completion`, which is unique; the certificate's own unique key (person, course,
    cycle) guards the same thing a second time. Unit, area and
    audience are those of the post that the completion took, and so is the kind, where a course has two.
    """
    user = session.get_one(User, completion.user_id)
    unit = session.get_one(Unit, completion.unit_id) if completion.unit_id is not None else None
    area = session.get_one(Area, unit.area_id) if unit is not None else None
    expires = (
        add_months(completion.completed_on, version.validity_months) if version.validity_months else None
    )
    serial = new_serial(local_date(now).year, secrets.randbelow)
    kind = certificate_kind(version, completion.audience)
    facts = CertificateFacts(
        kind=kind,
        serial=serial,
        full_name=user.full_name,
        course_title_vi=version.title["vi"],
        course_title_en=version.title["en"],
        course_code=course.code,
        version=version.number,
        minutes=version.minutes,
        completed_on=completion.completed_on,
        issued_on=local_date(now),
        expires_on=expires,
        unit_name=unit.name if unit else "",
        area_name=area.name if area else "",
        issuer_name=issuer.name,
        verify_url=f"{issuer.base_url}/verify/{serial}",
        demonstration=issuer.demonstration,
    )
    pdf = issuer.signer.sign(render(facts), reason=issuer.reason, location=issuer.name, at=now)
    certificate = Certificate(
        serial=serial,
        kind=kind,
        user_id=user.id,
        course_id=course.id,
        version_number=version.number,
        cycle=cycle,
        full_name=user.full_name,
        course_title=dict(version.title),
        issued_at=now,
        completed_on=completion.completed_on,
        expires_on=expires,
        unit_id=completion.unit_id,
        area_id=area.id if area else None,
        sector=str(unit.sector) if unit else None,
        audience=completion.audience,
        facts=_plain(asdict(facts)),
        sha256=hashlib.sha256(pdf).hexdigest(),
    )
    session.add(certificate)
    session.flush()
    session.add(CertificateFile(certificate_id=certificate.id, pdf=pdf))
    record(
        session,
        at=now,
        actor_id=user.id,
        code="certificate.issue",
        target=f"certificate:{serial}",
        course=course.code,
    )
    return certificate


def revoke(
    session: Session, certificate: Certificate, *, by_id: int, by_name: str, reason: str, now: datetime
) -> None:
    """Withdraw a certificate, and tell its owner; the file and its facts stay as they were issued.

    Raises `ReasonTooShort`, `AlreadyRevoked`.
    """
    if len(reason.strip()) < 10:
        raise ReasonTooShort
    made = insert_once(
        session,
        Revocation,
        certificate_id=certificate.id,
        revoked_at=now,
        revoked_by_id=by_id,
        revoked_by_name=by_name,
        reason=reason.strip(),
    )
    if not made:
        raise AlreadyRevoked
    record(
        session,
        at=now,
        actor_id=by_id,
        code="certificate.revoke",
        target=f"certificate:{certificate.serial}",
        reason=reason,
    )
    if certificate.user_id is not None:
        facts = {
            "serial": certificate.serial,
            "by": by_name,
            "reason": reason.strip().rstrip("."),
            "to": {"endpoint": "certificates.mine"},
        }
        tell(session, [certificate.user_id], REVOKED, facts, now=now)


def record_opening(session: Session, certificate: Certificate, *, by_id: int, now: datetime) -> None:
    """Record that somebody other than its owner opened a certificate's file: it names a person in full."""
    record(
        session,
        at=now,
        actor_id=by_id,
        code="certificate.open",
        target=f"certificate:{certificate.serial}",
        person=f"user:{certificate.user_id}" if certificate.user_id is not None else "",
        course=certificate.facts.get("course_code", ""),
    )


def add_months(day: date, months: int) -> date:
    """Return the day `months` later; where that month is shorter, its last day (31/8 + 6 months = 28 or 29/2)."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def facts_digest(facts: Mapping[str, Any]) -> str:
    """Return the digest of facts: what `sha256` holds where no file was drawn (`drawn` is false among the facts)."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(facts, default=str, ensure_ascii=False))
    return plain

"""Beginning and ending to accompany a family, and saying why one looks: the writes. None of them commits.

What is written to the audit trail has other readers, so it says that a record was noted or opened, under a random
reference that nobody else can resolve; no household, no person, no reason.
"""

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses.families import paths
from courses.families.errors import AlreadyAccompanied, NotAccompanied
from courses.families.models import Accompaniment, Look
from portal.core.audit.services import record
from portal.core.db import insert_once

REASON_MINUTES = 30
SHORTEST_REASON = 10


def begin(session: Session, household_id: int, *, by_id: int, now: datetime) -> None:
    """Accompany a household: its members read the longer course from now on. Raises `AlreadyAccompanied`."""
    reference = secrets.token_hex(8)
    made = insert_once(
        session,
        Accompaniment,
        household_id=household_id,
        reference=reference,
        begun_at=now,
        begun_by_id=by_id,
    )
    if not made:
        raise AlreadyAccompanied
    paths.begin(session, household_id)
    _note(session, by_id, "record.note", reference, now)


def end(session: Session, household_id: int, *, by_id: int, now: datetime) -> None:
    """Accompany a household no longer; nothing that was learnt or granted is taken away. Raises `NotAccompanied`."""
    reference = session.scalar(
        update(Accompaniment)
        .where(Accompaniment.household_id == household_id, Accompaniment.ended_at.is_(None))
        .values(ended_at=now, ended_by_id=by_id)
        .returning(Accompaniment.reference)
    )
    if reference is None:
        raise NotAccompanied
    paths.end(session, household_id)
    _note(session, by_id, "record.note", reference, now)


def give_reason(session: Session, reason: str, *, by_id: int, now: datetime) -> int:
    """Write down why somebody is about to look; return the id under which the next looks find the words."""
    asked = Look(user_id=by_id, at=now, reference="asked", reason=reason)
    session.add(asked)
    session.flush()
    return asked.id


def look(
    session: Session, reason: str, *, by_id: int, now: datetime, household_id: int | None = None
) -> None:
    """Write down that somebody looked at accompanied families, and why; of one household where one is named."""
    reference = "list"
    if household_id is not None:
        reference = (
            session.scalar(
                select(Accompaniment.reference)
                .where(Accompaniment.household_id == household_id)
                .order_by(Accompaniment.id.desc())
                .limit(1)
            )
            or "none"
        )
    session.add(Look(user_id=by_id, at=now, reference=reference, reason=reason))
    _note(session, by_id, "record.open", reference, now)


def _note(session: Session, by_id: int, code: str, reference: str, now: datetime) -> None:
    record(session, at=now, actor_id=by_id, code=code, target=f"record:{reference}")

"""Beginning and ending to accompany a family: the writes. None of them commits. What the officer's looks are called.

What is written to the audit trail has other readers, so it says that a record was noted or opened, under a random
reference that nobody else can resolve; no household, no person, no reason.
"""

import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from courses.families import paths
from courses.families.errors import AlreadyAccompanied, NotAccompanied
from courses.families.models import Accompaniment
from portal.core.audit.services import record
from portal.core.db import insert_once
from portal.core.policy import Action
from portal.core.rights.looking import name_look, name_reason
from portal.core.text import N_

#: The reason and the look of the officer, which nobody else reads.
REASON = name_reason("record", N_("a record"), action=Action.FAMILY_SUPPORT, discreet=True)
LOOK = name_look("record.open", N_("opened a record"), discreet=True)


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


def _note(session: Session, by_id: int, code: str, reference: str, now: datetime) -> None:
    record(session, at=now, actor_id=by_id, code=code, target=f"record:{reference}")

"""The log of consents: which words, in which version, how, and who took them down."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.rights.models import Consent, ConsentWay


def note(
    session: Session,
    user_id: int,
    *,
    version: str,
    wording: str,
    language: str,
    way: ConsentWay,
    by_id: int | None,
    now: datetime,
    given: bool = True,
) -> bool:
    """Write down a consent, or (given False) that it was taken back; return whether that was new.

    wording: the very sentence that the person saw or heard. Sending a form twice writes one line.
    """
    last = session.scalars(
        select(Consent).where(Consent.user_id == user_id).order_by(Consent.id.desc()).limit(1)
    ).first()
    if last is not None and (last.given, last.version, last.wording) == (given, version, wording):
        return False
    session.add(
        Consent(
            user_id=user_id, given=given, version=version, language=language, wording=wording, way=way, by_id=by_id, at=now
        )
    )  # fmt: skip
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(consent_version=version if given else None, consented_at=now if given else None)
    )
    session.flush()
    return True

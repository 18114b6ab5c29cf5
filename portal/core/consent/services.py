"""Writing down that somebody agreed, to which words, how, and who took it down."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.consent.models import Consent, ConsentWay
from portal.core.consent.wordings import text_of


def record(
    session: Session,
    user_id: int,
    wording: str,
    version: str,
    *,
    way: ConsentWay,
    now: datetime,
    by_id: int | None = None,
    shown: str = "",
    language: str = "vi",
) -> bool:
    """Append a consent to a wording known by its key; return whether that was new.

    shown: the words in the language they were shown in, else those of the code. Raises ValueError for a wording that
    there is not: nobody can have agreed to it.
    """
    text = text_of(wording, version)
    if text is None:
        raise ValueError(f"there is no version {version!r} of the wording {wording!r}")
    return note(
        session,
        user_id,
        version=version,
        wording=shown or text,
        language=language,
        way=way,
        by_id=by_id,
        now=now,
    )


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
    if last is not None and (last.given, last.version, last.wording, last.way) == (
        given,
        version,
        wording,
        way,
    ):
        return False
    session.add(
        Consent(
            user_id=user_id,
            given=given,
            version=version,
            language=language,
            wording=wording,
            way=way,
            by_id=by_id,
            at=now,
        )
    )
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(consent_version=version if given else None, consented_at=now if given else None)
    )
    session.flush()
    return True

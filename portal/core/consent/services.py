"""Writing down that somebody agreed."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.consent.models import Consent, Manner
from portal.core.consent.wordings import digest_of, text_of


def record(
    session: Session,
    user_id: int,
    wording: str,
    version: str,
    *,
    manner: Manner,
    now: datetime,
    recorded_by_id: int | None = None,
    shown: str = "",
) -> None:
    """Append a consent. shown: the words in the language they were shown in, else those of the code.

    Raises ValueError for a wording that there is not: nobody can have agreed to it.
    """
    text = text_of(wording, version)
    if text is None:
        raise ValueError(f"there is no version {version!r} of the wording {wording!r}")
    session.add(
        Consent(
            user_id=user_id,
            wording=wording,
            version=version,
            text_digest=digest_of(shown or text),
            given_at=now,
            recorded_by_id=recorded_by_id,
            manner=manner,
        )
    )

"""Putting one person with one post on the list of a unit, as all parts of the demonstration do."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Posting, PostingSource, SecretKind, User
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Unit


def staffed(
    session: Session,
    unit: Unit,
    audience: Audience,
    code: str,
    since: date,
    now: datetime,
    *,
    name: str | None = None,
    title: str | None = None,
    phone: str | None = None,
    secret: str | None = None,
) -> User:
    """Return a new person who holds a post from `since` on. Without `name` she is coded: the code stands for it.

    secret: the hash she signs in with; None: nobody has claimed the account.
    """
    shown = name or code
    user = User(
        full_name=shown,
        coded=name is None,
        sort_key=sort_key(shown),
        search_key=fold(shown),
        staff_code=code,
        phone=phone,
        secret_kind=SecretKind.PASSWORD,
        secret_hash=secret,
        failed_count=0,
        created_at=now,
    )
    session.add(user)
    session.flush()
    session.add(
        Posting(
            user_id=user.id,
            unit_id=unit.id,
            audience=audience,
            title=title,
            valid_from=since,
            source=PostingSource.DEMONSTRATION,
            recorded_at=now,
        )
    )
    return user

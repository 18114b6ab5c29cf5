"""Correcting one's own data, and the check of the secret before it. None of them commits."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts import secrets
from portal.core.accounts import services as accounts
from portal.core.accounts.errors import NumberFull
from portal.core.accounts.models import User
from portal.core.audit.services import record
from portal.core.names import fold, sort_key, tidy
from portal.core.rights.errors import NothingToSignInWith


def count_try(session: Session, user_id: int, now: datetime, *, failures: int, minutes: int) -> bool:
    """Count one try at the secret before it is looked at; return whether the account is not locked."""
    return bool(accounts.count_attempt(session, [user_id], now, failures=failures, minutes=minutes))


def is_secret(session: Session, user_id: int, secret: str) -> bool:
    """Return whether this is the person's password or PIN. Slow on purpose; call it outside any unit of work."""
    return secrets.matches(secret, session.scalar(select(User.secret_hash).where(User.id == user_id)))


def correct(
    session: Session,
    user_id: int,
    *,
    full_name: str,
    phone: str | None,
    email: str | None,
    language: str | None,
    now: datetime,
) -> tuple[str, ...]:
    """Correct what a person says of herself; return the fields that changed. The secret was right.

    The audit trail keeps which fields changed, never what stood in them. Certificates stay as they were issued.
    Raises `NothingToSignInWith`, `NumberFull`.
    """
    user = session.get_one(User, user_id)
    name = tidy(full_name)
    new = {"full_name": name, "phone": phone, "email": email or None, "language": language}
    changed = tuple(key for key, value in new.items() if getattr(user, key) != value)
    if "phone" in changed:
        if phone is None and not (user.staff_code or user.username):
            raise NothingToSignInWith
        same = select(func.count()).select_from(User).where(User.phone == phone, User.ended_at.is_(None))
        if phone is not None and (session.scalar(same) or 0) >= accounts.MOST_ON_ONE_NUMBER:
            raise NumberFull(most=accounts.MOST_ON_ONE_NUMBER)
    for key, value in new.items():
        setattr(user, key, value)
    user.sort_key, user.search_key = sort_key(name), fold(name)
    if changed:
        record(
            session,
            at=now,
            actor_id=user_id,
            code="user.correct",
            target=f"user:{user_id}",
            fields=", ".join(changed),
        )
    session.flush()
    return changed

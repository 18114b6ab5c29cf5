"""Tokens for machines: made by a person for herself, shown once, kept as a digest, ended by her at any time.

A token gives what its owner may do on the day it is used, and only through `/api/`: when her role ends, so does it.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import ApiToken
from portal.core.accounts.services import token_hash
from portal.core.audit.services import record

MOST = 10


def make(session: Session, user_id: int, name: str, now: datetime) -> str:
    """Make a token; return what is shown once."""
    token = "hoc_" + secrets.token_urlsafe(32)
    session.add(ApiToken(user_id=user_id, name=name, token_hash=token_hash(token), created_at=now))
    record(session, at=now, actor_id=user_id, code="user.token_made", target=f"user:{user_id}", name=name)
    return token


def end(session: Session, user_id: int, token_id: int, now: datetime) -> bool:
    """End one of a person's own tokens; return whether there was one to end."""
    ended = session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.ended_at.is_(None))
        .values(ended_at=now)
        .returning(ApiToken.id)
    ).first()
    if ended is not None:
        record(
            session,
            at=now,
            actor_id=user_id,
            code="user.token_ended",
            target=f"user:{user_id}",
            token=token_id,
        )
    return ended is not None


def of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """Return a person's tokens that work, the latest first."""
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.ended_at.is_(None))
        .order_by(ApiToken.id.desc())
    ).all()


def owner(session: Session, token: str) -> int | None:
    """Return whose token it is; None where it is nobody's or has ended."""
    return session.scalar(
        select(ApiToken.user_id).where(ApiToken.token_hash == token_hash(token), ApiToken.ended_at.is_(None))
    )

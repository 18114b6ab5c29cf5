"""Telling people something, and noting that they read it. None of them commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.batches import batches
from portal.core.errors import NotFound
from portal.core.jobs.services import enqueue
from portal.core.notices.models import Channel, Notice
from portal.core.notices.wording import WORDINGS
from portal.core.web import settings

SEND = "notices.send"
BATCH = 500


def tell(
    session: Session,
    user_ids: Sequence[int],
    code: str,
    facts: dict[str, Any],
    *,
    now: datetime,
    key: str | None = None,
    mail: bool = True,
    sms: bool = False,
) -> int:
    """Tell people something; return how many were told (who was told before with the same key is not).

    code: one that `wording.say` registered. facts: JSON values for its placeholders, the same for all. key: with it
    a person is told once for ever. mail: also by e-mail, where SMTP is set and the person has an address. sms: also by
    SMS (costs money, so it must be asked for). Raises KeyError for an unknown code.
    """
    if code not in WORDINGS:
        raise KeyError(code)
    postgres = session.connection().dialect.name == "postgresql"
    once = (
        (postgresql.insert if postgres else sqlite.insert)(Notice)
        .on_conflict_do_nothing()
        .returning(Notice.id)
    )
    told: list[int] = []
    for people in batches(sorted(set(user_ids)), BATCH):
        rows = [
            {"user_id": one, "code": code, "facts": facts, "key": f"{key}:{one}" if key else None, "at": now}
            for one in people
        ]
        statement = once if key else insert(Notice).returning(Notice.id)
        told += session.scalars(statement, rows)
    if mail and settings().smtp_url:
        _ask_to_send(session, told, Channel.MAIL, now)
    if sms:
        _ask_to_send(session, told, Channel.SMS, now)
    return len(told)


def _ask_to_send(session: Session, told: Sequence[int], channel: Channel, now: datetime) -> None:
    has = User.email.is_not(None) if channel == Channel.MAIL else User.phone.is_not(None)
    for some in batches(told, BATCH):
        reachable = session.scalars(
            select(Notice.id)
            .join(User, User.id == Notice.user_id)
            .where(Notice.id.in_(some), has, User.ended_at.is_(None))
            .order_by(Notice.id)
        ).all()
        if reachable:
            enqueue(session, SEND, {"channel": channel, "ids": list(reachable)}, by_id=None, now=now)


def mark_read(session: Session, user_id: int, notice_id: int, now: datetime) -> Notice:
    """Note that a person read a notice of hers; return it. Raises `NotFound` for everybody else's."""
    notice = session.get(Notice, notice_id) if 0 < notice_id < 2**62 else None
    if notice is None or notice.user_id != user_id:
        raise NotFound
    if notice.read_at is None:
        notice.read_at = now
    return notice


def mark_all_read(session: Session, user_id: int, now: datetime) -> None:
    """Note that a person read everything so far."""
    session.execute(
        update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now)
    )

"""Notices, and what became of them on other channels."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, Pk


class Channel(StrEnum):
    """A way beside the portal's own page."""

    MAIL = "mail"
    SMS = "sms"


class Sending(StrEnum):
    """How far it is. It is `sending` before the other side is asked, so that a crash never sends it twice."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Notice(Base):
    """`code` names the wording, `facts` fill it (JSON values; never a secret, never anything about a child).

    `key`, where given, is unique for ever: telling twice tells once. `facts["to"]`, if there, is the page that the
    notice sends on to: {"endpoint": …, "values": {…}}.
    """

    __tablename__ = "notice"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    code: Mapped[Code]
    facts: Mapped[dict[str, Any]] = mapped_column(Document)
    key: Mapped[str | None] = mapped_column(String(160))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("key"), Index("ix_notice_user_id_id", "user_id", "id"))


class Delivery(Base):
    """One notice on one channel: once, whatever crashes."""

    __tablename__ = "notice_delivery"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[Channel] = mapped_column(String(10), primary_key=True)
    state: Mapped[Sending] = mapped_column(String(10))
    at: Mapped[datetime]
    detail: Mapped[Line | None]

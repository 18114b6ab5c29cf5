"""The consent log: append-only, one row each time somebody agreed to a wording."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from portal.core.db import Base, Code, Pk


class Manner(StrEnum):
    """How somebody agreed: herself on the page, or with her signature on a paper that a collaborator typed in."""

    SELF = "self"
    PAPER = "paper"


class Consent(Base):
    """`user` agreed to version `version` of the wording `wording` (a key); `text_digest` is the SHA-256 of its words.

    recorded_by: who typed it in from a paper; None where the person did it herself.
    """

    __tablename__ = "consent"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    wording: Mapped[Code]
    version: Mapped[Code]
    text_digest: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    manner: Mapped[Manner] = mapped_column(String(10))

    __table_args__ = (Index("ix_consent_user_id", "user_id"),)


def _never_changed(mapper: Mapper[Any], connection: Connection, target: Consent) -> None:
    raise TypeError("a consent is never changed or deleted; withdrawing it is another fact")


event.listen(Consent, "before_update", _never_changed)
event.listen(Consent, "before_delete", _never_changed)

"""Bank releases, attempts with their frozen paper, and answers as they were saved."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, Pk


class BankRelease(Base):
    """A published version of a question bank, whole and unchangeable: `content` is what the reader checked."""

    __tablename__ = "bank_release"

    id: Mapped[Pk]
    slug: Mapped[Code]
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(Document)
    released_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("slug", "version"),)


class Attempt(Base):
    """One sitting of one paper by one person.

    `scope` says, in the caller's words, what is being attempted; a person has one open attempt of a scope at most.
    `paper` holds the items as drawn, in order, with their keys, and `rules` the limits as they were at the start:
    marking needs no bank, and later edits cannot move the mark. `share` is of 1, None until it is marked.
    """

    __tablename__ = "attempt"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    taker_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    scope: Mapped[Line]
    release_id: Mapped[int] = mapped_column(ForeignKey("bank_release.id"))
    paper: Mapped[dict[str, Any]] = mapped_column(Document)
    rules: Mapped[dict[str, Any]] = mapped_column(Document)
    pass_share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    share: Mapped[Decimal | None] = mapped_column(Numeric(7, 6))
    passed: Mapped[bool | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(Document)
    annulled_at: Mapped[datetime | None]
    annulled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    annulled_reason: Mapped[Line | None]

    __table_args__ = (
        CheckConstraint("share IS NULL OR submitted_at IS NOT NULL", "marked_only_once_submitted"),
        CheckConstraint("share IS NULL OR (share >= 0 AND share <= 1)", "share_is_of_one"),
        CheckConstraint("(annulled_at IS NULL) = (annulled_reason IS NULL)", "annulled_with_a_reason"),
        Index(
            "uq_attempt_open",
            "taker_id",
            "scope",
            unique=True,
            sqlite_where=text("submitted_at IS NULL AND annulled_at IS NULL"),
            postgresql_where=text("submitted_at IS NULL AND annulled_at IS NULL"),
        ),
        Index("ix_attempt_taker_id_scope", "taker_id", "scope"),
    )


class Answer(Base):
    """The latest saved answer to one item; `seq` is the device's own count, an older one never overwrites a newer."""

    __tablename__ = "answer"

    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(Document)
    seq: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime]

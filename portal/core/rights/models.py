"""Looks at lists of people and the reasons given for them, erasures: all append-only."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from portal.core.db import Base, Code, Document, LongText, Pk


class ListReason(Base):
    """Why somebody opened a list that asks for a reason; it holds for that list and place for half an hour."""

    __tablename__ = "list_reason"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    list_kind: Mapped[Code]
    place: Mapped[str] = mapped_column(String(120))
    reason: Mapped[LongText]
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("length(reason) >= 10", "says_why"),
        Index("ix_list_reason_user_id_list_kind_place", "user_id", "list_kind", "place"),
    )


class ListView(Base):
    """Somebody looked at, or exported, a list of people: which (`code`, `place`, `facts`), how many, and why."""

    __tablename__ = "list_view"

    id: Mapped[Pk]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    code: Mapped[Code]
    place: Mapped[str] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]] = mapped_column(Document)
    people: Mapped[int]
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("list_reason.id", ondelete="SET NULL"))

    __table_args__ = (Index("ix_list_view_at", "at"),)


class ListViewPerson(Base):
    """One person who stood on a list that somebody looked at."""

    __tablename__ = "list_view_person"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    view_id: Mapped[int] = mapped_column(
        ForeignKey("list_view.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ErasureWay(StrEnum):
    """Who asked for it."""

    SELF = "self"
    ADMINISTRATOR = "administrator"


class Erasure(Base):
    """A person's data were removed. Her id stays as a stand-in without a name, so that past counts stay true."""

    __tablename__ = "erasure"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), unique=True)
    way: Mapped[ErasureWay] = mapped_column(String(20))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    reason: Mapped[LongText]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_erasure_at", "at"),)


def _never_changed(mapper: Mapper[Any], connection: Connection, target: Base) -> None:
    raise TypeError(f"a row of {target.__tablename__} is never changed")


for _model in (ListReason, ListView, Erasure):
    event.listen(_model, "before_update", _never_changed)
event.listen(Erasure, "before_delete", _never_changed)

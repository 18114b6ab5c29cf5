"""The audit trail: append-only, codes in English, worded when shown.

That nothing is changed or deleted is held twice: here, where a mistake of the portal's own is named at its place, and
by triggers in the database (migration a0d1), for whoever gets there by another way.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from portal.core.db import Base, Document, Pk


class Entry(Base):
    """`actor` did `code` to `target` at `at`; `facts` holds the details a reader needs later, never a secret."""

    __tablename__ = "audit_entry"

    id: Mapped[Pk]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    code: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]] = mapped_column(Document)

    __table_args__ = (Index("ix_audit_entry_at", "at"), Index("ix_audit_entry_target", "target"))


def _never_changed(mapper: Mapper[Any], connection: Connection, target: Entry) -> None:
    raise TypeError("an audit entry is never changed or deleted")


event.listen(Entry, "before_update", _never_changed)
event.listen(Entry, "before_delete", _never_changed)

"""The consent log: append-only, one row each time somebody agreed to a wording, or took that back."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from portal.core.db import Base, Code, LongText, Pk
from portal.core.text import N_


class ConsentWay(StrEnum):
    """How consent was given."""

    FORM = "form"
    PAPER = "paper"
    SPOKEN = "spoken"


WAY_LABELS = {
    ConsentWay.FORM: N_("on the portal"),
    ConsentWay.PAPER: N_("on paper"),
    ConsentWay.SPOKEN: N_("said to the collaborator"),
}


class Consent(Base):
    """A person agreed to these very words (`given`), or took that back. `by_id`: who took it down for her."""

    __tablename__ = "consent"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    given: Mapped[bool]
    version: Mapped[Code]
    language: Mapped[str] = mapped_column(String(5))
    wording: Mapped[LongText]
    way: Mapped[ConsentWay] = mapped_column(String(10))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime]


def _never_changed(mapper: Mapper[Any], connection: Connection, target: Consent) -> None:
    raise TypeError("a consent is never changed or deleted; taking it back is another row")


event.listen(Consent, "before_update", _never_changed)
event.listen(Consent, "before_delete", _never_changed)

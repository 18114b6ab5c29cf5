"""Households: commune and running number, the grown-ups of each, and bands of age. No name of a child anywhere."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Pk
from portal.core.organisation.following import follows
from portal.core.organisation.reorganise import Follower, Subject
from portal.core.text import N_


class AgeBand(StrEnum):
    """Bands of age of the children of a household; which there are, never how many."""

    UNDER_SIX = "0-5"
    SIX_TO_TEN = "6-10"
    ELEVEN_TO_FIFTEEN = "11-15"


AGE_BAND_LABELS = {
    AgeBand.UNDER_SIX: N_("under 6 years"),
    AgeBand.SIX_TO_TEN: N_("6 to 10 years"),
    AgeBand.ELEVEN_TO_FIFTEEN: N_("11 to 15 years"),
}


class HouseholdCounter(Base):
    """The last running number given in a commune: one row, locked while a number is given."""

    __tablename__ = "household_counter"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class Household(Base):
    """A household of a community, known by its commune and a running number that is never given twice.

    `registration_key` came from the device: the same list sent twice finds the household of the first sending.
    """

    __tablename__ = "household"

    id: Mapped[Pk]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    number: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    has_child_under_16: Mapped[bool]
    age_bands: Mapped[list[str]] = mapped_column(Document)
    registration_key: Mapped[Code | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    __table_args__ = (
        UniqueConstraint("area_id", "number"),
        CheckConstraint("number >= 1", "numbers_count_from_one"),
    )


class HouseholdMember(Base):
    """A grown-up of a household, in one household only. `place` runs from 1 inside it."""

    __tablename__ = "household_member"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id", ondelete="CASCADE"))
    place: Mapped[int]
    added_at: Mapped[datetime]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    __table_args__ = (UniqueConstraint("household_id", "place"),)


# the commune of its number stays, for the number is given once; who keeps it goes with the community
follows(Follower("household", "unit_id", Subject.UNIT, dated=False))

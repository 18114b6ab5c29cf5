"""What marks an accompanied family. Read by `courses.families` alone.

Everybody else reads `enrolment.version_id`, which names the version that every family learns; whoever does not ask
for the path cannot tell that there is one.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Pk


class EnrolmentPath(Base):
    """The version whose lessons the learner of an enrolment reads, where it is not the one that the enrolment names."""

    __tablename__ = "enrolment_path"

    enrolment_id: Mapped[int] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"), index=True)


class Accompaniment(Base):
    """A household is accompanied, from one moment until another. `reference` stands for it in the audit trail."""

    __tablename__ = "accompaniment"

    id: Mapped[Pk]
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id", ondelete="CASCADE"))
    reference: Mapped[Code] = mapped_column(unique=True)
    begun_at: Mapped[datetime]
    begun_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    __table_args__ = (
        Index(
            "uq_accompaniment_current",
            "household_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

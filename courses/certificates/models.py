"""Certificates: facts and bytes frozen at issue; what happened later stands beside them, never in them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, LongText, Pk


class Certificate(Base):
    """One certificate: unique for a person, a course and a cycle.

    It outlives the account: `user_id` becomes empty, and everything a verifier needs stands here. `facts` is what
    was drawn; `sha256` is the digest of the file as issued.
    """

    __tablename__ = "certificate"

    id: Mapped[Pk]
    serial: Mapped[Code] = mapped_column(unique=True)
    kind: Mapped[Code]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    version_number: Mapped[int]
    cycle: Mapped[int]
    full_name: Mapped[Line]
    course_title: Mapped[dict[str, str]] = mapped_column(Document)
    issued_at: Mapped[datetime]
    completed_on: Mapped[date]
    expires_on: Mapped[date | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    sector: Mapped[Code | None]
    audience: Mapped[Code | None]
    facts: Mapped[dict[str, Any]] = mapped_column(Document)
    sha256: Mapped[str] = mapped_column(String(64))
    #: since when the person's data are removed: the name is the shortened one, and the file is gone
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("user_id", "course_id", "cycle"),
        CheckConstraint("expires_on IS NULL OR expires_on >= completed_on", "expires_after_it_was_earned"),
        Index("ix_certificate_course_id_issued_at", "course_id", "issued_at"),
        # figures read nothing but this index: the row is wide
        Index("ix_certificate_course_id_user_id", "course_id", "user_id", "completed_on", "expires_on", "id"),
        # and who completed a course while in a unit is found without looking at nine parents in ten
        Index(
            "ix_certificate_audience_unit_id", "audience", "unit_id", "course_id", "user_id", "completed_on"
        ),
    )


class CertificateFile(Base):
    """The bytes as issued, apart from the row so that lists stay light."""

    __tablename__ = "certificate_file"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)


class Revocation(Base):
    """A named person withdrew a certificate, with a reason. There is no way back but a new certificate."""

    __tablename__ = "revocation"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    revoked_at: Mapped[datetime]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    revoked_by_name: Mapped[Line]
    reason: Mapped[LongText]

    __table_args__ = (CheckConstraint("length(reason) >= 10", "says_why"),)

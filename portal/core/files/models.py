"""What is known of a stored file; its bytes lie in the data directory under their digest."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Line, Pk


class FileKind(StrEnum):
    """What a file is, by its content."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    XLSX = "xlsx"
    CSV = "csv"


MIMETYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.CSV: "text/csv",
}
#: What people call them, for messages.
KIND_NAMES = {
    FileKind.PDF: "PDF", FileKind.JPEG: "JPEG", FileKind.PNG: "PNG", FileKind.XLSX: "Excel (.xlsx)", FileKind.CSV: "CSV",
}  # fmt: skip


class StoredFile(Base):
    """One file that somebody sent for a `purpose` (`roster.import`, `workshop.evidence` …).

    Who may have it is a question of the thing it belongs to: there is no address by its id. Two rows may share bytes.
    `removed_at`: it named somebody whose data were removed; the row stays, the bytes go with the next `sweep`.
    """

    __tablename__ = "stored_file"

    id: Mapped[Pk]
    name: Mapped[Line]
    kind: Mapped[FileKind] = mapped_column(String(10))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[Code]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    uploaded_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("size > 0", "holds_something"),
        Index("ix_stored_file_sha256", "sha256"),
        Index("ix_stored_file_uploaded_by_id", "uploaded_by_id"),
    )

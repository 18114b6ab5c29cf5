"""Keeping a file, forgetting it, and clearing up bytes that no row names. None of them commits."""

import hashlib
import os
import re
import tempfile
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from portal.core.files.content import kind_of
from portal.core.files.errors import FileTooBig, NoFile
from portal.core.files.models import FileKind, StoredFile
from portal.core.names import tidy
from portal.core.web import settings

MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]+')


def keep(
    session: Session,
    upload: FileStorage | None,
    *,
    purpose: str,
    allowed: Collection[FileKind],
    by_id: int | None,
    now: datetime,
    most: int = 10 * MEGABYTE,
) -> StoredFile:
    """Check an upload by its content and keep it; flushes, for the id.

    allowed: the kinds this purpose takes. most: bytes. The bytes are on disk before the row is written; if the
    transaction then fails they are an orphan, which `sweep` removes. Raises `NoFile`, `FileTooBig`, `WrongKind`,
    `BrokenFile`, `CannotRead`.
    """
    if upload is None or not upload.filename:
        raise NoFile
    name = clean_name(upload.filename)
    place = folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=place, prefix=".coming-", delete=False) as target:
        coming = Path(target.name)
        try:
            digest, size = hashlib.sha256(), 0
            while piece := upload.stream.read(CHUNK):
                size += len(piece)
                if size > most:
                    raise FileTooBig(name=name, most=most // MEGABYTE)
                digest.update(piece)
                target.write(piece)
            if not size:
                raise NoFile
            target.flush()
            os.fsync(target.fileno())
            kind = kind_of(coming, name, allowed, most)
            sha256 = digest.hexdigest()
            coming.chmod(0o600)
            coming.rename(place / sha256)
        finally:
            coming.unlink(missing_ok=True)
    stored = StoredFile(
        name=name, kind=kind, size=size, sha256=sha256, purpose=purpose, uploaded_by_id=by_id, uploaded_at=now
    )
    session.add(stored)
    session.flush()
    return stored


def keep_bytes(
    session: Session,
    content: bytes,
    name: str,
    *,
    purpose: str,
    kind: FileKind,
    by_id: int | None,
    now: datetime,
) -> StoredFile:
    """Keep a file that the portal itself made (a report of faults, a list of slips); flushes, for the id."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    sha256 = hashlib.sha256(content).hexdigest()
    with tempfile.NamedTemporaryFile(dir=place, prefix=".coming-", delete=False) as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
        Path(target.name).rename(place / sha256)
    stored = StoredFile(
        name=clean_name(name), kind=kind, size=len(content), sha256=sha256, purpose=purpose, uploaded_by_id=by_id, uploaded_at=now
    )  # fmt: skip
    session.add(stored)
    session.flush()
    return stored


def folder() -> Path:
    """Return where the bytes lie."""
    return settings().data_dir / "files"


def path_of(stored: StoredFile) -> Path:
    """Return where the bytes of a file lie."""
    return folder() / stored.sha256


def forget(session: Session, stored: StoredFile) -> None:
    """Delete the row of a file; its bytes go with the next `sweep`, unless another row names them."""
    session.delete(stored)
    session.flush()


def sweep(session: Session, now: datetime, *, hours: int = 24) -> int:
    """Remove bytes that no row names and that are older than `hours`; return how many files."""
    place = folder()
    if not place.exists():
        return 0
    known = set(session.scalars(select(StoredFile.sha256).where(StoredFile.removed_at.is_(None)).distinct()))
    removed = 0
    for path in place.iterdir():
        if path.name not in known and path.stat().st_mtime < now.timestamp() - hours * 3600:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def clean_name(name: str) -> str:
    """Return the last part of a name without what could lead out of a folder or turn it around; never empty."""
    bare = _UNSAFE.sub(" ", re.split(r"[/\\]", name)[-1])
    return tidy(bare).strip(". ")[-120:] or "tep"

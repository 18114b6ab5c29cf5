"""How far a job is while SQLite's one write lock is held by its own transaction: told in a small file, not in the table.

SQLite has one database on one machine, so the worker and the pages share the data directory. The file is replaced
whole, so nobody reads half of it; it holds the token of its worker, so that what a dead one left behind is not believed.
"""

import contextlib
import os
from pathlib import Path

from portal.core.web import settings


def _file(job_id: int) -> Path:
    return settings().data_dir / "progress" / f"job-{job_id}"


def tell(job_id: int, token: str, done: int, total: int) -> None:
    """Write down how far a job is; a full disk is no reason to end it."""
    file = _file(job_id)
    coming = file.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        coming.write_text(f"{token} {done} {total}", encoding="ascii")
        coming.replace(file)


def told(job_id: int, token: str | None) -> tuple[int, int] | None:
    """Return how far its present worker said that a job is, or None where it said nothing."""
    try:
        words = _file(job_id).read_text(encoding="ascii").split()
        return (int(words[1]), int(words[2])) if len(words) == 3 and words[0] == token else None
    except (OSError, ValueError):
        return None


def forget(job_id: int) -> None:
    """Take the file away."""
    with contextlib.suppress(OSError):
        _file(job_id).unlink(missing_ok=True)

"""What saving an answer needs of a paper, kept in memory: it was frozen when the attempt began, so it cannot grow old.

Whether the attempt is still open is not kept here. The statement that writes an answer looks for itself.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.db import rows
from quizzes.lifecycle import Rules
from quizzes.models import Attempt

_MOST = 500  # papers of a process; some 10 KB each


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """Whose paper it is, until when it may be answered, and of each item its kind and, as JSON, what is shown of it.

    deadline_at: an aware moment, or None; grace_seconds: after it, for answers that were under way.
    """

    taker_id: int
    deadline_at: datetime | None
    grace_seconds: int
    items: Mapping[str, tuple[str, str]]

    def item(self, ref: str) -> tuple[str, Any] | None:
        """Return kind and shown of an item, None where the paper has none of that ref."""
        found = self.items.get(ref)
        return (found[0], json.loads(found[1])) if found else None


_papers: OrderedDict[str, OpenPaper] = OrderedDict()
_changing = Lock()

_PAPER = select(
    Attempt.taker_id, Attempt.deadline_at, Attempt.rules, Attempt.paper["items"].label("items")
).where(Attempt.id == bindparam("attempt"))


def of(session: Session, attempt_id: str, taker_id: int) -> OpenPaper | None:
    """Return the paper of an attempt of this person, None where she has no such attempt. One statement, or none."""
    with _changing:
        paper = _papers.get(attempt_id)
        if paper is not None:
            _papers.move_to_end(attempt_id)
    if paper is None:
        row = rows(session, _PAPER, {"attempt": attempt_id}).first()
        if row is None:
            return None
        paper = OpenPaper(
            row.taker_id,
            row.deadline_at,
            Rules.read(row.rules).grace_seconds,
            {
                ref: (item["kind"], json.dumps(item["shown"], ensure_ascii=False, separators=(",", ":")))
                for ref, item in row.items.items()
            },
        )
        with _changing:
            _papers[attempt_id] = paper
            if len(_papers) > _MOST:
                _papers.popitem(last=False)
    return paper if paper.taker_id == taker_id else None

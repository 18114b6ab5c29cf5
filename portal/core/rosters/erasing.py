"""What staff lists from files hold about a person, and its removal: rows as read, what an import changed, the file itself.

Rows keep their number and their kind, so that the figures of an import stay what they were; posts are not touched here,
so that a headcount of any day stays too. An import with a row about somebody removed can no longer be undone: her
entry is not what the import made of it, which `undoing.undo` sees and says. The file as it was sent goes when its
seven days are over; until then its bytes lie there, named by nobody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import Posting, User
from portal.core.files.models import StoredFile
from portal.core.names import fold
from portal.core.rights.holdings import NAMELESS, Holding, Part, holds
from portal.core.rosters.models import ImportState, RosterChange, RosterImport, RosterLine, Transfer
from portal.core.text import N_

UNDO_DAYS = 7
ERASED = "erased"  # the reason of a row that had not been applied yet
_UNDECIDED = (ImportState.PLANNING, ImportState.PLANNED)
#: Imports whose file nobody needs any more: what was not applied is read, what was undone is history.
_OVER = (ImportState.UNREADABLE, ImportState.UNDONE, ImportState.DISCARDED)


def _about(session: Session, user: User) -> ColumnElement[bool]:
    """Return a condition on `RosterLine`: the row is about a person – matched, added, left, perhaps she, or her numbers."""
    person, candidate = RosterLine.outcome["person"], RosterLine.outcome["candidate"]
    post = RosterLine.outcome["post"]
    added = (
        select(RosterChange.import_id)
        .where(
            RosterChange.import_id == RosterLine.import_id,
            RosterChange.number == RosterLine.number,
            RosterChange.kind == "user",
            RosterChange.row_id == user.id,
        )
        .exists()
    )
    posts = session.scalars(select(Posting.id).where(Posting.user_id == user.id)).all()
    ways = [
        person.as_integer() == user.id,
        candidate.as_integer() == user.id,
        post.as_integer().in_(posts),
        added,
    ]
    if user.staff_code:
        ways.append(RosterLine.row["code"].as_string() == user.staff_code)
    # her name with her number, in a row that was refused or stood in another unit's list
    if user.phone:
        ways.append(
            and_(
                RosterLine.row["phone"].as_string() == user.phone,
                RosterLine.search_key.contains(fold(user.full_name), autoescape=True),
            )
        )
    return or_(*ways)


def _lines(session: Session, user_id: int) -> Select[RosterLine]:
    user = session.get_one(User, user_id)
    return select(RosterLine).where(_about(session, user)).order_by(RosterLine.id)


def _collect(session: Session, user_id: int) -> Part:
    files = dict(session.execute(select(RosterImport.id, RosterImport.file_name)).all())
    return Part(
        [
            {
                "file": files[line.import_id],
                "number": line.number,
                "name": line.row.get("name"),
                "code": line.row.get("code"),
                "phone": line.row.get("phone"),
            }
            for line in session.scalars(_lines(session, user_id))
        ]
    )


def _erase(session: Session, user_id: int, now: datetime) -> None:
    user = session.get_one(User, user_id)
    lines = session.scalars(_lines(session, user_id)).all()
    imports = {
        one.id: one
        for one in session.scalars(
            select(RosterImport).where(RosterImport.id.in_({line.import_id for line in lines}))
        )
    }
    for line in lines:
        _blank(line, imports[line.import_id])
    for one in imports.values():
        one.erased_people += 1
        if one.file_id is not None and one.state in _OVER:
            _remove(session, [one.file_id], now)
    _blank_changes(session, user)
    posts = select(Posting.id).where(Posting.user_id == user_id)
    session.execute(update(Transfer).where(Transfer.posting_id.in_(posts)).values(reason=None))
    remove_files(session, now)


def _blank(line: RosterLine, one: RosterImport) -> None:
    """Take out of a row whatever names a person; a row that was not applied yet is refused from now on."""
    empty: dict[str, Any] = dict.fromkeys(line.row)
    empty |= {key: line.row[key] for key in ("unit", "audience", "began", "coded") if key in line.row}
    outcome = {**line.outcome, "changes": {}, "values": {}, "candidate": None, "choices": []}
    line.search_key, line.decision = fold(str(line.row.get("unit") or "")), None
    line.row = {**empty, "name": NAMELESS}
    if one.state in _UNDECIDED and line.number:
        counts = dict(one.counts)
        if line.kind in counts:
            counts[line.kind] -= 1
            counts["refused"] = counts.get("refused", 0) + 1
            one.counts = counts
        outcome |= {"person": None, "post": None, "same_as": None, "readable": False}
        line.kind = "refused"
        line.reason = ERASED
    elif line.reason:
        line.reason = ERASED
    line.outcome = outcome


def _blank_changes(session: Session, user: User) -> None:
    """Take out of what imports would restore whatever names the person: nothing brings a removed name back."""
    for change in session.scalars(
        select(RosterChange).where(RosterChange.kind == "user", RosterChange.row_id == user.id)
    ):
        if change.before is not None:
            change.before = {
                **change.before, "full_name": NAMELESS, "sort_key": "~", "search_key": "", "phone": None,
                "staff_code": None,
            }  # fmt: skip
    posts = select(Posting.id).where(Posting.user_id == user.id)
    for change in session.scalars(
        select(RosterChange).where(RosterChange.kind == "posting", RosterChange.row_id.in_(posts))
    ):
        if change.before is not None:
            change.before = {**change.before, "title": None}


def _remove(session: Session, file_ids: Sequence[int], now: datetime) -> None:
    session.execute(
        update(StoredFile)
        .where(StoredFile.id.in_(file_ids), StoredFile.removed_at.is_(None))
        .values(removed_at=now)
    )


def remove_files(session: Session, now: datetime) -> int:
    """Let go of the files of imports with rows of removed people whose undo is past; return how many.

    The bytes go with the next `files.sweep`, unless another row names them.
    """
    before = now - timedelta(days=UNDO_DAYS + 1)
    due = session.scalars(
        select(RosterImport.file_id)
        .join(StoredFile, StoredFile.id == RosterImport.file_id)
        .where(
            RosterImport.erased_people > 0,
            StoredFile.removed_at.is_(None),
            or_(
                RosterImport.state.in_(_OVER),
                and_(RosterImport.state == ImportState.APPLIED, RosterImport.applied_at < before),
                and_(RosterImport.state == ImportState.PLANNED, RosterImport.created_at < before),
            ),
        )
    ).all()
    _remove(session, due, now)
    return len(due)


holds(
    Holding(
        "roster_rows",
        N_("Rows of staff lists from files"),
        (
            ("file", N_("File")),
            ("number", N_("Row")),
            ("name", N_("Full name")),
            ("code", N_("Staff code")),
            ("phone", N_("Phone number")),
        ),
        ("roster_line", "roster_change"),
        _collect,
        _erase,
    )
)

"""Who has just got a post or an account, and who is taken back: told to whatever follows from it (rules of who must learn).

A package that wants to know registers when it is imported (`portal.handlers` imports them all); both calls run inside
the transaction that makes it true.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

Arrived = Callable[[Session, Sequence[int], datetime], None]
TakenBack = Callable[[Session, Sequence[int]], None]
ON_ARRIVAL: list[Arrived] = []
ON_TAKING_BACK: list[TakenBack] = []


def arrived(session: Session, user_ids: Sequence[int], now: datetime) -> None:
    """Say that these people have got, changed or lost a post, or have an account since just now."""
    if user_ids:
        session.flush()
        for tell in ON_ARRIVAL:
            tell(session, user_ids, now)


def taken_back(session: Session, user_ids: Sequence[int]) -> None:
    """Say that these people, added by an import, are about to be removed by its undo: what merely followed goes."""
    if user_ids:
        for tell in ON_TAKING_BACK:
            tell(session, user_ids)

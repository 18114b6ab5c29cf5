"""Reading notices: one's own."""

from collections.abc import Sequence

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session

from portal.core.notices.models import Notice

PAGE = 30


def unread(session: Session, user_id: int) -> int:
    """Return how many notices a person has not read. For the first page and the account; never for lessons."""
    return (
        session.scalar(select(func.count()).where(Notice.user_id == user_id, Notice.read_at.is_(None))) or 0
    )


def mine(
    session: Session, user_id: int, *, only_unread: bool, search: str, codes: Sequence[str], page: int
) -> Sequence[Notice]:
    """Return one page (30) of a person's notices, newest first.

    search: words looked for in the facts; codes: those whose wording holds the words. An empty search finds all.
    """
    query = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc())
    if only_unread:
        query = query.where(Notice.read_at.is_(None))
    if search:
        in_facts = cast(Notice.facts, String).icontains(search, autoescape=True)
        query = query.where(or_(Notice.code.in_(codes), in_facts))
    return session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()

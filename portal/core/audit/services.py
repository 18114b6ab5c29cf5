"""Writing the audit trail: one function, called by name inside the unit of work of the thing it records."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.audit.models import Entry


def record(
    session: Session, *, at: datetime, actor_id: int | None, code: str, target: str, **facts: object
) -> None:
    """Append an entry. `code` is `thing.verb` in English; `target` is `kind:id`; `facts` must be JSON values."""
    session.add(Entry(at=at, actor_id=actor_id, code=code, target=target, facts=facts))

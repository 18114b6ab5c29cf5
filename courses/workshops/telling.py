"""What people are told about a class: that they have a seat now, that it is cancelled."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.workshops.models import Registration, Workshop
from portal.core.notices.services import tell
from portal.core.notices.wording import say
from portal.core.text import N_

SEAT = say(
    "workshop.seat",
    N_("You have a seat in %(title)s"),
    N_("Somebody gave a seat back, and you were the first who waited. The class begins on %(starts_on)s."),
    N_("See the class"),
)
CANCELLED = say(
    "workshop.cancelled",
    N_("Cancelled: %(title)s"),
    N_("The class of %(starts_on)s is cancelled: %(reason)s"),
    N_("See the classes"),
)


def tell_moved_up(session: Session, workshop: Workshop, user_ids: Sequence[int], now: datetime) -> None:
    """Tell those who moved up from the waiting list."""
    facts = {
        "title": workshop.title,
        "starts_on": workshop.starts_on.isoformat(),
        "to": {"endpoint": "workshops.show", "values": {"workshop_id": workshop.id}},
    }
    if user_ids:
        tell(session, user_ids, SEAT, facts, now=now)


def tell_cancelled(session: Session, workshop: Workshop, now: datetime) -> None:
    """Tell everybody in the line that the class is cancelled, once."""
    line = session.scalars(
        select(Registration.user_id).where(
            Registration.workshop_id == workshop.id, Registration.given_up_at.is_(None)
        )
    ).all()
    facts = {
        "title": workshop.title,
        "starts_on": workshop.starts_on.isoformat(),
        "reason": workshop.cancelled_reason or "",
        "to": {"endpoint": "workshops.show", "values": {"workshop_id": workshop.id}},
    }
    if line:
        tell(session, line, CANCELLED, facts, now=now, key=f"workshop.cancelled:{workshop.id}")

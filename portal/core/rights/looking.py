"""Who looked at which list of people: written whenever a list is opened or exported, and the reason that some lists ask.

`looked` is called in a unit of work of its own, after the list was read and before it is answered; views do it by
`portal.core.rights.web.looked`. A package that has lists of its own names the look (`name_look`) and, where its lists
ask why they are opened, the kind of reason (`name_reason`) when it is imported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from portal.core.accounts import arrivals
from portal.core.audit.queries import LABELS as TRAIL_LABELS
from portal.core.audit.services import record
from portal.core.batches import batches
from portal.core.policy import Action
from portal.core.rights.errors import ReasonTooShort
from portal.core.rights.models import ListReason, ListView, ListViewPerson
from portal.core.text import N_

BATCH = 1000
REASON_HOLDS = timedelta(minutes=30)
LEAST_REASON = 10


@dataclass(frozen=True, slots=True)
class ReasonKind:
    """A kind of list that asks why it is opened: what the page calls it, and whom it asks (None: whoever opens one).

    discreet: the words are read by the one who gave them alone; the audit trail and the administrator's list of looks
    have other readers.
    """

    label: str
    action: Action | None = None
    discreet: bool = False


#: Lists that ask for a reason. Packages add theirs at import.
REASON_KINDS: dict[str, ReasonKind] = {"police": ReasonKind(N_("a list with police officers"))}
#: What a look is called, for the person who stood on the list as for the administrator.
LOOK_LABELS: dict[str, str] = {
    "people.read": N_("looked at a list of people"),
    "people.export": N_("exported a list of people"),
}
#: Looks that are written down person by person like all others, but shown to nobody with a person: not on her own page
#: (the phone is shared, and a line that a neighbour has not would tell), not to the administrator who looks for a name.
DISCREET: set[str] = set()


def name_look(code: str, label: str, *, discreet: bool = False) -> str:
    """Name a kind of look; return its code."""
    LOOK_LABELS[code] = label
    if discreet:
        DISCREET.add(code)
    else:
        TRAIL_LABELS.setdefault(code, label)  # the audit trail records looks, too
    return code


def name_reason(kind: str, label: str, *, action: Action | None = None, discreet: bool = False) -> str:
    """Let lists of a kind ask for a reason; return the kind."""
    REASON_KINDS[kind] = ReasonKind(label, action, discreet)
    return kind


def looked(
    session: Session,
    *,
    by_id: int | None,
    code: str,
    place: str,
    people: Sequence[int] | Select[int],
    now: datetime,
    reason_id: int | None = None,
    **facts: object,
) -> ListView:
    """Record that `by_id` looked at a list: an entry of the audit trail, and who stood on the list.

    people: the ids that were shown, or (for an export) a select of them. facts: JSON values that say what was asked.
    """
    view = ListView(at=now, by_id=by_id, code=code, place=place, facts=facts, people=0, reason_id=reason_id)
    if isinstance(people, Select):
        ids = people.order_by(None).subquery()
        view.people = session.scalar(select(func.count(func.distinct(ids.c[0])))) or 0
        session.add(view)
        session.flush()
        session.execute(
            insert(ListViewPerson).from_select(
                ["user_id", "view_id"], select(ids.c[0], literal(view.id)).distinct()
            )
        )
    else:
        shown = sorted(set(people))
        view.people = len(shown)
        session.add(view)
        session.flush()
        for some in batches(shown, BATCH):
            session.execute(insert(ListViewPerson), [{"user_id": one, "view_id": view.id} for one in some])
    more: dict[str, Any] = dict(facts)
    if reason_id is not None and code not in DISCREET:
        more["reason"] = session.get_one(ListReason, reason_id).reason
    record(session, at=now, actor_id=by_id, code=code, target=place, **more)
    return view


def forget(session: Session, user_ids: Sequence[int]) -> None:
    """Take people who are removed as if they had never come off the looks that showed them; how many it showed stays."""
    for some in batches(user_ids, BATCH):
        session.execute(delete(ListViewPerson).where(ListViewPerson.user_id.in_(some)))


arrivals.ON_TAKING_BACK.append(forget)


def reason_for(session: Session, user_id: int, kind: str, place: str, now: datetime) -> int | None:
    """Return the reason that a person gave for this kind of list at this place within half an hour, or None."""
    return session.scalar(
        select(ListReason.id)
        .where(
            ListReason.user_id == user_id,
            ListReason.list_kind == kind,
            ListReason.place == place,
            ListReason.at > now - REASON_HOLDS,
        )
        .order_by(ListReason.id.desc())
        .limit(1)
    )


def give_reason(
    session: Session, user_id: int, kind: str, place: str, reason: str, now: datetime
) -> ListReason:
    """Write down why somebody is about to open such a list. Raises `ReasonTooShort`."""
    if len(reason.strip()) < LEAST_REASON:
        raise ReasonTooShort(least=LEAST_REASON)
    given = ListReason(user_id=user_id, list_kind=kind, place=place, reason=reason.strip(), at=now)
    session.add(given)
    if not REASON_KINDS[kind].discreet:
        record(
            session, at=now, actor_id=user_id, code="list.reason", target=place, kind=kind,
            reason=reason.strip(),
        )  # fmt: skip
    session.flush()
    return given

"""Who looked at which list of people: written whenever a list is opened or exported, and the reason that some lists ask.

`looked` is called in a unit of work of its own, after the list was read and before it is answered.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from portal.core.audit.services import record
from portal.core.rights.errors import ReasonTooShort
from portal.core.rights.models import ListReason, ListView, ListViewPerson
from portal.core.text import N_

BATCH = 1000
REASON_HOLDS = timedelta(minutes=30)
LEAST_REASON = 10

#: Lists that ask for a reason: kind -> what the page calls them. Packages add theirs at import.
REASON_KINDS: dict[str, str] = {"police": N_("a list with police officers")}
#: What a look is called, for the person who stood on the list as for the administrator.
LOOK_LABELS: dict[str, str] = {
    "people.read": N_("looked at a list of people"),
    "people.export": N_("exported a list of people"),
}
#: Codes whose name would tell what a person does not want seen over her shoulder: shown to her as a plain list.
DISCREET: dict[str, str] = {}


def name_look(code: str, label: str, *, shown_as: str | None = None) -> str:
    """Name a kind of look; return its code. shown_as: the code under which the person herself sees it (discretion)."""
    LOOK_LABELS[code] = label
    if shown_as is not None:
        DISCREET[code] = shown_as
    return code


def name_reason(kind: str, label: str) -> str:
    """Let lists of a kind ask for a reason; return the kind."""
    REASON_KINDS[kind] = label
    return kind


def looked(
    session: Session,
    *,
    by_id: int | None,
    code: str,
    place: str,
    people: Sequence[int] | Select[tuple[int]],
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
        for start in range(0, len(shown), BATCH):
            rows = [{"user_id": one, "view_id": view.id} for one in shown[start : start + BATCH]]
            session.execute(insert(ListViewPerson), rows)
    more: dict[str, Any] = dict(facts)
    if reason_id is not None:
        more["reason"] = session.get_one(ListReason, reason_id).reason
    record(session, at=now, actor_id=by_id, code=code, target=place, **more)
    return view


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
    record(
        session, at=now, actor_id=user_id, code="list.reason", target=place, kind=kind, reason=reason.strip()
    )
    session.flush()
    return given

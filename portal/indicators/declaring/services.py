"""Declaring, approving, returning, reminding; facts about people. None of them commits.

A declaration is never edited: a correction is a further one. It counts from the moment somebody up the line approves it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.errors import Refused
from portal.core.notices.services import tell
from portal.core.notices.wording import say
from portal.core.organisation.models import Unit
from portal.core.policy import Actor
from portal.core.text import N_
from portal.indicators.declaring import queries, values
from portal.indicators.declaring.errors import (
    AlreadyDecided,
    BeforeThePlan,
    EndsBeforeItBegan,
    EvidenceNeeded,
    NobodyChosen,
    NotAsked,
    NothingToEnd,
    NotOfTheUnit,
    OwnUnit,
    OwnValue,
    SayWhyDifferent,
    SayWhyReturned,
    ScanNeeded,
    StillToCome,
)
from portal.indicators.definitions import Item, Plan
from portal.indicators.models import Declaration, DeclarationState, PersonFact

APPROVED = say(
    "declaration.approved",
    N_("Approved: %(item)s"),
    N_("The value that %(unit)s declared as of %(said_on)s counts now."),
    N_("Declared values"),
)
RETURNED = say(
    "declaration.returned",
    N_("Returned: %(item)s"),
    N_("The value that %(unit)s declared as of %(said_on)s was returned: %(reason)s"),
    N_("Declare again"),
)
REMINDED = say(
    "declaration.reminded",
    N_("%(unit)s: still to be declared for the %(period)s"),
    N_("%(by)s asks you to declare: %(items)s. Figures of the period close at the end of %(cut_off_on)s."),
    N_("Declared values"),
)
#: Why a value went that its unit declared anew for the same day before anybody decided; worded when shown.
REPLACED = "superseded"


def declare(
    session: Session,
    plan: Plan,
    unit: Unit,
    item: Item,
    *,
    said_on: date,
    given: Mapping[str, Any],
    note: str,
    file_id: int | None,
    by_id: int | None,
    now: datetime,
) -> Declaration:
    """Write a value down, to be approved; flushes, for its id. What waited of the same item for the same day gives way.

    given: as `values.stored` takes it. Raises `StillToCome`, `BeforeThePlan`, `NotAsked`, `EvidenceNeeded`,
    `SayWhyDifferent`.
    """
    if said_on > local_date(now):
        raise StillToCome
    if said_on < plan.signed_on:
        raise BeforeThePlan
    fact = queries.fact_of(session, unit, said_on)
    if fact is None or item not in values.items_for(plan, fact, said_on):
        raise NotAsked
    if item.evidence and file_id is None:
        raise EvidenceNeeded
    value = values.stored(item, given)
    if "count" in value:
        computed = queries.compared(session, unit, item.code, said_on)
        if values.too_different(value["count"], computed) and len(note.strip()) < values.LEAST_NOTE:
            raise SayWhyDifferent(
                computed=computed, declared=value["count"], share=f"{int(values.VARIANCE * 100)}%"
            )
    session.execute(
        update(Declaration)
        .where(
            Declaration.plan == plan.code,
            Declaration.item == item.code,
            Declaration.unit_id == unit.id,
            Declaration.said_on == said_on,
            Declaration.state == DeclarationState.SUBMITTED,
        )
        .values(
            state=DeclarationState.RETURNED, decided_by_id=by_id, decided_at=now,
            decided_note=REPLACED,
        )
    )  # fmt: skip
    row = Declaration(
        plan=plan.code,
        item=item.code,
        unit_id=unit.id,
        said_on=said_on,
        value=value,
        note=note.strip() or None,
        file_id=file_id,
        state=DeclarationState.SUBMITTED,
        entered_by_id=by_id,
        entered_at=now,
    )
    session.add(row)
    session.flush()
    record(
        session, at=now, actor_id=by_id, code="declaration.enter", target=f"unit:{unit.code}", item=item.code,
        on=said_on.isoformat(), declaration=row.id,
    )  # fmt: skip
    return row


def approve(session: Session, who: Actor, plan: Plan, row: Declaration, unit: Unit, now: datetime) -> None:
    """Let a value count. Raises `OwnValue`, `OwnUnit`, `AlreadyDecided`."""
    _decide(session, who, row, unit, DeclarationState.APPROVED, None, now)
    record(
        session, at=now, actor_id=who.id, code="declaration.approve", target=f"unit:{unit.code}", item=row.item,
        on=row.said_on.isoformat(), declaration=row.id,
    )  # fmt: skip
    _tell(session, plan, row, unit, APPROVED, {}, now)


def approve_many(
    session: Session, who: Actor, plan: Plan, found: Sequence[tuple[Declaration, Unit]], now: datetime
) -> tuple[int, list[Refused]]:
    """Approve each that may be; return how many, and why the others were not. Raises `NobodyChosen`."""
    if not found:
        raise NobodyChosen
    done, left = 0, []
    for row, unit in found:
        try:
            approve(session, who, plan, row, unit, now)
            done += 1
        except Refused as refusal:
            left.append(refusal)
    return done, left


def give_back(
    session: Session, who: Actor, plan: Plan, row: Declaration, unit: Unit, reason: str, now: datetime
) -> None:
    """Return a value with the reason. Raises `SayWhyReturned`, `OwnValue`, `OwnUnit`, `AlreadyDecided`."""
    if len(reason.strip()) < values.LEAST_NOTE:
        raise SayWhyReturned
    _decide(session, who, row, unit, DeclarationState.RETURNED, reason.strip(), now)
    record(
        session, at=now, actor_id=who.id, code="declaration.return", target=f"unit:{unit.code}", item=row.item,
        on=row.said_on.isoformat(), declaration=row.id, reason=reason.strip(),
    )  # fmt: skip
    _tell(session, plan, row, unit, RETURNED, {"reason": reason.strip()}, now)


def _decide(
    session: Session,
    who: Actor,
    row: Declaration,
    unit: Unit,
    state: DeclarationState,
    note: str | None,
    now: datetime,
) -> None:
    why = queries.why_not(session, who, row, unit, local_date(now))
    if why == "own_value":
        raise OwnValue
    if why == "own_unit":
        raise OwnUnit
    # the condition decides between two who click at once
    decided = session.execute(
        update(Declaration)
        .where(Declaration.id == row.id, Declaration.state == DeclarationState.SUBMITTED)
        .values(state=state, decided_by_id=who.id, decided_at=now, decided_note=note)
        .returning(Declaration.id)
    ).first()
    if decided is None:
        raise AlreadyDecided
    session.refresh(row)


def _tell(
    session: Session,
    plan: Plan,
    row: Declaration,
    unit: Unit,
    code: str,
    more: Mapping[str, Any],
    now: datetime,
) -> None:
    """Tell the heads of the unit, and whoever entered the value."""
    item = plan.item(row.item)
    label = {"vi": item.label.vi, "en": item.label.en} if item is not None else row.item
    told = queries.declarers(session, [unit.id], local_date(now))[unit.id]
    people = [*told, *([row.entered_by_id] if row.entered_by_id is not None else [])]
    tell(
        session,
        people,
        code,
        {
            "item": label,
            "unit": unit.name,
            "said_on": row.said_on.isoformat(),
            **more,
            "to": {"endpoint": "declarations.unit", "values": {"code": unit.code}},
        },
        now=now,
        key=f"{code}:{row.id}",
    )


def remind(
    session: Session,
    plan: Plan,
    found: Sequence[queries.Standing],
    *,
    period: str,
    cut_off: date,
    by_id: int | None,
    by_name: str,
    place: str,
    now: datetime,
) -> int:
    """Tell those who declare for each unit what it still has to; return how many notices. Once a day for each unit."""
    today = local_date(now)
    units: dict[int, list[queries.Standing]] = {}
    for one in found:
        units.setdefault(one.unit_id, []).append(one)
    told = 0
    for unit_id, people in queries.declarers(session, units, today).items():
        lines = units[unit_id]
        told += tell(
            session,
            people,
            REMINDED,
            {
                "unit": lines[0].name,
                "items": {
                    "vi": "; ".join(one.item.label.vi for one in lines),
                    "en": "; ".join(one.item.label.en for one in lines),
                },
                "period": period,
                "cut_off_on": cut_off.isoformat(),
                "by": by_name,
                "to": {"endpoint": "declarations.unit", "values": {"code": lines[0].unit, "period": period}},
            },
            now=now,
            key=f"{REMINDED}:{plan.code}:{period}:{unit_id}:{today.isoformat()}",
        )
    record(
        session, at=now, actor_id=by_id, code="declaration.remind", target=place, period=period,
        units=len(units), told=told,
    )  # fmt: skip
    return told


def register(
    session: Session,
    unit: Unit,
    fact: str,
    user_ids: Sequence[int],
    day: date,
    *,
    file_id: int | None,
    by_id: int | None,
    now: datetime,
) -> int:
    """Write a fact down for people of a unit, from a day on; return for how many it is new.

    Who has a registration that holds on the day keeps it; somebody who goes on as a volunteer says so anew each year.
    Raises `NobodyChosen`, `StillToCome`, `NotOfTheUnit`, `ScanNeeded`.
    """
    people = sorted(set(user_ids))
    if not people:
        raise NobodyChosen
    if day > local_date(now):
        raise StillToCome
    if fact == "network" and file_id is None:
        raise ScanNeeded
    if queries.with_posts(session, unit, fact, day, people) != set(people):
        raise NotOfTheUnit
    had = {one.user_id for one in _holding(session, fact, people, day)}
    if fact == "active":
        had = {one.user_id for one in _holding(session, fact, people, day) if one.valid_from == day}
    new = [one for one in people if one not in had]
    for one in new:
        session.add(
            PersonFact(
                user_id=one, fact=fact, valid_from=day, file_id=file_id, recorded_by_id=by_id, recorded_at=now
            )
        )
    session.flush()
    record(
        session, at=now, actor_id=by_id, code="person_fact.record", target=f"unit:{unit.code}", fact=fact,
        on=day.isoformat(), people=len(new),
    )  # fmt: skip
    return len(new)


def end(
    session: Session,
    unit: Unit,
    fact: str,
    user_ids: Sequence[int],
    day: date,
    *,
    by_id: int | None,
    now: datetime,
) -> int:
    """Let a fact of people of a unit end with a day; return for how many.

    Raises `NobodyChosen`, `StillToCome`, `NotOfTheUnit`, `NothingToEnd`, `EndsBeforeItBegan`.
    """
    people = sorted(set(user_ids))
    if not people:
        raise NobodyChosen
    today = local_date(now)
    if day > today:
        raise StillToCome
    if queries.with_posts(session, unit, fact, today, people) != set(people):
        raise NotOfTheUnit
    open_ = session.scalars(
        select(PersonFact).where(
            PersonFact.fact == fact, PersonFact.user_id.in_(people), PersonFact.valid_to.is_(None)
        )
    ).all()
    if not open_:
        raise NothingToEnd
    if any(one.valid_from > day for one in open_):
        raise EndsBeforeItBegan
    for one in open_:
        one.valid_to = day
    session.flush()
    record(
        session, at=now, actor_id=by_id, code="person_fact.end", target=f"unit:{unit.code}", fact=fact,
        on=day.isoformat(), people=len({one.user_id for one in open_}),
    )  # fmt: skip
    return len({one.user_id for one in open_})


def go_on(session: Session, user_id: int, now: datetime) -> bool:
    """Write down that a volunteer goes on, said by herself; return whether it is new today. Raises `NotOfTheUnit`."""
    today = local_date(now)
    units, last = queries.volunteering(session, user_id, today)
    if not units:
        raise NotOfTheUnit
    if last == today:
        return False
    session.add(
        PersonFact(user_id=user_id, fact="active", valid_from=today, recorded_by_id=user_id, recorded_at=now)
    )
    session.flush()
    record(
        session, at=now, actor_id=user_id, code="person_fact.go_on", target=f"user:{user_id}",
        on=today.isoformat(),
    )  # fmt: skip
    return True


def _holding(session: Session, fact: str, people: Sequence[int], day: date) -> Sequence[PersonFact]:
    return session.scalars(
        select(PersonFact).where(
            PersonFact.fact == fact,
            PersonFact.user_id.in_(people),
            PersonFact.valid_from <= day,
            (PersonFact.valid_to.is_(None)) | (PersonFact.valid_to >= day),
        )
    ).all()

"""What indicators hold about a person: facts that no course gives, and what she declared or filed for her unit."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core.rights import own  # noqa: F401 - account, posts and roles stand before
from portal.core.rights.holdings import Holding, Part, holds
from portal.core.text import N_
from portal.indicators.models import Declaration, PersonFact

FACT_LABELS = {"network": N_("registered in the network"), "active": N_("goes on as a volunteer")}


def _facts(session: Session, user_id: int) -> Part:
    rows = session.scalars(
        select(PersonFact).where(PersonFact.user_id == user_id).order_by(PersonFact.valid_from, PersonFact.id)
    )
    return Part(
        [
            {
                "fact": one.fact,
                "since": one.valid_from.isoformat(),
                "until": one.valid_to.isoformat() if one.valid_to else None,
            }
            for one in rows
        ]
    )


def _forget_facts(session: Session, user_id: int, now: datetime) -> None:
    """Delete them: what was filed keeps its counts by itself."""
    session.execute(delete(PersonFact).where(PersonFact.user_id == user_id))
    session.execute(
        update(PersonFact).where(PersonFact.recorded_by_id == user_id).values(recorded_by_id=None)
    )


holds(
    Holding(
        "person_facts",
        N_("Network and volunteering"),
        (("fact", N_("What")), ("since", N_("Since")), ("until", N_("Until"))),
        ("person_fact",),
        _facts,
        _forget_facts,
        {"fact": FACT_LABELS},
    )
)


def _declared(session: Session, user_id: int) -> Part:
    rows = session.scalars(
        select(Declaration).where(Declaration.entered_by_id == user_id).order_by(Declaration.id)
    )
    return Part(
        [{"item": one.item, "on": one.said_on.isoformat(), "at": one.entered_at.isoformat()} for one in rows]
    )


def _let_go(session: Session, user_id: int, now: datetime) -> None:
    """The values are the unit's and stay; who entered or decided them does not."""
    session.execute(
        update(Declaration).where(Declaration.entered_by_id == user_id).values(entered_by_id=None)
    )
    session.execute(
        update(Declaration).where(Declaration.decided_by_id == user_id).values(decided_by_id=None)
    )


holds(
    Holding(
        "declarations",
        N_("Values declared for a unit"),
        (("item", N_("What")), ("on", N_("As of")), ("at", N_("When"))),
        ("declaration",),
        _declared,
        _let_go,
    )
)

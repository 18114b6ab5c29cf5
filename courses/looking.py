"""That somebody looked at a list of people: the one thing a GET writes, in a unit of work of its own."""

from portal.core import clock
from portal.core.audit.services import record
from portal.core.db import unit_of_work
from portal.core.web import actor


def looked(code: str, target: str, **facts: str) -> None:
    """Record that the reader looked at, or took, a list of people."""
    with unit_of_work() as session:
        record(session, at=clock.now(), actor_id=actor().id, code=code, target=target, **facts)

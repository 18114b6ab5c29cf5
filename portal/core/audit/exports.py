"""Recording that the one who asks took a file of figures: all that such a GET writes, in a unit of work of its own."""

from portal.core import clock
from portal.core.audit.services import record
from portal.core.db import unit_of_work
from portal.core.web import actor


def record_export(code: str, target: str, **facts: object) -> None:
    """Append `thing.export` to the trail; the facts (JSON values) say of what kind and how many rows the file is."""
    with unit_of_work() as session:
        record(session, at=clock.now(), actor_id=actor().id, code=code, target=target, **facts)

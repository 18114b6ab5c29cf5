"""The portal with one more kind of job, for the workers that the tests start and kill: five steps, each recorded once."""

import time
from typing import Any

from sqlalchemy import select

from portal.app import create_app
from portal.core import clock
from portal.core.audit.models import Entry
from portal.core.audit.services import record
from portal.core.db import db
from portal.core.jobs.context import JobContext
from portal.core.jobs.registry import handles

STEPS = 5
KIND = "test.steps"


@handles(KIND, "Five steps")
def run(context: JobContext) -> dict[str, Any]:
    """Record five steps, each in a unit of work of its own; what an earlier try recorded is left alone."""
    pause = float(context.facts["pause"])
    for step in range(STEPS):
        target = f"{context.facts['number']}:{step}"
        with context.work() as session:
            known = session.scalar(select(Entry.id).where(Entry.code == KIND, Entry.target == target))
            if session.get_bind().dialect.name == "postgresql":
                time.sleep(pause)  # the moment in which another worker could do the same
            if known is None:
                record(session, at=clock.now(), actor_id=None, code=KIND, target=target)
            if step == STEPS - 1:
                context.finish(session, {"steps": STEPS})
        time.sleep(pause)
        context.progress(step + 1, STEPS)
        context.stop_if_asked()
    return {}


app = create_app()


def states() -> list[str]:
    """Return the state of every job."""
    from portal.core.jobs.models import Job

    with app.app_context():
        found = [str(one) for one in db.session().scalars(select(Job.state).order_by(Job.id))]
        db.session.remove()
    return found

"""Workers keep the tallies: what was marked is counted anew within seconds, and the days that pages ask for are built."""

from portal.core import clock
from portal.core.db import db
from portal.core.jobs.registry import tends
from portal.indicators.tallies import keeping


@tends("indicators.tallies")
def tend() -> bool:
    """Do one step; return whether there is more to do."""
    today = clock.today()
    if not keeping.due(db.session(), today):
        return False
    db.session.remove()
    return keeping.tend(today)

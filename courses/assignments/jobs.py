"""Applying the rules in the background: when one is made or ended, and every night for whoever came or left.

Whoever has just got a post, or an account, is asked at once: a few people in the same transaction, a long list by this job.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from courses.assignments import queries, services
from portal.core import clock
from portal.core.accounts import arrivals
from portal.core.db import db
from portal.core.jobs import services as background
from portal.core.jobs.context import JobContext
from portal.core.jobs.registry import handles
from portal.core.text import N_

KIND = "assignments.apply"
AT_ONCE = 20  # people; more of them keep whoever caused it waiting too long


@handles(KIND, N_("Assigning courses"), daily_at=2)
def run(context: JobContext) -> dict[str, Any]:
    """Apply the rules of the course in `facts["course"]` (an id), or of every course."""
    session = db.session()
    wanted = context.facts.get("course")
    courses = [int(wanted)] if wanted else list(queries.courses_with_rules(session))
    applied = services.run(session, _Fenced(context), clock.today(), clock.now(), courses)
    answer: dict[str, Any] = {
        "lines": [
            [N_("%(number)d people were asked to learn."), {"number": applied.asked}],
            [
                N_("From %(number)d people it was taken back before they began."),
                {"number": applied.withdrawn},
            ],
        ]
    }
    if context.facts.get("rule"):
        answer["next"] = {
            "endpoint": "assignments.show",
            "values": {"rule_id": context.facts["rule"]},
            "label": N_("Back to the rule"),
        }
    return answer


class _Fenced:
    """The job's units of work; between two of them it may be stopped."""

    def __init__(self, context: JobContext) -> None:
        self.work = context.work
        self._context = context

    def progress(self, done: int, total: int) -> None:
        self._context.progress(done, total)
        self._context.stop_if_asked()


def ask_at_once(session: Session, user_ids: Sequence[int], now: datetime) -> None:
    """Apply the rules to people whose posts have just changed; the job does it for more than twenty, begun at once."""
    people = sorted(set(user_ids))
    if len(people) <= AT_ONCE:
        services.apply_to(session, people, now)
    else:
        for course_id in queries.courses_with_rules(session):
            background.enqueue(session, KIND, {"course": course_id}, by_id=None, now=now)


arrivals.ON_ARRIVAL.append(ask_at_once)
arrivals.ON_TAKING_BACK.append(services.unask)

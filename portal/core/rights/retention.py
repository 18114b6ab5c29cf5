"""How long what is kept for its own sake stays: the rules, and the clean-up every night. The audit trail is kept.

Each rule deletes rows older than a number of days that is a setting; 0 keeps them. Small steps, so that nobody waits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.accounts.models import SignIn
from portal.core.audit.services import record
from portal.core.db import Base
from portal.core.files import services as files
from portal.core.jobs.context import JobContext
from portal.core.jobs.models import OPEN, Job
from portal.core.jobs.registry import handles
from portal.core.notices.models import Notice
from portal.core.rights.models import ListView
from portal.core.text import N_
from portal.core.web import settings

STEP = 2000
TOLD_ONCE_DAYS = 100  # longer than a course is open for renewal before its certificate ends


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the name of its setting, what it is about (a message), the model, and which rows are too old."""

    setting: str
    title: str
    model: type[Base]
    too_old: Callable[[datetime], ColumnElement[bool]]

    def days(self, chosen: Settings) -> int:
        """Return how many days rows stay; 0 for ever."""
        days = int(getattr(chosen, self.setting))
        # a session that can still be used is never deleted; nor a notice whose key still keeps it from being told twice
        least = {SignIn: chosen.session_days, Notice: TOLD_ONCE_DAYS}.get(self.model, 0)
        return max(days, least) if days else 0


RULES: dict[str, Rule] = {}


def keeps(rule: Rule) -> Rule:
    """Register a rule; its setting is a field of `Settings` named `keep_…_days`."""
    RULES[rule.setting] = rule
    return rule


keeps(
    Rule(
        "keep_sign_ins_days",
        N_("Sign-ins"),
        SignIn,
        lambda before: or_(SignIn.ended_at < before, SignIn.created_at < before),
    )
)
keeps(
    Rule(
        "keep_read_notices_days", N_("Notices that were read"), Notice, lambda before: Notice.read_at < before
    )
)
keeps(
    Rule(
        "keep_jobs_days",
        N_("Background work that has ended"),
        Job,
        lambda before: and_(Job.ended_at < before, Job.state.not_in(OPEN)),
    )
)
keeps(Rule("keep_list_views_days", N_("Who looked at lists"), ListView, lambda before: ListView.at < before))


def count(session: Session, rule: Rule, now: datetime) -> int:
    """Return how many rows a rule would delete now."""
    days = rule.days(settings())
    if not days:
        return 0
    too_old = rule.too_old(now - timedelta(days=days))
    return session.scalar(select(func.count()).select_from(rule.model).where(too_old)) or 0


def step(session: Session, rule: Rule, now: datetime) -> int:
    """Delete at most 2,000 rows of a rule; return how many."""
    days = rule.days(settings())
    if not days:
        return 0
    key: Any = rule.model.__table__.primary_key.columns[0]  # type: ignore[attr-defined]
    some = select(key).where(rule.too_old(now - timedelta(days=days))).order_by(key).limit(STEP)
    gone = session.execute(delete(rule.model).where(key.in_(some)).returning(key)).all()
    return len(gone)


@handles("retention.run", N_("Deleting what need not be kept"), daily_at=2)
def run(context: JobContext) -> dict[str, Any]:
    """Delete what is older than the rules allow, and uploads that nothing refers to."""
    now = clock.now()
    deleted = {}
    for place, rule in enumerate(RULES.values()):
        total = 0
        while True:
            context.stop_if_asked()
            with context.work() as session:
                gone = step(session, rule, now)
            total += gone
            if gone < STEP:
                break
        deleted[rule.setting] = total
        context.progress(place + 1, len(RULES) + 1)
    with context.work() as session:
        deleted["files"] = files.sweep(session, now)
        record(session, at=now, actor_id=context.by_id, code="retention.run", target="retention", **deleted)
        context.finish(session, {"deleted": deleted})
    return {}

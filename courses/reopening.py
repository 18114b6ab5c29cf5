"""Telling a learner that her certificate ends and the course is open to her again: once, ninety days before, in the portal.

Whoever is asked by a rule to learn it again has been told so already; whoever has begun anew knows.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, cast, exists, literal, select
from sqlalchemy.orm import Session, aliased

from courses.assignments.models import Assignment
from courses.certificates.models import Certificate, Revocation
from courses.models import Course, Enrolment, Version
from courses.renewal import RENEWAL_DAYS
from portal.core import clock
from portal.core.accounts.models import User
from portal.core.jobs.context import JobContext
from portal.core.jobs.registry import handles
from portal.core.notices import services as notices
from portal.core.notices.models import Notice
from portal.core.notices.wording import say
from portal.core.text import N_

BATCH = 1000
OPEN = say(
    "renewal.open",
    N_("You can renew: %(course)s"),
    N_("Your certificate of the course %(course)s is valid until %(ends_on)s. From today you can learn it again; until then it stays valid."),
    N_("Open the course"),
)  # fmt: skip


def to_tell(session: Session, day: date) -> Sequence[Any]:
    """Return at most a thousand certificates that may be renewed on `day` and whose owner was not told.

    Each as (id, owner, code of the course, its title, last day).
    """
    later = aliased(Enrolment)
    key = (
        literal("renewal:") + cast(Certificate.id, String) + literal(":") + cast(Certificate.user_id, String)
    )
    return session.execute(
        select(Certificate.id, Certificate.user_id, Course.code, Version.title, Certificate.expires_on)
        .join(User, User.id == Certificate.user_id)
        .join(Course, Course.id == Certificate.course_id)
        .join(Version, and_(Version.course_id == Course.id, Version.current))
        .where(
            Certificate.expires_on >= day,
            Certificate.expires_on <= day + timedelta(days=RENEWAL_DAYS),
            User.ended_at.is_(None),
            ~exists().where(Revocation.certificate_id == Certificate.id),
            ~exists().where(
                later.user_id == Certificate.user_id,
                later.course_id == Certificate.course_id,
                later.cycle > Certificate.cycle,
            ),
            ~exists().where(
                Assignment.user_id == Certificate.user_id,
                Assignment.course_id == Certificate.course_id,
                Assignment.cycle > Certificate.cycle,
                Assignment.ended_on.is_(None),
            ),
            ~exists().where(Notice.key == key),
        )
        .order_by(Certificate.id)
        .limit(BATCH)
    ).all()


def tell(session: Session, day: date, now: datetime) -> int:
    """Tell at most a thousand people; return how many."""
    told = 0
    for certificate_id, user_id, code, title, until in to_tell(session, day):
        facts = {
            "course": title["vi"],
            "ends_on": until.isoformat(),
            "to": {"endpoint": "catalogue.course", "values": {"code": code}},
        }
        told += notices.tell(session, [user_id], OPEN, facts, now=now, key=f"renewal:{certificate_id}")
    return told


@handles("renewal.tell", N_("Telling learners that they can renew"), daily_at=3)
def run(context: JobContext) -> dict[str, Any]:
    """Tell everybody whose certificate may be renewed from today on."""
    return {"lines": [[N_("%(number)d people were told."), {"number": sum(_batches(context))}]]}


def _batches(context: JobContext) -> Iterator[int]:
    while True:
        context.stop_if_asked()
        with context.work() as session:
            told = tell(session, clock.today(), clock.now())
        yield told
        if told < BATCH:
            return

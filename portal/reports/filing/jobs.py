"""What happens by itself: drafts at 00:05 on the 15th for everybody who must report, and reminders before it."""

from datetime import date, datetime
from typing import Any

from portal.core import clock
from portal.core.db import db
from portal.core.jobs.context import JobContext
from portal.core.jobs.registry import handles
from portal.core.jobs.services import enqueue
from portal.core.notices.services import tell
from portal.core.notices.wording import say
from portal.core.text import N_
from portal.indicators import opening
from portal.indicators.catalogue import plans
from portal.indicators.definitions import Plan
from portal.indicators.periods import Period, last_closed, running
from portal.reports.filing import queries, services
from portal.reports.filing.reporters import must

DAILY, DRAFTS = "filing.daily", "filing.drafts"
DAYS_BEFORE = (30, 7, 1)
SOON = say(
    "filing.due_soon",
    N_("Report for the %(period)s due on %(due_on)s"),
    N_("%(place)s reports for the %(period)s by %(due_on)s. Figures close at the end of %(cut_off_on)s."),
    N_("Reports"),
)
DRAFTED = say(
    "filing.drafted",
    N_("The draft of the report for the %(period)s is ready"),
    N_(
        "%(place)s: read the draft, write what the portal cannot know, and have it approved. Due on %(due_on)s."
    ),
    N_("Reports"),
)


@handles(DAILY, N_("Reporting periods: reminders and drafts"), daily_at=0)
def daily(context: JobContext) -> dict[str, Any]:
    """Remind heads of what is due, and ask for the drafts of a period whose cut-off is past."""
    today = clock.today()
    reminded = sum(_remind(context, plan, today) for plan in plans().values())
    period = last_closed(today)
    asked = 0
    for plan in plans().values():
        if plan.valid_from <= period.cut_off <= plan.valid_to:
            at = datetime.combine(period.due_on, period.draft_from.time(), clock.PROVINCE)
            with context.work() as session:
                enqueue(
                    session,
                    DRAFTS,
                    {"plan": plan.code, "period": period.code},
                    by_id=None,
                    now=max(at, clock.now()),
                    key=f"{DRAFTS}:{plan.code}:{period.code}",
                )
            asked += 1
    return {"reminded": reminded, "asked": asked}


def _remind(context: JobContext, plan: Plan, today: date) -> int:
    """Tell the heads of every place that has not filed; each is told once for each of the days."""
    told = 0
    period = running(today)
    days = (period.due_on - today).days
    if days in DAYS_BEFORE:
        for place in must(db.session(), plan, period):
            with context.work() as session:
                told += tell(
                    session,
                    queries.heads(session, place, today),
                    SOON,
                    _facts(place.issuer, period),
                    now=clock.now(),
                    key=f"{SOON}:{plan.code}:{period.code}:{place.code}:{days}",
                )
    return told


@handles(DRAFTS, N_("Drafts of reports"))
def drafts(context: JobContext) -> dict[str, Any]:
    """Draft the report of every place that must file and has none; each in a transaction of its own."""
    plan, period = plans()[str(context.facts["plan"])], Period.parse(str(context.facts["period"]))
    places = must(db.session(), plan, period)
    made = 0
    for number, place in enumerate(places):
        context.stop_if_asked()
        with context.work() as session:
            last = queries.latest(session, plan.code, period.code, place.code)
            if last is None:
                services.draft(session, plan, period, place, opening.rows, services.NIGHT, clock.now())
                tell(
                    session,
                    queries.heads(session, place, clock.today()),
                    DRAFTED,
                    _facts(place.issuer, period),
                    now=clock.now(),
                    key=f"{DRAFTED}:{plan.code}:{period.code}:{place.code}",
                )
                made += 1
        context.progress(number + 1, len(places))
    return {
        "made": made,
        "lines": [
            [
                N_("Drafts made: %(made)s of %(places)s places that must report."),
                {"made": made, "places": len(places)},
            ]
        ],
        "next": {"endpoint": "filings.index", "values": {"period": period.code}, "label": N_("Reports")},
    }


def _facts(place: str, period: Period) -> dict[str, Any]:
    return {
        "place": place,
        "period": period.code,
        "due_on": period.due_on.isoformat(),
        "cut_off_on": period.cut_off.isoformat(),
        "to": {"endpoint": "filings.index", "values": {"period": period.code}},
    }

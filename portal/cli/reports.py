"""`flask reports`: filing a report, and proving that filed ones are as they were."""

import json
import sys

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cli.options import text_or_json
from portal.core import clock
from portal.core.accounts import queries as account_queries
from portal.core.accounts.models import User
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.policy import Action
from portal.indicators import opening
from portal.indicators.catalogue import plans
from portal.indicators.definitions import Plan
from portal.indicators.periods import NoPeriod, Period
from portal.reports.filing import queries as filing_queries
from portal.reports.filing import reporters
from portal.reports.filing import services as filing_services
from portal.reports.filing import snapshot as frozen
from portal.reports.filing.errors import NotAReporter
from portal.reports.filing.models import Filing, FilingState


@click.group("reports")
def reports() -> None:
    """Filed reports."""


@reports.command("file")
@click.option("--plan", "plan_code", default="plan-39", show_default=True)
@click.option("--period", "period_code", required=True, help="2025-H1 (half a year) or 2025 (a year)")
@click.option("--place", required=True, help="who reports: area:34/education, area:336")
@click.option("--prepared-by", help="user name of who prepares, where the report is not prepared yet")
@click.option("--by", "filed_by", required=True, help="user name of who approves and files")
@text_or_json
def reports_file(
    plan_code: str, period_code: str, place: str, prepared_by: str | None, filed_by: str, shape: str
) -> None:
    """File the report of a place, drafting, preparing and approving it first where that is still to be done."""
    plan = plans().get(plan_code)
    if plan is None:
        raise click.ClickException(f"there is no plan {plan_code}")
    try:
        period = Period.parse(period_code)
        with unit_of_work() as session:
            filing = _filed(session, plan, period, place, prepared_by, filed_by)
            answer = {
                "id": filing.id,
                "period": filing.period,
                "place": filing.place,
                "digest": filing.digest,
            }
    except (NoPeriod, Refused) as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(json.dumps(answer) if shape == "json" else f"filed report {answer['id']}: {answer['digest']}")


def _filed(
    session: Session, plan: Plan, period: Period, place: str, prepared_by: str | None, filed_by: str
) -> Filing:
    now = clock.now()
    must = reporters.the_one(session, plan, period, place)
    if must is None:
        raise NotAReporter
    approver = _allowed_to(session, filed_by, Action.REPORT_FILE, must)
    filing = filing_queries.latest(session, plan.code, period.code, place)
    preparer = _allowed_to(session, prepared_by, Action.REPORT_PREPARE, must) if prepared_by else None
    if filing is None or filing.state == FilingState.RETURNED:
        filing = filing_services.draft(
            session, plan, period, must, opening.rows, preparer or filing_services.NIGHT, now
        )
    if filing.state == FilingState.DRAFT:
        if preparer is None:
            raise click.ClickException("the report is a draft: name who prepares it (--prepared-by)")
        filing_services.prepare(session, filing, opening.rows, preparer, now)
    if filing.state == FilingState.PREPARED:
        filing_services.approve(session, filing, approver, now)
    filing_services.file(session, filing, opening.rows, approver, now)
    return filing


def _allowed_to(session: Session, username: str, action: Action, place: reporters.Must) -> filing_services.By:
    """Return a person who may do it there; the command line gives nobody more than the pages do."""
    person = session.scalars(select(User).where(User.username == username)).first()
    if person is None:
        raise click.ClickException(f"there is no user {username}")
    if not filing_queries.covers(
        session, account_queries.actor_of(session, person.id, clock.today()).grants, action, place
    ):
        raise click.ClickException(f"{username} may not do this for {place.code}")
    return filing_services.By(person.id, person.full_name)


@reports.command("verify")
@click.option("--id", "filing_id", type=int, help="one report; else every filed one")
@text_or_json
def reports_verify(filing_id: int | None, shape: str) -> None:
    """Recompute every digest of filed reports and name what differs. Exit code 1 if anything does."""
    session = db.session()
    query = select(Filing).where(Filing.digest.is_not(None)).order_by(Filing.id)
    if filing_id is not None:
        query = query.where(Filing.id == filing_id)
    found = session.scalars(query).all()
    if filing_id is not None and not found:
        raise click.ClickException(f"there is no filed report {filing_id}")
    faults = {one.id: frozen.verify(session, one) for one in found}
    if shape == "json":
        click.echo(json.dumps({str(key): said for key, said in faults.items()}, ensure_ascii=False))
    else:
        for key, said in faults.items():
            for fault in said:
                click.echo(f"report {key}: {fault}", err=True)
        click.echo(f"{len(found)} filed reports verified, {sum(map(bool, faults.values()))} not as filed")
    if any(faults.values()):
        sys.exit(1)

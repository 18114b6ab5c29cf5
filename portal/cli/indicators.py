"""`flask indicators`: the figures of the plan, and whether their tallies agree with the facts."""

import json
from dataclasses import asdict
from datetime import date

import click
from sqlalchemy.orm import Session

from portal.cli.options import text_or_json
from portal.core import clock
from portal.core.db import db, one_view, unit_of_work
from portal.core.errors import NotFound
from portal.core.policy import Action, Actor, Grant, Role
from portal.core.rounding import percents, places
from portal.indicators import answers, compute
from portal.indicators.catalogue import plans
from portal.indicators.periods import running
from portal.indicators.places import Where, where_for, where_then
from portal.indicators.tallies import keeping


@click.group("indicators")
def indicators() -> None:
    """Figures of the plan."""


@indicators.command("compute")
@click.option("--plan", "plan_code", default="plan-39", show_default=True)
@click.option("--as-of", "as_of", required=True, help="a day, like 2025-12-14")
@click.option("--place", required=True, help="area:34, area:34/education, unit:CODE, or a bare code")
@click.option("--bounds", type=click.Choice(["then", "now"]), default="then", show_default=True)
@click.option("--targets", help="target set; the plan's first one by default")
@text_or_json
def indicators_compute(
    plan_code: str, as_of: str, place: str, bounds: str, targets: str | None, shape: str
) -> None:
    """Compute every figure of a place from the facts of a day: those of the board, the files and the API."""
    plan = plans().get(plan_code)
    if plan is None:
        raise click.ClickException(f"there is no plan {plan_code}; there are: {', '.join(plans())}")
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        raise click.ClickException(f"{as_of!r} is no day: write it like 2025-12-14") from None
    sets = [one.code for one in plan.target_sets]
    if targets is not None and targets not in sets:
        raise click.ClickException(f"the plan has no target set {targets}; it has: {', '.join(sets)}")
    session = db.session()
    asked = compute.Asked(plan, targets or sets[0], running(day), day, bounds == "now")
    where = _anywhere(session, place, asked)
    facts = compute.Facts(session, asked)
    figures = compute.board(facts, where, compute.relevant(plan, where))
    if shape == "json":
        answer = answers.document(asked, where, figures, facts.of(where)(day))
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    click.echo(f"{where.name}, {as_of}, {asked.period.code}, {asked.target_set}")
    for indicator, figure in figures:
        counts = "/".join("?" if one is None else str(one) for one in (figure.numerator, figure.denominator))
        share = (
            ""
            if figure.value is None
            else f"{percents(figure.value, places(figure.value, figure.target)):f} %"
        )
        click.echo(f"{indicator.code:<6} {counts:>17} {share:>8}  {indicator.title.en}")


def _anywhere(session: Session, code: str, asked: compute.Asked) -> Where:
    """Return a place for the command line, which sees all of them."""
    everywhere = Actor(0, (Grant(Role.STANDING_AGENCY),))
    for named in [code] if ":" in code else [f"area:{code}", f"unit:{code}"]:
        try:
            if asked.now:
                return where_for(session, everywhere, named, Action.INDICATOR_READ)
            return where_then(session, everywhere, named, Action.INDICATOR_READ, asked.day)
        except NotFound:
            continue
    raise click.ClickException(f"there is no area or unit {code}")


@indicators.command("recount")
@click.option(
    "--write", "mend", is_flag=True, help="tally everything anew that differs, and what is not tallied yet"
)
@text_or_json
def indicators_recount(mend: bool, shape: str) -> None:
    """Compare the tallies that figures are added up from with the facts; end with 1 where they differ.

    What was written since the last turn is not compared: figures count it from the facts anyway.
    """
    session = db.session()
    with one_view(session):
        found = [(kept.plan, kept.day, wrong) for kept, wrong in keeping.compare(session)]
    wrong = [one for _plan, _day, differ in found for one in differ]
    if shape == "json":
        click.echo(
            json.dumps(
                {
                    "days": [f"{plan}:{day.isoformat()}" for plan, day, _differ in found],
                    "differences": [{**asdict(one), "day": one.day.isoformat()} for one in wrong],
                }
            )
        )
    else:
        for plan, day, differ in found:
            click.echo(f"{plan} {day}: {len(differ)} differences")
            for one in differ:
                click.echo(f"  {one.what} of unit {one.unit}: {one.tallied} tallied, {one.counted} counted")
    if mend:
        if wrong:
            with unit_of_work() as work:
                keeping.forget(work)
        while keeping.tend(clock.today()):
            pass
        click.echo("tallied anew", err=True)
    elif wrong:
        raise click.exceptions.Exit(1)

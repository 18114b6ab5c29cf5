"""The rows of a filed figure: a page of them, and all of them as a file; who looks at people is recorded."""

from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, flash, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from courses.forms import ButtonForm
from portal.core import clock
from portal.core.accounts.queries import actor_of
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.jobs.context import JobContext
from portal.core.jobs.queries import job_for
from portal.core.jobs.registry import handles
from portal.core.jobs.services import enqueue
from portal.core.locale import in_language, language, show_moment
from portal.core.policy import Action, Actor
from portal.core.rights.looking import name_look
from portal.core.rights.queries import police_among
from portal.core.rights.web import ask_reason, given_reason, looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires, see_other
from portal.indicators import pages, views, words
from portal.indicators.asking import name_of
from portal.indicators.definitions import Indicator, Rule
from portal.indicators.holders import BUNDLE
from portal.indicators.opening.names import named
from portal.indicators.pages import Wanted
from portal.indicators.periods import Period
from portal.reports import row_exports
from portal.reports.files import answer_with
from portal.reports.filing import opened, queries, services
from portal.reports.filing.models import Filing
from portal.reports.tables import Table

bp = Blueprint("filed_rows", __name__, url_prefix="/reports/filings")
LOOKED = name_look("filing.rows", N_("opened a filed figure into its people"))
EXPORT = name_look("filing.export", N_("exported the people behind a filed figure"))
LOOK = (Action.REPORT_PREPARE, Action.REPORT_RECEIVE)
MAKE = "filing.list"


def _figure(filing: Filing, code: str) -> Indicator:
    """Return a figure of a filed report. Raises `NotFound`, also where the report is not filed yet."""
    indicator = services.plan_of(filing).indicator(code)
    figures = (filing.snapshot or {}).get("figures", ())
    if indicator is None or filing.digest is None or code not in {one["code"] for one in figures}:
        raise NotFound
    return indicator


def rule_of(filing: Filing, indicator: Indicator) -> Rule:
    """Return the reading that a figure was filed by: a later one may claim the same day, and its words are not of it."""
    figures = (filing.snapshot or {}).get("figures", ())
    filed = next((one.get("rule") for one in figures if one["code"] == indicator.code), None)
    return next(
        (rule for rule in indicator.rules if rule.version == filed), indicator.rule_on(filing.cut_off)
    )


@bp.get("/<int:filing_id>/rows/<code>")
@requires(Action.REPORT_PREPARE)
@views.understood
def show(filing_id: int, code: str) -> str | Answer:
    """Open a figure of a filed report into the rows that were frozen with it."""
    session = db.session()
    filing = queries.find(session, actor(), filing_id, *LOOK)
    indicator, wanted = _figure(filing, code), views.wanted()
    key = opened.key_of(filing, code, wanted)
    found = opened.page(session, filing, key, wanted) if key is not None else None
    rows = found.rows if found is not None else []
    people = views.people_in(rows)
    reason = reason_for_police(filing.place, people) if people else None
    if isinstance(reason, Answer):
        return reason
    plan, rule = services.plan_of(filing), rule_of(filing, indicator)
    page = render_template(
        "filings/rows.html",
        filing=filing,
        called=name_of(Period.parse(filing.period)),
        code=code,
        title=words.said(indicator.title),
        found=found,
        rows=list(zip(rows, named(session, rows), strict=True)),
        people=people,
        wanted=wanted,
        chosen=views.choice(wanted),
        has_people=pages.shows_people(indicator),
        reasons=[
            (one, words.reason_name(plan, rule, one), many) for one, many in sorted(found.reasons.items())
        ]
        if found is not None
        else [],
        parts=[(one, words.part_name(plan, rule, one), many) for one, many in sorted(found.parts.items())]
        if found is not None
        else [],
        states=words.labels(views.STATES),
        may_export=_may_export(session, actor(), filing),
        most_at_once=pages.AT_ONCE,
        size=pages.PAGE,
        form=ButtonForm(),
        reason_of=lambda row: words.reason_of(plan, rule, row),
        part_name=lambda part: words.part_name(plan, rule, part),
        said_value=lambda row: words.said_value(plan, row),
        said_grades=lambda row: words.said_grades(plan, rule, row),
    )
    if people:
        looked(LOOKED, filing.place, people, reason, indicator=code, period=filing.period, filing=filing.id)
    return page


def _may_export(session: Session, who: Actor, filing: Filing) -> bool:
    try:
        queries.find(session, who, filing.id, Action.PEOPLE_EXPORT)
    except NotFound:
        return False
    return True


def _for_export(
    session: Session, who: Actor, filing_id: int, code: str, wanted: Wanted
) -> tuple[Filing, str]:
    """Return a filed report and the key of rows of it that somebody may take with her. Raises `NotFound`."""
    queries.find(session, who, filing_id, *LOOK)
    filing = queries.find(session, who, filing_id, Action.PEOPLE_EXPORT)
    _figure(filing, code)
    key = opened.key_of(filing, code, wanted)
    if key is None:
        raise NotFound
    return filing, key


def _with_police(session: Session, filing: Filing, key: str, wanted: Wanted) -> bool:
    """Return whether a list of any length has police officers on it."""
    some: list[int] = []
    for row in opened.every(session, filing, key, wanted):
        if row.kind == "person":
            some.append(row.key)
        if len(some) == BUNDLE:
            if police_among(session, some):
                return True
            some = []
    return bool(some) and police_among(session, some)


def _table(session: Session, filing: Filing, code: str, bundles: Any) -> Table:
    indicator = _figure(filing, code)
    asked = " · ".join(
        [
            filing.place_name,
            name_of(Period.parse(filing.period)),
            _("rows as filed, %(moment)s", moment=show_moment(filing.filed_at) if filing.filed_at else ""),
            services.plan_of(filing).number,
        ]
    )
    rule = rule_of(filing, indicator)
    return row_exports.rows_table(session, services.plan_of(filing), indicator, rule, asked, bundles)


def _facts(filing: Filing, code: str) -> dict[str, str]:
    return {"indicator": code, "period": filing.period, "filing": str(filing.id)}


@bp.get("/<int:filing_id>/rows/<code>/list.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
@views.understood
def file(filing_id: int, code: str, kind: str) -> Response | Answer:
    """Send the rows as a file; very many are left to a job."""
    session, wanted = db.session(), views.wanted()
    filing, key = _for_export(session, actor(), filing_id, code, wanted)
    found = []
    for row in opened.every(session, filing, key, wanted):
        found.append(row)
        if len(found) > pages.AT_ONCE:
            flash(
                _("The list is long: its file is made in the background. Press the button below."), "warning"
            )
            return see_other("filed_rows.show", filing_id=filing_id, code=code, **views.choice(wanted))
    people = views.people_in(found)
    reason = reason_for_police(filing.place, people) if people else None
    if isinstance(reason, Answer):
        return reason
    table = _table(session, filing, code, row_exports.bundled(found))
    name, place, facts = _name(filing, code), filing.place, _facts(filing, code)
    # names are read before the look is recorded, in the same view of the facts
    table = replace(table, rows=list(table.rows))
    if people:
        looked(EXPORT, place, people, reason, kind=kind, rows=len(found), **facts)
    return answer_with(table, kind, name)


@bp.post("/<int:filing_id>/rows/<code>/list.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
@views.understood
def make(filing_id: int, code: str, kind: str) -> Answer:
    """Have the rows written to a file in the background, however many they are."""
    session, wanted = db.session(), views.wanted()
    filing, key = _for_export(session, actor(), filing_id, code, wanted)
    reason = None
    if _with_police(session, filing, key, wanted):
        # the form leads back to the page of rows, and that to its button
        reason = given_reason("police", filing.place)
        if reason is None:
            here = see_other(
                "filed_rows.show", filing_id=filing_id, code=code, **views.choice(wanted)
            ).location
            return ask_reason("police", filing.place, here)
    facts = {
        "filing": filing.id,
        "indicator": code,
        "wanted": asdict(wanted),
        "kind": kind,
        "language": language(),
        "reason": reason,
        "name": f"{_name(filing, code)}-{clock.today().isoformat()}",
    }
    with unit_of_work() as work:
        asked = enqueue(work, MAKE, facts, by_id=actor().id, now=clock.now()).id
    return see_other("jobs.show", job_id=asked)


@handles(MAKE, N_("The rows behind a filed figure, as a file"))
def write(context: JobContext) -> dict[str, Any]:
    """Write the file. facts: `filing`, `indicator`, `wanted`, `kind`, `language`, `reason`, `name`."""
    facts, session = context.facts, db.session()
    code, wanted = str(facts["indicator"]), Wanted(**facts["wanted"])
    with in_language(str(facts["language"])):
        try:
            filing, key = _still(session, context.by_id or 0, facts)
        except NotFound:
            raise row_exports.NoLongerYours from None
        row_exports.write(
            context,
            opened.every(session, filing, key, wanted),
            lambda some: _table(session, filing, code, some),
            total=0 if wanted.search else opened.many(session, filing, key, wanted),
            look=row_exports.Look(EXPORT, filing.place, _facts(filing, code)),
            endpoint="filed_rows.made",
        )
    return {}


def _still(session: Session, by_id: int, facts: dict[str, Any]) -> tuple[Filing, str]:
    """Return what a job was asked for, if whoever asked may have it at this moment. Raises `NotFound`."""
    who = actor_of(session, by_id, clock.today())
    return _for_export(session, who, int(facts["filing"]), str(facts["indicator"]), Wanted(**facts["wanted"]))


@bp.get("/lists/<int:job_id>")
@requires(Action.OWN_ACCOUNT)
def made(job_id: int) -> Response:
    """Send a file that was made in the background to whoever asked for it, while she may have the list; to nobody else."""
    session = db.session()
    job = job_for(session, actor(), job_id)
    if job.kind != MAKE:
        raise NotFound
    _still(session, actor().id or 0, job.facts)
    return row_exports.sent(session, job)


def _name(filing: Filing, code: str) -> str:
    place = filing.place.replace(":", "-").replace("/", "-")
    return f"da-nop-{code}-{place}-{filing.period}"

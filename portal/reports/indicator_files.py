"""The board of indicators and the rows behind a figure as files: the same lines as the pages, with real numbers."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import islice

from flask import Blueprint, Response, flash
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.audit.exports import record_export
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.jobs.queries import job_for
from portal.core.jobs.services import enqueue
from portal.core.locale import language
from portal.core.policy import Action
from portal.core.rights.web import looked
from portal.core.web import actor, requires, see_other
from portal.indicators import pages, showing, views
from portal.indicators.asking import Question
from portal.indicators.compute import Facts
from portal.reports import row_exports
from portal.reports.files import answer_with
from portal.reports.indicator_lines import asked_line
from portal.reports.tables import Column, Kind, Table, beside

bp = Blueprint("indicator_files", __name__, url_prefix="/indicators")


def board_table(asked: Question, lines: Sequence[showing.Line]) -> Table:
    """Return the board as a table."""
    return Table(
        title=_("Indicators of plan %(number)s", number=asked.asked.plan.number),
        asked=asked_line(asked),
        columns=(
            Column("code", _("Code"), Kind.TEXT, 8),
            Column("sentence", _("Sentence of the plan"), Kind.TEXT, 60),
            Column("target", _("Target"), Kind.SHARE, 10),
            Column("numerator", _("Numerator"), Kind.COUNT, 12),
            Column("denominator", _("Denominator"), Kind.COUNT, 12),
            Column("value", _("Value"), Kind.SHARE, 18),
            Column("needed", _("Number needed"), Kind.COUNT, 12),
            Column("state", _("State"), Kind.TEXT, 18),
            Column("source", _("Source"), Kind.TEXT, 22),
            Column("rule", _("Reading"), Kind.COUNT, 10),
            Column("missing", _("Units that must still declare"), Kind.COUNT, 16),
            Column("remarks", _("Remarks"), Kind.TEXT, 60),
        ),
        rows=[
            (
                one.code,
                one.sentence,
                target,
                one.numerator,
                one.denominator,
                value,
                one.needed,
                one.state_name,
                one.source,
                one.rule,
                one.missing,
                "; ".join([*one.parts, *one.warnings, *one.marks]) or None,
            )
            for one in lines
            for value, target in [beside(one.value, one.target)]
        ],
    )


@bp.get("/board.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
@views.understood
def board(kind: str) -> Response:
    """Send the board."""
    asked = views.question()
    lines = views.board_of(asked, Facts(db.session(), asked.asked))
    table = board_table(asked, lines)
    record_export(
        "indicators.export", asked.where.code, kind=kind, period=asked.asked.period.code, rows=str(len(lines))
    )
    return answer_with(table, kind, f"chi-tieu-{_safe(asked.where.code)}-{asked.asked.period.code}")


@bp.get("/<code>/rows.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
@views.understood
def rows(code: str, kind: str) -> Response | Redirect:
    """Send the rows behind a figure; who exported whom is recorded. Very many are left to a job."""
    asked, chosen = views.question(), views.wanted()
    session = db.session()
    asked = row_exports.for_export(session, actor(), asked)
    indicator = views.indicator_of(asked.asked, code)
    facts = Facts(session, asked.asked)
    reason = views.reason_needed(facts, indicator, asked.where, chosen)
    if isinstance(reason, Redirect):
        return reason
    stream = pages.fitting(session, pages.all_rows(facts, indicator, asked.where, chosen), chosen)
    found = list(islice(stream, pages.AT_ONCE + 1))
    if len(found) > pages.AT_ONCE:
        flash(_("The list is long: its file is made in the background. Press the button below."), "warning")
        return see_other("indicators.rows", code=code, **asked.here, **views.choice(chosen))
    table = row_exports.rows_table(
        session,
        asked.asked.plan,
        indicator,
        indicator.rule_on(asked.asked.day),
        asked_line(asked),
        row_exports.bundled(found),
    )
    # names are read before the look is recorded, in the same view of the facts
    table = replace(table, rows=list(table.rows))
    if people := views.people_in(found):
        more = views.about(asked, indicator, found)
        looked(views.EXPORT, asked.where.code, people, reason, kind=kind, **more)
    return answer_with(table, kind, _name(code, asked))


@bp.post("/<code>/rows.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
@views.understood
def make_rows(code: str, kind: str) -> Redirect:
    """Have the rows behind a figure written to a file in the background, however many they are."""
    asked, chosen = views.question(), views.wanted()
    session = db.session()
    asked = row_exports.for_export(session, actor(), asked)
    indicator = views.indicator_of(asked.asked, code)
    reason = views.reason_needed(Facts(session, asked.asked), indicator, asked.where, chosen)
    if isinstance(reason, Redirect):  # the list itself asks for the reason, and leads back to its button
        return see_other("indicators.rows", code=code, **asked.here, **views.choice(chosen))
    name = f"{_name(code, asked)}-{clock.today().isoformat()}"
    facts = {
        "asked": asked.here,
        "wanted": asdict(chosen),
        "indicator": indicator.code,
        "kind": kind,
        "language": language(),
        "reason": reason,
        "name": name,
    }
    with unit_of_work() as work:
        made = enqueue(work, row_exports.MAKE, facts, by_id=actor().id, now=clock.now()).id
    return see_other("jobs.show", job_id=made)


@bp.get("/files/<int:job_id>")
@requires(Action.OWN_ACCOUNT)
def made(job_id: int) -> Response:
    """Send a file that was made in the background to whoever asked for it, while she may have the list; to nobody else."""
    session = db.session()
    job = job_for(session, actor(), job_id)
    if job.kind != row_exports.MAKE:
        raise NotFound
    asked, _indicator = row_exports.still(session, actor().id or 0, job.facts)
    then = (job.result or {}).get("scope")
    if then is None or not row_exports.covers(row_exports.scope(session, asked), then):
        raise NotFound
    return row_exports.sent(session, job)


def _name(code: str, asked: Question) -> str:
    return f"chi-tieu-{_file(code)}-{_safe(asked.where.code)}"


def _safe(code: str) -> str:
    return code.replace(":", "-").replace("/", "-")


def _file(code: str) -> str:
    return code.replace("Đ", "D")

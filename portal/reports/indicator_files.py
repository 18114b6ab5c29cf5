"""The board of indicators and the rows behind a figure as files: the same lines as the pages, with real numbers."""

from collections.abc import Iterator, Sequence
from itertools import islice

from flask import Blueprint, Response
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.locale import show_date
from portal.core.policy import Action
from portal.core.web import actor, requires
from portal.indicators import pages, showing, views, words
from portal.indicators.asking import Question, name_of
from portal.indicators.compute import Facts
from portal.indicators.holders import BUNDLE
from portal.indicators.opening import named
from portal.indicators.places import where_for
from portal.reports.files import answer_with
from portal.reports.tables import Column, Kind, Table, Value

bp = Blueprint("indicator_files", __name__, url_prefix="/indicators")


def asked_line(asked: Question) -> str:
    """Return in one line what a file answers: place, period, cut-off, target set."""
    plan = asked.asked.plan
    targets = next(one for one in plan.target_sets if one.code == asked.asked.target_set)
    return " · ".join(
        [
            asked.where.name,
            name_of(asked.asked.period),
            str(_("facts as of %(day)s", day=show_date(asked.asked.day))),
            words.said(targets.title),
            plan.number,
        ]
    )


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
                one.target,
                one.numerator,
                one.denominator,
                one.value,
                one.needed,
                one.state_name,
                one.source,
                one.rule,
                one.missing,
                "; ".join([*one.parts, *one.warnings, *one.marks]) or None,
            )
            for one in lines
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
    with unit_of_work() as session:
        record(
            session,
            at=clock.now(),
            actor_id=actor().id,
            code="indicators.export",
            target=asked.where.code,
            kind=kind,
            period=asked.asked.period.code,
            rows=str(len(lines)),
        )
    return answer_with(table, kind, f"chi-tieu-{_safe(asked.where.code)}-{asked.asked.period.code}")


@bp.get("/<code>/rows.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
@views.understood
def rows(code: str, kind: str) -> Response | Redirect:
    """Send the rows behind a figure; who exported whom is recorded."""
    asked, chosen = views.question(), views.wanted()
    session = db.session()
    if asked.asked.now:
        where_for(session, actor(), asked.where.code, Action.PEOPLE_EXPORT)
    indicator = views.indicator_of(asked.asked, code)
    facts = Facts(session, asked.asked)
    reason = views.reason_needed(facts, indicator, asked.where, chosen)
    if isinstance(reason, Redirect):
        return reason
    plan, rule = asked.asked.plan, indicator.rule_on(asked.asked.day)
    found = list(pages.fitting(session, pages.all_rows(facts, indicator, asked.where, chosen), chosen))
    counted, not_counted = words.named(views.STATES["counted"]), words.named(views.STATES["not_counted"])

    def written() -> Iterator[Sequence[Value]]:
        rest = iter(found)
        while some := list(islice(rest, BUNDLE)):
            for row, name in zip(some, named(session, some), strict=True):
                yield (
                    name.text,
                    name.unit or None,
                    name.unit_code or None,
                    words.part_name(plan, rule, row.part) if row.part else None,
                    counted if row.counted else not_counted,
                    words.reason_of(plan, rule, row) or None,
                    ", ".join(row.detail.get("serials", ())) or words.said_value(plan, row) or None,
                )

    title = f"{indicator.code} · {words.said(indicator.title)}"
    table = Table(
        title=title,
        asked=asked_line(asked),
        columns=(
            Column("name", _("Who or what"), Kind.TEXT, 32),
            Column("unit", _("Unit"), Kind.TEXT, 32),
            Column("unit_code", _("Code of the unit"), Kind.TEXT, 14),
            Column("part", _("Group"), Kind.TEXT, 24),
            Column("state", _("State"), Kind.TEXT, 14),
            Column("reason", _("Reason"), Kind.TEXT, 44),
            Column("proof", _("Certificate or declaration"), Kind.TEXT, 34),
        ),
        rows=list(written()),  # names are read before the look is recorded, in the same view of the facts
    )
    views.record_look(views.EXPORT, asked, indicator, found, reason, kind=kind)
    return answer_with(table, kind, f"chi-tieu-{_file(code)}-{_safe(asked.where.code)}")


def _safe(code: str) -> str:
    return code.replace(":", "-").replace("/", "-")


def _file(code: str) -> str:
    return code.replace("Đ", "D")

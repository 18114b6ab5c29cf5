"""The plan's targets: the board of a place, one figure, the rows behind it, and how all of it is calculated."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from courses.forms import ButtonForm
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.organisation.models import SECTOR_LABELS, Sector
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import ask_reason, given_reason, looked
from portal.core.text import N_
from portal.core.web import actor, requires
from portal.indicators import compute, pages, showing, words
from portal.indicators.asking import BadQuestion, Question, name_of, read
from portal.indicators.compute import Asked, Facts
from portal.indicators.definitions import Indicator, Way
from portal.indicators.opening.names import named
from portal.indicators.opening.row import Row
from portal.indicators.pages import Wanted
from portal.indicators.periods import Period
from portal.indicators.places import Where

bp = Blueprint("indicators", __name__, url_prefix="/indicators", template_folder="templates")
TREND = 6
MOST_MISSING = 30
STATES = {"all": N_("all rows"), "counted": N_("counted"), "not_counted": N_("not counted")}
LOOK = name_look("indicator.rows", N_("opened a figure into its people"))
EXPORT = name_look("indicator.export", N_("exported the people behind a figure"))


def understood(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a question that cannot be read with a page that says why: 400, and the way back to the board."""

    @wraps(view)
    def asked(*args: object, **kwargs: object) -> Any:
        try:
            return view(*args, **kwargs)
        except BadQuestion as fault:
            return render_template("indicators/not_understood.html", message=fault.message), 400

    return asked


def question() -> Question:
    """Return what the address asks. Raises `BadQuestion` and `NotFound`."""
    return read(db.session(), actor(), request.args, clock.today())


def indicator_of(asked: Asked, code: str) -> Indicator:
    """Return an entry of the plan. Raises `NotFound`."""
    found = asked.plan.indicator(code)
    if found is None:
        raise NotFound
    return found


def board_of(asked: Question, facts: Facts) -> list[showing.Line]:
    """Return the lines of a board: for the page and for its file."""
    chosen = compute.relevant(asked.asked.plan, asked.where)
    figures = compute.board(facts, asked.where, chosen)
    return [showing.line(asked.asked.plan, indicator, figure) for indicator, figure in figures]


@bp.get("/")
@requires(Action.INDICATOR_READ)
@understood
def board() -> str:
    """Show every indicator of a place for a period against its target."""
    asked = question()
    facts = Facts(db.session(), asked.asked)
    lines = board_of(asked, facts)
    return render_template(
        "indicators/board.html",
        lines=lines,
        tally=showing.tally(lines),
        below=[
            (one.code, one.name) for one in map(asked.where.at, asked.where.below(facts.on(asked.asked.day)))
        ],
        **_beside(asked),
    )


@bp.get("/how")
@requires(Action.INDICATOR_READ)
@understood
def how() -> str:
    """Print how the whole plan is calculated: what applies to all, and every reading with its versions."""
    asked = question()
    plan = asked.asked.plan
    return render_template(
        "indicators/how.html",
        rules={
            (indicator.code, rule.version): words.rule_lines(plan, indicator, rule)
            for indicator in plan.indicators
            for rule in indicator.rules
        },
        targets={
            indicator.code: [
                (words.said(one.title), words.percent_words(indicator.targets[one.code]))
                for one in plan.target_sets
                if one.code in indicator.targets
            ]
            for indicator in plan.indicators
        },
        klass=words.labels(words.KLASS_LABELS),
        said=words.said,
        **_beside(asked),
    )


@bp.get("/<code>/")
@requires(Action.INDICATOR_READ)
@understood
def figure(code: str) -> str:
    """Show one figure: its reading, its trend, its districts or communes, and who must still give what."""
    asked = question()
    plan, indicator = asked.asked.plan, indicator_of(asked.asked, code)
    facts = Facts(db.session(), asked.asked)
    made = compute.figure(facts, indicator, asked.where)
    below = compute.lines(facts, indicator, asked.where)
    rule = indicator.rule_on(asked.asked.day)
    world = facts.on(made.as_of)
    return render_template(
        "indicators/figure.html",
        indicator=indicator,
        line=showing.line(plan, indicator, made),
        rule=rule,
        rule_lines=words.rule_lines(plan, indicator, rule),
        trend=_trend(asked, indicator, facts),
        below=[(where.code, where.name, showing.line(plan, indicator, one)) for where, one in below],
        missing=showing.missing_units(made, world, MOST_MISSING),
        most_missing=MOST_MISSING,
        gives=words.who_gives(plan, indicator, rule),
        people=pages.shows_people(indicator),
        opens=indicator.way != Way.NARRATIVE or bool(rule.items),
        said=words.said,
        **_beside(asked),
    )


@bp.get("/<code>/rows")
@requires(Action.INDICATOR_READ)
@understood
def rows(code: str) -> str | Response:
    """Open a figure into its rows, counted and not counted; who looked is recorded where people are listed."""
    asked = question()
    plan, indicator = asked.asked.plan, indicator_of(asked.asked, code)
    facts, chosen = Facts(db.session(), asked.asked), wanted()
    reason = reason_needed(facts, indicator, asked.where, chosen)
    if isinstance(reason, Response):
        return reason
    found = pages.page(facts, indicator, asked.where, chosen)
    rule = indicator.rule_on(asked.asked.day)
    made = compute.figure(facts, indicator, asked.where)
    page = render_template(
        "indicators/rows.html",
        indicator=indicator,
        line=showing.line(plan, indicator, made),
        rows=list(zip(found.rows, named(db.session(), found.rows), strict=True)),
        found=found,
        wanted=chosen,
        size=pages.PAGE,
        most_at_once=pages.AT_ONCE,
        form=ButtonForm(),
        reason_of=lambda row: words.reason_of(plan, rule, row),
        reasons=[
            (key, words.reason_name(plan, rule, key), number) for key, number in sorted(found.reasons.items())
        ],
        parts=[
            (key, words.part_name(plan, rule, key), number) for key, number in sorted(found.parts.items())
        ],
        part_name=lambda key: words.part_name(plan, rule, key),
        states=words.labels(STATES),
        people=pages.shows_people(indicator),
        chosen=choice(chosen),
        said=words.said,
        said_value=lambda row: words.said_value(plan, row),
        said_grades=lambda row: words.said_grades(plan, rule, row),
        **_beside(asked),
    )
    if people := people_in(found.rows):
        looked(LOOK, asked.where.code, people, reason, **about(asked, indicator, found.rows))
    return page


def wanted() -> Wanted:
    """Return which rows the address asks for. Raises `BadQuestion`."""
    given = request.args
    state = given.get("state") or "all"
    if state not in STATES:
        raise BadQuestion(_("“%(value)s” is no state: write counted or not_counted.", value=state[:40]))
    return Wanted(
        state,
        given.get("reason", "")[:60],
        given.get("part", "")[:60],
        given.get("q", "").strip()[:100],
        "people" if given.get("of") == "people" else "",
        min(max(1, given.get("page", 1, type=int)), 1_000_000),
    )


def choice(chosen: Wanted) -> dict[str, str]:
    """Return the arguments of an address that ask for the same rows, but for the page."""
    values = {
        "state": chosen.state if chosen.state != "all" else "",
        "reason": chosen.reason,
        "part": chosen.part,
        "q": chosen.search,
        "of": chosen.of,
    }
    return {key: value for key, value in values.items() if value}


def reason_needed(facts: Facts, indicator: Indicator, where: Where, chosen: Wanted) -> Response | int | None:
    """Return the reason given for a list with police officers, the way to the form, or None where none is asked for."""
    if not pages.asks_reason(facts, indicator, where, chosen):
        return None
    return given_reason("police", where.code) or ask_reason("police", where.code)


def about(asked: Question, indicator: Indicator, shown: Sequence[Row]) -> dict[str, object]:
    """Return what the trail says of an opened figure beside its place."""
    return {"indicator": indicator.code, "period": asked.asked.period.code, "rows": len(shown)}


def people_in(shown: Sequence[Row]) -> list[int]:
    """Return the ids of the people among rows."""
    return [row.key for row in shown if row.kind == "person"]


def _trend(asked: Question, indicator: Indicator, facts: Facts) -> list[tuple[str, showing.Line]]:
    """Return the figure of the last windows of the same place, the earliest first."""
    found: list[tuple[str, showing.Line]] = []
    period: Period | None = asked.asked.period
    while period is not None and len(found) < TREND:
        if period == asked.asked.period:
            known = facts
        else:
            known = Facts(
                db.session(),
                Asked(asked.asked.plan, asked.asked.target_set, period, period.cut_off, asked.asked.now),
                facts,
            )
        made = compute.figure(known, indicator, asked.where)
        found.append((name_of(period), showing.line(asked.asked.plan, indicator, made)))
        period = period.before if period.before.cut_off >= asked.asked.plan.signed_on else None
    return found[::-1]


def _beside(asked: Question) -> dict[str, Any]:
    """Return what every page shows beside its figures: place, period, choices."""
    plan = asked.asked.plan
    place, _slash, sector = asked.where.code.partition("/")
    sectors = asked.where.sectors
    return {
        "asked": asked,
        "where": asked.where,
        "here": asked.here,
        "plan": plan,
        "period_name": name_of(asked.asked.period),
        "periods": [(one.code, name_of(one)) for one in asked.periods],
        "target_sets": [(one.code, words.said(one.title)) for one in plan.target_sets],
        "place": place,
        "sector": sector,
        "sectors": [(one, words.named(SECTOR_LABELS[one])) for one in Sector]
        if asked.where.area is not None and (sectors is None or sector)
        else [],
        "sector_names": [words.named(SECTOR_LABELS[Sector(one)]) for one in sorted(sectors)]
        if sectors
        else [],
        "plan_title": words.said(plan.title),
    }

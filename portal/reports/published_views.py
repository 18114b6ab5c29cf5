"""The public page of figures: off unless the province switches it on, and then open to all."""

from fractions import Fraction
from functools import cache
from typing import Any

from flask import Blueprint, render_template, request

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.locale import language, show_share
from portal.core.rounding import places
from portal.core.web import public, settings
from portal.indicators import words
from portal.indicators.asking import name_of
from portal.indicators.catalogue import plans
from portal.indicators.definitions import Way
from portal.indicators.periods import Period
from portal.reports import published
from portal.reports.filing.models import Filing
from portal.reports.published import Before, Numbers, Published

bp = Blueprint("public_figures", __name__, url_prefix="/indicators/public")


@bp.get("/")
@public
def show() -> str:
    """Show the figures of the latest filed report of the province, or of the period asked for."""
    if settings().public_figures != "on":
        raise NotFound
    found = published.filings(db.session())
    asked = request.args.get("period", "")
    chosen = next((one for one in found if one.period == asked), None) if asked else next(iter(found), None)
    if asked and chosen is None:
        raise NotFound
    return render_template(
        "published/show.html",
        filing=chosen,
        plan=plans()[chosen.plan] if chosen is not None else None,
        period_name=name_of(Period.parse(chosen.period)) if chosen is not None else "",
        periods=[(one.period, name_of(Period.parse(one.period))) for one in found],
        figures=[_worded(one) for one in _figures(chosen.id, chosen.digest)] if chosen is not None else [],
        said=words.said,
    )


# kept for all reports of a plan: one that was let go would be made again with all before it, and each of these likewise
@cache
def _figures(filing_id: int, _digest: str | None) -> tuple[Published, ...]:
    """Return the figures of a filed report; they never change, so they are made once in a process."""
    session = db.session()
    filing = session.get_one(Filing, filing_id)
    before = [_shown(one.id, one.digest) for one in published.earlier(session, filing)]
    return published.published(plans()[filing.plan], filing.snapshot or {}, before)


@cache
def _shown(filing_id: int, digest: str | None) -> Before:
    """Return what a report shows, for those that were filed after it."""
    filing = db.session().get_one(Filing, filing_id)
    return published.shown_by(filing.snapshot or {}, _figures(filing_id, digest))


def _worded(one: Published) -> dict[str, Any]:
    """Return a figure as the page shows it; a bar takes `state`, `percent` and `target_percent` of each line."""
    indicator = one.indicator
    state = (
        "unknown"
        if one.met is None and one.value is None
        else {True: "met", False: "short", None: "none"}[one.met]
    )
    decimals = places(one.value, one.target)
    target = show_share(one.target, language(), decimals) if one.target is not None else ""
    return {
        "code": indicator.code,
        "title": words.said(indicator.title),
        "sentence": indicator.sentence,
        "gloss": indicator.gloss,
        "target_name": words.target_name(indicator, target) if target else "",
        "state_name": words.named(words.STATE_LABELS[state]) if not one.total.hidden else "",
        **_line(one, one.total, state, one.value),
        "lines": [_line(one, line, _state(one, line), _value(one, line)) for line in one.lines],
    }


def _line(one: Published, line: Numbers, state: str, value: Fraction | None) -> dict[str, Any]:
    growing = one.indicator.way == Way.GROWTH and value is not None and value > 0
    return {
        "name": line.name,
        "hidden": line.hidden,
        "state": state,
        "shown": ("+" if growing else "") + show_share(value, language(), places(value, one.target))
        if value is not None
        else words.named(words.STATE_LABELS["unknown"]),
        "counts": words.ratio(line.numerator, line.denominator) if value is not None else "",
        "percent": words.percent(value),
        "target_percent": words.percent(one.target),
    }


def _value(one: Published, line: Numbers) -> Fraction | None:
    if line.numerator is None or not line.denominator:
        return None
    share = Fraction(line.numerator, line.denominator)
    return share - 1 if one.indicator.way == Way.GROWTH else share


def _state(one: Published, line: Numbers) -> str:
    value = _value(one, line)
    if value is None:
        return "unknown"
    if one.target is None:
        return "none"
    return "met" if value >= one.target else "short"

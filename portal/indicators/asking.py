"""What the address of an indicator page asks: plan, period, target set, place, boundaries; or why it cannot be answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.locale import show_date
from portal.core.notices.wording import show_as
from portal.core.organisation import history
from portal.core.policy import Action, Actor
from portal.indicators.catalogue import plans
from portal.indicators.compute import Asked
from portal.indicators.definitions import Plan
from portal.indicators.periods import Kind, NoPeriod, Period, last_closed, running, since
from portal.indicators.places import Where, came_from, starts, where_for, where_then

MOST_PERIODS = 24


class BadQuestion(Exception):
    """An address that names no period, target set or boundaries there are; `message` says so in the reader's language."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Question:
    """One question, ready to compute, with the choices beside it.

    differ: whether boundaries have changed since the day. open: whether the period still runs.
    """

    asked: Asked
    where: Where
    places: Sequence[tuple[str, str]]
    periods: Sequence[Period]
    differ: bool
    open: bool

    @property
    def here(self) -> dict[str, str]:
        """Return the arguments of this question's address."""
        return {
            "plan": self.asked.plan.code,
            "period": self.asked.period.code,
            "place": self.where.code,
            "targets": self.asked.target_set,
            **({"bounds": "now" if self.asked.now else "then"} if self.differ else {}),
        }


def read(session: Session, who: Actor, given: Mapping[str, str], today: date) -> Question:
    """Return what was asked for. Raises `BadQuestion`, and `NotFound` for a place that is not the asker's."""
    known = plans()
    plan = known.get(given.get("plan") or next(iter(known)))
    if plan is None:
        raise BadQuestion(_("There is no plan “%(value)s”.", value=given.get("plan", "")[:40]))
    period = _period(plan, given.get("period", ""), today)
    day = min(period.cut_off, today)
    target_set = given.get("targets") or plan.target_sets[0].code
    if target_set not in {one.code for one in plan.target_sets}:
        raise BadQuestion(_("The plan has no target set “%(value)s”.", value=target_set[:40]))
    bounds = given.get("bounds") or "now"
    if bounds not in ("now", "then"):
        raise BadQuestion(_("“%(value)s” names no boundaries: write then or now.", value=bounds[:40]))
    differ = day < today and history.changed_since(session, day)
    mine = starts(session, who.grants, Action.INDICATOR_READ)
    place = given.get("place") or (mine[0][0] if mine else "")
    if not place:
        raise NotFound
    now = bounds == "now" or not differ
    where = where_for(session, who, place, Action.INDICATOR_READ) if now else _then(session, who, place, day)
    return Question(
        Asked(plan, target_set, period, day, now),
        where,
        mine,
        since(plan.signed_on, today)[:MOST_PERIODS],
        differ,
        today <= period.cut_off,
    )


def _then(session: Session, who: Actor, place: str, day: date) -> Where:
    """Return a place of then. Of a place that did not stand then, say from which it came: the asker may see it today."""
    try:
        return where_then(session, who, place, Action.INDICATOR_READ, day)
    except NotFound:
        now = where_for(session, who, place, Action.INDICATOR_READ)
        before = came_from(session, now, day)
        if not before:
            raise
        raise BadQuestion(
            _(
                "“%(place)s” did not exist on %(day)s. It came from: %(before)s.",
                place=now.name,
                day=show_date(day),
                before=", ".join(f"{name} ({code})" for code, name in before),
            )
        ) from None


def _period(plan: Plan, text: str, today: date) -> Period:
    """Return the period of a text; without one, the last closed one of the plan. A year that runs is one, too."""
    if not text:
        return last_closed(min(today, plan.valid_to))
    try:
        period = Period.parse(text)
    except NoPeriod as fault:
        raise BadQuestion(
            _(
                "“%(value)s” names no period: write 2025-H1 for half a year or 2025 for a year.",
                value=text[:40],
            )
        ) from fault
    if period.starts_on > today or period.cut_off < plan.signed_on:
        raise BadQuestion(
            _(
                "The plan has no figures for “%(value)s”: that period lies before it or has not begun.",
                value=name_of(period),
            )
        )
    return period


def name_of(period: Period) -> str:
    """Return a period in words."""
    if period.kind == Kind.HALF:
        return str(_("first half of %(year)s", year=str(period.year)))
    return str(_("year %(year)s", year=str(period.year)))


def called(code: str) -> str:
    """Return a period in words by its code, `first half of 2025` for `2025-H1`; what is no period stays as it is."""
    try:
        return name_of(Period.parse(code))
    except NoPeriod:
        return code


show_as("period", called)


__all__ = ["BadQuestion", "Question", "called", "name_of", "read", "running"]

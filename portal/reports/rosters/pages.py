"""What the pages of staff lists share: the blueprint, what an address asks for, the reason asked for."""

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, Response, request
from sqlalchemy import Select
from werkzeug.wrappers import Response as Redirect
from wtforms import DateField

from portal.core import clock
from portal.core.db import db
from portal.core.names import tidy
from portal.core.organisation.models import Sector, Unit
from portal.core.rights.web import ask_reason, given_reason, reason_for_police
from portal.core.rosters import queries
from portal.core.text import N_
from portal.core.web import actor

bp = Blueprint("roster", __name__, url_prefix="/manage/roster")


Answer = Response | Redirect | str | tuple[str, int]


SOURCE_LABELS = {
    "import": N_("from a file"), "head": N_("by the unit"), "self": N_("by the person"),
    "collaborator": N_("by the collaborator"), "demo": N_("demonstration"),
}  # fmt: skip


def page_asked() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), 100_000)


def search_asked() -> str:
    return tidy(request.args.get("q", ""))[:80]


def me() -> int:
    return actor().id or 0


def given_day(field: DateField) -> date:
    """Return the day in a field whose form has been validated; where it has not, today."""
    return field.data or clock.today()


def waiting_for() -> dict[str, int]:
    """Return how many requests and transfers wait for the reader."""
    session, now, today = db.session(), clock.now(), clock.today()
    return {
        "requests_waiting": queries.count_claims(session, actor(), now, today),
        "transfers_waiting": queries.count_incoming(session, actor()),
    }


def reason_needed(here: Unit, people: Sequence[int] | Select[int]) -> Redirect | int | None:
    """Return the reason given for the list of a police unit (or of those who serve in one), or the way to the form."""
    place = f"unit:{here.code}"
    if here.sector == Sector.POLICE:
        return given_reason("police", place) or ask_reason("police", place)
    return reason_for_police(place, people)

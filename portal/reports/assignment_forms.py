"""What a head asks for when she says who must learn what: read from an address, so that a preview can be paged."""

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from courses.assignments.services import Wish
from courses.renewal import RENEWAL_DAYS
from portal.core.accounts.models import Audience
from portal.core.organisation.models import Sector
from portal.core.policy import Action, Actor
from portal.reports.queries import course_named, scope_for

MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields as typed, the wish they make (None while something is missing), and what is wrong with which field."""

    fields: dict[str, str]
    wish: Wish | None
    faults: dict[str, str]


def read(session: Session, who: Actor, values: "MultiDict[str, str]", today: date) -> Asked:
    """Return the wish of an address or a form. Raises `NotFound` for a place that is not the asker's."""
    fields = {
        name: values.get(name, "").strip()[:80]
        for name in (
            "course",
            "place",
            "audience",
            "sector",
            "by",
            "due_on",
            "due_days",
            "renewal_days",
            "until",
        )
    }
    faults: dict[str, str] = {}
    course = course_named(session, fields["course"]) if fields["course"] else None
    if course is None:
        faults["course"] = _("Choose the course.")
    scope = scope_for(session, who, fields["place"], Action.COURSE_ASSIGN)
    audience = fields["audience"] or None
    if audience is not None and audience not in [str(one) for one in Audience]:
        faults["audience"] = _("There is no audience %(code)s.", code=audience)
    sector = fields["sector"] or None
    if sector is not None and sector not in [str(one) for one in Sector]:
        faults["sector"] = _("Choose the sector.")
    due_on = due_days = None
    if fields["by"] == "days":
        due_days = _whole(fields["due_days"], 1, MOST_DAYS)
        if due_days is None:
            faults["due_days"] = _("Write a number of days from 1 to %(most)d.", most=MOST_DAYS)
    else:
        due_on = _day(fields["due_on"])
        if due_on is None:
            faults["due_on"] = _("Choose the day, like 31/12/2026.")
        elif due_on < today:
            faults["due_on"] = _("The due date has passed already; choose a day from today on.")
    until = _day(fields["until"]) if fields["until"] else None
    if fields["until"] and (until is None or until < today):
        faults["until"] = _("Choose a day from today on, or leave it empty.")
    renewal = _whole(fields["renewal_days"], 0, 365) if fields["renewal_days"] else RENEWAL_DAYS
    if renewal is None:
        faults["renewal_days"] = _("Write a number of days from 0 to 365.")
    if faults or course is None or renewal is None:
        return Asked(fields, None, faults)
    wish = Wish(
        course=course,
        audience=audience,
        area_id=scope.area.id if scope.area is not None else None,
        unit_id=scope.unit.id if scope.unit is not None else None,
        sector=sector if scope.area is not None else None,
        due_on=due_on,
        due_days=due_days,
        renewal_days=renewal,
        valid_from=today,
        valid_to=until,
    )
    return Asked(fields, wish, {})


def _whole(text: str, low: int, high: int) -> int | None:
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) < 6 and low <= int(text) <= high
        else None
    )


def _day(text: str) -> date | None:
    """Return a day written as a browser sends it or as people write it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    parts = text.replace("-", "/").split("/")
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None

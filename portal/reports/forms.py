"""The filters above a list; they arrive by GET, so that an address can be kept and sent."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal.core.accounts.models import Audience
from portal.reports.boundaries import Bounds
from portal.reports.queries import By, Filters, State, course_named

E = TypeVar("E", bound=StrEnum)

MEANT = "meant"  # stands for a course: any that is for the person
MOST_PAGES = 100_000  # beyond it there is nobody, and beyond 64 bits no database counts


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters as read from an address, and what was wrong with them, worded."""

    filters: Filters
    by: By
    state: State
    search: str
    page: int
    bounds: Bounds
    faults: tuple[str, ...]


def read(session: Session, values: "MultiDict[str, str]", today: date) -> Asked:
    """Return the filters of an address. What cannot be read is left out and named in `faults`; nothing is lost."""
    faults: list[str] = []
    meant = values.get("course") == MEANT
    course = course_named(session, values["course"]) if values.get("course") and not meant else None
    if values.get("course") and course is None and not meant:
        faults.append(_("There is no course %(code)s.", code=values["course"]))
    audience = values.get("audience") or None
    if audience is not None and audience not in [str(known) for known in Audience]:
        faults.append(_("There is no audience %(code)s.", code=audience))
        audience = None
    since, until = _day(values.get("since"), faults), _day(values.get("until"), faults)
    if since and until and since > until:
        faults.append(_("The period ends before it begins; both days were left out."))
        since = until = None
    if until and until > today:
        faults.append(_("The period ends in the future; it was cut at today."))
        until = today
    return Asked(
        filters=Filters(
            on=today,
            course=course,
            audience=audience,
            since=since,
            until=until,
            meant=meant,
        ),
        by=_member(By, values.get("by"), By.COURSE if course is None else By.PLACE),
        state=_member(State, values.get("state"), State.ALL),
        search=values.get("q", "")[:80],
        page=min(max(1, values.get("page", 1, type=int)), MOST_PAGES),
        bounds=_member(Bounds, values.get("bounds"), Bounds.NOW),
        faults=tuple(faults),
    )


def _day(text: str | None, faults: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(_("%(text)s is not a day; write it like 2026-12-14.", text=text[:20]))
        return None


def _member(kind: type[E], text: str | None, otherwise: E) -> E:
    try:
        return kind(text or "")
    except ValueError:
        return otherwise

"""For views of lists: ask for the reason first, where a list asks for one; then record who looked, and who stood on it."""

from collections.abc import Sequence

from flask import redirect, request, url_for
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.rights import looking
from portal.core.rights.queries import police_among
from portal.core.web import actor

People = Sequence[int] | Select[int]


def given_reason(kind: str, place: str) -> int | None:
    """Return the id of the reason that the actor gave for this kind of list at this place, or None: then `ask_reason`."""
    return looking.reason_for(db.session(), actor().id or 0, kind, place, clock.now())


def ask_reason(kind: str, place: str, back: str | None = None) -> Response:
    """Send to the form that asks for the reason; it comes back to this address, or to `back`."""
    here = back or request.full_path.rstrip("?")
    return redirect(url_for("rights.reason", kind=kind, place=place, next=here), code=303)


def reason_for_police(place: str, people: People) -> Response | int | None:
    """Return the way to the form, the reason given, or None where no police officer is among those to be shown."""
    if not police_among(db.session(), people):
        return None
    return given_reason("police", place) or ask_reason("police", place)


def looked(code: str, place: str, people: People, reason: int | None = None, **facts: object) -> None:
    """Record that the reader looked at, or takes, a list of these people. A unit of work of its own: a GET writes no more.

    Call it when the page is drawn, or (for a file) before its rows are read: the unit of work ends what was loaded.
    """
    with unit_of_work() as session:
        looking.looked(
            session,
            by_id=actor().id,
            code=code,
            place=place,
            people=people,
            now=clock.now(),
            reason_id=reason,
            **{key: str(value) for key, value in facts.items()},
        )


def looked_in(
    session: Session,
    by_id: int | None,
    code: str,
    place: str,
    people: People,
    reason: int | None,
    **facts: object,
) -> None:
    """Record the same in a unit of work that is open: for a job, which ends together with the file that it made."""
    looking.looked(
        session,
        by_id=by_id,
        code=code,
        place=place,
        people=people,
        now=clock.now(),
        reason_id=reason,
        **{key: str(value) for key, value in facts.items()},
    )

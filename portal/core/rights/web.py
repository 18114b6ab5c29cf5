"""For views of lists: ask for the reason first, where a list asks for one."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.db import db
from portal.core.rights import looking
from portal.core.web import actor


def given_reason(kind: str, place: str) -> int | None:
    """Return the id of the reason that the actor gave for this kind of list at this place, or None: then `ask_reason`."""
    return looking.reason_for(db.session(), actor().id or 0, kind, place, clock.now())


def ask_reason(kind: str, place: str) -> Response:
    """Send to the form that asks for the reason; it comes back to this address."""
    here = request.full_path.rstrip("?")
    return redirect(url_for("rights.reason", kind=kind, place=place, next=here), code=303)

"""The first page: what the portal is, for a stranger; what to do next, for someone who has signed in."""

from flask import Blueprint, Response, render_template
from sqlalchemy import text

from courses.queries import listing, own_courses
from courses.views.catalogue import shelf
from portal.core import clock
from portal.core.db import db
from portal.core.notices import queries as notices
from portal.core.policy import Action
from portal.core.web import actor, public
from portal.reports import queries as reports

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> str:
    """Show the reader's own start page."""
    me = actor()
    if me.id is None:
        return render_template("home/welcome.html", courses=shelf(listing.catalogue(db.session(), me)))
    mine = own_courses.my_courses(db.session(), me, clock.today())
    places = reports.places(db.session(), me.grants) if me.may(Action.PEOPLE_COUNT) else []
    unread = notices.unread(db.session(), me.id)
    return render_template("home/mine.html", mine=mine, places=places, unread=unread)


@bp.get("/help")
@public
def help_page() -> str:
    """Say whom to call about a child. Stores nothing."""
    return render_template("help.html")


@bp.get("/healthz")
@public
def healthz() -> Response:
    """Say that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def readyz() -> Response:
    """Say that the database answers."""
    db.session().execute(text("SELECT 1"))
    return Response("ready\n", mimetype="text/plain")

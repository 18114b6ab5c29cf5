"""The first page: what the portal is, for a stranger; what to do next, for someone who has signed in."""

from flask import Blueprint, Response, render_template
from sqlalchemy import text

from courses.queries import listing, own_courses
from courses.views.catalogue import shelf
from portal.core import clock
from portal.core.db import db
from portal.core.notices import queries as notices
from portal.core.policy import Action
from portal.core.text import N_
from portal.core.web import actor, public, settings
from portal.reports import queries as reports

bp = Blueprint("home", __name__)

#: What a role works at besides learning, in the order of the day: action, page, what the button says, its icon.
WORK = (
    (Action.HOUSEHOLD_KEEP, "households.register", N_("Register from a list"), "people"),
    (Action.GROUP_LESSON_PLAY, "group_lessons.listing", N_("Play a lesson to a group"), "school"),
    (Action.WORKSHOP_HOLD, "halls.listing", N_("Hold classes"), "school"),
    (Action.ROSTER_MANAGE, "roster.units", N_("Staff lists"), "list"),
    (Action.VALUE_DECLARE, "declarations.index", N_("Declared values"), "list"),
    (Action.INDICATOR_READ, "indicators.board", N_("Indicators"), "map"),
    (Action.REPORT_PREPARE, "filings.index", N_("Reports"), "calendar"),
    (Action.COURSE_CHECK, "author.index", N_("Course files"), "book"),
    (Action.COURSE_PREVIEW, "preview.index", N_("Questions and keys"), "quiz"),
    (Action.AUDIT_READ, "audit.index", N_("Audit trail"), "clock"),
    (Action.UNITS_MANAGE, "units.index", N_("Areas and units"), "map"),
    (Action.FAMILY_SUPPORT, "families.index", N_("Family support"), "people"),
)


@bp.get("/")
@public
def index() -> str:
    """Show the reader's own start page."""
    me = actor()
    if me.id is None:
        return render_template(
            "home/welcome.html",
            courses=shelf(listing.catalogue(db.session(), me)),
            figures=settings().public_figures == "on",
        )
    mine = own_courses.my_courses(db.session(), me, clock.today())
    places = reports.places(db.session(), me.grants) if me.may(Action.PEOPLE_COUNT) else []
    unread = notices.unread(db.session(), me.id)
    work = [(endpoint, label, icon) for action, endpoint, label, icon in WORK if me.may(action)]
    return render_template("home/mine.html", mine=mine, places=places, unread=unread, work=work)


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

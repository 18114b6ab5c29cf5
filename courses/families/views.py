"""The support officer's pages. First the reason, then the families; nobody else has an address here that answers."""

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from courses.families import queries, services
from courses.forms import ButtonForm
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.households.models import Household
from portal.core.households.queries import PAGE, household_for
from portal.core.households.services import label
from portal.core.locale import worded
from portal.core.policy import Action
from portal.core.rights.queries import opened_by
from portal.core.rights.web import ask_reason, given_reason, looked
from portal.core.web import actor, requires, see_other

bp = Blueprint("families", __name__, url_prefix="/manage/support", template_folder="../templates")
Answer = Response | str | tuple[str, int]


def _ask() -> Response:
    back = None if request.method == "GET" else url_for("families.index")
    return ask_reason(services.REASON, services.REASON, back)


def _reason() -> int | None:
    """Return the reason that was given less than half an hour ago, by the one who is signed in."""
    return given_reason(services.REASON, services.REASON)


@bp.get("/")
@requires(Action.FAMILY_SUPPORT)
def index() -> Answer:
    """List the households of the officer's area, accompanied ones first."""
    why = _reason()
    if why is None:
        return _ask()
    search = request.args.get("q", "")[:80]
    only = request.args.get("only") == "1"
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    lines, count = queries.in_my_area(db.session(), actor(), search=search, only=only, page=page)
    published = queries.path_is_published(db.session())
    shown = render_template(
        "courses/families/index.html",
        lines=lines,
        count=count,
        page=page,
        pages=max(1, -(-count // PAGE)),
        q=search,
        only=only,
        published=published,
        opened=opened_by(db.session(), actor().id or 0, services.LOOK),
    )
    looked(services.LOOK, "record:list", [one for line in lines for one in line.ids], why)
    return shown


@bp.get("/<key>")
@requires(Action.FAMILY_SUPPORT)
def show(key: str) -> Answer:
    """Show a household and how far its members are on their path."""
    why = _reason()
    if why is None:
        return _ask()
    household = _mine(key)
    steps = queries.steps(db.session(), household.id)
    place = f"record:{queries.reference(db.session(), household.id)}"
    shown = render_template(
        "courses/families/show.html",
        key=key,
        since=queries.since(db.session(), household.id),
        steps=steps,
        published=queries.path_is_published(db.session()),
        form=ButtonForm(),
    )
    looked(services.LOOK, place, [one.user_id for one in steps], why)
    return shown


def _mine(key: str) -> Household:
    household, _area = household_for(db.session(), actor(), key, Action.FAMILY_SUPPORT)
    if label(household.commune_code, household.number) != key:
        raise NotFound
    return household


@bp.post("/<key>/begin")
@requires(Action.FAMILY_SUPPORT)
def begin(key: str) -> Answer:
    """Accompany a household."""
    return _change(key, begins=True)


@bp.post("/<key>/end")
@requires(Action.FAMILY_SUPPORT)
def end(key: str) -> Answer:
    """Accompany it no longer."""
    return _change(key, begins=False)


def _change(key: str, *, begins: bool) -> Answer:
    if _reason() is None:
        return _ask()
    do = services.begin if begins else services.end
    try:
        with unit_of_work() as work:
            household, _area = household_for(work, actor(), key, Action.FAMILY_SUPPORT)
            do(work, household.id, by_id=actor().id or 0, now=clock.now())
    except Refused as refusal:
        flash(worded(refusal), "warning")
    else:
        flash(
            _("This family is accompanied now. Nobody else sees it.")
            if begins
            else _("This family is accompanied no longer. What was learnt stays."),
            "success",
        )
    return see_other("families.show", key=key)

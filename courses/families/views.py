"""The support officer's pages. First the reason, then the families; nobody else has an address here that answers."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired, Length

from courses.families import queries, services
from courses.forms import ButtonForm
from portal.core import clock
from portal.core.child_words import child_in_text
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.forms import Form
from portal.core.households.models import Household
from portal.core.households.queries import PAGE, household_for
from portal.core.households.services import label
from portal.core.locale import worded
from portal.core.policy import Action
from portal.core.web import actor, requires, safe_next, see_other

bp = Blueprint("families", __name__, url_prefix="/manage/support", template_folder="../templates")
Answer = Response | str | tuple[str, int]


class ReasonForm(Form):
    """Why somebody looks. It is kept with the look, not in the audit trail."""

    reason = TextAreaField(
        lazy_gettext("Why do you open these records?"),
        [InputRequired(), Length(min=services.SHORTEST_REASON, max=500)],
    )
    sure = BooleanField(lazy_gettext("It names no child; keep it as it is"))


def _reason() -> str | None:
    """Return the reason that was given less than half an hour ago, by the one who is signed in."""
    kept = session.get("support")
    if not isinstance(kept, dict) or kept.get("by") != actor().id:
        return None
    if kept.get("until", 0) <= clock.now().timestamp():
        return None
    return queries.reason_of(db.session(), actor(), int(kept["look"]))


def _ask() -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else url_for("families.index")
    return redirect(url_for("families.reason", next=safe_next(here)), code=303)


@bp.get("/reason")
@requires(Action.FAMILY_SUPPORT)
def reason() -> str:
    """Ask why."""
    return render_template(
        "courses/families/reason.html", form=ReasonForm(), looks=queries.my_looks(db.session(), actor())
    )


@bp.post("/reason")
@requires(Action.FAMILY_SUPPORT)
def reason_submit() -> Answer:
    """Keep the reason for half an hour; words that seem to name a child are asked about before anything is kept."""
    form = ReasonForm()
    valid = form.validate_on_submit()
    found = child_in_text(str(form.reason.data or ""))
    if valid and found and not form.sure.data:
        form.reason.errors = [
            _(
                "“%(words)s” seems to speak of a child. Nothing was kept. Leave it out, or tick that it names no child.",
                words=found,
            )
        ]
        valid = False
    if not valid:
        looks = queries.my_looks(db.session(), actor())
        return render_template("courses/families/reason.html", form=form, looks=looks), 422
    now = clock.now()
    with unit_of_work() as work:
        look = services.give_reason(work, str(form.reason.data), by_id=actor().id or 0, now=now)
    # the words stay on the server: the cookie lies on a phone that others may hold
    session["support"] = {
        "by": actor().id,
        "look": look,
        "until": now.timestamp() + services.REASON_MINUTES * 60,
    }
    return redirect(safe_next(request.args.get("next")) or url_for("families.index"), code=303)


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
    )
    with unit_of_work() as work:
        services.look(work, why, by_id=actor().id or 0, now=clock.now())
    return shown


@bp.get("/<key>")
@requires(Action.FAMILY_SUPPORT)
def show(key: str) -> Answer:
    """Show a household and how far its members are on their path."""
    why = _reason()
    if why is None:
        return _ask()
    household = _mine(key)
    shown = render_template(
        "courses/families/show.html",
        key=key,
        since=queries.since(db.session(), household.id),
        steps=queries.steps(db.session(), household.id),
        published=queries.path_is_published(db.session()),
        form=ButtonForm(),
    )
    household_id = household.id
    with unit_of_work() as work:
        services.look(work, why, by_id=actor().id or 0, now=clock.now(), household_id=household_id)
    return shown


def _mine(key: str) -> Household:
    household, area = household_for(db.session(), actor(), key, Action.FAMILY_SUPPORT)
    if label(area.code, household.number) != key:
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

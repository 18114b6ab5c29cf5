"""The page of one class, which several forms show again, and the blueprint of all of them."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as Answer

from courses.forms import ButtonForm
from courses.workshops import attendance, queries
from courses.workshops.forms import (
    PersonForm,
    ReasonForm,
)
from courses.workshops.models import HOW_LABELS
from courses.workshops.plan import PLAN_ITEMS
from courses.workshops.seats import Seat
from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.db import db
from portal.core.organisation.models import SECTOR_LABELS
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires

bp = Blueprint("halls", __name__, url_prefix="/manage/workshops", template_folder="../templates")


Page = str | tuple[str, int] | Answer


MOST_PAGES = 100_000


WORKSHOP_READ = name_look("workshop.read", N_("looked at a class"))


@bp.get("/<int:workshop_id>/")
@requires(Action.OWN_LEARNING)
def show(workshop_id: int) -> str | Answer:
    """Show a class to whoever holds or trains it: its line, who was there, what is to do next."""
    session = db.session()
    workshop = queries.to_run(session, actor(), workshop_id)
    lines = queries.roll(session, workshop, request.args.get("q", "")[:80].strip())
    ids = [line.user_id for line in lines]
    reason = reason_for_police(f"workshop:{workshop_id}", ids)
    if isinstance(reason, Answer):
        return reason
    drawn = class_page(workshop_id, lines)
    looked(WORKSHOP_READ, f"workshop:{workshop_id}", ids, reason)
    return drawn


def class_page(workshop_id: int, lines: Sequence[queries.RollLine] | None = None, **forms: Any) -> str:
    session, today = db.session(), clock.today()
    workshop = queries.to_run(session, actor(), workshop_id)
    search = request.args.get("q", "")[:80].strip()
    return render_template(
        "courses/workshops/manage/show.html",
        page=queries.class_page(session, workshop, today),
        roll=queries.roll(session, workshop, search) if lines is None else lines,
        ticks=attendance.ticks_of(session, workshop),
        corrections=queries.corrections(session, workshop),
        holds=queries.may_hold(session, actor(), workshop),
        leg=queries.leg_of(session, workshop),
        plan=PLAN_ITEMS,
        audiences=AUDIENCE_LABELS,
        sectors=SECTOR_LABELS,
        how=HOW_LABELS,
        states=queries.STATE_LABELS,
        State=queries.State,
        Seat=Seat,
        today=today,
        q=search,
        button=ButtonForm(),
        **({"person_form": PersonForm(), "cancel_form": ReasonForm()} | forms),
    )

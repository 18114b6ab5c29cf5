"""Classes as somebody who goes to them sees them: registering, giving a seat back, checking in."""

from contextlib import suppress

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as Answer

from courses.forms import ButtonForm
from courses.workshops import attendance, codes, queries
from courses.workshops.errors import (
    AlreadyClosed,
    CodeOver,
    NotToday,
)
from courses.workshops.forms import (
    CodeForm,
)
from courses.workshops.plan import PLAN_ITEMS
from courses.workshops.seats import Seat
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.locale import worded
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other

bp = Blueprint("workshops", __name__, url_prefix="/workshops", template_folder="../templates")
Page = str | tuple[str, int] | Answer


@bp.get("/")
@requires(Action.OWN_LEARNING)
def index() -> str:
    """List the classes that the reader may go to, hers, and where she works with classes."""
    search = request.args.get("q", "")[:80].strip()
    found = queries.my_classes(db.session(), actor(), clock.today(), search=search)
    trains = queries.workshops(db.session(), actor(), clock.today())[1] > 0
    return render_template("courses/workshops/index.html", classes=found, q=search, trains=trains, Seat=Seat)


@bp.get("/<int:workshop_id>/")
@requires(Action.OWN_LEARNING)
def show(workshop_id: int) -> str:
    """Show a class to somebody who may go to it."""
    session, today = db.session(), clock.today()
    workshop = queries.to_attend(session, actor(), workshop_id, today)
    mine = next(
        (one for one in queries.my_classes(session, actor(), today) if one.line.id == workshop.id), None
    )
    return render_template(
        "courses/workshops/show.html",
        page=queries.class_page(session, workshop, today),
        mine=mine,
        plan=PLAN_ITEMS,
        leg=queries.leg_of(session, workshop),
        form=ButtonForm(),
        Seat=Seat,
        State=queries.State,
        today=today,
    )


@bp.post("/<int:workshop_id>/register")
@requires(Action.OWN_LEARNING)
def register(workshop_id: int) -> Answer:
    """Take a seat, or a place among those who wait."""
    with unit_of_work() as session:
        workshop = queries.to_attend(session, actor(), workshop_id, clock.today())
        me = actor().id or 0
        seat = attendance.register(session, workshop, me, by_id=me, now=clock.now())
    if seat is Seat.SEATED:
        flash(gettext("You have a seat."), "success")
    else:
        flash(gettext("The class is full; you are on the waiting list and move up in order."), "info")
    return see_other("workshops.show", workshop_id=workshop_id)


@bp.post("/<int:workshop_id>/give-up")
@requires(Action.OWN_LEARNING)
def give_up(workshop_id: int) -> Answer:
    """Give the seat back: whoever waits first has it."""
    with unit_of_work() as session:
        workshop = queries.to_attend(session, actor(), workshop_id, clock.today())
        attendance.give_up(session, workshop, actor().id or 0, by_id=actor().id, now=clock.now())
    flash(gettext("You have given your seat back."), "success")
    return see_other("workshops.index")


@bp.get("/<int:workshop_id>/check-in")
@requires(Action.OWN_LEARNING)
def check_in(workshop_id: int) -> str:
    """Ask to confirm that one is there; the code comes with the address, or is typed."""
    form = CodeForm(code=request.args.get("code", "")[:20])
    return _check_in_page(workshop_id, form)


@bp.post("/<int:workshop_id>/check-in")
@requires(Action.OWN_LEARNING)
def check_in_submit(workshop_id: int) -> Page:
    """Note that one is there."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            with unit_of_work() as session:
                workshop = queries.to_check_in(session, workshop_id)
                attendance.check_in(session, workshop, actor().id or 0, str(form.code.data), clock.now())
            flash(gettext("You are checked in. You may put the phone away."), "success")
            return see_other("workshops.index")
        except (CodeOver, NotToday, AlreadyClosed) as refusal:
            form.form_errors.append(worded(refusal))
    return _check_in_page(workshop_id, form), 422


def _check_in_page(workshop_id: int, form: CodeForm) -> str:
    """Draw the page; the class's name only for who may go to it or reads the screen: a number is not a key."""
    session, today = db.session(), clock.today()
    workshop = queries.to_check_in(session, workshop_id)
    known = codes.taken(form.code.data or "", workshop.secret, workshop.id, today, clock.now())
    if not known:
        with suppress(NotFound):
            queries.to_attend(session, actor(), workshop_id, today)
            known = True
    return render_template(
        "courses/workshops/check_in.html", workshop=workshop, title=workshop.title if known else "", form=form
    )

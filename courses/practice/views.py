"""Observed practice: arranging it, marking by the rubric, naming who decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from courses.certificates.issuing import issuer_for
from courses.people import person_meant
from courses.practice import queries, services
from courses.practice.errors import (
    AlreadyPassed,
    LevelsMissing,
    NotAnAssessor,
    NothingApart,
    PracticeOpen,
    WrongAssessors,
)
from courses.practice.forms import ArrangeForm, SheetForm, ThirdForm, WithdrawForm, levels_of
from courses.practice.queries import State
from courses.practice.rubric import rubric_of
from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import db, unit_of_work
from portal.core.errors import Forbidden
from portal.core.locale import worded
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires, see_other, settings

bp = Blueprint("practice", __name__, url_prefix="/manage/practice", template_folder="../templates")
Page = str | tuple[str, int] | Response
MOST_PAGES = 100_000
PRACTICE_READ = name_look("practice.read", N_("looked at observed practice"))


@bp.get("/")
@requires(Action.OWN_LEARNING)
def listing() -> str | Response:
    """List practices: those the reader arranges, those she was named to mark, and who waits for one."""
    session, today = db.session(), clock.today()
    search = request.args.get("q", "")[:80].strip()
    asked = request.args.get("state", "")
    state = State(asked) if asked in (State.WAITING, State.SETTLED, State.WITHDRAWN) else None
    page = min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES)
    lines, count = queries.practices(session, actor(), search, state, page)
    waits: Sequence[queries.Waiting] = ()
    more_wait = False
    if actor().may(Action.PRACTICE_MARK):
        waits, more_wait = queries.waiting(session, actor(), today, search)
    ids = [*(one.user_id for one in lines), *(one.user_id for one in waits)]
    reason = reason_for_police("practice", ids)
    if isinstance(reason, Response):
        return reason
    drawn = render_template(
        "courses/practice/index.html",
        lines=lines,
        count=count,
        waiting=waits,
        more_wait=more_wait,
        page=page,
        pages=max(1, -(-count // queries.PAGE)),
        q=search,
        state=state or "",
        states=queries.STATE_LABELS,
        here={key: value for key, value in (("q", search), ("state", state or "")) if value},
    )
    if lines or waits:
        looked(PRACTICE_READ, "practice", ids, reason, rows=len(ids))
    return drawn


@bp.get("/arrange/<int:enrolment_id>")
@requires(Action.PRACTICE_MARK)
def arrange(enrolment_id: int) -> str:
    """Ask when, where and by whom."""
    me = db.session().get_one(User, actor().id)
    mine = me.staff_code or me.username or me.phone or ""
    return _arrange_page(enrolment_id, ArrangeForm(held_on=clock.today(), first=mine))


@bp.post("/arrange/<int:enrolment_id>")
@requires(Action.PRACTICE_MARK)
def arrange_submit(enrolment_id: int) -> Page:
    """Arrange a practice."""
    form = ArrangeForm()
    sound = form.validate_on_submit()
    people: list[int] = []
    for field in (form.first, form.second):
        if (field.data or "").strip():
            found = person_meant(db.session(), field.data or "")
            if found.id is None:
                field.errors = [*field.errors, _unknown(found.text, found.names)]
                sound = False
            else:
                people.append(found.id)
    if not sound:
        return _arrange_page(enrolment_id, form), 422
    try:
        with unit_of_work() as session:
            enrolment = queries.enrolment_to_arrange(session, actor(), enrolment_id, clock.today())[0]
            practice = services.arrange(
                session,
                enrolment,
                held_on=form.held_on.data or clock.today(),
                place=str(form.place.data),
                assessor_ids=people,
                by_id=actor().id,
                now=clock.now(),
            )
            made = practice.id
    except (PracticeOpen, AlreadyPassed, WrongAssessors) as refusal:
        form.form_errors.append(worded(refusal))
        return _arrange_page(enrolment_id, form), 422
    flash(gettext("Arranged. Each assessor finds the sheet under “Observed practice”."), "success")
    return see_other("practice.show", practice_id=made)


def _unknown(text: str, names: tuple[str, ...]) -> str:
    if names:
        return str(
            gettext("“%(text)s” is shared by %(names)s; use a staff code.", text=text, names=", ".join(names))
        )
    return str(gettext("Nobody is known as “%(text)s”.", text=text))


def _arrange_page(enrolment_id: int, form: ArrangeForm) -> str:
    _enrolment, user, version, course = queries.enrolment_to_arrange(
        db.session(), actor(), enrolment_id, clock.today()
    )
    return render_template(
        "courses/practice/arrange.html",
        form=form,
        enrolment_id=enrolment_id,
        full_name=user.full_name,
        course=course,
        title=version.title,
        rubric=rubric_of(version.manifest["practice"]),
    )


@bp.get("/<int:practice_id>/")
@requires(Action.OWN_LEARNING)
def show(practice_id: int) -> str | Response:
    """Show a practice to one of its assessors or to who arranges it; the other's sheet only once all are in."""
    page = queries.practice_page(db.session(), actor(), practice_id)
    ids = [page.user_id]
    # an assessor was named for it, which is the reason; who arranges has given one for the list, and it holds here
    reason = None if page.mine is not None else reason_for_police("practice", ids)
    if isinstance(reason, Response):
        return reason
    drawn = _show_page(practice_id)
    looked(PRACTICE_READ, f"practice:{practice_id}", ids, reason)
    return drawn


def _show_page(practice_id: int, chosen: Mapping[str, int] | None = None, **forms: Any) -> str:
    page = queries.practice_page(db.session(), actor(), practice_id)
    return render_template(
        "courses/practice/show.html",
        page=page,
        chosen=chosen or {},
        states=queries.STATE_LABELS,
        State=State,
        **({"form": SheetForm(), "third_form": ThirdForm(), "withdraw_form": WithdrawForm()} | forms),
    )


@bp.post("/<int:practice_id>/sheet")
@requires(Action.OWN_LEARNING)
def hand_in(practice_id: int) -> Page:
    """Hand the reader's own sheet in."""
    form = SheetForm()
    page = queries.practice_page(db.session(), actor(), practice_id)
    if page.mine is None:
        raise Forbidden
    chosen = levels_of(page.asked, request.form)
    if not form.validate_on_submit():
        return _show_page(practice_id, chosen, form=form), 422
    try:
        with unit_of_work() as session:
            practice = queries.practice_page(session, actor(), practice_id).practice
            settled = services.hand_in(
                session,
                issuer_for(settings()),
                practice,
                actor().id or 0,
                levels=chosen,
                note=form.note.data or "",
                now=clock.now(),
            )
    except LevelsMissing as refusal:
        form.form_errors.append(worded(refusal))
        return _show_page(practice_id, chosen, form=form), 422
    if settled:
        flash(gettext("Handed in. All sheets are in and the result stands."), "success")
    else:
        flash(gettext("Handed in. The result stands once every sheet is in."), "success")
    return see_other("practice.show", practice_id=practice_id)


@bp.post("/<int:practice_id>/third")
@requires(Action.PRACTICE_MARK)
def third(practice_id: int) -> Page:
    """Name who decides where two sheets differ."""
    form = ThirdForm()
    page = queries.practice_page(db.session(), actor(), practice_id)
    if not page.may_arrange:
        raise Forbidden
    sound = form.validate_on_submit()
    found = person_meant(db.session(), form.login.data or "")
    if sound and found.id is None:
        form.login.errors = [*form.login.errors, _unknown(found.text, found.names)]
    if not sound or found.id is None:
        return _show_page(practice_id, third_form=form), 422
    try:
        with unit_of_work() as session:
            practice = queries.practice_page(session, actor(), practice_id).practice
            services.name_third(session, practice, found.id, by_id=actor().id, now=clock.now())
    except (NothingApart, NotAnAssessor) as refusal:
        form.form_errors.append(worded(refusal))
        return _show_page(practice_id, third_form=form), 422
    flash(gettext("%(name)s decides; the sheet holds only what differs.", name=found.names[0]), "success")
    return see_other("practice.show", practice_id=practice_id)


@bp.post("/<int:practice_id>/withdraw")
@requires(Action.PRACTICE_MARK)
def withdraw(practice_id: int) -> Page:
    """Withdraw a practice that will not be marked."""
    form = WithdrawForm()
    page = queries.practice_page(db.session(), actor(), practice_id)
    if not page.may_arrange:
        raise Forbidden
    if not form.validate_on_submit():
        return _show_page(practice_id, withdraw_form=form), 422
    with unit_of_work() as session:
        practice = queries.practice_page(session, actor(), practice_id).practice
        services.withdraw(session, practice, reason=str(form.reason.data), by_id=actor().id, now=clock.now())
    flash(gettext("Withdrawn."), "success")
    return see_other("practice.listing")

"""Holding classes: listing, announcing, changing, cancelling, closing."""

import secrets
from typing import Any

from flask import flash, render_template, request
from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.issuing import issuer_for
from courses.people import people_meant
from courses.workshops import attendance, closing, queries, services
from courses.workshops.errors import (
    AlreadyClosed,
    DayHasAttendance,
    SeatsTaken,
    SignaturesDiffer,
)
from courses.workshops.forms import (
    CloseForm,
    ReasonForm,
    WorkshopForm,
)
from courses.workshops.models import Workshop
from courses.workshops.pages import MOST_PAGES, Page, bp, class_page
from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import db, unit_of_work
from portal.core.locale import worded
from portal.core.organisation.queries import areas_above
from portal.core.organisation.services import area_named
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other, settings


def asked() -> dict[str, Any]:
    """Return the filters of the list, as its address says them."""
    state = request.args.get("state", "")
    return {
        "search": request.args.get("q", "")[:80].strip(),
        "state": queries.State(state) if state in list(queries.State) else None,
        "origin": request.args.get("origin", "") if request.args.get("origin") in ("hall", "paper") else "",
    }


@bp.get("/")
@requires(Action.WORKSHOP_HOLD)
def listing() -> str:
    """List the classes of the reader's units."""
    return _listing()


def _listing() -> str:
    filters, page = asked(), min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES)
    found, count = queries.workshops(db.session(), actor(), clock.today(), page=page, **filters)
    return render_template(
        "courses/workshops/manage/index.html",
        lines=found,
        count=count,
        page=page,
        pages=max(1, -(-count // queries.PAGE)),
        filters=filters,
        states=queries.STATE_LABELS,
        here={
            key: value
            for key, value in (
                ("q", filters["search"]),
                ("state", filters["state"] or ""),
                ("origin", filters["origin"]),
            )
            if value
        },
    )


@bp.get("/training")
@requires(Action.OWN_LEARNING)
def training() -> str:
    """List the classes that the reader trains (those that she holds stand with the others)."""
    return _listing()


@bp.get("/new")
@requires(Action.WORKSHOP_HOLD)
def new() -> str:
    """Show the form for a new class."""
    units = queries.units_to_organise(db.session(), actor())
    code = units[0].code if units else ""
    area = areas_above(db.session(), units[0].area_id)[-1].code if units else ""
    form = WorkshopForm(key=secrets.token_hex(12), organiser=code, area=area, for_area=area)
    return _form_page(form, None)


@bp.post("/new")
@requires(Action.WORKSHOP_HOLD)
def create() -> Page:
    """Announce a class."""
    form = WorkshopForm().offer(queries.courses(db.session()))
    facts = facts_of(form)
    if facts is None:
        return _form_page(form, None), 422
    with unit_of_work() as session:
        workshop = services.open_workshop(
            session, str(form.key.data), facts, by_id=actor().id, now=clock.now()
        )
        made = workshop.id
    flash(gettext("The class is announced. People it is open to can register now."), "success")
    return see_other("halls.show", workshop_id=made)


@bp.get("/<int:workshop_id>/edit")
@requires(Action.WORKSHOP_HOLD)
def edit(workshop_id: int) -> str:
    """Show the form of a class that stands."""
    session = db.session()
    workshop = queries.to_hold(session, actor(), workshop_id)
    page = queries.class_page(session, workshop, clock.today())
    form = WorkshopForm(
        key=workshop.key,
        title=workshop.title,
        course=str(workshop.course_id or ""),
        plan_item=workshop.plan_item,
        organiser=page.organiser.code,
        area=areas_above(session, workshop.area_id)[-1].code,
        place=workshop.place,
        days=[{"day": one.day, "hours": one.hours} for one in page.days],
        days_needed=workshop.days_needed,
        capacity=workshop.capacity,
        trainers="\n".join(_logins_of(session, [user_id for user_id, _name in page.trainers])),
        guest_trainers=workshop.guest_trainers,
        for_area=areas_above(session, workshop.for_area_id)[-1].code if workshop.for_area_id else "",
        for_sector=workshop.for_sector or "",
        for_audience=workshop.for_audience or "",
    )
    return _form_page(form, workshop)


@bp.post("/<int:workshop_id>/edit")
@requires(Action.WORKSHOP_HOLD)
def change(workshop_id: int) -> Page:
    """Change what was announced."""
    workshop = queries.to_hold(db.session(), actor(), workshop_id)
    form = WorkshopForm().offer(queries.courses(db.session()))
    facts = facts_of(form)
    if facts is None:
        return _form_page(form, workshop), 422
    try:
        with unit_of_work() as session:
            workshop = queries.to_hold(session, actor(), workshop_id)
            up = services.change_workshop(session, workshop, facts, by_id=actor().id, now=clock.now())
    except (SeatsTaken, DayHasAttendance, AlreadyClosed) as refusal:
        form.form_errors.append(worded(refusal))
        return _form_page(form, queries.to_hold(db.session(), actor(), workshop_id)), 422
    flash(gettext("Saved."), "success")
    if up:
        flash(
            ngettext("%(num)d person moved up from the waiting list.", "%(num)d people moved up.", len(up)),
            "info",
        )
    return see_other("halls.show", workshop_id=workshop_id)


def _form_page(form: WorkshopForm, workshop: Workshop | None) -> str:
    session = db.session()
    form.offer(queries.courses(session))
    return render_template(
        "courses/workshops/manage/form.html",
        form=form,
        workshop=workshop,
        units=queries.units_to_organise(session, actor()),
        areas=queries.areas(session),
    )


def facts_of(form: WorkshopForm) -> services.WorkshopFacts | None:
    """Return what the form says, or None with its errors filled in."""
    session = db.session()
    sound = form.validate_on_submit()
    organiser = queries.unit_to_organise(session, actor(), form.organiser.data or "")
    if organiser is None:
        form.organiser.errors = [
            *form.organiser.errors,
            gettext("You hold no classes for a unit of this code."),
        ]
    area = area_named(session, (form.area.data or "").strip())
    if area is None:
        form.area.errors = [*form.area.errors, gettext("There is no area of this code.")]
    for_code = (form.for_area.data or "").strip()
    for_area = area_named(session, for_code) if for_code else None
    if for_code and for_area is None:
        form.for_area.errors = [*form.for_area.errors, gettext("There is no area of this code.")]
    trainers = people_meant(session, form.trainers.data or "")
    for one in trainers:
        if one.id is None:
            why = (
                gettext(
                    "“%(text)s” is shared by %(names)s; use a staff code.",
                    text=one.text,
                    names=", ".join(one.names),
                )
                if one.names
                else gettext("Nobody is known as “%(text)s”.", text=one.text)
            )
            form.trainers.errors = [*form.trainers.errors, why]
    unsound = not sound or organiser is None or area is None or bool(for_code and for_area is None)
    if unsound or any(one.id is None for one in trainers):
        return None
    assert organiser is not None  # noqa: S101 - for the type checker; said above
    assert area is not None  # noqa: S101 - likewise
    return services.WorkshopFacts(
        title=str(form.title.data),
        course_id=int(form.course.data) if form.course.data else None,
        plan_item=str(form.plan_item.data),
        organiser_id=organiser.id,
        area_id=area.id,
        place=str(form.place.data),
        guest_trainers=form.guest_trainers.data or "",
        capacity=int(form.capacity.data or 1),
        days=form.given_days(),
        days_needed=int(form.days_needed.data or 1),
        for_area_id=for_area.id if for_area else None,
        for_sector=form.for_sector.data or None,
        for_audience=form.for_audience.data or None,
        trainer_ids=tuple(one.id for one in trainers if one.id is not None),
    )


def _logins_of(session: Session, user_ids: list[int]) -> list[str]:
    found = {one.id: one for one in session.scalars(select(User).where(User.id.in_(user_ids)))}
    people = [found[user_id] for user_id in user_ids]
    return [one.staff_code or one.username or one.phone or "" for one in people]


@bp.post("/<int:workshop_id>/cancel")
@requires(Action.WORKSHOP_HOLD)
def cancel(workshop_id: int) -> Page:
    """Cancel a class."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return class_page(workshop_id, cancel_form=form), 422
    with unit_of_work() as session:
        workshop = queries.to_hold(session, actor(), workshop_id)
        services.cancel_workshop(
            session, workshop, reason=str(form.reason.data), by_id=actor().id, now=clock.now()
        )
    flash(gettext("The class is cancelled."), "success")
    return see_other("halls.show", workshop_id=workshop_id)


@bp.get("/<int:workshop_id>/close")
@requires(Action.WORKSHOP_HOLD)
def close(workshop_id: int) -> str:
    """Ask what the signed sheets say."""
    return _close_page(workshop_id, CloseForm())


@bp.post("/<int:workshop_id>/close")
@requires(Action.WORKSHOP_HOLD)
def close_submit(workshop_id: int) -> Page:
    """Close a class: who took part is a fact from now on."""
    form = CloseForm()
    if not form.validate_on_submit():
        return _close_page(workshop_id, form), 422
    try:
        with unit_of_work() as session:
            workshop = queries.to_hold(session, actor(), workshop_id)
            took_part, completed = closing.close(
                session,
                issuer_for(settings()),
                workshop,
                signatures=int(form.signatures.data or 0),
                reason=form.reason.data or "",
                visits=int(form.visits.data or 0),
                by_id=actor().id,
                now=clock.now(),
            )
    except SignaturesDiffer as refusal:
        form.reason.errors = [worded(refusal)]
        return _close_page(workshop_id, form), 422
    flash(
        gettext(
            "Closed: %(people)d people took part, %(completed)d of them completed the course by it.",
            people=took_part,
            completed=completed,
        ),
        "success",
    )
    return see_other("halls.show", workshop_id=workshop_id)


def _close_page(workshop_id: int, form: CloseForm) -> str:
    session, today = db.session(), clock.today()
    workshop = queries.to_hold(session, actor(), workshop_id)
    return render_template(
        "courses/workshops/manage/close.html",
        page=queries.class_page(session, workshop, today),
        ticks=attendance.ticks_of(session, workshop),
        form=form,
        State=queries.State,
    )

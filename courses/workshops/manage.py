"""Holding classes: announcing, the line, the roll, the sheet, the screen, closing and correcting."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import segno
from flask import Blueprint, Response, flash, jsonify, render_template, request, url_for
from flask_babel import force_locale, gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from courses.looking import looked
from courses.people import people_meant, person_meant
from courses.workshops import codes, queries, services, sheet
from courses.workshops.errors import (
    AlreadyClosed,
    DayHasAttendance,
    NotToday,
    SeatsTaken,
    SignaturesDiffer,
)
from courses.workshops.forms import (
    CloseForm,
    CorrectForm,
    PersonForm,
    ReasonForm,
    WorkshopForm,
)
from courses.workshops.models import HOW_LABELS, How, Workshop, WorkshopDay
from courses.workshops.plan import PLAN_ITEMS
from courses.workshops.seats import Seat
from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS, User
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.locale import worded
from portal.core.organisation.models import SECTOR_LABELS
from portal.core.organisation.queries import areas_above
from portal.core.organisation.services import area_named
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other, settings

manage = Blueprint("halls", __name__, url_prefix="/manage/workshops", template_folder="../templates")
Page = str | tuple[str, int] | Answer
MOST_PAGES = 100_000


def asked() -> dict[str, Any]:
    """Return the filters of the list, as its address says them."""
    state = request.args.get("state", "")
    return {
        "search": request.args.get("q", "")[:80].strip(),
        "state": queries.State(state) if state in list(queries.State) else None,
        "origin": request.args.get("origin", "") if request.args.get("origin") in ("hall", "paper") else "",
    }


@manage.get("/")
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


@manage.get("/training")
@requires(Action.OWN_LEARNING)
def training() -> str:
    """List the classes that the reader trains (those that she holds stand with the others)."""
    return _listing()


@manage.get("/new")
@requires(Action.WORKSHOP_HOLD)
def new() -> str:
    """Show the form for a new class."""
    units = queries.units_to_organise(db.session(), actor())
    code = units[0].code if units else ""
    area = areas_above(db.session(), units[0].area_id)[-1].code if units else ""
    form = WorkshopForm(key=secrets.token_hex(12), organiser=code, area=area, for_area=area)
    return _form_page(form, None)


@manage.post("/new")
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


@manage.get("/<int:workshop_id>/edit")
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
        trainers="\n".join(_login_of(session, user_id) for user_id, _name in page.trainers),
        guest_trainers=workshop.guest_trainers,
        for_area=areas_above(session, workshop.for_area_id)[-1].code if workshop.for_area_id else "",
        for_sector=workshop.for_sector or "",
        for_audience=workshop.for_audience or "",
    )
    return _form_page(form, workshop)


@manage.post("/<int:workshop_id>/edit")
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


def _login_of(session: Session, user_id: int) -> str:
    user = session.get_one(User, user_id)
    return user.staff_code or user.username or user.phone or ""


@manage.get("/<int:workshop_id>/")
@requires(Action.OWN_LEARNING)
def show(workshop_id: int) -> str:
    """Show a class to whoever holds or trains it: its line, who was there, what is to do next."""
    drawn = _show_page(workshop_id)
    looked("workshop.read", f"workshop:{workshop_id}")
    return drawn


def _show_page(workshop_id: int, **forms: Any) -> str:
    session, today = db.session(), clock.today()
    workshop = queries.to_run(session, actor(), workshop_id)
    search = request.args.get("q", "")[:80].strip()
    return render_template(
        "courses/workshops/manage/show.html",
        page=queries.class_page(session, workshop, today),
        roll=queries.roll(session, workshop, search),
        ticks=services.ticks_of(session, workshop),
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


@manage.post("/<int:workshop_id>/cancel")
@requires(Action.WORKSHOP_HOLD)
def cancel(workshop_id: int) -> Page:
    """Cancel a class."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _show_page(workshop_id, cancel_form=form), 422
    with unit_of_work() as session:
        workshop = queries.to_hold(session, actor(), workshop_id)
        services.cancel_workshop(
            session, workshop, reason=str(form.reason.data), by_id=actor().id, now=clock.now()
        )
    flash(gettext("The class is cancelled."), "success")
    return see_other("halls.show", workshop_id=workshop_id)


@manage.post("/<int:workshop_id>/people")
@requires(Action.OWN_LEARNING)
def add_person(workshop_id: int) -> Page:
    """Register somebody, or (on a day of the class) note somebody who came unannounced."""
    form = PersonForm()
    queries.to_run(db.session(), actor(), workshop_id)
    found = person_meant(db.session(), form.login.data or "") if form.validate_on_submit() else None
    if found is not None and found.id is None:
        form.login.errors = [
            *form.login.errors,
            gettext(
                "“%(text)s” is shared by %(names)s; use a staff code.",
                text=found.text,
                names=", ".join(found.names),
            )
            if found.names
            else gettext("Nobody is known as “%(text)s”.", text=found.text),
        ]
    if found is None or found.id is None:
        return _show_page(workshop_id, person_form=form), 422
    now, today = clock.now(), clock.today()
    with unit_of_work() as session:
        workshop = queries.to_run(session, actor(), workshop_id)
        if request.form.get("then") == "come-in":
            if session.get(WorkshopDay, (workshop.id, today)) is None:
                raise NotToday
            key = f"door:{secrets.token_hex(12)}"
            services.come_in(
                session, workshop, found.id, today, how=How.TICK, by_id=actor().id, now=now, key=key
            )
        else:
            services.register(session, workshop, found.id, by_id=actor().id, now=now)
    flash(gettext("%(name)s is on the list.", name=found.names[0]), "success")
    return see_other("halls.show", workshop_id=workshop_id)


@manage.post("/<int:workshop_id>/people/<int:user_id>/remove")
@requires(Action.OWN_LEARNING)
def remove_person(workshop_id: int, user_id: int) -> Answer:
    """Take somebody out of the line."""
    with unit_of_work() as session:
        workshop = queries.to_run(session, actor(), workshop_id)
        up = services.give_up(session, workshop, user_id, by_id=actor().id, now=clock.now())
    if up:
        flash(
            ngettext("%(num)d person moved up from the waiting list.", "%(num)d people moved up.", len(up)),
            "info",
        )
    return see_other("halls.show", workshop_id=workshop_id)


@manage.get("/<int:workshop_id>/roll")
@requires(Action.OWN_LEARNING)
def roll(workshop_id: int) -> str:
    """Show the list to tick on a phone; who looked is recorded."""
    session, today = db.session(), clock.today()
    workshop = queries.to_run(session, actor(), workshop_id)
    page = queries.class_page(session, workshop, today)
    drawn = render_template(
        "courses/workshops/manage/roll.html",
        page=page,
        day=_day(page.days),
        roll=queries.roll(session, workshop),
        audiences=AUDIENCE_LABELS,
        form=ButtonForm(),
        person_form=PersonForm(),
        State=queries.State,
        Seat=Seat,
        today=today,
    )
    looked("workshop.roll", f"workshop:{workshop_id}")
    return drawn


def _day(days: Sequence[WorkshopDay]) -> date:
    """Return the day that is asked for, else today, else the first day of the class."""
    known = [one.day for one in days]
    try:
        wanted = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        wanted = clock.today()
    return wanted if wanted in known else known[0]


@manage.post("/<int:workshop_id>/roll")
@requires(Action.OWN_LEARNING)
def roll_submit(workshop_id: int) -> Answer:
    """Take the whole list of one day, as a page without script sends it: what differs becomes a tick."""
    now = clock.now()
    with unit_of_work() as session:
        workshop = queries.to_run(session, actor(), workshop_id)
        day = _posted_day(request.form.get("day", ""))
        present, shown = _ids("present"), _ids("shown")
        ticks = [
            services.Tick(f"form:{secrets.token_hex(12)}", day, line.user_id, line.user_id in present, now)
            for line in queries.roll(session, workshop)
            if line.user_id in shown and line.days.get(day, False) is not (line.user_id in present)
        ]
        services.tick(session, workshop, ticks, how=How.TICK, by_id=actor().id, now=now, decides=True)
    flash(gettext("The list is saved."), "success")
    return see_other("halls.roll", workshop_id=workshop_id, day=day.isoformat())


def _ids(name: str) -> set[int]:
    """Return the ids posted under a name; what is no number (nor ² or a thousand digits) is nobody's."""
    return {int(one) for one in request.form.getlist(name) if one.isdecimal() and len(one) <= 18}


def _posted_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound from error


@manage.post("/<int:workshop_id>/marks")
@requires(Action.OWN_LEARNING)
def marks(workshop_id: int) -> Answer | tuple[Answer, int]:
    """Take ticks as a phone sends them, now or after hours without a signal; sending them twice is once."""
    ticks = _ticks(request.get_json(silent=True))
    if ticks is None:
        return jsonify(error=gettext("The request could not be read")), 400
    try:
        with unit_of_work() as session:
            workshop = queries.to_run(session, actor(), workshop_id)
            services.tick(session, workshop, ticks, how=How.TICK, by_id=actor().id, now=clock.now())
    except AlreadyClosed as refusal:
        return jsonify(error=worded(refusal)), 409
    return jsonify(taken=[one.key.removeprefix("t:") for one in ticks])


def _ticks(posted: Any) -> list[services.Tick] | None:
    """Return the ticks of a sending; None where it has not their shape."""
    found = posted.get("marks") if isinstance(posted, dict) else None
    if not isinstance(found, list) or len(found) > services.MOST_MARKS:
        return None
    ticks = []
    for one in found:
        try:
            key, user_id, present, made = one["key"], one["user"], one["present"], one["at"]
            day, at = date.fromisoformat(one["day"]), datetime.fromtimestamp(made / 1000, UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return None
        if not (
            isinstance(key, str)
            and 8 <= len(key) <= 36
            and key.isprintable()
            and isinstance(user_id, int)
            and 0 < user_id < 2**62
            and isinstance(present, bool)
        ):
            return None
        ticks.append(services.Tick(f"t:{key}", day, user_id, present, at))
    return ticks


@manage.get("/<int:workshop_id>/sheet.pdf")
@requires(Action.OWN_LEARNING)
def sheet_file(workshop_id: int) -> Response:
    """Send the sign-in sheet of a day; who took it is recorded."""
    session, today = db.session(), clock.today()
    workshop = queries.to_run(session, actor(), workshop_id)
    page = queries.class_page(session, workshop, today)
    day = _day(page.days)
    hours = next(one.hours for one in page.days if one.day == day)
    above = areas_above(session, page.organiser.area_id)
    waiting = {Seat.WAITING}
    facts = sheet.SheetFacts(
        organiser=page.organiser.name,
        above=f"UBND {above[0].name}" if above else "",
        title=workshop.title,
        course=f"{page.course_code}. {page.course_title['vi']}" if page.course_code else "",
        plan_item=f"{workshop.plan_item} – {PLAN_ITEMS[workshop.plan_item]['vi']}",
        place=f"{workshop.place}, {page.area}",
        day=day,
        hours=hours,
        trainers="; ".join(
            [*(name for _id, name in page.trainers), *filter(None, [workshop.guest_trainers])]
        ),
        address=settings().base_url + url_for("halls.show", workshop_id=workshop.id),
        number=str(workshop.id),
        signers=[
            sheet.Signer(line.full_name, line.unit, _audience_vi(line.audience))
            for line in queries.roll(session, workshop)
            if line.seat not in waiting
        ],
    )
    looked("workshop.sheet", f"workshop:{workshop_id}")
    response = Response(sheet.render(facts), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="ky-nhan-{workshop_id}-{day}.pdf"'
    return response


def _audience_vi(code: str) -> str:
    """Return what somebody is, in Vietnamese: the paper is Vietnamese whoever prints it."""
    labels = {str(key): label for key, label in AUDIENCE_LABELS.items()}
    with force_locale("vi"):
        return gettext(labels[code]) if code in labels else ""


@manage.get("/<int:workshop_id>/screen")
@requires(Action.OWN_LEARNING)
def screen(workshop_id: int) -> str:
    """Show the code to check in with, large; the page loads itself anew before the code changes."""
    session, now = db.session(), clock.now()
    workshop = queries.to_run(session, actor(), workshop_id)
    page = queries.class_page(session, workshop, clock.today())
    today = clock.today()
    held = any(one.day == today for one in page.days) and page.state in (
        queries.State.COMING,
        queries.State.HELD,
    )
    shown = codes.code(workshop.secret, workshop.id, today, now) if held else ""
    address = settings().base_url + url_for("workshops.check_in", workshop_id=workshop.id, code=shown)
    return render_template(
        "courses/workshops/manage/screen.html",
        page=page,
        code=f"{shown[:5]} {shown[5:]}",
        picture=segno.make(address, error="m").svg_data_uri(
            scale=8, border=2, dark="#12211f", light="#ffffff"
        )
        if held
        else "",
        address=settings().base_url + url_for("workshops.check_in", workshop_id=workshop.id),
        there=sum(line.days.get(today, False) for line in queries.roll(session, workshop)),
        held=held,
        seconds=15,
    )


@manage.get("/<int:workshop_id>/close")
@requires(Action.WORKSHOP_HOLD)
def close(workshop_id: int) -> str:
    """Ask what the signed sheets say."""
    return _close_page(workshop_id, CloseForm())


@manage.post("/<int:workshop_id>/close")
@requires(Action.WORKSHOP_HOLD)
def close_submit(workshop_id: int) -> Page:
    """Close a class: who took part is a fact from now on."""
    form = CloseForm()
    if not form.validate_on_submit():
        return _close_page(workshop_id, form), 422
    try:
        with unit_of_work() as session:
            workshop = queries.to_hold(session, actor(), workshop_id)
            took_part, completed = services.close(
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
        ticks=services.ticks_of(session, workshop),
        form=form,
        State=queries.State,
    )


@manage.get("/<int:workshop_id>/correct/<int:user_id>/<day>")
@requires(Action.WORKSHOP_HOLD)
def correct(workshop_id: int, user_id: int, day: str) -> str:
    """Ask for the reason of a correction."""
    return _correct_page(workshop_id, user_id, _posted_day(day), CorrectForm(user=str(user_id), day=day))


@manage.post("/<int:workshop_id>/correct/<int:user_id>/<day>")
@requires(Action.WORKSHOP_HOLD)
def correct_submit(workshop_id: int, user_id: int, day: str) -> Page:
    """Correct whether somebody was there."""
    form, when = CorrectForm(user=str(user_id), day=day), _posted_day(day)
    if not form.validate_on_submit():
        return _correct_page(workshop_id, user_id, when, form), 422
    with unit_of_work() as session:
        workshop = queries.to_hold(session, actor(), workshop_id)
        _on_the_roll(session, workshop, user_id, when)
        services.correct(
            session,
            issuer_for(settings()),
            workshop,
            user_id=user_id,
            day=when,
            present=bool(form.present.data),
            reason=str(form.reason.data),
            by_id=actor().id,
            now=clock.now(),
        )
    flash(gettext("Corrected; your name and the reason stay on record."), "success")
    return see_other("halls.show", workshop_id=workshop_id)


def _on_the_roll(session: Session, workshop: Workshop, user_id: int, day: date) -> queries.RollLine:
    if session.get(WorkshopDay, (workshop.id, day)) is None:
        raise NotFound
    for line in queries.roll(session, workshop):
        if line.user_id == user_id:
            return line
    raise NotFound


def _correct_page(workshop_id: int, user_id: int, day: date, form: CorrectForm) -> str:
    session = db.session()
    workshop = queries.to_hold(session, actor(), workshop_id)
    line = _on_the_roll(session, workshop, user_id, day)
    if request.method == "GET":
        form.present.data = not line.days.get(day, False)
    return render_template(
        "courses/workshops/manage/correct.html",
        page=queries.class_page(session, workshop, clock.today()),
        line=line,
        day=day,
        form=form,
    )

"""Who is there: the line, the roll, the sheet to sign, the screen with the code, a correction."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import segno
from flask import Response, flash, jsonify, render_template, request, url_for
from flask_babel import force_locale, gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from courses.people import person_meant
from courses.workshops import attendance, closing, codes, queries, sheet
from courses.workshops.errors import (
    AlreadyClosed,
    NotToday,
)
from courses.workshops.forms import (
    CorrectForm,
    PersonForm,
)
from courses.workshops.models import How, Workshop, WorkshopDay
from courses.workshops.pages import Page, bp, class_page
from courses.workshops.plan import PLAN_ITEMS
from courses.workshops.seats import Seat
from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.locale import worded
from portal.core.organisation.queries import areas_above
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires, see_other, settings

WORKSHOP_ROLL = name_look("workshop.roll", N_("opened the roll of a class"))


WORKSHOP_SHEET = name_look("workshop.sheet", N_("printed the sign-in sheet of a class"))


@bp.post("/<int:workshop_id>/people")
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
        return class_page(workshop_id, person_form=form), 422
    now, today = clock.now(), clock.today()
    with unit_of_work() as session:
        workshop = queries.to_run(session, actor(), workshop_id)
        if request.form.get("then") == "come-in":
            if session.get(WorkshopDay, (workshop.id, today)) is None:
                raise NotToday
            key = f"door:{secrets.token_hex(12)}"
            attendance.come_in(
                session, workshop, found.id, today, how=How.TICK, by_id=actor().id, now=now, key=key
            )
        else:
            attendance.register(session, workshop, found.id, by_id=actor().id, now=now)
    flash(gettext("%(name)s is on the list.", name=found.names[0]), "success")
    return see_other("halls.show", workshop_id=workshop_id)


@bp.post("/<int:workshop_id>/people/<int:user_id>/remove")
@requires(Action.OWN_LEARNING)
def remove_person(workshop_id: int, user_id: int) -> Answer:
    """Take somebody out of the line."""
    with unit_of_work() as session:
        workshop = queries.to_run(session, actor(), workshop_id)
        up = attendance.give_up(session, workshop, user_id, by_id=actor().id, now=clock.now())
    if up:
        flash(
            ngettext("%(num)d person moved up from the waiting list.", "%(num)d people moved up.", len(up)),
            "info",
        )
    return see_other("halls.show", workshop_id=workshop_id)


@bp.get("/<int:workshop_id>/roll")
@requires(Action.OWN_LEARNING)
def roll(workshop_id: int) -> str | Answer:
    """Show the list to tick on a phone; who looked is recorded."""
    session, today = db.session(), clock.today()
    workshop = queries.to_run(session, actor(), workshop_id)
    page = queries.class_page(session, workshop, today)
    lines = queries.roll(session, workshop)
    ids = [line.user_id for line in lines]
    reason = reason_for_police(f"workshop:{workshop_id}", ids)
    if isinstance(reason, Answer):
        return reason
    drawn = render_template(
        "courses/workshops/manage/roll.html",
        page=page,
        day=_day(page.days),
        roll=lines,
        audiences=AUDIENCE_LABELS,
        form=ButtonForm(),
        person_form=PersonForm(),
        State=queries.State,
        Seat=Seat,
        today=today,
    )
    looked(WORKSHOP_ROLL, f"workshop:{workshop_id}", ids, reason)
    return drawn


def _day(days: Sequence[WorkshopDay]) -> date:
    """Return the day that is asked for, else today, else the first day of the class."""
    known = [one.day for one in days]
    try:
        wanted = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        wanted = clock.today()
    return wanted if wanted in known else known[0]


@bp.post("/<int:workshop_id>/roll")
@requires(Action.OWN_LEARNING)
def roll_submit(workshop_id: int) -> Answer:
    """Take the whole list of one day, as a page without script sends it: what differs becomes a tick."""
    now = clock.now()
    with unit_of_work() as session:
        workshop = queries.to_run(session, actor(), workshop_id)
        day = _posted_day(request.form.get("day", ""))
        present, shown = _ids("present"), _ids("shown")
        ticks = [
            attendance.Tick(f"form:{secrets.token_hex(12)}", day, line.user_id, line.user_id in present, now)
            for line in queries.roll(session, workshop)
            if line.user_id in shown and line.days.get(day, False) is not (line.user_id in present)
        ]
        attendance.tick(session, workshop, ticks, how=How.TICK, by_id=actor().id, now=now, decides=True)
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


@bp.post("/<int:workshop_id>/marks")
@requires(Action.OWN_LEARNING)
def marks(workshop_id: int) -> Answer | tuple[Answer, int]:
    """Take ticks as a phone sends them, now or after hours without a signal; sending them twice is once."""
    ticks = _ticks(request.get_json(silent=True))
    if ticks is None:
        return jsonify(error=gettext("The request could not be read")), 400
    try:
        with unit_of_work() as session:
            workshop = queries.to_run(session, actor(), workshop_id)
            attendance.tick(session, workshop, ticks, how=How.TICK, by_id=actor().id, now=clock.now())
    except AlreadyClosed as refusal:
        return jsonify(error=worded(refusal)), 409
    return jsonify(taken=[one.key.removeprefix("t:") for one in ticks])


def _ticks(posted: Any) -> list[attendance.Tick] | None:
    """Return the ticks of a sending; None where it has not their shape."""
    found = posted.get("marks") if isinstance(posted, dict) else None
    if not isinstance(found, list) or len(found) > attendance.MOST_MARKS:
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
        ticks.append(attendance.Tick(f"t:{key}", day, user_id, present, at))
    return ticks


@bp.get("/<int:workshop_id>/sheet.pdf")
@requires(Action.OWN_LEARNING)
def sheet_file(workshop_id: int) -> Answer:
    """Send the sign-in sheet of a day; who took it is recorded."""
    session, today = db.session(), clock.today()
    workshop = queries.to_run(session, actor(), workshop_id)
    page = queries.class_page(session, workshop, today)
    day = _day(page.days)
    hours = next(one.hours for one in page.days if one.day == day)
    above = areas_above(session, page.organiser.area_id)
    signers = [line for line in queries.roll(session, workshop) if line.seat != Seat.WAITING]
    ids = [line.user_id for line in signers]
    reason = reason_for_police(f"workshop:{workshop_id}", ids)
    if isinstance(reason, Answer):
        return reason
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
        signers=[sheet.Signer(line.full_name, line.unit, _audience_vi(line.audience)) for line in signers],
    )
    looked(WORKSHOP_SHEET, f"workshop:{workshop_id}", ids, reason)
    response = Response(sheet.render(facts), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="ky-nhan-{workshop_id}-{day}.pdf"'
    return response


def _audience_vi(code: str) -> str:
    """Return what somebody is, in Vietnamese: the paper is Vietnamese whoever prints it."""
    labels = {str(key): label for key, label in AUDIENCE_LABELS.items()}
    with force_locale("vi"):
        return gettext(labels[code]) if code in labels else ""


@bp.get("/<int:workshop_id>/screen")
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


@bp.get("/<int:workshop_id>/correct/<int:user_id>/<day>")
@requires(Action.WORKSHOP_HOLD)
def correct(workshop_id: int, user_id: int, day: str) -> str:
    """Ask for the reason of a correction."""
    return _correct_page(workshop_id, user_id, _posted_day(day), CorrectForm(user=str(user_id), day=day))


@bp.post("/<int:workshop_id>/correct/<int:user_id>/<day>")
@requires(Action.WORKSHOP_HOLD)
def correct_submit(workshop_id: int, user_id: int, day: str) -> Page:
    """Correct whether somebody was there."""
    form, when = CorrectForm(user=str(user_id), day=day), _posted_day(day)
    if not form.validate_on_submit():
        return _correct_page(workshop_id, user_id, when, form), 422
    with unit_of_work() as session:
        workshop = queries.to_hold(session, actor(), workshop_id)
        _on_the_roll(session, workshop, user_id, when)
        closing.correct(
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

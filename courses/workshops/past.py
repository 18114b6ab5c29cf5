"""Paper classes of the past: entering one with its list and evidence, deciding doubtful lines, counting it."""

import secrets

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from courses.workshops import lists, paper, queries, services
from courses.workshops.errors import Undecided
from courses.workshops.forms import PaperForm, ReasonForm
from courses.workshops.imports import attach, attached
from courses.workshops.manage import facts_of
from courses.workshops.models import Decision
from courses.workshops.plan import PLAN_ITEMS
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files.models import FileKind
from portal.core.files.web import takes_files
from portal.core.locale import show_date, worded
from portal.core.organisation.queries import areas_above
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires, see_other, settings

bp = Blueprint(
    "paper_classes", __name__, url_prefix="/manage/workshops/paper", template_folder="../templates"
)
Page = str | tuple[str, int] | Response
TABLES = (FileKind.XLSX, FileKind.CSV)
PAPER_READ = name_look("paper_class.read", N_("looked at the list of a paper class"))
REASONS = {
    "same_code": N_("same staff code"),
    "same_phone": N_("same phone number"),
    "same_name": N_("same name"),
    "similar_name": N_("similar name"),
    "same_unit": N_("same unit"),
    "similar_unit": N_("similar unit"),
    "same_year": N_("same year"),
    "other_code": N_("another staff code"),
    "other_phone": N_("another phone number"),
}
OUTCOMES = {
    "counted": N_("took part"),
    "completed": N_("took part, completed the course"),
    "already_completed": N_("took part; had completed before, not counted again"),
    "twice": N_("the same person as a line above; counted once"),
    "visit": N_("a visit, not a person"),
}


@bp.get("/new")
@requires(Action.WORKSHOP_HOLD)
def new() -> str:
    """Ask for a class of the past."""
    units = queries.units_to_organise(db.session(), actor())
    code = units[0].code if units else ""
    area = areas_above(db.session(), units[0].area_id)[-1].code if units else ""
    return _form_page(PaperForm(key=secrets.token_hex(12), organiser=code, area=area))


@bp.post("/new")
@requires(Action.WORKSHOP_HOLD)
@takes_files(20 * files.MEGABYTE)
def create() -> Page:
    """Take a class of the past: its list is read and matched; nothing counts yet."""
    form = PaperForm().offer(queries.courses(db.session()))
    facts = facts_of(form)
    for day, _hours in form.given_days():
        if not paper.FIRST_DAY <= day <= clock.today():
            form.days.errors = [
                *form.days.errors,
                gettext(
                    "A paper class was held between %(first)s and today.", first=show_date(paper.FIRST_DAY)
                ),
            ]
            facts = None
    if facts is None:
        return _form_page(form), 422
    try:
        with unit_of_work() as session:
            now = clock.now()
            workshop = services.open_workshop(
                session, str(form.key.data), facts, by_id=actor().id, now=now, origin="paper"
            )
            if not queries.paper_lines(session, workshop):
                workshop.visits = int(form.visits.data or 0)
                workshop.whole_course = bool(form.whole_course.data) and facts.course_id is not None
                attach(session, workshop, "evidence")
                sent = files.keep(
                    session,
                    request.files.get("list"),
                    purpose="workshop.paper",
                    allowed=TABLES,
                    by_id=actor().id,
                    now=now,
                )
                lines = lists.paper_lines_of(files.path_of(sent).read_bytes(), sent.name)
                paper.take_list(session, actor(), workshop, lines)
            made = workshop.id
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return _form_page(form), 422
    return see_other("paper_classes.show", workshop_id=made)


def _form_page(form: PaperForm) -> str:
    session = db.session()
    form.offer(queries.courses(session))
    return render_template(
        "courses/workshops/manage/paper_form.html",
        form=form,
        units=queries.units_to_organise(session, actor()),
        areas=queries.areas(session),
        first=paper.FIRST_DAY,
    )


@bp.get("/<int:workshop_id>/")
@requires(Action.WORKSHOP_HOLD)
def show(workshop_id: int) -> str | Response:
    """Show the lines of a paper list with whom each may be, and why."""
    workshop = queries.to_hold(db.session(), actor(), workshop_id)
    ids = queries.ids_on_paper(
        queries.paper_lines(db.session(), workshop, request.args.get("q", "")[:80].strip())
    )
    reason = reason_for_police(f"workshop:{workshop_id}", ids)
    if isinstance(reason, Response):
        return reason
    drawn = _show_page(workshop_id, ReasonForm())
    looked(PAPER_READ, f"workshop:{workshop_id}", ids, reason)
    return drawn


def _show_page(workshop_id: int, reason_form: ReasonForm, asked_for: int = 0) -> str:
    session = db.session()
    workshop = queries.to_hold(session, actor(), workshop_id)
    if workshop.origin != "paper":
        raise NotFound
    search = request.args.get("q", "")[:80].strip()
    everything = queries.paper_lines(session, workshop)
    lines = queries.paper_lines(session, workshop, search) if search else everything
    people = {one["id"] for line in lines for one in line.candidates}
    by_decision = {one: sum(line.decision == one for line in everything) for one in Decision}
    return render_template(
        "courses/workshops/manage/paper.html",
        page=queries.class_page(session, workshop, clock.today()),
        lines=lines,
        q=search,
        who=queries.names_of(session, people),
        completed=queries.already_completed(session, workshop, people),
        by_decision=by_decision,
        certified=paper.certified(session, workshop),
        reasons=REASONS,
        outcomes=OUTCOMES,
        plan=PLAN_ITEMS,
        attached=attached(session, workshop),
        State=queries.State,
        Decision=Decision,
        form=ButtonForm(),
        reason_form=reason_form,
        asked_for=asked_for,
    )


@bp.post("/<int:workshop_id>/lines/<int:line_id>")
@requires(Action.WORKSHOP_HOLD)
def decide(workshop_id: int, line_id: int) -> Response:
    """Decide whom a line means."""
    chosen = request.form.get("who", "")
    if chosen != "nobody" and not (chosen.isdecimal() and len(chosen) < 19):
        raise NotFound
    with unit_of_work() as session:
        workshop = queries.to_hold(session, actor(), workshop_id)
        paper.decide(
            session,
            workshop,
            line_id,
            None if chosen == "nobody" else int(chosen),
            by_id=actor().id,
            now=clock.now(),
        )
    return see_other("paper_classes.show", workshop_id=workshop_id, _anchor=f"line-{line_id}")


@bp.post("/<int:workshop_id>/count")
@requires(Action.WORKSHOP_HOLD)
def count(workshop_id: int) -> Response:
    """Count a list whose every line is decided."""
    try:
        with unit_of_work() as session:
            workshop = queries.to_hold(session, actor(), workshop_id)
            if workshop.origin != "paper":
                raise NotFound
            outcomes = paper.count_list(session, workshop, by_id=actor().id, now=clock.now())
    except Undecided as refusal:
        flash(worded(refusal), "warning")
        return see_other("paper_classes.show", workshop_id=workshop_id)
    visits = outcomes.get("visit", 0)
    people = sum(outcomes.values()) - visits - outcomes.get("twice", 0)
    flash(
        gettext(
            "Counted: %(people)d people and %(visits)d visits. No certificate was issued for the past.",
            people=people,
            visits=visits,
        ),
        "success",
    )
    return see_other("paper_classes.show", workshop_id=workshop_id)


@bp.post("/<int:workshop_id>/certificates/<int:user_id>")
@requires(Action.CERTIFICATE_ISSUE_PAST)
def certify(workshop_id: int, user_id: int) -> Page:
    """Issue the certificate of somebody's completion in this class, because a named person asks for it."""
    form = ReasonForm()
    queries.to_hold(db.session(), actor(), workshop_id)
    if not form.validate_on_submit():
        return _show_page(workshop_id, form, user_id), 422
    with unit_of_work() as session:
        workshop = queries.to_hold(session, actor(), workshop_id)
        made = paper.issue_past(
            session,
            issuer_for(settings()),
            workshop,
            user_id,
            reason=str(form.reason.data),
            by_id=actor().id,
            now=clock.now(),
        )
        serial = made.serial
    flash(gettext("Certificate %(serial)s is issued.", serial=serial), "success")
    return see_other("paper_classes.show", workshop_id=workshop_id)

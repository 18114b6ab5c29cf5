"""Reorganisations, for the administrator: written down, previewed, applied, undone; listed, searched, exported."""

from collections.abc import Sequence

from flask import Blueprint, Response, flash, render_template, request
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.forms import Form
from portal.core.locale import worded
from portal.core.names import fold
from portal.core.organisation import decrees, history, reading, reorganising, shipped
from portal.core.organisation.decrees import COLUMNS, Decree, Misread, Unreadable
from portal.core.organisation.models import (
    REORGANISATION_STATE_LABELS,
    Reorganisation,
    ReorganisationEvent,
    ReorganisationState,
)
from portal.core.organisation.reorganise import KIND_LABELS, SUBJECT_LABELS, Event, Fault, Kind, Subject
from portal.core.policy import ROLE_LABELS, Action
from portal.core.web import actor, requires, see_other
from portal.reports.files import answer_with
from portal.reports.reorganisation_forms import FORMS, EventForm, decree_of
from portal.reports.reorganisation_impact import impact
from portal.reports.tables import Column, Table
from portal.reports.tables import Kind as Holds
from portal.reports.units import said

bp = Blueprint("reorganisations", __name__, url_prefix="/admin/reorganisations")
PAGE = 50
SHOWN_EVENTS = 120
SHOWN_STEPS = 300


class Rejected(Exception):
    """A decree that does not fit the places as they are; nothing of it is kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(str(faults))
        self.faults = faults


@bp.get("/")
@requires(Action.UNITS_MANAGE)
def index() -> str:
    """List decrees, the latest first."""
    return _index_page(Form())


def _index_page(form: Form, fault: str = "", faults: Sequence[str] = ()) -> str:
    search = request.args.get("q", "")[:80]
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    found, count = _found(db.session(), search, page)
    return render_template(
        "reports/reorganisations.html",
        form=form,
        fault=fault,
        faults=faults,
        found=found,
        count=count,
        q=search,
        page=page,
        pages=max(1, -(-count // PAGE)),
        states=REORGANISATION_STATE_LABELS,
        event_kinds=KIND_LABELS,
        shipped=shipped.DECREES,
        State=ReorganisationState,
    )


def _found(
    session: Session, search: str, page: int | None
) -> tuple[Sequence[tuple[Reorganisation, int]], int]:
    """Return a page of decrees with the number of their events, and how many decrees there are."""
    events = select(ReorganisationEvent.reorganisation_id.label("id"), func.count().label("many"))
    events_of = events.group_by(ReorganisationEvent.reorganisation_id).subquery()
    query = (
        select(Reorganisation, func.coalesce(events_of.c.many, 0))
        .outerjoin(events_of, events_of.c.id == Reorganisation.id)
        .order_by(Reorganisation.effective_on.desc(), Reorganisation.id.desc())
    )
    for word in fold(search).split():
        query = query.where(Reorganisation.search_key.contains(word, autoescape=True))
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [(one, many) for one, many in session.execute(query)], count


@bp.get("/list.<any(csv, xlsx):kind>")
@requires(Action.UNITS_MANAGE)
def export(kind: str) -> Response:
    """Send the list of decrees as a file."""
    found, _count = _found(db.session(), request.args.get("q", "")[:80], None)
    table = Table(
        title=_("Reorganisations"),
        asked=request.args.get("q", "")[:80],
        columns=(
            Column("title", _("Name of the decision"), Holds.TEXT, 60),
            Column("legal_basis", _("Legal basis"), Holds.TEXT, 50),
            Column("effective_on", _("Takes effect on"), Holds.DATE),
            Column("state", _("State"), Holds.TEXT, 14),
            Column("events", _("Events"), Holds.COUNT),
            Column("applied_on", _("Applied on"), Holds.DATE),
            Column("undone_on", _("Undone on"), Holds.DATE),
        ),
        rows=[
            (
                one.title, one.legal_basis, one.effective_on, _(REORGANISATION_STATE_LABELS[one.state]), many,
                clock.local_date(one.applied_at) if one.applied_at else None,
                clock.local_date(one.undone_at) if one.undone_at else None,
            )
            for one, many in found
        ],
    )  # fmt: skip
    return answer_with(table, kind, "sap-xep")


@bp.get("/new/<any(merge, split, rename, move, abolish):kind>")
@requires(Action.UNITS_MANAGE)
def new(kind: str) -> str:
    """Show the form of a kind; an address may bring the subject and the codes along."""
    form = FORMS[Kind(kind)](formdata=None)
    form.subject.data = (
        request.args.get("subject") if request.args.get("subject") in list(Subject) else Subject.AREA
    )
    form.predecessors.data = request.args.get("predecessors", "")[:2000]
    return _form_page(Kind(kind), form)


@bp.post("/new/<any(merge, split, rename, move, abolish):kind>")
@requires(Action.UNITS_MANAGE)
def create(kind: str) -> Answer | tuple[str, int]:
    """Write a decree of one event down, if it fits; then show what it would do."""
    form = FORMS[Kind(kind)]()
    if not form.validate_on_submit():
        return _form_page(Kind(kind), form), 422
    try:
        key = _write_down(decree_of(Kind(kind), form))
    except Unreadable as unreadable:
        return _form_page(Kind(kind), form, [said(one.message, one.values) for one in unreadable.faults]), 422
    except Rejected as rejected:
        return _form_page(Kind(kind), form, [said(one.message, one.values) for one in rejected.faults]), 422
    return see_other("reorganisations.show", reorganisation_id=key)


def _write_down(decree: Decree) -> int:
    """Write a decree down as planned and return its id. Raises `Rejected`: then nothing is kept."""
    with unit_of_work() as session:
        one = reorganising.write_down(session, decree, by_id=actor().id, now=clock.now())
        _state, plan = reorganising.preview(session, one)
        if plan.faults:
            raise Rejected(plan.faults)
        return one.id


def _form_page(kind: Kind, form: EventForm, faults: Sequence[str] = ()) -> str:
    return render_template(
        "reports/reorganisation_form.html", kind=kind, form=form, faults=faults, event_kinds=KIND_LABELS
    )


@bp.post("/file")
@requires(Action.UNITS_MANAGE)
def upload() -> Answer | tuple[str, int]:
    """Write down the decree of a file, or one that is shipped; then show what it would do."""
    form = Form()
    if not form.validate_on_submit():
        return _index_page(form), 422
    file = request.files.get("file")
    try:
        if request.form.get("shipped"):
            decree = shipped.decree(request.form["shipped"])
        elif file is not None and file.filename:
            decree = reading.decree_in(file.read(), file.filename)
        else:
            return _index_page(
                form, fault=_("Choose a file, or one of the decrees that come with the portal.")
            ), 422
        key = _write_down(decree)
    except KeyError:
        return _index_page(
            form, fault=_("Choose a file, or one of the decrees that come with the portal.")
        ), 422
    except Refused as refusal:
        return _index_page(form, fault=worded(refusal)), 422
    except Unreadable as unreadable:
        return _index_page(
            form, _("The file is no decree yet; nothing was kept."), _rows(unreadable.faults)
        ), 422
    except Rejected as rejected:
        words = _("The decree does not fit the places as they are; nothing was kept.")
        return _index_page(form, words, [_event_said(one) for one in rejected.faults[:SHOWN_EVENTS]]), 422
    return see_other("reorganisations.show", reorganisation_id=key)


def _rows(faults: Sequence[Misread]) -> list[str]:
    return [
        _("Row %(row)d: %(fault)s", row=one.row, fault=said(one.message, one.values))
        if one.row
        else said(one.message, one.values)
        for one in faults[:SHOWN_EVENTS]
    ]


def _event_said(fault: Fault) -> str:
    return str(_("Event %(number)d: %(fault)s", number=fault.event, fault=said(fault.message, fault.values)))


def _one(session: Session, reorganisation_id: int) -> Reorganisation:
    one = session.get(Reorganisation, reorganisation_id) if reorganisation_id < 2**62 else None
    if one is None:
        raise NotFound
    return one


def _events(session: Session, one: Reorganisation) -> Sequence[Event]:
    facts = session.scalars(
        select(ReorganisationEvent.facts)
        .where(ReorganisationEvent.reorganisation_id == one.id)
        .order_by(ReorganisationEvent.position)
    )
    return [decrees.read_event(one_of) for one_of in facts]


@bp.get("/<int:reorganisation_id>")
@requires(Action.UNITS_MANAGE)
def show(reorganisation_id: int) -> str:
    """Show a decree: what it would touch while it is planned, who became whom once it is applied."""
    return _show_page(reorganisation_id)


def _show_page(reorganisation_id: int, refusal: str = "") -> str:
    session = db.session()
    one = _one(session, reorganisation_id)
    events = _events(session, one)
    touched, faults = None, []
    if one.state == ReorganisationState.PLANNED:
        state, plan = reorganising.preview(session, one)
        faults = [_event_said(fault) for fault in plan.faults]
        touched = impact(session, one, state, plan.changes) if not faults else None
    steps = history.lineage_of(session, one.id) if one.state == ReorganisationState.APPLIED else ()
    ids = {key for key in (one.planned_by_id, one.applied_by_id, one.undone_by_id) if key is not None}
    people = dict(session.execute(select(User.id, User.full_name).where(User.id.in_(ids))).all())
    return render_template(
        "reports/reorganisation.html",
        form=Form(),
        one=one,
        events=events[:SHOWN_EVENTS],
        more_events=max(0, len(events) - SHOWN_EVENTS),
        impact=touched,
        faults=faults,
        refusal=refusal,
        steps=steps[:SHOWN_STEPS],
        more_steps=max(0, len(steps) - SHOWN_STEPS),
        people=people,
        waits=one.effective_on > clock.today(),
        states=REORGANISATION_STATE_LABELS,
        event_kinds=KIND_LABELS,
        subjects=SUBJECT_LABELS,
        roles=ROLE_LABELS,
        State=ReorganisationState,
    )


@bp.get("/<int:reorganisation_id>/decree.<any(csv, xlsx):kind>")
@requires(Action.UNITS_MANAGE)
def decree_file(reorganisation_id: int, kind: str) -> Response:
    """Send a decree as a file that another portal can load."""
    session = db.session()
    one = _one(session, reorganisation_id)
    decree = Decree(one.title, one.legal_basis, one.effective_on, tuple(_events(session, one)))
    columns = tuple(Column(key, key, Holds.TEXT, 24) for key in COLUMNS)
    return answer_with(
        Table(one.title, one.legal_basis, columns, decrees.rows_of(decree)), kind, f"sap-xep-{one.id}"
    )


@bp.post("/<int:reorganisation_id>/apply")
@requires(Action.UNITS_MANAGE)
def apply(reorganisation_id: int) -> Answer | tuple[str, int]:
    """Apply a planned decree."""
    if not Form().validate_on_submit():
        return _show_page(reorganisation_id), 422
    try:
        with unit_of_work() as session:
            reorganising.carry_out(
                session, reorganisation_id, by_id=actor().id, now=clock.now(), today=clock.today()
            )
    except Refused as refusal:
        return _show_page(reorganisation_id, worded(refusal)), 409
    flash(
        _(
            "Applied. Look at the board in the boundaries of then and of now; undo it here if something is wrong."
        ),
        "success",
    )
    return see_other("reorganisations.show", reorganisation_id=reorganisation_id)


@bp.post("/<int:reorganisation_id>/undo")
@requires(Action.UNITS_MANAGE)
def undo(reorganisation_id: int) -> Answer | tuple[str, int]:
    """Undo an applied decree."""
    if not Form().validate_on_submit():
        return _show_page(reorganisation_id), 422
    try:
        with unit_of_work() as session:
            reorganising.take_back(session, reorganisation_id, by_id=actor().id, now=clock.now())
    except Refused as refusal:
        return _show_page(reorganisation_id, worded(refusal)), 409
    flash(_("Undone: everything is as it was before."), "success")
    return see_other("reorganisations.show", reorganisation_id=reorganisation_id)


@bp.post("/<int:reorganisation_id>/withdraw")
@requires(Action.UNITS_MANAGE)
def withdraw(reorganisation_id: int) -> Answer | tuple[str, int]:
    """Throw a plan away."""
    if not Form().validate_on_submit():
        return _show_page(reorganisation_id), 422
    try:
        with unit_of_work() as session:
            reorganising.withdraw(session, reorganisation_id, by_id=actor().id, now=clock.now())
    except Refused as refusal:
        return _show_page(reorganisation_id, worded(refusal)), 409
    flash(_("The plan was thrown away; nothing had been changed by it."), "success")
    return see_other("reorganisations.index")

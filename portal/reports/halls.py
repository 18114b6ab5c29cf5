"""Lists of classes, of who was there, of practices and of evenings, as files: the same queries as the pages."""

from collections.abc import Iterable, Sequence

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from courses.group_lessons import queries as evenings_queries
from courses.practice import queries as practice_queries
from courses.workshops import queries as workshop_queries
from courses.workshops.manage import asked
from courses.workshops.models import DECISION_LABELS, Decision
from courses.workshops.past import OUTCOMES
from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.audit.exports import record_export
from portal.core.db import db
from portal.core.locale import language
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires
from portal.reports.files import answer_with
from portal.reports.tables import Column, Kind, Table, Value

bp = Blueprint("hall_files", __name__, url_prefix="/manage")
ATTENDANCE = name_look("attendance.export", N_("exported who was at a class"))
PAPER = name_look("paper_class.export", N_("exported the list of a paper class"))
PRACTICE = name_look("practice.export", N_("exported observed practice"))
Rows = Iterable[Sequence[Value]]


@bp.get("/workshops.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
def workshops(kind: str) -> Response:
    """Send the list of classes."""
    lines, count = workshop_queries.workshops(db.session(), actor(), clock.today(), page=None, **asked())
    columns = [
        Column("title", _("Class"), width=40),
        Column("starts_on", _("First day"), Kind.DATE),
        Column("ends_on", _("Last day"), Kind.DATE),
        Column("course", _("Course")),
        Column("plan_item", _("Plan item")),
        Column("organiser", _("Organised by"), width=30),
        Column("area", _("Area"), width=24),
        Column("place", _("Place"), width=30),
        Column("state", _("State"), width=18),
        Column("capacity", _("Seats"), Kind.COUNT),
        Column("seated", _("Seats taken"), Kind.COUNT),
        Column("waiting", _("Waiting"), Kind.COUNT),
        Column("took_part", _("Took part"), Kind.COUNT),
        Column("visits", _("Visits"), Kind.COUNT),
    ]
    rows: Rows = [
        (
            one.title,
            one.starts_on,
            one.ends_on,
            one.course,
            one.plan_item,
            one.organiser,
            one.area,
            one.place,
            _(workshop_queries.STATE_LABELS[one.state]),
            one.capacity,
            one.seated,
            one.waiting,
            one.took_part,
            one.visits,
        )
        for one in lines
    ]
    table = _table(_("Classes"), columns, rows)
    record_export("workshop.export", "lop-tap-huan", kind=kind, rows=count)
    return answer_with(table, kind, "lop-tap-huan")


@bp.get("/workshops/<int:workshop_id>/attendance.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
def attendance(workshop_id: int, kind: str) -> Response | Redirect:
    """Send who was there on each day of a class, with name and unit as of that day."""
    session = db.session()
    workshop = workshop_queries.to_hold(session, actor(), workshop_id)
    page = workshop_queries.class_page(session, workshop, clock.today())
    columns = [
        Column("name", _("Full name"), width=28),
        Column("unit", _("Unit"), width=34),
        Column("audience", _("Audience"), width=20),
        *(Column(f"d{number}", day.day.strftime("%d/%m/%Y")) for number, day in enumerate(page.days)),
        Column("took_part", _("Took part")),
    ]
    lines = workshop_queries.roll(session, workshop)
    ids = [one.user_id for one in lines]
    reason = reason_for_police(f"workshop:{workshop_id}", ids)
    if isinstance(reason, Redirect):
        return reason
    rows: Rows = [
        (
            one.full_name,
            one.unit,
            _label(one.audience),
            *(_("there") if one.days.get(day.day) else "" for day in page.days),
            _("yes") if one.took_part else "",
        )
        for one in lines
    ]
    title = workshop.title
    table = _table(title, columns, rows)
    looked(ATTENDANCE, f"workshop:{workshop_id}", ids, reason, kind=kind)
    return answer_with(table, kind, f"diem-danh-{workshop_id}")


@bp.get("/workshops/paper/<int:workshop_id>/lines.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
def paper(workshop_id: int, kind: str) -> Response | Redirect:
    """Send the lines of a paper list with whom each was taken for."""
    session = db.session()
    workshop = workshop_queries.to_hold(session, actor(), workshop_id)
    lines = workshop_queries.paper_lines(session, workshop, request.args.get("q", "")[:80].strip())
    ids = workshop_queries.ids_on_paper(lines)
    reason = reason_for_police(f"workshop:{workshop_id}", ids)
    if isinstance(reason, Redirect):
        return reason
    names = workshop_queries.names_of(session, {one.user_id for one in lines if one.user_id})
    columns = [
        Column("row", _("Row"), Kind.COUNT),
        Column("name", _("Full name"), width=28),
        Column("unit", _("Unit"), width=34),
        Column("code", _("Staff code"), width=16),
        Column("phone", _("Phone number"), width=16),
        Column("who", _("Who it is"), width=40),
        Column("state", _("State"), width=34),
    ]
    rows: Rows = [
        (
            one.row,
            one.name,
            one.unit,
            one.code,
            one.phone,
            ", ".join(filter(None, names.get(one.user_id or 0, ("", "")))),
            _(OUTCOMES[one.outcome]) if one.outcome else _(DECISION_LABELS[Decision(one.decision)]),
        )
        for one in lines
    ]
    title = workshop.title
    table = _table(title, columns, rows)
    looked(PAPER, f"workshop:{workshop_id}", ids, reason, kind=kind)
    return answer_with(table, kind, f"lop-giay-{workshop_id}")


@bp.get("/practice.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
def practices(kind: str) -> Response | Redirect:
    """Send the list of practices."""
    state = request.args.get("state", "")
    known = practice_queries.State(state) if state in list(practice_queries.State) else None
    lines, count = practice_queries.practices(
        db.session(), actor(), request.args.get("q", "")[:80].strip(), known, None
    )
    ids = [one.user_id for one in lines]
    reason = reason_for_police("practice", ids)
    if isinstance(reason, Redirect):
        return reason
    columns = [
        Column("name", _("Full name"), width=28),
        Column("unit", _("Unit"), width=34),
        Column("course", _("Course")),
        Column("number", _("Try"), Kind.COUNT),
        Column("held_on", _("Day"), Kind.DATE),
        Column("assessors", _("Assessors"), width=34),
        Column("state", _("State"), width=24),
        Column("result", _("Result"), Kind.SHARE),
    ]
    rows: Rows = [
        (
            one.full_name,
            one.unit,
            one.course,
            one.number,
            one.held_on,
            ", ".join(one.assessors),
            _(practice_queries.STATE_LABELS[one.state]),
            # a practice without a result has an empty cell, not "no denominator"
            one.result if one.result is not None else "",
        )
        for one in lines
    ]
    table = _table(_("Observed practice"), columns, rows)
    looked(PRACTICE, "practice", ids, reason, kind=kind, rows=count)
    return answer_with(table, kind, "thuc-hanh")


@bp.get("/group-lessons.<any(csv, xlsx):kind>")
@requires(Action.GROUP_LESSON_PLAY)
def evenings(kind: str) -> Response:
    """Send the list of evenings: counts, no names."""
    lines, count = evenings_queries.evenings(
        db.session(), actor(), request.args.get("q", "")[:80].strip(), None
    )
    columns = [
        Column("day", _("Day"), Kind.DATE),
        Column("course", _("Course")),
        Column("lesson", _("Lesson"), width=40),
        Column("unit", _("Unit"), width=34),
        Column("place", _("Place"), width=30),
        Column("by", _("Played by"), width=26),
        Column("people", _("On the list"), Kind.COUNT),
        Column("others", _("Visits"), Kind.COUNT),
    ]
    chosen = language()
    rows: Rows = [
        (
            one.played_on,
            one.code,
            one.title.get(chosen, ""),
            one.unit,
            one.place,
            one.played_by,
            one.people,
            one.others,
        )
        for one in lines
    ]
    table = _table(_("Group lessons"), columns, rows)
    record_export("group_lesson.export", "buoi-hoc-nhom", kind=kind, rows=count)
    return answer_with(table, kind, "buoi-hoc-nhom")


def _label(audience: str) -> str:
    labels = {str(code): label for code, label in AUDIENCE_LABELS.items()}
    return _(labels[audience]) if audience in labels else ""


def _table(title: str, columns: Sequence[Column], rows: Rows) -> Table:
    return Table(title, _("As of %(day)s", day=clock.today().strftime("%d/%m/%Y")), columns, list(rows))

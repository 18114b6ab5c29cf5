"""The head's pages: who must learn what and by when, what a rule would do, how far people are; and reminding them."""

from collections.abc import Iterable, Sequence

from flask import Blueprint, Response, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as Redirect

from courses.assignments import jobs, queries, services
from courses.assignments.models import AssignmentRule
from courses.assignments.queries import AskedLine, Fate, Progress, RuleLine
from courses.forms import ButtonForm
from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS, Audience
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.jobs import services as background
from portal.core.locale import language, show_date, worded
from portal.core.organisation.models import SECTOR_LABELS, Sector
from portal.core.organisation.queries import areas_above
from portal.core.policy import Action, Place, can
from portal.core.rights.web import looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires, see_other
from portal.reports import assignment_forms as forms
from portal.reports import queries as board
from portal.reports.files import answer_with
from portal.reports.tables import Column, Kind, Table

bp = Blueprint("assignments", __name__, url_prefix="/manage/assignments")
Answer = Redirect | str | tuple[str, int]
FATE_LABELS = {
    Fate.NEW: N_("will be asked"),
    Fate.BEGUN: N_("in progress"),
    Fate.ASKED: N_("asked already"),
    Fate.DONE: N_("completed and valid"),
}
PROGRESS_LABELS = {
    Progress.TODO: N_("not begun"),
    Progress.PROGRESS: N_("in progress"),
    Progress.LATE: N_("overdue"),
    Progress.DONE: N_("completed"),
}


def by_when(line: RuleLine) -> str:
    """Return the due date of a rule in words."""
    if line.due_on is not None:
        return show_date(line.due_on)
    return str(ngettext("%(num)d day after joining", "%(num)d days after joining", line.due_days or 0))


def for_whom(line: RuleLine) -> str:
    """Return whom a rule is for, in words: place, sector, audience."""
    parts = [line.place]
    if line.sector:
        parts.append(_(SECTOR_LABELS[Sector(line.sector)]))
    parts.append(
        _(AUDIENCE_LABELS[Audience(line.audience)]) if line.audience else _("everybody the course is for")
    )
    return " · ".join(parts)


@bp.get("/")
@requires(Action.COURSE_ASSIGN)
def index() -> str:
    """List the rules of one's own places, and those from above that reach them."""
    search, ended = request.args.get("q", "")[:80], request.args.get("ended") == "1"
    lines = queries.rules(db.session(), actor(), clock.today(), search=search, ended=ended)
    return render_template(
        "assignments/index.html", lines=lines, q=search, ended=ended, by_when=by_when, for_whom=for_whom
    )


@bp.get("/rules.<any(csv, xlsx):kind>")
@requires(Action.COURSE_ASSIGN)
def rules_file(kind: str) -> Response:
    """Send the list of rules as a file."""
    search, ended = request.args.get("q", "")[:80], request.args.get("ended") == "1"
    lines = queries.rules(db.session(), actor(), clock.today(), search=search, ended=ended)
    return answer_with(_rules_table(lines), kind, "giao-hoc")


def _rules_table(lines: Iterable[RuleLine]) -> Table:
    return Table(
        title=_("Who must learn what"),
        asked=_("as of %(day)s", day=show_date(clock.today())),
        columns=(
            Column("course", _("Course"), Kind.TEXT, 12),
            Column("title", _("Title"), Kind.TEXT, 40),
            Column("whom", _("For whom"), Kind.TEXT, 46),
            Column("due", _("Due on"), Kind.TEXT, 24),
            Column("from", _("From"), Kind.DATE),
            Column("to", _("Until"), Kind.DATE),
            Column("asked", _("Asked"), Kind.COUNT),
            Column("begun", _("Begun"), Kind.COUNT),
            Column("done", _("Completed"), Kind.COUNT),
            Column("late", _("Overdue"), Kind.COUNT),
            Column("made_by", _("Made by"), Kind.TEXT, 28),
        ),
        rows=[
            (
                line.course,
                line.title.get(language()) or line.title["vi"],
                for_whom(line),
                by_when(line),
                line.valid_from,
                line.valid_to,
                line.asked,
                line.begun,
                line.done,
                line.late,
                line.made_by,
            )
            for line in lines
        ],
    )


@bp.get("/new")
@requires(Action.COURSE_ASSIGN)
def new() -> Answer:
    """Show the form and, once it is filled in, what the rule would do: how many people, and their names by page."""
    given = {name: value for name, value in request.args.items() if value}
    place = request.args.get("place") or _first_place()
    scope = board.scope_for(db.session(), actor(), place, Action.COURSE_ASSIGN)
    values = request.args.copy()
    values["place"] = scope.code
    asked = forms.read(db.session(), actor(), values, clock.today())
    filled_in = "preview" in given
    preview, rule, faults = None, None, asked.faults if filled_in else {}
    fate = next((one for one in Fate if one == request.args.get("fate")), None)
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    search = request.args.get("q", "")[:80]
    if filled_in and asked.wish is not None:
        try:
            rule = services.checked(db.session(), actor(), asked.wish, clock.now())
        except Refused as refusal:
            faults = {"form": worded(refusal)}
        else:
            day = max(clock.today(), rule.valid_from)
            preview = queries.preview(db.session(), rule, day, fate=fate, page=page, search=search)
    shown_ids = [one.user_id for one in preview.people] if preview is not None else []
    reason = reason_for_police(scope.code, shown_ids)
    if isinstance(reason, Redirect):
        return reason
    shown = render_template(
        "assignments/new.html",
        scope_name=scope.name,
        places=_places(),
        sectors=_sectors(scope),
        courses=board.course_choices(db.session(), language()),
        audiences=AUDIENCE_LABELS,
        fields=asked.fields | {"place": scope.code},
        faults=faults,
        preview=preview,
        fate=fate,
        fates=FATE_LABELS,
        page=page,
        pages=max(1, -(-preview.count // queries.PAGE)) if preview is not None else 1,
        q=search,
        here={name: value for name, value in asked.fields.items() if value} | {"preview": "1"},
        form=ButtonForm(formdata=None),
    )
    if preview is not None:
        looked(
            "people.read",
            scope.code,
            shown_ids,
            reason,
            rows=len(shown_ids),
            course=asked.fields["course"],
        )
    return (shown, 422) if faults else shown


def _places() -> Sequence[tuple[str, str]]:
    return board.places(db.session(), actor().grants)


def _first_place() -> str:
    return next((code for code, _name in _places()), "")


def _sectors(scope: board.Scope) -> Sequence[tuple[str, str]]:
    """Return the sectors that a rule over an area may be for; an empty code stands for all of them."""
    if scope.area is None:
        return [("", _("every sector"))]
    areas = frozenset(area.id for area in areas_above(db.session(), scope.area.id))
    found = [("", _("every sector")), *((str(one), _(SECTOR_LABELS[one])) for one in Sector)]
    return [
        (code, words)
        for code, words in found
        if can(actor().grants, Action.COURSE_ASSIGN, Place(areas, code, frozenset()))
    ]


@bp.post("/")
@requires(Action.COURSE_ASSIGN)
def make() -> Answer:
    """Make the rule, and begin to apply it in the background."""
    try:
        with unit_of_work() as session:
            asked = forms.read(session, actor(), request.form, clock.today())
            if asked.wish is None:
                return see_other("assignments.new", preview="1", **asked.fields)
            rule = services.make(session, actor(), asked.wish, clock.now())
            job = _apply(rule)
            rule_id, job_id = rule.id, job
    except Refused as refusal:
        flash(worded(refusal), "error")
        return see_other("assignments.new", preview="1", **asked.fields)
    flash(_("The rule stands. People are being asked in the background."), "success")
    return see_other("jobs.show", job_id=job_id) if job_id else see_other("assignments.show", rule_id=rule_id)


def _apply(rule: AssignmentRule) -> int:
    """Ask for the job that applies the rules of a course; within one transaction with what made it needed."""
    job = background.enqueue(
        db.session(),
        jobs.KIND,
        {"course": rule.course_id, "rule": rule.id},
        by_id=actor().id,
        now=clock.now(),
    )
    return job.id


@bp.get("/<int:rule_id>")
@requires(Action.COURSE_ASSIGN)
def show(rule_id: int) -> str | Redirect:
    """Show a rule and how far the people are of whom it asks something."""
    session = db.session()
    rule = queries.rule_for(session, actor(), rule_id)
    state, search, page = _asked_list()
    people, count = queries.asked_of_people(
        session, rule, clock.today(), state=state, search=search, page=page
    )
    line = queries.one_rule(session, rule, clock.today())
    ids = [one.user_id for one in people]
    reason = reason_for_police(f"rule:{rule_id}", ids)
    if isinstance(reason, Redirect):
        return reason
    shown = render_template(
        "assignments/show.html",
        line=line,
        by_when=by_when(line),
        for_whom=for_whom(line),
        people=people,
        count=count,
        page=page,
        pages=max(1, -(-count // queries.PAGE)),
        state=state,
        states=PROGRESS_LABELS,
        q=search,
        over=line.valid_to is not None and line.valid_to < clock.today(),
        form=ButtonForm(),
    )
    looked("people.read", f"rule:{rule_id}", ids, reason, rows=len(people))
    return shown


def _asked_list() -> tuple[Progress | None, str, int]:
    state = next((one for one in Progress if one == request.args.get("state")), None)
    return (
        state,
        request.args.get("q", "")[:80],
        min(max(1, request.args.get("page", 1, type=int)), 100_000),
    )


@bp.get("/<int:rule_id>/people.<any(csv, xlsx):kind>")
@requires(Action.COURSE_ASSIGN)
def people_file(rule_id: int, kind: str) -> Response | Redirect:
    """Send the people of whom a rule asks something as a file; who exported is recorded."""
    rule = queries.rule_for(db.session(), actor(), rule_id)
    state, search, _page = _asked_list()
    people, _count = queries.asked_of_people(
        db.session(), rule, clock.today(), state=state, search=search, page=None
    )
    line = queries.one_rule(db.session(), rule, clock.today())
    ids = [one.user_id for one in people]
    reason = reason_for_police(f"rule:{rule_id}", ids)
    if isinstance(reason, Redirect):
        return reason
    looked("people.export", f"rule:{rule_id}", ids, reason, kind=kind)
    return answer_with(_people_table(line, people), kind, f"giao-hoc-{rule_id}")


def _people_table(line: RuleLine, people: Sequence[AskedLine]) -> Table:
    return Table(
        title=f"{line.course}: {line.title.get(language()) or line.title['vi']}",
        asked=f"{for_whom(line)} · {by_when(line)}",
        columns=(
            Column("full_name", _("Full name"), Kind.TEXT, 28),
            Column("unit", _("Unit"), Kind.TEXT, 36),
            Column("state", _("State"), Kind.TEXT, 16),
            Column("due_on", _("Due on"), Kind.DATE),
            Column("completed_on", _("Completed on"), Kind.DATE),
        ),
        rows=[
            (one.full_name, one.unit, _(PROGRESS_LABELS[one.state]), one.due_on, one.completed_on)
            for one in people
        ],
    )


@bp.post("/<int:rule_id>/end")
@requires(Action.COURSE_ASSIGN)
def end(rule_id: int) -> Redirect:
    """End a rule; what was begun stays."""
    with unit_of_work() as session:
        rule = queries.rule_for(session, actor(), rule_id)
        services.end(session, actor(), rule, clock.now())
        _apply(rule)
    flash(
        _("The rule has ended. What people have begun stays; what they have not is being taken back."),
        "success",
    )
    return see_other("assignments.show", rule_id=rule_id)


@bp.post("/<int:rule_id>/apply")
@requires(Action.COURSE_ASSIGN)
def apply(rule_id: int) -> Redirect:
    """Apply the rules of its course now instead of tonight."""
    with unit_of_work() as session:
        job = _apply(queries.rule_for(session, actor(), rule_id))
    return see_other("jobs.show", job_id=job)

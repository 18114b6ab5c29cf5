"""The head's pages: the board, the people behind a figure, and both as files from the same query."""

from collections.abc import Sequence

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.audit.exports import record_export
from portal.core.db import db
from portal.core.locale import language
from portal.core.policy import Action
from portal.core.rights.web import ask_reason, given_reason, looked
from portal.core.web import actor, public, requires
from portal.reports import boundaries, build, forms, queries
from portal.reports.boundaries import BOUNDS_LABELS, Bounds
from portal.reports.declared import declared
from portal.reports.files import answer_with
from portal.reports.queries import By, Counts, Line, Scope, State

bp = Blueprint("manage", __name__, url_prefix="/manage")


def _asked(action: Action) -> tuple[Scope, forms.Asked]:
    """Return the place and the filters of an address; the place on the day, in the boundaries asked for."""
    session, today = db.session(), clock.today()
    code = request.args.get("place") or next(
        (code for code, _ in queries.places(session, actor().grants)), ""
    )
    asked = forms.read(session, request.args, today)
    day = asked.filters.day
    return boundaries.scope_on(
        session, actor(), code, action, day=day, today=today, bounds=asked.bounds
    ), asked


def _counted(scope: Scope, asked: forms.Asked) -> tuple[Sequence[Line], Counts]:
    return boundaries.board(
        db.session(), scope, asked.filters, asked.by, language(), today=clock.today(), bounds=asked.bounds
    )


@bp.get("/")
@requires(Action.PEOPLE_COUNT)
def board() -> str:
    """Show the counts of a place by course, by area or unit, or by audience."""
    scope, asked = _asked(Action.PEOPLE_COUNT)
    lines, total = _counted(scope, asked)
    beside = declared(db.session(), scope, asked.filters, asked.by)
    return render_template(
        "reports/board.html",
        scope=scope,
        declared=beside,
        name=build.name_of(scope),
        asked=asked,
        lines=lines,
        total=total,
        table=build.board_table(scope, asked.filters, asked.by, lines, total, beside),
        label_of=lambda line: build.label_of(line, asked.by),
        places=queries.places(db.session(), actor().grants),
        courses=queries.course_choices(db.session(), language()),
        audiences=AUDIENCE_LABELS,
        bounds=BOUNDS_LABELS,
        By=By,
        here=_here(scope, asked),
    )


@bp.get("/board.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
def board_file(kind: str) -> Response:
    """Send the board as a file: the same query, the same figures."""
    scope, asked = _asked(Action.PEOPLE_EXPORT)
    lines, total = _counted(scope, asked)
    beside = declared(db.session(), scope, asked.filters, asked.by)
    table = build.board_table(scope, asked.filters, asked.by, lines, total, beside)
    record_export("board.export", scope.code, kind=kind, rows=str(len(lines)))
    return answer_with(table, kind, f"ty-le-{scope.code}")


@bp.get("/people")
@requires(Action.PEOPLE_READ)
def people() -> str | Redirect:
    """List people by name; who looked is recorded."""
    scope, asked = _asked(Action.PEOPLE_READ)
    session = db.session()
    reason = _reason_needed(scope, asked)
    if isinstance(reason, Redirect):
        return reason
    count = queries.count_people(session, scope, asked.filters, asked.state, asked.search)
    found = list(queries.people(session, scope, asked.filters, asked.state, asked.search, asked.page))
    here = _here(scope, asked)
    courses = queries.course_choices(session, language())
    name = build.name_of(scope)
    page = render_template(
        "reports/people.html",
        scope=scope,
        asked=asked,
        people=found,
        count=count,
        pages=max(1, -(-count // queries.PAGE)),
        courses=courses,
        audiences=AUDIENCE_LABELS,
        states=build.STATE_LABELS,
        asked_line=build.asked(scope, asked.filters),
        here=here,
        name=name,
    )
    state, course = asked.state, here.get("course", "")
    ids = [one.user_id for one in found]
    looked("people.read", scope.code, ids, reason, state=state, rows=len(ids), course=course)
    return page


@bp.get("/people.<any(csv, xlsx):kind>")
@requires(Action.PEOPLE_EXPORT)
def people_file(kind: str) -> Response | Redirect:
    """Send the list as a file, streamed; who exported is recorded."""
    scope, asked = _asked(Action.PEOPLE_EXPORT)
    reason = _reason_needed(scope, asked)
    if isinstance(reason, Redirect):
        return reason
    listed = queries.ids_of_people(scope, asked.filters, asked.state, asked.search)
    looked("people.export", scope.code, listed, reason, kind=kind, state=asked.state)
    rows = queries.people(db.session(), scope, asked.filters, asked.state, asked.search, None)
    return answer_with(
        build.people_table(scope, asked.filters, asked.state, rows), kind, f"danh-sach-{scope.code}"
    )


def _reason_needed(scope: Scope, asked: forms.Asked) -> Redirect | int | None:
    """Return the reason given for a list with police officers, the way to the form, or None where none is asked for."""
    if not queries.has_police(db.session(), scope, asked.filters):
        return None
    return given_reason("police", scope.code) or ask_reason("police", scope.code)


def _here(scope: Scope, asked: forms.Asked) -> dict[str, str]:
    """Return the parameters of this page's address, for links that keep them."""
    course = asked.filters.course
    values = {
        "place": scope.code,
        "course": course.code if course is not None else forms.MEANT if asked.filters.meant else "",
        "audience": asked.filters.audience or "",
        "since": asked.filters.since.isoformat() if asked.filters.since else "",
        "until": asked.filters.until.isoformat() if asked.filters.until else "",
        "bounds": str(asked.bounds) if asked.bounds != Bounds.NOW else "",
        "by": str(asked.by) if request.args.get("by") else "",
        "state": str(asked.state) if asked.state != State.ALL else "",
        "q": asked.search,
    }
    return {key: value for key, value in values.items() if value}


@bp.get("/worker.js")
@public
def worker() -> Response:
    """Send the worker that hands out kept pages when there is no signal; it may serve the folder of these pages only."""
    response = current_app.send_static_file("js/kept-worker.js")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response

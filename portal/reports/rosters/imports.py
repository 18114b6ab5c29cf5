"""Staff lists from files: sent, looked at row by row, decided, applied, undone."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.accounts.forms import EmptyForm
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files.models import FileKind, StoredFile
from portal.core.files.web import takes_files
from portal.core.jobs import queries as jobs
from portal.core.jobs import services as work
from portal.core.jobs.models import Job
from portal.core.locale import show_moment, worded
from portal.core.organisation.models import Sector, Unit
from portal.core.policy import Action
from portal.core.rights.web import ask_reason, given_reason, looked
from portal.core.rosters import dry_run, queries
from portal.core.rosters.erasing import UNDO_DAYS
from portal.core.rosters.errors import ImportMoved, UndoTooLate
from portal.core.rosters.models import (
    IMPORT_STATE_LABELS,
    ImportState,
    RosterImport,
    RosterLine,
)
from portal.core.rosters.plan import Decision
from portal.core.web import actor, requires, see_other
from portal.reports.files import XLSX, answer_with, attached, pieces
from portal.reports.rosters import forms, template, words
from portal.reports.rosters.pages import Answer, bp, given_day, me, page_asked, search_asked
from portal.reports.tables import Column, Table
from portal.reports.tables import Kind as ColumnKind

SMALL = 2000  # so many lines are planned again while the page is waited for


@bp.get("/imports")
@requires(Action.ROSTER_MANAGE)
def imports() -> Answer:
    """List the staff lists that were sent."""
    page, search = page_asked(), search_asked()
    found = queries.imports(db.session(), actor(), search, page)
    return render_template(
        "roster/imports.html",
        found=found,
        page=page,
        more=len(found) == queries.PAGE,
        q=search,
        labels=IMPORT_STATE_LABELS,
    )


@bp.get("/imports/template.xlsx")
@requires(Action.ROSTER_MANAGE)
def import_template() -> Response:
    """Hand out the template, with the unit's code where one is named."""
    code = request.args.get("unit", "")
    if code:
        code = queries.unit_for(db.session(), actor(), code).code
    return attached(Response(pieces(template.write(code)), mimetype=XLSX), "mau-danh-sach-bien-che.xlsx")


@bp.get("/imports/new")
@requires(Action.ROSTER_MANAGE)
def import_new() -> Answer:
    """Show the form for sending a staff list."""
    return _import_page(
        forms.ImportForm(formdata=None, as_of=clock.today(), unit=request.args.get("unit", ""))
    )


def _import_page(form: forms.ImportForm) -> str:
    found = queries.units(db.session(), actor(), "", clock.today(), 1)
    many = queries.count_units(db.session(), actor(), "")
    return render_template(
        "roster/import_new.html",
        form=form,
        choices=[(one.code, one.name) for one in found] if many <= queries.PAGE else [],
        only=found[0] if many == 1 else None,
    )


@bp.post("/imports/new")
@requires(Action.ROSTER_MANAGE)
@takes_files()
def import_submit() -> Answer:
    """Keep the file and begin the dry run."""
    form = forms.ImportForm()
    form.unit.data = (form.unit.data or "").upper().strip()
    if not form.validate_on_submit():
        return _import_page(form), 422
    if given_day(form.as_of) > clock.today():
        form.as_of.errors = [_("This day is still to come.")]
        return _import_page(form), 422
    now = clock.now()
    try:
        with unit_of_work() as session:
            here = None
            if form.unit.data:
                try:
                    here = queries.unit_for(session, actor(), form.unit.data)
                except NotFound:
                    form.unit.errors = [_("There is no unit with this code among yours.")]
                    raise Refused from None
            stored = files.keep(
                session, request.files.get("file"), purpose="roster.import",
                allowed=(FileKind.XLSX, FileKind.CSV), by_id=me(), now=now,
            )  # fmt: skip
            one = RosterImport(
                unit_id=here.id if here is not None else None, file_id=stored.id, file_name=stored.name,
                full_list=form.full_list.data == "full", as_of=given_day(form.as_of), state=ImportState.PLANNING,
                counts={}, created_by_id=me(), created_at=now,
            )  # fmt: skip
            session.add(one)
            session.flush()
            _enqueue(one, "roster.plan")
            import_id = one.id
    except Refused as refusal:
        if not form.unit.errors:
            form.file.errors = [worded(refusal)]
        return _import_page(form), 422
    return see_other("roster.import_show", import_id=import_id)


def _enqueue(one: RosterImport, kind: str, **facts: object) -> None:
    """Ask for the next step of an import, inside the unit of work that changes its state."""
    session = db.session()
    job = work.enqueue(session, kind, {"import": one.id, **facts}, by_id=me(), now=clock.now())
    one.job_id = job.id


@bp.get("/imports/<int:import_id>")
@requires(Action.ROSTER_MANAGE)
def import_show(import_id: int) -> Answer:
    """Show how far an import is, and what every row of it does."""
    session = db.session()
    one = queries.import_for(session, actor(), import_id)
    kind = request.args.get("kind", "")
    kind = kind if kind in words.KIND_LABELS else ""
    search, page = search_asked(), page_asked()
    many = queries.count_lines(session, one.id, kind, search)
    running = one.state in (ImportState.PLANNING, ImportState.APPLYING, ImportState.UNDOING)
    job = session.get(Job, one.job_id) if one.job_id is not None and running else None
    until = clock.local_date(one.applied_at) + timedelta(days=UNDO_DAYS) if one.applied_at else None
    unit_ = session.get(Unit, one.unit_id) if one.unit_id is not None else None
    reason = _reason_for_import(one)
    if isinstance(reason, Redirect):
        return reason
    answer = render_template(
        "roster/import_show.html",
        one=one,
        unit=unit_,
        job=jobs.shown(job) if job is not None else None,
        running=running,
        state_label=_(IMPORT_STATE_LABELS[ImportState(one.state)]),
        counts=[
            (key, _(label), one.counts.get(key, 0), words.KIND_SIGNS[key])
            for key, label in words.KIND_LABELS.items()
        ],
        writes=sum(one.counts.get(key, 0) for key in ("added", "changed", "left")),
        lines=[_shown(line) for line in queries.lines(session, one.id, kind, search, page)]
        if not running or one.state != ImportState.PLANNING
        else [],
        many=many,
        page=page,
        pages=max(1, -(-many // queries.PAGE)),
        kind=kind,
        q=search,
        note=_note(one),
        undo_until=until,
        file_until=_file_until(one),
        may_undo=one.state == ImportState.APPLIED and until is not None and clock.today() <= until,
        form=EmptyForm(),
    )
    if not running:
        shown = queries.people_of_lines(import_id, kind, search, page)
        looked("people.read", f"roster_import:{import_id}", shown, reason, list="import")
    return answer


def _file_until(one: RosterImport) -> date | None:
    """Return the last day of a file that names somebody whose data were removed; None where it is gone, or stays."""
    stored = db.session().get_one(StoredFile, one.file_id)
    if not one.erased_people or stored.removed_at is not None:
        return None
    return clock.local_date(one.applied_at or one.created_at) + timedelta(days=UNDO_DAYS + 1)


def _reason_for_import(one: RosterImport) -> Redirect | int | None:
    """Return the reason given for an import with rows of the police, the way to the form, or None where it has none."""
    place = f"roster_import:{one.id}"
    here = db.session().get(Unit, one.unit_id) if one.unit_id is not None else None
    if queries.has_police_rows(db.session(), one.id) or (here is not None and here.sector == Sector.POLICE):
        return given_reason("police", place) or ask_reason("police", place)
    return None


def _shown(line: RosterLine) -> dict[str, Any]:
    row = line.row
    return {
        "id": line.id,
        "number": line.number or "–",
        "name": row.get("name") or "–",
        "code": row.get("code") or "",
        "phone": row.get("phone") or "",
        "unit": row.get("unit") or "",
        "audience": words.audience(row.get("audience")),
        "kind": line.kind,
        "label": _(words.KIND_LABELS[line.kind]),
        "sign": words.KIND_SIGNS[line.kind],
        "what": words.what(line),
        "choices": line.outcome["choices"],
        "decision": line.decision,
    }


def _note(one: RosterImport) -> list[str]:
    """Return what is to be said about where an import stands."""
    if one.note is None:
        return []
    if one.note == "moved":
        return [
            _(
                "The staff list changed between the dry run and now. Nothing was written; here is a new dry run."
            )
        ]
    if one.note == "cannot_undo":
        faults = (one.note_values or {}).get("faults", [])
        return [
            _("It was not undone, because later changes stand on it. Nothing has changed."),
            *(
                _("Row %(row)s: %(reason)s", row=number or "–", reason=words.reason(reason, {}))
                for number, reason in faults
            ),
        ]
    return [str(_(one.note, **(one.note_values or {})))]


@bp.get("/imports/<int:import_id>/lines.xlsx")
@requires(Action.ROSTER_MANAGE)
def import_file(import_id: int) -> Response | Redirect:
    """Send every line of a dry run as a file."""
    session = db.session()
    reason = _reason_for_import(queries.import_for(session, actor(), import_id))
    if isinstance(reason, Redirect):
        return reason
    kind = request.args.get("kind", "")
    kind = kind if kind in words.KIND_LABELS else ""
    everybody = queries.people_of_lines(import_id, kind, search_asked())
    looked("people.export", f"roster_import:{import_id}", everybody, reason, list="import", kind="xlsx")
    one = queries.import_for(session, actor(), import_id)
    columns = (
        Column("row", _("Row of the file"), ColumnKind.COUNT, 10),
        Column("kind", _("What happens"), width=16),
        Column("why", _("Why, or what changes"), width=70),
        Column("unit", _("Unit"), width=16),
        Column("code", _("Staff code")),
        Column("name", _("Full name"), width=28),
        Column("phone", _("Phone number")),
        Column("audience", _("Group"), width=22),
        Column("title", _("Title"), width=22),
    )
    labels = {key: _(label) for key, label in words.KIND_LABELS.items()}

    def rows() -> Iterator[Sequence[Any]]:
        for line in queries.all_lines(session, one.id, kind, search_asked()):
            row = line.row
            yield (
                line.number or None, labels[line.kind], words.what(line), row.get("unit"), row.get("code"),
                row.get("name"), row.get("phone"), words.audience(row.get("audience")), row.get("title"),
            )  # fmt: skip
            session.expunge(line)

    table = Table(_("Staff list: %(file)s", file=one.file_name), show_moment(one.created_at), columns, rows())
    return answer_with(table, "xlsx", f"doi-chieu-{import_id}")


def _moving(import_id: int, state: ImportState) -> RosterImport:
    """Return an import that is in `state`, locked; inside a unit of work. Raises `NotFound`, `ImportMoved`."""
    session = db.session()
    one = queries.import_for(session, actor(), import_id)
    session.refresh(one, with_for_update=True)
    if one.state != state:
        raise ImportMoved
    return one


@bp.post("/imports/<int:import_id>/lines/<int:line_id>/decide")
@requires(Action.ROSTER_MANAGE)
def decide(import_id: int, line_id: int) -> Answer:
    """Say of a doubtful double who it is; the rest is planned again."""
    decision = request.form.get("decision", "")
    with unit_of_work() as session:
        one = _moving(import_id, ImportState.PLANNED)
        line = session.get(RosterLine, line_id)
        if line is None or line.import_id != one.id:
            raise NotFound
        allowed = line.outcome["choices"] if line.decision is None else ["", *Decision]
        if decision not in (*allowed, ""):
            raise NotFound
        line.decision = decision or None
        one.note = None
        session.flush()
        if sum(many for key, many in one.counts.items() if key not in ("units", "whole")) <= SMALL:
            dry_run.replan(session, actor(), one)
        else:
            one.state = ImportState.PLANNING
            _enqueue(one, "roster.plan", again=True)
    return see_other("roster.import_show", import_id=import_id, kind=request.form.get("kind") or None)


@bp.post("/imports/<int:import_id>/<any(apply, undo, discard):what>")
@requires(Action.ROSTER_MANAGE)
def import_step(import_id: int, what: str) -> Answer:
    """Apply an import, undo it, or put it aside."""
    with unit_of_work() as session:
        if what == "apply":
            one = _moving(import_id, ImportState.PLANNED)
            one.state, one.note = ImportState.APPLYING, None
            _enqueue(one, "roster.apply")
        elif what == "undo":
            one = _moving(import_id, ImportState.APPLIED)
            if one.applied_at is None or clock.today() > clock.local_date(one.applied_at) + timedelta(
                days=UNDO_DAYS
            ):
                raise UndoTooLate(days=UNDO_DAYS)
            one.state, one.note = ImportState.UNDOING, None
            _enqueue(one, "roster.undo")
        else:
            one = _moving(import_id, ImportState.PLANNED)
            one.state = ImportState.DISCARDED
        record(
            session,
            at=clock.now(),
            actor_id=me(),
            code=f"roster.{what}_asked",
            target=f"roster_import:{one.id}",
        )
    return see_other("roster.import_show", import_id=import_id)

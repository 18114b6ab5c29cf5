"""Pages of reports: who must file, one report with its steps, checks and document, its files."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from courses.forms import ButtonForm
from courses.workshops.models import Workshop
from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files import services as stored_files
from portal.core.files import web as files_web
from portal.core.files.models import FileKind, StoredFile
from portal.core.locale import show_date, worded
from portal.core.organisation.models import Area, Unit
from portal.core.policy import Action
from portal.core.text import N_
from portal.core.web import actor, requires, see_other
from portal.indicators import opening, words
from portal.indicators.asking import name_of
from portal.indicators.catalogue import plans
from portal.indicators.definitions import Plan
from portal.indicators.periods import NoPeriod, Period, last_closed, since
from portal.reports import document
from portal.reports.document import Report
from portal.reports.files import answer_with
from portal.reports.filing import adjustments, drafting, letter, opened, queries, services, snapshot
from portal.reports.filing.checks import MESSAGES, STALE, from_document
from portal.reports.filing.classes import CLASSES
from portal.reports.filing.errors import AlreadyThere
from portal.reports.filing.forms import IssuedForm, ReturnForm, WordsForm
from portal.reports.filing.models import FILING_STATE_LABELS, Filing, FilingFile, FilingState
from portal.reports.filing.queries import Standing
from portal.reports.filing.services import By
from portal.reports.tables import Column, Kind, Table
from portal.reports.writers import docx

bp = Blueprint("filings", __name__, url_prefix="/reports/filings")
MOST_NAMES = 20
LOOK = (Action.REPORT_PREPARE, Action.REPORT_RECEIVE)
SIGNS = {
    FilingState.DRAFT: "progress",
    FilingState.PREPARED: "due",
    FilingState.APPROVED: "due",
    FilingState.FILED: "done",
    FilingState.RECEIVED: "valid",
    FilingState.RETURNED: "failed",
}
PATH = (
    (FilingState.DRAFT, N_("Draft")),
    (FilingState.PREPARED, N_("Prepared")),
    (FilingState.APPROVED, N_("Approved")),
    (FilingState.FILED, N_("Filed")),
    (FilingState.RECEIVED, N_("Received")),
)


def _by() -> By:
    person = current_user.person
    return By(person.id, person.full_name)


def _asked() -> tuple[Plan, Period, str]:
    """Return plan, period and search of the address; what cannot be read is the latest."""
    known = plans()
    plan = known.get(request.values.get("plan", "")) or next(iter(known.values()))
    latest = last_closed(min(clock.today(), plan.valid_to))
    try:
        period = Period.parse(request.values.get("period", "") or latest.code)
    except NoPeriod:
        flash(_("There is no such period; the latest is shown."), "warning")
        period = latest
    return plan, period, request.values.get("q", "").strip()[:100]


@bp.get("/")
@requires(Action.REPORT_PREPARE)
def index() -> str:
    """List who must report for a period, and how far each is."""
    plan, period, search = _asked()
    page = max(1, min(request.args.get("page", 1, type=int), 100_000))
    found = queries.standings(db.session(), actor(), plan, period, clock.today(), search)
    pages = max(1, -(-len(found) // queries.PAGE))
    here = {"plan": plan.code, "period": period.code, "q": search}
    return render_template(
        "filings/index.html",
        found=found[(page - 1) * queries.PAGE : page * queries.PAGE],
        many=len(found),
        done=sum(one.done for one in found),
        late=sum(one.late for one in found),
        page=page,
        pages=pages,
        plan=plan,
        period=period,
        periods=[
            one
            for one in since(plan.valid_from, min(clock.today(), plan.valid_to))
            if one.cut_off >= plan.signed_on
        ],
        search=search,
        here={key: value for key, value in here.items() if value},
        labels=FILING_STATE_LABELS,
        signs=SIGNS,
        name_of=name_of,
        form=ButtonForm(),
        open=period.cut_off < clock.today(),
    )


@bp.get("/list.<any(csv, xlsx):kind>")
@requires(Action.REPORT_PREPARE)
def listing(kind: str) -> Response:
    """Send the list of who must report as a file."""
    plan, period, search = _asked()
    found = queries.standings(db.session(), actor(), plan, period, clock.today(), search)
    columns = (
        Column("place", _("Who must report"), width=46),
        Column("code", _("Code"), width=20),
        Column("state", _("State"), width=26),
        Column("filed_on", _("Filed on"), Kind.DATE),
        Column("late", _("Late"), width=12),
        Column("number", _("Number and sign"), width=18),
    )
    rows = [
        (
            one.place.issuer,
            one.place.code,
            state_of(one),
            clock.local_date(one.filing.filed_at) if one.filing and one.filing.filed_at else None,
            _("late") if one.late or one.filed_late else "",
            (one.filing.issued_number or "") if one.filing else "",
        )
        for one in found
    ]
    asked = _("Period %(period)s, due on %(day)s", period=name_of(period), day=show_date(period.due_on))
    return answer_with(Table(_("Reports"), asked, columns, rows), kind, f"bao-cao-{period.code}")


def state_of(one: Standing) -> str:
    """Return how far a place is, in the reader's language."""
    return str(_(FILING_STATE_LABELS[one.filing.state])) if one.filing is not None else str(_("not begun"))


@bp.get("/letter.docx")
@requires(Action.REPORT_RECEIVE)
def reminder() -> Response:
    """Send the draft of the letter to everybody who has not filed."""
    plan, period, _search = _asked()
    found = queries.standings(db.session(), actor(), plan, period, clock.today())
    behind = [one for one in found if not one.done]
    if not behind:
        raise NotFound
    made = letter.letter(plan, period, behind, behind[0].place.province, clock.today())
    return _file(docx.write(made, clock.now()), snapshot.DOCX, f"cong-van-don-doc-{period.code}.docx")


@bp.post("/")
@requires(Action.REPORT_PREPARE)
def make() -> Answer:
    """Draft the report of a place by hand."""
    plan, period, _search = _asked()
    code = request.form.get("place", "")
    try:
        with unit_of_work() as session:
            found = queries.standings(session, actor(), plan, period, clock.today())
            place = next((one.place for one in found if one.place.code == code), None)
            if place is None or not queries.covers(session, actor().grants, Action.REPORT_PREPARE, place):
                raise NotFound
            made = services.draft(session, plan, period, place, opening.rows, _by(), clock.now()).id
    except AlreadyThere as refusal:
        flash(worded(refusal), "warning")
        return see_other("filings.index", plan=plan.code, period=period.code)
    flash(_("The report has been drafted. Read it, and write what the portal cannot know."), "success")
    return see_other("filings.show", filing_id=made)


@bp.get("/<int:filing_id>/")
@requires(Action.REPORT_PREPARE)
def show(filing_id: int) -> str:
    """Show one report: its steps, checks, document and files."""
    return _shown(filing_id, ReturnForm(), IssuedForm())


def _shown(filing_id: int, returning: ReturnForm, issuing: IssuedForm) -> str:
    session = db.session()
    filing = queries.find(session, actor(), filing_id, *LOOK)
    kept: dict[str, Any] = dict(filing.snapshot or {})
    report = document.from_json(kept["report"])
    steps = queries.steps(session, filing)
    return render_template(
        "filings/show.html",
        filing=filing,
        period=Period.parse(filing.period),
        called=name_of(Period.parse(filing.period)),
        report=report,
        shown=document.shown,
        signed=drafting.signed,
        nation=document.NATION,
        motto=document.MOTTO,
        approvers=_others(filing) if filing.state == FilingState.PREPARED else [],
        checks=[_check(one) for one in kept["checks"]],
        changes=[_change(one) for one in kept["adjustments"]],
        steps=steps,
        path=_path(filing),
        labels=FILING_STATE_LABELS,
        signs=SIGNS,
        files=queries.files(session, filing) if queries.frozen(filing) else _drafted_files(filing),
        frozen=queries.frozen(filing),
        opens=[
            (code, words.said(indicator.title), many)
            for code, many in opened.figures(filing)
            if (indicator := services.plan_of(filing).indicator(code)) is not None
        ],
        may_prepare=_may(filing, Action.REPORT_PREPARE),
        may_file=_may(filing, Action.REPORT_FILE),
        may_receive=_may(filing, Action.REPORT_RECEIVE),
        returning=returning,
        issuing=issuing,
        form=ButtonForm(),
    )


def _may(filing: Filing, action: Action) -> bool:
    return (
        db.session().scalar(
            select(Filing.id).where(Filing.id == filing.id, queries.reach(actor().grants, action))
        )
        is not None
    )


def _others(filing: Filing) -> list[str]:
    """Return who else may approve what the reader prepared herself; nobody where she did not, or is the only head."""
    session = db.session()
    prepared = queries.last_step(session, filing, FilingState.PREPARED)
    if prepared is None or prepared.by_id is None or prepared.by_id != actor().id:
        return []
    heads = set(queries.heads(session, services.place_of(session, filing), clock.today())) - {prepared.by_id}
    return list(session.scalars(select(User.full_name).where(User.id.in_(heads)).order_by(User.sort_key)))


def _check(stored: dict[str, Any]) -> dict[str, Any]:
    one = from_document(stored)
    values = {key: show_date(value) if key.endswith("_on") else value for key, value in one.values.items()}
    return {"text": _(MESSAGES[one.code], **values), "stops": one.stops}


def _change(stored: dict[str, Any]) -> dict[str, Any]:
    one = adjustments.from_document(stored)
    return {
        "code": _("Classes (people)") if one.code == CLASSES else one.code,
        "place": one.place,
        "filed": one.filed,
        "now": one.now,
        "difference": one.difference,
        "came": _rows_named(one.came),
        "left": _rows_named(one.left),
    }


def _rows_named(keys: Sequence[str]) -> list[str]:
    """Return what the rows of an adjustment are called: places and classes by name; of people only how many.

    Who they are is on the list behind the figure, which writes down who looks at it.
    """
    ids: dict[str, list[int]] = {}
    for one in keys:
        kind, _colon, key = one.partition(":")
        ids.setdefault(kind, []).append(int(key))
    session, found = db.session(), []
    for kind, model, column in (
        ("unit", Unit, Unit.name),
        ("declaration", Unit, Unit.name),
        ("area", Area, Area.name),
        ("workshop", Workshop, Workshop.title),
    ):
        some = ids.pop(kind, [])
        names = session.scalars(select(column).where(model.id.in_(some[:MOST_NAMES])).order_by(column)).all()
        found += [*names, *([f"… (+{len(some) - MOST_NAMES})"] if len(some) > MOST_NAMES else [])]
    counts = {
        "person": lambda many: ngettext("%(num)d person", "%(num)d people", many),
        "household": lambda many: ngettext("%(num)d household", "%(num)d households", many),
        "evening": lambda many: ngettext("%(num)d group lesson", "%(num)d group lessons", many),
    }
    return found + [counts[kind](len(some)) for kind, some in sorted(ids.items()) if kind in counts]


def _path(filing: Filing) -> list[dict[str, str]]:
    order = [state for state, _label in PATH]
    here = order.index(filing.state) if filing.state in order else order.index(FilingState.FILED)
    return [
        {"label": _(label), "state": "done" if place < here else "current" if place == here else "todo"}
        for place, (_state, label) in enumerate(PATH)
    ]


def _drafted_files(filing: Filing) -> list[tuple[str, str, str]]:
    base = snapshot.base_name(filing)
    return [(f"{base}.{kind}", "", "") for kind in ("docx", "pdf", "xlsx")]


@bp.get("/<int:filing_id>/edit")
@requires(Action.REPORT_PREPARE)
def edit(filing_id: int) -> str:
    """Show the words of the sections, to be changed."""
    filing = queries.find(db.session(), actor(), filing_id, Action.REPORT_PREPARE)
    return _editing(filing, WordsForm(data=dict(filing.narrative)))


def _editing(filing: Filing, form: WordsForm) -> str:
    return render_template(
        "filings/edit.html",
        filing=filing,
        form=form,
        called=name_of(Period.parse(filing.period)),
        editable=filing.state == FilingState.DRAFT,
        fresh=_fresh(filing),
    )


def _fresh(filing: Filing) -> list[tuple[str, list[str]]]:
    """Return the sections whose words are older than the figures, with what the portal would write of them now."""
    kept = filing.snapshot or {}
    return [
        (f"{numeral}. {document.TITLES[numeral]}", kept["drafted"][numeral].split("\n"))
        for one in kept.get("checks", ())
        if one["code"] == STALE and (numeral := one["values"]["numeral"])
    ]


@bp.post("/<int:filing_id>/edit")
@requires(Action.REPORT_PREPARE)
def change(filing_id: int) -> Answer | tuple[str, int]:
    """Keep the words of the sections."""
    filing = queries.find(db.session(), actor(), filing_id, Action.REPORT_PREPARE)
    form = WordsForm()
    if not form.validate():
        return _editing(filing, form), 422
    typed = {numeral: str(form[numeral].data) for numeral in document.NARRATIVE}
    with unit_of_work() as session:
        filing = queries.find(session, actor(), filing_id, Action.REPORT_PREPARE, lock=True)
        services.reword(session, filing, typed)
        warned = [one for one in (filing.snapshot or {})["checks"] if one["code"] == "child"]
    for one in warned:
        flash(_check(one)["text"], "warning")
    flash(_("The words have been kept."), "success")
    return see_other("filings.show", filing_id=filing_id)


def _step(filing_id: int, action: Action, how: Any, said: str) -> Answer:
    """Do one step, and say so or why not."""
    try:
        with unit_of_work() as session:
            how(session, queries.find(session, actor(), filing_id, action, lock=True))
    except Refused as refusal:
        flash(worded(refusal), "warning")
    else:
        flash(_(said), "success")
    return see_other("filings.show", filing_id=filing_id)


def _seen() -> int | None:
    """Return the last step of the report that the reader had before her."""
    return request.form.get("seen", type=int)


@bp.post("/<int:filing_id>/recompute")
@requires(Action.REPORT_PREPARE)
def recompute(filing_id: int) -> Answer:
    """Compute a draft from the facts of now."""
    return _step(
        filing_id,
        Action.REPORT_PREPARE,
        lambda session, filing: services.recompute(session, filing, opening.rows),
        N_("The figures have been computed anew."),
    )


@bp.post("/<int:filing_id>/prepare")
@requires(Action.REPORT_PREPARE)
def prepare(filing_id: int) -> Answer:
    """Say that a draft is ready."""
    return _step(
        filing_id,
        Action.REPORT_PREPARE,
        lambda session, filing: services.prepare(session, filing, opening.rows, _by(), clock.now()),
        N_("The report is prepared and waits for approval."),
    )


@bp.post("/<int:filing_id>/back")
@requires(Action.REPORT_PREPARE)
def back(filing_id: int) -> Answer:
    """Make a prepared or approved report a draft again."""
    return _step(
        filing_id,
        Action.REPORT_PREPARE,
        lambda session, filing: services.take_back(session, filing, _by(), clock.now()),
        N_("The report is a draft again."),
    )


@bp.post("/<int:filing_id>/approve")
@requires(Action.REPORT_FILE)
def approve(filing_id: int) -> Answer:
    """Approve a prepared report."""
    return _step(
        filing_id,
        Action.REPORT_FILE,
        lambda session, filing: services.approve(session, filing, _by(), clock.now(), _seen()),
        N_("The report is approved."),
    )


@bp.post("/<int:filing_id>/file")
@requires(Action.REPORT_FILE)
def file(filing_id: int) -> Answer:
    """File an approved report."""
    return _step(
        filing_id,
        Action.REPORT_FILE,
        lambda session, filing: services.file(session, filing, opening.rows, _by(), clock.now(), _seen()),
        N_("The report is filed. Nothing about it moves from here on."),
    )


@bp.post("/<int:filing_id>/receive")
@requires(Action.REPORT_RECEIVE)
def receive(filing_id: int) -> Answer:
    """Note that the standing agency has the report."""
    return _step(
        filing_id,
        Action.REPORT_RECEIVE,
        lambda session, filing: services.receive(session, filing, _by(), clock.now()),
        N_("The report is received."),
    )


@bp.post("/<int:filing_id>/return")
@requires(Action.REPORT_RECEIVE)
def give_back(filing_id: int) -> Answer | tuple[str, int]:
    """Return a filed report with a reason."""
    form = ReturnForm()
    if not form.validate():
        return _shown(filing_id, form, IssuedForm(formdata=None)), 422
    reason = str(form.reason.data)
    return _step(
        filing_id,
        Action.REPORT_RECEIVE,
        lambda session, filing: services.give_back(session, filing, reason, _by(), clock.now()),
        N_("The report is returned."),
    )


@bp.post("/<int:filing_id>/issued")
@requires(Action.REPORT_FILE)
@files_web.takes_files()
def issued(filing_id: int) -> Answer | tuple[str, int]:
    """Note number and day of the issued paper, with its signed scan."""
    form = IssuedForm()
    if not form.validate():
        return _shown(filing_id, ReturnForm(formdata=None), form), 422

    def how(session: Any, filing: Filing) -> None:
        scan = None
        if form.scan.data and form.scan.data.filename:
            scan = stored_files.keep(
                session,
                form.scan.data,
                purpose="filing.scan",
                allowed=(FileKind.PDF,),
                by_id=_by().id,
                now=clock.now(),
            ).id
        services.attach(session, filing, str(form.number.data), form.issued_on.data, scan, _by(), clock.now())

    return _step(filing_id, Action.REPORT_FILE, how, N_("Number, day and scan have been kept."))


@bp.post("/<int:filing_id>/verify")
@requires(Action.REPORT_PREPARE)
def verify(filing_id: int) -> Answer:
    """Recompute every digest of a filed report, and say what differs."""
    session = db.session()
    filing = queries.find(session, actor(), filing_id, *LOOK)
    faults = snapshot.verify(session, filing)
    if faults:
        flash(
            ngettext(
                "%(num)d part of this report is not as it was filed: %(parts)s",
                "%(num)d parts of this report are not as they were filed: %(parts)s",
                len(faults),
                parts="; ".join(faults),
            ),
            "warning",
        )
    else:
        flash(_("Every digest was recomputed: the report is as it was filed."), "success")
    return see_other("filings.show", filing_id=filing_id)


@bp.get("/<int:filing_id>/files/<name>")
@requires(Action.REPORT_PREPARE)
def download(filing_id: int, name: str) -> Response:
    """Send a file: as it was filed, or of a draft as it would be now."""
    session = db.session()
    filing = queries.find(session, actor(), filing_id, *LOOK)
    if queries.frozen(filing):
        kept = session.get(FilingFile, (filing.id, name))
        if kept is None:
            raise NotFound
        return _file(kept.content, kept.media, kept.name)
    made: Report = document.from_json((filing.snapshot or {})["report"])
    for one, media, content in snapshot.rendered(made, snapshot.base_name(filing), clock.now()):
        if one == name:
            return _file(content, media, f"du-thao-{one}")
    raise NotFound


@bp.get("/<int:filing_id>/scan")
@requires(Action.REPORT_PREPARE)
def scan(filing_id: int) -> Response:
    """Send the signed scan."""
    session = db.session()
    filing = queries.find(session, actor(), filing_id, *LOOK)
    if filing.scan_id is None:
        raise NotFound
    return files_web.send(session.get_one(StoredFile, filing.scan_id))


def _file(content: bytes, media: str, name: str) -> Response:
    response = Response(content, mimetype=media)
    ascii_name = name.encode("ascii", "ignore").decode()
    response.headers["Content-Disposition"] = f'attachment; filename="{ascii_name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response

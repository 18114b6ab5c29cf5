"""/manage/roster: units, people and posts, slips, requests, transfers, imports. Every finder authorises."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from sqlalchemy import Select
from werkzeug.wrappers import Response as Redirect
from wtforms import DateField

from portal.core import clock
from portal.core.accounts import arrivals, claims
from portal.core.accounts.forms import EmptyForm
from portal.core.accounts.models import AUDIENCE_LABELS, LEFT_REASON_LABELS, LeftReason, Posting
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files.models import FileKind, StoredFile
from portal.core.files.web import send, takes_files
from portal.core.jobs import queries as jobs
from portal.core.jobs import services as work
from portal.core.jobs.models import Job
from portal.core.locale import language, show_date, show_moment, worded
from portal.core.names import tidy
from portal.core.organisation.models import Sector, Unit
from portal.core.organisation.services import unit_named
from portal.core.policy import Action
from portal.core.rights.web import ask_reason, given_reason, looked, reason_for_police
from portal.core.rosters import bring, queries, services
from portal.core.rosters.erasing import UNDO_DAYS
from portal.core.rosters.errors import ImportMoved, NotYoursToReset, UndoTooLate
from portal.core.rosters.models import (
    EVIDENCE_LABELS,
    IMPORT_STATE_LABELS,
    TRANSFER_STATE_LABELS,
    ImportState,
    RosterImport,
    RosterLine,
)
from portal.core.rosters.plan import Decision, Kind
from portal.core.rosters.queries import Wanted
from portal.core.rosters.rows import Row, Unusable, read
from portal.core.text import N_
from portal.core.web import actor, requires, see_other, settings
from portal.reports.rosters import forms, slips, template, words
from portal.reports.tables import Column, Table
from portal.reports.tables import Kind as ColumnKind
from portal.reports.writers import csv, xlsx

bp = Blueprint("roster", __name__, url_prefix="/manage/roster")
Answer = Response | Redirect | str | tuple[str, int]
CHUNK = 64 * 1024
MOST_SLIPS = 320  # forty sheets; each code is hashed, which takes its time
SMALL = 2000  # so many lines are planned again while the page is waited for
PAPERS = (FileKind.PDF, FileKind.JPEG, FileKind.PNG)
SOURCE_LABELS = {
    "import": N_("from a file"), "head": N_("by the unit"), "self": N_("by the person"),
    "collaborator": N_("by the collaborator"), "demo": N_("demonstration"),
}  # fmt: skip
ACCOUNT_LABELS = {
    "has": N_("has an account"),
    "asked": N_("waits for your word"),
    "slip": N_("slip printed"),
    "none": N_("no account yet"),
}
ACCOUNT_SIGNS = {"has": "done", "asked": "due", "slip": "progress", "none": "todo"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _page() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), 100_000)


def _search() -> str:
    return tidy(request.args.get("q", ""))[:80]


def _me() -> int:
    return actor().id or 0


def _given(field: DateField) -> date:
    """Return the day in a field whose form has been validated; where it has not, today."""
    return field.data or clock.today()


# --- units -------------------------------------------------------------------------------------------------------


@bp.get("/")
@requires(Action.ROSTER_MANAGE)
def units() -> Answer:
    """List the units whose staff lists one keeps; with only one, go there."""
    session, today = db.session(), clock.today()
    search, page = _search(), _page()
    many = queries.count_units(session, actor(), search)
    found = queries.units(session, actor(), search, today, page)
    if many == 1 and not search and len(found) == 1:
        return redirect(url_for("roster.unit", code=found[0].code))
    return render_template(
        "roster/units.html",
        found=found,
        many=many,
        page=page,
        pages=max(1, -(-many // queries.PAGE)),
        q=search,
        evidence_labels=EVIDENCE_LABELS,
        **_waiting(),
    )


def _waiting() -> dict[str, int]:
    """Return how many requests and transfers wait for the reader."""
    session, now, today = db.session(), clock.now(), clock.today()
    return {
        "requests_waiting": queries.count_claims(session, actor(), now, today),
        "transfers_waiting": queries.count_incoming(session, actor()),
    }


# --- a unit's roster ---------------------------------------------------------------------------------------------


def _wanted() -> Wanted:
    audience = request.args.get("audience", "")
    account = request.args.get("account", "")
    return Wanted(
        search=_search(),
        audience=audience if audience in [str(one) for one in forms.STAFF] else "",
        account=account if account in ("has", "none") else "",
        past=request.args.get("past") == "1",
    )


def _reason_needed(here: Unit, people: Sequence[int] | Select[int]) -> Redirect | int | None:
    """Return the reason given for the list of a police unit (or of those who serve in one), or the way to the form."""
    place = f"unit:{here.code}"
    if here.sector == Sector.POLICE:
        return given_reason("police", place) or ask_reason("police", place)
    return reason_for_police(place, people)


def _here(wanted: Wanted) -> dict[str, str]:
    values = {
        "q": wanted.search,
        "audience": wanted.audience,
        "account": wanted.account,
        "past": "1" if wanted.past else "",
    }
    return {key: value for key, value in values.items() if value}


@bp.get("/units/<code>/")
@requires(Action.ROSTER_MANAGE)
def unit(code: str) -> Answer:
    """List the people and posts of a unit; who looked is recorded."""
    session, today, now = db.session(), clock.today(), clock.now()
    here = queries.unit_for(session, actor(), code)
    wanted, page = _wanted(), _page()
    many = queries.count_posts(session, here, wanted, today)
    found = queries.posts(session, here, wanted, today, now, page)
    ids = [one.user_id for one in found]
    reason = _reason_needed(here, ids)
    if isinstance(reason, Redirect):
        return reason
    answer = render_template(
        "roster/unit.html",
        unit=here,
        found=found,
        many=many,
        page=page,
        pages=max(1, -(-many // queries.PAGE)),
        wanted=wanted,
        here=_here(wanted),
        basis=queries.basis_on(session, here.id, today),
        headcount=queries.headcount(session, here.id, today),
        evidence_labels=EVIDENCE_LABELS,
        audiences={str(one): AUDIENCE_LABELS[one] for one in forms.STAFF},
        account_labels=ACCOUNT_LABELS,
        account_signs=ACCOUNT_SIGNS,
        **_waiting(),
    )
    looked("people.read", f"unit:{code}", ids, reason, list="roster", rows=len(found))
    return answer


@bp.get("/units/<code>/roster.<any(csv, xlsx):kind>")
@requires(Action.ROSTER_MANAGE)
def unit_file(code: str, kind: str) -> Response | Redirect:
    """Send a unit's roster as a file; who exported is recorded."""
    session = db.session()
    here = queries.unit_for(session, actor(), code)
    found = queries.posts(session, here, _wanted(), clock.today(), clock.now(), None)
    ids = [one.user_id for one in found]
    reason = _reason_needed(here, ids)
    if isinstance(reason, Redirect):
        return reason
    name = here.name
    looked("people.export", f"unit:{code}", ids, reason, list="roster", kind=kind)
    columns = (
        Column("name", _("Full name"), width=28),
        Column("code", _("Staff code")),
        Column("phone", _("Phone number")),
        Column("audience", _("Group"), width=22),
        Column("title", _("Title"), width=24),
        Column("from", _("First day"), ColumnKind.DATE),
        Column("to", _("Last day"), ColumnKind.DATE),
        Column("source", _("Source"), width=16),
        Column("account", _("Account"), width=18),
    )
    rows = [
        (
            one.full_name, one.staff_code, one.phone, words.audience(one.audience), one.title, one.valid_from,
            one.valid_to, _(SOURCE_LABELS[one.source]), _(ACCOUNT_LABELS[one.account]),
        )
        for one in found
    ]  # fmt: skip
    table = Table(
        _("Staff list: %(unit)s", unit=name),
        _("as of %(day)s", day=show_date(clock.today())),
        columns,
        rows,
    )
    return _file(table, kind, f"bien-che-{code}")


def _file(table: Table, kind: str, name: str) -> Response:
    if kind == "csv":
        body: Iterator[bytes] = csv.write(table, "")
        mimetype = "text/csv; charset=utf-8"
    else:
        body, mimetype = _pieces(xlsx.write(table, "", language())), XLSX
    return _attached(
        Response(stream_with_context(body), mimetype=mimetype), f"{name}-{clock.today().isoformat()}.{kind}"
    )


def _pieces(file: Any) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece


def _attached(response: Response, name: str) -> Response:
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in name)
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response


@bp.get("/units/<code>/add")
@requires(Action.ROSTER_MANAGE)
def add(code: str) -> Answer:
    """Show the form for one more person or post."""
    here = queries.unit_for(db.session(), actor(), code)
    return _add_page(here, forms.AddForm(formdata=None, began=clock.today()))


@bp.post("/units/<code>/add")
@requires(Action.ROSTER_MANAGE)
def add_submit(code: str) -> Answer:
    """Add a person or a post by the rules of the import; a doubtful double is asked about."""
    here = queries.unit_for(db.session(), actor(), code)
    form = forms.AddForm()
    if not form.validate_on_submit():
        return _add_page(here, form), 422
    today = clock.today()
    cells = {
        "name": form.name.data, "code": form.code.data, "phone": form.phone.data, "audience": "teacher",
        "title": form.title.data, "began": form.began.data,
    }  # fmt: skip
    coded = frozenset({code}) if here.sector == Sector.POLICE else frozenset[str]()
    try:
        row = read(1, cells, unit=code, as_of=max(today, _given(form.began)), may_be_coded=coded)
    except Unusable as fault:
        form.form_errors.append(words.reason(fault.reason, fault.values))
        return _add_page(here, form), 422
    row = Row(
        1, row.unit, row.code, row.name, row.phone, str(form.audience.data), row.title, row.began, row.coded
    )
    decision = Decision.NEW if form.new.data else None
    with unit_of_work() as session:
        outcome = bring.one_row(session, actor(), row, as_of=today, decision=decision, now=clock.now())
        if outcome.post is not None:
            arrivals.arrived(session, [session.get_one(Posting, outcome.post).user_id], clock.now())
    if outcome.kind in (Kind.REFUSED, Kind.DOUBLE):
        form.form_errors.append(words.reason(outcome.reason, outcome.values))
        return _add_page(here, form, double=Decision.NEW in outcome.choices), 422
    if outcome.kind == Kind.SAME:
        flash(_("%(name)s is on the list already, with the same entry.", name=row.name), "info")
    else:
        flash(_("%(name)s is on the list.", name=row.name), "success")
    if outcome.post is None:
        return see_other("roster.unit", code=code)
    return see_other("roster.post", post_id=outcome.post)


def _add_page(here: Unit, form: forms.AddForm, *, double: bool = False) -> str:
    form.name.flags.required = here.sector != Sector.POLICE
    return render_template("roster/add.html", unit=here, form=form, double=double)


# --- one post ----------------------------------------------------------------------------------------------------


@bp.get("/posts/<int:post_id>")
@requires(Action.ROSTER_MANAGE)
def post(post_id: int) -> Answer:
    """Show a person's post, her history, and what can be done."""
    _posting, user, here = queries.post_for(db.session(), actor(), post_id)
    ids = [user.id]
    reason = _reason_needed(here, ids)
    if isinstance(reason, Redirect):
        return reason
    answer = _post_page(post_id)
    looked("people.read", f"posting:{post_id}", ids, reason, list="post")
    return answer


def _post_page(
    post_id: int,
    person: forms.PersonForm | None = None,
    end_: forms.EndForm | None = None,
    transfer: forms.TransferForm | None = None,
) -> str:
    session, today = db.session(), clock.today()
    posting, user, here = queries.post_for(session, actor(), post_id)
    filled = {
        "name": user.full_name, "code": user.staff_code, "phone": user.phone, "title": posting.title,
        "began": posting.valid_from,
    }  # fmt: skip
    form = person or forms.PersonForm(formdata=None, data=filled)
    form.name.flags.required = not user.coded
    return render_template(
        "roster/post.html",
        posting=posting,
        one=user,
        unit=here,
        history=queries.history(session, actor(), user.id),
        has_account=user.secret_hash is not None,
        may_reset=queries.may_reset(session, actor(), user.id, today),
        form=form,
        end_form=end_ or forms.EndForm(formdata=None, last_day=today),
        transfer_form=transfer or forms.TransferForm(formdata=None, leaves_on=today),
        audiences=AUDIENCE_LABELS,
        source_labels=SOURCE_LABELS,
        left_labels=LEFT_REASON_LABELS,
        open_transfer=next(
            (
                one
                for one in queries.transfers(session, actor())
                if one.state == "asked" and one.outgoing and _is_of(one.id, posting.id)
            ),
            None,
        ),
    )


def _is_of(transfer_id: int, posting_id: int) -> bool:
    return queries.transfer_for(db.session(), actor(), transfer_id)[0].posting_id == posting_id


@bp.post("/posts/<int:post_id>/change")
@requires(Action.ROSTER_MANAGE)
def change(post_id: int) -> Answer:
    """Correct a person's entry and her post."""
    queries.post_for(db.session(), actor(), post_id)
    form = forms.PersonForm()
    valid = form.validate_on_submit()
    if valid and " " not in (form.name.data or "") and not _coded(post_id):
        form.name.errors = [_("Write family and given name, as on your papers.")]
        valid = False
    if not valid:
        return _post_page(post_id, person=form), 422
    try:
        with unit_of_work() as session:
            posting, user, _unit = queries.post_for(session, actor(), post_id)
            changed = services.correct(
                session, posting, user, name=str(form.name.data or ""), code=form.clean_code,
                phone=form.clean_phone, title=form.title.data or None, began=_given(form.began), by_id=_me(),
                now=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return _post_page(post_id, person=form), 422
    flash(_("Saved.") if changed else _("Nothing was different."), "success" if changed else "info")
    return see_other("roster.post", post_id=post_id)


def _coded(post_id: int) -> bool:
    return queries.post_for(db.session(), actor(), post_id)[1].coded


@bp.post("/posts/<int:post_id>/end")
@requires(Action.ROSTER_MANAGE)
def end(post_id: int) -> Answer:
    """End a post."""
    queries.post_for(db.session(), actor(), post_id)
    form = forms.EndForm()
    if not form.validate_on_submit():
        return _post_page(post_id, end_=form), 422
    try:
        with unit_of_work() as session:
            posting, user, here = queries.post_for(session, actor(), post_id)
            name, code = user.full_name, here.code
            services.end(
                session, posting, last_day=_given(form.last_day), reason=LeftReason(form.reason.data), by_id=_me(),
                now=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return _post_page(post_id, end_=form), 422
    flash(_("The post of %(name)s ends on %(day)s.", name=name, day=show_date(form.last_day.data)), "success")
    return see_other("roster.unit", code=code)


@bp.post("/posts/<int:post_id>/transfer")
@requires(Action.ROSTER_MANAGE)
def transfer(post_id: int) -> Answer:
    """Offer a person to another unit."""
    queries.post_for(db.session(), actor(), post_id)
    form = forms.TransferForm()
    if not form.validate_on_submit():
        return _post_page(post_id, transfer=form), 422
    there = unit_named(db.session(), str(form.to_unit.data).upper())
    _posting, _user, here = queries.post_for(db.session(), actor(), post_id)
    if there is None or there.valid_to is not None or there.id == here.id:
        form.to_unit.errors = [_("There is no other unit with this code today.")]
        return _post_page(post_id, transfer=form), 422
    there_id, there_name = there.id, there.name
    try:
        with unit_of_work() as session:
            posting, _user, _here = queries.post_for(session, actor(), post_id)
            services.ask_transfer(
                session, posting, session.get_one(Unit, there_id), leaves_on=_given(form.leaves_on), by_id=_me(),
                now=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return _post_page(post_id, transfer=form), 422
    flash(_("Offered to %(unit)s. The post here ends when its head accepts.", unit=there_name), "success")
    return see_other("roster.transfers")


@bp.post("/posts/<int:post_id>/reset")
@requires(Action.ROSTER_MANAGE)
def reset(post_id: int) -> Answer:
    """Take a password away and print a new slip. The answer is the file: its code exists nowhere else."""
    with unit_of_work() as session:
        _posting, user, here = queries.post_for(session, actor(), post_id)
        name = user.full_name
        if not queries.may_reset(session, actor(), user.id, clock.today()):
            raise NotYoursToReset(name=name)
        unit_name = here.name
        claims.reset(session, user.id, by_id=_me(), now=clock.now())
        printed = claims.make_slips(session, [user.id], by_id=_me(), now=clock.now())
    return _slips(
        printed, {one.user_id: unit_name for one in printed}, f"phieu-{post_id}", f"posting:{post_id}"
    )


@bp.post("/units/<code>/slips")
@requires(Action.ROSTER_MANAGE)
def print_slips(code: str) -> Answer:
    """Print slips for those chosen, or for everybody here without an account (up to forty sheets)."""
    chosen = {int(one) for one in request.form.getlist("post") if one.isdigit() and len(one) < 18}
    with unit_of_work() as session:
        here = queries.unit_for(session, actor(), code)
        name = here.name
        found = queries.posts(session, here, Wanted(account="none"), clock.today(), clock.now(), None)
        people = list(dict.fromkeys(one.user_id for one in found if not chosen or one.id in chosen))
        allowed = [one for one in people if queries.may_reset(session, actor(), one, clock.today())]
        printed = claims.make_slips(session, allowed[:MOST_SLIPS], by_id=_me(), now=clock.now())
    if not printed:
        flash(
            _("Nobody of those chosen is without an account. To give a new password, open the person."),
            "info",
        )
        return see_other("roster.unit", code=code)
    return _slips(printed, {one.user_id: name for one in printed}, f"phieu-{code}", f"unit:{code}")


def _slips(printed: Sequence[claims.Printed], unit_names: dict[int, str], name: str, place: str) -> Response:
    base = settings().base_url.rstrip("/")
    facts = [
        slips.SlipFacts(
            name=f"Cán bộ mã {one.full_name}" if one.coded else one.full_name,
            unit=unit_names[one.user_id],
            login=one.login,
            code=claims.shown_code(one.code),
            address=base + url_for("accounts.first", who=one.login),
            host=base.split("://", 1)[-1],
            until=clock.local_date(one.expires_at),
        )
        for one in printed
    ]
    response = Response(slips.render(facts, "Phiếu đăng nhập lần đầu"), mimetype="application/pdf")
    response.headers["Cache-Control"] = "no-store"
    looked("people.export", place, [one.user_id for one in printed], kind="slips")
    return _attached(response, f"{name}.pdf")


# --- what the denominator stands on ------------------------------------------------------------------------------


@bp.get("/units/<code>/basis")
@requires(Action.ROSTER_MANAGE)
def basis(code: str) -> Answer:
    """Show what the unit's denominator stands on, and the two ways of giving it."""
    return _basis_page(code)


def _basis_page(
    code: str, form: forms.BasisForm | None = None, totals: forms.TotalsForm | None = None
) -> str:
    session, today = db.session(), clock.today()
    here = queries.unit_for(session, actor(), code)
    shown = [
        {
            "id": one.id, "evidence": one.evidence, "from": one.valid_from, "to": one.valid_to, "paper": one.file_id,
            "people": queries.headcount(session, here.id, min(one.valid_to or today, today)),
        }
        for one in queries.bases(session, here.id)
    ]  # fmt: skip
    totals = totals or forms.TotalsForm(formdata=None, day=today)
    return render_template(
        "roster/basis.html",
        unit=here,
        shown=shown,
        form=form or forms.BasisForm(formdata=None, day=today),
        totals=totals,
        numbers=[totals[f"n_{one}"] for one in forms.STAFF],
        posts_today=queries.count_posts(session, here, Wanted(), today),
        evidence_labels=EVIDENCE_LABELS,
    )


@bp.post("/units/<code>/basis/list")
@requires(Action.ROSTER_MANAGE)
def confirm_list(code: str) -> Answer:
    """Say that the portal holds the unit's whole list."""
    queries.unit_for(db.session(), actor(), code)
    form = forms.BasisForm()
    if not form.validate_on_submit() or _given(form.day) > clock.today():
        if _given(form.day) > clock.today():
            form.day.errors = [_("This day is still to come.")]
        return _basis_page(code, form=form), 422
    with unit_of_work() as session:
        here = queries.unit_for(session, actor(), code)
        services.confirm_list(session, here, _given(form.day), by_id=_me(), now=clock.now())
    flash(_("The list counts as complete from %(day)s.", day=show_date(form.day.data)), "success")
    return see_other("roster.basis", code=code)


@bp.post("/units/<code>/basis/totals")
@requires(Action.ROSTER_MANAGE)
@takes_files()
def declare_totals(code: str) -> Answer:
    """Take signed totals instead of a list."""
    queries.unit_for(db.session(), actor(), code)
    form = forms.TotalsForm()
    if not form.validate_on_submit() or _given(form.day) > clock.today():
        if _given(form.day) > clock.today():
            form.day.errors = [_("This day is still to come.")]
        return _basis_page(code, totals=form), 422
    numbers = {one: int(form[f"n_{one}"].data or 0) for one in forms.STAFF}
    now = clock.now()
    try:
        with unit_of_work() as session:
            here = queries.unit_for(session, actor(), code)
            paper = files.keep(
                session,
                request.files.get("paper"),
                purpose="roster.totals",
                allowed=PAPERS,
                by_id=_me(),
                now=now,
            )
            services.declare_totals(session, here, _given(form.day), numbers, paper.id, by_id=_me(), now=now)
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return _basis_page(code, totals=form), 422
    flash(_("The declared total counts from %(day)s.", day=show_date(form.day.data)), "success")
    return see_other("roster.basis", code=code)


@bp.get("/units/<code>/basis/<int:basis_id>/paper")
@requires(Action.ROSTER_MANAGE)
def paper(code: str, basis_id: int) -> Response:
    """Hand out the signed paper behind a declared total."""
    session = db.session()
    here = queries.unit_for(session, actor(), code)
    one = next((one for one in queries.bases(session, here.id) if one.id == basis_id), None)
    if one is None or one.file_id is None:
        raise NotFound
    return send(session.get_one(StoredFile, one.file_id))


# --- requests and transfers --------------------------------------------------------------------------------------


@bp.get("/requests")
@requires(Action.ROSTER_MANAGE)
def requests() -> Answer:
    """List those who wait for one's word."""
    search = _search()
    found = queries.claims(db.session(), actor(), clock.now(), clock.today())
    wanted = search.casefold()
    shown = [
        one
        for one in found
        if wanted in one.full_name.casefold() or wanted in one.number or wanted in one.unit.casefold()
    ]
    ids = [one.user_id for one in shown]
    reason = reason_for_police("requests", ids)
    if isinstance(reason, Redirect):
        return reason
    answer = render_template("roster/requests.html", found=shown, q=search, form=EmptyForm())
    looked("people.read", "requests", ids, reason, list="requests")
    return answer


@bp.post("/requests/<int:claim_id>/<any(confirm, decline):what>")
@requires(Action.ROSTER_MANAGE)
def answer_request(claim_id: int, what: str) -> Answer:
    """Confirm or decline a request, in one click."""
    with unit_of_work() as session:
        claim = queries.claim_for(session, actor(), claim_id, clock.today())
        if not queries.may_reset(session, actor(), claim.user_id, clock.today()):
            raise NotYoursToReset(name=claim.typed_name)
        claims.answer(session, claim, confirmed=what == "confirm", by_id=_me(), now=clock.now())
    flash(_("Confirmed: the person can sign in now.") if what == "confirm" else _("Declined."), "success")
    return see_other("roster.requests")


@bp.get("/transfers")
@requires(Action.ROSTER_MANAGE)
def transfers() -> Answer:
    """List transfers from and to one's units."""
    search = _search().casefold()
    found = [
        one
        for one in queries.transfers(db.session(), actor())
        if any(search in text.casefold() for text in (one.full_name, one.from_unit, one.to_unit))
    ]
    ids = [one.user_id for one in found]
    reason = reason_for_police("transfers", ids)
    if isinstance(reason, Redirect):
        return reason
    answer = render_template(
        "roster/transfers.html",
        found=found,
        q=_search(),
        labels=TRANSFER_STATE_LABELS,
        audiences=AUDIENCE_LABELS,
        form=EmptyForm(),
    )
    looked("people.read", "transfers", ids, reason, list="transfers")
    return answer


@bp.get("/transfers/ask")
@requires(Action.ROSTER_MANAGE)
def ask_transfer() -> Answer:
    """Show the form by which a receiving unit asks for a person."""
    mine = queries.units(db.session(), actor(), "", clock.today(), 1)
    code = mine[0].code if len(mine) == 1 else ""
    return render_template(
        "roster/ask_transfer.html",
        form=forms.AskTransferForm(formdata=None, to_unit=code, leaves_on=clock.today()),
    )


@bp.post("/transfers/ask")
@requires(Action.ROSTER_MANAGE)
def ask_transfer_submit() -> Answer:
    """Ask the unit where a person works to let her go."""
    form = forms.AskTransferForm()

    def again() -> Answer:
        return render_template("roster/ask_transfer.html", form=form), 422

    if not form.validate_on_submit():
        return again()
    try:
        with unit_of_work() as session:
            try:
                here = queries.unit_for(session, actor(), str(form.to_unit.data).upper())
            except NotFound:
                form.to_unit.errors = [_("There is no unit with this code among yours.")]
                return again()
            posting = queries.post_elsewhere(
                session,
                str(form.login.data),
                form.name.data or "",
                str(form.from_unit.data).upper(),
                clock.today(),
            )
            if posting is None or posting.unit_id == here.id:
                form.form_errors.append(
                    _(
                        "Nobody with this code or number and this name works there today. Compare with the papers of the person."
                    )
                )
                return again()
            services.ask_transfer(
                session, posting, here, leaves_on=_given(form.leaves_on), by_id=_me(), now=clock.now(),
                requested=True,
            )  # fmt: skip
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return again()
    flash(_("Asked. The unit where the person works answers, and you get a notice."), "success")
    return see_other("roster.transfers")


@bp.post("/transfers/<int:transfer_id>/<any(accept, decline, withdraw):what>")
@requires(Action.ROSTER_MANAGE)
def answer_transfer(transfer_id: int, what: str) -> Answer:
    """Accept or decline as the one who was asked; withdraw as the one who asked."""
    with unit_of_work() as session:
        one, line = queries.transfer_for(session, actor(), transfer_id)
        asks, answers = (line.incoming, line.outgoing) if line.requested else (line.outgoing, line.incoming)
        if not (asks if what == "withdraw" else answers):
            raise NotFound
        if what == "accept":
            services.accept_transfer(session, one, by_id=_me(), now=clock.now())
        else:
            services.decline_transfer(
                session, one, withdrawn=what == "withdraw", by_id=_me(), now=clock.now(),
                reason=request.form.get("reason", "")[:500],
            )  # fmt: skip
        name, there = line.full_name, line.to_unit
    told = {
        "accept": _("%(name)s is on the list of %(unit)s.", name=name, unit=there),
        "decline": _("Declined; the post stays where it was."),
        "withdraw": _("Withdrawn; the post stays where it was."),
    }
    flash(told[what], "success")
    return see_other("roster.transfers")


# --- imports -----------------------------------------------------------------------------------------------------


@bp.get("/imports")
@requires(Action.ROSTER_MANAGE)
def imports() -> Answer:
    """List the staff lists that were sent."""
    page, search = _page(), _search()
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
    return _attached(Response(_pieces(template.write(code)), mimetype=XLSX), "mau-danh-sach-bien-che.xlsx")


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
    if _given(form.as_of) > clock.today():
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
                allowed=(FileKind.XLSX, FileKind.CSV), by_id=_me(), now=now,
            )  # fmt: skip
            one = RosterImport(
                unit_id=here.id if here is not None else None, file_id=stored.id, file_name=stored.name,
                full_list=form.full_list.data == "full", as_of=_given(form.as_of), state=ImportState.PLANNING,
                counts={}, created_by_id=_me(), created_at=now,
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
    job = work.enqueue(session, kind, {"import": one.id, **facts}, by_id=_me(), now=clock.now())
    one.job_id = job.id


@bp.get("/imports/<int:import_id>")
@requires(Action.ROSTER_MANAGE)
def import_show(import_id: int) -> Answer:
    """Show how far an import is, and what every row of it does."""
    session = db.session()
    one = queries.import_for(session, actor(), import_id)
    kind = request.args.get("kind", "")
    kind = kind if kind in words.KIND_LABELS else ""
    search, page = _search(), _page()
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
    everybody = queries.people_of_lines(import_id, kind, _search())
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
        for line in queries.all_lines(session, one.id, kind, _search()):
            row = line.row
            yield (
                line.number or None, labels[line.kind], words.what(line), row.get("unit"), row.get("code"),
                row.get("name"), row.get("phone"), words.audience(row.get("audience")), row.get("title"),
            )  # fmt: skip
            session.expunge(line)

    table = Table(_("Staff list: %(file)s", file=one.file_name), show_moment(one.created_at), columns, rows())
    return _file(table, "xlsx", f"doi-chieu-{import_id}")


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
            bring.replan(session, actor(), one)
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
            actor_id=_me(),
            code=f"roster.{what}_asked",
            target=f"roster_import:{one.id}",
        )
    return see_other("roster.import_show", import_id=import_id)

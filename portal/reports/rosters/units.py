"""Units and their staff lists: looked through, exported, one person more."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.accounts import arrivals
from portal.core.accounts.models import AUDIENCE_LABELS, Posting
from portal.core.db import db, unit_of_work
from portal.core.locale import show_date
from portal.core.organisation.models import Sector, Unit
from portal.core.policy import Action
from portal.core.rights.web import looked
from portal.core.rosters import queries, services
from portal.core.rosters.models import (
    EVIDENCE_LABELS,
)
from portal.core.rosters.plan import Decision, Kind
from portal.core.rosters.queries import Wanted
from portal.core.rosters.rows import Row, Unusable, read
from portal.core.text import N_
from portal.core.web import actor, requires, see_other
from portal.reports.files import answer_with
from portal.reports.rosters import forms, words
from portal.reports.rosters.pages import (
    SOURCE_LABELS,
    Answer,
    bp,
    given_day,
    page_asked,
    reason_needed,
    search_asked,
    waiting_for,
)
from portal.reports.tables import Column, Table
from portal.reports.tables import Kind as ColumnKind

ACCOUNT_LABELS = {
    "has": N_("has an account"),
    "asked": N_("waits for your word"),
    "slip": N_("slip printed"),
    "none": N_("no account yet"),
}


ACCOUNT_SIGNS = {"has": "done", "asked": "due", "slip": "progress", "none": "todo"}


@bp.get("/")
@requires(Action.ROSTER_MANAGE)
def units() -> Answer:
    """List the units whose staff lists one keeps; with only one, go there."""
    session, today = db.session(), clock.today()
    search, page = search_asked(), page_asked()
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
        **waiting_for(),
    )


def _wanted() -> Wanted:
    audience = request.args.get("audience", "")
    account = request.args.get("account", "")
    return Wanted(
        search=search_asked(),
        audience=audience if audience in [str(one) for one in forms.STAFF] else "",
        account=account if account in ("has", "none") else "",
        past=request.args.get("past") == "1",
    )


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
    wanted, page = _wanted(), page_asked()
    many = queries.count_posts(session, here, wanted, today)
    found = queries.posts(session, here, wanted, today, now, page)
    ids = [one.user_id for one in found]
    reason = reason_needed(here, ids)
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
        **waiting_for(),
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
    reason = reason_needed(here, ids)
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
    return answer_with(table, kind, f"bien-che-{code}")


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
        row = read(1, cells, unit=code, as_of=max(today, given_day(form.began)), may_be_coded=coded)
    except Unusable as fault:
        form.form_errors.append(words.reason(fault.reason, fault.values))
        return _add_page(here, form), 422
    row = Row(
        1, row.unit, row.code, row.name, row.phone, str(form.audience.data), row.title, row.began, row.coded
    )
    decision = Decision.NEW if form.new.data else None
    with unit_of_work() as session:
        outcome = services.add(session, actor(), row, as_of=today, decision=decision, now=clock.now())
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

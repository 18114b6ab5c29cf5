"""What a unit's denominator stands on: its list, or a declared total with its paper."""

from flask import Response, flash, render_template, request
from flask_babel import gettext as _

from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files.models import FileKind, StoredFile
from portal.core.files.web import send, takes_files
from portal.core.locale import show_date, worded
from portal.core.policy import Action
from portal.core.rosters import queries, services
from portal.core.rosters.models import (
    EVIDENCE_LABELS,
)
from portal.core.rosters.queries import Wanted
from portal.core.web import actor, requires, see_other
from portal.reports.rosters import forms
from portal.reports.rosters.pages import Answer, bp, given_day, me

PAPERS = (FileKind.PDF, FileKind.JPEG, FileKind.PNG)


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
    every = queries.bases(session, here.id)
    people = queries.headcounts(session, here.id, every, today)
    shown = [
        {
            "id": one.id, "evidence": one.evidence, "from": one.valid_from, "to": one.valid_to, "paper": one.file_id,
            "people": people[one.id],
        }
        for one in every
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
    if not form.validate_on_submit() or given_day(form.day) > clock.today():
        if given_day(form.day) > clock.today():
            form.day.errors = [_("This day is still to come.")]
        return _basis_page(code, form=form), 422
    with unit_of_work() as session:
        here = queries.unit_for(session, actor(), code)
        services.confirm_list(session, here, given_day(form.day), by_id=me(), now=clock.now())
    flash(_("The list counts as complete from %(day)s.", day=show_date(form.day.data)), "success")
    return see_other("roster.basis", code=code)


@bp.post("/units/<code>/basis/totals")
@requires(Action.ROSTER_MANAGE)
@takes_files()
def declare_totals(code: str) -> Answer:
    """Take signed totals instead of a list."""
    queries.unit_for(db.session(), actor(), code)
    form = forms.TotalsForm()
    if not form.validate_on_submit() or given_day(form.day) > clock.today():
        if given_day(form.day) > clock.today():
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
                by_id=me(),
                now=now,
            )
            services.declare_totals(
                session, here, given_day(form.day), numbers, paper.id, by_id=me(), now=now
            )
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

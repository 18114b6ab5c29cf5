"""The collaborator's pages: registering a paper list, her households, how far their grown-ups are, counts."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as Redirect

from courses.assignments import services as assignments
from courses.families import queries as progress
from portal.core import clock
from portal.core.accounts import claims
from portal.core.audit.exports import record_export
from portal.core.consent.wordings import CURRENT, PARENT, WORDINGS
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.households import errors, queries, services
from portal.core.households.models import AGE_BAND_LABELS, AgeBand
from portal.core.households.services import Became, Outcome, Row
from portal.core.locale import worded
from portal.core.organisation.models import Unit
from portal.core.policy import Action
from portal.core.rights.web import looked
from portal.core.web import actor, requires, see_other, settings
from portal.reports.files import answer_with
from portal.reports.household_forms import HOUSEHOLD, ChildrenForm, RowForm, row_from, row_of
from portal.reports.rosters.slips import SlipFacts, render
from portal.reports.tables import Column, Kind, Table

bp = Blueprint("households", __name__, url_prefix="/manage")
Answer = Redirect | str | tuple[str, int]


@bp.get("/households/")
@requires(Action.HOUSEHOLD_KEEP)
def index() -> str:
    """List the households of the collaborator's communities; that she looked is recorded."""
    search = request.args.get("q", "")[:80]
    child = {"yes": True, "no": False}.get(request.args.get("child", ""))
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    lines, count = queries.households(
        db.session(), actor(), Action.HOUSEHOLD_KEEP, search=search, child=child, page=page
    )
    shown = render_template(
        "households/index.html",
        lines=lines,
        count=count,
        page=page,
        pages=max(1, -(-count // queries.PAGE)),
        q=search,
        child=request.args.get("child", ""),
        bands=AGE_BAND_LABELS,
        here={"q": search, "child": request.args.get("child", "")},
    )
    looked("people.read", "households", [one for line in lines for one in line.member_ids], rows=len(lines))
    return shown


@bp.get("/households/counts.<any(csv, xlsx):kind>")
@requires(Action.HOUSEHOLD_KEEP)
def counts_file(kind: str) -> Response:
    """Send counts of the communities as a file: numbers, no name and no key."""
    table = counts_table(queries.counts(db.session(), actor()))
    record_export("household.export", "households", kind=kind)
    return answer_with(table, kind, "ho-gia-dinh")


def counts_table(lines: Sequence[queries.HouseholdCounts]) -> Table:
    """Return counts of households as a table."""
    return Table(
        title=_("Households"),
        asked=_("as of %(day)s", day=clock.today().strftime("%d/%m/%Y")),
        columns=(
            Column("unit", _("Community"), Kind.TEXT, 36),
            Column("households", _("Households"), Kind.COUNT),
            Column("with_child", _("with a child under 16"), Kind.COUNT, 20),
            *(Column(str(band), _(AGE_BAND_LABELS[band]), Kind.COUNT) for band in AgeBand),
            Column("grown_ups", _("Grown-ups"), Kind.COUNT),
        ),
        rows=[(one.unit, one.households, one.with_child, *one.bands, one.grown_ups) for one in lines],
        notes=[_("A household counts in every band of age that it has; the bands do not add up.")],
    )


@bp.get("/households/<key>")
@requires(Action.HOUSEHOLD_KEEP)
def show(key: str) -> str:
    """Show a household: its grown-ups, and how far they are."""
    return _household_page(key, None)


@bp.post("/households/<key>")
@requires(Action.HOUSEHOLD_KEEP)
def change(key: str) -> Answer:
    """Correct what is known of a household's children."""
    form = ChildrenForm()
    if not form.validate_on_submit():
        return _household_page(key, form), 422
    with unit_of_work() as session:
        household, _area = queries.household_for(session, actor(), key, Action.HOUSEHOLD_KEEP)
        services.change(
            session,
            household,
            has_child=form.has_child.data == "yes",
            bands=form.bands.data or (),
            by_id=actor().id or 0,
            now=clock.now(),
        )
    flash(_("Corrected."), "success")
    return see_other("households.show", key=key)


def _household_page(key: str, form: ChildrenForm | None) -> str:
    session = db.session()
    household, area = queries.household_for(session, actor(), key, Action.HOUSEHOLD_KEEP)
    members = progress.members(session, household.id)
    if form is None:
        form = ChildrenForm(
            formdata=None,
            has_child="yes" if household.has_child_under_16 else "no",
            bands=list(household.age_bands),
        )
    shown: str = render_template(
        "households/show.html",
        key=services.label(household.commune_code, household.number),
        area=area.name,
        household=household,
        members=members,
        bands=AGE_BAND_LABELS,
        form=form,
    )
    place = f"household:{household.id}"
    looked("people.read", place, [one.user_id for one in members], rows=len(members))
    return shown


@bp.post("/households/<key>/slips")
@requires(Action.HOUSEHOLD_KEEP)
def slips_of(key: str) -> Answer:
    """Make sign-in slips for the grown-ups of a household who have none used: as a file to print, or shown on the phone."""
    now = clock.now()
    with unit_of_work() as session:
        household, _area = queries.household_for(session, actor(), key, Action.HOUSEHOLD_KEEP)
        people = queries.without_account(session, actor(), household_id=household.id, most=services.MOST_ROWS)
        printed = claims.make_slips(session, [one for one, _key in people], by_id=actor().id, now=now)
    if not printed:
        flash(_("Everybody here has signed in already; nobody needs a slip."), "info")
        return see_other("households.show", key=key)
    looked("people.export", f"household:{key}", [one.user_id for one in printed], kind="slips")
    if request.form.get("then") == "show":
        return _unkept(Response(_shown_slips(key, printed), mimetype="text/html"))
    return _paper(printed, dict(people), f"phieu-{key}")


@bp.post("/register/slips")
@requires(Action.HOUSEHOLD_KEEP)
def slips_of_mine() -> Answer:
    """Make sign-in slips for those whom the collaborator registered and who have not signed in: a list, at most 40."""
    now = clock.now()
    with unit_of_work() as session:
        people = queries.without_account(session, actor(), most=services.MOST_ROWS)
        printed = claims.make_slips(session, [one for one, _key in people], by_id=actor().id, now=now)
    if not printed:
        flash(_("Everybody whom you registered has signed in already; nobody needs a slip."), "info")
        return see_other("households.index")
    looked("people.export", "households", [one.user_id for one in printed], kind="slips")
    return _paper(printed, dict(people), "phieu-dang-nhap")


def _paper(printed: Sequence[claims.Printed], keys: dict[int, str], name: str) -> Response:
    base = settings().base_url.rstrip("/")
    facts = [
        SlipFacts(
            name=one.full_name,
            unit=f"Hộ {keys[one.user_id]}",
            login=one.login,
            code=claims.shown_code(one.code),
            address=base + url_for("accounts.first", who=one.login),
            host=base.split("://", 1)[-1],
            until=clock.local_date(one.expires_at),
        )
        for one in printed
    ]
    response = Response(render(facts, "Phiếu đăng nhập lần đầu"), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return _unkept(response)


def _shown_slips(key: str, printed: Sequence[claims.Printed]) -> str:
    page: str = render_template(
        "households/slips.html",
        key=key,
        slips=[
            (one.full_name, one.login, claims.shown_code(one.code), clock.local_date(one.expires_at))
            for one in printed
        ],
    )
    return page


def _unkept(response: Response) -> Response:
    """Return an answer that no browser keeps: the codes are shown once."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/register")
@requires(Action.HOUSEHOLD_KEEP)
def register() -> str:
    """Show the form of one row; with script it keeps a whole list on the device until the network takes it."""
    unit = queries.community_for(db.session(), actor(), request.args.get("unit", type=int))
    form = RowForm(
        formdata=None,
        key=secrets.token_urlsafe(18),
        household_key=secrets.token_urlsafe(18),
        home="same" if _before() else "new",
    )
    return _register_page(form, unit)


def _before() -> str | None:
    """Return the key of the household that the person before was registered in, where the address says it."""
    key = request.args.get("after", "")
    return key if HOUSEHOLD.match(key) else None


@bp.post("/register")
@requires(Action.HOUSEHOLD_KEEP)
def register_submit() -> Answer:
    """Register one person: what the page does without script."""
    unit = queries.community_for(db.session(), actor(), request.args.get("unit", type=int))
    form = RowForm()
    if not form.validate_on_submit():
        return _register_page(form, unit), 422
    unit_id = unit.id
    try:
        outcome = _sent(row_of(form, _before()), unit_id)
    except Refused as refusal:
        _place(form, refusal).append(worded(refusal))
        return _register_page(form, queries.community_for(db.session(), actor(), unit_id)), 422
    flash(f"{form.full_name.data}: {said(outcome)}", "success")
    return see_other("households.register", unit=unit_id, after=outcome.household)


def _place(form: RowForm, refusal: Refused) -> list[str]:
    """Return where a refusal is said: at the field that it is about, else above the form."""
    fields = {
        errors.NoConsent: form.consent,
        errors.OldConsent: form.consent,
        errors.NotWholeName: form.full_name,
        errors.ChildsName: form.full_name,
        errors.KnownElsewhere: form.full_name,
        errors.NotAPhone: form.phone,
        errors.NumberOfTooMany: form.phone,
        errors.NoSuchHousehold: form.household,
        errors.SeveralHouseholds: form.household,
    }
    field = fields.get(type(refusal))
    if field is not None:
        field.errors = list(field.errors)  # a tuple where the field itself found nothing
        return field.errors
    return form.form_errors  # type: ignore[no-any-return]


@bp.post("/register/rows")
@requires(Action.HOUSEHOLD_KEEP)
def register_rows() -> tuple[Response, int]:
    """Register rows that a device kept: JSON `{"unit": id, "rows": […]}`; the answer says of each what became of it.

    Each row is a transaction of its own: one that is refused holds up no other, and one that was sent before is
    found again.
    """
    given = request.get_json(silent=True)
    rows = given.get("rows") if isinstance(given, dict) else None
    wanted = given.get("unit") if isinstance(given, dict) else None
    if not isinstance(rows, list) or not isinstance(wanted, int) or isinstance(wanted, bool):
        return jsonify(error=_("This list could not be read."), final=True), 400
    if len(rows) > services.MOST_ROWS:
        return jsonify(error=worded(errors.ListTooLong(most=services.MOST_ROWS)), final=True), 409
    unit = queries.community_for(db.session(), actor(), wanted)
    unit_id = unit.id
    return jsonify(rows=[_answered(one, unit_id) for one in rows]), 200


def _answered(given: object, unit_id: int) -> dict[str, Any]:
    row = row_from(given)
    key = str(given.get("key", ""))[:40] if isinstance(given, dict) else ""
    if row is None:
        return {"key": key, "state": "refused", "text": _("This row could not be read. Type it again.")}
    try:
        outcome = _sent(row, unit_id)
    except Refused as refusal:
        return {"key": row.key, "state": "refused", "text": worded(refusal)}
    return {
        "key": row.key,
        "state": str(outcome.became),
        "household": outcome.household,
        "text": said(outcome),
    }


def _sent(row: Row, unit_id: int) -> Outcome:
    now = clock.now()
    try:
        return _registered(row, unit_id, now)
    except (
        IntegrityError
    ):  # the same row came twice at one moment, or two rows of one family: the other was first
        return _registered(row, unit_id, now)


def _registered(row: Row, unit_id: int, now: datetime) -> Outcome:
    with unit_of_work() as session:
        outcome = services.register(
            session,
            row,
            unit=session.get_one(Unit, unit_id),
            by_id=actor().id or 0,
            today=clock.today(),
            now=now,
            words=_(WORDINGS.get((PARENT, row.version), WORDINGS[PARENT, CURRENT[PARENT]])),
        )
        assignments.apply_to(session, [outcome.user_id], now)
        return outcome


def said(outcome: Outcome) -> str:
    """Return what became of a row, in words."""
    words: dict[Became, str] = {
        Became.MADE: _("registered in household %(household)s", household=outcome.household),
        Became.AGAIN: _("was registered already, in household %(household)s", household=outcome.household),
        Became.LINKED: _(
            "had signed up herself; now in household %(household)s", household=outcome.household
        ),
    }
    return words[outcome.became]


def _register_page(form: RowForm, unit: Unit) -> str:
    page: str = render_template(
        "households/register.html",
        form=form,
        unit=unit,
        units=queries.communities_of(db.session(), actor()),
        most=services.MOST_ROWS,
        before=_before(),
    )
    return page

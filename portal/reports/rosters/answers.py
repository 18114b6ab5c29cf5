"""What waits for a head's word: requests for an account, transfers offered and asked for."""

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.accounts import claims
from portal.core.accounts.forms import EmptyForm
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.locale import worded
from portal.core.policy import Action
from portal.core.rights.web import looked, reason_for_police
from portal.core.rosters import queries, services
from portal.core.rosters.errors import NotYoursToReset
from portal.core.rosters.models import (
    TRANSFER_STATE_LABELS,
)
from portal.core.web import actor, requires, see_other
from portal.reports.rosters import forms
from portal.reports.rosters.pages import Answer, bp, given_day, me, search_asked


@bp.get("/requests")
@requires(Action.ROSTER_MANAGE)
def requests() -> Answer:
    """List those who wait for one's word."""
    search = search_asked()
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
        claims.answer(session, claim, confirmed=what == "confirm", by_id=me(), now=clock.now())
    flash(_("Confirmed: the person can sign in now.") if what == "confirm" else _("Declined."), "success")
    return see_other("roster.requests")


@bp.get("/transfers")
@requires(Action.ROSTER_MANAGE)
def transfers() -> Answer:
    """List transfers from and to one's units."""
    search = search_asked().casefold()
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
        q=search_asked(),
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
                session, posting, here, leaves_on=given_day(form.leaves_on), by_id=me(), now=clock.now(),
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
            services.accept_transfer(session, one, by_id=me(), now=clock.now())
        else:
            services.decline_transfer(
                session, one, withdrawn=what == "withdraw", by_id=me(), now=clock.now(),
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

"""One post: corrected, ended, offered to another unit; sign-in slips for whoever has no account."""

from collections.abc import Sequence

from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.accounts import claims
from portal.core.accounts.models import AUDIENCE_LABELS, LEFT_REASON_LABELS, LeftReason
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.locale import show_date, worded
from portal.core.organisation.models import Unit
from portal.core.organisation.services import unit_named
from portal.core.policy import Action
from portal.core.rights.web import looked
from portal.core.rosters import queries, services
from portal.core.rosters.errors import NotYoursToReset
from portal.core.rosters.queries import Wanted
from portal.core.web import actor, requires, see_other, settings
from portal.reports.files import attached
from portal.reports.rosters import forms, slips
from portal.reports.rosters.pages import SOURCE_LABELS, Answer, bp, given_day, me, reason_needed

MOST_SLIPS = 320  # forty sheets; each code is hashed, which takes its time


@bp.get("/posts/<int:post_id>")
@requires(Action.ROSTER_MANAGE)
def post(post_id: int) -> Answer:
    """Show a person's post, her history, and what can be done."""
    _posting, user, here = queries.post_for(db.session(), actor(), post_id)
    ids = [user.id]
    reason = reason_needed(here, ids)
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
                for one in queries.transfers(session, actor(), posting_id=posting.id)
                if one.state == "asked" and one.outgoing
            ),
            None,
        ),
    )


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
                phone=form.clean_phone, title=form.title.data or None, began=given_day(form.began), by_id=me(),
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
                session, posting, last_day=given_day(form.last_day), reason=LeftReason(form.reason.data), by_id=me(),
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
                session, posting, session.get_one(Unit, there_id), leaves_on=given_day(form.leaves_on), by_id=me(),
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
        claims.reset(session, user.id, by_id=me(), now=clock.now())
        printed = claims.make_slips(session, [user.id], by_id=me(), now=clock.now())
    return _slips(
        printed, {one.user_id: unit_name for one in printed}, f"phieu-{post_id}", f"posting:{post_id}"
    )


@bp.post("/units/<code>/slips")
@requires(Action.ROSTER_MANAGE)
def print_slips(code: str) -> Answer:
    """Print slips for those chosen, or for everybody here without an account (up to forty sheets)."""
    chosen = {int(one) for one in request.form.getlist("post") if one.isdecimal() and len(one) < 18}
    with unit_of_work() as session:
        here = queries.unit_for(session, actor(), code)
        name = here.name
        found = queries.posts(session, here, Wanted(account="none"), clock.today(), clock.now(), None)
        people = list(dict.fromkeys(one.user_id for one in found if not chosen or one.id in chosen))
        allowed = [one for one in people if queries.may_reset(session, actor(), one, clock.today())]
        printed = claims.make_slips(session, allowed[:MOST_SLIPS], by_id=me(), now=clock.now())
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
    return attached(response, f"{name}.pdf")

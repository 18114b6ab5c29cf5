"""My data: see, correct, take with me, remove; the reason before some lists; removing a person, by an administrator."""

from flask import Blueprint, Response, flash, redirect, render_template, request, session
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.accounts.errors import NumberFull
from portal.core.accounts.models import User
from portal.core.accounts.services import take_back
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.locale import worded
from portal.core.names import phone_number
from portal.core.policy import Action
from portal.core.rights import download, looking, queries, services
from portal.core.rights.erasing import erase as erase_person
from portal.core.rights.errors import (
    AlreadyErased,
    LastAdministrator,
    NothingToSignInWith,
    NotOneself,
    ReasonTooShort,
    SecretNotRight,
)
from portal.core.rights.forms import CorrectForm, EraseForm, EraseMeForm, ReasonForm
from portal.core.rights.looking import LOOK_LABELS, REASON_KINDS
from portal.core.rights.models import ErasureWay
from portal.core.rights.places import in_words
from portal.core.rights.web import looked
from portal.core.web import actor, requires, safe_next, see_other, settings

bp = Blueprint("rights", __name__, template_folder="templates")
Answer = Response | Redirect | str | tuple[str, int]


@bp.get("/account/data")
@requires(Action.OWN_ACCOUNT)
def mine() -> Answer:
    """Show everything that is held about oneself, and who looked at lists with oneself on them."""
    return _mine(None)


@bp.post("/account/data")
@requires(Action.OWN_ACCOUNT)
def correct() -> Answer:
    """Correct one's own data."""
    form = CorrectForm()
    if not form.validate_on_submit():
        return _mine(form), 422
    refusal = _secret_refusal(str(form.present.data))
    if refusal is not None:
        form.present.errors = [worded(refusal)]
        return _mine(form), 422
    try:
        with unit_of_work() as work:
            changed = services.correct(
                work,
                actor().id or 0,
                full_name=str(form.full_name.data),
                phone=phone_number(str(form.phone.data)) if form.phone.data else None,
                email=form.email.data or None,
                language=str(form.language.data),
                now=clock.now(),
            )
    except (NothingToSignInWith, NumberFull) as fault:
        form.phone.errors = [worded(fault)]
        return _mine(form), 422
    flash(
        _("Corrected. Certificates stay as they were issued.") if changed else _("Nothing was different."),
        "success",
    )
    return see_other("rights.mine", lang=form.language.data)


@bp.post("/account/data/download")
@requires(Action.OWN_ACCOUNT)
def take() -> Response:
    """Hand everything out as one zip."""
    me = actor().id or 0
    now = clock.now()
    name = db.session().get_one(User, me).full_name
    content = download.packed(db.session(), me, name, now)
    with unit_of_work() as work:
        record(work, at=now, actor_id=me, code="user.download", target=f"user:{me}")
    response = Response(content, mimetype="application/zip")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="du-lieu-cua-toi-{clock.today().isoformat()}.zip"'
    )
    return response


@bp.get("/account/data/erase")
@requires(Action.OWN_ACCOUNT)
def erase_me() -> str:
    """Say what is removed and what stays, and ask for the secret."""
    return render_template("rights/erase_me.html", form=EraseMeForm())


@bp.post("/account/data/erase")
@requires(Action.OWN_ACCOUNT)
def erase_me_submit() -> Answer:
    """Remove oneself, and sign out."""
    form = EraseMeForm()
    if not form.validate_on_submit():
        return render_template("rights/erase_me.html", form=form), 422
    refusal = _secret_refusal(str(form.present.data))
    if refusal is not None:
        form.present.errors = [worded(refusal)]
        return render_template("rights/erase_me.html", form=form), 422
    me = actor().id or 0
    try:
        with unit_of_work() as work:
            erase_person(
                work, me, by_id=me, way=ErasureWay.SELF, reason="", today=clock.today(), now=clock.now()
            )
    except LastAdministrator as fault:
        form.form_errors.append(worded(fault))
        return render_template("rights/erase_me.html", form=form), 422
    session.clear()
    flash(
        _("Your data have been removed. Certificates that you hold can still be checked by their number."),
        "success",
    )
    return see_other("home.index")


def _secret_refusal(secret: str) -> SecretNotRight | None:
    """Count a try and look at the secret; return why not, or None. The count stands whatever comes of it."""
    limits, me = settings(), actor().id or 0
    with unit_of_work() as work:
        free = services.count_try(
            work, me, clock.now(), failures=limits.lockout_failures, minutes=limits.lockout_minutes
        )
    if services.is_secret(db.session(), me, secret) and free:
        with unit_of_work() as work:
            take_back(work, [me])
        return None
    return SecretNotRight(failures=limits.lockout_failures, minutes=limits.lockout_minutes)


def _mine(form: CorrectForm | None) -> str:
    me = actor().id or 0
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000_000)
    user = db.session().get_one(User, me)
    if form is None:
        form = CorrectForm(
            formdata=None,
            full_name=user.full_name,
            phone=user.phone,
            email=user.email,
            language=user.language or "vi",
        )
    looks = queries.looks_at(db.session(), me, page=page)
    parts = [
        {
            "title": _(holding.title),
            "columns": [{"label": _(label)} for _key, label in holding.columns],
            "rows": [download.cells(holding, row) for row in part.rows[-10:]],
            "count": len(part.rows),
        }
        for holding, part in download.parts_of(db.session(), me)
        if holding.code not in ("account", "looks")
    ]
    return render_template(
        "rights/mine.html",
        form=form,
        user=user,
        parts=parts,
        looks=looks,
        labels=LOOK_LABELS,
        where=in_words,
        page=page,
        more=len(looks) == queries.PAGE,
    )


@bp.get("/manage/reason")
@requires(Action.OWN_ACCOUNT)
def reason() -> str:
    """Ask why a list is opened."""
    return _reason(ReasonForm(formdata=None, next=safe_next(request.args.get("next")) or ""))


@bp.post("/manage/reason")
@requires(Action.OWN_ACCOUNT)
def reason_submit() -> Answer:
    """Record the reason and go on to the list."""
    form = ReasonForm()
    kind, place = _reason_kind()[0], request.args.get("place", "")[:120]
    if not form.validate_on_submit():
        return _reason(form), 422
    try:
        with unit_of_work() as work:
            looking.give_reason(work, actor().id or 0, kind, place, str(form.reason.data), clock.now())
    except ReasonTooShort as fault:
        form.reason.errors = [worded(fault)]
        return _reason(form), 422
    return redirect(safe_next(form.next.data) or "/", code=303)


def _reason_kind() -> tuple[str, looking.ReasonKind]:
    """Return the kind of list that the reason is for. Raises `NotFound`, also where the reader opens no such list."""
    code = request.args.get("kind", "")
    kind = REASON_KINDS.get(code)
    if kind is None or (kind.action is not None and not actor().may(kind.action)):
        raise NotFound
    return code, kind


def _reason(form: ReasonForm) -> str:
    code, kind = _reason_kind()
    return render_template(
        "rights/reason.html",
        form=form,
        what=_(kind.label),
        discreet=kind.discreet,
        kind=code,
        place=request.args.get("place", "")[:120],
        minutes=int(looking.REASON_HOLDS.total_seconds() // 60),
    )


@bp.get("/admin/erasures")
@requires(Action.PERSON_ERASE)
def erasures() -> str:
    """List removals, and look somebody up by number, code or user name to remove."""
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000_000)
    search, who = request.args.get("q", "")[:100], request.args.get("who", "")[:60]
    found = queries.erasures(db.session(), search=search, page=page)
    people = queries.candidates(db.session(), who) if who else []
    shown = render_template(
        "rights/erasures.html",
        found=found,
        people=people,
        who=who,
        q=search,
        page=page,
        more=len(found) == queries.PAGE,
    )
    if people:
        looked("people.read", "erasures", [one.id for one in people])
    return shown


@bp.get("/admin/people/<int:user_id>/erase")
@requires(Action.PERSON_ERASE)
def erase(user_id: int) -> str:
    """Ask for the reason, and say what a removal does."""
    return _erase(user_id, EraseForm())


@bp.post("/admin/people/<int:user_id>/erase")
@requires(Action.PERSON_ERASE)
def erase_submit(user_id: int) -> Answer:
    """Remove a person."""
    form = EraseForm()
    if not form.validate_on_submit():
        return _erase(user_id, form), 422
    _person(user_id)
    try:
        with unit_of_work() as work:
            erase_person(
                work,
                user_id,
                by_id=actor().id or 0,
                way=ErasureWay.ADMINISTRATOR,
                reason=str(form.reason.data),
                today=clock.today(),
                now=clock.now(),
            )
    except (AlreadyErased, LastAdministrator, NotOneself, ReasonTooShort) as fault:
        form.form_errors.append(worded(fault))
        return _erase(user_id, form), 422
    flash(_("The data have been removed. Past counts and certificates stay as they are."), "success")
    return see_other("rights.erasures")


def _person(user_id: int) -> User:
    user = db.session().get(User, user_id) if 0 < user_id < 2**62 else None
    if user is None:
        raise NotFound
    return user


def _erase(user_id: int, form: EraseForm) -> str:
    return render_template("rights/erase.html", form=form, user=_person(user_id))

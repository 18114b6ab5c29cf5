"""Signing in, signing out, signing up, one's account."""

import secrets as random

from flask import Blueprint, current_app, flash, redirect, render_template, request, session
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.accounts import api_tokens, arrivals, claims, queries, secrets, services
from portal.core.accounts.errors import (
    ChangedTooOften,
    CurrentSecretWrong,
    FirstRefused,
    NumberFull,
    SecretTooEasy,
    SignInRefused,
    SlipVoid,
    TooManyTokens,
)
from portal.core.accounts.forms import (
    AskForm,
    EmptyForm,
    FirstForm,
    FirstPinForm,
    FirstSecretForm,
    LoginForm,
    PinForm,
    RegisterForm,
    SecretForm,
)
from portal.core.accounts.login import begin
from portal.core.accounts.models import AUDIENCE_LABELS, SecretKind
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.locale import language
from portal.core.names import phone_number
from portal.core.notices import queries as notices
from portal.core.policy import ROLE_LABELS, Action, Role
from portal.core.web import actor, public, requires, safe_next, see_other, settings

bp = Blueprint("accounts", __name__, template_folder="templates")
Answer = Response | str | tuple[str, int]
FIRST_SECONDS = 15 * 60  # from the right confirmation code to the new password


@bp.get("/login")
@public
def login() -> Answer:
    """Show the sign-in form."""
    if actor().id is not None:
        return redirect(safe_next(request.args.get("next")) or "/", code=303)
    form = LoginForm(formdata=None, login=request.args.get("who", "")[:60])
    return render_template(
        "accounts/login.html", demo_accounts=current_app.config.get("DEMO_ACCOUNTS", ()), form=form
    )


@bp.post("/login")
@public
def login_submit() -> Answer:
    """Sign in, or say (in one sentence for every reason) that it did not work."""
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template(
            "accounts/login.html", demo_accounts=current_app.config.get("DEMO_ACCOUNTS", ()), form=form
        ), 422
    limits = settings()
    found = services.candidates(db.session(), str(form.login.data))
    now = clock.now()
    with unit_of_work(at_leisure=True) as database:  # whoever signs in need not wait for the disk twice
        allowed = services.count_attempt(
            database,
            [person.id for person in found],
            now,
            failures=limits.lockout_failures,
            minutes=limits.lockout_minutes,
        )
    right = [
        person
        for person in found
        if secrets.matches(str(form.secret.data), person.secret_hash) and person.id in allowed
    ]
    if not found:
        secrets.matches(str(form.secret.data), None)  # spend the same time on an account that does not exist
    if not right:
        refusal = SignInRefused(failures=limits.lockout_failures, minutes=limits.lockout_minutes)
        form.form_errors.append(gettext(refusal.message, **refusal.values))
        return render_template(
            "accounts/login.html", demo_accounts=current_app.config.get("DEMO_ACCOUNTS", ()), form=form
        ), 422
    if len(allowed) > 1:
        with unit_of_work() as database:
            services.take_back(database, allowed)
    if len(right) > 1:
        session["choose"] = [[person.id, person.full_name] for person in right]
        session["choose_until"] = int(now.timestamp()) + 120
        return see_other("accounts.choose", next=safe_next(request.args.get("next")))
    if secrets.grown_old(right[0].secret_hash):
        anew = secrets.hashed(str(form.secret.data))
        with unit_of_work() as database:
            services.hash_anew(database, right[0].id, right[0].secret_hash, anew)
    return _signed_in(right[0].id)


@bp.get("/login/choose")
@public
def choose() -> Answer:
    """Ask which of several people on one number, with one PIN, is signing in."""
    if not _choices():
        return see_other("accounts.login")
    return render_template("accounts/choose.html", form=EmptyForm(), choices=_choices())


@bp.post("/login/choose")
@public
def choose_submit() -> Answer:
    """Sign in as the one chosen; only those whose secret was right can be."""
    chosen = request.form.get("person", type=int)
    if chosen not in [person for person, _name in _choices()]:
        return see_other("accounts.login")
    return _signed_in(int(chosen or 0))


def _choices() -> list[tuple[int, str]]:
    if session.get("choose_until", 0) < clock.now().timestamp():
        return []
    return [(int(person), str(name)) for person, name in session.get("choose", [])]


def _signed_in(user_id: int) -> Response:
    target = safe_next(request.args.get("next")) or "/"
    with unit_of_work() as database:
        token = services.sign_in(database, user_id, clock.now())
    begin(token)
    return redirect(target, code=303)


@bp.get("/first")
@public
def first() -> Answer:
    """Show the first sign-in; a slip's QR code opens it with the login filled in, and with nothing else."""
    who = request.args.get("who", "")[:60]
    return render_template("accounts/first.html", form=FirstForm(formdata=None, login=who), who=who)


@bp.post("/first")
@public
def first_submit() -> Answer:
    """Check a slip's confirmation code; every reason against it is one sentence."""
    form = FirstForm()
    who = str(form.login.data or "")[:60]
    if not form.validate_on_submit():
        return render_template("accounts/first.html", form=form, who=who), 422
    limits, now = settings(), clock.now()
    found = claims.waiting(db.session(), who, now)
    with unit_of_work() as database:
        allowed = services.count_attempt(
            database,
            list({person.id for person in found}),
            now,
            failures=limits.lockout_failures,
            minutes=limits.lockout_minutes,
        )
    code = claims.plain_code(str(form.code.data))
    right = [person for person in found if secrets.matches(code, person.code_hash) and person.id in allowed]
    if not found:
        secrets.matches(code, None)  # spend the same time on somebody who does not exist
    if not right:
        refusal = FirstRefused(failures=limits.lockout_failures, minutes=limits.lockout_minutes)
        form.form_errors.append(gettext(refusal.message, **refusal.values))
        return render_template("accounts/first.html", form=form, who=who), 422
    with unit_of_work() as database:
        services.take_back(database, allowed)
    session["first"] = [right[0].slip_id, int(now.timestamp()) + FIRST_SECONDS]
    return see_other("accounts.first_secret")


@bp.get("/first/secret")
@public
def first_secret() -> Answer:
    """Ask the owner of a slip for her new password or PIN."""
    slip_id = _slip_in_hand()
    form = _first_secret_form(slip_id)
    if slip_id is None or form is None:
        return see_other("accounts.first")
    return _first_secret_page(slip_id, form)


@bp.post("/first/secret")
@public
def first_secret_submit() -> Answer:
    """Give the owner of a slip her account and sign her in."""
    slip_id = _slip_in_hand()
    form = _first_secret_form(slip_id)
    if slip_id is None or form is None:
        flash(gettext("That took too long. Type the confirmation code of your slip again."), "warning")
        return see_other("accounts.first")
    if not form.validate_on_submit():
        return _first_secret_page(slip_id, form), 422
    try:
        with unit_of_work() as database:
            user_id = claims.claim_by_slip(database, slip_id, str(form.new.data), clock.now())
            token = services.sign_in(database, user_id, clock.now())
    except SecretTooEasy as refusal:
        form.new.errors = [gettext(refusal.message)]
        return _first_secret_page(slip_id, form), 422
    except SlipVoid as refusal:
        session.pop("first", None)
        flash(gettext(refusal.message), "warning")
        return see_other("accounts.first")
    begin(token)
    flash(
        gettext("Welcome! From now on you sign in with your number or code and what you have just chosen."),
        "success",
    )
    return see_other("home.index")


def _slip_in_hand() -> int | None:
    slip_id, until = session.get("first", (None, 0))
    return int(slip_id) if slip_id is not None and until >= clock.now().timestamp() else None


def _first_secret_form(slip_id: int | None) -> FirstSecretForm | FirstPinForm | None:
    person = queries.owner_of_slip(db.session(), slip_id) if slip_id is not None else None
    if person is None:
        return None
    return FirstPinForm() if person.secret_kind == SecretKind.PIN else FirstSecretForm()


def _first_secret_page(slip_id: int, form: FirstSecretForm | FirstPinForm) -> str:
    return render_template(
        "accounts/first_secret.html", form=form, person=queries.owner_of_slip(db.session(), slip_id)
    )


@bp.get("/first/ask")
@public
def ask() -> Answer:
    """Show the request to the head, for whoever has no slip."""
    return render_template(
        "accounts/ask.html", form=AskForm(formdata=None, login=request.args.get("who", "")[:60])
    )


@bp.post("/first/ask")
@public
def ask_submit() -> Answer:
    """Take a request to the head. The answer is the same whether or not a roster knows the person."""
    form = AskForm()
    if not form.validate_on_submit():
        return render_template("accounts/ask.html", form=form), 422
    login, name, new = str(form.login.data), str(form.full_name.data), str(form.new.data)
    if secrets.easy_password(new, name, login):
        form.new.errors = [gettext(SecretTooEasy.message)]
        return render_template("accounts/ask.html", form=form), 422
    number, hashed = claims.new_number(), secrets.hashed(new)
    with unit_of_work() as database:
        claims.ask(database, login, name, number, hashed, clock.now())
    session["asked"] = number
    return see_other("accounts.asked")


@bp.get("/first/asked")
@public
def asked() -> Answer:
    """Say what to tell the head."""
    if "asked" not in session:
        return see_other("accounts.ask")
    return render_template("accounts/asked.html", number=session["asked"], days=claims.CLAIM_DAYS)


@bp.post("/logout")
@public
def logout() -> Answer:
    """Sign out here: the session ends on the server too."""
    if current_user.is_authenticated:
        with unit_of_work() as database:
            services.sign_out(database, current_user.get_id(), clock.now())
    session.clear()
    flash(gettext("You are signed out. On a shared phone, close this page too."), "info")
    return see_other("home.index")


@bp.get("/register")
@public
def register() -> Answer:
    """Show the sign-up form for parents."""
    form = RegisterForm(registration_key=random.token_urlsafe(18))
    return _register_page(form)


@bp.post("/register")
@public
def register_submit() -> Answer:
    """Sign a parent up and in."""
    form = RegisterForm()
    communities = queries.communities(db.session())
    form.commune.choices = [(str(unit), commune) for unit, commune, _district in communities]
    if not form.validate_on_submit():
        return _register_page(form), 422
    try:
        try:
            token = _registered(form)
        except IntegrityError:  # the same form was sent twice at one moment: the other one was first
            token = _registered(form)
    except SecretTooEasy as refusal:
        form.pin.errors = [gettext(refusal.message)]
        return _register_page(form), 422
    except NumberFull as refusal:
        form.phone.errors = [gettext(refusal.message, **refusal.values)]
        return _register_page(form), 422
    begin(token)
    flash(gettext("Welcome! Your account is ready: sign in with your number and your PIN."), "success")
    return see_other("home.index")


def _registered(form: RegisterForm) -> str:
    now = clock.now()
    with unit_of_work() as database:
        user_id = services.register_parent(
            database,
            full_name=str(form.full_name.data),
            phone=phone_number(str(form.phone.data)) or "",
            pin=str(form.pin.data),
            unit_id=int(form.commune.data),
            today=clock.today(),
            now=now,
            registration_key=str(form.registration_key.data),
            words=str(form.consent.label.text),
            language=language(),
        )
        arrivals.arrived(database, [user_id], now)
        return services.sign_in(database, user_id, now)


def _register_page(form: RegisterForm) -> str:
    groups: dict[str, list[tuple[int, str]]] = {}
    for unit, commune, district in queries.communities(db.session()):
        groups.setdefault(district, []).append((unit, commune))
    return render_template(
        "accounts/register.html", form=form, groups=groups, consent_version=services.CONSENT_VERSION
    )


@bp.get("/account")
@requires(Action.OWN_ACCOUNT)
def account() -> Answer:
    """Show one's account."""
    return _account_page(None)


@bp.post("/account/secret")
@requires(Action.OWN_ACCOUNT)
def change_secret() -> Answer:
    """Change one's password or PIN; every other device is signed out."""
    form = _secret_form()
    if not form.validate_on_submit():
        return _account_page(form), 422
    try:
        with unit_of_work() as database:
            token = services.change_secret(
                database,
                actor().id or 0,
                present=str(form.present.data),
                new=str(form.new.data),
                now=clock.now(),
            )
    except CurrentSecretWrong as refusal:
        form.present.errors = [gettext(refusal.message)]
        return _account_page(form), 422
    except (SecretTooEasy, ChangedTooOften) as refusal:
        form.new.errors = [gettext(refusal.message, **refusal.values)]
        return _account_page(form), 422
    begin(token)
    flash(gettext("Changed. Every other device has been signed out."), "success")
    return see_other("accounts.account")


@bp.post("/account/language")
@requires(Action.OWN_ACCOUNT)
def change_language() -> Answer:
    """Remember the language of the portal for this person."""
    chosen = request.form.get("language")
    if chosen in ("vi", "en"):
        with unit_of_work() as database:
            services.choose_language(database, actor().id or 0, chosen)
    return see_other("accounts.account", lang=chosen)


@bp.post("/account/tokens")
@requires(Action.INDICATOR_READ)
def make_token() -> Answer:
    """Make a token for a machine; the answer shows it, once."""
    name = (request.form.get("name") or "").strip()[:100]
    if len(name) < 3 or not name.isprintable():
        flash(gettext("Say in at least 3 letters which machine the token is for. None was made."), "warning")
        return see_other("accounts.account", _anchor="tokens")
    with unit_of_work() as database:
        if len(api_tokens.of(database, actor().id or 0)) >= api_tokens.MOST:
            raise TooManyTokens(most=api_tokens.MOST)
        token = api_tokens.make(database, actor().id or 0, name, clock.now())
    return _account_page(None, token=token)


@bp.post("/account/tokens/<int:token_id>/end")
@requires(Action.OWN_ACCOUNT)
def end_token(token_id: int) -> Answer:
    """End a token; what holds it is refused from now on."""
    with unit_of_work() as database:
        if not api_tokens.end(database, actor().id or 0, token_id, clock.now()):
            raise NotFound
    flash(gettext("The token has ended."), "success")
    return see_other("accounts.account", _anchor="tokens")


@bp.post("/account/sign-out-everywhere")
@requires(Action.OWN_ACCOUNT)
def sign_out_everywhere() -> Answer:
    """End every session of this person."""
    with unit_of_work() as database:
        services.end_sessions(database, actor().id or 0, clock.now())
        record(
            database,
            at=clock.now(),
            actor_id=actor().id,
            code="user.sign_out_everywhere",
            target=f"user:{actor().id}",
        )
    session.clear()
    flash(gettext("Signed out on every device."), "success")
    return see_other("accounts.login")


def _secret_form() -> SecretForm | PinForm:
    kind = queries.account(db.session(), actor().id or 0, clock.today()).secret_kind
    return PinForm() if kind == SecretKind.PIN else SecretForm()


def _account_page(form: SecretForm | PinForm | None, token: str = "") -> str:
    mine = queries.account(db.session(), actor().id or 0, clock.today())
    if form is None:
        form = PinForm(formdata=None) if mine.secret_kind == SecretKind.PIN else SecretForm(formdata=None)
    return render_template(
        "accounts/account.html",
        account=mine,
        token=token,
        tokens=api_tokens.of(db.session(), actor().id or 0),
        unread=notices.unread(db.session(), actor().id or 0),
        form=form,
        audience_labels=AUDIENCE_LABELS,
        role_labels={str(role): ROLE_LABELS[role] for role in Role},
    )

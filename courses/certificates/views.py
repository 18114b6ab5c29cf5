"""My certificates, their files; verification, open to all; revocation, by a named person with a reason."""

from flask import Blueprint, Response, flash, render_template
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from courses.certificates import queries, services
from courses.certificates.forms import RevokeForm, VerifyForm
from courses.certificates.serial import normalise
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.policy import Action
from portal.core.web import actor, public, requires, see_other

bp = Blueprint("certificates", __name__, template_folder="../templates")
verify = Blueprint("verify", __name__, url_prefix="/verify")
Answer = Redirect | str | tuple[str, int]


@bp.get("/certificates/")
@requires(Action.OWN_LEARNING)
def mine() -> str:
    """List one's certificates."""
    return render_template(
        "courses/certificates/mine.html", certificates=queries.mine(db.session(), actor().id or 0, clock.today())
    )


@bp.get("/certificates/<serial>.pdf")
@requires(Action.OWN_LEARNING)
def pdf(serial: str) -> Response:
    """Send the file as issued, byte for byte."""
    one, content = queries.file_for(db.session(), actor(), normalise(serial) or "")
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{one.serial}.pdf"'
    response.headers["X-Content-SHA256"] = one.sha256
    return response


@bp.get("/manage/certificates/<serial>/revoke")
@requires(Action.CERTIFICATE_REVOKE)
def revoke(serial: str) -> Answer:
    """Ask for the reason, and say what a revocation does."""
    return _revoke_page(serial, RevokeForm())


@bp.post("/manage/certificates/<serial>/revoke")
@requires(Action.CERTIFICATE_REVOKE)
def revoke_submit(serial: str) -> Answer:
    """Revoke."""
    form = RevokeForm()
    if not form.validate_on_submit():
        return _revoke_page(serial, form), 422
    with unit_of_work() as session:
        one = queries.to_revoke(session, actor(), normalise(serial) or "")
        services.revoke(
            session,
            one,
            by_id=actor().id or 0,
            by_name=current_user.person.full_name,
            reason=form.reason.data,
            now=clock.now(),
        )
    flash(gettext("The certificate %(serial)s is revoked. Whoever verifies it sees that.", serial=serial), "success")
    return see_other("verify.show", serial=serial)


def _revoke_page(serial: str, form: RevokeForm) -> str:
    one = queries.to_revoke(db.session(), actor(), normalise(serial) or "")
    known = queries.verify(db.session(), one.serial, clock.today())
    return render_template("courses/certificates/revoke.html", certificate=one, known=known, form=form)


@verify.get("/")
@public
def index() -> str:
    """Ask for a serial."""
    return render_template("courses/certificates/verify.html", form=VerifyForm(), result=None, asked="")


@verify.post("/")
@public
def find() -> Answer:
    """Look a serial up: to the page of the certificate, or what is wrong with the serial."""
    form = VerifyForm()
    if not form.validate_on_submit():
        return render_template("courses/certificates/verify.html", form=form, result=None, asked=""), 422
    serial = normalise(form.serial.data)
    if serial is None:
        form.serial.errors = [
            gettext("This is not a serial of ours: the check character does not fit. Compare it with the paper, letter by letter.")
        ]
        return render_template("courses/certificates/verify.html", form=form, result=None, asked=""), 422
    return see_other("verify.show", serial=serial)


@verify.get("/<serial>")
@public
def show(serial: str) -> Answer:
    """Say whether a certificate is genuine and still valid."""
    known = normalise(serial)
    result = queries.verify(db.session(), known, clock.today()) if known else None
    page = render_template("courses/certificates/verify.html", form=VerifyForm(formdata=None), result=result, asked=serial)
    return page if result else (page, 404)


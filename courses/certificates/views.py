"""My certificates, their files; verification, open to all; revocation, by a named person with a reason."""

from flask import Blueprint, Response, flash, render_template, request
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from courses.certificates import queries, services
from courses.certificates.forms import RevokeForm
from courses.certificates.queries import Standing
from courses.certificates.serial import is_valid, normalise
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.policy import Action
from portal.core.web import actor, public, requires, see_other

bp = Blueprint("certificates", __name__, template_folder="../templates")
verify = Blueprint("verify", __name__, url_prefix="/verify")
Answer = Redirect | str | tuple[str, int]


@verify.after_request
def out_of_search(response: Response) -> Response:
    """Keep names, though masked, out of search engines: who verifies has the serial."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/certificates/")
@requires(Action.OWN_LEARNING)
def mine() -> str:
    """List one's certificates."""
    return render_template(
        "courses/certificates/mine.html",
        certificates=queries.mine(db.session(), actor().id or 0, clock.today()),
    )


@bp.get("/certificates/<serial>.pdf")
@requires(Action.OWN_LEARNING)
def pdf(serial: str) -> Response:
    """Send the file as issued, byte for byte; that anybody but its owner opened it is recorded."""
    one, content = queries.file_for(db.session(), actor(), normalise(serial) or "")
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{one.serial}.pdf"'
    response.headers["X-Content-SHA256"] = one.sha256
    if one.user_id != actor().id:
        with (
            unit_of_work() as session
        ):  # reads the certificate again: who may see it is decided where it is recorded
            one, _content = queries.file_for(session, actor(), normalise(serial) or "")
            services.record_opening(session, one, by_id=actor().id or 0, now=clock.now())
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
            reason=str(form.reason.data),
            now=clock.now(),
        )
    flash(
        gettext("The certificate %(serial)s is revoked. Whoever verifies it sees that.", serial=serial),
        "success",
    )
    return see_other("verify.show", serial=serial)


def _revoke_page(serial: str, form: RevokeForm) -> str:
    one = queries.to_revoke(db.session(), actor(), normalise(serial) or "")
    known = queries.verify(db.session(), one.serial, clock.today())
    return render_template("courses/certificates/revoke.html", certificate=one, known=known, form=form)


@verify.get("/")
@public
def index() -> Answer:
    """Ask for a serial, or look the one given up: on to its page, or what is wrong with it."""
    asked = request.args.get("serial", "")[:60]
    if not asked.strip():
        return render_template("courses/certificates/verify.html", result=None, asked="", fault="")
    serial = normalise(asked)
    if serial is not None and is_valid(serial):
        return see_other("verify.show", serial=serial)
    fault = gettext(
        "This is not a number of ours: its check character does not fit. Compare it with the paper, letter by letter."
    )
    return render_template("courses/certificates/verify.html", result=None, asked=asked, fault=fault), 422


@verify.get("/<serial>")
@public
def show(serial: str) -> Answer:
    """Say whether a certificate is genuine and still valid."""
    known = normalise(serial)
    result = queries.verify(db.session(), known, clock.today()) if known and is_valid(known) else None
    if result is not None:
        revocable = result.standing != Standing.REVOKED and queries.may_revoke(
            db.session(), actor(), result.serial
        )
        return render_template(
            "courses/certificates/verify.html",
            result=result,
            asked=result.serial,
            fault="",
            revocable=revocable,
        )
    fault = gettext("There is no certificate with this number. A paper that shows it is not one of ours.")
    return render_template("courses/certificates/verify.html", result=None, asked=serial, fault=fault), 404

"""What went wrong, as a page or as JSON: one place words refusals, HTTP errors and crashes."""

import logging

from flask import Flask, g, jsonify, render_template, request
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.core.db import db
from portal.core.errors import Forbidden, NotFound, Refused
from portal.core.locale import worded
from portal.core.text import N_
from portal.core.web import wants_json

log = logging.getLogger(__name__)

WORDS = {
    400: (N_("The request could not be read"), N_("Go back and try again. Nothing was changed.")),
    403: (
        N_("This is not for your role"),
        N_(
            "You have signed in, but this page belongs to other work. If it should be yours, ask the administrator."
        ),
    ),
    404: (
        N_("There is no such page"),
        N_("The address may be mistyped, or the page may belong to another unit."),
    ),
    405: (N_("This cannot be done this way"), N_("Go back and use the button on the page.")),
    409: (N_("This cannot be done"), N_("Nothing was changed.")),
    413: (N_("The file is too large"), N_("Send a smaller one. Nothing was changed.")),
    429: (N_("Too many tries"), N_("Wait a minute and try again. What you had saved is safe.")),
    500: (
        N_("Something broke on our side"),
        N_("It has been recorded. What you had saved is safe. Try again in a minute."),
    ),
}


def answer(status: int, title: str, text: str) -> tuple[Response | str, int]:
    """Return an error as JSON or as a page."""
    if wants_json():
        return jsonify(error={"status": status, "title": title, "text": text}), status
    return render_template("errors/error.html", status=status, title=title, text=text), status


def init_app(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response | str, int]:
        db.session.rollback()
        return answer(409, gettext(WORDS[409][0]), worded(error))

    @app.errorhandler(NotFound)
    def not_found(error: NotFound) -> tuple[Response | str, int]:
        return _http(404)

    @app.errorhandler(Forbidden)
    def forbidden(error: Forbidden) -> tuple[Response | str, int]:
        return _http(403)

    @app.errorhandler(CSRFError)
    def csrf(error: CSRFError) -> tuple[Response | str, int]:
        title = gettext("This page had been open too long")
        return answer(400, title, gettext("Go back, reload the page and send again. Nothing was changed."))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response | str, int] | HTTPException:
        if error.code is None or error.code < 400:
            return error
        page, status = _http(error.code)
        if error.code == 405 and error.get_response().headers.get("Allow"):
            response = app.make_response((page, status))
            response.headers["Allow"] = error.get_response().headers["Allow"]
            return response  # type: ignore[return-value]
        return page, status

    @app.errorhandler(Exception)
    def crash(error: Exception) -> tuple[Response | str, int]:
        if app.testing or app.debug:
            raise error
        log.error("unhandled error on %s %s", request.method, request.path, exc_info=error)
        db.session.rollback()
        if (
            "_login_user" not in g
        ):  # the database may be what broke: the page is drawn for nobody, and asks it nothing
            g._login_user = AnonymousUserMixin()
        return _http(500)


def _http(status: int) -> tuple[Response | str, int]:
    title, text = WORDS.get(status, WORDS[400])
    return answer(status, gettext(title), gettext(text))

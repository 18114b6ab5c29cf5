"""Limits on how often one address may try (counted in Redis when set, else in the one process of the embedded
default), and on what a request may carry at all.
"""

from itertools import chain
from typing import Any

from flask import Flask, abort, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from portal.config import Settings


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application a limiter of its own."""
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url or "memory://"
    app.config["RATELIMIT_HEADERS_ENABLED"] = False
    app.config["RATELIMIT_KEY_PREFIX"] = "cong-hoc-tap"
    limiter = Limiter(get_remote_address, strategy="fixed-window", default_limits=[])
    limiter.init_app(app)
    app.extensions["portal.limits"] = limiter
    app.before_request(_readable)


def _readable() -> None:
    """Refuse text with NUL: PostgreSQL cannot store or compare it, and nobody types it."""
    texts = chain(request.args.items(multi=True), request.form.items(multi=True), [("", request.path)])
    if any("\0" in name or "\0" in value for name, value in texts):
        abort(400)


def apply(app: Flask, settings: Settings) -> None:
    """Limit sign-in, sign-up and verification; called once their views are registered."""
    for endpoint, limit, methods in (
        ("accounts.login_submit", settings.sign_in_limit, ["POST"]),
        ("accounts.choose_submit", settings.sign_in_limit, ["POST"]),
        ("accounts.first_submit", settings.sign_in_limit, ["POST"]),
        ("accounts.first_secret_submit", settings.sign_in_limit, ["POST"]),
        ("accounts.ask_submit", settings.register_limit, ["POST"]),
        ("accounts.register_submit", settings.register_limit, ["POST"]),
        (
            "accounts.change_secret",
            settings.sign_in_limit,
            ["POST"],
        ),  # it, too, says whether a secret is right
        ("verify.show", settings.verify_limit, ["GET"]),
        ("verify.index", settings.verify_limit, ["GET"]),
    ):
        view = app.view_functions[endpoint]
        guarded: Any = app.extensions["portal.limits"].limit(limit, methods=methods)(view)
        guarded.policy = getattr(view, "policy", None)
        app.view_functions[endpoint] = guarded

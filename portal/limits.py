"""Limits on how often one address may try (counted in Redis when set, else in the one process of the embedded
default), and on what a request may carry at all.
"""

from itertools import chain

from flask import Flask, abort, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from portal.config import Settings

limiter = Limiter(get_remote_address, strategy="fixed-window", default_limits=[])


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the limiter and put limits on the endpoints that strangers can hammer."""
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url or "memory://"
    app.config["RATELIMIT_HEADERS_ENABLED"] = False
    app.config["RATELIMIT_KEY_PREFIX"] = "cong-hoc-tap"
    limiter.init_app(app)
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
        ("accounts.register_submit", settings.register_limit, ["POST"]),
        (
            "accounts.change_secret",
            settings.sign_in_limit,
            ["POST"],
        ),  # it, too, says whether a secret is right
        ("verify.show", settings.verify_limit, ["GET"]),
        ("verify.index", settings.verify_limit, ["GET"]),
    ):
        app.view_functions[endpoint] = _limited(app.view_functions[endpoint], limit, methods)


def _limited(view, limit: str, methods: list[str]):  # type: ignore[no-untyped-def]
    guarded = limiter.limit(limit, methods=methods)(view)
    guarded.policy = view.policy
    return guarded

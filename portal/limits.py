"""Limits on how often one address may try (counted in Redis when set, else in the one process of the embedded
default), and on what a request may carry at all.

Counted by the library `limits` in fixed windows; a view that is not limited pays nothing for it.
"""

from collections.abc import Callable
from functools import wraps
from itertools import chain
from typing import Any

from flask import Flask, abort, request
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from portal.config import Settings

PREFIX = "cong-hoc-tap"


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application counters of its own."""
    app.extensions["portal.limits"] = FixedWindowRateLimiter(
        storage_from_string(settings.redis_url or "memory://")
    )
    app.before_request(_readable)


def _readable() -> None:
    """Refuse text with NUL: PostgreSQL cannot store or compare it, and nobody types it."""
    texts = chain(request.args.items(multi=True), request.form.items(multi=True), [("", request.path)])
    if any("\0" in name or "\0" in value for name, value in texts):
        abort(400)


def limited(counters: FixedWindowRateLimiter, limit: RateLimitItem, endpoint: str, view: Any) -> Any:
    """Return `view`, answering 429 to an address that has called it more often than `limit`."""
    inner: Callable[..., Any] = view

    @wraps(inner)
    def guarded(*args: object, **kwargs: object) -> Any:
        if not counters.hit(limit, PREFIX, endpoint, request.remote_addr or "127.0.0.1"):
            abort(429)
        return inner(*args, **kwargs)

    return guarded


def apply(app: Flask, settings: Settings) -> None:
    """Limit sign-in, sign-up and verification; called once their views are registered."""
    for endpoint, limit in (
        ("accounts.login_submit", settings.sign_in_limit),
        ("accounts.choose_submit", settings.sign_in_limit),
        ("accounts.first_submit", settings.sign_in_limit),
        ("accounts.first_secret_submit", settings.sign_in_limit),
        ("accounts.ask_submit", settings.register_limit),
        ("accounts.register_submit", settings.register_limit),
        ("accounts.change_secret", settings.sign_in_limit),  # it, too, says whether a secret is right
        ("verify.show", settings.verify_limit),
        ("verify.index", settings.verify_limit),
    ):
        app.view_functions[endpoint] = limited(
            app.extensions["portal.limits"], parse(limit), endpoint, app.view_functions[endpoint]
        )

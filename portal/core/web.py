"""What every view uses: its declared policy, the actor, and answers that are safe.

`@requires(Action.X)` and `@public` set `view.policy`; `check_declared` stops the start when an endpoint has none.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.config import Settings
from portal.core.db import begin_early
from portal.core.policy import Action, Actor

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"


class UndeclaredPolicy(Exception):
    """An endpoint says neither `@requires(…)` nor `@public`."""


def requires(action: Action, *, one_write: bool = False) -> Callable[[View], View]:
    """Let the view run only for someone who may do `action` somewhere; the loader inside checks the object itself.

    one_write: the view is one short write and nothing else; who is asking is read inside its unit of work.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> Any:
            if one_write:
                begin_early()
            if actor().id is None:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
            if not actor().may(action):
                abort(403)
            return view(*args, **kwargs)

        guarded.policy = action  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def public(view: View) -> View:
    """Say that anybody may call the view."""
    view.policy = PUBLIC  # type: ignore[attr-defined]
    return view


def check_declared(views: Mapping[str, Callable[..., Any]]) -> None:
    """Raise `UndeclaredPolicy` for the first endpoint without a policy."""
    for endpoint, view in sorted(views.items()):
        if not hasattr(view, "policy"):
            raise UndeclaredPolicy(endpoint)


def actor() -> Actor:
    """Return who is asking."""
    me = (
        current_user._get_current_object()
    )  # looked up once: the proxy would look again for each of its attributes
    return me.actor if me.is_authenticated else Actor()


def settings() -> Settings:
    """Return the application's settings."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def see_other(endpoint: str, **values: object) -> Response:
    """Redirect after a write: 303, so that reloading the next page does not write again."""
    return redirect(url_for(endpoint, **values), code=303)  # type: ignore[arg-type]


def safe_next(target: str | None) -> str | None:
    """Return `target` if it is a path of this portal, else None.

    One slash at its start, no second slash or backslash (browsers read both as another host), no scheme, no host,
    no control characters.
    """
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(character) < 32 for character in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def wants_json() -> bool:
    """Return whether the caller asked for JSON rather than a page."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def iso(moment: datetime) -> str:
    """Return an aware moment in ISO 8601, for machines."""
    return moment.isoformat()

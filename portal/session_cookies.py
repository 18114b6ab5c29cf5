"""The session cookie: signed by one signer that is kept, and sent again only when a minute has gone by.

The signed time in the cookie is when the person was last seen; `PORTAL_IDLE_MINUTES` counts from it. Signing it anew on
every answer cost a tenth of a light page and told nothing that a minute's precision does not.
"""

from datetime import datetime, timedelta

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.core import clock

REFRESHED_AFTER = timedelta(seconds=60)


class TimedSession(SecureCookieSession):
    """A session that knows when its cookie was signed; None for one that begins now."""

    signed_at: datetime | None = None


class SessionCookies(SecureCookieSessionInterface):
    """Flask's own signed cookie, with the two differences above."""

    session_class = TimedSession

    def __init__(self, app: Flask) -> None:
        """Make the signer of `app`; its key does not change while it runs."""
        self._signer = super().get_signing_serializer(app)
        self._refreshed_after = min(REFRESHED_AFTER, app.permanent_session_lifetime / 10)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the signer that was made at the start."""
        return self._signer

    def open_session(self, app: Flask, request: Request) -> TimedSession | None:
        """Return what the cookie holds; an empty session where it is missing, forged or left alone for too long."""
        value = request.cookies.get(self.get_cookie_name(app))
        if self._signer is None or not value:
            return None if self._signer is None else TimedSession()
        max_age = int(app.permanent_session_lifetime.total_seconds())
        try:
            data, signed_at = self._signer.loads(value, max_age=max_age, return_timestamp=True)
        except BadSignature:
            return TimedSession()
        session = TimedSession(data)
        session.signed_at = signed_at
        return session

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Return whether the answer carries the cookie: it changed, or the time in it has grown old."""
        signed_at = getattr(session, "signed_at", None)
        if session.modified or signed_at is None:
            return True
        return bool(session.permanent) and clock.now() - signed_at >= self._refreshed_after


def init_app(app: Flask) -> None:
    """Give the application its session cookies; called once its key and lifetimes are set."""
    app.session_interface = SessionCookies(app)

"""The session cookie: signed by one signer that is kept, and sent again only when a minute has gone by.

The signed time in the cookie is when the person was last seen; `PORTAL_IDLE_MINUTES` counts from it. Signing it anew on
every answer cost a tenth of a light page and told nothing that a minute's precision does not. So the same cookie comes
back many times: its signature is looked at once, its age each time.
"""

from datetime import datetime, timedelta
from functools import lru_cache, partial

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadData, BadSignature, URLSafeTimedSerializer

from portal.core import clock

REFRESHED_AFTER = timedelta(seconds=60)
_COOKIES = 4096  # whose signature is remembered; a few hundred bytes each


class NoKey(Exception):
    """The application has no secret key to sign with."""


class TimedSession(SecureCookieSession):
    """A session that knows when its cookie was signed; None for one that begins now."""

    signed_at: datetime | None = None


def _unsign(serializer: URLSafeTimedSerializer, value: str) -> tuple[bytes, datetime]:
    """Return what a cookie holds, still packed, and when it was signed. Raises `BadSignature`."""
    fault = BadSignature("no key")
    for signer in serializer.iter_unsigners():
        try:
            return signer.unsign(value, return_timestamp=True)
        except BadSignature as wrong:
            fault = wrong
    raise fault


class SessionCookies(SecureCookieSessionInterface):
    """Flask's own signed cookie, with the two differences above."""

    session_class = TimedSession

    def __init__(self, app: Flask) -> None:
        """Make the signer of `app`; its key does not change while it runs."""
        signer = super().get_signing_serializer(app)
        if signer is None:
            raise NoKey
        self._signer = signer
        self._refreshed_after = min(REFRESHED_AFTER, app.permanent_session_lifetime / 10)
        self._clock = next(iter(signer.iter_unsigners()))
        self._unsigned = lru_cache(maxsize=_COOKIES)(partial(_unsign, signer))

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        """Return the signer that was made at the start."""
        return self._signer

    def open_session(self, app: Flask, request: Request) -> TimedSession:
        """Return what the cookie holds; an empty session where it is missing, forged or left alone for too long."""
        value = request.cookies.get(self.get_cookie_name(app))
        if not value:
            return TimedSession()
        try:
            packed, signed_at = self._unsigned(value)
            data = self._signer.load_payload(packed)  # anew each time: who asks may change what she is given
        except BadData:
            return TimedSession()
        age = (
            self._clock.get_timestamp() - signed_at.timestamp()
        )  # in seconds, by the clock that it was signed by
        if not 0 <= age <= app.permanent_session_lifetime.total_seconds():
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

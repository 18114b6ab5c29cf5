"""The check against forged requests: Flask-WTF's own, which looks at the same signature once.

A page's scripts send one token in a header with every answer saved and every class marked. Its signature stays right for
as long as the key does; that it is the one in this visitor's own session is looked at each time.
"""

from functools import lru_cache
from hmac import compare_digest

from flask import Flask, current_app, g, request, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import same_origin
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.session_cookies import NoKey

HEADER = "X-CSRFToken"
_SALT = "wtf-csrf-token"  # Flask-WTF's; were it another one day, its own check would be made each time
_FIELD = "csrf_token"
_TOKENS = 4096  # that are remembered; a few hundred bytes each


class ForgedRequests(CSRFProtect):  # type: ignore[misc]
    """Flask-WTF's check, with the memory above in front of it; whatever the memory does not let pass, it decides."""

    def init_app(self, app: Flask) -> None:
        """Check every request of `app`; its key does not change while it runs. Raises `NoKey`."""
        if app.secret_key is None:
            raise NoKey
        self._signed = lru_cache(maxsize=_TOKENS)(URLSafeTimedSerializer(app.secret_key, salt=_SALT).loads)
        super().init_app(app)

    def protect(self, apply_exemptions: bool = False) -> None:
        """Answer 400 to a request that no page of this session can have made."""
        if self._ours():
            g.csrf_valid = True
        else:
            super().protect(apply_exemptions)

    def _ours(self) -> bool:
        """Return whether the header holds this session's token and, over https, the request comes from our own pages."""
        token, expected = request.headers.get(HEADER), session.get(_FIELD)
        if not token or not expected:
            return False
        strict = request.is_secure and current_app.config["WTF_CSRF_SSL_STRICT"]
        if strict and not same_origin(request.referrer or "", f"https://{request.host}/"):
            return False
        try:
            return compare_digest(self._signed(token), expected)
        except BadData:
            return False

"""The headers of every answer: a policy without inline script or style, and nothing kept in shared caches."""

from flask import Flask, request, session
from werkzeug.wrappers import Response

from portal.config import Settings
from portal.core.accounts.login import TOKEN_KEY

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)


def init_app(app: Flask, settings: Settings) -> None:
    """Add the headers after every request."""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), interest-cohort=()"
        if settings.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint != "static" and "Cache-Control" not in headers:
            # the cookie says so, not the database: an answer that says the database is gone needs headers, too
            headers["Cache-Control"] = "private, no-store" if TOKEN_KEY in session else "no-cache"
            headers["Vary"] = "Cookie, Accept-Language"
        return response

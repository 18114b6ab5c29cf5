"""Answers in gzip for browsers that take it: pages as they are made, static files once and then from memory.

A compressed page that holds a secret and repeats what a stranger put into its address can be made to tell the secret
by its length (BREACH). Ours repeat the address (the links that change the language) and hold the token against forged
requests, whose first part is the same for a whole session. So the length of every compressed page is blurred by a
random number of bytes in gzip's own file-name field. What is left is small: the session cookie is SameSite=Lax, so a
stranger's page can only make a visible visit, one a guess, and the token is worth nothing without that cookie.
"""

import secrets
import struct
import zlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, request
from werkzeug.wrappers import Response

LEAST = 1024
KINDS = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "image/svg+xml",
    }
)
#: A page is read once: a quick level. A static file is read by everybody: the best.
_LEVEL, _BEST = 5, 9
_BLUR = 64
_HEAD = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"  # gzip, with a file name, without a time


def packed(body: bytes, level: int = _LEVEL, *, blur: int = 0) -> bytes:
    """Return `body` as a gzip file whose name is `blur` letters long."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    tail = struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)
    return b"".join((_HEAD, b"x" * blur, b"\0", deflate.compress(body), deflate.flush(), tail))


def init_app(app: Flask) -> None:
    """Compress what goes out. Call it before any other hook on answers is registered: they run in reverse order."""
    static = Path(app.static_folder or "")

    @app.after_request
    def pack(response: Response) -> Response:
        if request.method not in ("GET", "HEAD"):
            return response  # nobody keeps the answer to a write
        if response.mimetype not in KINDS or (response.is_streamed and not response.direct_passthrough):
            return response
        response.vary.add("Accept-Encoding")
        if not _wanted(response):
            return response
        if request.endpoint == "static" and request.view_args:
            path = static / str(request.view_args["filename"])
            changed = path.stat()
            body = _file(path, changed.st_mtime_ns, changed.st_size)
            response.close()  # the open file: its bytes are at hand
            response.direct_passthrough = False
        elif response.direct_passthrough:
            return response  # a file of a course: pictures, which a proxy may compress
        else:
            plain = response.get_data()
            if len(plain) < LEAST:
                return response
            body = packed(plain, blur=secrets.randbelow(_BLUR))
        tag, _weak = response.get_etag()
        response.set_data(body)
        response.headers["Content-Encoding"] = "gzip"
        if tag:
            response.set_etag(tag, weak=True)  # the same file, in other bytes
        return response


def _wanted(response: Response) -> bool:
    return (
        response.status_code == 200
        and request.method == "GET"
        and "Content-Encoding" not in response.headers
        and request.accept_encodings.quality("gzip") > 0
    )


@lru_cache(maxsize=64)
def _file(path: Path, changed: int, size: int) -> bytes:
    return packed(path.read_bytes(), _BEST)

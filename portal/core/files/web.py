"""Files over HTTP: how big a form may be, and how a file is handed out."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, request, send_file

from portal.core.files.models import MIMETYPES, FileKind, StoredFile
from portal.core.files.services import MEGABYTE, path_of

View = TypeVar("View", bound=Callable[..., Any])
FORM_BESIDE = MEGABYTE  # the other fields of the form


def takes_files(most: int = 10 * MEGABYTE) -> Callable[[View], View]:
    """Let the view's form be as big as a file of `most` bytes with its fields; without it a form ends at 1 MB."""

    def decorate(view: View) -> View:
        view.most_bytes = most + FORM_BESIDE  # type: ignore[attr-defined]
        return view

    return decorate


def init_app(app: Flask) -> None:
    """Set the limit before anything reads the form; register before the check against forged requests."""

    @app.before_request
    def limit() -> None:
        most = getattr(current_app.view_functions.get(request.endpoint or ""), "most_bytes", None)
        if most is not None:
            request.max_content_length = most


def send(stored: StoredFile) -> Response:
    """Hand a file out, always as an attachment: nothing that somebody sent is ever shown as a page of ours.

    The caller has authorised it. 404 where the bytes are gone.
    """
    path = path_of(stored)
    if stored.removed_at is not None or not path.is_file():
        abort(404)
    kind = FileKind(stored.kind)
    ending = {FileKind.JPEG: (".jpg", ".jpeg")}.get(kind, (f".{kind}",))
    name = stored.name if stored.name.lower().endswith(ending) else stored.name + ending[0]
    response = send_file(
        path, mimetype=MIMETYPES[kind], as_attachment=True, download_name=name, etag=False, max_age=0
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response

"""A table as the answer to a request: the same table that the screen shows, as CSV or XLSX."""

from collections.abc import Iterator
from typing import IO

from flask import Response, stream_with_context
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import db
from portal.core.locale import language
from portal.reports.tables import Table
from portal.reports.writers import csv, xlsx

CHUNK = 64 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def answer_with(table: Table, kind: str, name: str) -> Response:
    """Return a table as a file to keep. kind: `csv` or `xlsx`. name: without the day and the ending."""
    missing = _("no denominator yet")
    if kind == "csv":
        body: Iterator[bytes] = csv.write(table, missing)
        mimetype = "text/csv"  # Flask adds the charset
    else:
        body, mimetype = pieces(xlsx.write(table, missing, language())), XLSX
    response = Response(stream_with_context(_read_out(body, db.session())), mimetype=mimetype)
    return attached(response, f"{name}-{clock.today().isoformat()}.{kind}")


def _read_out(body: Iterator[bytes], session: Session) -> Iterator[bytes]:
    """Yield what is streamed, and give back the connection that its rows came by.

    The request's own end comes before: the session, asked for rows afterwards, takes a connection again, and nobody
    else would return it.
    """
    try:
        yield from body
    finally:
        session.rollback()  # nothing was written; unlike close(), what others still hold of the session stays theirs


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield an open file in pieces, and close it."""
    with file:
        while piece := file.read(CHUNK):
            yield piece


def attached(response: Response, name: str) -> Response:
    """Let an answer be kept as a file; other characters than letters, digits, `.`, `_` and `-` become `-`."""
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in name)
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response

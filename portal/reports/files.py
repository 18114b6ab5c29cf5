"""A table as the answer to a request: the same table that the screen shows, as CSV or XLSX."""

from collections.abc import Iterator
from typing import IO

from flask import Response, stream_with_context
from flask_babel import gettext as _

from portal.core import clock
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
        body, mimetype = _pieces(xlsx.write(table, missing, language())), XLSX
    response = Response(stream_with_context(body), mimetype=mimetype)
    whole = f"{name.replace(':', '-')}-{clock.today().isoformat()}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{whole}"'
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece

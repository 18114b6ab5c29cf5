"""A table as a file to be saved: one place that names it and streams it."""

from collections.abc import Iterator
from typing import IO

from flask import Response, stream_with_context
from flask_babel import gettext as _

from portal.core import clock
from portal.core.locale import language
from portal.reports.tables import Table
from portal.reports.writers import csv, xlsx

CHUNK = 64 * 1024


def table_file(table: Table, kind: str, name: str) -> Response:
    """Return a table as CSV or XLSX; `name` gets the day and the ending."""
    missing = _("no denominator yet")
    name = f"{name.replace(':', '-')}-{clock.today().isoformat()}.{kind}"
    if kind == "csv":
        body: Iterator[bytes] = csv.write(table, missing)
        mimetype = "text/csv; charset=utf-8"
    else:
        body = _pieces(xlsx.write(table, missing, language()))
        mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = Response(stream_with_context(body), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece

"""A table as CSV: UTF-8 with a byte-order mark (Excel needs it), text cells guarded against formulas."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from portal.reports.tables import Share, Table, Value

BATCH = 500


def cell(value: Value, missing: str = "") -> str:
    """Return a value as CSV text. A share becomes a decimal fraction of one with six places, or as many as it takes
    beside its target; a date ISO.

    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    if value is None:
        return missing
    if isinstance(value, Fraction):
        places = value.places + 2 if isinstance(value, Share) else 6
        return f"{float(value):.{max(6, places)}f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return str(value)


def write(table: Table, missing: str) -> Iterator[bytes]:
    """Yield the table as CSV in pieces, so that a long one never stands in memory whole.

    `missing` is written where a share has no denominator.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")

    def flush() -> bytes:
        piece = buffer.getvalue().encode("utf-8")
        buffer.seek(0)
        buffer.truncate()
        return piece

    yield b"\xef\xbb\xbf"
    writer.writerow([column.label for column in table.columns])
    shares = [column.kind == "share" for column in table.columns]

    def written(row: object) -> list[str]:
        return [cell(value, missing if share else "") for value, share in zip(row, shares, strict=True)]  # type: ignore[call-overload]

    for number, row in enumerate(table.rows, 1):
        writer.writerow(written(row))
        if number % BATCH == 0:
            yield flush()
    if table.total is not None:
        writer.writerow(written(table.total))
    yield flush()

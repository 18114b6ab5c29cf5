"""What can be wrong with a file, and with one cell of it. Pure."""

from dataclasses import dataclass, field
from typing import Any

from portal.core.errors import Refused
from portal.core.text import N_


class CannotRead(Refused):
    """The file as a whole cannot be read; subclasses say why and what to do. Nothing of it has been used."""

    message = N_(
        "“%(name)s” cannot be read. Open it in Excel, save it as an Excel workbook (.xlsx) and send that."
    )


class OldExcel(CannotRead):
    """An OLE file: Excel 97–2003, or a workbook with a password."""

    message = N_(
        "“%(name)s” is an old Excel file (.xls) or is locked with a password. In Excel choose Save As, Excel Workbook (.xlsx), without a password, and send that."
    )


class OtherKind(CannotRead):
    """A file of another program."""

    message = N_(
        "“%(name)s” is a file of the kind %(kind)s. Save the table as an Excel workbook (.xlsx) or as CSV and send that."
    )


class Damaged(CannotRead):
    """A workbook that is cut short or broken."""

    message = N_(
        "“%(name)s” is damaged: it was perhaps cut short on the way. Open it in Excel, save it again as .xlsx and send that."
    )


class TooBig(CannotRead):
    """Bigger than a list of people can be, packed or unpacked."""

    message = N_(
        "“%(name)s” is too big: unpacked it would take more than %(most)d MB. Keep only the table itself (no pictures, no other sheets) and send it again."
    )


class Suspicious(CannotRead):
    """Built to harm: a bomb, entities, parts that no spreadsheet has."""

    message = N_(
        "“%(name)s” is built in a way no spreadsheet program writes, so it was not opened. Copy the table into a new workbook and send that."
    )


class TooManyRows(CannotRead):
    """More rows than may come at once."""

    message = N_(
        "“%(name)s” has more than %(most)d rows. Divide it into several files and send one after another."
    )


class TooManyCells(CannotRead):
    """More filled cells, or more columns, than a list of people has."""

    message = N_(
        "“%(name)s” has more cells than a list can have (at most %(columns)d columns and %(most)d filled cells). Delete what does not belong to the list."
    )


class NoTable(CannotRead):
    """Nothing in it."""

    message = N_("“%(name)s” holds no table: its first sheet is empty. Fill in the template and send that.")


class UnknownLetters(CannotRead):
    """A text file in an encoding that is none of the usual ones."""

    message = N_(
        "The letters of “%(name)s” cannot be made out. In Excel choose Save As, CSV UTF-8, or send the workbook (.xlsx)."
    )


class BadQuotes(CannotRead):
    """A quotation mark that is never closed swallows the rest of a CSV file."""

    message = N_(
        'In “%(name)s”, row %(row)d, a quotation mark (") is opened and not closed. Correct that row, or send the workbook (.xlsx).'
    )


class NoHeading(CannotRead):
    """The heading row was not found, or lacks columns that are needed."""

    message = N_(
        "“%(name)s” has no row of headings with these columns: %(missing)s. The first %(looked)d rows were looked at. Compare with the template; the order of columns does not matter."
    )


class TwiceTheSame(CannotRead):
    """Two columns with one meaning: which one counts is not ours to guess."""

    message = N_(
        "In “%(name)s” two columns mean the same: “%(first)s” and “%(second)s”. Delete or rename one."
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in one cell: where, what stood there, and a message with its values.

    row: as the spreadsheet numbers it, from 1. column: its letters (`C`). heading: as the file has it. value: what
    was seen, shortened to 80 characters. `message` is an English sentence marked with `N_`.
    """

    row: int
    column: str
    heading: str
    value: str
    message: str
    values: dict[str, Any] = field(default_factory=dict)


class Unreadable(Exception):
    """A cell cannot be read as what its column holds: a message marked with `N_`, and its values."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message % values)
        self.message = message
        self.values = values

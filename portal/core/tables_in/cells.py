"""From what stands in a cell to what it means: texts, codes, phone numbers, days, counts, choices. Pure.

Every reader takes a value of a `Sheet` that is not empty and returns what it means, or raises `Unreadable` with words
for whoever filled the cell in.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from portal.core.names import fold, phone_number, tidy
from portal.core.tables_in.faults import Unreadable
from portal.core.tables_in.sheet import Value
from portal.core.tables_in.workbook import serial_date
from portal.core.text import N_

Reader = Callable[[Value], Any]

FORMULA = N_("this is a formula; write the value itself (copy the column and paste it as values)")
EXCEL_ERROR = N_("Excel shows an error here; correct the cell")
TOO_LONG = N_("this is longer than %(most)d characters")
NOT_WHOLE = N_("a whole number is expected, like 12")
OUT_OF_RANGE = N_("a number from %(least)d to %(most)d is expected")
NOT_PHONE = N_("this is no Vietnamese phone number; write it like 0912345678")
NOT_DAY = N_("this is no date; write day/month/year, like 5/3/2020")
SHORT_YEAR = N_("write the year with four digits, like 5/3/2020")
SWAPPED = N_("there is no such day; perhaps day and month are swapped: write day/month/year")
ONLY_YEAR = N_("this is only a year; write day/month/year, like 5/3/2020")
FAR_AWAY = N_("the year of this date cannot be right")
NOT_CHOICE = N_("write one of: %(choices)s")
CUT_OFF = N_("Excel has rounded this number; format the column as text and write it again")
NO_CODE = N_("a code has letters, digits, points and hyphens, and no spaces")
_ERRORS = frozenset(
    {"#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!"}
)
_CODE = re.compile(r"[^\W_](?:[\w.\-/]*\w)?")
_DAY = re.compile(
    r"(?:ngày\s*)?(\d{1,2})\s*(?:[/.\-]|\s*tháng\s*|\s+)\s*(\d{1,2})\s*(?:[/.\-]|\s*năm\s*|\s+)\s*(\d{2,4})\.?",
    re.IGNORECASE,
)
_ISO_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]\d{1,2}:\d{2}.*)?")
_TIME = re.compile(r"\s+\d{1,2}:\d{2}(:\d{2})?$")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")


def seen(value: Value) -> str:
    """Return a value as its writer saw it, shortened to 80 characters: for the report of faults."""
    if isinstance(value, datetime):
        text = value.strftime("%d/%m/%Y %H:%M")
    elif isinstance(value, date):
        text = f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def plain(value: Value) -> str:
    """Return a value as tidy text: single spaces, NFC; whole numbers without a point, days as `05/03/2020`.

    Raises `Unreadable` for a formula and for an error of Excel.
    """
    if isinstance(value, str):
        if value.startswith("="):
            raise Unreadable(FORMULA)
        if value.upper() in _ERRORS:
            raise Unreadable(EXCEL_ERROR)
        return tidy(value)
    if isinstance(value, float) and abs(value) >= 1e15:
        raise Unreadable(CUT_OFF)
    return seen(value)


def text(most: int = 200) -> Reader:
    """Return a reader of text of at most `most` characters."""

    def read(value: Value) -> str:
        found = plain(value)
        if len(found) > most:
            raise Unreadable(TOO_LONG, most=most)
        return found

    return read


def code(most: int = 40, width: int | None = None) -> Reader:
    """Return a reader of codes, in capitals. Where Excel took the zeros off a number, `width` puts them back."""

    def read(value: Value) -> str:
        found = plain(value)
        if width is not None and isinstance(value, int) and value >= 0:
            found = found.zfill(width)
        found = re.sub(r"\s+", "", found) if re.fullmatch(r"[\d\s]+", found) else found
        if len(found) > most:
            raise Unreadable(TOO_LONG, most=most)
        if not _CODE.fullmatch(found):
            raise Unreadable(NO_CODE)
        return found.upper()

    return read


def phone(value: Value) -> str:
    """Read a phone number in any usual spelling, and the nine digits that Excel leaves of it: `0912345678`."""
    if isinstance(value, float) and value == value and abs(value) < 1e15 and value == int(value):
        value = int(value)
    found = phone_number(plain(value).lstrip("'`"))
    if found is None:
        raise Unreadable(NOT_PHONE)
    return found


def day(earliest: date = date(1930, 1, 1), latest: date = date(2100, 12, 31)) -> Reader:
    """Return a reader of days between two, both inclusive.

    Takes what Excel holds as a date, the number that is left when the format was lost, `5/3/2020`, `05-03-2020`,
    `5.3.2020`, `ngày 5 tháng 3 năm 2020` and ISO. Two digits of a year are refused: nobody knows the century.
    """

    def read(value: Value) -> date:
        found = _day(value)
        if not earliest <= found <= latest:
            raise Unreadable(FAR_AWAY)
        return found

    return read


def _day(value: Value) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        return _serial(value)
    found = _TIME.sub("", plain(value))
    iso = _ISO_DAY.fullmatch(found)
    parts = _DAY.fullmatch(found)
    if iso is not None:
        return _of(iso[1], iso[2], iso[3])
    if parts is not None:
        return _of(parts[3], parts[2], parts[1])
    if re.fullmatch(r"\d{4,6}(?:[.,]0+)?", found):
        return _serial(int(re.split("[.,]", found)[0]))
    raise Unreadable(NOT_DAY)


def _serial(number: float) -> date:
    if 1900 <= number <= 2100 and number == int(number):
        raise Unreadable(ONLY_YEAR)
    found = serial_date(number) if number == number and abs(number) < 1e9 else None
    if found is None:
        raise Unreadable(NOT_DAY)
    return found.date() if isinstance(found, datetime) else found


def _of(year: str, month: str, day_of_month: str) -> date:
    if len(year) != 4:
        raise Unreadable(SHORT_YEAR if len(year) == 2 else NOT_DAY)
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        swapped = int(month) > 12 >= int(day_of_month)
        raise Unreadable(SWAPPED if swapped else NOT_DAY) from None


def whole_number(least: int = 0, most: int = 1_000_000) -> Reader:
    """Return a reader of whole numbers; `1.234` and `1,234` are one thousand two hundred and thirty-four."""

    def read(value: Value) -> int:
        if isinstance(value, float) and value == value and abs(value) < 1e15 and value == int(value):
            value = int(value)
        if not isinstance(value, int):
            found = plain(value).replace(" ", "")
            if _GROUPED.fullmatch(found):
                found = re.sub("[.,]", "", found)
            if not re.fullmatch(r"-?[0-9]{1,15}", found):
                raise Unreadable(NOT_WHOLE)
            value = int(found)
        if not least <= value <= most:
            raise Unreadable(OUT_OF_RANGE, least=least, most=most)
        return value

    return read


def choice(choices: Mapping[str, str]) -> Reader:
    """Return a reader of one of several words: `choices` maps each spelling to its meaning, compared without accents."""
    folded = {_bare(spelling): meaning for spelling, meaning in choices.items()}
    shown = ", ".join(list(choices)[:12])

    def read(value: Value) -> str:
        found = folded.get(_bare(plain(value)))
        if found is None:
            raise Unreadable(NOT_CHOICE, choices=shown)
        return found

    return read


def _bare(text: str) -> str:
    """Return what two spellings of one word have in common: no accents, no case, no punctuation at the ends."""
    return fold(text).strip(" .,:;*()[]\"'")

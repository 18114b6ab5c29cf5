"""What declared values and their states are called on a page and in a file, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from portal.core.locale import language, show_date, show_number
from portal.core.text import N_
from portal.indicators import words
from portal.indicators.declaring import values
from portal.indicators.declaring.queries import Standing
from portal.indicators.declaring.services import REPLACED
from portal.indicators.definitions import NUMBERS, Item, ItemKind
from portal.indicators.models import Declaration
from portal.indicators.queries import plain

COUNTS = "counts"
#: How an item of a unit stands; "" is called `counts`, for addresses.
STATES = {
    "counts": N_("declared and approved"),
    "waiting": N_("declared, waiting for approval"),
    "returned": N_("returned: declare again"),
    "not_declared": N_("nothing declared"),
    "outdated": N_("the declaration is out of date"),
    "another_year": N_("declared for another year"),
    "no_evidence": N_("declared without evidence"),
}
SIGNS = {
    "counts": "valid",
    "waiting": "progress",
    "returned": "failed",
    "not_declared": "todo",
    "outdated": "expired",
    "another_year": "due",
    "no_evidence": "late",
}
FACTS = {
    "network": N_("Registrations in the network"),
    "active": N_("Volunteers and collaborators who go on"),
}
NOT_MINE = {
    "own_value": N_("You entered it yourself: somebody else approves."),
    "own_unit": N_("Your own unit: those above it approve."),
}


def value(item: Item, stored: Mapping[str, Any]) -> str:
    """Return what a declaration says: a number, yes or no, the ticks that are there, a document, words."""
    if item.kind in NUMBERS:
        return show_number(int(plain(stored)), language())
    if item.kind == ItemKind.YES:
        return str(_("Yes") if stored.get("yes") is True else _("No"))
    if item.kind == ItemKind.CHECKLIST:
        ticked = stored.get("ticks", ())
        there = [words.said(label) for code, label in item.ticks if code in ticked]
        lacking = len(item.ticks) - len(there)
        text = "; ".join(there) or str(_("nothing ticked"))
        return text if not lacking else text + " (" + str(_("%(number)s not there", number=lacking)) + ")"
    if item.kind == ItemKind.DOCUMENT:
        on = stored.get("on")
        parts = [str(stored.get("number", "")), show_date(date.fromisoformat(on)) if on else ""]
        return ", ".join([part for part in (*parts, str(stored.get("partner", ""))) if part])
    return str(stored.get("words", ""))


def grades(item: Item, stored: Mapping[str, Any], unit_kind: str) -> str:
    """Return the numbers by grade, `Grade 1: 40; …`; that there are none, where the unit is asked for them; else ""."""
    labels = dict(item.grades_of(unit_kind))
    if not labels:
        return ""
    if "grades" not in stored:
        return str(_("not split by grade"))
    return "; ".join(
        f"{words.said(labels[code]) if code in labels else code}: {show_number(number, language())}"
        for code, number in stored["grades"].items()
    )


def of_standing(one: Standing) -> str:
    """Return what the value of a line says, with its grades; "" where there is none."""
    if one.said is None:
        return ""
    if one.item.kind not in NUMBERS:
        return value(one.item, values.kept(one.item, one.said.value))
    stored = {"count": one.said.value} if one.said.grades is None else {"grades": one.said.grades}
    split = grades(one.item, stored, one.kind)
    return value(one.item, stored) + (f" ({split})" if split else "")


def decided_note(row: Declaration) -> str:
    """Return why a declaration was returned."""
    if row.decided_note == REPLACED:
        return str(_("The unit declared anew for the same day before anybody decided."))
    return row.decided_note or ""


def lasts(item: Item) -> str:
    """Return for how long a value of an item counts."""
    if item.yearly:
        return str(_("Each year anew: the value must be of a day inside the period."))
    if item.lasts_months is not None:
        return str(_("Counts for %(number)s months from its day.", number=item.lasts_months))
    return str(_("Counts until another one takes its place."))

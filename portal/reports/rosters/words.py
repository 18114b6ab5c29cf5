"""The words of imports: why a row is what it is, and what it changes. Worded when shown."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from portal.core.accounts.models import AUDIENCE_LABELS, Audience
from portal.core.locale import show_date
from portal.core.rosters.models import RosterLine
from portal.core.text import N_

KIND_LABELS: Mapping[str, str] = {
    "added": N_("added"),
    "changed": N_("changed"),
    "same": N_("as before"),
    "left": N_("left"),
    "double": N_("doubtful double"),
    "refused": N_("refused"),
}
KIND_SIGNS: Mapping[str, str] = {
    "added": "done", "changed": "progress", "same": "saved", "left": "todo", "double": "due", "refused": "failed",
}  # fmt: skip
FIELD_LABELS: Mapping[str, str] = {
    "name": N_("full name"),
    "phone": N_("phone number"),
    "code": N_("staff code"),
    "title": N_("title"),
    "began": N_("first day"),
}
REASONS: Mapping[str, str] = {
    "no_unit": N_("The unit's code is missing. Fill in the column “Mã đơn vị”."),
    "other_unit": N_("The row names the unit %(text)s, but the list was sent for another one. Correct the code or send it for that unit."),
    "unknown_unit": N_("There is no unit with the code %(text)s on that day. Compare with the list of units."),
    "unit_not_yours": N_("The unit %(text)s is not one whose staff list you keep."),
    "no_name": N_("The full name is missing."),
    "bad_name": N_("“%(text)s” cannot be a person's name (digits or signs in it)."),
    "one_word": N_("“%(text)s” is only one word. Write family and given name."),
    "bad_phone": N_("“%(text)s” is no Vietnamese phone number. Write it like 0912345678."),
    "bad_code": N_("“%(text)s” cannot be a staff code: letters, digits, dots, hyphens; at most 40."),
    "code_is_a_phone": N_("“%(text)s” stands as a staff code but is a phone number. Move it to its column."),
    "no_audience": N_("The group (teacher, manager, staff …) is missing."),
    "unknown_audience": N_("The group “%(text)s” is not known. Choose one from the sheet of notes of the template."),
    "not_staff": N_("Parents and carers do not stand on a staff list; the collaborator registers them."),
    "bad_day": N_("“%(text)s” is no day. Write it like 05/09/2024."),
    "later_day": N_("The first day %(text)s is later than the day of the list."),
    "formula": N_("The cell holds a formula (%(text)s). Copy the column and paste it as values."),
    "excel_error": N_("The cell holds Excel's error %(text)s. Correct it in the file."),
    "codes_only": N_("This unit gives codes only: delete the names and leave the codes."),
    "kept_by_code": N_("The person with the code %(text)s is kept without a name. Delete the name."),
    "code_elsewhere": N_("The code %(text)s belongs to somebody on another unit's list. Ask that unit for a transfer."),
    "repeated": N_("The same person with the same group stands in row %(row)s already."),
    "repeated_code": N_("The code %(text)s stands in row %(row)s already, with another name."),
    "contradicts": N_("Row %(row)s says something else about this person (name, code or number)."),
    "number_full": N_("%(many)s people use the number %(text)s already. Leave it out, or give another one."),
    "several": N_("%(many)s people with this name fit. Add code or number, or decide that this is a new person."),
    "alike": N_("Looks like %(name)s (code %(code)s, number %(phone)s), who is on the list. The same person?"),
    "other_name": N_("The code %(code)s belongs to %(name)s. The same person under a new name? Else correct the code."),
    "beside_open": N_("Row %(row)s may be about the same person and is still open. Settle that one first."),
    "erased": N_("What this row said of a person was removed together with her data."),
    "not_on_list": N_("Is on the unit's list now, but not in the file: the post ends the day before."),
    "undo_user_changed": N_("the person's entry was changed later"),
    "undo_posting_changed": N_("the post was changed later (ended, transferred or corrected)"),
    "undo_basis_changed": N_("what the denominator stands on was changed later"),
    "undo_signed_in": N_("the person has signed in"),
    "undo_used_post": N_("the person has another post or a transfer by now"),
    "undo_used_work": N_("something was recorded for the person (courses, certificates or other work)"),
    "undo_conflict": N_("a code or a post was given to somebody else meanwhile"),
}  # fmt: skip


def reason(code: str, values: Mapping[str, Any]) -> str:
    """Return why a row is what it is, in the reader's language; an empty string where nothing need be said."""
    return str(_(REASONS[code], **values)) if code in REASONS else ""


def what(line: RosterLine) -> str:
    """Return what a line does, in a sentence for a table."""
    if line.reason:
        return reason(line.reason, line.outcome["values"])
    parts = []
    if line.kind == "added":
        began = show_date(line.outcome["began"])
        if line.outcome["person"] is None and line.outcome["same_as"] is None:
            parts.append(_("new person, post from %(day)s", day=began))
        else:
            parts.append(_("another post from %(day)s", day=began))
    parts += changes(line.outcome["changes"])
    return "; ".join(parts)


def changes(pairs: Mapping[str, Any]) -> list[str]:
    """Return each change as `field: before → after`."""
    return [
        f"{_(FIELD_LABELS[key])}: {_day(key, pair[0]) or '–'} → {_day(key, pair[1]) or '–'}"
        for key, pair in pairs.items()
        if key in FIELD_LABELS
    ]


def _day(key: str, value: str) -> str:
    return show_date(value) if key == "began" else value


def audience(code: str | None) -> str:
    """Return a group's name; text that is none stays as the file has it."""
    if code in list(Audience):
        return str(_(AUDIENCE_LABELS[Audience(str(code))]))
    return code or ""

"""One form for each kind of reorganisation; each becomes a decree of one event."""

import re
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.validators import InputRequired, Length

from portal.core.forms import Form
from portal.core.organisation.decrees import COLUMNS, Decree, Unreadable, from_rows
from portal.core.organisation.models import SECTOR_LABELS, UNIT_KIND_LABELS
from portal.core.organisation.reorganise import SUBJECT_LABELS, Kind, Subject


class Lines(TextAreaField):
    """Several lines; unlike other texts they keep their line breaks."""


class Boxes(SelectMultipleField):
    """Several ticks."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class EventForm(Form):
    """What every reorganisation needs."""

    title = StringField(_("Name of the decision"), [InputRequired(), Length(max=200)])
    legal_basis = StringField(_("Legal basis"), [InputRequired(), Length(max=500)])
    effective_on = DateField(_("Takes effect on"), [InputRequired()])
    subject = RadioField(
        _("What is reorganised"),
        [InputRequired()],
        choices={},
    )
    predecessors = Lines(_("Codes before"), [InputRequired(), Length(max=20_000)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject.choices = {str(one): gettext(label) for one, label in SUBJECT_LABELS.items()}
        for name, labels in (("along", UNIT_KIND_LABELS), ("sector", SECTOR_LABELS)):
            if name in self:
                empty = {"": "–"} if name == "sector" else {}
                self[name].choices = empty | {str(one): gettext(label) for one, label in labels.items()}


class MergeForm(EventForm):
    """Several become one."""

    code = StringField(_("Code afterwards"), [InputRequired(), Length(max=40)])
    name = StringField(_("Name afterwards"), [Length(max=200)])
    goes_on = BooleanField(_("This is one of the codes before, and it goes on"))
    parent = StringField(_("Code of the area or unit above"), [Length(max=40)])
    area = StringField(_("Code of the area in which the new unit stands"), [Length(max=40)])
    along = Boxes(_("Merge these units of the areas, too"), validate_choice=True)


class SplitForm(EventForm):
    """One becomes several."""

    successors = Lines(_("Successors"), [InputRequired(), Length(max=20_000)])
    assign = Lines(_("Who or what goes where"), [Length(max=100_000)])


class RenameForm(EventForm):
    """One gets another name, or another code."""

    name = StringField(_("Name afterwards"), [Length(max=200)])
    code = StringField(_("Code afterwards"), [Length(max=40)])


class MoveForm(EventForm):
    """Something stands elsewhere."""

    parent = StringField(_("Code of the area or unit above"), [Length(max=40)])
    area = StringField(_("Code of the area, for units"), [Length(max=40)])
    sector = SelectField(_("Sector, for units"), default="")


class AbolishForm(EventForm):
    """Something ends."""

    code = StringField(_("Code of who takes over what stands in it"), [Length(max=40)])


FORMS: dict[Kind, type[EventForm]] = {
    Kind.MERGE: MergeForm,
    Kind.SPLIT: SplitForm,
    Kind.RENAME: RenameForm,
    Kind.MOVE: MoveForm,
    Kind.ABOLISH: AbolishForm,
}


def decree_of(kind: Kind, form: EventForm) -> Decree:
    """Return the decree that a filled form says. Raises `Unreadable`."""
    day = form.effective_on.data or date.max
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {
        "title": form.title.data,
        "legal_basis": form.legal_basis.data,
        "effective_on": day.isoformat(),
        "kind": str(kind),
        "subject": form.subject.data,
        "predecessors": "; ".join(re.split(r"[;,\r\n]+", str(form.predecessors.data))),
    }
    for name in ("code", "name", "parent", "area", "sector"):
        if name in form:
            row[name] = form[name].data or ""
    if isinstance(form, MergeForm):
        row["goes_on"] = bool(form.goes_on.data)
        if form.subject.data == Subject.AREA:
            row["along"] = "; ".join(form.along.data or [])
        if form.goes_on.data and not row["name"]:
            row["name"] = ""
    if not isinstance(form, SplitForm):
        return from_rows([(1, row)])
    rows = []
    for line in _lines(form.successors.data):
        parts = [part.strip() for part in line.split("|")]
        code, name, share, *rest = [*parts, "", ""]
        rows.append(
            (1, {**row, "code": code, "name": name, "share": share, "goes_on": "x" if any(rest) else ""})
        )
    if rows:
        rows[0][1]["assign"] = "; ".join(
            "=".join(re.split(r"\s*[=|]\s*", line, maxsplit=1)) for line in _lines(form.assign.data)
        )
    return from_rows(rows, together=True)


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


__all__ = ["FORMS", "EventForm", "Unreadable", "decree_of"]

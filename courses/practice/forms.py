"""Forms around observed practice. A sheet's levels are radio buttons named after the criteria, read by `levels_of`."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from courses.practice.rubric import Criterion
from portal.core.forms import Form


class ArrangeForm(Form):
    """When, where, and who looks."""

    held_on = DateField(_l("Day"), validators=[InputRequired()])
    place = StringField(_l("Class and place"), validators=[DataRequired(), Length(max=200)])
    first = StringField(
        _l("First assessor (staff code, phone number or user name)"),
        validators=[DataRequired(), Length(max=60)],
    )
    second = StringField(_l("Second assessor"), validators=[Length(max=60)])


class SheetForm(Form):
    """The words beside the levels."""

    note = TextAreaField(_l("What was seen and heard"), validators=[Length(max=2000)])


class ThirdForm(Form):
    """Who decides."""

    login = StringField(
        _l("Who decides (staff code, phone number or user name)"), validators=[DataRequired(), Length(max=60)]
    )


class WithdrawForm(Form):
    """Why."""

    reason = TextAreaField(_l("Reason"), validators=[DataRequired(), Length(min=10, max=500)])


def levels_of(criteria: tuple[Criterion, ...], posted: Mapping[str, str]) -> dict[str, int]:
    """Return the levels that were chosen, by the criterion's ref; those left open or not understood are missing."""
    chosen = {}
    for one in criteria:
        text = posted.get(f"level-{one.ref}", "")
        if text.isdecimal() and len(text) <= 3 and int(text) < len(one.levels):
            chosen[one.ref] = int(text)
    return chosen

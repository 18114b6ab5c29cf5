"""Forms around observed practice. A sheet's levels are radio buttons named after the criteria, read by `levels_of`."""

from collections.abc import Mapping

from flask_babel import lazy_gettext
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from courses.practice.rubric import Criterion
from portal.core.forms import AsksAboutChildren, Form


class ArrangeForm(Form):
    """When, where, and who looks."""

    held_on = DateField(lazy_gettext("Day"), validators=[InputRequired()])
    place = StringField(lazy_gettext("Class and place"), validators=[DataRequired(), Length(max=200)])
    first = StringField(
        lazy_gettext("First assessor (staff code, phone number or user name)"),
        validators=[DataRequired(), Length(max=60)],
    )
    second = StringField(lazy_gettext("Second assessor"), validators=[Length(max=60)])


class SheetForm(AsksAboutChildren):
    """The words beside the levels."""

    free = ("note",)

    note = TextAreaField(lazy_gettext("What was seen and heard"), validators=[Length(max=2000)])


class ThirdForm(Form):
    """Who decides."""

    login = StringField(
        lazy_gettext("Who decides (staff code, phone number or user name)"),
        validators=[DataRequired(), Length(max=60)],
    )


class WithdrawForm(AsksAboutChildren):
    """Why."""

    reason = TextAreaField(lazy_gettext("Reason"), validators=[DataRequired(), Length(min=10, max=500)])


def levels_of(criteria: tuple[Criterion, ...], posted: Mapping[str, str]) -> dict[str, int]:
    """Return the levels that were chosen, by the criterion's ref; those left open or not understood are missing."""
    chosen = {}
    for one in criteria:
        text = posted.get(f"level-{one.ref}", "")
        if text.isdecimal() and len(text) <= 3 and int(text) < len(one.levels):
            chosen[one.ref] = int(text)
    return chosen

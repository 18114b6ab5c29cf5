"""One row of a paper list, on the page or from a device's store; and the correction of a household."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.accounts.models import Audience
from portal.core.consent.wordings import CURRENT, PARENT, WORDINGS
from portal.core.forms import Form
from portal.core.households.models import AGE_BAND_LABELS, AgeBand
from portal.core.households.services import Row

KEY = Regexp(r"^[A-Za-z0-9_-]{16,40}$")
BANDS = [SelectChoice(str(band), _(AGE_BAND_LABELS[band])) for band in AgeBand]


class BandsField(SelectMultipleField):
    """Boxes to tick, one for each band of age."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RowForm(Form):
    """A person of the list. Which household: a new one, that of the person before, or one with a number."""

    key = HiddenField(validators=[InputRequired(), KEY])
    household_key = HiddenField(validators=[InputRequired(), KEY])
    version = HiddenField(default=CURRENT[PARENT], validators=[InputRequired()])
    full_name = StringField(_("Full name"), [InputRequired(), Length(min=2, max=80)])
    phone = TelField(_("Phone number"), [Optional(), Length(max=20)])
    audience = RadioField(
        _("Who is it?"),
        [InputRequired()],
        choices=[
            SelectChoice(str(Audience.PARENT), _("a parent")),
            SelectChoice(str(Audience.CARER), _("another carer")),
        ],
        default=str(Audience.PARENT),
    )
    home = RadioField(
        _("Household"),
        [InputRequired()],
        choices=[
            SelectChoice("new", _("a new household")),
            SelectChoice("same", _("the household of the person before")),
            SelectChoice("known", _("a household that has a number")),
        ],
        default="new",
    )
    household = IntegerField(_("Number of the household"), [Optional(), NumberRange(1, 999_999_999)])
    has_child = RadioField(
        _("Is there a child under 16?"),
        [Optional()],
        choices=[SelectChoice("yes", _("yes, there is")), SelectChoice("no", _("no, there is none"))],
        default="yes",
    )
    bands = BandsField(_("Ages of the children"), [Optional()], choices=BANDS)
    consent = BooleanField(_(WORDINGS[PARENT, CURRENT[PARENT]]))
    grown_up = BooleanField(_("This is the name of a grown-up"))

    def validate_household(self, field: IntegerField) -> None:
        """Ask for the number where a numbered household was chosen."""
        if self.home.data == "known" and field.data is None:
            raise ValidationError(_("Write the number of the household, the part after the dash."))


def row_of(form: RowForm, before: int | None) -> Row:
    """Return what the form holds as a row. before: the number of the household of the person before."""
    numbers = {"known": form.household.data, "same": before}
    return Row(
        key=str(form.key.data),
        full_name=str(form.full_name.data or ""),
        phone=str(form.phone.data or ""),
        household=numbers.get(str(form.home.data)),
        household_key=str(form.household_key.data),
        audience=Audience(str(form.audience.data)),
        has_child=form.has_child.data == "yes",
        bands=tuple(form.bands.data or ()),
        consent=bool(form.consent.data),
        version=str(form.version.data),
        grown_up=bool(form.grown_up.data),
    )


def row_from(given: object) -> Row | None:
    """Return a row that a device kept, or None where it is none: every field is looked at, whatever was sent."""
    if not isinstance(given, Mapping):
        return None
    key, home = _text(given, "key", 40), _text(given, "household_key", 40)
    audience = given.get("audience")
    number = given.get("household")
    bands = given.get("bands")
    if not (_is_key(key) and _is_key(home)) or audience not in (str(Audience.PARENT), str(Audience.CARER)):
        return None
    if number is not None and (
        isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**9
    ):
        return None
    return Row(
        key=key,
        full_name=_text(given, "full_name", 200),
        phone=_text(given, "phone", 40),
        household=number,
        household_key=home,
        audience=Audience(audience),
        has_child=given.get("has_child") is True,
        bands=tuple(str(one)[:10] for one in bands[:10]) if isinstance(bands, list) else (),
        consent=given.get("consent") is True,
        version=_text(given, "version", 40),
        grown_up=given.get("grown_up") is True,
    )


def _text(given: Mapping[Any, Any], name: str, longest: int) -> str:
    value = given.get(name)
    return value[:longest] if isinstance(value, str) else ""


def _is_key(text: str) -> bool:
    return KEY.regex.match(text) is not None


class ChildrenForm(Form):
    """Correct what is known of a household's children."""

    has_child = RadioField(
        _("Is there a child under 16?"),
        [InputRequired()],
        choices=[SelectChoice("yes", _("yes, there is")), SelectChoice("no", _("no, there is none"))],
    )
    bands = BandsField(_("Ages of the children"), [Optional()], choices=BANDS)

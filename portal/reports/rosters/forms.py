"""Forms of the work on staff lists."""

from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, StringField
from wtforms import ValidationError as Invalid
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.core.accounts.models import AUDIENCE_LABELS, LEFT_REASON_LABELS, Audience, LeftReason
from portal.core.forms import Form
from portal.core.names import phone_number
from portal.core.rosters.queries import PARENTS
from portal.core.rosters.rows import Unusable, staff_code

EARLIEST = date(1950, 1, 1)
STAFF = [audience for audience in Audience if audience not in PARENTS]


def _day(form: Form, field: DateField) -> None:
    if field.data is not None and not EARLIEST <= field.data <= date(2100, 1, 1):
        raise Invalid(_("The year of this date cannot be right."))


class PersonForm(Form):
    """A person's entry and her post."""

    name = StringField(_("Full name"), [Optional(), Length(max=80)])
    code = StringField(_("Staff code"), [Optional(), Length(max=40)])
    phone = StringField(_("Phone number"), [Optional(), Length(max=30)])
    title = StringField(_("Title"), [Optional(), Length(max=120)])
    began = DateField(_("First day"), [InputRequired(), _day])

    def validate_code(self, field: StringField) -> None:
        """Refuse what cannot be a staff code."""
        try:
            staff_code(field.data)
        except Unusable:
            raise Invalid(
                _("A staff code has letters, digits, dots and hyphens, and is no phone number.")
            ) from None

    def validate_phone(self, field: StringField) -> None:
        """Refuse what is no Vietnamese number."""
        if field.data and phone_number(field.data) is None:
            raise Invalid(_("This is not a phone number we know. Write it like 0912 345 678."))

    @property
    def clean_code(self) -> str | None:
        """Return the code as it is stored."""
        return staff_code(self.code.data)

    @property
    def clean_phone(self) -> str | None:
        """Return the number as it is stored."""
        return phone_number(self.phone.data) if self.phone.data else None


class AddForm(PersonForm):
    """A new line of the roster."""

    audience = SelectField(_("Group"), [InputRequired()])
    new = BooleanField(_("This is another person of the same name; add a new one"))

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.audience.choices = [(str(one), gettext(AUDIENCE_LABELS[one])) for one in STAFF]


class EndForm(Form):
    """The end of a post."""

    last_day = DateField(_("Last day"), [InputRequired(), _day])
    reason = SelectField(_("Reason"), [InputRequired()])

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.reason.choices = [
            (str(one), gettext(LEFT_REASON_LABELS[one]))
            for one in LeftReason
            if one != LeftReason.NOT_ON_LIST
        ]


class TransferForm(Form):
    """A transfer to another unit."""

    to_unit = StringField(_("Code of the receiving unit"), [InputRequired(), Length(max=40)])
    leaves_on = DateField(_("Last day here"), [InputRequired(), _day])


class AskTransferForm(Form):
    """The receiving unit asks for a person: who she is must be known to whoever asks."""

    login = StringField(_("Staff code or phone number"), [InputRequired(), Length(max=40)])
    name = StringField(_("Full name"), [Optional(), Length(max=200)])
    from_unit = StringField(
        _("Code of the unit where the person works now"), [InputRequired(), Length(max=40)]
    )
    to_unit = StringField(_("Code of your unit"), [InputRequired(), Length(max=40)])
    leaves_on = DateField(_("Last day there"), [InputRequired(), _day])


class ImportForm(Form):
    """A staff list from a file."""

    file = FileField(_("File (Excel or CSV)"), [FileRequired(message=_("Choose a file first."))])
    unit = StringField(_("Unit"), [Optional(), Length(max=40)])
    as_of = DateField(_("Day that the list describes"), [InputRequired(), _day])
    full_list = RadioField(_("What the file holds"), default="part")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.full_list.choices = [
            ("part", _("Some of the people: nobody is taken off the list")),
            ("full", _("The unit's whole list: whoever is not in it has left")),
        ]


class BasisForm(Form):
    """The unit says that the portal holds its whole list."""

    day = DateField(_("Complete from"), [InputRequired(), _day])


class TotalsForm(Form):
    """A signed total instead of a list: a number for each group."""

    # the page has the field of the other form, too: by its id the label and the list of errors find this one
    day = DateField(_("From"), [InputRequired(), _day], id="totals-day")
    paper = FileField(
        _("The signed paper (PDF or photograph)"), [FileRequired(message=_("Choose a file first."))]
    )


for _audience in STAFF:
    setattr(
        TotalsForm,
        f"n_{_audience}",
        IntegerField(_(AUDIENCE_LABELS[_audience]), [Optional(), NumberRange(min=0, max=100_000)]),
    )

"""Forms of one's own data, of reasons, and of removing a person."""

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # not in the stubs yet
from wtforms.validators import InputRequired, Length, Optional, Regexp

from portal.core.accounts import secrets
from portal.core.forms import AsksAboutChildren, Form
from portal.core.names import phone_number


class CorrectForm(Form):
    """Correct one's own name, number, address and language; the secret says that it is oneself."""

    full_name = StringField(_("Full name"), [InputRequired(), Length(min=2, max=80)])
    phone = TelField(_("Phone number"), [Optional(), Length(max=20)])
    email = EmailField(
        _("E-mail"),
        [
            Optional(),
            Length(max=120),
            Regexp(
                r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+$", message=_("Write it like ten@example.vn.")
            ),
        ],
    )
    language = SelectField(
        _("Language"),
        [InputRequired()],
        choices=[SelectChoice("vi", "Tiếng Việt"), SelectChoice("en", "English")],
    )
    present = PasswordField(_("Present password or PIN"), [InputRequired(), Length(max=secrets.MAX_LENGTH)])

    def validate_phone(self, field: TelField) -> None:
        """Refuse what is not a Vietnamese number."""
        if field.data and phone_number(field.data) is None:
            raise ValidationError(_("This is not a phone number we know. Write it like 0912 345 678."))

    def validate_full_name(self, field: StringField) -> None:
        """Ask for family and given name: certificates need both."""
        if " " not in (field.data or ""):
            raise ValidationError(_("Write family and given name, as on your papers."))


class EraseMeForm(Form):
    """Remove oneself: the secret, and that one has understood."""

    understood = BooleanField(
        _("I have read what is removed and what stays. I know that this cannot be undone."),
        [InputRequired(message=_("Tick this box if you are sure."))],
    )
    present = PasswordField(_("Present password or PIN"), [InputRequired(), Length(max=secrets.MAX_LENGTH)])


class ReasonForm(AsksAboutChildren):
    """Why a list is opened."""

    next = HiddenField()
    reason = TextAreaField(
        _("Why do you need this list?"),
        [InputRequired(), Length(min=10, max=500)],
        description=_(
            "One sentence. It is recorded with your name. Do not write names of people or of children."
        ),
    )


class EraseForm(AsksAboutChildren):
    """Remove somebody else, with the reason."""

    reason = TextAreaField(
        _("Why are the data removed?"),
        [InputRequired(), Length(min=10, max=500)],
        description=_(
            "For example: written request of the person of 12/3/2026, number 15. Do not write the person's name."
        ),
    )
    understood = BooleanField(
        _("I have checked that this is the person. I know that this cannot be undone."),
        [InputRequired(message=_("Tick this box if you are sure."))],
    )

"""Forms of signing in, signing up and one's account."""

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

from portal.core.accounts import secrets
from portal.core.accounts.errors import NameUnprintable
from portal.core.consent.wordings import CURRENT, PARENT, WORDINGS
from portal.core.forms import Form
from portal.core.names import phone_number, unprintable


class LoginForm(Form):
    """Who, and the secret. One field takes a phone number, a staff code or a name given."""

    login = StringField(_("Phone number, staff code or user name"), [InputRequired(), Length(max=60)])
    secret = PasswordField(_("Password or PIN"), [InputRequired(), Length(max=secrets.MAX_LENGTH)])


class RegisterForm(Form):
    """A parent signs up: five things, under a minute."""

    registration_key = HiddenField(validators=[InputRequired(), Regexp(r"^[A-Za-z0-9_-]{20,40}$")])
    full_name = StringField(_("Full name"), [InputRequired(), Length(min=2, max=80)])
    phone = TelField(_("Phone number"), [InputRequired(), Length(max=20)])
    commune = SelectField(_("Commune or ward"), [InputRequired()], validate_choice=True)
    pin = PasswordField(
        _("PIN of six digits"),
        [
            InputRequired(),
            Regexp(r"^[0-9]{6}$", message=_("A PIN is six digits.")),
        ],
    )
    consent = BooleanField(
        _(WORDINGS[PARENT, CURRENT[PARENT]]),
        [
            InputRequired(
                message=_("Without your consent we may not keep anything. You can still read the open pages.")
            )
        ],
    )

    def validate_phone(self, field: TelField) -> None:
        """Refuse what is not a Vietnamese number."""
        if phone_number(field.data or "") is None:
            raise ValidationError(_("This is not a phone number we know. Write it like 0912 345 678."))

    def validate_full_name(self, field: StringField) -> None:
        """Ask for family and given name, in letters that can be printed: certificates need both."""
        if " " not in (field.data or ""):
            raise ValidationError(_("Write family and given name, as on your papers."))
        if letters := unprintable(field.data or ""):
            raise ValidationError(_(NameUnprintable.message, letters=" ".join(letters)))


class SecretForm(Form):
    """Change a password."""

    present = PasswordField(_("Present password"), [InputRequired(), Length(max=secrets.MAX_LENGTH)])
    new = PasswordField(
        _("New password"), [InputRequired(), Length(min=secrets.MIN_LENGTH, max=secrets.MAX_LENGTH)]
    )
    again = PasswordField(
        _("New password, once more"),
        [InputRequired(), EqualTo("new", message=_("The two are not the same."))],
    )


class PinForm(Form):
    """Change a PIN."""

    present = PasswordField(_("Present PIN"), [InputRequired(), Length(max=secrets.MAX_LENGTH)])
    new = PasswordField(
        _("New PIN of six digits"),
        [InputRequired(), Regexp(r"^[0-9]{6}$", message=_("A PIN is six digits."))],
    )
    again = PasswordField(
        _("New PIN, once more"), [InputRequired(), EqualTo("new", message=_("The two are not the same."))]
    )


class FirstForm(Form):
    """Who, and the confirmation code of a printed slip."""

    login = StringField(_("Staff code or phone number"), [InputRequired(), Length(max=60)])
    code = StringField(_("Confirmation code on the slip"), [InputRequired(), Length(max=40)])


class FirstSecretForm(Form):
    """Choose a password at the first sign-in."""

    new = PasswordField(
        _("New password"), [InputRequired(), Length(min=secrets.MIN_LENGTH, max=secrets.MAX_LENGTH)]
    )
    again = PasswordField(
        _("New password, once more"),
        [InputRequired(), EqualTo("new", message=_("The two are not the same."))],
    )


class FirstPinForm(Form):
    """Choose a PIN at the first sign-in."""

    new = PasswordField(
        _("New PIN of six digits"),
        [InputRequired(), Regexp(r"^[0-9]{6}$", message=_("A PIN is six digits."))],
    )
    again = PasswordField(
        _("New PIN, once more"), [InputRequired(), EqualTo("new", message=_("The two are not the same."))]
    )


class AskForm(FirstSecretForm):
    """Ask the head to confirm: who, the name as on the unit's list, and the password to come."""

    login = StringField(_("Staff code or phone number"), [InputRequired(), Length(max=60)])
    full_name = StringField(_("Full name"), [InputRequired(), Length(min=2, max=80)])


class EmptyForm(Form):
    """A button: nothing but the token against forged requests."""

"""Forms about certificates."""

from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.core.forms import Form


class VerifyForm(Form):
    """The serial of a paper in somebody's hand."""

    serial = StringField(_("Serial number of the certificate"), [InputRequired(), Length(max=60)])


class RevokeForm(Form):
    """Why a certificate is withdrawn."""

    reason = TextAreaField(_("Reason"), [InputRequired(), Length(min=10, max=1000)])

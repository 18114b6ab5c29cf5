"""Forms about certificates."""

from flask_babel import lazy_gettext as _
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from portal.core.forms import AsksAboutChildren


class RevokeForm(AsksAboutChildren):
    """Why a certificate is withdrawn."""

    reason = TextAreaField(_("Reason"), [InputRequired(), Length(min=10, max=1000)])

"""Forms of reports: words of the sections, a reason, what the clerk gave the issued paper."""

from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.core.forms import AsksAboutChildren, Form

LONGEST = 20_000


class WordsForm(Form):
    """The words of the sections that people write; III is computed."""

    I = TextAreaField(lazy_gettext("I. Direction and organisation"), [InputRequired(), Length(max=LONGEST)])  # noqa: E741 - the section's numeral
    II = TextAreaField(lazy_gettext("II. What was done"), [InputRequired(), Length(max=LONGEST)])
    IV = TextAreaField(
        lazy_gettext("IV. Difficulties and their causes"), [InputRequired(), Length(max=LONGEST)]
    )
    V = TextAreaField(lazy_gettext("V. Tasks of the next period"), [InputRequired(), Length(max=LONGEST)])
    VI = TextAreaField(lazy_gettext("VI. Proposals"), [InputRequired(), Length(max=LONGEST)])


class ReturnForm(AsksAboutChildren):
    """Why a report is returned."""

    reason = TextAreaField(lazy_gettext("Reason for the return"), [InputRequired(), Length(min=10, max=2000)])


class IssuedForm(Form):
    """Number, day and scan of the issued paper."""

    number = StringField(lazy_gettext("Number and sign"), [InputRequired(), Length(max=100)])
    issued_on = DateField(lazy_gettext("Issued on"), [InputRequired()])
    scan = FileField(lazy_gettext("Signed scan (PDF)"), [Optional()])

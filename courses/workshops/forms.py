"""Forms around a class."""

from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from courses.workshops.plan import PLAN_ITEMS
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.forms import AsksAboutChildren, Form
from portal.core.locale import language
from portal.core.organisation.models import SECTOR_LABELS

DAYS = 5


class DayForm(PlainForm):
    """A day of a class."""

    day = DateField(lazy_gettext("Day"), validators=[Optional()])
    hours = StringField(lazy_gettext("Hours"), validators=[Length(max=40)])


class WorkshopForm(Form):
    """What somebody says about a class. Codes of units and areas are looked up by the view."""

    key = HiddenField(validators=[DataRequired(), Length(min=8, max=40)])
    title = StringField(lazy_gettext("Name of the class"), validators=[DataRequired(), Length(max=200)])
    course = SelectField(lazy_gettext("Course"), validators=[Optional()])
    plan_item = SelectField(lazy_gettext("Item of plan 39/KH-UBND"), validators=[DataRequired()])
    organiser = StringField(
        lazy_gettext("Organising unit (code)"), validators=[DataRequired(), Length(max=40)]
    )
    area = StringField(
        lazy_gettext("Area where it is held (code)"), validators=[DataRequired(), Length(max=40)]
    )
    place = StringField(lazy_gettext("Place"), validators=[DataRequired(), Length(max=200)])
    days = FieldList(FormField(DayForm), min_entries=DAYS, max_entries=DAYS)
    days_needed = IntegerField(
        lazy_gettext("Days one must be there to have taken part"),
        validators=[InputRequired(), NumberRange(1, DAYS)],
        default=1,
    )
    capacity = IntegerField(
        lazy_gettext("Seats"), validators=[InputRequired(), NumberRange(1, 2000)], default=40
    )
    trainers = TextAreaField(
        lazy_gettext("Trainers (staff code, phone number or user name; one a line)"),
        validators=[Length(max=1000)],
    )
    guest_trainers = StringField(lazy_gettext("Guest trainers (names)"), validators=[Length(max=200)])
    for_area = StringField(lazy_gettext("Open to people of (area code)"), validators=[Length(max=40)])
    for_sector = SelectField(lazy_gettext("Open to the sector"), validators=[Optional()])
    for_audience = SelectField(lazy_gettext("Open to"), validators=[Optional()])

    def offer(self, courses: Any) -> "WorkshopForm":
        """Fill the lists of choices; return the form."""
        chosen = language()
        self.course.choices = [
            ("", gettext("no course: awareness or event")),
            *((str(course_id), f"{code} · {title[chosen]}") for course_id, code, title in courses),
        ]
        self.plan_item.choices = [
            ("", gettext("choose")),
            *((code, f"{code} – {words[chosen]}") for code, words in PLAN_ITEMS.items()),
        ]
        self.for_sector.choices = [
            ("", gettext("every sector")),
            *((str(code), gettext(label)) for code, label in SECTOR_LABELS.items()),
        ]
        self.for_audience.choices = [
            ("", gettext("everybody")),
            *((str(code), gettext(label)) for code, label in AUDIENCE_LABELS.items()),
        ]
        return self

    def given_days(self) -> tuple[tuple[date, str], ...]:
        """Return the days that were filled in."""
        return tuple(
            (one.form.day.data, (one.form.hours.data or "").strip())
            for one in self.days
            if one.form.day.data is not None
        )

    def validate_days(self, field: Field) -> None:
        """Ask for at least one day, each once."""
        days = [day for day, _hours in self.given_days()]
        if not days:
            raise ValidationError(gettext("Give at least one day."))
        if len(set(days)) < len(days):
            raise ValidationError(gettext("The same day stands twice."))

    def validate_days_needed(self, field: Field) -> None:
        """Do not ask for more days than the class has."""
        many = len(self.given_days())
        if many and field.data and field.data > many:
            raise ValidationError(gettext("The class has only %(num)d days.", num=many))


class ReasonForm(AsksAboutChildren):
    """A reason."""

    reason = TextAreaField(lazy_gettext("Reason"), validators=[DataRequired(), Length(min=10, max=500)])


class PersonForm(Form):
    """A person to be found."""

    login = StringField(
        lazy_gettext("Staff code, phone number or user name"), validators=[DataRequired(), Length(max=60)]
    )


class CodeForm(Form):
    """The code of the trainer's screen."""

    code = StringField(lazy_gettext("Code on the screen"), validators=[DataRequired(), Length(max=20)])


class CloseForm(AsksAboutChildren):
    """Closing: what the sheets say."""

    signatures = IntegerField(
        lazy_gettext("Signatures on the sheets, all days together"),
        validators=[InputRequired(), NumberRange(0, 20000)],
    )
    visits = IntegerField(
        lazy_gettext("People who came and are on no list"),
        validators=[Optional(), NumberRange(0, 20000)],
        default=0,
    )
    reason = TextAreaField(
        lazy_gettext("Why signatures and ticks differ (only if they do)"), validators=[Length(max=500)]
    )


class CorrectForm(AsksAboutChildren):
    """A correction after closing."""

    user = HiddenField(validators=[DataRequired()])
    day = HiddenField(validators=[DataRequired()])
    present = BooleanField(lazy_gettext("was there"))
    reason = TextAreaField(lazy_gettext("Reason"), validators=[DataRequired(), Length(min=10, max=500)])


class UploadForm(Form):
    """A file."""

    file = FileField(lazy_gettext("File"), validators=[FileRequired(lazy_gettext("Choose a file first."))])


class PaperForm(WorkshopForm):
    """A class of the past: what it was, its list, the scan that proves it."""

    visits = IntegerField(
        lazy_gettext("People who were there and are not on the list"),
        validators=[Optional(), NumberRange(0, 20000)],
        default=0,
    )
    whole_course = BooleanField(
        lazy_gettext("The class was the whole course: whoever was there has completed it")
    )
    list = FileField(
        lazy_gettext("List of who was there (Excel or CSV)"),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
    )
    evidence = FileField(
        lazy_gettext("Scanned sign-in sheet or decision (PDF, JPEG, PNG)"),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
    )

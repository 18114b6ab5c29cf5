"""Forms of declaring: one that fits itself to the kind of its item, and those of deciding and of facts about people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.forms import AsksAboutChildren, Form
from portal.indicators import words
from portal.indicators.declaring import values
from portal.indicators.definitions import Item, ItemKind

EARLIEST = date(2000, 1, 1)
OF_KIND = {
    ItemKind.COUNT: ("number",),
    ItemKind.YES: ("yes",),
    ItemKind.CHECKLIST: ("ticks",),
    ItemKind.DOCUMENT: ("document", "document_on", "partner"),
    ItemKind.WORDS: ("words",),
}
#: Fields in which somebody writes freely: they are looked through for words about a child before anything is kept.
FREE = ("document", "partner", "words", "note")
WHOLE_NUMBER = lazy_gettext("Write a whole number without a sign, like 1850 or 1.850; at most 10.000.000.")


class ValueForm(AsksAboutChildren):
    """What comes with every value: its day, evidence, a note; the words are looked through for a child."""

    said_on = DateField(_("As of"), [InputRequired()])
    evidence = FileField(_("Evidence: PDF, JPEG or PNG"))
    kept = HiddenField()
    note = TextAreaField(_("Note"), [Optional(), Length(max=1000)])
    free = FREE

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field and the words for a child, then what only the item knows."""
        good = bool(super().validate(extra_validators))
        for problem in (self._days(), self._value()):
            good = good and not problem
        return good

    def _say(self, name: str, message: str) -> bool:
        self[name].errors = [*self[name].errors, message]
        return True

    def _value(self) -> bool:
        """Say what is wrong with the value itself; return whether anything is."""
        raise NotImplementedError

    def _days(self) -> bool:
        found = False
        for name in ("said_on", "document_on"):
            if name in self and self[name].data is not None and self[name].data < EARLIEST:
                found = self._say(name, gettext("The year of this date cannot be right."))
        dated = self.document_on.data if "document_on" in self else None
        if dated and self.said_on.data and dated > self.said_on.data:
            found = self._say(
                "document_on", gettext("The document is dated after the day for which you declare it.")
            )
        return found


class DeclareForm(ValueForm):
    """A value of an item; only the fields of its kind remain."""

    number = StringField(_("Number"), [InputRequired(), Length(max=20)])
    yes = RadioField(_("Your statement"), [InputRequired()])
    ticks = SelectMultipleField(
        _("What is there"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    document = StringField(_("Number of the document"), [InputRequired(), Length(max=80)])
    document_on = DateField(_("Date of the document"), [InputRequired()])
    partner = StringField(_("Agreed with"), [Optional(), Length(max=200)])
    words = TextAreaField(_("In words"), [InputRequired(), Length(min=values.LEAST_WORDS, max=4000)])

    def __init__(self, item: Item, **kwargs: Any) -> None:
        """Keep the fields of the item's kind."""
        super().__init__(**kwargs)
        self.item = item
        for names in OF_KIND.values():
            for name in names:
                if name not in OF_KIND[item.kind]:
                    del self[name]
        if item.kind == ItemKind.YES:
            self.yes.choices = [("yes", gettext("Yes")), ("no", gettext("No"))]
        if item.kind == ItemKind.CHECKLIST:
            self.ticks.choices = [(code, words.said(label)) for code, label in item.ticks]
        if item.kind == ItemKind.DOCUMENT and not values.has_partner(item):
            del self.partner

    def _value(self) -> bool:
        counts = self.item.kind == ItemKind.COUNT and bool(self.number.data)
        if counts and values.whole_number(str(self.number.data)) is None:
            return self._say("number", str(WHOLE_NUMBER))
        if self.item.kind == ItemKind.CHECKLIST and not self.ticks.data:
            return self._say("ticks", gettext("Tick what is there."))
        return False

    @property
    def given(self) -> dict[str, Any]:
        """Return the value as `values.stored` takes it."""
        kind = self.item.kind
        if kind == ItemKind.COUNT:
            return {"number": values.whole_number(str(self.number.data))}
        if kind == ItemKind.YES:
            return {"yes": self.yes.data == "yes"}
        if kind == ItemKind.CHECKLIST:
            return {"ticks": list(self.ticks.data or ())}
        if kind == ItemKind.DOCUMENT:
            partner = self.partner.data if "partner" in self else None
            return {"document": self.document.data, "document_on": self.document_on.data, "partner": partner}
        return {"words": self.words.data}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table of numbers: a grade (of a unit that gives one number: `""`), and its fields."""

    code: str
    label: str
    whole: StringField
    part: StringField | None


class NumbersForm(ValueForm):
    """The numbers of an item by grade, beside those of the item that counts some of them; made by `numbers_form`.

    A unit that is not asked by grade has one line.
    """

    whole_item: Item
    part_item: Item | None
    labels: tuple[tuple[str, str], ...]

    @property
    def lines(self) -> list[Line]:
        """Return the lines in the order of the plan."""
        part = self.part_item is not None
        return [
            Line(code, label, self[_name("whole", code)], self[_name("part", code)] if part else None)
            for code, label in self.labels
        ]

    @property
    def numbers(self) -> values.Numbers:
        """Return what the columns say."""
        return values.numbers(
            {
                line.code: (str(line.whole.data or ""), str(line.part.data or "") if line.part else "")
                for line in self.lines
            }
        )

    def _value(self) -> bool:
        labels = dict(self.labels)
        for one in self.numbers.wrong:
            if not one.grade and self.whole.errors:
                continue  # a field that must be filled in has said so itself
            self._say(_name(one.column, one.grade), _wrong(one, labels[one.grade]))
        return bool(self.numbers.wrong)

    @property
    def given(self) -> list[tuple[Item, dict[str, Any]]]:
        """Return each item that was entered with its value, as `values.stored` takes it."""
        found = self.numbers
        columns = [(self.whole_item, found.whole)]
        if self.part_item is not None and found.part is not None:
            columns.append((self.part_item, found.part))
        return [
            (item, {"number": column[""]} if "" in column else {"grades": dict(column)})
            for item, column in columns
        ]


def _name(column: str, grade: str) -> str:
    return f"{column}_{grade}" if grade else column


def _wrong(one: values.Wrong, grade: str) -> str:
    """Return what is wrong with a number; the grade is named, for the summary stands far from the line."""
    if one.what == "more":
        message = gettext(
            "%(grade)s: %(part)s were taught, and there are only %(whole)s. Correct one of the two numbers.",
            grade=grade, part=one.part, whole=one.whole,
        )  # fmt: skip
        return str(message)
    if one.what == "lacking" and one.column == "whole":
        return str(gettext("%(grade)s: write how many there are in all.", grade=grade))
    if one.what == "lacking":
        return str(gettext("%(grade)s: write how many were taught; 0 where nobody was yet.", grade=grade))
    if one.what == "empty":
        return str(gettext("Write at least one number."))
    return f"{grade}: {WHOLE_NUMBER}"


def numbers_form(whole: Item, part: Item | None, unit_kind: str, **kwargs: Any) -> NumbersForm:
    """Return the form of an item and of the one that counts some of it, for a kind of unit: a line for each grade."""
    grades = whole.grades_of(unit_kind)
    one_number = whole.by_grade.one_number if whole.by_grade is not None else whole.label
    names = tuple((code, words.said(label)) for code, label in grades) or (("", words.said(one_number)),)

    class Fitted(NumbersForm):
        whole_item, part_item, labels = whole, part, names

    for code, _label in names:
        for column, item in (("whole", whole), ("part", part)):
            if item is not None and item.by_grade is not None:
                above = item.by_grade.column if grades else item.by_grade.one_number
                needed = InputRequired() if not code and column == "whole" else Optional()
                setattr(Fitted, _name(column, code), StringField(words.said(above), [needed, Length(max=20)]))
    return Fitted(**kwargs)


def typed_before(whole: Mapping[str, Any] | None, part: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what `numbers_form` is filled in with from two stored values, so that one number is mended, not all typed again."""
    return {
        _name(column, grade): str(number)
        for column, value in (("whole", whole), ("part", part))
        for grade, number in ((value or {}).get("grades") or {}).items()
    }


class ReturnForm(AsksAboutChildren):
    """Why a value is returned."""

    reason = TextAreaField(_("Reason"), [InputRequired(), Length(min=values.LEAST_NOTE, max=1000)])


class FactForm(Form):
    """The day from which (or with which) a fact about the people ticked holds, with its paper."""

    day = DateField(_("Day"), [InputRequired()])
    scan = FileField(_("Scan of the signed registrations: PDF, JPEG or PNG"))
    kept = HiddenField()

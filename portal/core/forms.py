"""The base of all forms: our catalogues for WTForms' own messages, blanks stripped, NFC at the edge; and of those
that take free text, which is looked through for words about a child.
"""

from typing import Any, ClassVar

from flask_babel import get_translations, gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field

from portal.core.child_words import child_in_text
from portal.core.names import tidy, tidy_lines


class _Translations:
    """WTForms asks here for its built-in messages; they are in our catalogues because it ships no Vietnamese.

    It fills the placeholders itself, after asking: Flask-Babel's own functions would, and would not know `max`.
    """

    def gettext(self, text: str) -> str:
        return str(get_translations().gettext(text))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return str(get_translations().ngettext(one, many, number))


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose text fields arrive tidy (NFC, single spaces; several lines stay several) unless they hold a secret."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """WTForms' hooks."""

        def get_translations(self, form: object) -> _Translations:
            """Return our catalogues."""
            return _Translations()

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Add `tidy` to every text field."""
            kind = unbound_field.field_class.__name__
            filters = list(unbound_field.kwargs.get("filters", []))
            if kind in ("StringField", "SearchField", "TelField"):
                filters.append(_tidy)
            elif kind == "TextAreaField":
                filters.append(
                    _tidy_lines
                )  # a line break there is meant: it parts paragraphs, or names of a list
            bound: Field = unbound_field.bind(form=form, filters=filters, **options)
            return bound


class AsksAboutChildren(Form):
    """A form whose free text is looked through for words about a child before anything of it is kept.

    free: the names of its fields of free text. Words that are found are asked about (`asks_sure`: the page shows
    `sure`); whoever ticks it decides.
    """

    free: ClassVar[tuple[str, ...]] = ("reason",)
    sure = BooleanField(lazy_gettext("It names no child and describes no case."))
    asks_sure = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then the words; every fault is told at once."""
        good = bool(super().validate(extra_validators))
        for name in self.free:
            words = child_in_text(str(self[name].data or "")) if name in self else ""
            if words:
                self.asks_sure = True
                if not self.sure.data:
                    fault = gettext(
                        "“%(words)s” seems to speak of a child. Nothing was kept. Leave it out, or tick that it names no child.",
                        words=words,
                    )
                    self[name].errors = [*self[name].errors, fault]
                    good = False
        return good


def _tidy(value: object) -> object:
    return tidy(value) if isinstance(value, str) else value


def _tidy_lines(value: object) -> object:
    return tidy_lines(value) if isinstance(value, str) else value

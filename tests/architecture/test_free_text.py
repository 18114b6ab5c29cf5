"""Whatever takes free text looks it through for words about a child before it is kept, or says here why not."""

import inspect
import sys
from collections.abc import Iterator

from wtforms import TextAreaField

from portal.app import create_app
from portal.core.forms import Form

#: Fields that are not looked through by their form, and why.
OTHERWISE = {
    ("WorkshopForm", "trainers"): "names of trainers, one a line",
    ("PaperForm", "trainers"): "names of trainers, one a line",
    **{("WordsForm", section): "portal.reports.filing.checks looks at the whole report"
       for section in ("I", "II", "IV", "V", "VI")},
}  # fmt: skip


def forms(root: type[Form] = Form) -> Iterator[type[Form]]:
    for one in root.__subclasses__():
        yield one
        yield from forms(one)


def test_free_text_is_looked_through() -> None:
    assert create_app.__module__ in sys.modules  # every form of the portal is loaded with it
    written = {
        (one.__name__, name): name in getattr(one, "free", ())
        for one in forms()
        if one.__module__.startswith(("portal", "courses", "quizzes"))
        for name, field in inspect.getmembers(one)
        if getattr(field, "field_class", None) is TextAreaField
    }

    assert len(written) > 15
    assert {field for field, looked in written.items() if not looked} == set(OTHERWISE)

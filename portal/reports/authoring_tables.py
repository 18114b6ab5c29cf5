"""What authors see as tables: a row for each use of a legal text, a row for each course version."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from flask_babel import gettext as _

from courses.quality import CourseQuality, LawUsed, Use
from courses.toml_tables import Text
from portal.core.locale import language
from portal.core.text import N_
from portal.reports.tables import Column, Kind, Table, Value

KIND_LABELS: Mapping[str, str] = {
    "single": N_("one right answer"),
    "multiple": N_("several right answers"),
    "truefalse": N_("true or false"),
    "matching": N_("matching"),
    "ordering": N_("ordering"),
    "numeric": N_("a number"),
    "shorttext": N_("a word or three"),
    "branching": N_("a story in steps"),
}


def law_table(laws: Sequence[LawUsed], search: str) -> Table:
    """Return a row for each lesson and question that rests on a legal text; one row for a text that nothing rests on."""
    return Table(
        title=_("Law used in the courses"),
        asked=_("Search: %(words)s", words=search) if search else _("all legal texts"),
        columns=(
            Column("number", _("Number"), width=22),
            Column("title", _("Legal text"), width=50),
            Column("in_force", _("In force since"), Kind.DATE),
            Column("replaced_by", _("Replaced by"), width=30),
            Column("verify", _("To be compared with the original"), width=16),
            Column("what", _("What rests on it"), width=12),
            Column("course", _("Course and version"), width=12),
            Column("place", _("Lesson or question"), width=30),
            Column("title_of", _("Title or wording"), width=60),
            Column("said", _("What the lesson says of it"), width=60),
        ),
        rows=_law_rows(laws),
    )


def _law_rows(laws: Sequence[LawUsed]) -> Iterator[Sequence[Value]]:
    for one in laws:
        law = one.law
        start = (
            law.number,
            law.title,
            law.in_force if law.in_force else "",
            replaced(one),
            _("yes") if law.verify else "",
        )
        for use in one.lessons:
            yield (*start, _("Lesson"), *_use(use))
        for use in one.questions:
            yield (*start, _("Question"), *_use(use))
        if not one.lessons and not one.questions:
            yield (*start, _("nothing"), "", "", "", "")


def replaced(one: LawUsed) -> str:
    """Return what took the place of a legal text, and from which day, as it is shown."""
    if not one.law.ended:
        return one.law.replaced_by
    return f"{one.law.replaced_by} ({one.law.ended.isoformat()})"


def _use(use: Use) -> tuple[Value, ...]:
    place = f"{use.bank} {use.place}".strip()
    return f"{use.code}/{use.number}", place, worded(use.title), use.said


def worded(text: Text) -> str:
    """Return a text in the reader's language."""
    return text.en if language() == "en" else text.vi


def quality_table(courses: Sequence[CourseQuality]) -> Table:
    """Return a row for each course version with its measures."""
    return Table(
        title=_("What the courses are made of"),
        asked=_("every version whose files can be read"),
        columns=(
            Column("course", _("Course and version"), width=12),
            Column("title", _("Title"), width=40),
            Column("sealed", _("Published"), width=10),
            Column("lessons", _("Lessons"), Kind.COUNT),
            Column("minutes", _("Minutes"), Kind.COUNT),
            Column("words_vi", _("Words, Vietnamese"), Kind.COUNT),
            Column("words_en", _("Words, English"), Kind.COUNT),
            Column("level_vi", _("Words in a sentence, Vietnamese")),
            Column("level_en", _("Words in a sentence, English")),
            Column("longest_vi", _("Longest sentence, Vietnamese"), Kind.COUNT),
            Column("longest_en", _("Longest sentence, English"), Kind.COUNT),
            Column("scenarios", _("Scenarios"), Kind.COUNT),
            Column("job_aids", _("Job aids"), Kind.COUNT),
            Column("sources", _("Sources"), Kind.COUNT),
            Column("without_key", _("Sources without a key"), Kind.COUNT),
            Column("questions", _("Questions"), Kind.COUNT),
            Column("with_source", _("Questions with a source"), Kind.COUNT),
            *(Column(kind, _(label), Kind.COUNT) for kind, label in KIND_LABELS.items()),
            Column("objectives", _("Questions by objective"), width=30),
            *(
                Column(f"difficulty_{one}", _("Questions of difficulty %(number)d", number=one), Kind.COUNT)
                for one in (1, 2, 3)
            ),
            Column("faults", _("Faults"), Kind.COUNT),
            Column("notes", _("Notes of the check"), Kind.COUNT),
        ),
        rows=[_quality_row(one) for one in courses],
    )


def _quality_row(one: CourseQuality) -> Sequence[Value]:
    measures = one.measures
    return (
        one.name,
        worded(one.title),
        _("yes") if one.sealed else _("not yet"),
        measures.lessons,
        measures.minutes,
        measures.words["vi"],
        measures.words["en"],
        average(measures.average("vi")),
        average(measures.average("en")),
        *(longest.words if (longest := measures.level[lang].longest) else 0 for lang in ("vi", "en")),
        measures.scenarios,
        measures.job_aids,
        measures.sources,
        measures.without_key,
        one.questions,
        one.with_source,
        *(one.kinds.get(kind, 0) for kind in KIND_LABELS),
        " · ".join(f"{ref}: {count}" for ref, count in sorted(one.objectives.items())),
        *(one.difficulties.get(level, 0) for level in (1, 2, 3)),
        len(one.faults),
        len(one.notes),
    )


def average(words: Fraction | None) -> str:
    """Return an average with one decimal as its reader writes it; a dash where there is nothing to average."""
    if words is None:
        return "–"
    exact = Decimal(words.numerator) / Decimal(words.denominator)
    text = str(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))
    return text if language() == "en" else text.replace(".", ",")

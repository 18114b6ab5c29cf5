"""What the course files are made of and what they rest on, for those who write them. Reads files, never the database."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from courses import craft, loader
from courses.craft import Measures
from courses.faults import Fault
from courses.loader import Checked
from courses.manifest import CourseManifest
from courses.sources import Law, Register
from courses.toml_tables import Text
from portal.core.names import fold
from quizzes.bank import Bank


@dataclass(frozen=True, slots=True)
class CourseQuality:
    """A course version with its measures and its questions.

    Questions are counted over the banks of all its quizzes, each bank once: by kind, by objective and by difficulty.
    """

    code: str
    number: int
    title: Text
    sealed: bool
    measures: Measures
    questions: int
    with_source: int
    kinds: Mapping[str, int]
    objectives: Mapping[str, int]
    difficulties: Mapping[int, int]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]

    @property
    def name(self) -> str:
        """Return code and number, as the files are called."""
        return f"{self.code}/{self.number}"


@dataclass(frozen=True, slots=True)
class Use:
    """A lesson or a question that rests on a legal text. number: of the version. place: slug or ref.

    title: of the lesson, or the question's stem. said: what the lesson says of its source, empty for a question.
    """

    code: str
    number: int
    bank: str
    place: str
    title: Text
    said: str


@dataclass(frozen=True, slots=True)
class LawUsed:
    """A legal text and everything of the newest versions that rests on it."""

    law: Law
    articles: tuple[str, ...]
    lessons: tuple[Use, ...]
    questions: tuple[Use, ...]


def courses(checked: Sequence[Checked]) -> list[CourseQuality]:
    """Return every course version that could be read, the newest version of each course first."""
    read = {one.name.removesuffix(".toml"): one for one in checked if one.bank}
    found = [_quality(one, one.course, read) for one in checked if one.course]
    return sorted(found, key=lambda one: (one.code, -one.number))


def _quality(one: Checked, course: CourseManifest, read: Mapping[str, Checked]) -> CourseQuality:
    used = [read[name] for name in _banks_of(course) if name in read]
    questions = [question for bank in used if bank.bank for question in bank.bank.questions]
    return CourseQuality(
        code=course.code,
        number=course.version,
        title=course.title,
        sealed=one.sealed,
        measures=craft.measures(course),
        questions=len(questions),
        with_source=sum(bool(question.sources) for question in questions),
        kinds=Counter(question.kind for question in questions),
        objectives=Counter(question.objective for question in questions),
        difficulties=Counter(question.difficulty for question in questions),
        faults=(*one.faults, *(fault for bank in used for fault in bank.faults)),
        notes=(*one.notes, *(note for bank in used for note in bank.notes)),
    )


def _banks_of(course: CourseManifest) -> list[str]:
    asked = {course.before_after.bank} if course.before_after else set()
    return sorted({quiz.bank for quiz in course.quizzes} | asked)


def law_used(checked: Sequence[Checked], register: Register, search: str = "") -> list[LawUsed]:
    """Return the legal texts of the register whose number, title, articles or courses hold `search`, with their uses.

    Only the newest version of a course is to be revised; older ones never change. A source without a key counts
    where it names the text by its number.
    """
    newest = {one.course.code: one.course for one in checked if one.course}  # versions come in order
    banks = {one.name.removesuffix(".toml"): one.bank for one in checked if one.bank}
    wanted = fold(search)
    found = [
        LawUsed(
            law=law,
            articles=tuple(one.text for one in register.sources.values() if one.law == law.key),
            lessons=tuple(use for course in newest.values() for use in _lessons_on(law, course, register)),
            questions=tuple(
                use for course in newest.values() for use in _questions_on(law, course, banks, register)
            ),
        )
        for law in register.laws.values()
    ]
    return [one for one in found if wanted in fold(" ".join(_words(one)))]


def _words(one: LawUsed) -> Iterable[str]:
    yield from (one.law.number, one.law.title, one.law.replaces, one.law.replaced_by, *one.articles)
    for use in (*one.lessons, *one.questions):
        yield from (use.code, use.title.vi, use.title.en)


def _lessons_on(law: Law, course: CourseManifest, register: Register) -> Iterable[Use]:
    for lesson in course.lessons:
        said = [
            source.text
            for source in lesson.texts["vi"].sources
            if (register.law_of(source.key) == law if source.key else law.number in source.text)
        ]
        if said:
            title = Text(lesson.texts["vi"].title, lesson.texts["en"].title)
            yield Use(course.code, course.version, "", lesson.slug, title, "; ".join(said))


def _questions_on(
    law: Law, course: CourseManifest, banks: Mapping[str, Bank | None], register: Register
) -> Iterable[Use]:
    for name in _banks_of(course):
        bank = banks.get(name)
        for one in bank.questions if bank else ():
            if any(register.law_of(key) == law for key in one.sources):
                yield Use(
                    course.code, course.version, name, one.ref, Text(one.stem["vi"], one.stem["en"]), ""
                )


def survey() -> tuple[Sequence[Checked], Register]:
    """Return what the check found in the shipped files, and the register."""
    return loader.check_all(), loader.sources()[0]

"""The craft of a course: what a careful author would mend though the course is sound, and what it is made of. Pure.

A fault is mended before the version is released; a note is a matter of style, or of a version that is published and so
never changes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from courses import reading
from courses.blocks import blocks
from courses.completion import RuleCode
from courses.faults import Fault
from courses.lesson_files import LessonText
from courses.manifest import CourseManifest
from courses.reading import Level
from courses.safe_words import blaming
from courses.sources import Register, wrong_day

SCENARIOS = 2
"""So many a module, or more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found. fault: must be mended before release; else a note."""

    at: Fault
    fault: bool


def findings(course: CourseManifest, register: Register) -> list[Finding]:
    """Return what the lessons of a course show, in the order of files and lines."""
    name = f"{course.code}/{course.version}"
    easy = reading.is_easy(course.audiences)
    found = [
        Finding(Fault(f"{name}/{text.file}", line, message), fault)
        for lesson in course.lessons
        for text in lesson.texts.values()
        for line, message, fault in _of_text(text, easy, register)
    ]
    found += [Finding(Fault(f"{name}/course.toml", 1, one), False) for one in _of_course(course)]
    return sorted(found, key=lambda one: one.at)


def _of_course(course: CourseManifest) -> Iterator[str]:
    for module in course.modules:
        count = sum(_kinds(lesson.texts["vi"])["scenario"] for lesson in module.lessons)
        if count < SCENARIOS:
            yield f"module {module.ref!r} has {count} scenarios; give it {SCENARIOS} or more"
    sources = [source for lesson in course.lessons for source in lesson.texts["vi"].sources]
    without_key = sum(one.key is None for one in sources)
    if without_key:
        yield (
            f"{without_key} of {len(sources)} sources of its lessons have no key of the register (sources.toml); "
            "advice of the course itself needs none"
        )
    minutes = _minutes_asked(course)
    if minutes > course.minutes:
        yield f"its lessons take {minutes} minutes, more than the {course.minutes} that the certificate states"


def _minutes_asked(course: CourseManifest) -> int:
    """Return the minutes of the lessons that one learner reads: of several tracks the longest."""
    minutes = {module.ref: sum(one.minutes for one in module.lessons) for module in course.modules}
    tracks = next((rule.modules for rule in course.completion if rule.code == RuleCode.TRACK_SHARE), ())
    longest = max((minutes[ref] for ref in tracks if ref in minutes), default=0)
    return longest + sum(many for ref, many in minutes.items() if ref not in tracks)


def _of_text(text: LessonText, easy: bool, register: Register) -> Iterator[tuple[int, str, bool]]:
    """Yield (line of the file, message, whether a fault)."""
    if message := reading.hard_on_average(text.body, easy):
        yield text.line, message, True
    if long := reading.long_sentence(text.body, easy):
        yield text.line + long[0] - 1, long[1], False
    if message := reading.wrong_minutes(text.words, text.minutes):
        yield text.line, message, True
    for line, words, better in blaming(text.body):
        yield text.line + line - 1, f"“{words}” may blame a child; better: {better}", False
    for source in text.sources:
        if source.key is not None and source.key not in register.sources:
            yield 1, f"there is no source “{source.key}” in the register (sources.toml); mend the key", True
        elif source.key and (message := wrong_day(source.text, register.law_of(source.key))):
            yield 1, message, True


def _kinds(text: LessonText) -> Counter[str]:
    return Counter(block.kind for block in blocks(text.body))


@dataclass(frozen=True, slots=True)
class Measures:
    """What a course version is made of. words and level: by language; a level's average is None without sentences.

    without_key: sources of lessons that name no key of the register, of all sources.
    """

    lessons: int
    minutes: int
    words: Mapping[str, int]
    level: Mapping[str, Level]
    scenarios: int
    job_aids: int
    sources: int
    without_key: int
    easy: bool

    def average(self, language: str) -> Fraction | None:
        """Return the words of a sentence on average in a language."""
        return self.level[language].average


def measures(course: CourseManifest) -> Measures:
    """Count what the lessons of a course hold; blocks and sources in Vietnamese, which English follows."""
    originals = [lesson.texts["vi"] for lesson in course.lessons]
    kinds = sum((_kinds(one) for one in originals), Counter[str]())
    sources = [source for one in originals for source in one.sources]
    return Measures(
        lessons=len(course.lessons),
        minutes=sum(lesson.minutes for lesson in course.lessons),
        words={lang: sum(one.texts[lang].words for one in course.lessons) for lang in ("vi", "en")},
        level={
            lang: sum((reading.level(one.texts[lang].body) for one in course.lessons), Level())
            for lang in ("vi", "en")
        },
        scenarios=kinds["scenario"],
        job_aids=kinds["jobaid"],
        sources=len(sources),
        without_key=sum(one.key is None for one in sources),
        easy=reading.is_easy(course.audiences),
    )

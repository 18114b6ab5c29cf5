"""One lesson's files, in two languages: front matter, text and all their faults: pure."""

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from courses.blocks import (
    blocks,
    check_blocks,
    count_words,
    heading_lines,
    html_lines,
    is_safe_link,
    media_name,
    references,
)
from courses.safe_words import first_hard
from courses.toml_tables import NotToml, Report, Table, parse

FEWEST_WORDS, MOST_WORDS = 400, 900


@dataclass(frozen=True, slots=True)
class Source:
    """What a lesson rests on, and when somebody last checked it. key: of the register of sources (`sources.toml`)."""

    text: str
    checked: date
    url: str | None
    key: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the source as stored; the date in ISO form, `url` only where there is one."""
        stored = {"text": self.text, "checked": self.checked.isoformat()}
        more = {name: value for name, value in (("url", self.url), ("key", self.key)) if value}
        return {**stored, **more}


@dataclass(frozen=True, slots=True)
class LessonText:
    """A lesson in one language, as its file says. body: Markdown after the front matter. line: of the body's first."""

    file: str
    title: str
    minutes: int
    objectives: tuple[str, ...]
    action: str
    content_note: str | None
    sources: tuple[Source, ...]
    body: str
    line: int
    words: int


@dataclass(frozen=True, slots=True)
class LessonFile:
    """A lesson's text with what is needed to say where its faults are. front: None where it could not be read."""

    text: LessonText
    front: Table | None

    def line(self, key: str, value: str = "") -> int:
        """Return the line of a key of the front matter, or of `value` in it."""
        return self.front.toml.line_of((key,), value) if self.front else 1


def read_lesson(file: str, text: str, changed_on: date, report: Report) -> LessonFile:
    """Return the lesson in `text`, reporting every fault that one file shows by itself.

    file: path inside the course folder. changed_on: the course's date, after which no source can have been checked.
    """
    front, body, line = _split(text, report)
    body_faults(body, line, report)
    try:
        table = Table(parse(front, before=1), report)
    except NotToml as error:
        report(error.line, f"the front matter is not TOML: {error.message}")
        return LessonFile(LessonText(file, "", 1, (), "", None, (), body, line, count_words(body)), None)
    lesson = LessonText(
        file=file,
        title=table.text("title", example='"…"'),
        minutes=table.whole("minutes", 1, 20),
        objectives=table.texts("objectives", example="o1"),
        action=table.text("action", example='"Ngày mai, tôi sẽ …"'),
        content_note=table.text("content_note", required=False) or None,
        sources=tuple(_source(one, changed_on) for one in table.tables("sources")),
        body=body,
        line=line,
        words=count_words(body),
    )
    if lesson.content_note and "111" not in lesson.content_note:
        table.fault("content_note", "a content note names the hotline 111; add it")
    table.close()
    return LessonFile(lesson, table)


def _split(text: str, report: Report) -> tuple[str, str, int]:
    """Return front matter, body and the line where the body begins."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != "+++":
        report(1, "a lesson begins with a line +++, its front matter and a line +++; add them")
        return "", text, 1
    end = next((index for index, line in enumerate(lines[1:], 1) if line.strip() == "+++"), None)
    if end is None:
        report(1, "the front matter is never closed; end it with a line +++")
        return "\n".join(lines[1:]), "", len(lines)
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 2


def _source(table: Table, changed_on: date) -> Source:
    source = Source(
        text=table.text("text", example='"Luật Trẻ em 2016 (102/2016/QH13), Điều 6"'),
        checked=table.day("checked"),
        url=table.text("url", pattern=r"https://\S+", example='"https://…"', required=False) or None,
        key=table.text("key", pattern=r"[a-z0-9-]+", example='"lte"', required=False) or None,
    )
    if source.checked > changed_on:
        table.fault(
            "checked", f"checked on {source.checked}, after the course's changed_on ({changed_on}); mend one"
        )
    table.close()
    return source


def body_faults(body: str, first: int, report: Report) -> None:
    """Report what is wrong with the text of a lesson whose first line is line `first` of its file."""
    words = count_words(body)
    if not FEWEST_WORDS <= words <= MOST_WORDS:
        report(first, f"the lesson has {words} words; write {FEWEST_WORDS} to {MOST_WORDS}")
    for line, message in check_blocks(body):
        report(first + line - 1, message)
    for line in html_lines(body):
        report(first + line - 1, "HTML is shown as text and does nothing; write Markdown or a block")
    for line in heading_lines(body, 1):
        report(first + line - 1, "the title is the page's only first-level heading; use ## here")


def reference_faults(
    lesson: LessonText, media: Collection[str], slugs: Collection[str], report: Report
) -> set[str]:
    """Report pictures and links that lead nowhere; return the names of the media files that the lesson uses."""
    used: set[str] = set()
    for reference in references(lesson.body):
        line = lesson.line + reference.line - 1
        if reference.kind == "image":
            if not reference.text.strip():
                report(line, "the picture has no alt text; say between the brackets what it shows")
            used.add(_media(reference.target, media, line, report))
        elif message := _link_fault(reference.target, slugs):
            report(line, f"the link to “{reference.target}” {message}")
    for block in blocks(lesson.body):
        if block.media:
            used.add(_media(block.media, media, lesson.line + block.line - 1, report))
    return used


def _media(target: str, media: Collection[str], line: int, report: Report) -> str:
    name = media_name(target)
    if name is None:
        report(
            line, f"“{target}” is not in the course's media folder; write media/name.svg, only a-z, 0-9 and -"
        )
        return ""
    if name not in media:
        near = difflib.get_close_matches(name, list(media), 1)
        hint = f"did you mean {near[0]}?" if near else "add the file"
        report(line, f"there is no file media/{name} ({hint})")
    return name


_LESSON_LINK = re.compile(r"\.\./([^/?#]+)/(?:#.*)?")


def _link_fault(target: str, slugs: Collection[str]) -> str:
    if not is_safe_link(target):
        return "is not allowed; use https://…, tel:… or an address on this portal"
    parts = urlsplit(target)
    if parts.scheme == "https" and not parts.hostname:
        return "has no host; write it in full"
    if parts.scheme or target.startswith(("/", "#")):
        return ""
    lesson = _LESSON_LINK.fullmatch(target)
    if lesson and lesson.group(1) in slugs:
        return ""
    return "leads to no lesson; write ../lesson-address/ as in the list of lessons, or an address from / on"


def hard_word(lesson: LessonText) -> tuple[int, str] | None:
    """Return (line, word) of the first word that asks for a content note."""
    found = first_hard(lesson.body)
    return (lesson.line + found[0] - 1, found[1]) if found else None


def compare_front(vietnamese: LessonFile, english: LessonFile, report: Report) -> None:
    """Report, on lines of the English file, where the front matter of the two languages differs.

    Only where both could be read without a fault: else the difference would be between stand-ins.
    """
    if not (vietnamese.front and vietnamese.front.sound and english.front and english.front.sound):
        return
    theirs, ours = vietnamese.text, english.text
    if theirs.minutes != ours.minutes:
        message = f"“minutes” is {ours.minutes}, in Vietnamese {theirs.minutes}; make them the same"
        report(english.line("minutes"), message)
    if theirs.objectives != ours.objectives:
        there, here = ", ".join(theirs.objectives), ", ".join(ours.objectives)
        report(
            english.line("objectives"), f"“objectives” is {here}, in Vietnamese {there}; make them the same"
        )
    if bool(theirs.content_note) != bool(ours.content_note):
        which = "Vietnamese" if theirs.content_note else "English"
        report(english.line("content_note"), f"only the {which} file has a content_note; write it in both")
    if len(theirs.sources) != len(ours.sources):
        message = f"{len(ours.sources)} sources, in Vietnamese {len(theirs.sources)}; list the same ones"
        report(english.line("sources"), message)
    elif [one.key for one in theirs.sources] != [one.key for one in ours.sources]:
        report(
            english.line("sources"), "the keys of the sources differ from the Vietnamese; make them the same"
        )


def compare_shape(vietnamese: LessonText, english: LessonText, report: Report) -> None:
    """Report, on its line of the English file, the first block, heading or picture that is not as in Vietnamese."""
    pairs = zip_longest(_sequence(vietnamese), _sequence(english), fillvalue=(0, ""))
    for (there, theirs), (here, ours) in pairs:
        if ours == theirs:
            continue
        if not ours:
            last = english.line + english.body.rstrip("\n").count("\n")
            report(last, f"“{theirs}” (line {there} of the Vietnamese file) is missing here; translate it")
        elif not theirs:
            report(here, f"“{ours}” is not in the Vietnamese file; remove it here or add it there")
        else:
            report(
                here,
                f"here stands “{ours}”, in Vietnamese “{theirs}” (line {there}); "
                "both files have the same blocks in the same order",
            )
        return


def _sequence(lesson: LessonText) -> list[tuple[int, str]]:
    """Return what gives a lesson its shape, with lines: blocks, headings, pictures."""
    shape = [(block.line, block.name) for block in blocks(lesson.body)]
    shape += [(one.line, "picture") for one in references(lesson.body) if one.kind == "image"]
    shape += [(line, "#" * level) for level in (2, 3) for line in heading_lines(lesson.body, level)]
    return [(lesson.line + line - 1, name) for line, name in sorted(shape)]

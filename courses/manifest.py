"""A course folder to a `CourseManifest`, or every fault with its file and line: pure. The format: content/README.md.

Reads one folder and nothing outside it: no clock, no database, no bank. Whether a quiz's bank exists and has enough
questions is the loader's to ask, for `courses` alone cannot know.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from re import fullmatch
from typing import Any

from courses.blocks import Block, blocks
from courses.completion import Rule, RuleCode, binds
from courses.faults import Fault, FaultyCourse
from courses.lesson_files import (
    LessonFile,
    LessonText,
    compare_front,
    compare_shape,
    hard_word,
    read_lesson,
    reference_faults,
)
from courses.pictures import LARGEST, check_svg, svg_size
from courses.practice import rubric
from courses.safe_words import hurting
from courses.toml_tables import LANGUAGES, NotToml, Report, Table, Text, parse

SECTORS = ("education", "health", "police", "labour", "post", "community", "government")
AUDIENCES = (
    *(
        "teacher",
        "manager",
        "school_staff",
        "health_worker",
        "police_officer",
        "investigator",
        "commune_officer",
    ),
    *(
        "child_affairs_officer",
        "collaborator",
        "volunteer",
        "postal_worker",
        "social_worker",
        "parent",
        "carer",
    ),
)
ACCESS = ("open", "audience", "restricted", "discreet")
CERTIFICATES = ("completion", "participation")
FEEDBACK = ("full", "hints", "none")
PICTURES = (".svg", ".png", ".webp")
RECORDINGS = (".mp3", ".mp4")

_CODE = r"[A-Z]{2}-\d{2}[A-Z]?"
"""The letter is a track of its own, with hours and pass mark of its own: BV-01B beside BV-01."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What a learner can do afterwards."""

    ref: str
    text: Text


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson in every language. slug: its address. name: of its files, without ending. texts: by language."""

    slug: str
    name: str
    minutes: int
    objectives: tuple[str, ...]
    texts: Mapping[str, LessonText]


@dataclass(frozen=True, slots=True)
class Module:
    """Some lessons under one title, in order. content_note: shown before hard content."""

    ref: str
    title: Text
    lessons: tuple[Lesson, ...]
    content_note: Text | None


@dataclass(frozen=True, slots=True)
class Draw:
    """So many questions of one objective, drawn at random. difficulty: which ones (1 to 3), empty for any."""

    objective: str
    count: int
    difficulty: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quiz:
    """A quiz of the course. bank: name of the bank's file (`gd-01-1`).

    pass_share: 0 to 1. attempts and limit_minutes: 0 for no limit. After `wait_after` failures one waits
    `wait_hours`. feedback: full, hints or none.
    """

    ref: str
    bank: str
    title: Text
    pass_share: Fraction
    attempts: int
    wait_after: int
    wait_hours: int
    limit_minutes: int
    feedback: str
    draw: tuple[Draw, ...]


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A paired questionnaire: the same questions are asked before the first lesson and after the course. Decides nothing.

    bank: name of the bank's file, of which every question is asked, in its order. minutes: how long one takes.
    """

    bank: str
    title: Text
    minutes: int


@dataclass(frozen=True, slots=True)
class Media:
    """A file of `media/`. size: width and height a picture is drawn at, None where unknown."""

    name: str
    size: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class CourseManifest:
    """One version of a course, whole and sound.

    completion: rules that all must be met by those whom they bind. certificate: its kind; certificate_for: another kind,
    and the audiences that receive it instead. before_after: what is asked before and after, None where nothing is.
    stands_for: of a discreet course, the code of the course that everybody
    else believes is learned. digest: SHA-256 (hex) over the names and bytes of all files of the folder.
    """

    code: str
    version: int
    changed_on: date
    change: Text
    sector: str
    audiences: tuple[str, ...]
    access: str
    minutes: int
    certificate: str
    validity_months: int | None
    plan_items: tuple[str, ...]
    indicators: tuple[str, ...]
    title: Text
    summary: Text
    objectives: tuple[Objective, ...]
    modules: tuple[Module, ...]
    completion: tuple[Rule, ...]
    quizzes: tuple[Quiz, ...]
    media: tuple[Media, ...]
    digest: str
    practice: rubric.Rubric | None = None
    stands_for: str = ""
    certificate_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    before_after: BeforeAfter | None = None

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """All lessons, in order."""
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    @property
    def lesson_slugs(self) -> tuple[str, ...]:
        """The addresses of all lessons, in order."""
        return tuple(lesson.slug for lesson in self.lessons)

    def picture_size(self, name: str) -> tuple[int, int] | None:
        """Return width and height of a picture of `media/`: what `courses.markdown.render` asks for."""
        return next((media.size for media in self.media if media.name == name), None)


def read_course(folder: Path) -> CourseManifest:
    """Return the course version in `folder` (`…/GD-01/1`). Raises `FaultyCourse` with every fault found."""
    reader = _Reader(folder)
    course = reader.read()
    if reader.faults or course is None:
        raise FaultyCourse(tuple(sorted(set(reader.faults))))
    return course


def check_course(folder: Path) -> tuple[Fault, ...]:
    """Return every fault of the course version in `folder`; none when it can be published."""
    try:
        read_course(folder)
    except FaultyCourse as error:
        return error.faults
    return ()


def folder_digest(folder: Path) -> str:
    """Return the SHA-256 (hex) over the names and bytes of all files in `folder`, in order of names.

    Names and lengths are part of it, so moving bytes from one file to the next changes it. Links are not followed.
    """
    files = (path for path in _files(folder) if not path.is_symlink())
    return _digest({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})


def document_of(course: CourseManifest) -> dict[str, Any]:
    """Return the manifest as stored with a version, ready for JSON: shares as strings, dates in ISO form.

    Lessons are named by their slugs, their texts are left out. `practice`, `certificate_for`, `before_after` and a rule's
    `audiences` are there where the course has them.
    """
    practice = {"practice": rubric.document_of(course.practice)} if course.practice else {}
    return practice | {
        "code": course.code,
        "version": course.version,
        "changed_on": course.changed_on.isoformat(),
        "change": course.change.document(),
        "sector": course.sector,
        "audiences": list(course.audiences),
        "access": course.access,
        "minutes": course.minutes,
        "certificate": course.certificate,
        "validity_months": course.validity_months,
        "plan_items": list(course.plan_items),
        "indicators": list(course.indicators),
        "title": course.title.document(),
        "summary": course.summary.document(),
        "objectives": [{"ref": one.ref, **one.text.document()} for one in course.objectives],
        "modules": [_module_document(module) for module in course.modules],
        "completion": [_rule_document(rule) for rule in course.completion],
        "quizzes": [quiz_document(quiz) for quiz in course.quizzes],
        **({"stands_for": course.stands_for} if course.stands_for else {}),
        **(
            {"certificate_for": {kind: list(audiences) for kind, audiences in course.certificate_for.items()}}
            if course.certificate_for
            else {}
        ),
        **({"before_after": _before_after_document(course.before_after)} if course.before_after else {}),
    }


def quiz_document(quiz: Quiz) -> dict[str, Any]:
    """Return a quiz as stored, with the keys of course.toml."""
    return {
        "ref": quiz.ref,
        "bank": quiz.bank,
        "title": quiz.title.document(),
        "pass_share": _share(quiz.pass_share),
        "attempts": quiz.attempts,
        "wait_after": quiz.wait_after,
        "wait_hours": quiz.wait_hours,
        "limit_minutes": quiz.limit_minutes,
        "feedback": quiz.feedback,
        "draw": [
            {"objective": draw.objective, "count": draw.count, "difficulty": list(draw.difficulty)}
            for draw in quiz.draw
        ],
    }


def _before_after_document(asked: BeforeAfter) -> dict[str, Any]:
    return {"bank": asked.bank, "title": asked.title.document(), "minutes": asked.minutes}


def _module_document(module: Module) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "ref": module.ref,
        "title": module.title.document(),
        "lessons": [lesson.slug for lesson in module.lessons],
    }
    if module.content_note:
        stored["content_note"] = module.content_note.document()
    return stored


def _rule_document(rule: Rule) -> dict[str, Any]:
    stored: dict[str, Any] = {"rule": str(rule.code)}
    if rule.quiz is not None:
        stored["quiz"] = rule.quiz
    if rule.share is not None:
        stored["share"] = _share(rule.share)
    if rule.times is not None:
        stored["times"] = rule.times
    if rule.modules:
        stored["modules"] = list(rule.modules)
    if rule.audiences:
        stored["audiences"] = list(rule.audiences)
    return stored


def _share(share: Fraction) -> str:
    """Return a share with four decimals at most, exactly: that is how it was written."""
    return str(Decimal(share.numerator) / Decimal(share.denominator))


# --- reading -----------------------------------------------------------------------------------------------------

_TEXT = Text("", "")
_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_LESSON_NAME = rf"\d{{3}}-({_SLUG})"
_MEDIA_NAME = rf"{_SLUG}(?:{'|'.join(ending.replace('.', '[.]') for ending in (*PICTURES, *RECORDINGS))})"
_REF = r"[a-z][a-z0-9-]*"
_BANK = rf"{_SLUG}-[1-9]\d*"


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` in order of names; symbolic links as such, never what they point to."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        else:
            yield path


def _digest(contents: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name in sorted(contents):
        content = contents[name]
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


class _Reader:
    """Reads one folder once and collects every fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"{folder.parent.name}/{folder.name}"
        self.faults: list[Fault] = []
        self.contents: dict[str, bytes] = {}
        self.texts: dict[str, str] = {}
        self.media: dict[str, Media] = {}
        self.lessons: dict[str, Lesson] = {}
        self.names: set[str] = set()

    def report(self, file: str) -> Report:
        """Return where faults of `file` go."""
        return lambda line, message: self.faults.append(Fault(f"{self.name}/{file}", line, message))

    def read(self) -> CourseManifest | None:
        self.take_files()
        report = self.report("course.toml")
        if "course.toml" not in self.contents:
            report(1, "there is no course.toml; write it as content/README.md shows")
        try:
            return self.course(Table(parse(self.texts["course.toml"]), report))
        except KeyError:
            pass
        except NotToml as error:
            report(error.line, f"not TOML: {error.message}")
        self.read_lessons(date.max, ())  # so that their faults are named too
        return None

    # files

    def take_files(self) -> None:
        for path in _files(self.folder):
            name = path.relative_to(self.folder).as_posix()
            folder, _, base = name.rpartition("/")
            report = self.report(name)
            if path.is_symlink():
                report(1, "a link to another place; put the file itself here")
                continue
            self.contents[name] = path.read_bytes()
            if name == "course.toml":
                self.take_text(name, report)
            elif folder in LANGUAGES:
                if not fullmatch(rf"{_LESSON_NAME}\.md", base):
                    report(
                        1, "name a lesson like 010-vi-sao-khong-danh.md: three digits, then a-z, 0-9 and -"
                    )
                self.take_text(name, report)
            elif folder == "media":
                self.take_media(name, base, report)
            else:
                report(1, "does not belong to a course (course.toml, vi/*.md, en/*.md, media/*); remove it")

    def take_text(self, name: str, report: Report) -> None:
        """Keep a text file that is UTF-8; name every line that is not NFC or holds a character nobody sees."""
        try:
            text = self.contents[name].decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.contents[name].count(b"\n", 0, error.start) + 1
            report(line, "not UTF-8; save the file as UTF-8")
            return
        self.texts[name] = text
        for line, words in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
            if not unicodedata.is_normalized("NFC", words):
                report(line, "not Unicode NFC (letters and accents are apart); normalise the file")
            unseen = next(
                (one for one in words if one != "\t" and unicodedata.category(one) in ("Cc", "Cf")), None
            )
            if unseen:
                report(line, f"an invisible character U+{ord(unseen):04X}; remove it")
        for line, word, better in hurting(text):
            report(line, f"“{word}” is not used (safe writing); instead: {better}")

    def take_media(self, name: str, base: str, report: Report) -> None:
        content = self.contents[name]
        if not fullmatch(_MEDIA_NAME, base):
            endings = ", ".join((*PICTURES, *RECORDINGS))
            report(1, f"name a media file with a-z, 0-9 and -, ending in one of: {endings}")
            return
        size = None
        if base.endswith(".svg"):
            for line, message in check_svg(content):
                report(line, message)
            size = svg_size(content) if len(content) <= LARGEST else None
            for line, word, better in hurting(content.decode("utf-8", "replace")):
                report(line, f"“{word}” is not used (safe writing); instead: {better}")
        elif base.endswith(PICTURES) and len(content) > LARGEST:
            report(1, f"the picture has {len(content)} bytes, more than {LARGEST} (60 KB); make it smaller")
        self.media[base] = Media(base, size)

    # course.toml

    def course(self, table: Table) -> CourseManifest:
        table.whole("format", 1, 1)
        code = self.folder_says(table, "code", table.text("code", _CODE, '"GD-01"'))
        version = table.whole("version", 1, 9999)
        self.folder_says(table, "version", str(version))
        changed_on = table.day("changed_on")
        objectives = tuple(self.objectives(table))
        refs = tuple(one.ref for one in objectives)
        self.read_lessons(date.max if changed_on == date.min else changed_on, refs)
        quizzes = tuple(self.quizzes(table, refs))
        before_after = self.before_after(table)
        practice = self.practice(table)
        modules = tuple(self.modules(table))
        access = table.text("access", choices=ACCESS)
        audiences = table.texts("audiences", example="teacher", choices=AUDIENCES)
        rules = tuple(self.rules(table, tuple(quiz.ref for quiz in quizzes), modules, audiences))
        self.check_practice(table, practice, rules)
        self.check_audiences(table, access, audiences, rules)
        certificate = table.text("certificate", choices=CERTIFICATES)
        stands_for = table.text("stands_for", _CODE, '"CM-01"', required=access == "discreet")
        if stands_for and access != "discreet":
            table.fault("stands_for", "only a discreet course stands for another; leave it out")
        course = CourseManifest(
            code=code,
            version=version,
            changed_on=changed_on,
            change=table.both("change") or _TEXT,
            sector=table.text("sector", choices=SECTORS),
            audiences=audiences,
            access=access,
            minutes=table.whole("minutes", 1, 6000),
            certificate=certificate,
            certificate_for=self.certificate_for(table, certificate, audiences),
            validity_months=table.optional_whole("validity_months", 1, 120),
            plan_items=table.texts("plan_items", r"[IVX]+(?:\.\d+)*(?:\.[a-zđ])?", "II.2.b", empty=True),
            indicators=table.texts("indicators", r"CT\d{2}", "CT06", empty=True),
            title=table.both("title") or _TEXT,
            summary=table.both("summary") or _TEXT,
            objectives=objectives,
            modules=modules,
            completion=rules,
            quizzes=quizzes,
            media=tuple(self.media.values()),
            digest=_digest(self.contents),
            practice=practice,
            stands_for=stands_for,
            before_after=before_after,
        )
        table.close()
        return course

    def folder_says(self, table: Table, key: str, value: str) -> str:
        """Report a `code` or `version` that is not the name of its folder."""
        folder = self.folder.parent.name if key == "code" else self.folder.name
        if str(table.data.get(key)) == value != folder:
            table.fault(key, f"“{key}” is {value}, but its folder is called {folder}; make them the same")
        return value

    def new_ref(self, table: Table, seen: list[str], pattern: str = _REF) -> str:
        ref = table.text("ref", pattern, '"o1"')
        if ref and ref in seen:
            table.fault("ref", f"“{ref}” is already the ref of another one; choose a new one")
        seen.append(ref)
        return ref

    def objectives(self, table: Table) -> Iterator[Objective]:
        seen: list[str] = []
        for one in table.tables("objectives"):
            yield Objective(self.new_ref(one, seen), one.languages())
            one.close()

    def modules(self, table: Table) -> Iterator[Module]:
        seen: list[str] = []
        placed: dict[str, str] = {}
        for one in table.tables("modules"):
            ref = self.new_ref(one, seen)
            names = tuple(dict.fromkeys(one.texts("lessons", _LESSON_NAME, "010-vi-sao-khong-danh")))
            for name in names:
                if name in placed:
                    one.fault_at(
                        "lessons", name, f"“{name}” is already in module {placed[name]}; list it once"
                    )
                elif name not in self.names and fullmatch(_LESSON_NAME, name):
                    one.fault_at(
                        "lessons", name, f"there is no lesson vi/{name}.md or en/{name}.md; write it"
                    )
                placed[name] = ref
            note = one.both("content_note", required=False)
            for language in LANGUAGES:
                if note and "111" not in note.document()[language]:
                    one.fault(
                        "content_note", f"the content note ({language}) does not name the hotline 111; add it"
                    )
            lessons = tuple(self.lessons[name] for name in names if name in self.lessons)
            if note is None:
                self.ask_for_note(lessons)
            cards = sum(block.kind == "jobaid" for lesson in lessons for block in self.blocks(lesson))
            if cards != 1:
                one.fault(
                    "ref", f"module {ref} has {cards} job aids; write one card that prints on one A4 page"
                )
            yield Module(ref, one.both("title") or _TEXT, lessons, note)
            one.close()
        for name, lesson in self.lessons.items():
            if name not in placed:
                file = next(iter(lesson.texts.values())).file
                self.report(file)(1, "in no module; name it in course.toml under one of [[modules]]")

    def blocks(self, lesson: Lesson) -> tuple[Block, ...]:
        return blocks(next(iter(lesson.texts.values())).body)

    def ask_for_note(self, lessons: tuple[Lesson, ...]) -> None:
        for lesson in lessons:
            for text in lesson.texts.values():
                found = hard_word(text)
                if found and not text.content_note:
                    line, word = found
                    self.report(text.file)(
                        line,
                        f"“{word}” is said without a content note; add content_note to the lesson or its module",
                    )

    def rules(
        self,
        table: Table,
        quiz_refs: tuple[str, ...],
        modules: tuple[Module, ...],
        audiences: tuple[str, ...],
    ) -> Iterator[Rule]:
        seen: list[tuple[str, str]] = []
        tables = table.tables("completion")
        tracks = {
            ref
            for one in tables
            if one.data.get("rule") == RuleCode.TRACK_SHARE and isinstance(one.data.get("modules"), list)
            for ref in one.data["modules"]
        }
        for one in tables:
            code = one.text("rule", choices=tuple(RuleCode))
            quiz, share, times = None, None, None
            named: tuple[str, ...] = ()
            if code == RuleCode.QUIZ_PASSED:
                quiz = one.text("quiz", example='"final"')
                if quiz and quiz not in quiz_refs:
                    one.fault("quiz", f"there is no quiz “{quiz}”; add it under [[quizzes]] or name another")
            elif code in (RuleCode.LESSONS_SHARE, RuleCode.TRACK_SHARE, RuleCode.PRACTICE_MARKED):
                share = one.share("share")
            elif code == RuleCode.WORKSHOP_ATTENDED:
                times = one.whole("times", 1, 100)
            if code and (code, quiz or "") in seen:
                one.fault("rule", f"the rule “{code}” stands twice; keep one")
            seen.append((code, quiz or ""))
            if code in (RuleCode.LESSONS_READ, RuleCode.LESSONS_SHARE, RuleCode.TRACK_SHARE):
                named = self.modules_of_rule(one, code, modules, tracks)
            whom: tuple[str, ...] = ()
            if "audiences" in one.data:
                whom = self.some_audiences(one, "audiences", audiences)
                if code == RuleCode.TRACK_SHARE:
                    one.fault("audiences", "tracks are there for everybody; leave “audiences” out")
            yield Rule(code, quiz, share, times, named, whom)
            if code in tuple(RuleCode):
                one.close()

    def some_audiences(self, table: Table, key: str, course: tuple[str, ...]) -> tuple[str, ...]:
        """Return the audiences under `key`: some of those that the course is for, not all of them."""
        named = table.texts(key, example="teacher", choices=AUDIENCES)
        for audience in named:
            if audience in AUDIENCES and audience not in course:
                table.fault_at(
                    key, audience, f"the course is not for “{audience}”; it is for: {', '.join(course)}"
                )
        if named and set(named) >= set(course):
            table.fault(key, f"“{key}” names everybody that the course is for; leave it out")
        return named

    def check_audiences(
        self, table: Table, access: str, audiences: tuple[str, ...], rules: tuple[Rule, ...]
    ) -> None:
        """Report audiences of whom nothing is asked, and a discreet course whose rules are not the same for everybody."""
        if not any(rule.audiences for rule in rules):
            return
        for audience in audiences:
            if not any(binds(rule.audiences, audience) for rule in rules):
                table.fault("completion", f"no rule binds “{audience}”; say what is asked of them")
        if access == "discreet":
            table.fault(
                "completion",
                "a discreet course asks the same of everybody; leave “audiences” out of its rules",
            )

    def certificate_for(
        self, table: Table, certificate: str, audiences: tuple[str, ...]
    ) -> Mapping[str, tuple[str, ...]]:
        """Return the other kind of certificate and who receives it; empty where all receive the same."""
        one = table.table("certificate_for", required=False)
        if one is None:
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for kind in CERTIFICATES:
            if kind == certificate and kind in one.data:
                one.known.add(kind)
                one.fault(kind, f"“{kind}” is what everybody else receives; name who receives the other kind")
            elif kind != certificate and certificate:
                found[kind] = self.some_audiences(one, kind, audiences)
        one.close()
        return found

    def modules_of_rule(
        self, table: Table, code: str, modules: tuple[Module, ...], tracks: set[str]
    ) -> tuple[str, ...]:
        """Return the modules that a rule about lessons names: the tracks, or what is read by everybody beside them."""
        of_tracks = code == RuleCode.TRACK_SHARE
        if not of_tracks and "modules" not in table.data:
            if tracks:
                table.fault(
                    "rule", f"name in “modules” what everybody reads, or “{code}” asks for every track"
                )
            return ()
        named = tuple(dict.fromkeys(table.texts("modules", _REF, "m1")))
        found = {module.ref: len(module.lessons) for module in modules}
        for ref in named:
            if ref not in found:
                table.fault_at(
                    "modules", ref, f"there is no module “{ref}”; the course has: {', '.join(found)}"
                )
            elif not of_tracks and ref in tracks:
                table.fault_at("modules", ref, f"“{ref}” is a track, and not everybody reads it; take it out")
        if of_tracks and len(named) == 1:
            table.fault("modules", "one track is no choice; name two or more")
        if of_tracks and len({found[ref] for ref in named if ref in found}) > 1:
            table.fault("modules", "tracks must ask for the same; give each of them as many lessons")
        return named

    def practice(self, table: Table) -> rubric.Rubric | None:
        """Return the rubric under [practice]; None where there is none."""
        one = table.table("practice", required=False)
        if one is None:
            return None
        seen: list[str] = []
        found = rubric.Rubric(
            kind=one.text("kind", choices=rubric.KINDS),
            title=(one.both("title") or _TEXT).document(),
            guide=(one.both("guide") or _TEXT).document(),
            minutes=one.whole("minutes", 1, 6000),
            two_assessors=one.flag("two_assessors"),
            differ_by=one.whole("differ_by", 0, 10),
            criteria=tuple(self.criterion(each, seen) for each in one.tables("criteria")),
        )
        one.close()
        return found

    def criterion(self, table: Table, seen: list[str]) -> rubric.Criterion:
        """Return one criterion; its levels must be two or more and their points must rise."""
        ref = self.new_ref(table, seen)
        title = (table.both("title") or _TEXT).document()
        levels: list[rubric.Level] = []
        for each in table.tables("levels"):
            points = each.whole("points", 0, 100)
            if levels and points <= levels[-1].points and each.sound:
                each.fault(
                    "points", f"{points} points are not more than the level above it has; let points rise"
                )
            levels.append(rubric.Level(points, each.languages().document()))
            each.close()
        if len(levels) == 1:
            table.fault("levels", f"criterion {ref} has one level; describe at least two")
        table.close()
        return rubric.Criterion(ref, title, tuple(levels))

    def check_practice(self, table: Table, practice: rubric.Rubric | None, rules: tuple[Rule, ...]) -> None:
        """Report a rule about practice without a rubric, and a rubric that no rule asks for."""
        asked = any(rule.code == RuleCode.PRACTICE_MARKED for rule in rules)
        if asked and "practice" not in table.data:
            table.fault(
                "completion", "the rule “practice_marked” needs a rubric; describe it under [practice]"
            )
        if practice is not None and not asked:
            table.fault(
                "practice", "no rule asks for this practice; add rule = “practice_marked” or remove it"
            )

    def quizzes(self, table: Table, objectives: tuple[str, ...]) -> Iterator[Quiz]:
        seen: list[str] = []
        for one in table.tables("quizzes", required=False):
            yield Quiz(
                ref=self.new_ref(one, seen),
                bank=one.text("bank", _BANK, '"gd-01-1"'),
                title=one.both("title") or _TEXT,
                pass_share=one.share("pass_share", nought=True),
                attempts=one.whole("attempts", 0, 100),
                wait_after=one.whole("wait_after", 0, 100),
                wait_hours=one.whole("wait_hours", 0, 720),
                limit_minutes=one.whole("limit_minutes", 0, 600),
                feedback=one.text("feedback", choices=FEEDBACK),
                draw=tuple(self.draw(each, objectives) for each in one.tables("draw")),
            )
            one.close()

    def before_after(self, table: Table) -> BeforeAfter | None:
        """Return what is asked before and after; None where nothing is. It has no marks to pass and no limits."""
        one = table.table("before_after", required=False)
        if one is None:
            return None
        found = BeforeAfter(
            bank=one.text("bank", _BANK, '"cm-01-before-after-1"'),
            title=one.both("title") or _TEXT,
            minutes=one.whole("minutes", 1, 15),
        )
        one.close()
        return found

    def draw(self, table: Table, objectives: tuple[str, ...]) -> Draw:
        objective = table.text("objective", example='"o1"')
        if objective and objective not in objectives:
            table.fault(
                "objective", f"there is no objective “{objective}”; the course has: {', '.join(objectives)}"
            )
        draw = Draw(objective, table.whole("count", 1, 100), table.wholes("difficulty", 1, 3))
        table.close()
        return draw

    # lessons

    def read_lessons(self, changed_on: date, objectives: tuple[str, ...]) -> None:
        self.names = {
            match.group(1)
            for file in self.contents
            if (match := fullmatch(rf"(?:{'|'.join(LANGUAGES)})/({_LESSON_NAME})\.md", file))
        }
        slugs: dict[str, str] = {}
        for name in sorted(self.names):
            files: dict[str, LessonFile] = {}
            for language in LANGUAGES:
                file = f"{language}/{name}.md"
                if file in self.texts:
                    files[language] = read_lesson(file, self.texts[file], changed_on, self.report(file))
                elif file not in self.contents:
                    self.report(file)(1, f"the lesson exists only in the other language; write {file}")
            slug = name[4:]
            if slug in slugs:
                file = f"{LANGUAGES[0]}/{name}.md"
                self.report(file)(1, f"the address “{slug}” is that of {slugs[slug]}; choose another name")
            slugs[slug] = name
            if files:
                self.check_objectives(files, objectives)
                self.compare(files)
                texts = {language: file.text for language, file in files.items()}
                first = next(iter(texts.values()))
                self.lessons[name] = Lesson(slug, name, first.minutes, first.objectives, texts)
        self.check_references(set(slugs))

    def check_objectives(self, files: Mapping[str, LessonFile], objectives: tuple[str, ...]) -> None:
        for file in files.values():
            for ref in file.text.objectives:
                if objectives and ref not in objectives:
                    self.report(file.text.file)(
                        file.line("objectives", ref),
                        f"there is no objective “{ref}”; the course has: {', '.join(objectives)}",
                    )

    def compare(self, files: Mapping[str, LessonFile]) -> None:
        if len(files) == len(LANGUAGES):
            vietnamese, english = (files[language] for language in LANGUAGES)
            report = self.report(english.text.file)
            compare_front(vietnamese, english, report)
            compare_shape(vietnamese.text, english.text, report)

    def check_references(self, slugs: set[str]) -> None:
        """Check pictures and links, and that every file of media/ is shown somewhere."""
        used: set[str] = set()
        for lesson in self.lessons.values():
            for text in lesson.texts.values():
                used |= reference_faults(text, self.media, slugs, self.report(text.file))
        unread = len(self.lessons) < len(
            self.names
        )  # what shows a file may stand in a lesson that could not be read
        for name in self.media:
            if name not in used and not unread:
                self.report(f"media/{name}")(1, "no lesson shows this file; use it or remove it")

"""From files to rows: check everything, publish what is new, never edit what is published.

The same files do nothing the second time; a new folder adds a version; a published folder that was changed is a
fault, by its digest.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses import craft
from courses.faults import Fault, FaultyCourse
from courses.manifest import CourseManifest, document_of, folder_digest, quiz_document, read_course
from courses.markdown import render
from courses.models import Course, CourseAudience, Lesson, LessonText, Version
from courses.queries import terms
from courses.safe_words import hurting
from courses.sources import Register, read_register
from portal.config import ROOT
from quizzes import bank as banks
from quizzes import craft as bank_craft
from quizzes import paper
from quizzes import services as quizzes

CONTENT = ROOT / "courses" / "content"
SEALS = "published.toml"
SOURCES = "sources.toml"
#: Questions of a questionnaire that is answered twice by whoever wishes: more, and nobody does.
MOST_ASKED = 12
MEDIA_TYPES = {
    ".svg": "image/svg+xml",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check found in one course, bank or in the register.

    faults: what must be mended. notes: matters of style, and what a published version has that a new one must not.
    course and bank: what was read, None where it could not be.
    """

    name: str
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...] = ()
    course: CourseManifest | None = None
    bank: banks.Bank | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: one sentence for each thing published, one for each refused. Empty: nothing was new."""

    published: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def folders(content: Path = CONTENT) -> Sequence[Path]:
    """Return the folder of every version of every course, in order of code and number."""
    found = [path.parent for path in content.glob("*/*/course.toml") if path.parent.name.isdigit()]
    return sorted(found, key=lambda path: (path.parent.name, int(path.name)))


def check_all(content: Path = CONTENT) -> Sequence[Checked]:
    """Return what is wrong with the register and with every shipped course and bank."""
    register, wrong = sources(content)
    sealed = seals(content)
    read, checked = _banks(sealed, register)
    checked.append(Checked(SOURCES, tuple(Fault(SOURCES, fault.line, fault.message) for fault in wrong)))
    for folder in folders(content):
        name = f"{folder.parent.name}/{folder.name}"
        course, faults = _course_in(folder)
        notes: tuple[Fault, ...] = ()
        if course:
            faults = (
                *_quiz_faults(name, course, read),
                *_before_after_faults(name, course, read),
                *_discreet_faults(name, course, _face(content, course)),
            )
            found = [*craft.findings(course, register), *_sizes(name, course, read)]
            more, notes = _sorted_out(found, name in sealed)
            faults = (*faults, *more)
        if sealed.get(name, "") not in ("", folder_digest(folder)):
            faults = (*faults, _changed(f"{name}/course.toml", f"copy the folder to {int(folder.name) + 1}"))
        checked.append(Checked(name, faults, notes, course, None, name in sealed))
    return checked


def sources(content: Path = CONTENT) -> tuple[Register, tuple[Fault, ...]]:
    """Return the register of sources and what is wrong with it."""
    path = content / SOURCES
    if not path.exists():
        return Register({}, {}), (Fault(SOURCES, 1, "there is no register of sources; write it"),)
    faults: list[Fault] = []
    register = read_register(
        path.read_text(encoding="utf-8"), lambda line, message: faults.append(Fault(SOURCES, line, message))
    )
    return register, tuple(sorted(faults))


_READ: dict[Path, tuple[object, CourseManifest | None, tuple[Fault, ...]]] = {}


def _course_in(folder: Path) -> tuple[CourseManifest | None, tuple[Fault, ...]]:
    """Return the course in a folder, or its faults. Read anew only where a file is another than the last time."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stamp = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    kept = _READ.get(folder)
    if kept is None or kept[0] != stamp:
        try:
            kept = stamp, read_course(folder), ()
        except FaultyCourse as error:
            kept = stamp, None, error.faults
        _READ[folder] = kept
    return kept[1], kept[2]


def _sorted_out(found: Iterable[craft.Finding], sealed: bool) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Return faults and notes: what a published version has is a note, for it never changes."""
    listed = list(found)
    faults = tuple(one.at for one in listed if one.fault and not sealed)
    return faults, tuple(one.at for one in listed if sealed or not one.fault)


def _sizes(name: str, course: CourseManifest, read: Mapping[str, banks.Bank]) -> list[craft.Finding]:
    """Say what the banks of a course lack together; nothing where one of them could not be read."""
    used = sorted({quiz.bank for quiz in course.quizzes})
    if not used or not all(bank in read for bank in used):
        return []
    exam = any(quiz.pass_share > 0 for quiz in course.quizzes)
    missing = bank_craft.shortfalls([read[bank] for bank in used], exam)
    return [craft.Finding(Fault(f"{name}/course.toml", 1, one), True) for one in missing]


def _banks(
    sealed: Mapping[str, str] | None = None, register: Register | None = None
) -> tuple[dict[str, banks.Bank], list[Checked]]:
    """Return the sound banks by name, and what is wrong with each shipped one."""
    read: dict[str, banks.Bank] = {}
    checked: list[Checked] = []
    sealed = seals() if sealed is None else sealed
    for file in banks.shipped():
        name = file.removesuffix(".toml")
        faults: tuple[Fault, ...] = ()
        notes: tuple[Fault, ...] = ()
        try:
            read[name], found = _bank_in(file, banks.text_of(file))
        except banks.BankFaults as error:
            faults = tuple(Fault(f"quizzes/banks/{f.file}", f.line, f.message) for f in error.faults)
        else:
            strange = _strange_keys(file, read[name], register) if register else ()
            faults, notes = _sorted_out((*found, *strange), name in sealed)
            if sealed.get(name, "") not in ("", read[name].digest):
                faults = (*faults, _changed(f"quizzes/banks/{file}", "write the next version beside it"))
        checked.append(Checked(file, faults, notes, None, read.get(name), name in sealed))
    return read, checked


@lru_cache(maxsize=100)
def _bank_in(file: str, text: str) -> tuple[banks.Bank, tuple[craft.Finding, ...]]:
    """Return the bank in a text with what its questions show: craft, and words that hurt. Raises `BankFaults`."""
    bank = banks.read_bank(text, file)
    where = f"quizzes/banks/{file}"
    found = [
        craft.Finding(Fault(where, line, one.message), one.fault)
        for line, one in bank_craft.lines(text, bank_craft.findings(bank))
    ]
    found += [
        craft.Finding(Fault(where, line, f"“{word}” is not used (safe writing); instead: {better}"), True)
        for line, word, better in hurting(text)
    ]
    return bank, tuple(sorted(found, key=lambda one: one.at))


def _strange_keys(file: str, bank: banks.Bank, register: Register) -> Iterable[craft.Finding]:
    """Yield a fault for every key of a question that is not in the register."""
    for one in bank.questions:
        for key in one.sources:
            if key not in register.sources:
                message = (
                    f"{one.ref!r}: there is no source “{key}” in the register (sources.toml); mend the key"
                )
                yield craft.Finding(Fault(f"quizzes/banks/{file}", 1, message), True)


def _changed(file: str, instead: str) -> Fault:
    return Fault(
        file, 1, f"this version is published and its files were changed; put them back and {instead}"
    )


def seals(content: Path = CONTENT) -> Mapping[str, str]:
    """Return the digests of what has been released, by name (`GD-01/1`, `gd-01-1`)."""
    path = content / SEALS
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def seal(content: Path = CONTENT) -> Sequence[str]:
    """Write down the digest of everything that is sound and not sealed yet; return the new names."""
    sealed = dict(seals(content))
    read, _checked = _banks()
    now = {f"{folder.parent.name}/{folder.name}": folder_digest(folder) for folder in folders(content)}
    now |= {name: bank.digest for name, bank in read.items()}
    new = [name for name in sorted(now) if name not in sealed]
    lines = [f'"{name}" = "{digest}"' for name, digest in sorted({**now, **sealed}.items())]
    head = "# Digests of the published versions: what stands here never changes. Written by `flask content seal`."
    (content / SEALS).write_text("\n".join([head, *lines, ""]), encoding="utf-8")
    return new


def _quiz_faults(name: str, course: CourseManifest, read: Mapping[str, banks.Bank]) -> list[Fault]:
    faults: list[Fault] = []
    slugs = set(course.lesson_slugs)
    for quiz in course.quizzes:
        found = read.get(quiz.bank)
        if found is None:
            faults.append(
                Fault(
                    f"{name}/course.toml",
                    1,
                    f"the bank {quiz.bank!r} of quiz {quiz.ref!r} is missing or has faults",
                )
            )
            continue
        faults += [
            Fault(f"{name}/course.toml", 1, f"quiz {quiz.ref!r}: {shortfall}")
            for shortfall in paper.shortfalls(found, terms.blueprint_of(quiz_document(quiz)))
        ]
        faults += _stray_questions(name, quiz.bank, found, slugs)
    return faults


def _stray_questions(name: str, bank: str, found: banks.Bank, slugs: Collection[str]) -> list[Fault]:
    """Report questions that send the learner to a lesson that the course has not."""
    return [
        Fault(
            f"quizzes/banks/{bank}.toml",
            1,
            f"question {one.ref!r} sends the learner to {one.lesson!r}, which is no lesson of {name}",
        )
        for one in found.questions
        if one.lesson not in slugs
    ]


def _before_after_faults(name: str, course: CourseManifest, read: Mapping[str, banks.Bank]) -> list[Fault]:
    """Say why what is asked before and after cannot be: its bank, its kinds, its length, its other uses."""
    asked, file = course.before_after, f"{name}/course.toml"
    if asked is None:
        return []
    found = read.get(asked.bank)
    if found is None:
        return [Fault(file, 1, f"the bank {asked.bank!r} of [before_after] is missing or has faults")]
    faults = _stray_questions(name, asked.bank, found, set(course.lesson_slugs))
    if any(quiz.bank == asked.bank for quiz in course.quizzes):
        # whoever has met a question in a quiz answers it from memory, and the pair would measure that
        faults.append(
            Fault(
                file, 1, f"the bank {asked.bank!r} is asked before and after and in a quiz; give it one use"
            )
        )
    others = paper.not_as_written(found)
    if others:
        kinds = " and ".join(paper.AS_WRITTEN)
        faults.append(
            Fault(
                f"quizzes/banks/{asked.bank}.toml",
                1,
                f"asked before and after are only {kinds}, as they are written; change {', '.join(others)}",
            )
        )
    if len(found.questions) > MOST_ASKED:
        faults.append(
            Fault(
                f"quizzes/banks/{asked.bank}.toml",
                1,
                f"{len(found.questions)} questions are too many to be asked twice; keep {MOST_ASKED}",
            )
        )
    return faults


def _face(content: Path, course: CourseManifest) -> Mapping[str, Any] | None:
    """Return the latest version of the course that a discreet one stands for, as stored, from its files."""
    others = [one for one in folders(content) if one.parent.name == course.stands_for]
    try:
        return document_of(read_course(others[-1])) if others else None
    except FaultyCourse:
        return None


def _discreet_faults(name: str, course: CourseManifest, face: Mapping[str, Any] | None) -> list[Fault]:
    """Say what would give a discreet course away beside the course it stands for (`face`, as stored)."""
    if not course.stands_for:
        return []
    file = f"{name}/course.toml"
    if face is None:
        return [Fault(file, 1, f"there is no sound course {course.stands_for} for this one to stand for")]
    mine = document_of(course)
    differing = [
        key
        for key in ("title", "audiences", "certificate", "certificate_for", "validity_months", "before_after")
        if mine.get(key) != face.get(key)
    ]
    faults = [
        Fault(
            file,
            1,
            f"“{key}” differs from {course.stands_for} and would give this course away; make it the same",
        )
        for key in differing
    ]
    missing = {slug for module in face["modules"] for slug in module["lessons"]} - set(course.lesson_slugs)
    if missing:
        words = ", ".join(sorted(missing))
        faults.append(
            Fault(file, 1, f"lessons of {course.stands_for} are missing here: {words}; take them over")
        )
    return faults


def load_all(session: Session, now: datetime, content: Path = CONTENT) -> Loaded:
    """Publish every sound bank and version that is new; what has faults is refused and does not hold up the rest."""
    published: list[str] = []
    refused: list[str] = []
    for name in banks.shipped():
        try:
            if quizzes.release(session, banks.read_shipped(name), now):
                published.append(f"bank {name.removesuffix('.toml')}: published")
        except banks.BankFaults as error:
            refused.append(f"bank {name}: {_refused(len(error.faults))}")
        except ValueError as error:  # published, and its file was changed since
            refused.append(str(error))
    for folder in folders(content):
        try:
            sentence = load(session, folder, now)
        except FaultyCourse as error:
            refused.append(f"{folder.parent.name}/{folder.name}: {_refused(len(error.faults))}")
        else:
            published += [sentence] * bool(sentence)
    return Loaded(tuple(published), tuple(refused))


def _refused(faults: int) -> str:
    return f"not published, {faults} fault{'s' * (faults != 1)} (flask content check names them)"


def load(session: Session, folder: Path, now: datetime) -> str:
    """Publish one version, or do nothing where its digest is published already; return what was done.

    Raises `FaultyCourse` for faults, and for a published folder that was changed.
    """
    code, number = folder.parent.name, int(folder.name)
    digest = folder_digest(folder)
    course = session.scalar(select(Course).where(Course.code == code))
    version = (
        session.scalar(select(Version).where(Version.course_id == course.id, Version.number == number))
        if course
        else None
    )
    if version is not None:
        if version.digest == digest:
            return ""
        raise FaultyCourse((_changed(f"{code}/{number}/course.toml", f"copy the folder to {number + 1}"),))
    manifest = read_course(folder)
    faults: list[Fault] = []
    if manifest.quizzes or manifest.before_after:
        read = _banks()[0]
        faults += _quiz_faults(f"{code}/{number}", manifest, read)
        faults += _before_after_faults(f"{code}/{number}", manifest, read)
    face = session.scalar(
        select(Version.manifest)
        .join(Course, Course.id == Version.course_id)
        .where(Course.code == manifest.stands_for, Version.current)
    )
    faults += _discreet_faults(f"{code}/{number}", manifest, face)
    if faults:
        raise FaultyCourse(tuple(faults))
    course = _course(session, course, manifest, number)
    version = Version(
        course_id=course.id,
        number=number,
        digest=digest,
        title=manifest.title.document(),
        manifest=document_of(manifest),
        certificate_kind=manifest.certificate,
        minutes=manifest.minutes,
        validity_months=manifest.validity_months,
        published_at=now,
        current=False,
    )
    session.add(version)
    session.flush()  # for the id that lessons carry
    _lessons(session, version, manifest, folder)
    latest = session.scalars(
        select(Version.number).where(Version.course_id == course.id).order_by(Version.number.desc())
    ).first()
    if latest == number:
        session.execute(update(Version).where(Version.course_id == course.id).values(current=False))
        session.execute(update(Version).where(Version.id == version.id).values(current=True))
    return f"{code}/{number}: published"


def _course(session: Session, course: Course | None, manifest: CourseManifest, number: int) -> Course:
    if course is None:
        course = Course(code=manifest.code, sector=manifest.sector, access=manifest.access)
        session.add(course)
        session.flush()  # for the id that audiences carry
    course.sector, course.access = manifest.sector, manifest.access
    known = set(session.scalars(select(CourseAudience.audience).where(CourseAudience.course_id == course.id)))
    session.add_all(
        CourseAudience(course_id=course.id, audience=audience)
        for audience in manifest.audiences
        if audience not in known
    )
    return course


def _lessons(session: Session, version: Version, manifest: CourseManifest, folder: Path) -> None:
    position = 0
    for module in manifest.modules:
        for lesson in module.lessons:
            position += 1
            row = Lesson(
                version_id=version.id,
                module_ref=module.ref,
                position=position,
                slug=lesson.slug,
                minutes=lesson.minutes,
                title={language: text.title for language, text in lesson.texts.items()},
            )
            session.add(row)
            session.flush()  # for the id that its texts carry
            for language, text in lesson.texts.items():
                page = render(
                    text.body,
                    language,
                    lambda name: f"/courses/{manifest.code}/{version.number}/media/{name}",
                    manifest.picture_size,
                )
                session.add(
                    LessonText(
                        lesson_id=row.id,
                        language=language,
                        html=page.html,
                        action=text.action,
                        content_note=text.content_note,
                        sources=[source.document() for source in text.sources],
                        job_aids=[{"title": aid.title, "html": aid.html} for aid in page.job_aids],
                    )
                )


@cache
def _published_files(code: str, number: int) -> Mapping[str, Path]:
    media = CONTENT / code / str(number) / "media"
    return (
        {path.name: path for path in media.iterdir() if path.suffix in MEDIA_TYPES} if media.is_dir() else {}
    )


def media_file(code: str, number: int, name: str) -> Path | None:
    """Return the file of a picture, or None: names are looked up among those that exist, never joined to a path."""
    if not any(folder.parent.name == code and folder.name == str(number) for folder in folders()):
        return None
    return _published_files(code, number).get(name)

"""From files to rows: check everything, publish what is new, never edit what is published.

The same files do nothing the second time; a new folder adds a version; a published folder that was changed is a
fault, by its digest.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses.faults import Fault, FaultyCourse
from courses.manifest import CourseManifest, document_of, folder_digest, quiz_document, read_course
from courses.markdown import render
from courses.models import Course, CourseAudience, Lesson, LessonText, Version
from courses.queries import terms
from portal.config import ROOT
from quizzes import bank as banks
from quizzes import paper
from quizzes import services as quizzes

CONTENT = ROOT / "courses" / "content"
SEALS = "published.toml"
MEDIA_TYPES = {
    ".svg": "image/svg+xml",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check found in one course or bank."""

    name: str
    faults: tuple[Fault, ...]


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
    """Return what is wrong with every shipped course and bank."""
    read, checked = _banks()
    sealed = seals(content)
    for folder in folders(content):
        name = f"{folder.parent.name}/{folder.name}"
        try:
            course = read_course(folder)
            faults = (
                *_quiz_faults(name, course, read),
                *_discreet_faults(name, course, _face(content, course)),
            )
        except FaultyCourse as error:
            faults = error.faults
        if sealed.get(name, "") not in ("", folder_digest(folder)):
            faults = (*faults, _changed(f"{name}/course.toml", f"copy the folder to {int(folder.name) + 1}"))
        checked.append(Checked(name, faults))
    return checked


def _banks() -> tuple[dict[str, banks.Bank], list[Checked]]:
    """Return the sound banks by name, and what is wrong with each shipped one."""
    read: dict[str, banks.Bank] = {}
    checked: list[Checked] = []
    sealed = seals()
    for file in banks.shipped():
        name = file.removesuffix(".toml")
        faults: tuple[Fault, ...] = ()
        try:
            read[name] = banks.read_shipped(file)
            if sealed.get(name, "") not in ("", read[name].digest):
                faults = (_changed(f"quizzes/banks/{file}", "write the next version beside it"),)
        except banks.BankFaults as error:
            faults = tuple(Fault(f"quizzes/banks/{f.file}", f.line, f.message) for f in error.faults)
        checked.append(Checked(file, faults))
    return read, checked


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
        faults += [
            Fault(
                f"quizzes/banks/{quiz.bank}.toml",
                1,
                f"question {one.ref!r} sends the learner to {one.lesson!r}, which is no lesson of {name}",
            )
            for one in found.questions
            if one.lesson not in slugs
        ]
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
        key for key in ("title", "audiences", "certificate", "validity_months") if mine[key] != face[key]
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
    faults = _quiz_faults(f"{code}/{number}", manifest, _banks()[0]) if manifest.quizzes else []
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

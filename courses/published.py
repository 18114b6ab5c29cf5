"""Published versions, kept in memory: their rows are never edited, so a page need not read and decode them again.

A version is known by its id and the digest of its files. What may still change – who may see a course, which version
is current, what a learner did – is never kept here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.models import Lesson, LessonText, Version

Texts = Mapping[str, str]  # by language

MOST_KEPT = 100  # versions, of about 200 KB each


@dataclass(frozen=True, slots=True)
class Text:
    """A lesson in one language, rendered when it was published."""

    html: str
    action: str
    content_note: str | None
    sources: Sequence[Mapping[str, Any]]
    job_aids: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A lesson in its course's order."""

    id: int
    slug: str
    title: Texts
    minutes: int
    module: str


@dataclass(frozen=True, slots=True)
class Published:
    """A version as it was published. Whoever is handed it changes nothing in it."""

    id: int
    digest: str
    number: int
    title: Texts
    manifest: Mapping[str, Any]
    minutes: int
    certificate_kind: str
    validity_months: int | None
    lessons: tuple[Listed, ...]
    texts: Mapping[tuple[str, str], Text]

    def lesson(self, slug: str) -> Listed | None:
        """Return the lesson of that address, or None."""
        return next((one for one in self.lessons if one.slug == slug), None)

    def module(self, ref: str) -> Mapping[str, Any]:
        """Return a module as course.toml describes it."""
        found: Mapping[str, Any] = next(one for one in self.manifest["modules"] if one["ref"] == ref)
        return found


_kept: dict[tuple[int, str], Published] = {}
_DIGEST = select(Version.digest).where(Version.id == bindparam("version"))
_LESSONS = select(Lesson).where(Lesson.version_id == bindparam("version")).order_by(Lesson.position)
_TEXTS = (
    select(Lesson.slug, LessonText)
    .join(Lesson, Lesson.id == LessonText.lesson_id)
    .where(Lesson.version_id == bindparam("version"))
)


def published(session: Session, version_id: int, digest: str) -> Published:
    """Return a version: from memory, or (once in a process) by three queries."""
    found = _kept.get((version_id, digest))
    if found is None:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        found = _kept[version_id, digest] = _read(session, version_id)
    return found


def version_of(session: Session, version_id: int) -> Published:
    """Return the version of an id. One small query where it is in memory. Raises `NoResultFound`."""
    return published(session, version_id, session.execute(_DIGEST, {"version": version_id}).scalar_one())


def _read(session: Session, version_id: int) -> Published:
    version = session.get_one(Version, version_id)
    here = {"version": version_id}
    return Published(
        id=version_id,
        digest=version.digest,
        number=version.number,
        title=version.title,
        manifest=version.manifest,
        minutes=version.minutes,
        certificate_kind=version.certificate_kind,
        validity_months=version.validity_months,
        lessons=tuple(
            Listed(one.id, one.slug, one.title, one.minutes, one.module_ref)
            for one in session.scalars(_LESSONS, here)
        ),
        texts={
            (slug, text.language): Text(
                text.html, text.action, text.content_note, text.sources, text.job_aids
            )
            for slug, text in session.execute(_TEXTS, here)
        },
    )

"""One lesson with its place in the path. A signed-in lesson costs three queries, whatever the course's length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.completion import Done, asked, track_of, tracks, way
from courses.errors import NotAsked, NotEnrolled
from courses.families.models import EnrolmentPath
from courses.models import Course, Enrolment, Lesson, LessonDone, Version
from courses.published import Published, Texts, published
from courses.queries.access import course_for, enrolment_of
from courses.queries.course_page import LessonLine
from courses.queries.cycles import lessons_open
from courses.queries.terms import requirements_of
from courses.queries.versions import LEARNED, current_version
from portal.core.db import rows
from portal.core.errors import NotFound
from portal.core.policy import Actor


@dataclass(frozen=True, slots=True)
class LessonPage:
    """One lesson in one language, with its place in the path. `enrolment_id` is None for a visitor or a preview.

    `kept_as` is all that the list of lessons beside it depends on: version, address, and what was read; the lesson's
    own words depend on all of it but the last. lessons: those of the reader's way, where a course has tracks of which one
    is read: a lesson of a track stands between what everybody reads and the rest of its own track. asked: how many they
    are with a track; chooses: whether a track is chosen after the last of them.
    """

    code: str
    course_title: Texts
    version: int
    module_title: Texts
    slug: str
    title: Texts
    minutes: int
    html: str
    action: str
    content_note: str | None
    sources: Sequence[Mapping[str, Any]]
    job_aids: Sequence[Mapping[str, str]]
    lessons: Sequence[LessonLine]
    enrolment_id: int | None
    lesson_id: int
    checked_on: str
    kept_as: tuple[object, ...]
    asked: int
    chooses: bool

    @property
    def place(self) -> int:
        """Return the lesson's place in the course, from 1."""
        return next(place for place, line in enumerate(self.lessons, 1) if line.slug == self.slug)

    @property
    def done(self) -> bool:
        """Return whether the learner said that she finished it."""
        return self.lessons[self.place - 1].done

    @property
    def following(self) -> LessonLine | None:
        """Return the lesson after this one."""
        return self.lessons[self.place] if self.place < len(self.lessons) else None

    @property
    def preceding(self) -> LessonLine | None:
        """Return the lesson before this one."""
        return self.lessons[self.place - 2] if self.place > 1 else None


#: Statements that every reader asks for are composed once: composing one takes longer than SQLite needs to answer it.
_READ = (
    select(Enrolment.id, Version.id, Version.digest, Lesson.slug)
    .join(Course, Course.id == Enrolment.course_id)
    .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
    .join(Version, Version.id == LEARNED)
    .outerjoin(LessonDone, LessonDone.enrolment_id == Enrolment.id)
    .outerjoin(Lesson, Lesson.id == LessonDone.lesson_id)
    .where(Enrolment.user_id == bindparam("user"), Course.code == bindparam("code"))
    .order_by(Enrolment.id.desc())
)


def lesson_page(session: Session, who: Actor, code: str, slug: str, language: str) -> LessonPage:
    """Return a lesson: of the version the learner began, else of the current one where it is open to read.

    One query for a learner who has begun. Raises `NotFound`, `NotAsked`.
    """
    read: set[str] = set()
    enrolment_id: int | None = None
    version: Published | None = None
    for enrolment, version_id, digest, done in rows(session, _READ, {"user": who.id, "code": code}):
        if version is None:  # of several enrolments the latest one that has the lesson
            begun = published(session, version_id, digest)
            if begun.lesson(slug) is None:
                continue
            version, enrolment_id = begun, enrolment
        if enrolment == enrolment_id and done is not None:
            read.add(done)
    if version is None:
        course = course_for(session, who, code)
        if not lessons_open(session, who, course):
            raise NotAsked
        version = current_version(session, course)
    lesson = version.lesson(slug)
    text = version.texts.get((slug, language))
    if lesson is None or text is None:
        raise NotFound
    module = version.module(lesson.module)
    wanted = requirements_of(version)
    done = Done(frozenset(read))
    choices = tracks(wanted)
    track = lesson.module if lesson.module in choices else track_of(wanted, done)
    mine = frozenset(way(wanted, track))
    return LessonPage(
        code=code,
        course_title=version.title,
        version=version.number,
        module_title=module["title"],
        slug=slug,
        title=lesson.title,
        minutes=lesson.minutes,
        html=text.html,
        action=text.action,
        content_note=text.content_note or (module.get("content_note") or {}).get(language),
        sources=text.sources,
        job_aids=text.job_aids,
        lessons=[
            LessonLine(one.slug, one.title, one.minutes, one.module, one.slug in read)
            for one in version.lessons
            if one.slug in mine
        ],
        enrolment_id=enrolment_id,
        lesson_id=lesson.id,
        checked_on=max((str(source["checked"]) for source in text.sources), default=""),
        kept_as=(version.id, version.digest, code, slug, frozenset(read)),
        asked=asked(wanted),
        chooses=bool(choices) and track is None,
    )


def lesson_to_finish(session: Session, who: Actor, code: str, slug: str) -> tuple[Enrolment, Lesson]:
    """Return the enrolment and the lesson that a learner may finish. Raises `NotFound`, `NotEnrolled`."""
    course = course_for(session, who, code)
    enrolment = enrolment_of(session, who, course)
    if enrolment is None:
        raise NotEnrolled
    lesson = session.scalar(
        select(Lesson)
        .join(Enrolment, Enrolment.id == enrolment.id)
        .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
        .where(Lesson.version_id == LEARNED, Lesson.slug == slug)
    )
    if lesson is None:
        raise NotFound
    return enrolment, lesson

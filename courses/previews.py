"""What an author may look at that no learner may: the quizzes of every version, with their keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.before_after.pair import BEFORE
from courses.models import Course, Version
from courses.published import Texts, published
from courses.queries.terms import before_after_of, blueprint_of, quiz_of, release_of
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.policy import Action, Actor
from quizzes.bank import Bank
from quizzes.paper import Draw
from quizzes.trial import Keyed, keyed


@dataclass(frozen=True, slots=True)
class QuizLine:
    """A quiz of a published version. count: questions that a paper draws."""

    code: str
    number: int
    current: bool
    course_title: Texts
    ref: str
    title: Texts
    bank: str
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A quiz with its bank. blueprint: None asks the whole bank. objectives: words by ref. lessons: titles by slug."""

    code: str
    number: int
    course_title: Texts
    quiz: dict[str, Any]
    bank: Bank
    blueprint: tuple[Draw, ...] | None
    objectives: dict[str, Texts]
    lessons: dict[str, Texts]


def quizzes(session: Session, who: Actor, search: str = "") -> Sequence[QuizLine]:
    """Return the quizzes of all published versions whose code or titles hold `search`, the newest version first.

    What is asked before and after a course stands among them. One query, and one more for each of these. Empty for who
    may not preview.
    """
    if not who.may(Action.COURSE_PREVIEW):
        return ()
    rows = session.execute(
        select(Course.code, Version)
        .join(Version, Version.course_id == Course.id)
        .order_by(Course.code, Version.number.desc())
    ).all()
    wanted = fold(search)
    asked = [
        (code, version, quiz, sum(draw["count"] for draw in quiz["draw"]))
        for code, version in rows
        for quiz in version.manifest.get("quizzes", [])
    ]
    asked += [
        (code, version, {**both, "ref": BEFORE}, len(release_of(session, both).bank.questions))
        for code, version in rows
        if (both := version.manifest.get("before_after"))
    ]
    return [
        QuizLine(
            code=code,
            number=version.number,
            current=version.current,
            course_title=version.title,
            ref=quiz["ref"],
            title=quiz["title"],
            bank=quiz["bank"],
            count=count,
        )
        for code, version, quiz, count in asked
        if wanted in fold(" ".join((code, quiz["bank"], *version.title.values(), *quiz["title"].values())))
    ]


def preview_for(session: Session, who: Actor, code: str, number: int, ref: str) -> Preview:
    """Return a quiz of a version with its bank. Raises `NotFound`, also for who may not preview."""
    if not who.may(Action.COURSE_PREVIEW):
        raise NotFound
    row = session.execute(
        select(Version.id, Version.digest)
        .join(Course, Course.id == Version.course_id)
        .where(Course.code == code, Version.number == number)
    ).first()
    if row is None:
        raise NotFound
    version = published(session, row.id, row.digest)
    quiz = (
        {**before_after_of(version), "ref": ref, "pass_share": "0"}
        if ref == BEFORE
        else quiz_of(version, ref)
    )
    return Preview(
        code=code,
        number=number,
        course_title=version.title,
        quiz=quiz,
        bank=release_of(session, quiz).bank,
        blueprint=None if ref == BEFORE else blueprint_of(quiz),
        objectives={one["ref"]: one for one in version.manifest["objectives"]},
        lessons={one.slug: one.title for one in version.lessons},
    )


def questions(preview: Preview, *, objective: str, difficulty: int, search: str) -> Sequence[Keyed]:
    """Return the questions of the bank: of an objective ("": any), a difficulty (0: any), whose words hold `search`."""
    wanted = fold(search)
    return [
        one
        for one in keyed(preview.bank)
        if objective in ("", one.question.objective)
        and difficulty in (0, one.question.difficulty)
        and wanted in fold(" ".join((one.question.ref, one.question.lesson, *_words(one.question.stem))))
    ]


def _words(texts: Texts) -> Sequence[str]:
    return list(texts.values())

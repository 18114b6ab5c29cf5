"""Parents of the demonstration who answered the same questions before and after CM-01: by the ways a learner goes."""

import random
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from courses import services as learning
from courses.before_after import services as before_after
from courses.certificates.issuing import Issuer
from courses.completion import tracks, way
from courses.models import Course, Enrolment, Lesson
from courses.queries import versions
from courses.queries.terms import requirements_of
from portal.core.accounts.models import Audience, Posting, User
from portal.core.organisation.models import Unit
from portal.core.policy import Actor
from portal.demo.answers import right
from portal.demo.history import OF_THE_HALLS
from quizzes import services as quizzes
from quizzes.models import Attempt
from quizzes.paper import Paper

CODE = "CM-01"
#: So many people answer twice: more would make the demonstration slow, fewer would be too few to be told of.
PAIRS = 14
#: How many questions each knows before; after, each knows as many more. Most learn something, not everybody.
KNOWN = (3, 4, 5, 6)
LEARNT = (3, 2, 1, 2, 0, 2, 1, -1)


def load(session: Session, issuer: Issuer, now: datetime) -> int:
    """Let some parents answer, learn and answer again in the days before `now`; return how many."""
    course = session.scalar(select(Course).where(Course.code == CODE))
    if course is None or "before_after" not in versions.current_version(session, course).manifest:
        return 0
    people = session.scalars(
        select(User.id)
        .join(Posting, Posting.user_id == User.id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(
            Posting.audience == Audience.PARENT,
            Posting.valid_to.is_(None),
            User.username.is_(None),
            ~User.coded,
            Unit.code.not_in(OF_THE_HALLS[CODE]),
            ~exists().where(Enrolment.user_id == User.id, Enrolment.course_id == course.id),
        )
        .order_by(Unit.code, User.id)
        .limit(PAIRS)
    ).all()
    dice = random.Random(111)  # noqa: S311 - a demonstration that is the same every time
    for number, user_id in enumerate(people):
        _learnt(session, issuer, course, user_id, number, now - timedelta(days=12 - number % 6), dice)
    return len(people)


def _learnt(
    session: Session,
    issuer: Issuer,
    course: Course,
    user_id: int,
    number: int,
    at: datetime,
    dice: random.Random,
) -> None:
    enrolment = learning.enrol(session, Actor(user_id), course, at)
    known = KNOWN[number % len(KNOWN)]
    _answer(session, issuer, enrolment, f"demonstration-{number:02d}-before", known, at, dice)
    wanted = requirements_of(versions.version_learned(session, enrolment))
    mine = way(wanted, tracks(wanted)[number % 3])
    lessons = session.scalars(
        select(Lesson)
        .where(Lesson.version_id == enrolment.version_id, Lesson.slug.in_(mine))
        .order_by(Lesson.position)
    ).all()
    for place, lesson in enumerate(lessons):
        learning.finish_lesson(session, issuer, enrolment, lesson, at + timedelta(hours=6 * place))
    after = known + LEARNT[number % len(LEARNT)]
    later = at + timedelta(hours=6 * len(lessons))
    _answer(session, issuer, enrolment, f"demonstration-{number:02d}-after", after, later, dice)


def _answer(
    session: Session,
    issuer: Issuer,
    enrolment: Enrolment,
    attempt_id: str,
    known: int,
    at: datetime,
    dice: random.Random,
) -> None:
    """Answer every question, `known` of them rightly, and hand it in three minutes later."""
    attempt: Attempt = before_after.start(session, enrolment, at, attempt_id=attempt_id)
    items = Paper.read(attempt.paper).items
    knows = {item.ref for item in dice.sample(items, known)}
    for item in items:
        fields = right(item.kind, dict(item.key))
        if item.ref not in knows:
            given = fields[""][0]
            others = (
                [option["ref"] for option in item.shown["options"]]
                if item.kind == "single"
                else ["true", "false"]
            )
            fields = {"": [next(one for one in others if one != given)]}
        quizzes.save_answer(
            session,
            attempt_id=attempt.id,
            taker_id=enrolment.user_id,
            ref=item.ref,
            fields=fields,
            seq=1,
            now=at,
        )
    learning.submit_quiz(session, issuer, attempt, at + timedelta(minutes=3))

"""Answering before and after through the services: once each, in time, scored once, and nothing depends on it."""

from collections.abc import Collection
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from courses import services as learning
from courses.before_after import services
from courses.before_after.errors import BeforeIsOver, NotAskedNow
from courses.before_after.models import PairedScore
from courses.before_after.pair import AFTER, BEFORE, Stage
from courses.models import Completion, Enrolment, LessonDone, QuizAttempt, Version
from portal.core.errors import NotFound
from portal.core.rights.download import parts_of
from portal.core.rights.erasing import erase
from portal.core.rights.models import ErasureWay
from quizzes import services as quizzes
from quizzes.models import Attempt
from quizzes.paper import Paper
from tests.courses.before_after.support import wrong_fields
from tests.factories import NOW, TODAY, World
from tests.security.support import certify, enrol, issuer, read_all, right_fields

ALL = ("q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8")


def answer(session: Session, attempt: Attempt, right: Collection[str], wrong: Collection[str] = ()) -> None:
    for item in Paper.read(attempt.paper).items:
        if item.ref in right or item.ref in wrong:
            fields = right_fields(item) if item.ref in right else wrong_fields(item)
            quizzes.save_answer(
                session,
                attempt_id=attempt.id,
                taker_id=attempt.taker_id,
                ref=item.ref,
                fields=fields,
                seq=1,
                now=NOW,
            )


def hand_in(session: Session, attempt: Attempt, days: int = 0) -> None:
    learning.submit_quiz(session, issuer(), attempt, NOW + timedelta(days=days))


def pair(
    session: Session, user_id: int, before: Collection[str] = ALL[:3], after: Collection[str] = ALL[:6]
) -> Enrolment:
    """Answer everything before and after CM-01: the questions named rightly."""
    enrolment = enrol(session, user_id)
    first = services.start(session, enrolment, NOW)
    answer(session, first, before, ALL)
    hand_in(session, first)
    read_all(session, enrolment)
    learning.complete_if_met(session, issuer(), enrolment, NOW)
    second = services.start(session, enrolment, NOW)
    answer(session, second, after, ALL)
    hand_in(session, second, days=2)
    return enrolment


def test_a_pair_is_scored_when_the_second_is_handed_in(session: Session, world: World) -> None:
    enrolment = pair(session, world.fay)

    score = session.scalars(select(PairedScore)).one()
    assert (score.enrolment_id, score.user_id, score.course_id) == (
        enrolment.id,
        world.fay,
        enrolment.course_id,
    )
    assert (score.before_points, score.after_points, score.possible) == (3, 6, 8)
    assert (score.scored_on, score.scored_at) == (date(2026, 11, 26), NOW + timedelta(days=2))
    assert services.stands(session, enrolment) is Stage.DONE


def test_an_evening_that_came_to_the_portal_late_leaves_no_pair(session: Session, world: World) -> None:
    """Taught on Monday without a signal, asked on Tuesday, synced on Wednesday: what she answered first was not before."""
    enrolment = enrol(session, world.fay)
    first = services.start(session, enrolment, NOW)
    answer(session, first, ALL[:3], ALL)
    hand_in(session, first)
    read_all(session, enrolment)
    lesson = session.scalars(select(LessonDone).where(LessonDone.enrolment_id == enrolment.id)).first()
    assert lesson is not None
    lesson.done_at = NOW - timedelta(days=1)
    learning.complete_if_met(session, issuer(), enrolment, NOW)
    second = services.start(session, enrolment, NOW)
    answer(session, second, ALL, ALL)
    hand_in(session, second, days=2)

    assert session.scalars(select(PairedScore)).all() == []
    assert services.stands(session, enrolment) is Stage.DONE


def test_both_times_the_very_same_paper_is_asked(session: Session, world: World) -> None:
    pair(session, world.fay)

    first, second = (
        session.scalars(
            select(Attempt)
            .join(QuizAttempt, QuizAttempt.attempt_id == Attempt.id)
            .where(QuizAttempt.quiz_ref == ref)
        ).one()
        for ref in (BEFORE, AFTER)
    )
    assert first.paper == second.paper
    assert first.paper["order"] == list(ALL)
    assert (first.rules["feedback"], second.rules["feedback"]) == ("none", "full")
    assert (first.deadline_at, first.rules["attempts"], second.rules["attempts"]) == (None, 1, 1)


def test_questions_left_out_once_are_in_neither_score(session: Session, world: World) -> None:
    enrolment = enrol(session, world.fay)
    first = services.start(session, enrolment, NOW)
    answer(session, first, ("q1",), ("q2",))  # the other six are left out
    hand_in(session, first)
    read_all(session, enrolment)
    learning.complete_if_met(session, issuer(), enrolment, NOW)
    second = services.start(session, enrolment, NOW)
    answer(session, second, ALL)
    hand_in(session, second)

    score = session.scalars(select(PairedScore)).one()
    assert (score.before_points, score.after_points, score.possible) == (1, 2, 2)


def test_nothing_answered_is_no_pair_and_no_fault(session: Session, world: World) -> None:
    enrolment = enrol(session, world.fay)
    hand_in(session, services.start(session, enrolment, NOW))
    read_all(session, enrolment)
    learning.complete_if_met(session, issuer(), enrolment, NOW)
    second = services.start(session, enrolment, NOW)
    answer(session, second, ALL)
    hand_in(session, second)

    assert session.scalars(select(PairedScore)).all() == []
    assert services.stands(session, enrolment) is Stage.DONE


def test_after_the_first_lesson_it_is_not_before_any_more(session: Session, world: World) -> None:
    enrolment = enrol(session, world.fay)
    read_all(session, enrolment, but=17)

    assert services.stands(session, enrolment) is Stage.LATE
    with pytest.raises(NotAskedNow):
        services.start(session, enrolment, NOW)


def test_answers_handed_in_after_a_lesson_are_not_taken(session: Session, world: World) -> None:
    enrolment = enrol(session, world.fay)
    attempt = services.start(session, enrolment, NOW)
    answer(session, attempt, ALL)
    read_all(session, enrolment, but=17)

    nested = session.begin_nested()
    with pytest.raises(BeforeIsOver):
        learning.hand_in(
            session, issuer(), attempt_id=attempt.id, taker_id=world.fay, posted={}, seq=0, now=NOW
        )
    nested.rollback()

    session.expire_all()
    assert session.get_one(Attempt, attempt.id).submitted_at is None
    assert services.stands(session, enrolment) is Stage.LATE


def test_answers_handed_in_after_a_class_that_completed_the_course_are_not_taken(
    session: Session, world: World
) -> None:
    """A paper list of a class completes a course of which no lesson was marked as read here."""
    enrolment = enrol(session, world.fay)
    attempt = services.start(session, enrolment, NOW)
    answer(session, attempt, ALL)
    session.add(
        Completion(
            enrolment_id=enrolment.id, user_id=world.fay, course_id=enrolment.course_id, completed_at=NOW,
            completed_on=TODAY, facts={},
        )
    )  # fmt: skip
    session.flush()

    nested = session.begin_nested()
    with pytest.raises(BeforeIsOver):
        learning.hand_in(
            session, issuer(), attempt_id=attempt.id, taker_id=world.fay, posted={}, seq=0, now=NOW
        )
    nested.rollback()

    session.expire_all()
    assert services.stands(session, enrolment) is Stage.LATE


def test_the_second_time_opens_with_completion(session: Session, world: World) -> None:
    enrolment = enrol(session, world.fay)
    hand_in(session, services.start(session, enrolment, NOW))

    with pytest.raises(NotAskedNow):
        services.start(session, enrolment, NOW)
    lesson = read_all(session, enrolment, but=1)[0]
    learning.finish_lesson(session, issuer(), enrolment, lesson, NOW)
    assert services.stands(session, enrolment) is Stage.AFTER
    assert services.start(session, enrolment, NOW).id == services.start(session, enrolment, NOW).id


def test_whoever_did_not_answer_before_is_not_asked_after(session: Session, world: World) -> None:
    certify(session, world.fay)
    enrolment = session.scalars(select(Enrolment).where(Enrolment.user_id == world.fay)).one()

    assert services.stands(session, enrolment) is Stage.LATE
    with pytest.raises(NotAskedNow):
        services.start(session, enrolment, NOW)


def test_a_version_without_questions_asks_none(session: Session, world: World) -> None:
    enrolment = enrol(session, world.fay)
    enrolment.version_id = session.scalars(
        select(Version.id).where(Version.course_id == enrolment.course_id, Version.number == 2)
    ).one()
    session.flush()

    with pytest.raises(NotFound):
        services.start(session, enrolment, NOW)


def test_nothing_of_the_course_depends_on_it(session: Session, world: World) -> None:
    """Handing in completes nothing, and a completion does not hold what was answered."""
    enrolment = enrol(session, world.fay)
    attempt = services.start(session, enrolment, NOW)
    answer(session, attempt, ALL)
    hand_in(session, attempt)
    assert session.scalar(select(func.count()).select_from(Completion)) == 0

    read_all(session, enrolment)
    learning.complete_if_met(session, issuer(), enrolment, NOW)
    completion = session.scalars(select(Completion)).one()
    assert completion.facts["shares"] == {}
    assert BEFORE not in str(completion.facts)


def test_a_pair_that_cannot_be_is_not_stored(session: Session, world: World) -> None:
    enrolment = pair(session, world.fay)

    with pytest.raises(IntegrityError):
        session.execute(
            text("UPDATE paired_score SET after_points = 9 WHERE enrolment_id = :id"), {"id": enrolment.id}
        )
    session.rollback()


def test_she_gets_her_pair_with_her_data_and_it_stays_without_a_name(session: Session, world: World) -> None:
    pair(session, world.fay)

    (mine,) = (part.rows for holding, part in parts_of(session, world.fay) if holding.code == "before_after")
    assert [(row["course"], row["before"], row["after"]) for row in mine] == [("CM-01", "3/8", "6/8")]
    erase(session, world.fay, by_id=world.fay, way=ErasureWay.SELF, reason="", today=TODAY, now=NOW)
    assert session.scalar(select(func.count()).select_from(PairedScore)) == 1

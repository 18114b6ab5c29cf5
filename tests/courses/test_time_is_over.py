"""A learner whose time ran out loses nothing: what was saved is handed in, counts, and can complete the course."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from courses.models import Completion, Enrolment, Version
from portal.core.db import unit_of_work
from quizzes.models import Attempt
from tests.factories import NOW, World
from tests.security.support import answer_all, begin_quiz, enrol

SignIn = Callable[[int], FlaskClient]


def run_out(session: Session, world: World, *, answered: bool) -> str:
    """Begin the final quiz of GD-01's first version, answer all of it or nothing, and let its time be over for hours."""
    with unit_of_work() as work:
        first = select(Version.id).where(Version.course_id == Enrolment.course_id, Version.number == 1)
        enrol(work, world.ana, "GD-01")
        work.execute(update(Enrolment).values(version_id=first.scalar_subquery()))
        work.expire_all()
        attempt = begin_quiz(work, world.ana, "GD-01").id
    if answered:
        with unit_of_work() as work:
            answer_all(work, work.get_one(Attempt, attempt))
    with unit_of_work() as work:
        work.execute(update(Attempt).values(deadline_at=NOW - timedelta(hours=2)))
    return attempt


def test_what_was_saved_passes_and_completes_the_course(
    session: Session, world: World, sign_in: SignIn
) -> None:
    attempt = run_out(session, world, answered=True)

    answer = sign_in(world.ana).post("/courses/GD-01/quiz/?ref=final")

    assert answer.location == f"/attempts/{attempt}/"
    assert session.scalar(select(func.count()).select_from(Attempt)) == 1
    assert session.scalar(select(func.count()).select_from(Completion)) == 1


def test_what_was_not_answered_is_a_failure_that_stands(
    session: Session, world: World, sign_in: SignIn
) -> None:
    attempt = run_out(session, world, answered=False)
    ana = sign_in(world.ana)

    assert ana.post("/courses/GD-01/quiz/?ref=final").location == f"/attempts/{attempt}/"

    assert session.scalars(select(Attempt.passed)).all() == [False]
    assert ana.post("/courses/GD-01/quiz/?ref=final").location != f"/attempts/{attempt}/"  # a new one

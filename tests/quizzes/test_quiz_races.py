"""Several at once, each with a connection of its own: one attempt, one submission, no acknowledged answer lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.core.db import db, unit_of_work
from quizzes import queries, services
from quizzes.bank import Bank
from quizzes.errors import AlreadySubmitted, NoAttemptsLeft, StepAlreadyTaken
from quizzes.lifecycle import Rules
from quizzes.models import Attempt, BankRelease
from quizzes.paper import Draw, Paper
from tests.factories import NOW, World
from tests.quizzes.conftest import RAW, a_bank, right_fields

SCOPE = "race"
Work = Callable[[Session], Any]


class Race:
    """Runs pieces of work at the same moment, each in a unit of work and a thread of its own."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.taker_id = app, world.ana

    def run(self, *work: Work) -> list[Any]:
        """Return what each returned, or the refusal it raised."""
        gate = Barrier(len(work))

        def one(piece: Work) -> Any:
            with self.app.app_context():
                gate.wait()
                try:
                    with unit_of_work() as session:
                        return piece(session)
                except (AlreadySubmitted, NoAttemptsLeft, StepAlreadyTaken) as refusal:
                    return refusal
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(len(work)) as pool:
            return list(pool.map(one, work))

    def start(self, session: Session, **rules: Any) -> str:
        """Begin an attempt on the bank of every kind; return its id."""
        release = queries.released(session, SCOPE, 1)
        return services.start(
            session,
            taker_id=self.taker_id,
            scope=SCOPE,
            release=release,
            blueprint=(Draw("o1", len(RAW)),),
            rules=Rules(wait_after=0, **rules),
            pass_share=Fraction(4, 5),
            seed=1,
            now=NOW,
        ).id

    def save(self, attempt_id: str, ref: str, fields: dict[str, list[str]]) -> Work:
        """Return the work of saving one answer; it returns the ref."""

        def work(session: Session) -> str:
            saved = services.save_answer(
                session, attempt_id=attempt_id, taker_id=self.taker_id, ref=ref, fields=fields, seq=1, now=NOW
            )
            assert saved is not None
            return ref

        return work

    def submit(self, attempt_id: str) -> Work:
        """Return the work of handing in; it returns the word."""

        def work(session: Session) -> str:
            services.submit(session, attempt_id=attempt_id, taker_id=self.taker_id, now=NOW)
            return "submitted"

        return work


@pytest.fixture
def race(whole_app: tuple[Flask, World]) -> Iterator[Race]:
    app, world = whole_app
    bank = Bank({**a_bank().document, "slug": SCOPE})
    with app.app_context():
        with unit_of_work() as session:
            services.release(session, bank, NOW)
        try:
            yield Race(app, world)
        finally:
            with unit_of_work() as session:
                session.execute(delete(Attempt).where(Attempt.scope == SCOPE))
                session.execute(delete(BankRelease).where(BankRelease.slug == SCOPE))
            db.session.remove()


def test_eight_starts_make_one_attempt(race: Race) -> None:
    found = race.run(*[race.start] * 8)

    assert len(set(found)) == 1


def test_the_limit_holds_when_starts_and_submissions_mix(race: Race) -> None:
    def start_and_submit(session: Session) -> str:
        attempt_id = race.start(session, attempts=2)
        services.submit(session, attempt_id=attempt_id, taker_id=race.taker_id, now=NOW)
        return attempt_id

    found = race.run(*[start_and_submit] * 6)

    assert sum(isinstance(one, NoAttemptsLeft) for one in found) == 4
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Attempt).where(Attempt.scope == SCOPE)) == 2


def test_eight_submissions_are_accepted_once(race: Race) -> None:
    (attempt_id,) = race.run(race.start)

    found = race.run(*[race.submit(attempt_id)] * 8)

    assert found.count("submitted") == 1
    assert sum(isinstance(one, AlreadySubmitted) for one in found) == 7


def test_every_acknowledged_answer_is_marked(race: Race) -> None:
    for _ in range(5):
        (attempt_id,) = race.run(race.start)
        with unit_of_work() as session:
            items = Paper.read(session.get_one(Attempt, attempt_id).paper).items
        saves = [race.save(attempt_id, item.ref, right_fields(item)) for item in items]

        found = race.run(*saves[:4], race.submit(attempt_id), *saves[4:])

        with unit_of_work() as session:
            marks = session.get_one(Attempt, attempt_id).result["marks"]  # type: ignore[index]
        acknowledged = {one for one in found if isinstance(one, str)} - {"submitted"}
        assert {ref for ref, share in marks.items() if share == "1"} == acknowledged


def test_two_tabs_cannot_take_two_ways_of_a_story(race: Race) -> None:
    for _ in range(5):
        (attempt_id,) = race.run(race.start)

        found = race.run(
            race.save(attempt_id, "q8", {"": ["s1.a"]}), race.save(attempt_id, "q8", {"": ["s1.b"]})
        )

        assert found.count("q8") == 1
        assert sum(isinstance(one, StepAlreadyTaken) for one in found) == 1
        race.run(race.submit(attempt_id))

"""Attempts at a quiz that were really drawn, answered and marked, to be entered again for many people."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.models import Version
from courses.published import published
from courses.queries import terms
from portal.demo.answers import right
from portal.demo.bulk import packed
from quizzes import services as quizzes
from quizzes.models import Answer, Attempt

MANY = 12
MINUTES = 18


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A passed attempt; documents are JSON text. answers: (ref, JSON)."""

    quiz: str
    release: int
    paper: str
    rules: str
    pass_share: Decimal
    took: timedelta
    limit: timedelta | None
    share: Decimal
    exact: str
    passed: bool
    result: str
    answers: tuple[tuple[str, str], ...]

    def deadline(self, began: datetime) -> datetime | None:
        """Return until when an attempt that began then may be handed in."""
        return began + self.limit if self.limit is not None else None


def exemplars(session: Session, version: Version, taker_id: int, now: datetime) -> tuple[Exemplar, ...]:
    """Return a few passed attempts at the quiz that decides a version; () where none does. Leaves no row behind."""
    decisive = [rule["quiz"] for rule in version.manifest["completion"] if rule["rule"] == "quiz_passed"]
    if not decisive:
        return ()
    found = []
    for seed in range(MANY):
        nested = session.begin_nested()
        one = _sat(session, version, decisive[0], taker_id, seed, now)
        nested.rollback()
        if one.passed:
            found.append(one)
    return tuple(found)


def _sat(
    session: Session, version: Version, quiz_ref: str, taker_id: int, seed: int, now: datetime
) -> Exemplar:
    quiz: Mapping[str, Any] = terms.quiz_of(published(session, version.id, version.digest), quiz_ref)
    release = terms.release_of(session, quiz)
    began = now - timedelta(minutes=MINUTES)
    attempt = quizzes.start(
        session,
        taker_id=taker_id,
        scope=f"exemplar:{version.id}:{seed}",
        release=release,
        blueprint=terms.blueprint_of(quiz),
        rules=terms.rules_of(quiz),
        pass_share=Fraction(quiz["pass_share"]),
        seed=seed,
        now=began,
    )
    dice = random.Random(seed)  # noqa: S311 - the same every time, on purpose
    paper = session.scalars(select(Attempt.paper).where(Attempt.id == attempt.id)).one()
    for ref in paper["order"]:
        if dice.random() < 0.93:  # the others stay unanswered
            item = paper["items"][ref]
            quizzes.save_answer(
                session, attempt_id=attempt.id, taker_id=taker_id, ref=ref, fields=right(item["kind"], item["key"]),
                seq=1, now=began,
            )  # fmt: skip
    quizzes.submit(session, attempt_id=attempt.id, taker_id=taker_id, now=now)
    session.expire_all()
    row = session.get_one(Attempt, attempt.id)
    answers = session.execute(
        select(Answer.ref, Answer.value).where(Answer.attempt_id == row.id).order_by(Answer.ref)
    ).all()
    share = row.share if row.share is not None else Decimal(0)
    return Exemplar(
        quiz_ref, row.release_id, packed(row.paper), packed(row.rules), row.pass_share, timedelta(minutes=MINUTES),
        row.deadline_at - row.started_at if row.deadline_at else None, share, str(Fraction(share)),
        bool(row.passed), packed(row.result), tuple((ref, packed(value)) for ref, value in answers),
    )  # fmt: skip

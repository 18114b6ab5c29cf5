"""Questions about attempts: the paper to answer, the result, what was sat before. Reading never writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.db import rows
from portal.core.errors import NotFound
from quizzes import lifecycle
from quizzes.bank import Bank
from quizzes.lifecycle import Past, Rules, State
from quizzes.marking import Feedback, Result, Reviewed, lessons_again, review
from quizzes.models import Answer, Attempt, BankRelease
from quizzes.paper import Asked, Item, Paper, asked


@dataclass(frozen=True, slots=True)
class Sat:
    """An attempt without its paper: what a list and the next start need. share: of 1, None until it is marked."""

    id: str
    started_at: datetime
    deadline_at: datetime | None
    submitted_at: datetime | None
    share: Any
    passed: bool | None
    annulled_at: datetime | None
    rules: Mapping[str, Any]


#: The columns of a `Sat`, in its order, for statements that read it beside something else.
SAT = (
    Attempt.id,
    Attempt.started_at,
    Attempt.deadline_at,
    Attempt.submitted_at,
    Attempt.share,
    Attempt.passed,
    Attempt.annulled_at,
    Attempt.rules,
)


@dataclass(frozen=True, slots=True)
class Released:
    """A published bank and its row. A published bank never changes, so it is kept in memory once it was read."""

    id: int
    bank: Bank


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is kept."""

    value: Any
    saved_at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A submitted attempt as its result page shows it.

    share, pass_share: exact, of 1; share is None while a person must mark something. points: earned of `possible`.
    in_time: False when the server handed it in at its deadline. again: addresses of what to read again, those that
    cost most points first.
    """

    id: str
    submitted_at: datetime
    in_time: bool
    share: Fraction | None
    pass_share: Fraction
    passed: bool | None
    points: Fraction
    possible: int
    feedback: Feedback
    reviewed: tuple[Reviewed, ...]
    again: tuple[str, ...]


MOST_BANKS = 50  # of about 300 KB each
_banks: dict[tuple[int, str], Bank] = {}
_RELEASE = select(BankRelease.id, BankRelease.digest).where(
    BankRelease.slug == bindparam("slug"), BankRelease.version == bindparam("version")
)


def released(session: Session, slug: str, version: int) -> Released:
    """Return a published bank: one small query, and the bank itself once in a process. Raises `NoResultFound`."""
    key, digest = rows(session, _RELEASE, {"slug": slug, "version": version}).one()
    bank = _banks.get((key, digest))
    if bank is None:
        if len(_banks) >= MOST_BANKS:
            _banks.clear()
        bank = Bank(session.scalars(select(BankRelease.content).where(BankRelease.id == key)).one())
        _banks[key, digest] = bank
    return Released(key, bank)


def attempt_for(session: Session, attempt_id: str, taker_id: int | None) -> Attempt:
    """Return the attempt if it is this person's own. Raises `NotFound`, for another's as for none."""
    attempt = session.scalars(
        select(Attempt).where(Attempt.id == attempt_id, Attempt.taker_id == taker_id)
    ).one_or_none()
    if attempt is None:
        raise NotFound
    return attempt


_SAT = (
    select(*SAT)
    .where(Attempt.taker_id == bindparam("taker"), Attempt.scope == bindparam("scope"))
    .order_by(Attempt.started_at, Attempt.id)
)


def sat(session: Session, taker_id: int, scope: str) -> tuple[Sat, ...]:
    """Return every attempt of a person and scope, annulled ones too, the earliest first."""
    return tuple(Sat(*row) for row in rows(session, _SAT, {"taker": taker_id, "scope": scope}))


def past_of(attempts: Sequence[Sat | Attempt]) -> list[Past]:
    """Return those of `attempts` that were handed in, as `lifecycle.may_start` counts them."""
    return [
        Past(one.submitted_at, one.passed, one.annulled_at is not None)
        for one in attempts
        if one.submitted_at is not None
    ]


def state_of(attempt: Sat | Attempt, now: datetime) -> State:
    """Return where an attempt stands at `now`."""
    return lifecycle.state(
        submitted_at=attempt.submitted_at,
        annulled_at=attempt.annulled_at,
        deadline_at=attempt.deadline_at,
        now=now,
        grace_seconds=Rules.read(attempt.rules).grace_seconds,
    )


_ANSWERS = select(Answer.ref, Answer.value, Answer.saved_at, Answer.seq).where(
    Answer.attempt_id == bindparam("attempt")
)


def answers(session: Session, attempt_id: str) -> dict[str, Kept]:
    """Return what is kept of each item, by ref; a value of None is an answer that was taken back."""
    found = rows(session, _ANSWERS, {"attempt": attempt_id})
    return {ref: Kept(value, saved_at, seq) for ref, value, saved_at, seq in found}


def answer_to(session: Session, attempt_id: str, ref: str) -> Any:
    """Return the answer kept to one item, or None."""
    return session.scalar(select(Answer.value).where(Answer.attempt_id == attempt_id, Answer.ref == ref))


def answer_with_seq(session: Session, attempt_id: str, ref: str) -> tuple[Any, int | None]:
    """Return the answer kept to one item and its seq; None and None where nothing was ever kept."""
    row = session.execute(
        select(Answer.value, Answer.seq).where(Answer.attempt_id == attempt_id, Answer.ref == ref)
    ).first()
    return (row.value, row.seq) if row else (None, None)


def questions(session: Session, attempt: Attempt) -> tuple[Asked, ...]:
    """Return the paper as a page asks it, with what is answered so far; nothing in it tells a key. One statement."""
    kept = answers(session, attempt.id)
    return tuple(
        _asked(item, number, kept.get(item.ref))
        for number, item in enumerate(Paper.read(attempt.paper).items, start=1)
    )


def question(session: Session, attempt: Attempt, ref: str) -> Asked:
    """Return one question of the paper, with its answer so far. Raises `NotFound`. One statement."""
    for number, item in enumerate(Paper.read(attempt.paper).items, start=1):
        if item.ref == ref:
            return _asked(item, number, answers(session, attempt.id).get(ref))
    raise NotFound


def _asked(item: Item, number: int, kept: Kept | None) -> Asked:
    return asked(item, number, kept.value, kept.saved_at) if kept else asked(item, number, None)


def place_of(session: Session, attempt_id: str, ref: str) -> int:
    """Return the number of a question in its paper, from 1."""
    order = session.scalar(select(Attempt.paper["order"]).where(Attempt.id == attempt_id))
    return int(list(order or ()).index(ref)) + 1


def outcome(session: Session, attempt: Attempt) -> Outcome:
    """Return the result of a submitted attempt, told as far as its rules allow. One statement.

    Marks are those that were stored when it was handed in. Raises `ValueError` for an attempt that is not.
    """
    if attempt.submitted_at is None or attempt.result is None:
        raise ValueError(f"attempt {attempt.id} has not been submitted")
    items = Paper.read(attempt.paper).items
    result = Result.read(attempt.result)
    feedback = Feedback(Rules.read(attempt.rules).feedback)
    given = {ref: one.value for ref, one in answers(session, attempt.id).items()}
    return Outcome(
        id=attempt.id,
        submitted_at=attempt.submitted_at,
        in_time=attempt.submitted_at != attempt.deadline_at,
        share=result.share,
        pass_share=Fraction(attempt.pass_share),
        passed=attempt.passed,
        points=result.points,
        possible=result.possible,
        feedback=feedback,
        reviewed=review(items, given, result, feedback),
        again=lessons_again(items, result),
    )

"""Beginning an attempt, saving an answer, handing in, annulling: the writes. None of them commits.

What must happen once is decided by the database: one open attempt of a scope by a partial unique index, one
submission by an update that expects the attempt open, one answer of an item by its key.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.core.audit.services import record
from portal.core.db import insert_once
from quizzes import kinds, lifecycle
from quizzes.bank import Bank
from quizzes.errors import (
    AlreadySubmitted,
    AnswerUnreadable,
    AttemptAnnulled,
    NoAttemptsLeft,
    ReasonMissing,
    StepAlreadyTaken,
    TimeIsUp,
    TryAgainLater,
)
from quizzes.kinds.base import Diverged, Malformed
from quizzes.lifecycle import NoMoreAttempts, NotYet, Past, Rules
from quizzes.marking import Result, mark, stored_share
from quizzes.models import Answer, Attempt, BankRelease
from quizzes.paper import Draw, Paper, draw


def release(session: Session, bank: Bank, now: datetime) -> bool:
    """Publish a bank whole; return whether that was new. A published one that was changed raises `ValueError`."""
    made = insert_once(
        session,
        BankRelease,
        slug=bank.slug,
        version=bank.version,
        digest=bank.digest,
        content=dict(bank.document),
        released_at=now,
    )
    if not made:
        digest = session.scalar(
            select(BankRelease.digest).where(BankRelease.slug == bank.slug, BankRelease.version == bank.version)
        )
        if digest != bank.digest:
            raise ValueError(
                f"bank {bank.slug} version {bank.version} is published and its file was changed; "
                f"put it back and write version {bank.version + 1}"
            )
    return made


def start(
    session: Session,
    *,
    taker_id: int,
    scope: str,
    release: BankRelease,
    blueprint: Sequence[Draw],
    rules: Rules,
    pass_share: Fraction,
    seed: int,
    now: datetime,
) -> Attempt:
    """Begin an attempt with a paper of its own, or return the open one of this person and scope.

    An open one whose time is over is handed in first, with what was saved. Raises `NoAttemptsLeft`, `TryAgainLater`.
    """
    attempts = session.scalars(
        select(Attempt).where(Attempt.taker_id == taker_id, Attempt.scope == scope).with_for_update()
    ).all()
    for one in attempts:
        state = state_of(one, now)
        if state is lifecycle.State.OPEN:
            return one
        if state is lifecycle.State.EXPIRED:
            submit(session, attempt_id=one.id, taker_id=taker_id, now=now)
    check_start(rules, attempts, now)
    paper = draw(Bank(release.content), blueprint, seed)
    insert_once(
        session,
        Attempt,
        id=secrets.token_urlsafe(16),
        taker_id=taker_id,
        scope=scope,
        release_id=release.id,
        paper=paper.document(),
        rules=rules.document(),
        pass_share=stored_share(pass_share),
        started_at=now,
        deadline_at=rules.deadline(now),
    )
    return session.scalars(
        select(Attempt).where(
            Attempt.taker_id == taker_id,
            Attempt.scope == scope,
            Attempt.submitted_at.is_(None),
            Attempt.annulled_at.is_(None),
        )
    ).one()


def check_start(rules: Rules, attempts: Sequence[Attempt], now: datetime) -> None:
    """Raise `NoAttemptsLeft` or `TryAgainLater` where no new attempt may begin."""
    match lifecycle.may_start(rules, past_of(attempts), now):
        case NoMoreAttempts(limit=limit):
            raise NoAttemptsLeft(limit=limit)
        case NotYet(until=until):
            raise TryAgainLater(until=until)


def past_of(attempts: Sequence[Attempt]) -> list[Past]:
    """Return the attempts that were handed in, as `lifecycle.may_start` counts them."""
    return [
        Past(one.submitted_at, one.passed, one.annulled_at is not None) for one in attempts if one.submitted_at is not None
    ]


def state_of(attempt: Attempt, now: datetime) -> lifecycle.State:
    """Return where an attempt stands at `now`."""
    return lifecycle.state(
        submitted_at=attempt.submitted_at,
        annulled_at=attempt.annulled_at,
        deadline_at=attempt.deadline_at,
        now=now,
        grace_seconds=Rules.read(attempt.rules).grace_seconds,
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """What is kept of an item now: the answer (None: nothing given), since when, and whether the kind is a story."""

    answer: Any
    saved_at: datetime
    cumulative: bool


def save_answer(
    session: Session, *, attempt_id: str, taker_id: int, ref: str, fields: Mapping[str, Sequence[str]], seq: int, now: datetime
) -> Saved | None:
    """Keep the answer to one item; return None where the person has no such attempt or item.

    `fields` are the posted fields of the item, without their prefix. Saving the same answer twice changes nothing; an
    older one (a smaller `seq`, the device's own count) never overwrites a newer. One item of the paper is read, not
    the paper. Raises `AlreadySubmitted`, `AttemptAnnulled`, `TimeIsUp`, `AnswerUnreadable`, `StepAlreadyTaken`.
    """
    item = Attempt.paper[("items", ref)]
    row = session.execute(
        select(
            item["kind"].as_string(),
            item["shown"],
            Attempt.submitted_at,
            Attempt.annulled_at,
            Attempt.deadline_at,
            Attempt.rules["grace_seconds"].as_integer(),
            Answer.value,
        )
        .outerjoin(Answer, (Answer.attempt_id == Attempt.id) & (Answer.ref == ref))
        .where(Attempt.id == attempt_id, Attempt.taker_id == taker_id)
    ).first()
    if row is None or row[0] is None:
        return None
    code, shown, submitted_at, annulled_at, deadline_at, grace, before = row
    if annulled_at is not None:
        raise AttemptAnnulled
    if submitted_at is not None:
        raise AlreadySubmitted
    if deadline_at is not None and now > deadline_at + timedelta(seconds=grace):
        raise TimeIsUp(deadline=deadline_at)
    kind = kinds.of(code)
    try:
        answer = kind.after(before, kind.parse(shown, fields))
    except Diverged:
        raise StepAlreadyTaken(ref=ref) from None
    except Malformed:
        raise AnswerUnreadable(ref=ref) from None
    _upsert(session, attempt_id, ref, answer, seq, now)
    return Saved(answer, now, kind.cumulative)


def _upsert(session: Session, attempt_id: str, ref: str, answer: Any, seq: int, now: datetime) -> None:
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Answer).values(attempt_id=attempt_id, ref=ref, value=answer, seq=seq, saved_at=now)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Answer.attempt_id, Answer.ref],
            set_={"value": statement.excluded.value, "seq": statement.excluded.seq, "saved_at": statement.excluded.saved_at},
            where=Answer.seq <= statement.excluded.seq,
        )
    )


def submit(session: Session, *, attempt_id: str, taker_id: int, now: datetime) -> Attempt:
    """Mark what was saved and close the attempt, once.

    Of two tabs, clicks or processes one closes it; the others raise `AlreadySubmitted`. Time that is over does not
    forbid handing in: what was saved by then counts. Raises `AttemptAnnulled`.
    """
    attempt = session.scalars(
        select(Attempt).where(Attempt.id == attempt_id, Attempt.taker_id == taker_id).with_for_update()
    ).one()
    if attempt.annulled_at is not None:
        raise AttemptAnnulled
    if attempt.submitted_at is not None:
        raise AlreadySubmitted
    answers = dict(session.execute(select(Answer.ref, Answer.value).where(Answer.attempt_id == attempt_id)).tuples().all())
    result = mark(Paper.read(attempt.paper).items, answers)
    closed = session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.submitted_at.is_(None), Attempt.annulled_at.is_(None))
        .values(
            submitted_at=now,
            share=stored_share(result.share) if result.share is not None else None,
            passed=_passed(result, attempt),
            result=result.document(),
        )
    )
    if closed.rowcount == 0:  # type: ignore[attr-defined]
        raise AlreadySubmitted
    session.refresh(attempt)
    return attempt


def _passed(result: Result, attempt: Attempt) -> bool | None:
    """Decide on the exact fraction against the pass share that was frozen at the start."""
    return None if result.share is None else result.share >= Fraction(attempt.pass_share)


def annul(session: Session, *, attempt: Attempt, by_id: int, reason: str, now: datetime) -> None:
    """Take an attempt out of the count, by a named person and with a reason. Raises `ReasonMissing`, `AttemptAnnulled`."""
    if not reason.strip():
        raise ReasonMissing
    closed = session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.annulled_at.is_(None))
        .values(annulled_at=now, annulled_by_id=by_id, annulled_reason=reason.strip())
    )
    if closed.rowcount == 0:  # type: ignore[attr-defined]
        raise AttemptAnnulled
    record(session, at=now, actor_id=by_id, code="attempt.annul", target=f"attempt:{attempt.id}", reason=reason.strip())

"""Beginning an attempt, saving answers, handing in, annulling: the writes. None of them commits.

What must happen once is decided by the database: one open attempt of a scope by a partial unique index, one
submission by an update that expects the attempt open, one answer of an item by its key. An answer is written only
while the attempt's row is found open and locked, and the row is locked before answers are read for marking, so that
on PostgreSQL, too, no answer is acknowledged that the mark does not see (SQLite lets one unit of work write at a time
anyway).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.attributes import set_committed_value

from portal.core.accounts.models import User
from portal.core.audit.services import record
from portal.core.db import insert_once, rows
from portal.core.errors import NotFound
from quizzes import kinds, lifecycle, open_papers, queries
from quizzes.bank import Bank
from quizzes.errors import (
    AlreadySubmitted,
    AnswerUnreadable,
    AttemptAnnulled,
    NewerAnswerStands,
    NoAttemptsLeft,
    ReasonMissing,
    StepAlreadyTaken,
    TimeIsUp,
    TryAgainLater,
)
from quizzes.kinds.base import REF, Diverged, Kind, Malformed
from quizzes.lifecycle import NoMoreAttempts, NotYet, Rules
from quizzes.marking import Result, mark, stored_share
from quizzes.models import Answer, Attempt, BankRelease
from quizzes.paper import Draw, Paper, draw, whole
from quizzes.posted import fields_of
from quizzes.queries import Released, Sat


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
            select(BankRelease.digest).where(
                BankRelease.slug == bank.slug, BankRelease.version == bank.version
            )
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
    release: Released,
    blueprint: Sequence[Draw] | None,
    rules: Rules,
    pass_share: Fraction,
    seed: int,
    now: datetime,
    attempt_id: str | None = None,
) -> Attempt:
    """Begin an attempt with a paper of its own, or return the open one of this person and scope.

    blueprint: what is drawn; None asks the whole bank, in its order and as it is written (`paper.whole`). attempt_id: of
    the new attempt, where it must be the same every time (a demonstration); else nobody can guess it.

    An open one whose time is over is handed in first, with what was saved. The person's row is locked, so that of two
    devices one begins and the other goes on with it, and the limit holds. Raises `NoAttemptsLeft`, `TryAgainLater`,
    `CannotDraw`.
    """
    rows(session, _TAKER, {"taker": taker_id})
    sat = queries.sat(session, taker_id, scope)
    for one in sat:
        state = state_of(one, now)
        if state is lifecycle.State.OPEN:
            return session.get_one(Attempt, one.id)
        if state is lifecycle.State.EXPIRED:
            submit(session, attempt_id=one.id, taker_id=taker_id, now=now)
            sat = queries.sat(session, taker_id, scope)
    check_start(rules, sat, now)
    paper = whole(release.bank) if blueprint is None else draw(release.bank, blueprint, seed)
    insert_once(
        session,
        Attempt,
        id=attempt_id or secrets.token_urlsafe(16),
        taker_id=taker_id,
        scope=scope,
        release_id=release.id,
        paper=paper.document(),
        rules=rules.document(),
        pass_share=stored_share(pass_share),
        started_at=now,
        deadline_at=rules.deadline(now),
    )
    return session.scalars(_OPEN_ONE, {"taker": taker_id, "scope": scope}).one()


_TAKER = select(User.id).where(User.id == bindparam("taker")).with_for_update(key_share=True)
_OPEN_ONE = (
    select(Attempt)
    .where(
        Attempt.taker_id == bindparam("taker"),
        Attempt.scope == bindparam("scope"),
        Attempt.submitted_at.is_(None),
        Attempt.annulled_at.is_(None),
    )
    .options(defer(Attempt.paper))  # it was just written; whoever wants it back reads it
)


def check_start(rules: Rules, sat: Sequence[Sat | Attempt], now: datetime) -> None:
    """Raise `NoAttemptsLeft` or `TryAgainLater` where no new attempt may begin."""
    match lifecycle.may_start(rules, queries.past_of(sat), now):
        case NoMoreAttempts(limit=limit):
            raise NoAttemptsLeft(limit=limit)
        case NotYet(until=until):
            raise TryAgainLater(until=until)


def state_of(attempt: Sat | Attempt, now: datetime) -> lifecycle.State:
    """Return where an attempt stands at `now`."""
    return queries.state_of(attempt, now)


def past_of(attempts: Sequence[Sat | Attempt]) -> list[lifecycle.Past]:
    """Return those of `attempts` that were handed in, as `lifecycle.may_start` counts them."""
    return queries.past_of(attempts)


@dataclass(frozen=True, slots=True)
class Saved:
    """What is kept of an item now.

    answer: None when nothing is given. saved_at: since when. cumulative: the kind is a story, whose next step depends
    on the answer; then `form` is what its template draws it with.
    """

    ref: str
    answer: Any
    saved_at: datetime
    cumulative: bool
    form: Mapping[str, Any] | None = None


def save_answer(
    session: Session,
    *,
    attempt_id: str,
    taker_id: int,
    ref: str,
    fields: Mapping[str, Sequence[str]],
    seq: int,
    now: datetime,
) -> Saved | None:
    """Keep the answer to one item; return None where the person has no such attempt or item.

    `fields` are the posted fields of the item without their prefix: "", or the names of its rows. Saving the same answer
    twice changes nothing; an older one (a smaller `seq`, the device's own count) never overwrites a newer. One statement
    (a story: two), which looks for itself whether the attempt is open; the first answer reads the paper, too. Raises
    `AlreadySubmitted`, `AttemptAnnulled`, `TimeIsUp`, `AnswerUnreadable`, `NewerAnswerStands`, `StepAlreadyTaken`,
    and `NotFound` where the attempt has gone.
    """
    if not REF.fullmatch(ref):
        return None
    paper = open_papers.of(session, attempt_id, taker_id)
    item = paper.item(ref) if paper else None
    if paper is None or item is None:
        return None
    code, shown = item
    _check_open(None, None, paper.deadline_at, paper.grace_seconds, now)
    kind = kinds.of(code)
    try:
        if kind.cumulative:
            answer = _go_on(session, attempt_id, ref, kind, shown, fields, now)
            return Saved(ref, answer, now, True, kind.form(shown, answer))
        answer = _read(kind, shown, ref, fields, None)
    except (AnswerUnreadable, StepAlreadyTaken):
        _look_again(session, attempt_id, now)
        raise
    if not _keep(session, attempt_id, {ref: answer}, seq, now):
        _look_again(session, attempt_id, now)
        if answer != queries.answer_to(session, attempt_id, ref):
            raise NewerAnswerStands(ref=ref)
    return Saved(ref, answer, now, False)


def _go_on(
    session: Session,
    attempt_id: str,
    ref: str,
    kind: Kind,
    shown: Mapping[str, Any],
    fields: Mapping[str, Sequence[str]],
    now: datetime,
) -> Any:
    """Take a story's next step from where it stands, and return its answer.

    Kept only where it still stands there: of two tabs that step at once, the second looks where the first has gone.
    """
    for _again in range(_TABS):
        before, seq = queries.answer_with_seq(session, attempt_id, ref)
        answer = _read(kind, shown, ref, fields, before)
        if answer == before and seq is not None:
            return answer
        values = {
            "attempt_id": attempt_id,
            "ref": ref,
            "value": answer,
            "seq": max(_milliseconds(now), (seq or 0) + 1),
            "saved_at": now,
            "expected": -1 if seq is None else seq,
        }
        if rows(session, _STEP[session.connection().dialect.name], values).first() is not None:
            return answer
        _look_again(session, attempt_id, now)
    raise StepAlreadyTaken(ref=ref)


def _look_again(session: Session, attempt_id: str, now: datetime) -> None:
    """Raise what forbids answers now, where one could not be kept."""
    row = session.execute(_STANDING, {"attempt": attempt_id}).first()
    if row is None:
        raise NotFound
    _check_open(row.submitted_at, row.annulled_at, row.deadline_at, row.grace, now)


def save_page(
    session: Session,
    *,
    attempt_id: str,
    taker_id: int,
    posted: Mapping[str, Sequence[str]],
    seq: int,
    now: datetime,
) -> tuple[str, ...]:
    """Keep every answer of a whole posted page; return the refs whose answer could not be read (they are not kept).

    `seq` is what the page carried since it was drawn: an answer saved after that, by a script or on another device,
    is newer than what the page holds and stands. Raises `NotFound`, `AlreadySubmitted`, `AttemptAnnulled`, `TimeIsUp`.
    """
    unread, _answers = _keep_page(session, _locked(session, attempt_id, taker_id), posted, seq, now)
    return unread


def _keep_page(
    session: Session, attempt: Attempt, posted: Mapping[str, Sequence[str]], seq: int, now: datetime
) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Keep what is on a page; return what could not be read, and every answer that stands now, by ref.

    The attempt's row is locked, so nobody else keeps an answer meanwhile: what was read at first, and what is kept
    here, is all there is.
    """
    _check_open(
        attempt.submitted_at,
        attempt.annulled_at,
        attempt.deadline_at,
        Rules.read(attempt.rules).grace_seconds,
        now,
    )
    before = queries.answers(session, attempt.id)
    unread = []
    given: dict[str, Any] = {}
    stories: dict[str, Any] = {}
    for item in Paper.read(attempt.paper).items:
        kind = kinds.of(item.kind)
        kept = before.get(item.ref)
        saved = kept.value if kept else None
        try:
            answer = _read(kind, item.shown, item.ref, fields_of(item.ref, posted), saved)
        except (AnswerUnreadable, StepAlreadyTaken):
            unread.append(item.ref)
            continue
        if answer == saved:
            continue
        if kind.cumulative:
            stories[item.ref] = answer
        elif kept is None or kept.seq <= seq:
            given[item.ref] = answer
    stands = {ref: one.value for ref, one in before.items()}
    stands |= _keep(session, attempt.id, given, seq, now)
    stands |= _keep(session, attempt.id, stories, _milliseconds(now), now)
    return tuple(unread), stands


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What became of a page that was posted to hand an attempt in.

    unread: numbers (from 1) and refs of questions whose answer could not be read; then the attempt is still open.
    late: the deadline, where it was over: the answers on the page do not count, what was saved before was handed in.
    """

    unread: tuple[tuple[int, str], ...]
    late: datetime | None


def hand_in(
    session: Session,
    *,
    attempt_id: str,
    taker_id: int,
    posted: Mapping[str, Sequence[str]],
    seq: int,
    now: datetime,
) -> HandedIn:
    """Keep what a posted page holds and close the attempt, its row locked and its paper read once.

    Raises `NotFound`, `AlreadySubmitted`, `AttemptAnnulled`.
    """
    attempt = _locked(session, attempt_id, taker_id)
    late: datetime | None = None
    unread: tuple[str, ...] = ()
    answers: Mapping[str, Any] | None = None
    try:
        unread, answers = _keep_page(session, attempt, posted, seq, now)
    except TimeIsUp:
        late = attempt.deadline_at
    if not unread:
        _close(session, attempt, now, answers)
    return HandedIn(tuple((attempt.paper["order"].index(ref) + 1, ref) for ref in unread), late)


def _read(
    kind: Kind, shown: Mapping[str, Any], ref: str, fields: Mapping[str, Sequence[str]], before: Any
) -> Any:
    """Return the answer to keep. Raises `AnswerUnreadable`, `StepAlreadyTaken`."""
    try:
        return kind.after(before, kind.parse(shown, fields))
    except Diverged:
        raise StepAlreadyTaken(ref=ref) from None
    except Malformed:
        raise AnswerUnreadable(ref=ref) from None


def _check_open(
    submitted_at: datetime | None,
    annulled_at: datetime | None,
    deadline_at: datetime | None,
    grace_seconds: int,
    now: datetime,
) -> None:
    """Raise what forbids answers now."""
    state = lifecycle.state(
        submitted_at=submitted_at,
        annulled_at=annulled_at,
        deadline_at=deadline_at,
        now=now,
        grace_seconds=grace_seconds,
    )
    if state is lifecycle.State.ANNULLED:
        raise AttemptAnnulled
    if state is lifecycle.State.SUBMITTED:
        raise AlreadySubmitted
    if state is lifecycle.State.EXPIRED:
        raise TimeIsUp(deadline=deadline_at)


def _upsert(insert: Any, where: ColumnElement[bool]) -> Any:
    """Return the statement that keeps an answer where the attempt is open and, if one stands, `where` holds of it.

    On PostgreSQL it waits for whoever holds the attempt's row, and then looks again whether the attempt is open.
    """
    names = ("attempt_id", "ref", "value", "seq", "saved_at")
    columns = [bindparam(name, type_=Answer.__table__.c[name].type) for name in names[1:]]
    open_one = (
        select(Attempt.id, *columns)
        .where(
            Attempt.id == bindparam("attempt_id"),
            Attempt.submitted_at.is_(None),
            Attempt.annulled_at.is_(None),
        )
        .with_for_update(key_share=True)
    )
    statement = insert(Answer.__table__).from_select(names, open_one, include_defaults=False)
    return statement.on_conflict_do_update(
        index_elements=["attempt_id", "ref"],
        set_={name: statement.excluded[name] for name in ("value", "seq", "saved_at")},
        where=where,
    ).returning(Answer.__table__.c.ref)


# Statements of the autosave, which comes more often than any other write: composing one takes longer than running it.
_NEWER = Answer.seq <= text("excluded.seq")
_UPSERT = {"postgresql": _upsert(postgresql.insert, _NEWER), "sqlite": _upsert(sqlite.insert, _NEWER)}
_UNMOVED = Answer.seq == bindparam("expected", type_=Answer.__table__.c.seq.type)
_STEP = {"postgresql": _upsert(postgresql.insert, _UNMOVED), "sqlite": _upsert(sqlite.insert, _UNMOVED)}
_TABS = 5  # that may step at one moment
_STANDING = select(
    Attempt.submitted_at,
    Attempt.annulled_at,
    Attempt.deadline_at,
    Attempt.rules["grace_seconds"].as_integer().label("grace"),
).where(Attempt.id == bindparam("attempt"))


def _keep(
    session: Session, attempt_id: str, given: Mapping[str, Any], seq: int, now: datetime
) -> dict[str, Any]:
    """Write answers where none or no newer one stands; return those that were written."""
    statement = _UPSERT[session.connection().dialect.name]
    written = {}
    for ref, answer in given.items():
        values = {"attempt_id": attempt_id, "ref": ref, "value": answer, "seq": seq, "saved_at": now}
        if rows(session, statement, values).first() is not None:
            written[ref] = answer
    return written


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


_LOCK = (
    select(Attempt)
    .where(Attempt.id == bindparam("attempt"), Attempt.taker_id == bindparam("taker"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def _locked(session: Session, attempt_id: str, taker_id: int) -> Attempt:
    """Return the attempt as it is now, locked until the end of the unit of work. Raises `NotFound`."""
    attempt = session.scalars(_LOCK, {"attempt": attempt_id, "taker": taker_id}).one_or_none()
    if attempt is None:
        raise NotFound
    return attempt


def submit(session: Session, *, attempt_id: str, taker_id: int, now: datetime) -> Attempt:
    """Mark what was saved and close the attempt, once.

    Of two tabs, clicks or processes one closes it; the others raise `AlreadySubmitted`. Time that is over does not
    forbid handing in: what was saved by then counts, and the attempt is dated at its deadline. Raises
    `AttemptAnnulled`, `NotFound`.
    """
    attempt = _locked(session, attempt_id, taker_id)
    _close(session, attempt, now)
    return attempt


def _close(
    session: Session, attempt: Attempt, now: datetime, answers: Mapping[str, Any] | None = None
) -> None:
    """Mark and close an attempt whose row is locked. Raises `AlreadySubmitted`, `AttemptAnnulled`.

    answers: those that stand, where they were read under the same lock.
    """
    state = state_of(attempt, now)
    if state is lifecycle.State.ANNULLED:
        raise AttemptAnnulled
    if state is lifecycle.State.SUBMITTED:
        raise AlreadySubmitted
    if answers is None:
        answers = {ref: one.value for ref, one in queries.answers(session, attempt.id).items()}
    result = mark(Paper.read(attempt.paper).items, answers)
    values = {
        "submitted_at": attempt.deadline_at if state is lifecycle.State.EXPIRED else now,
        "share": stored_share(result.share) if result.share is not None else None,
        "passed": _passed(result, attempt),
        "result": result.document(),
    }
    if rows(session, _CLOSE, {"attempt": attempt.id, **values}).first() is None:
        raise AlreadySubmitted
    for name, value in values.items():
        set_committed_value(attempt, name, value)  # as it stands in the row now


#: What is given beside the attempt's id is what is set.
_CLOSE = (
    update(Attempt.__table__)  # type: ignore[arg-type]
    .where(Attempt.id == bindparam("attempt"), Attempt.submitted_at.is_(None), Attempt.annulled_at.is_(None))
    .returning(Attempt.id)
)


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
    record(
        session,
        at=now,
        actor_id=by_id,
        code="attempt.annul",
        target=f"attempt:{attempt.id}",
        reason=reason.strip(),
    )

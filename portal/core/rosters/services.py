"""The head's work on single posts: adding, correcting, ending, transferring; and on what the unit's denominator stands on.

None of it commits. Finding a post for an actor has authorised already (`queries.post_for`).
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts import arrivals
from portal.core.accounts.models import Audience, LeftReason, Posting, PostingSource, User
from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.locale import show_date
from portal.core.names import fold, sort_key, tidy
from portal.core.notices import services as notices
from portal.core.notices.wording import say
from portal.core.organisation.models import Unit
from portal.core.policy import Actor
from portal.core.rosters import plan as planner
from portal.core.rosters import queries
from portal.core.rosters.bases import set_basis
from portal.core.rosters.errors import (
    CodeTaken,
    EndsBeforeItBegins,
    NumberFull,
    PostEnded,
    PostExists,
    RefusalNeedsReason,
    TotalsNeedPaper,
    TransferAnswered,
    TransferOpen,
)
from portal.core.rosters.known import known_for
from portal.core.rosters.models import Evidence, Transfer, TransferState
from portal.core.rosters.plan import MOST_ON_ONE_NUMBER, Kind, Outcome, Seen
from portal.core.rosters.rows import Row
from portal.core.rosters.writing import Writer
from portal.core.text import N_

LEAST_REASON = 10
OFFERED = say(
    "roster.transfer_offered",
    N_("A transfer to your unit: %(name)s"),
    N_(
        "%(unit)s offers you %(name)s; the last day there is %(last_on)s. Accept or decline under “Transfers”."
    ),
    N_("To the transfers"),
)
REQUESTED = say(
    "roster.transfer_requested",
    N_("A unit asks for %(name)s"),
    N_("%(unit)s asks you to let %(name)s go; the last day with you would be %(last_on)s. Accept, or refuse with a reason, under “Transfers”."),
    N_("To the transfers"),
)  # fmt: skip
ANSWERED = {
    TransferState.ACCEPTED: say(
        "roster.transfer_accepted",
        N_("Transferred: %(name)s"),
        N_(
            "%(name)s goes from %(unit)s to %(other)s; the last day there is %(last_on)s. The record goes along."
        ),
        N_("To the transfers"),
    ),
    TransferState.DECLINED: say(
        "roster.transfer_declined",
        N_("Not transferred: %(name)s"),
        N_("The transfer of %(name)s from %(unit)s to %(other)s was declined. Reason given: %(reason)s"),
        N_("To the transfers"),
    ),
    TransferState.WITHDRAWN: say(
        "roster.transfer_withdrawn",
        N_("Withdrawn: the transfer of %(name)s"),
        N_("The transfer of %(name)s from %(unit)s to %(other)s was withdrawn; the post stays where it was."),
        N_("To the transfers"),
    ),
}


def add(
    session: Session, who: Actor, row: Row, *, as_of: date, decision: str | None, now: datetime
) -> Outcome:
    """Add one person or post by hand, by the rules of the import; return what was done, or why it was not."""
    known = known_for(session, who, [row], as_of)
    decisions = {row.number: decision} if decision else {}
    ((_row, outcome),) = planner.plan([row], known, Seen(), as_of, decisions)
    if outcome.kind in (Kind.ADDED, Kind.CHANGED):
        writer = Writer(
            session, as_of=as_of, by_id=who.id or 0, now=now, source=PostingSource.HEAD, import_id=None
        )
        ids = writer.write([(row, outcome)])
        record(
            session, at=now, actor_id=who.id, code="roster.add" if ids else "roster.change",
            target=f"posting:{ids[0] if ids else outcome.post}",
            **{key: list(pair) for key, pair in outcome.changes.items()},
        )  # fmt: skip
        if ids:
            outcome = replace(outcome, post=ids[0])
    return outcome


def correct(
    session: Session,
    posting: Posting,
    user: User,
    *,
    name: str,
    code: str | None,
    phone: str | None,
    title: str | None,
    began: date,
    by_id: int,
    now: datetime,
) -> dict[str, list[str]]:
    """Correct a person's entry and her post; return what changed: field -> [before, after].

    Raises `CodeTaken`, `NumberFull`, `PostEnded`, `EndsBeforeItBegins`.
    """
    if posting.valid_to is not None and posting.valid_to < began:
        raise EndsBeforeItBegins(began=show_date(began))
    if code and code != user.staff_code:
        other = session.scalar(select(User.id).where(User.staff_code == code, User.id != user.id))
        if other is not None:
            raise CodeTaken(code=code)
    if phone and phone != user.phone:
        using = session.scalar(select(func.count()).where(User.phone == phone, User.ended_at.is_(None)))
        if (using or 0) >= MOST_ON_ONE_NUMBER:
            raise NumberFull(most=MOST_ON_ONE_NUMBER)
    before = {"name": user.full_name, "code": user.staff_code, "phone": user.phone, "title": posting.title,
              "began": posting.valid_from.isoformat()}  # fmt: skip
    if not user.coded:
        user.full_name = tidy(name)
        user.sort_key, user.search_key = sort_key(user.full_name), fold(user.full_name)
    user.staff_code, user.phone = code or None, phone or None
    posting.title, posting.valid_from = title or None, began
    after = {"name": user.full_name, "code": user.staff_code, "phone": user.phone, "title": posting.title,
             "began": began.isoformat()}  # fmt: skip
    changes = {key: [before[key] or "", after[key] or ""] for key in after if before[key] != after[key]}
    if changes:
        # who changed what is recorded; numbers and codes are not repeated in the trail
        record(
            session,
            at=now,
            actor_id=by_id,
            code="roster.change",
            target=f"posting:{posting.id}",
            fields=sorted(changes),
        )
    session.flush()
    return changes


def end(
    session: Session, posting: Posting, *, last_day: date, reason: LeftReason, by_id: int, now: datetime
) -> None:
    """End a post on its last day. Raises `PostEnded`, `EndsBeforeItBegins`."""
    if posting.valid_to is not None:
        raise PostEnded
    if last_day < posting.valid_from:
        raise EndsBeforeItBegins(began=show_date(posting.valid_from))
    posting.valid_to, posting.left_reason = last_day, reason
    record(
        session, at=now, actor_id=by_id, code="roster.end", target=f"posting:{posting.id}",
        last_day=last_day.isoformat(), reason=str(reason),
    )  # fmt: skip


def ask_transfer(
    session: Session,
    posting: Posting,
    to_unit: Unit,
    *,
    leaves_on: date,
    by_id: int,
    now: datetime,
    requested: bool = False,
) -> Transfer:
    """Offer a person's post to another unit, or (requested) ask for it as that unit; the other side's head answers.

    Raises `PostEnded`, `EndsBeforeItBegins`, `TransferOpen`, `PostExists` (already there).
    """
    if posting.valid_to is not None:
        raise PostEnded
    if leaves_on < posting.valid_from:
        raise EndsBeforeItBegins(began=show_date(posting.valid_from))
    if session.scalar(
        select(Transfer.id).where(Transfer.posting_id == posting.id, Transfer.state == TransferState.ASKED)
    ):
        raise TransferOpen
    _not_there_yet(session, posting, to_unit.id, leaves_on)
    transfer = Transfer(
        posting_id=posting.id,
        to_unit_id=to_unit.id,
        leaves_on=leaves_on,
        state=TransferState.ASKED,
        asked_by_id=by_id,
        asked_at=now,
        requested=requested,
    )
    session.add(transfer)
    session.flush()
    code = "roster.transfer_request" if requested else "roster.transfer_ask"
    record(
        session, at=now, actor_id=by_id, code=code, target=f"posting:{posting.id}", to=to_unit.code,
        leaves_on=leaves_on.isoformat(),
    )  # fmt: skip
    asks, asked = (to_unit.id, posting.unit_id) if requested else (posting.unit_id, to_unit.id)
    facts = {**_about(session, posting, leaves_on), "unit": session.get_one(Unit, asks).name}
    heads = queries.heads_of(session, asked, local_date(now))
    notices.tell(session, heads, REQUESTED if requested else OFFERED, facts, now=now)
    return transfer


def _about(session: Session, posting: Posting, leaves_on: date) -> dict[str, Any]:
    return {
        "name": session.get_one(User, posting.user_id).full_name,
        "last_on": leaves_on.isoformat(),
        "to": {"endpoint": "roster.transfers", "values": {}},
    }


def _not_there_yet(session: Session, posting: Posting, unit_id: int, leaves_on: date) -> None:
    there = session.scalar(
        select(Posting.id).where(
            Posting.user_id == posting.user_id,
            Posting.unit_id == unit_id,
            Posting.audience == posting.audience,
            queries.lasts(leaves_on + timedelta(days=1)),
        )
    )
    if there is not None:
        raise PostExists(name=session.get_one(User, posting.user_id).full_name)


def accept_transfer(session: Session, transfer: Transfer, *, by_id: int, now: datetime) -> int:
    """Let the post here end and the one there begin the day after; return the id of the new post.

    What the person has learnt is hers and goes along. Raises `TransferAnswered`, `PostEnded`, `PostExists`.
    """
    posting = session.get_one(Posting, transfer.posting_id, with_for_update=True)
    session.refresh(transfer)
    if transfer.state != TransferState.ASKED:
        raise TransferAnswered
    if posting.valid_to is not None:
        raise PostEnded
    if transfer.leaves_on < posting.valid_from:
        raise EndsBeforeItBegins(began=show_date(posting.valid_from))
    _not_there_yet(session, posting, transfer.to_unit_id, transfer.leaves_on)
    posting.valid_to, posting.left_reason = transfer.leaves_on, LeftReason.TRANSFERRED
    new = Posting(
        user_id=posting.user_id,
        unit_id=transfer.to_unit_id,
        audience=posting.audience,
        title=posting.title,
        valid_from=transfer.leaves_on + timedelta(days=1),
        source=PostingSource.HEAD,
        recorded_at=now,
        recorded_by_id=by_id,
    )
    session.add(new)
    session.flush()
    transfer.new_posting_id = new.id
    _answer(session, transfer, TransferState.ACCEPTED, by_id, now)
    arrivals.arrived(session, [new.user_id], now)
    return new.id


def decline_transfer(
    session: Session, transfer: Transfer, *, withdrawn: bool, by_id: int, now: datetime, reason: str = ""
) -> None:
    """Decline a transfer, or withdraw one's own. What was asked for is refused with a reason.

    Raises `TransferAnswered`, `RefusalNeedsReason`.
    """
    session.refresh(transfer, with_for_update=True)
    if transfer.state != TransferState.ASKED:
        raise TransferAnswered
    if transfer.requested and not withdrawn and len(reason.strip()) < LEAST_REASON:
        raise RefusalNeedsReason(least=LEAST_REASON)
    transfer.reason = reason.strip() or None
    _answer(session, transfer, TransferState.WITHDRAWN if withdrawn else TransferState.DECLINED, by_id, now)


def _answer(session: Session, transfer: Transfer, state: TransferState, by_id: int, now: datetime) -> None:
    transfer.state, transfer.answered_by_id, transfer.answered_at = state, by_id, now
    record(
        session,
        at=now,
        actor_id=by_id,
        code=f"roster.transfer_{state}",
        target=f"posting:{transfer.posting_id}",
    )
    posting = session.get_one(Posting, transfer.posting_id)
    today = local_date(now)
    both = {
        *queries.heads_of(session, posting.unit_id, today),
        *queries.heads_of(session, transfer.to_unit_id, today),
    }
    if transfer.asked_by_id is not None:
        both.add(transfer.asked_by_id)
    facts = {
        **_about(session, posting, transfer.leaves_on),
        "unit": session.get_one(Unit, posting.unit_id).name,
        "other": session.get_one(Unit, transfer.to_unit_id).name,
        "reason": transfer.reason or "–",
    }
    notices.tell(session, sorted(both - {by_id}), ANSWERED[state], facts, now=now)


def confirm_list(session: Session, unit: Unit, day: date, *, by_id: int, now: datetime) -> None:
    """Say that the posts of a unit are its whole list from `day` on: they become its denominator."""
    coded = session.scalar(
        select(func.count())
        .select_from(Posting)
        .join(User, User.id == Posting.user_id)
        .where(Posting.unit_id == unit.id, queries.stands(day), User.coded)
    )
    evidence = Evidence.CODED if coded else Evidence.NAMED
    set_basis(session, unit.id, evidence, day, by_id=by_id, now=now)
    record(
        session, at=now, actor_id=by_id, code="roster.confirm_list", target=f"unit:{unit.code}",
        day=day.isoformat(), evidence=str(evidence),
    )  # fmt: skip


def declare_totals(
    session: Session,
    unit: Unit,
    day: date,
    totals: dict[Audience, int],
    file_id: int,
    *,
    by_id: int,
    now: datetime,
) -> None:
    """Let a unit's denominator stand on signed totals from `day` on. Raises `TotalsNeedPaper`."""
    kept = {str(audience): number for audience, number in totals.items() if number > 0}
    if not kept:
        raise TotalsNeedPaper
    set_basis(session, unit.id, Evidence.TOTALS, day, by_id=by_id, now=now, totals=kept, file_id=file_id)
    record(
        session, at=now, actor_id=by_id, code="roster.declare_totals", target=f"unit:{unit.code}",
        day=day.isoformat(), people=sum(kept.values()),
    )  # fmt: skip

"""The first sign-in of somebody a roster names: by a printed slip, or with the head's word. None of it commits.

A slip's confirmation code is eight characters without look-alikes, is kept as an Argon2 hash only, works once and
for a month. The QR code beside it holds the login and nothing else. A claim without a slip waits until the head has
compared the number that its owner tells her. Whoever asks learns nothing of who is on a roster or has an account.
"""

import re
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core.accounts import arrivals, secrets
from portal.core.accounts.errors import ClaimAnswered, SecretTooEasy, SlipVoid
from portal.core.accounts.models import Claim, SecretKind, Slip, User
from portal.core.accounts.services import MOST_ON_ONE_NUMBER, end_sessions
from portal.core.audit.services import record
from portal.core.names import fold, phone_number, tidy

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
SLIP_DAYS = 30
CLAIM_DAYS = 14
MOST_OPEN_CLAIMS = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody without an account: what is needed to check a slip outside any transaction."""

    id: int
    full_name: str
    slip_id: int | None
    code_hash: str | None


@dataclass(frozen=True, slots=True)
class Printed:
    """A slip as it is printed: the only moment at which the confirmation code exists."""

    user_id: int
    full_name: str
    coded: bool
    login: str
    code: str
    expires_at: datetime


def waiting(session: Session, login: str, now: datetime) -> Sequence[Waiting]:
    """Return the people without an account whom `login` (a number in any spelling, a staff code) names."""
    text = tidy(login)
    phone = phone_number(text)
    same = or_(User.staff_code == text.upper(), User.username == text.casefold())
    rows = session.execute(
        select(User.id, User.full_name, Slip.id, Slip.code_hash)
        .outerjoin(
            Slip,
            and_(
                Slip.user_id == User.id,
                Slip.used_at.is_(None),
                Slip.replaced_at.is_(None),
                Slip.expires_at > now,
            ),
        )
        .where(
            or_(same, User.phone == phone) if phone else same,
            User.secret_hash.is_(None),
            User.ended_at.is_(None),
        )
        .order_by(Slip.id.desc().nulls_last(), User.id)
        .limit(MOST_ON_ONE_NUMBER)
    )
    return [Waiting(*row) for row in rows]


def plain_code(typed: str) -> str:
    """Return a confirmation code as it is compared: capitals, no hyphens or blanks."""
    return re.sub(r"[\s\-–.]", "", typed).upper()[:40]


def shown_code(code: str) -> str:
    """Return a confirmation code as it is printed: `ABCD-EFGH`."""
    return f"{code[:4]}-{code[4:]}"


def make_slips(
    session: Session, user_ids: Sequence[int], *, by_id: int | None, now: datetime
) -> Sequence[Printed]:
    """Make a slip for each person without an account, in the order of names; slips made before are void.

    Who has neither number nor code gets a staff code of the portal's own, for something must be typed. People with
    an account are left out: `reset` comes first.
    """
    people = session.scalars(
        select(User)
        .where(User.id.in_(user_ids), User.secret_hash.is_(None), User.ended_at.is_(None))
        .order_by(User.sort_key, User.id)
    ).all()
    session.execute(
        update(Slip)
        .where(
            Slip.user_id.in_([person.id for person in people]),
            Slip.used_at.is_(None),
            Slip.replaced_at.is_(None),
        )
        .values(replaced_at=now)
    )
    printed = []
    expires_at = now + timedelta(days=SLIP_DAYS)
    for person in people:
        if not (person.staff_code or person.phone or person.username):
            person.staff_code = f"HT-{person.id:06d}"
        code = "".join(random.choice(ALPHABET) for _ in range(CODE_LENGTH))
        session.add(
            Slip(
                user_id=person.id,
                code_hash=secrets.hashed(code),
                made_by_id=by_id,
                made_at=now,
                expires_at=expires_at,
            )
        )
        record(
            session, at=now, actor_id=by_id, code="slip.print", target=f"user:{person.id}",
            until=expires_at.isoformat(),
        )  # fmt: skip
        login = person.staff_code or person.phone or person.username or ""
        printed.append(Printed(person.id, person.full_name, person.coded, login, code, expires_at))
    return printed


def reset(session: Session, user_id: int, *, by_id: int | None, now: datetime) -> None:
    """Take a person's password or PIN away and sign her out everywhere; a new slip lets her choose another."""
    user = session.get_one(User, user_id)
    user.secret_hash, user.failed_count, user.locked_until = None, 0, None
    end_sessions(session, user_id, now)
    record(session, at=now, actor_id=by_id, code="user.reset_secret", target=f"user:{user_id}")


def fitting(kind: SecretKind, secret: str, user: User) -> bool:
    """Return whether a new secret is long and hard enough for its owner."""
    if kind == SecretKind.PIN:
        return bool(re.fullmatch(r"[0-9]{6}", secret)) and not secrets.easy_pin(secret, user.phone)
    about = (user.full_name, user.phone or "", user.staff_code or "", user.username or "")
    return len(secret) >= secrets.MIN_LENGTH and not secrets.easy_password(secret, *about)


def claim_by_slip(session: Session, slip_id: int, secret: str, now: datetime) -> int:
    """Give the owner of a slip her account, with the secret she has chosen; return her id. The slip is used up.

    Raises `SlipVoid`, `SecretTooEasy`.
    """
    slip = session.get(Slip, slip_id, with_for_update=True)
    user = session.get(User, slip.user_id, with_for_update=True) if slip is not None else None
    if (
        slip is None or user is None or slip.used_at is not None or slip.replaced_at is not None
        or slip.expires_at <= now or user.secret_hash is not None or user.ended_at is not None
    ):  # fmt: skip
        raise SlipVoid
    if not fitting(SecretKind(user.secret_kind), secret, user):
        raise SecretTooEasy
    slip.used_at = now
    _hand_over(session, user, secrets.hashed(secret), now)
    record(session, at=now, actor_id=user.id, code="user.claim", target=f"user:{user.id}", by="slip")
    return user.id


def new_number() -> str:
    """Return the four digits by which a head recognises who is asking."""
    return f"{random.randbelow(10_000):04d}"


def ask(session: Session, login: str, typed_name: str, number: str, secret_hash: str, now: datetime) -> None:
    """Note that somebody says she is the person of `login`; whoever is not on a roster leaves no trace.

    More than five open claims for one person are not kept, so that nobody can bury the head in them.
    """
    name = fold(typed_name)
    found = [person for person in waiting(session, login, now) if fold(person.full_name) == name]
    if len({person.id for person in found}) != 1:
        return
    open_claims = select(func.count()).where(
        Claim.user_id == found[0].id, Claim.answered_at.is_(None), Claim.expires_at > now
    )
    if (session.scalar(open_claims) or 0) >= MOST_OPEN_CLAIMS:
        return
    session.add(
        Claim(
            user_id=found[0].id,
            typed_name=tidy(typed_name)[:200],
            number=number,
            secret_hash=secret_hash,
            asked_at=now,
            expires_at=now + timedelta(days=CLAIM_DAYS),
        )
    )
    record(session, at=now, actor_id=None, code="user.ask_account", target=f"user:{found[0].id}")


def answer(session: Session, claim: Claim, *, confirmed: bool, by_id: int, now: datetime) -> None:
    """Confirm a claim (its owner may sign in; other claims for her are declined) or decline it.

    Raises `ClaimAnswered` where it was answered before, is void, or the person has an account by now.
    """
    user = session.get_one(User, claim.user_id, with_for_update=True)
    session.refresh(claim)
    if claim.answered_at is not None or claim.expires_at <= now:
        raise ClaimAnswered
    if confirmed and (user.secret_hash is not None or user.ended_at is not None):
        raise ClaimAnswered
    claim.answered_at, claim.answered_by_id, claim.confirmed = now, by_id, confirmed
    if confirmed:
        session.execute(
            update(Claim)
            .where(Claim.user_id == user.id, Claim.answered_at.is_(None))
            .values(answered_at=now, answered_by_id=by_id, confirmed=False)
        )
        user.secret_kind = SecretKind.PASSWORD
        _hand_over(session, user, claim.secret_hash, now)
    record(
        session,
        at=now,
        actor_id=by_id,
        code="user.confirm" if confirmed else "user.decline",
        target=f"user:{user.id}",
        number=claim.number,
    )


def _hand_over(session: Session, user: User, secret_hash: str, now: datetime) -> None:
    user.secret_hash, user.failed_count, user.locked_until = secret_hash, 0, None
    user.claimed_at = user.claimed_at or now
    session.execute(
        update(Slip)
        .where(Slip.user_id == user.id, Slip.used_at.is_(None), Slip.replaced_at.is_(None))
        .values(replaced_at=now)
    )
    arrivals.arrived(session, [user.id], now)

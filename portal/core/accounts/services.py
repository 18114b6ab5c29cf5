"""Signing in and out, signing up, changing a password: the writes. None of them commits."""

import hashlib
import secrets as random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import Table, func, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.core.accounts import secrets
from portal.core.accounts.errors import (
    ChangedTooOften,
    CurrentSecretWrong,
    NameUnprintable,
    NumberFull,
    SecretTooEasy,
    SignInNameTaken,
)
from portal.core.accounts.models import Audience, Posting, PostingSource, SecretKind, SignIn, User
from portal.core.audit.models import Entry
from portal.core.audit.services import record
from portal.core.consent import services as consent
from portal.core.consent.models import ConsentWay
from portal.core.consent.wordings import CURRENT, PARENT
from portal.core.names import fold, phone_number, sort_key, tidy, unprintable

#: The bare table, for statements that sign people in: nothing of them is held as an object meanwhile.
_PEOPLE = cast("Table", User.__table__)
_SIGN_INS = cast("Table", SignIn.__table__)
CONSENT_VERSION = CURRENT[PARENT]
MOST_ON_ONE_NUMBER = 10
CHANGES_A_DAY = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone who may be the one signing in: what is needed to check a password outside any transaction."""

    id: int
    full_name: str
    secret_hash: str | None


def candidates(session: Session, login: str) -> Sequence[Candidate]:
    """Return the accounts that sign in as `login`: a phone number in any spelling, a staff code or a name given.

    Whom only a roster names is no account and looks like nobody.
    """
    text = tidy(login)
    phone = phone_number(text)
    same = or_(User.username == text.casefold(), User.staff_code == text.upper())
    rows = session.execute(
        select(User.id, User.full_name, User.secret_hash)
        .where(
            or_(same, User.phone == phone) if phone else same,
            User.secret_hash.is_not(None),
            User.ended_at.is_(None),
        )
        .order_by(User.id)
        .limit(MOST_ON_ONE_NUMBER)
    )
    return [Candidate(*row) for row in rows]


def count_attempt(
    session: Session, ids: Sequence[int], now: datetime, *, failures: int, minutes: int
) -> frozenset[int]:
    """Count one try against each of `ids` *before* the password is looked at; return those that are not locked.

    Counting first means that a hundred tries sent at once are a hundred tries, not one. The try that reaches
    `failures` locks for `minutes`; a success takes the count back (`sign_in`).
    """
    counted = session.execute(
        update(_PEOPLE)
        .where(_PEOPLE.c.id.in_(ids), or_(_PEOPLE.c.locked_until.is_(None), _PEOPLE.c.locked_until <= now))
        .values(failed_count=_PEOPLE.c.failed_count + 1)
        .returning(_PEOPLE.c.id, _PEOPLE.c.failed_count)
    ).all()
    too_often = [person for person, count in counted if count >= failures]
    if too_often:
        session.execute(
            update(_PEOPLE)
            .where(_PEOPLE.c.id.in_(too_often))
            .values(failed_count=0, locked_until=now + timedelta(minutes=minutes))
        )
    return frozenset(person for person, _count in counted)


def take_back(session: Session, ids: Iterable[int]) -> None:
    """Take back the one try that `count_attempt` counted against each of `ids`: somebody's secret was right.

    A family shares a number, so each of them is tried when one signs in. Only this one try is taken back: whoever
    has an account on the same number cannot wipe out what was counted of his guesses.
    """
    session.execute(
        update(User).where(User.id.in_(ids), User.failed_count > 0).values(failed_count=User.failed_count - 1)
    )


def sign_in(session: Session, user_id: int, now: datetime) -> str:
    """Begin a session for someone whose secret was right; return its token (kept nowhere but in her cookie)."""
    session.execute(update(_PEOPLE).where(_PEOPLE.c.id == user_id).values(failed_count=0, locked_until=None))
    token = random.token_urlsafe(32)
    session.execute(
        insert(_SIGN_INS), {"token_hash": token_hash(token), "user_id": user_id, "created_at": now}
    )
    return token


def hash_anew(session: Session, user_id: int, before: str | None, after: str) -> None:
    """Keep the same secret under a hash of today's parameters, unless it was changed meanwhile."""
    session.execute(
        update(_PEOPLE)
        .where(_PEOPLE.c.id == user_id, _PEOPLE.c.secret_hash == before)
        .values(secret_hash=after)
    )


def token_hash(token: str) -> str:
    """Return what of a token is kept: whoever reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End the session of `token`."""
    session.execute(
        update(SignIn)
        .where(SignIn.token_hash == token_hash(token), SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions(session: Session, user_id: int, now: datetime) -> None:
    """End every session of a person, on every device."""
    session.execute(
        update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None)).values(ended_at=now)
    )


def new_user(
    session: Session,
    *,
    full_name: str,
    secret: str | None,
    secret_kind: SecretKind,
    now: datetime,
    phone: str | None = None,
    staff_code: str | None = None,
    username: str | None = None,
    registration_key: str | None = None,
) -> User:
    """Add a person; `secret` None: without an account yet. Flushes, for the id that postings and grants need.

    Raises `NameUnprintable`, and `SignInNameTaken` for a staff code or user name that is somebody's.
    """
    name = tidy(full_name)
    if letters := unprintable(name):
        raise NameUnprintable(letters=" ".join(letters))
    code = staff_code.upper() if staff_code else None
    username = username.casefold() if username else None
    for column, wanted in ((User.staff_code, code), (User.username, username)):
        if wanted and session.scalar(select(User.id).where(column == wanted)) is not None:
            raise SignInNameTaken(name=wanted)
    user = User(
        full_name=name,
        sort_key=sort_key(name),
        search_key=fold(name),
        phone=phone,
        staff_code=code,
        username=username,
        secret_kind=secret_kind,
        secret_hash=secrets.hashed(secret) if secret is not None else None,
        registration_key=registration_key,
        failed_count=0,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def people_on_number(session: Session, phone: str) -> int:
    """Return how many people use a phone number."""
    same_number = select(func.count()).select_from(User).where(User.phone == phone, User.ended_at.is_(None))
    return session.scalar(same_number) or 0


def register_parent(
    session: Session,
    *,
    full_name: str,
    phone: str,
    pin: str,
    unit_id: int,
    today: date,
    now: datetime,
    registration_key: str,
    words: str = "",
    language: str = "vi",
) -> int:
    """Sign a parent up in the community of her commune; return her id.

    words, language: the consent as it was shown. `registration_key` came with the form: sending the form twice finds
    the person that the first sending made. The key alone opens nothing: with another number or PIN (on a shared phone, a page gone back to) it is another person.
    Raises `SecretTooEasy`, `NumberFull`, `NameUnprintable`.
    """
    if secrets.easy_pin(pin, phone):
        raise SecretTooEasy
    known = session.scalar(select(User).where(User.registration_key == registration_key))
    if known is not None and known.phone == phone and secrets.matches(pin, known.secret_hash):
        return known.id
    if people_on_number(session, phone) >= MOST_ON_ONE_NUMBER:
        raise NumberFull(most=MOST_ON_ONE_NUMBER)
    user = new_user(
        session,
        full_name=full_name,
        secret=pin,
        secret_kind=SecretKind.PIN,
        phone=phone,
        now=now,
        registration_key=registration_key if known is None else None,
    )
    consent.record(
        session,
        user.id,
        PARENT,
        CONSENT_VERSION,
        way=ConsentWay.FORM,
        now=now,
        shown=words,
        language=language,
    )
    session.add(
        Posting(
            user_id=user.id, unit_id=unit_id, audience=Audience.PARENT, valid_from=today,
            source=PostingSource.SELF, recorded_at=now, recorded_by_id=user.id,
        )
    )  # fmt: skip
    record(
        session,
        at=now,
        actor_id=user.id,
        code="user.register",
        target=f"user:{user.id}",
        consent=CONSENT_VERSION,
    )
    return user.id


def change_secret(session: Session, user_id: int, *, present: str, new: str, now: datetime) -> str:
    """Change a person's password or PIN and end her other sessions; return the token of her new session.

    Raises `CurrentSecretWrong`, `SecretTooEasy`, `ChangedTooOften`.
    """
    user = session.get_one(User, user_id)
    changes = select(func.count()).where(
        Entry.code == "user.change_secret",
        Entry.target == f"user:{user_id}",
        Entry.at > now - timedelta(days=1),
    )
    if (session.scalar(changes) or 0) >= CHANGES_A_DAY:
        raise ChangedTooOften(times=CHANGES_A_DAY)
    if not secrets.matches(present, user.secret_hash):
        raise CurrentSecretWrong
    if user.secret_kind == SecretKind.PIN and secrets.easy_pin(new, user.phone):
        raise SecretTooEasy
    about = (user.full_name, user.phone or "", user.staff_code or "", user.username or "")
    if user.secret_kind == SecretKind.PASSWORD and secrets.easy_password(new, *about):
        raise SecretTooEasy
    user.secret_hash = secrets.hashed(new)
    end_sessions(session, user_id, now)
    record(session, at=now, actor_id=user_id, code="user.change_secret", target=f"user:{user_id}")
    return sign_in(session, user_id, now)


def choose_language(session: Session, user_id: int, language: str) -> None:
    """Remember the language in which a person reads the portal."""
    session.execute(update(User).where(User.id == user_id).values(language=language))

"""Removing a person: every holding erases its part, and the row of the person becomes a stand-in without a name.

What stays is what counts are made of: posts, enrolments, completions and their certificates, under an id that leads
to nobody. So a board of any past day, a filed figure and `/verify` answer as before; the name, the numbers, the
address, the answers, the papers and everything that was said to the person are gone. Backups made before still hold
her until they are thrown away.
"""

from datetime import date, datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import Membership, Posting, SignIn, User
from portal.core.audit.services import record
from portal.core.policy import Role
from portal.core.rights.errors import AlreadyErased, LastAdministrator, NotOneself, ReasonTooShort
from portal.core.rights.holdings import HOLDINGS, NAMELESS
from portal.core.rights.looking import LEAST_REASON
from portal.core.rights.models import Erasure, ErasureWay


def erase(
    session: Session, user_id: int, *, by_id: int, way: ErasureWay, reason: str, today: date, now: datetime
) -> None:
    """Remove a person. Raises `AlreadyErased`, `LastAdministrator`, `NotOneself`, `ReasonTooShort`."""
    user = session.scalars(select(User).where(User.id == user_id).with_for_update()).one()
    if session.scalar(select(Erasure.id).where(Erasure.user_id == user_id)) is not None:
        raise AlreadyErased
    if way == ErasureWay.ADMINISTRATOR:
        if by_id == user_id:
            raise NotOneself
        if len(reason.strip()) < LEAST_REASON:
            raise ReasonTooShort(least=LEAST_REASON)
    if _is_last_administrator(session, user_id, today):
        raise LastAdministrator
    for holding in HOLDINGS.values():
        holding.erase(session, user_id, now)
    _end_posts(session, user_id, today)
    session.execute(delete(SignIn).where(SignIn.user_id == user_id))
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(
            full_name=NAMELESS, sort_key="~", search_key="", phone=None, staff_code=None, username=f"erased:{user.id}",
            email=None, language=None, secret_hash=None, registration_key=None, failed_count=0, locked_until=None,
            consent_version=None, claimed_at=None, consented_at=None, ended_at=now,
        )
    )  # fmt: skip
    session.add(Erasure(user_id=user_id, way=way, by_id=by_id, reason=reason.strip(), at=now))
    record(session, at=now, actor_id=by_id, code="person.erase", target=f"user:{user_id}", way=str(way))
    session.flush()
    session.expire_all()


def _end_posts(session: Session, user_id: int, today: date) -> None:
    """End posts and roles with today: the counts of today and of every day before stay as they are."""
    session.execute(delete(Posting).where(Posting.user_id == user_id, Posting.valid_from > today))
    session.execute(
        update(Posting)
        .where(Posting.user_id == user_id, or_(Posting.valid_to.is_(None), Posting.valid_to > today))
        .values(valid_to=today)
    )
    session.execute(update(Posting).where(Posting.user_id == user_id).values(title=None))
    session.execute(
        update(Membership)
        .where(Membership.user_id == user_id, or_(Membership.valid_to.is_(None), Membership.valid_to > today))
        .values(valid_to=today)
    )


def _is_last_administrator(session: Session, user_id: int, today: date) -> bool:
    rows = session.execute(
        select(Membership.user_id, func.count())
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.role == Role.ADMINISTRATOR,
            Membership.valid_from <= today,
            or_(Membership.valid_to.is_(None), Membership.valid_to >= today),
            User.ended_at.is_(None),
        )
        .group_by(Membership.user_id)
    ).all()
    return [row[0] for row in rows] == [user_id]

"""From a cookie to a person: one query loads the session, the person, her grants and her audiences."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Flask, flash, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import LoginManager
from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.accounts.models import Membership, Posting, SignIn, User
from portal.core.accounts.services import token_hash
from portal.core.db import db, rows
from portal.core.names import given_name
from portal.core.policy import Actor, Grant, Role
from portal.core.web import safe_next, settings

login_manager = LoginManager()


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, as pages need it; not an ORM object, so that writing does not read it again."""

    id: int
    full_name: str
    language: str | None

    @property
    def given_name(self) -> str:
        """Return the name that she is greeted by."""
        return given_name(self.full_name)


class SignedIn:
    """What Flask-Login holds: the person and what she may do."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, person: Person, actor: Actor) -> None:
        self.token = token
        self.person = person
        self.actor = actor

    def get_id(self) -> str:
        """Return the session's token: ending its row signs the device out."""
        return self.token


# Composed once: every request of somebody signed in begins with it.
_HOLDER = (
    select(
        User.id,
        User.full_name,
        User.language,
        Posting.audience,
        Membership.role,
        Membership.area_id,
        Membership.sector,
        Membership.unit_id,
    )
    .select_from(SignIn)
    .join(User, User.id == SignIn.user_id)
    .outerjoin(
        Posting,
        and_(
            Posting.user_id == User.id,
            Posting.valid_from <= bindparam("today"),
            or_(Posting.valid_to.is_(None), Posting.valid_to >= bindparam("today")),
        ),
    )
    .outerjoin(
        Membership,
        and_(
            Membership.user_id == User.id,
            Membership.valid_from <= bindparam("today"),
            or_(Membership.valid_to.is_(None), Membership.valid_to >= bindparam("today")),
        ),
    )
    .where(
        SignIn.token_hash == bindparam("token"),
        SignIn.ended_at.is_(None),
        SignIn.created_at > bindparam("since"),
        User.ended_at.is_(None),
    )
)


def load(database: Session, token: str, now: datetime, today: date, *, days: int) -> SignedIn | None:
    """Return who holds `token`, or None when the session ended, is older than `days`, or the account ended."""
    found = rows(
        database, _HOLDER, {"token": token_hash(token), "today": today, "since": now - timedelta(days=days)}
    ).all()
    if not found:
        return None
    grants = {
        Grant(Role(row.role), row.area_id, row.sector, row.unit_id) for row in found if row.role is not None
    }
    audiences = frozenset(str(row.audience) for row in found if row.audience is not None)
    person = Person(found[0].id, found[0].full_name, found[0].language)
    ordered = tuple(
        sorted(grants, key=lambda grant: (grant.role, grant.area or 0, grant.sector or "", grant.unit or 0))
    )
    return SignedIn(token, person, Actor(person.id, ordered, audiences))


TOKEN_KEY = "_user_id"  # where Flask-Login looks  # noqa: S105


def begin(token: str) -> None:
    """Put a fresh session into the cookie; nothing of the one before it survives (no fixation)."""
    session.clear()
    session.permanent = True
    session[TOKEN_KEY] = token


def init_app(app: Flask) -> None:
    """Bind Flask-Login."""
    login_manager.session_protection = None  # phones change addresses; the token is what protects
    login_manager.init_app(app)


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _user(token: str) -> SignedIn | None:
    return load(db.session(), token, clock.now(), clock.today(), days=settings().session_days)


@login_manager.unauthorized_handler  # type: ignore[untyped-decorator]
def _unauthorized() -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    if request.method != "GET":
        flash(gettext("Your session has ended. Sign in again; what you had saved is still there."), "warning")
    return redirect(url_for("accounts.login", next=safe_next(here)), code=303)

"""Reading: who looked at lists with a person on them, what was looked at altogether, who was erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.accounts.models import Membership, Posting, User
from portal.core.clock import start_of
from portal.core.names import fold, phone_number, tidy
from portal.core.organisation.models import Area, Sector, Unit
from portal.core.rights.looking import DISCREET
from portal.core.rights.models import Erasure, ListReason, ListView, ListViewPerson

PAGE = 50
NAME = func.coalesce(Unit.name, Area.name)


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked at a list. `by` is the name; `reason` is the administrator's to see, `people` None is not said.

    `place` is the code that was kept, `name` what that area or unit is called today, None for any other place.
    """

    id: int
    at: datetime
    by: str
    code: str
    place: str
    name: str | None
    people: int | None
    reason: str
    facts: dict[str, Any]


def looks_at(session: Session, user_id: int, *, page: int | None) -> Sequence[Look]:
    """Return looks at lists on which a person stood, newest first; one page (50), or all with page None.

    Discreet ones are left out (see `looking.DISCREET`), and so are reasons.
    """
    query = (
        select(ListView, User.full_name, NAME)
        .join(ListViewPerson, ListViewPerson.view_id == ListView.id)
        .outerjoin(User, User.id == ListView.by_id)
        .outerjoin(Unit, ListView.place == "unit:" + Unit.code)
        .outerjoin(Area, ListView.place == "area:" + Area.code)
        .where(ListViewPerson.user_id == user_id, ListView.code.not_in(DISCREET))
        .order_by(ListView.id.desc())
    )
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [
        Look(view.id, view.at, by or "–", view.code, view.place, name, view.people, "", {})
        for view, by, name in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the administrator looks for: words (viewer, place, reason), a code, days (inclusive)."""

    search: str = ""
    code: str = ""
    since: date | None = None
    until: date | None = None


def all_looks(session: Session, asked: Asked, *, page: int | None) -> Sequence[Look]:
    """Return looks at lists, newest first; one page (50), or all with page None. Words find viewers and people shown.

    Of discreet looks one sees that there was one, and when; neither whom it showed, nor how many, nor why.
    """
    plain = ListView.code.not_in(DISCREET)
    query = (
        select(ListView, User.full_name, NAME, ListReason.reason)
        .outerjoin(User, User.id == ListView.by_id)
        .outerjoin(Unit, ListView.place == "unit:" + Unit.code)
        .outerjoin(Area, ListView.place == "area:" + Area.code)
        .outerjoin(ListReason, ListReason.id == ListView.reason_id)
        .order_by(ListView.id.desc())
    )
    if asked.search:
        words = fold(asked.search)
        shown = aliased(User)
        query = query.where(
            or_(
                ListView.place.contains(asked.search, autoescape=True),
                Unit.search_key.contains(words, autoescape=True),
                Area.search_key.contains(words, autoescape=True),
                and_(plain, ListReason.reason.icontains(asked.search, autoescape=True)),
                User.search_key.contains(words, autoescape=True),
                and_(
                    plain,
                    ListView.id.in_(
                        select(ListViewPerson.view_id)
                        .join(shown, shown.id == ListViewPerson.user_id)
                        .where(shown.search_key.contains(words, autoescape=True))
                    ),
                ),
            )
        )
    if asked.code:
        query = query.where(ListView.code == asked.code)
    if asked.since:
        query = query.where(ListView.at >= start_of(asked.since))
    if asked.until:
        query = query.where(ListView.at < start_of(asked.until + timedelta(days=1)))
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [
        Look(view.id, view.at, by or "–", view.code, view.place, name, None, "", {})
        if view.code in DISCREET
        else Look(
            view.id,
            view.at,
            by or "–",
            view.code,
            view.place,
            name,
            view.people,
            reason or "",
            dict(view.facts),
        )
        for view, by, name, reason in session.execute(query)
    ]


def police_among(session: Session, people: Sequence[int] | Select[int]) -> bool:
    """Return whether one of these people has, or had, a post in the police: a list with one asks for a reason."""
    ids = people.order_by(None) if isinstance(people, Select) else people
    found = (
        select(Posting.id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Posting.user_id.in_(ids), Unit.sector == Sector.POLICE)
        .limit(1)
    )
    return session.scalar(found) is not None


@dataclass(frozen=True, slots=True)
class Opened:
    """Something that the reader herself opened, and the reason that she gave."""

    at: datetime
    place: str
    reason: str


def opened_by(session: Session, user_id: int, code: str) -> Sequence[Opened]:
    """Return one's own last 50 looks of a kind: what was written down about oneself."""
    rows = session.execute(
        select(ListView.at, ListView.place, ListReason.reason)
        .outerjoin(ListReason, ListReason.id == ListView.reason_id)
        .where(ListView.by_id == user_id, ListView.code == code)
        .order_by(ListView.id.desc())
        .limit(PAGE)
    )
    return [Opened(at, place, reason or "") for at, place, reason in rows]


@dataclass(frozen=True, slots=True)
class Erased:
    """A removal, as the administrator sees it: no name, for there is none any more."""

    user_id: int
    at: datetime
    way: str
    by: str
    reason: str


def erasures(session: Session, *, search: str, page: int | None) -> Sequence[Erased]:
    """Return removals, newest first; one page (50), or all with page None. Words find reasons and who did it."""
    query = (
        select(Erasure, User.full_name).outerjoin(User, User.id == Erasure.by_id).order_by(Erasure.id.desc())
    )
    if search:
        words = fold(search)
        query = query.where(
            or_(
                Erasure.reason.icontains(search, autoescape=True),
                User.search_key.contains(words, autoescape=True),
                cast(Erasure.user_id, String) == search,
            )
        )
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [
        Erased(one.user_id, one.at, str(one.way), by or "–", one.reason) for one, by in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be the one to remove."""

    id: int
    full_name: str
    staff_code: str | None
    phone: str | None
    username: str | None
    roles: int


def candidates(session: Session, words: str) -> Sequence[Candidate]:
    """Return people (at most 20) with exactly this phone number, staff code or user name."""
    text = tidy(words)
    phone = phone_number(text)
    exact = or_(User.username == text.casefold(), User.staff_code == text.upper())
    rows = session.execute(
        select(User, func.count(Membership.id))
        .outerjoin(Membership, Membership.user_id == User.id)
        .outerjoin(Erasure, Erasure.user_id == User.id)
        .where(and_(or_(exact, User.phone == phone) if phone else exact, Erasure.id.is_(None)))
        .group_by(User.id)
        .order_by(User.sort_key, User.id)
        .limit(20)
    )
    return [
        Candidate(one.id, one.full_name, one.staff_code, one.phone, one.username, roles)
        for one, roles in rows
    ]

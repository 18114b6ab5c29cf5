"""Registering parents and carers from a paper list, into households: the writes. None of them commits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Posting, PostingSource, SecretKind, User
from portal.core.accounts.services import MOST_ON_ONE_NUMBER
from portal.core.audit.services import record
from portal.core.child_words import child_in_name
from portal.core.consent import services as consent
from portal.core.consent.models import ConsentWay
from portal.core.consent.wordings import PARENT, text_of
from portal.core.db import insert_once
from portal.core.households.errors import (
    ChildsName,
    KnownElsewhere,
    NoConsent,
    NoSuchHousehold,
    NotAPhone,
    NotWholeName,
    NumberOfTooMany,
    OldConsent,
)
from portal.core.households.models import AgeBand, Household, HouseholdCounter, HouseholdMember
from portal.core.names import fold, phone_number, sort_key, tidy
from portal.core.organisation.models import Area, Unit

MOST_ROWS = 40
AUDIENCES = (Audience.PARENT, Audience.CARER)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list, as typed. key: made by the device, the same each time this row is sent.

    household: the running number of one that is known, or None; then `household_key` (made by the device as well) names
    the new one, and rows with the same key are one family. bands: codes of `AgeBand`. version: of the wording that the
    paper carries. grown_up: the collaborator says that an odd name is a grown-up's.
    """

    key: str
    full_name: str
    phone: str
    household: int | None
    household_key: str
    audience: Audience
    has_child: bool
    bands: tuple[str, ...] = field(default_factory=tuple)
    consent: bool = False
    version: str = ""
    grown_up: bool = False


class Became(StrEnum):
    """What became of a row."""

    MADE = "made"
    AGAIN = "again"
    LINKED = "linked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row that stands: whose, in which household (`12454-17`), and what sending it did."""

    user_id: int
    household: str
    became: Became
    login: str


def label(area_code: str, number: int) -> str:
    """Return the key of a household as people read it: the commune's code and the running number."""
    return f"{area_code}-{number}"


def register(
    session: Session,
    row: Row,
    *,
    unit: Unit,
    by_id: int,
    today: date,
    now: datetime,
    words: str = "",
) -> Outcome:
    """Register one person of a list in the community `unit`, in a household; sending the row again changes nothing.

    words: the consent in the language of the paper. A person of this community with the same name and number who has
    no household yet (she signed up herself) is linked, not made a second time.
    Raises a refusal of `portal.core.households.errors`; the caller answers for this row and goes on with the next.
    """
    known = session.scalar(select(User).where(User.registration_key == row.key))
    if known is not None:
        return _again(session, known, by_id)
    name, phone = _checked(row)
    area = session.get_one(Area, unit.area_id)
    same = _same_person(session, name, phone, unit) if phone else None
    if same is not None:
        standing = _household_of(session, same.id)
        if standing is not None:
            raise KnownElsewhere(name=same.full_name, household=label(area.code, standing.number))
    household = _household(session, row, unit, by_id, now)
    place = 1 + (
        session.scalar(
            select(func.max(HouseholdMember.place)).where(HouseholdMember.household_id == household.id)
        )
        or 0
    )
    login = f"{label(area.code, household.number)}-{place}"
    user = same or _new_person(session, row, name, phone, login, unit, by_id, today, now)
    session.add(
        HouseholdMember(
            household_id=household.id, user_id=user.id, place=place, added_at=now, added_by_id=by_id
        )
    )
    consent.record(
        session,
        user.id,
        PARENT,
        row.version,
        way=ConsentWay.PAPER,
        now=now,
        by_id=by_id,
        shown=words,
    )
    record(
        session,
        at=now,
        actor_id=by_id,
        code="household.register",
        target=f"user:{user.id}",
        consent=row.version,
    )
    session.flush()
    became = Became.LINKED if same is not None else Became.MADE
    return Outcome(user.id, label(area.code, household.number), became, _login_of(user))


def _checked(row: Row) -> tuple[str, str | None]:
    """Return the name and the number of a row as they are kept, or refuse it."""
    name = tidy(row.full_name)
    if not row.consent:
        raise NoConsent
    if text_of(PARENT, row.version) is None:
        raise OldConsent(version=row.version[:40])
    if " " not in name or not 2 <= len(name) <= 80:
        raise NotWholeName
    if child_in_name(name) and not row.grown_up:
        raise ChildsName
    phone = phone_number(row.phone) if row.phone.strip() else None
    if row.phone.strip() and phone is None:
        raise NotAPhone
    return name, phone


def _new_person(
    session: Session,
    row: Row,
    name: str,
    phone: str | None,
    login: str,
    unit: Unit,
    by_id: int,
    today: date,
    now: datetime,
) -> User:
    """Add a person who has no PIN yet: she sets it herself when she first signs in.

    Without a number she signs in with the name on her slip: her household's key and her place in it.
    """
    if phone is not None:
        sharing = select(func.count()).select_from(User).where(User.phone == phone, User.ended_at.is_(None))
        if (session.scalar(sharing) or 0) >= MOST_ON_ONE_NUMBER:
            raise NumberOfTooMany(most=MOST_ON_ONE_NUMBER)
    user = User(
        full_name=name,
        sort_key=sort_key(name),
        search_key=fold(name),
        phone=phone,
        username=login.casefold() if phone is None else None,
        secret_kind=SecretKind.PIN,
        registration_key=row.key,
        failed_count=0,
        consent_version=row.version,
        consented_at=now,
        created_at=now,
    )
    session.add(user)
    session.flush()
    session.add(
        Posting(
            user_id=user.id,
            unit_id=unit.id,
            audience=row.audience,
            valid_from=today,
            source=PostingSource.COLLABORATOR,
            recorded_at=now,
            recorded_by_id=by_id,
        )
    )
    return user


def _again(session: Session, user: User, by_id: int) -> Outcome:
    """Return what the first sending of a row made. Whoever did not send it learns nothing of it."""
    member = session.get(HouseholdMember, user.id)
    if member is None or member.added_by_id != by_id:
        raise NoSuchHousehold(number="")
    household = session.get_one(Household, member.household_id)
    area = session.get_one(Area, household.area_id)
    return Outcome(user.id, label(area.code, household.number), Became.AGAIN, _login_of(user))


def _login_of(user: User) -> str:
    return user.phone or user.username or user.staff_code or ""


def _same_person(session: Session, name: str, phone: str, unit: Unit) -> User | None:
    return session.scalars(
        select(User)
        .join(Posting, Posting.user_id == User.id)
        .where(
            User.phone == phone,
            User.search_key == fold(name),
            User.ended_at.is_(None),
            Posting.unit_id == unit.id,
        )
        .limit(1)
    ).first()


def _household_of(session: Session, user_id: int) -> Household | None:
    return session.scalar(
        select(Household)
        .join(HouseholdMember, HouseholdMember.household_id == Household.id)
        .where(HouseholdMember.user_id == user_id)
    )


def _household(session: Session, row: Row, unit: Unit, by_id: int, now: datetime) -> Household:
    """Return the household of a row, locked: the one numbered, the one its key made before, or a new one."""
    if row.household is not None:
        found = session.scalar(
            select(Household)
            .where(Household.unit_id == unit.id, Household.number == row.household)
            .with_for_update()
        )
        if found is None:
            raise NoSuchHousehold(number=row.household)
        return found
    wanted = select(Household).where(
        Household.registration_key == row.household_key,
        Household.unit_id == unit.id,
        Household.created_by_id == by_id,
    )
    found = session.scalar(wanted.with_for_update())
    if found is not None:
        return found
    made = Household(
        area_id=unit.area_id,
        number=next_number(session, unit.area_id),
        unit_id=unit.id,
        has_child_under_16=row.has_child,
        age_bands=_bands(row),
        registration_key=row.household_key,
        created_at=now,
        created_by_id=by_id,
    )
    session.add(made)
    session.flush()
    return made


def _bands(row: Row) -> list[str]:
    """Return the bands of a row that there are, in order; none where there is no child."""
    return [str(band) for band in AgeBand if str(band) in row.bands] if row.has_child else []


def next_number(session: Session, area_id: int) -> int:
    """Return the next running number of a commune. Its counter is locked until the transaction ends: none is given twice."""
    insert_once(session, HouseholdCounter, area_id=area_id, last=0)
    number = session.scalar(
        update(HouseholdCounter)
        .where(HouseholdCounter.area_id == area_id)
        .values(last=HouseholdCounter.last + 1)
        .returning(HouseholdCounter.last)
        .execution_options(synchronize_session=False)
    )
    assert number is not None  # noqa: S101 - inserted one line above
    return number


def change(
    session: Session,
    household: Household,
    *,
    has_child: bool,
    bands: Sequence[str],
    by_id: int,
    now: datetime,
) -> None:
    """Correct what is known of a household's children: whether there is one under 16, and the bands of age."""
    household.has_child_under_16 = has_child
    household.age_bands = [str(band) for band in AgeBand if str(band) in bands] if has_child else []
    record(session, at=now, actor_id=by_id, code="household.change", target=f"household:{household.id}")

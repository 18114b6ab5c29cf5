"""How far the grown-ups of a household are: for the collaborator the same of every family; and the officer's own pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from courses.completion import Done, asked, track_of, way
from courses.families.models import Accompaniment, EnrolmentPath
from courses.models import Completion, Course, Enrolment, Lesson, LessonDone, Version
from courses.published import published
from courses.queries.terms import requirements_of
from portal.core.accounts.models import User
from portal.core.households.models import Household, HouseholdMember
from portal.core.households.queries import PAGE, fits
from portal.core.households.services import label
from portal.core.organisation.models import Unit
from portal.core.organisation.queries import reachable
from portal.core.policy import Action, Actor


@dataclass(frozen=True, slots=True)
class CourseDone:
    """A course that a person has begun: its lessons in order (title, whether read), or the day she completed it.

    Of a completed course no lessons are listed: that it is completed is all there is to say. Of several tracks of which
    one is read those of hers are listed, and all before she has one. asked: how many lessons she reads.
    """

    code: str
    title: dict[str, str]
    completed_on: date | None
    lessons: tuple[tuple[Any, bool], ...]
    asked: int

    @property
    def read(self) -> int:
        """Return how many of the lessons are read."""
        return sum(done for _title, done in self.lessons)


@dataclass(frozen=True, slots=True)
class Member:
    """A grown-up of a household. `has_pin`: she has signed in and chosen one."""

    user_id: int
    full_name: str
    place: int
    has_pin: bool
    login: str
    courses: tuple[CourseDone, ...]


def members(session: Session, household_id: int) -> Sequence[Member]:
    """Return the grown-ups of a household and how far they are, in the order of its list.

    The lessons are those of the version that the enrolment names, known by their addresses. The queries are the same
    for every household: nothing here asks for a path.
    """
    rows = session.execute(
        select(User, HouseholdMember.place)
        .join(HouseholdMember, HouseholdMember.user_id == User.id)
        .where(HouseholdMember.household_id == household_id)
        .order_by(HouseholdMember.place)
    ).all()
    enrolments = session.execute(
        select(
            Enrolment.id,
            Enrolment.user_id,
            Course.code,
            Version.id,
            Version.digest,
            Completion.completed_on,
        )
        .join(Course, Course.id == Enrolment.course_id)
        .join(Version, Version.id == Enrolment.version_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Enrolment.user_id.in_([user.id for user, _place in rows]))
        .order_by(Enrolment.enrolled_at, Enrolment.id)
    ).all()
    read: dict[int, set[str]] = {}
    for enrolment_id, slug in session.execute(
        select(LessonDone.enrolment_id, Lesson.slug)
        .join(Lesson, Lesson.id == LessonDone.lesson_id)
        .where(LessonDone.enrolment_id.in_([row[0] for row in enrolments]))
    ):
        read.setdefault(enrolment_id, set()).add(slug)
    courses: dict[int, list[CourseDone]] = {}
    for enrolment_id, user_id, code, version_id, digest, completed_on in enrolments:
        version = published(session, version_id, digest)
        done = Done(frozenset(read.get(enrolment_id, ())))
        wanted = requirements_of(version)
        track = track_of(wanted, done)
        mine = way(wanted, track) if track else wanted.lessons
        lessons = tuple((one.title, one.slug in done.lessons) for one in version.lessons if one.slug in mine)
        courses.setdefault(user_id, []).append(
            CourseDone(
                code,
                dict(version.title),
                completed_on,
                () if completed_on else lessons,
                asked(wanted, done),
            )
        )
    return [
        Member(
            user.id,
            user.full_name,
            place,
            user.secret_hash is not None,
            user.phone or user.username or user.staff_code or "",
            tuple(courses.get(user.id, ())),
        )
        for user, place in rows
    ]


@dataclass(frozen=True, slots=True)
class Accompanied:
    """A household in the officer's area, its grown-ups, and since when it is accompanied (None: it is not)."""

    key: str
    members: tuple[str, ...]
    ids: tuple[int, ...]
    since: datetime | None


def in_my_area(
    session: Session, who: Actor, *, search: str, only: bool, page: int
) -> tuple[Sequence[Accompanied], int]:
    """Return a page (50) of the households of the officer's area, accompanied ones first, and how many fit.

    only: accompanied ones alone. search: words of a member's name, or a key.
    """
    query = (
        select(Household.id, Household.commune_code, Household.number, Accompaniment.begun_at)
        .join(Unit, Unit.id == Household.unit_id)
        .outerjoin(
            Accompaniment,
            and_(Accompaniment.household_id == Household.id, Accompaniment.ended_at.is_(None)),
        )
        .where(reachable(who.grants, Action.FAMILY_SUPPORT))
        .order_by(Accompaniment.begun_at.is_(None), Household.commune_code, Household.number)
    )
    if only:
        query = query.where(Accompaniment.id.is_not(None))
    if search.strip():
        query = query.where(fits(search))
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.limit(PAGE).offset((page - 1) * PAGE)).all()
    members: dict[int, list[tuple[str, int]]] = {}
    for household_id, name, user_id in session.execute(
        select(HouseholdMember.household_id, User.full_name, User.id)
        .join(User, User.id == HouseholdMember.user_id)
        .where(HouseholdMember.household_id.in_([row.id for row in rows]))
        .order_by(HouseholdMember.place)
    ):
        members.setdefault(household_id, []).append((name, user_id))
    return [
        Accompanied(
            label(row.commune_code, row.number),
            tuple(name for name, _id in members.get(row.id, ())),
            tuple(one for _name, one in members.get(row.id, ())),
            row.begun_at,
        )
        for row in rows
    ], count


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a member of an accompanied household is with the lessons that she reads."""

    user_id: int
    full_name: str
    title: dict[str, str] | None
    read: int
    lessons: int
    completed_on: date | None


def steps(session: Session, household_id: int) -> Sequence[Steps]:
    """Return how far each member is, with the lessons of the path: for the officer alone."""
    rows = session.execute(
        select(
            User.id,
            User.full_name,
            Enrolment.id,
            Version.id,
            Version.digest,
            Completion.completed_on,
        )
        .select_from(HouseholdMember)
        .join(User, User.id == HouseholdMember.user_id)
        .outerjoin(Enrolment, Enrolment.user_id == User.id)
        .outerjoin(EnrolmentPath, EnrolmentPath.enrolment_id == Enrolment.id)
        .outerjoin(Version, Version.id == func.coalesce(EnrolmentPath.version_id, Enrolment.version_id))
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(HouseholdMember.household_id == household_id)
        .order_by(HouseholdMember.place, Enrolment.id)
    ).all()
    read: dict[int, set[str]] = {}
    for enrolment_id, slug in session.execute(
        select(LessonDone.enrolment_id, Lesson.slug)
        .join(Lesson, Lesson.id == LessonDone.lesson_id)
        .where(LessonDone.enrolment_id.in_([row[2] for row in rows if row[2] is not None]))
    ):
        read.setdefault(enrolment_id, set()).add(slug)
    found = []
    for user_id, name, enrolment_id, version_id, digest, completed_on in rows:
        if enrolment_id is None:
            found.append(Steps(user_id, name, None, 0, 0, None))
            continue
        version = published(session, version_id, digest)
        wanted, done = requirements_of(version), Done(frozenset(read.get(enrolment_id, ())))
        on_way = sum(slug in done.lessons for slug in way(wanted, track_of(wanted, done)))
        found.append(Steps(user_id, name, dict(version.title), on_way, asked(wanted, done), completed_on))
    return found


def since(session: Session, household_id: int) -> datetime | None:
    """Return since when a household is accompanied, or None."""
    return session.scalar(
        select(Accompaniment.begun_at).where(
            Accompaniment.household_id == household_id, Accompaniment.ended_at.is_(None)
        )
    )


def reference(session: Session, household_id: int) -> str:
    """Return what stands for a household in the trail of looks; `none` where it never was accompanied."""
    found = session.scalar(
        select(Accompaniment.reference)
        .where(Accompaniment.household_id == household_id)
        .order_by(Accompaniment.id.desc())
        .limit(1)
    )
    return found or "none"


def path_is_published(session: Session) -> bool:
    """Return whether there is a longer course to read; without one an accompanied family reads what all others read."""
    return (
        session.scalar(
            select(Version.id)
            .join(Course, Course.id == Version.course_id)
            .where(Course.access == "discreet", Version.current)
            .limit(1)
        )
        is not None
    )

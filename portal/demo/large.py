"""The demonstration at the size of a province: the small one, and round it everybody else, written in bulk.

What is entered follows the portal's own rules: a post has dates, a completion its lessons, its passed attempt and the
post of its day, a certificate its completion; families have keys of their commune, and a consent. Everything follows
from the day and the seed but what must be random anywhere: the salt of passwords, and serials and signatures of the
certificates of the small demonstration, which are drawn and signed as always.

All other certificates are entered with their facts alone: a million files cannot be drawn and signed in minutes. Each
says so in its facts (`drawn` is false), and its digest is that of the facts. Whoever opens its file is told; its
number can be verified as any other. The trail of what was done (audit) begins with the small demonstration's.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from courses.certificates.issuing import issuer_for
from courses.certificates.models import Certificate, CertificateFile
from courses.certificates.pdf import CertificateFacts
from courses.certificates.serial import new_serial
from courses.certificates.services import add_months, facts_digest
from courses.completion import RuleCode
from courses.models import (
    Completion,
    Course,
    CourseAudience,
    Enrolment,
    Lesson,
    LessonDone,
    QuizAttempt,
    Version,
)
from courses.queries.terms import certificate_kind, rules_for
from courses.workshops.models import (
    Attendance,
    Attended,
    How,
    Mark,
    Registration,
    Workshop,
    WorkshopDay,
    WorkshopTrainer,
)
from portal.core import clock
from portal.core.accounts.models import (
    Audience,
    LeftReason,
    Membership,
    Posting,
    PostingSource,
    SecretKind,
    User,
)
from portal.core.accounts.secrets import hashed
from portal.core.consent.models import Consent, ConsentWay
from portal.core.consent.wordings import CURRENT, PARENT, text_of
from portal.core.db import unit_of_work
from portal.core.households.models import Household, HouseholdCounter, HouseholdMember
from portal.core.households.services import label
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.policy import Role
from portal.core.rosters.models import Evidence, RosterBasis
from portal.core.rosters.queries import PARENTS
from portal.core.web import settings
from portal.demo import province
from portal.demo.accounts import PASSWORD
from portal.demo.bulk import Bulk, analyse, packed
from portal.demo.exemplars import Exemplar, exemplars
from portal.demo.names import FAMILIES, GIVEN, MIDDLES
from portal.demo.size import Size
from quizzes.models import Answer, Attempt

Report = Callable[[str], None]
PIN = "390217"
STAFF_WHO_COMPLETE = 0.62  # of the courses that are for them, while there are certificates enough
PARENTS_WHO_COMPLETE = 0.9  # at most; beyond that there are more parents
WHO_BEGAN = 0.25  # of the others: have begun and not completed
COMMUNES_AT_ONCE = 10
STAFF_OF_A_COMMUNE = 15  # outside schools
DAY = timedelta(days=1)
FULL = ("id", "full_name", "coded", "sort_key", "search_key", "phone", "staff_code", "username", "secret_kind",
        "secret_hash", "failed_count", "consent_version", "consented_at", "created_at", "claimed_at")  # fmt: skip
POST = ("user_id", "unit_id", "audience", "title", "valid_from", "valid_to", "source", "recorded_at", "recorded_by_id", "left_reason")  # fmt: skip


class TooSmall(Exception):
    """The size asked for is less than what the small demonstration holds already."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit, as far as its people and certificates need it."""

    id: int
    code: str
    kind: str
    sector: str
    name: str
    area_id: int
    area_name: str
    district_id: int


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a member of the staff."""

    place: Place
    audience: str
    title: str
    begins: date
    ends: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of the staff with all her posts, the first first."""

    id: int
    name: str
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    """A course as the demonstration's people learn it: its first version, which all of them began on.

    kinds: of its certificates, by audience. rules: those that bind each audience, and sat: the attempts to copy of those
    who have a quiz to pass.
    """

    course_id: int
    code: str
    version_id: int
    number: int
    kinds: dict[str, str]
    title: dict[str, str]
    packed_title: str
    minutes: int
    months: int | None
    lessons: tuple[int, ...]
    rules: dict[str, list[dict[str, Any]]]
    audiences: frozenset[str]
    sat: tuple[Exemplar, ...]

    def exam(self, audience: str) -> tuple[Exemplar, ...]:
        """Return the attempts of which one is hers; none where no quiz is asked of her."""
        asked = any(rule["rule"] == RuleCode.QUIZ_PASSED for rule in self.rules[audience])
        return self.sat if asked else ()


def drawn(session: Session) -> int:
    """Return how many certificates have a file."""
    return session.scalar(select(func.count()).select_from(CertificateFile)) or 0


def load(size: Size, today: date, report: Report) -> None:
    """Fill an empty database, in one transaction: what is interrupted leaves nothing. Says what it is doing.

    Raises `TooSmall`.
    """
    now = clock.start_of(today)
    with unit_of_work() as session:
        province.fill(session, today, now, report)
        surround(session, size, today, report)
    with unit_of_work() as session:
        report("letting the database know its tables ...")
        analyse(session)


def surround(session: Session, size: Size, today: date, report: Report) -> None:
    """Put everybody else round the small demonstration, which is there. Raises `TooSmall`, having written nothing."""
    _Whole(session, size, today, clock.start_of(today), report).fill()


class _Whole:
    """The work, step after step; later steps use what earlier ones made."""

    def __init__(self, session: Session, size: Size, today: date, now: datetime, report: Report) -> None:
        self.session, self.size, self.today, self.now, self.report = session, size, today, now, report
        self.dice = random.Random(size.seed)  # noqa: S311 - the same every time, on purpose
        self.bulk = Bulk(session)
        self.issuer = issuer_for(settings())
        self.first_day = today - timedelta(days=365 * size.years)
        self.courses = self._courses()
        self.password, self.pin = hashed(PASSWORD), hashed(PIN)
        self.next_user = self.bulk.next_id(User)
        self.next_enrolment = self.bulk.next_id(Enrolment)
        self.issued = 0

    def fill(self) -> None:
        """Put everybody in."""
        self.communes = self._communes()
        places = self._units()
        staff = self._staff(places)
        with self.bulk.bare(Enrolment, LessonDone, Attempt, Answer, QuizAttempt, Completion, Certificate, Posting, Consent, Household, HouseholdMember):  # fmt: skip
            self.of_staff, self.of_parents, self.parents = self._shares(staff)
            self._staff_learn(staff)
            self._parents()
            self.report("indexes and foreign keys ...")
        self.bulk.settle(User, Unit, Enrolment, Household)
        self._workshops(staff)
        self.bulk.settle(Workshop)

    def _count(self, model: Any, *conditions: Any) -> int:
        return self.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0

    def _people(self, *conditions: Any) -> int:
        """Return how many people hold such a post; some hold two, or held one before."""
        return self.session.scalar(select(func.count(Posting.user_id.distinct())).where(*conditions)) or 0

    def _courses(self) -> list[Taught]:
        taught = []
        rows = self.session.execute(
            select(Course, Version)
            .join(Version, Version.course_id == Course.id)
            .where(Version.number == 1, Course.access != "discreet")
            .order_by(Course.code)
        )
        taker = self.session.scalars(select(User.id).where(User.username == "soanbai")).one()
        for course, version in rows.all():
            lessons = self.session.scalars(
                select(Lesson.id).where(Lesson.version_id == version.id).order_by(Lesson.position)
            )
            audiences = self.session.scalars(
                select(CourseAudience.audience).where(CourseAudience.course_id == course.id)
            ).all()
            taught.append(
                Taught(
                    course.id, course.code, version.id, version.number,
                    {one: certificate_kind(version, one) for one in audiences},
                    dict(version.title), packed(version.title), version.minutes, version.validity_months,
                    tuple(lessons), {one: rules_for(version.manifest, one) for one in audiences}, frozenset(audiences),
                    exemplars(self.session, version, taker, self.now),
                )
            )  # fmt: skip
        return taught

    def _for(self, audience: str) -> list[Taught]:
        return [one for one in self.courses if audience in one.audiences]

    # -- places

    def _communes(self) -> list[Area]:
        """Return the communes that get staff outside schools: all of them, where there are people enough."""
        communes = list(
            self.session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNE).order_by(Area.code))
        )
        self.here = self._people(Posting.audience.not_in(PARENTS))
        more = self.size.staff - self.here
        if more < 0:
            raise TooSmall(
                f"the small demonstration has {self.here} people on staff lists, more than {self.size.staff}"
            )
        return communes[: max(1, min(len(communes), more // (2 * STAFF_OF_A_COMMUNE)))]

    def _units(self) -> list[Place]:
        """Add what a commune has, and its schools; return the new places and the communities."""
        known = {
            code: (id_, parent)
            for code, id_, parent in self.session.execute(select(Unit.code, Unit.id, Unit.parent_id))
        }
        districts = {
            one.id: one for one in self.session.scalars(select(Area).where(Area.kind == AreaKind.DISTRICT))
        }
        place_of: list[Place] = []
        number = self.bulk.next_id(Unit)
        units: list[tuple[Any, ...]] = []
        bases: list[tuple[Any, ...]] = []

        def add(code: str, kind: UnitKind, sector: Sector, name: str, area: Area, parent: str) -> None:
            nonlocal number
            if code in known:
                return
            above = known[parent][0] if parent else None
            units.append((number, code, kind, sector, name, fold(name), area.id, above, province.BEGAN))
            place_of.append(Place(number, code, kind, sector, name, area.id, area.name, area.parent_id or 0))
            if self.dice.random() < 0.93:
                coded = kind == UnitKind.POLICE_POST and number % 2 == 0
                since = self.today - timedelta(days=400 + int(self.dice.random() * 600))
                bases.append((number, Evidence.CODED if coded else Evidence.NAMED, since))
            number += 1

        for area in self.communes:
            district = districts[area.parent_id or 0].code
            code, name = area.code, area.name
            add(f"UB-{code}", UnitKind.COMMITTEE, Sector.GOVERNMENT, f"UBND {name}", area, f"UB-{district}")
            add(f"TYT-{code}", UnitKind.CLINIC, Sector.HEALTH, f"Trạm Y tế {name}", area, "SO-YTE")
            add(f"CA-{code}", UnitKind.POLICE_POST, Sector.POLICE, f"Công an {name}", area, f"CA-{district}")
            add(
                f"BD-{code}",
                UnitKind.POST_OFFICE,
                Sector.POST,
                f"Điểm Bưu điện – Văn hóa {name}",
                area,
                f"BD-{district}",
            )
        schools = self.size.schools - self._count(Unit, Unit.kind == UnitKind.SCHOOL)
        if schools < 0:
            raise TooSmall(f"the small demonstration has more schools than {self.size.schools}")
        for place in range(schools):
            area = self.communes[place % len(self.communes)]
            level, kind = province.LEVELS[(place // len(self.communes)) % len(province.LEVELS)]
            name = province.SCHOOL_NAMES[
                (place * 7 + place // len(self.communes)) % len(province.SCHOOL_NAMES)
            ]
            district = districts[area.parent_id or 0].code
            add(f"{level}-{area.code}-{place // len(self.communes) + 1:02d}", UnitKind.SCHOOL, Sector.EDUCATION, f"{kind} {name}", area, f"PGD-{district}")  # fmt: skip
        self.bulk.write(Unit, ("id", "code", "kind", "sector", "name", "search_key", "area_id", "parent_id", "valid_from"), units)  # fmt: skip
        self.bulk.write(RosterBasis, ("unit_id", "evidence", "valid_from"), bases)
        self.report(f"units: {len(units):,} more, {schools:,} of them schools")
        self.coded = {unit for unit, evidence, _since in bases if evidence == Evidence.CODED}
        communities = self.session.execute(
            select(Unit, Area).join(Area, Area.id == Unit.area_id).where(Unit.kind == UnitKind.COMMUNITY)
        ).all()
        self.community = {
            area.id: Place(unit.id, unit.code, unit.kind, unit.sector, unit.name, area.id, area.name, area.parent_id or 0)
            for unit, area in communities
        }  # fmt: skip
        return [*place_of, *(self.community[area.id] for area in self.communes)]

    # -- staff

    def _staff(self, places: Sequence[Place]) -> list[Staff]:
        """Add the staff of every place, some of whom have left, moved, or hold a second post."""
        wanted = self.size.staff - self.here
        schools = [one for one in places if one.kind == UnitKind.SCHOOL]
        lines = [line for place in places for line in _lines(place)]
        free = wanted - len(lines)
        for number, school in enumerate(schools):
            many = free // len(schools) + (number < free % len(schools))
            swing = min(many - 1, 6) if number < len(schools) - len(schools) % 2 else 0
            many += swing if number % 2 else -swing  # two neighbours together have twice the average
            lines += [(school, *_school_post(place, many)) for place in range(many)]
        by_kind: dict[str, list[Place]] = {}
        for place in places:
            by_kind.setdefault(place.kind, []).append(place)
        self.collaborators: dict[int, int] = {}
        people, users, posts, roles = [], [], [], []
        headed: set[int] = set()
        for place, audience, title in lines:
            id_ = self.next_user
            self.next_user += 1
            code = f"TB-{id_:06d}"
            coded = place.id in self.coded
            name, order, plain = (code, sort_key(code), fold(code)) if coded else self._name()
            chance = self.dice.random()
            account = chance < 0.8
            begins = self.today - timedelta(days=200 + int(self.dice.random() * 1300))
            one = Staff(id_, name, self._career(Post(place, audience, title, begins), by_kind))
            people.append(one)
            users.append(
                (id_, name, coded, order, plain, f"08{id_:08d}" if chance < 0.6 and not coded else None, code, None,
                 SecretKind.PASSWORD, self.password if account else None, 0, None, None, clock.start_of(begins),
                 clock.start_of(begins + timedelta(days=14)) if account else None)
            )  # fmt: skip
            posts += [
                (id_, post.place.id, post.audience, post.title, post.begins, post.ends, PostingSource.DEMONSTRATION,
                 clock.start_of(post.begins), None, post.reason)
                for post in one.posts
            ]  # fmt: skip
            if audience == Audience.COLLABORATOR and place.id not in self.collaborators:
                self.collaborators[place.id] = id_
                roles.append((id_, Role.COLLABORATOR, place.id, begins))
            elif audience == Audience.MANAGER and place.id not in headed:
                headed.add(place.id)
                roles.append((id_, Role.UNIT_HEAD, place.id, begins))
        self.bulk.write(User, FULL, users)
        self.bulk.write(Posting, POST, posts)
        self.bulk.write(Membership, ("user_id", "role", "unit_id", "valid_from"), roles)
        self.report(f"staff: {self.size.staff:,} with {len(posts):,} more posts")
        return people

    def _career(self, post: Post, by_kind: dict[str, list[Place]]) -> tuple[Post, ...]:
        """Return the posts of one who began with `post`: most stay, some leave, move, or take a second post."""
        chance = self.dice.random()
        if chance >= 0.09 or post.audience == Audience.COLLABORATOR:
            return (post,)
        day = self.today - timedelta(days=int(self.dice.random() * 150) + 1)
        others = by_kind[post.place.kind]
        other = others[int(self.dice.random() * len(others))]
        if chance < 0.04 or other.id == post.place.id:
            reason = (LeftReason.RETIRED, LeftReason.RESIGNED, LeftReason.OTHER)[int(chance * 1000) % 3]
            return (replace(post, ends=day, reason=reason),)
        if chance < 0.07:
            gone = replace(post, ends=day, reason=LeftReason.TRANSFERRED)
            return (gone, replace(post, place=other, begins=day + DAY))
        return (post, replace(post, place=other, begins=day))

    def _name(self) -> tuple[str, str, str]:
        return _named(int(self.dice.random() * (len(FAMILIES) * len(MIDDLES) * len(GIVEN))))

    # -- who completes what

    def _shares(self, staff: Sequence[Staff]) -> tuple[int, int, int]:
        """Return how many certificates the staff and the parents get, and how many parents there are to be."""
        have = self._count(Certificate)
        wanted = self.size.certificates - have
        if wanted < 0:
            raise TooSmall(
                f"the small demonstration has {have} certificates, more than {self.size.certificates}"
            )
        slots = sum(len(self._for(one.posts[0].audience)) for one in staff)
        of_staff = min(int(slots * STAFF_WHO_COMPLETE), wanted // 2)
        of_parents = wanted - of_staff
        courses = max(1, len(self._for(Audience.PARENT)))
        here = self._people(Posting.audience.in_(PARENTS))
        parents = max(self.size.parents - here, math.ceil(of_parents / courses / PARENTS_WHO_COMPLETE))
        if parents > self.size.parents:
            self.report(f"{parents + here:,} parents: {self.size.parents:,} cannot earn {self.size.certificates:,} certificates")  # fmt: skip
        return of_staff, of_parents, parents

    def _staff_learn(self, staff: Sequence[Staff]) -> None:
        slots = sum(len(self._for(one.posts[0].audience)) for one in staff)
        chosen = _Choice(self.dice, slots, self.of_staff)
        learnt = _Learnt(self)
        for one in staff:
            first = one.posts[0]
            for course in self._for(first.audience):
                if not chosen.next():
                    if self.dice.random() < WHO_BEGAN:
                        learnt.begin(one.id, course, max(first.begins, self.first_day))
                    continue
                last = one.posts[-1].ends or self.today
                day = self._day(max(first.begins, self.first_day), min(last, self.today - DAY))
                post = max(
                    (p for p in one.posts if p.begins <= day and (p.ends is None or p.ends >= day)),
                    key=lambda p: p.begins,
                )
                learnt.complete(one.id, one.name, course, day, post.place, post.audience)
        learnt.write()
        self.report(f"staff: {self.of_staff:,} certificates")

    def _day(self, first: date, last: date) -> date:
        return first + timedelta(days=int(self.dice.random() * ((last - first).days + 1)))

    # -- parents

    def _parents(self) -> None:
        courses = self._for(Audience.PARENT)
        chosen = _Choice(self.dice, self.parents * len(courses), self.of_parents)
        wording = text_of(PARENT, CURRENT[PARENT]) or ""
        counters = {one.commune_code: one.last for one in self.session.scalars(select(HouseholdCounter))}
        self.household = self.bulk.next_id(Household)
        done, many = 0, len(self.communes)
        for start in range(0, many, COMMUNES_AT_ONCE):
            families = _Families(self, wording, counters, courses, chosen)
            for place in range(start, min(start + COMMUNES_AT_ONCE, many)):
                here = self.parents * (place + 1) // many - self.parents * place // many
                families.commune(self.communes[place], here)
                done += here
            families.write()
            self.report(f"parents: {done:,} of {self.parents:,}; certificates: {self.issued:,}")
        self.session.expire_all()
        for code, last in counters.items():
            known = self.session.get(HouseholdCounter, code)
            if known is None:
                self.session.add(HouseholdCounter(commune_code=code, last=last))
            else:
                known.last = last
        self.session.flush()

    # -- classes in a hall

    def _workshops(self, staff: Sequence[Staff]) -> None:
        """Enter closed classes of three years: of each about thirty of one district were there."""
        groups: dict[tuple[int, str], list[Staff]] = {}
        for one in staff:
            groups.setdefault((one.posts[0].place.district_id, one.posts[0].place.sector), []).append(one)
        wanted = [
            key
            for key in sorted(groups)
            if len(groups[key]) >= 5 and self._for(groups[key][0].posts[0].audience)
        ]
        number = self.bulk.next_id(Workshop)
        rows: dict[Any, list[tuple[Any, ...]]] = {model: [] for model in _WORKSHOP}
        organisers = dict(self.session.execute(select(Unit.code, Unit.id)).all())
        districts = dict(
            self.session.execute(select(Area.id, Area.code).where(Area.kind == AreaKind.DISTRICT)).all()
        )
        for made in range(self.size.workshops if wanted else 0):
            group = groups[wanted[made % len(wanted)]]
            day = self._day(self.first_day, self.today - timedelta(days=7))
            able = [one for one in group if one.posts[0].begins <= day and (one.posts[0].ends or day) >= day]
            there = self.dice.sample(able, min(len(able), 20 + int(self.dice.random() * 20)))
            if not there:
                continue
            first = there[0].posts[0]
            course = self._for(first.audience)[0]
            prefix = "PGD" if first.place.sector == Sector.EDUCATION else "CA" if first.place.sector == Sector.POLICE else "UB"  # fmt: skip
            organiser = organisers[f"{prefix}-{districts[first.place.district_id]}"]
            self._workshop(rows, number, made, day, course, organiser, first.place, there)
            number += 1
        for model, columns in _WORKSHOP.items():
            self.bulk.write(model, columns, rows[model])
        self.report(f"classes: {len(rows[Workshop]):,} with {len(rows[Attended]):,} people who took part")

    def _workshop(
        self, rows: dict[Any, list[tuple[Any, ...]]], id_: int, made: int, day: date, course: Taught,
        organiser: int, at: Place, there: Sequence[Staff],
    ) -> None:  # fmt: skip
        announced, closed = (
            clock.start_of(day - timedelta(days=21)),
            clock.start_of(day + DAY) - timedelta(hours=6),
        )
        title, hall = f"Tập huấn {course.title['vi']} đợt {made + 1}", f"Hội trường {at.area_name}"
        plan_item = {"GD-01": "II.2.c", "CA-01": "II.6.c"}.get(course.code, "II.4.a")
        rows[Workshop].append(
            (id_, f"demo-{id_}", "hall", title, fold(f"{title} {hall}")[:200], course.course_id, plan_item, organiser,
             at.area_id, hall, "", 40, 1, at.district_id, at.sector, None, f"{id_:064d}", day, day, 0, announced, None,
             closed, None, len(there), False)
        )  # fmt: skip
        rows[WorkshopDay].append((id_, day, "07:30–11:30"))
        rows[WorkshopTrainer].append((id_, there[0].id))
        for number, one in enumerate(there, 1):
            post = one.posts[0]
            key = f"demo:{id_}:{one.id}"
            at_ = closed - timedelta(minutes=number)
            as_of = (one.name, post.place.id, post.place.area_id, post.audience)
            rows[Registration].append((id_, one.id, number, announced + timedelta(hours=number), None))
            rows[Mark].append((key, id_, day, one.id, True, How.TICK, at_, at_, None))
            rows[Attendance].append((id_, day, one.id, True, How.TICK, at_, key, one.name, sort_key(one.name), post.place.id, post.place.name, post.place.area_id, post.audience))  # fmt: skip
            rows[Attended].append((id_, one.id, course.course_id, day, 1, "hall", *as_of))


_WORKSHOP: dict[Any, tuple[str, ...]] = {
    Workshop: ("id", "key", "origin", "title", "search_key", "course_id", "plan_item", "organiser_id", "area_id",
               "place", "guest_trainers", "capacity", "days_needed", "for_area_id", "for_sector", "for_audience", "secret",
               "starts_on", "ends_on", "visits", "created_at", "created_by_id", "closed_at", "closed_by_id", "signatures",
               "whole_course"),
    WorkshopDay: ("workshop_id", "day", "hours"),
    WorkshopTrainer: ("workshop_id", "user_id"),
    Registration: ("workshop_id", "user_id", "number", "registered_at", "registered_by_id"),
    Mark: ("key", "workshop_id", "day", "user_id", "present", "how", "made_at", "received_at", "by_id"),
    Attendance: ("workshop_id", "day", "user_id", "present", "how", "made_at", "mark_key", "full_name", "sort_key",
                 "unit_id", "unit_name", "area_id", "audience"),
    Attended: ("workshop_id", "user_id", "course_id", "on_day", "days", "origin", "full_name", "unit_id", "area_id",
               "audience"),
}  # fmt: skip


class _Choice:
    """Chooses exactly `wanted` of `slots` that come one after the other, each with the same chance."""

    def __init__(self, dice: random.Random, slots: int, wanted: int) -> None:
        self._dice, self._slots, self._wanted = dice, slots, wanted

    def next(self) -> bool:
        """Return whether this one is chosen."""
        taken = self._dice.random() * self._slots < self._wanted
        self._slots -= 1
        self._wanted -= taken
        return taken


class _Learnt:
    """What people learned, collected table by table and written in the order of their keys."""

    def __init__(self, whole: _Whole) -> None:
        self.whole, self.dice = whole, whole.dice
        self.enrolments: list[tuple[Any, ...]] = []
        self.lessons: list[tuple[int, Sequence[int], datetime, timedelta]] = []
        self.attempts: list[tuple[Any, ...]] = []
        self.firsts: dict[Exemplar, str] = {}
        self.copies: dict[str, list[str]] = {}
        self.sat: list[tuple[Any, ...]] = []
        self.answers: list[tuple[str, Exemplar, datetime]] = []
        self.completions: list[tuple[Any, ...]] = []
        self.certificates: list[tuple[Any, ...]] = []

    def begin(self, user: int, course: Taught, first: date) -> None:
        """Let somebody have begun a course, and read some of it."""
        whole = self.whole
        day = whole._day(max(first, whole.today - timedelta(days=240)), whole.today - DAY)
        enrolled = self._moment(day)
        due = day + timedelta(days=60) if self.dice.random() < 0.5 else None
        self._enrol(user, course, enrolled, due)
        read = course.lessons[: int(self.dice.random() * len(course.lessons))]
        step = (whole.now - enrolled) / (len(course.lessons) + 1)
        self.lessons.append((whole.next_enrolment - 1, read, enrolled, min(step, timedelta(days=4))))

    def complete(self, user: int, name: str, course: Taught, day: date, at: Place, audience: str) -> None:
        """Let somebody complete a course on `day`: lessons, a passed attempt where it is asked for, a certificate."""
        whole = self.whole
        took = 2 + int(self.dice.random() * 40)
        done = self._moment(day)
        enrolled = done - timedelta(days=took)
        number = self._enrol(user, course, enrolled, None)
        shares = self._sit(user, number, course.exam(audience), done)
        step = (done - enrolled) / (len(course.lessons) + 2)
        self.lessons.append((number, course.lessons, enrolled, step))
        facts = {
            "version": course.number,
            "rules": course.rules[audience],
            "shares": shares,
            "demonstration": True,
        }
        self.completions.append((number, user, course.course_id, done, day, at.id, audience, packed(facts)))
        whole.issued += 1
        self.certificates.append(self._certificate(user, name, course, done, day, at, audience))

    def _enrol(self, user: int, course: Taught, at: datetime, due: date | None) -> int:
        number = self.whole.next_enrolment
        self.whole.next_enrolment += 1
        self.enrolments.append((number, user, course.course_id, course.version_id, 1, at, due))
        return number

    def _sit(self, user: int, enrolment: int, exam: tuple[Exemplar, ...], done: datetime) -> dict[str, str]:
        if not exam:
            return {}
        sat = exam[int(self.dice.random() * len(exam))]
        began = done - sat.took
        id_ = f"demo-{enrolment}"
        # thirty kilobytes of paper for each are not sent thousands of times: the database copies them from the first
        first = self.firsts.setdefault(sat, id_)
        if first != id_:
            self.copies.setdefault(first, []).append(id_)
        whole_one = first == id_
        self.attempts.append(
            (id_, user, f"enrolment:{enrolment}:{sat.quiz}", sat.release,
             sat.paper if whole_one else "{}", sat.rules, sat.pass_share, began,
             sat.deadline(began), done, sat.share, sat.passed, sat.result if whole_one else "{}")
        )  # fmt: skip
        self.sat.append((id_, enrolment, sat.quiz))
        self.answers.append((id_, sat, done))
        return {sat.quiz: sat.exact}

    def _moment(self, day: date) -> datetime:
        """Return a moment of the waking hours of a day."""
        return _start(day) + timedelta(minutes=360 + int(self.dice.random() * 960))

    def _certificate(
        self, user: int, name: str, course: Taught, done: datetime, day: date, at: Place, audience: str
    ) -> tuple[Any, ...]:
        issuer = self.whole.issuer
        serial = new_serial(day.year, lambda n: int(self.dice.random() * n))
        expires = _expiry(day, course.months)
        facts = {
            **_template(course.kinds[audience], course.code, course.number, course.minutes, course.title["vi"], course.title["en"], issuer.name),
            "serial": serial, "full_name": name, "completed_on": day.isoformat(), "issued_on": day.isoformat(),
            "expires_on": expires.isoformat() if expires else None, "unit_name": at.name, "area_name": at.area_name,
            "verify_url": f"{issuer.base_url}/verify/{serial}",
        }  # fmt: skip
        return (
            serial, course.kinds[audience], user, course.course_id, course.number, 1, name, course.packed_title, done, day, expires,
            at.id, at.area_id, at.sector, audience, packed(facts), facts_digest(facts),
        )  # fmt: skip

    def write(self) -> None:
        """Write everything that was collected."""
        write = self.whole.bulk.write
        write(
            Enrolment,
            ("id", "user_id", "course_id", "version_id", "cycle", "enrolled_at", "due_on"),
            self.enrolments,
        )
        write(LessonDone, ("enrolment_id", "lesson_id", "done_at"), self._lessons())
        write(
            Attempt,
            ("id", "taker_id", "scope", "release_id", "paper", "rules", "pass_share", "started_at", "deadline_at",
             "submitted_at", "share", "passed", "result"),
            self.attempts,
        )  # fmt: skip
        for first, ids in self.copies.items():
            self._copy(first, ids)
        write(QuizAttempt, ("attempt_id", "enrolment_id", "quiz_ref"), self.sat)
        write(Answer, ("attempt_id", "ref", "value", "seq", "saved_at"), self._answers())
        write(
            Completion,
            (
                "enrolment_id",
                "user_id",
                "course_id",
                "completed_at",
                "completed_on",
                "unit_id",
                "audience",
                "facts",
            ),
            self.completions,
        )
        write(
            Certificate,
            ("serial", "kind", "user_id", "course_id", "version_number", "cycle", "full_name", "course_title", "issued_at",
             "completed_on", "expires_on", "unit_id", "area_id", "sector", "audience", "facts", "sha256"),
            self.certificates,
        )  # fmt: skip

    def _copy(self, first: str, ids: Sequence[str]) -> None:
        other = aliased(Attempt)
        of_first = {
            name: select(getattr(other, name)).where(other.id == first).scalar_subquery()
            for name in ("paper", "result")
        }
        for start in range(0, len(ids), 500):
            self.whole.session.execute(
                update(Attempt).where(Attempt.id.in_(ids[start : start + 500])).values(**of_first),
                execution_options={"synchronize_session": False},
            )

    def _lessons(self) -> Iterator[tuple[int, int, datetime]]:
        for enrolment, read, moment, step in self.lessons:
            for lesson in read:
                moment += step
                yield enrolment, lesson, moment

    def _answers(self) -> Iterator[tuple[Any, ...]]:
        for attempt, sat, done in self.answers:
            for ref, value in sat.answers:
                yield attempt, ref, value, 1, done


class _Families:
    """The families of some communes, and what they learned."""

    def __init__(
        self,
        whole: _Whole,
        wording: str,
        counters: dict[str, int],
        courses: Sequence[Taught],
        chosen: _Choice,
    ) -> None:
        self.whole, self.dice, self.wording = whole, whole.dice, wording
        self.counters, self.courses, self.chosen = counters, courses, chosen
        self.users: list[tuple[Any, ...]] = []
        self.posts: list[tuple[Any, ...]] = []
        self.households: list[tuple[Any, ...]] = []
        self.members: list[tuple[Any, ...]] = []
        self.consents: list[tuple[Any, ...]] = []
        self.learnt = _Learnt(whole)

    def commune(self, area: Area, many: int) -> None:
        """Register so many parents of a commune, family by family; the numbers run with the days."""
        whole, made = self.whole, 0
        unit = whole.community[area.id]
        by = whole.collaborators.get(unit.id)
        span = (whole.today - whole.first_day).days - 40
        while made < many:
            size = 1 if many - made == 1 or self.dice.random() < 0.3 else 2
            day = whole.first_day + timedelta(days=span * made // many)
            number = self.counters[area.code] = self.counters.get(area.code, 0) + 1
            at = _start(day) + timedelta(hours=20)
            has_child = self.dice.random() < 0.97
            bands = _BANDS[int(self.dice.random() * len(_BANDS))] if has_child else []
            self.households.append(
                (whole.household, area.id, area.code, number, unit.id, has_child, bands, at, by)
            )
            for place in range(1, size + 1):
                self._parent(area, unit, number, place, day, at, by)
            whole.household += 1
            made += size

    def _parent(
        self, area: Area, unit: Place, number: int, place: int, day: date, at: datetime, by: int | None
    ) -> None:
        whole = self.whole
        id_ = whole.next_user
        whole.next_user += 1
        name, order, plain = whole._name()
        chance = self.dice.random()
        # a couple may share a telephone: the second has the number of the first
        phone = f"03{whole.household:08d}" if chance < (0.8 if place == 1 else 0.5) else None
        account = chance < 0.45
        audience = Audience.CARER if chance > 0.96 else Audience.PARENT
        login = None if phone else label(area.code, number).casefold() + f"-{place}"
        self.users.append(
            (id_, name, False, order, plain, phone, None, login, SecretKind.PIN, whole.pin if account else None, 0,
             CURRENT[PARENT], at, at, at + DAY if account else None)
        )  # fmt: skip
        self.posts.append((id_, unit.id, audience, None, day, None, PostingSource.COLLABORATOR, at, by, None))
        self.members.append((id_, whole.household, place, at, by))
        self.consents.append((id_, True, CURRENT[PARENT], "vi", self.wording, ConsentWay.PAPER, by, at))
        for course in self.courses:
            if self.chosen.next():
                done = whole._day(day + timedelta(days=1), whole.today - DAY)
                self.learnt.complete(id_, name, course, done, unit, audience)
            elif self.dice.random() < WHO_BEGAN:
                self.learnt.begin(id_, course, day)

    def write(self) -> None:
        """Write them."""
        write = self.whole.bulk.write
        write(User, FULL, self.users)
        write(Posting, POST, self.posts)
        write(
            Household,
            ("id", "area_id", "commune_code", "number", "unit_id", "has_child_under_16", "age_bands", "created_at",
             "created_by_id"),
            self.households,
        )  # fmt: skip
        write(HouseholdMember, ("user_id", "household_id", "place", "added_at", "added_by_id"), self.members)
        write(
            Consent,
            ("user_id", "given", "version", "language", "wording", "way", "by_id", "at"),
            self.consents,
        )
        self.learnt.write()


_BANDS = (["0-5"], ["6-10"], ["11-15"], ["0-5", "6-10"], ["6-10", "11-15"])


def _lines(place: Place) -> list[tuple[Place, str, str]]:
    """Return the posts of a place that is no school."""
    match place.kind:
        case UnitKind.CLINIC:
            return [(place, Audience.HEALTH_WORKER, "Nhân viên y tế")] * 4
        case UnitKind.POLICE_POST:
            return [
                *[(place, Audience.POLICE_OFFICER, "Công an viên")] * 3,
                (place, Audience.INVESTIGATOR, "Điều tra viên"),
            ]
        case UnitKind.POST_OFFICE:
            return [(place, Audience.POSTAL_WORKER, "Bưu tá")]
        case UnitKind.COMMITTEE:
            return [
                (place, Audience.COMMUNE_OFFICER, "Công chức Văn hóa – Xã hội"),
                (place, Audience.CHILD_AFFAIRS_OFFICER, "Người làm công tác trẻ em"),
            ]
        case UnitKind.COMMUNITY:
            return [
                *[(place, Audience.COLLABORATOR, "Cộng tác viên")] * 3,
                (place, Audience.VOLUNTEER, "Tình nguyện viên"),
            ]
    return []


def _school_post(place: int, many: int) -> tuple[str, str]:
    """Return audience and title of a member of a school's staff, the head first."""
    if place == 0:
        return Audience.MANAGER, "Hiệu trưởng"
    if place == 1 and many > 8:
        return Audience.MANAGER, "Phó hiệu trưởng"
    return (Audience.SCHOOL_STAFF, "Nhân viên") if place % 7 == 6 else (Audience.TEACHER, "Giáo viên")


@cache
def _named(number: int) -> tuple[str, str, str]:
    """Return one of all names that can be put together, its order and its plain letters."""
    rest, given = divmod(number, len(GIVEN))
    family, middle = divmod(rest, len(MIDDLES))
    name = " ".join((FAMILIES[family], MIDDLES[middle], GIVEN[given]))
    return name, sort_key(name), fold(name)


_start = lru_cache(maxsize=None)(clock.start_of)


@cache
def _expiry(day: date, months: int | None) -> date | None:
    return add_months(day, months) if months else None


@cache
def _template(
    kind: str, code: str, number: int, minutes: int, title_vi: str, title_en: str, issuer: str
) -> dict[str, Any]:
    """Return the facts that all certificates of a course have in common, and that their files were not drawn."""
    facts = CertificateFacts(
        kind=kind, serial="", full_name="", course_title_vi=title_vi, course_title_en=title_en, course_code=code,
        version=number, minutes=minutes, completed_on=date.min, issued_on=date.min, issuer_name=issuer, verify_url="",
        demonstration=True,
    )  # fmt: skip
    return {**asdict(facts), "signatory": [], "drawn": False}

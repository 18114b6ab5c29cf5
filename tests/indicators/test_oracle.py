"""The portal's figures equal those of a naive recount, for any world, place, day and boundaries, on both databases."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.before_after.models import PairedScore
from courses.models import Enrolment, Version
from courses.workshops.models import Attended, Workshop
from portal.core.accounts.models import Audience, Posting, User
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation import reorganising
from portal.core.organisation.decrees import Decree
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.rosters.models import Evidence, RosterBasis
from portal.indicators.catalogue import plans
from portal.indicators.compute import Asked, Facts, board, figure
from portal.indicators.models import DeclarationState, PersonFact
from portal.indicators.periods import Period
from portal.indicators.places import Where
from portal.indicators.rules import Figure
from tests import factories
from tests.examples import examples
from tests.factories import BEGAN, NOW, TODAY, World
from tests.indicators.oracle import Place, Recount, Rows
from tests.indicators.test_opening import certificate, course, declare, evidence, revoke

PLAN = plans()["plan-39"]
ASKED = (
    (Period.parse("2025-H1"), date(2025, 2, 28)),
    (Period.parse("2025-H1"), date(2025, 6, 14)),
    (Period.parse("2025"), date(2025, 6, 30)),
    (Period.parse("2025"), date(2025, 7, 1)),
    (Period.parse("2025"), date(2025, 10, 1)),
    (Period.parse("2025"), date(2025, 12, 14)),
    (Period.parse("2026"), date(2026, 12, 14)),
)
DAYS = [date(2023, 12, 20), date(2024, 6, 30), date(2024, 12, 14), date(2024, 12, 15), date(2025, 2, 28),
        date(2025, 3, 1), date(2025, 6, 14), date(2025, 6, 15), date(2025, 6, 30), date(2025, 7, 1),
        date(2025, 12, 14), date(2025, 12, 15)]  # fmt: skip
UNITS = (
    ("A2", UnitKind.SCHOOL, Sector.EDUCATION, "C2"), ("K2", UnitKind.CLINIC, Sector.HEALTH, "C2"),
    ("KD", UnitKind.CLINIC, Sector.HEALTH, "D1"), ("U1", UnitKind.COMMITTEE, Sector.LABOUR, "C1"),
    ("U2", UnitKind.COMMITTEE, Sector.LABOUR, "C2"), ("U3", UnitKind.COMMITTEE, Sector.LABOUR, "C3"),
    ("UD", UnitKind.COMMITTEE, Sector.LABOUR, "D1"), ("L2", UnitKind.POLICE_POST, Sector.POLICE, "D2"),
    ("Q2", UnitKind.COMMUNITY, Sector.COMMUNITY, "C2"), ("Q3", UnitKind.COMMUNITY, Sector.COMMUNITY, "C3"),
    ("SY", UnitKind.DEPARTMENT, Sector.HEALTH, "P"), ("SG", UnitKind.DEPARTMENT, Sector.EDUCATION, "P"),
    ("CA", UnitKind.DEPARTMENT, Sector.POLICE, "P"), ("BD", UnitKind.POST_OFFICE, Sector.POST, "C1"),
)  # fmt: skip
POSTS = {
    UnitKind.SCHOOL: ("teacher", "manager", "school_staff"),
    UnitKind.CLINIC: ("health_worker",),
    UnitKind.COMMITTEE: ("commune_officer", "child_affairs_officer", "collaborator", "volunteer"),
    UnitKind.POLICE_POST: ("police_officer", "investigator"),
    UnitKind.COMMUNITY: ("parent", "parent", "carer", "collaborator", "volunteer"),
    UnitKind.DEPARTMENT: ("child_affairs_officer", "investigator"),
    UnitKind.POST_OFFICE: ("postal_worker",),
}
LEARN = {
    "teacher": ("GD-02", "NT-01"), "manager": ("GD-02", "NT-01"), "school_staff": ("GD-02", "NT-01"),
    "health_worker": ("YT-01",), "commune_officer": ("BV-01",), "child_affairs_officer": ("BV-03",),
    "collaborator": ("BV-01B", "BV-01"), "volunteer": ("BV-01B",), "police_officer": ("CA-01",),
    "investigator": ("CA-01", "CA-02"), "parent": ("CM-01", "CM-02", "NT-01"), "carer": ("CM-01", "NT-01"),
    "postal_worker": ("BD-01",),
}  # fmt: skip
COUNTS = {
    UnitKind.COMMITTEE: ("parents_with_child", "households_with_child", "children_5_15", "children_taught"),
    UnitKind.SCHOOL: ("children_5_15", "children_taught", "learner_awareness"),
    UnitKind.DEPARTMENT: ("cases_needing", "cases_connected"),
}
PAPERS = {
    UnitKind.COMMITTEE: ("directive_commune",),
    UnitKind.SCHOOL: ("coordination_facility",),
    UnitKind.DEPARTMENT: ("directive", "coordination_agency"),
    UnitKind.CLINIC: ("intake_procedure",),
    UnitKind.POLICE_POST: ("assignment_decision",),
}
TICKS = {
    UnitKind.SCHOOL: ("publication", ["plan_published", "hotline_111", "channels"]),
    UnitKind.CLINIC: ("readiness", ["person_on_call", "private_room", "kit", "referral_numbers"]),
}
BY_GRADE = ("children_by_grade", "taught_by_grade")
_number = count(1)


def fill(session: Session, dice: random.Random) -> None:
    """Put a random small world into the small world of the tests."""
    areas = {one.code: one for one in session.scalars(select(Area))}
    for code, kind, sector, where in UNITS:
        factories.unit(session, code, kind, sector, f"Nơi {code}", areas[where], roster=False)
    units = list(session.scalars(select(Unit)))
    has_one = set(session.scalars(select(RosterBasis.unit_id)))
    for one in units:
        if one.id not in has_one and dice.random() < 0.8:
            kind = dice.choice((Evidence.NAMED, Evidence.NAMED, Evidence.CODED, Evidence.TOTALS))
            session.add(
                RosterBasis(
                    unit_id=one.id, evidence=kind, valid_from=dice.choice((BEGAN, BEGAN, date(2025, 3, 1))),
                    totals={"teacher": 3} if kind == Evidence.TOTALS else None,
                    file_id=evidence(session) if kind == Evidence.TOTALS else None,
                )
            )  # fmt: skip
    people = [factories.person(session, f"Người Số {number}") for number in range(dice.randint(8, 22))]
    people += [session.get_one(User, key) for key in session.scalars(select(Posting.user_id).distinct())][:3]
    for person in people:
        _live(session, dice, person, units)
    _officers(session, dice, {one.code: one for one in units})
    _families(session, dice, people, [one for one in units if one.kind == UnitKind.COMMUNITY], areas)
    _classes(session, dice, people, units)
    _answers(session, dice, people, [one for one in units if one.kind == UnitKind.COMMUNITY])
    for one in units:
        _declare(session, dice, one)


def _live(session: Session, dice: random.Random, person: User, units: list[Unit]) -> None:
    """Give somebody posts, certificates (expired, revoked, lasting), facts."""
    told = ["parent"]
    held: set[tuple[int, str]] = set()
    for _ in range(dice.randint(1, 3)):
        unit = dice.choice(units)
        audience = dice.choice(POSTS.get(UnitKind(unit.kind), ("volunteer",)))
        if (unit.id, audience) in held:
            continue
        held.add((unit.id, audience))
        told.append(audience)
        since, until = sorted(dice.sample(DAYS, 2))
        if session.scalar(
            select(Posting.id).where(
                Posting.user_id == person.id, Posting.unit_id == unit.id, Posting.audience == audience
            )
        ):
            continue
        session.add(
            Posting(
                user_id=person.id, unit_id=unit.id, audience=Audience(audience), valid_from=since,
                valid_to=until if dice.random() < 0.3 else None,
            )
        )  # fmt: skip
    for audience in told * 2:
        code, on = dice.choice(LEARN[audience]), dice.choice(DAYS)
        ends = dice.choice(
            (None, on + timedelta(days=365), on + timedelta(days=730), max(on, dice.choice(DAYS)))
        )
        paper = certificate(session, person, code, on, ends, audience=audience)
        if dice.random() < 0.15:
            revoke(session, paper, max(on, dice.choice(DAYS)))
    for fact in ("network", "active"):
        if dice.random() < 0.6:
            since, until = sorted(dice.sample(DAYS, 2))
            session.add(
                PersonFact(
                    user_id=person.id, fact=fact, valid_from=since, recorded_at=NOW,
                    valid_to=until if dice.random() < 0.3 else None,
                )
            )  # fmt: skip


def _officers(session: Session, dice: random.Random, units: dict[str, Unit]) -> None:
    """Add what dice alone rarely make: a district's investigator, and who went from a district to the province."""
    eve, day, learnt = date(2025, 6, 30), date(2025, 7, 1), date(2024, 12, 14)
    if dice.random() < 0.6:
        one = factories.person(session, "Người Điều Tra", units["L"].id, Audience.INVESTIGATOR)
        certificate(
            session, one, "CA-02", learnt, dice.choice((None, date(2025, 2, 27))), audience="investigator"
        )
        declare(session, "assignment_decision", units["L"].id, {"number": "2/QĐ"}, learnt)
    if dice.random() < 0.6:
        for code in ("UD", "SY"):
            if session.scalar(select(RosterBasis.id).where(RosterBasis.unit_id == units[code].id)) is None:
                session.add(RosterBasis(unit_id=units[code].id, evidence=Evidence.NAMED, valid_from=BEGAN))
        two = factories.person(session, "Người Hai Nơi")
        posts = ((units["UD"].id, learnt, eve), (units["SY"].id, day, None))
        session.add_all(
            Posting(
                user_id=two.id, unit_id=unit, audience=Audience.CHILD_AFFAIRS_OFFICER,
                valid_from=since, valid_to=until,
            )
            for unit, since, until in posts
        )  # fmt: skip
        certificate(session, two, "BV-03", learnt, dice.choice((None, eve)), audience="child_affairs_officer")


def _families(
    session: Session, dice: random.Random, people: list[User], communities: list[Unit], areas: dict[str, Area]
) -> None:
    codes = {one.id: one.code for one in areas.values()}
    rest = list(people)
    dice.shuffle(rest)
    for number in range(1, dice.randint(2, 6)):
        unit = dice.choice(communities)
        made = datetime.combine(dice.choice(DAYS[:-1]), datetime.min.time(), UTC) + timedelta(
            hours=dice.choice((3, 17))
        )
        home = Household(
            area_id=unit.area_id, commune_code=codes[unit.area_id], number=number, unit_id=unit.id,
            has_child_under_16=dice.random() < 0.8, age_bands=["0-5"], created_at=min(made, datetime(2025, 6, 29, tzinfo=UTC)),
        )  # fmt: skip
        session.add(home)
        session.flush()
        for place in range(1, dice.randint(2, 3)):
            if rest:
                session.add(
                    HouseholdMember(user_id=rest.pop().id, household_id=home.id, place=place, added_at=made)
                )


def _classes(session: Session, dice: random.Random, people: list[User], units: list[Unit]) -> None:
    school = next(one for one in units if one.code == "A")
    for item in ("II.2.a", "II.2.c"):
        one = Workshop(
            key=f"oracle-{next(_number)}", origin="portal", title="Lớp", search_key="lop", course_id=None,
            plan_item=item, organiser_id=school.id, area_id=school.area_id, place="Hội trường", guest_trainers="",
            capacity=30, days_needed=1, secret="x" * 20, starts_on=DAYS[0], ends_on=DAYS[0], created_at=NOW,
        )  # fmt: skip
        session.add(one)
        session.flush()
        for person in dice.sample(people, 4):
            session.add(
                Attended(
                    workshop_id=one.id, user_id=person.id, course_id=None, on_day=dice.choice(DAYS), days=1,
                    origin="portal", full_name=person.full_name, unit_id=dice.choice(units).id, area_id=None,
                    audience=dice.choice(("volunteer", "teacher")),
                    withdrawn_at=NOW if dice.random() < 0.2 else None,
                )
            )  # fmt: skip
    session.flush()


def _answers(session: Session, dice: random.Random, people: list[User], communities: list[Unit]) -> None:
    """Let some people answer the same questions before and after a course, and some parents more come who mostly do."""
    more = [
        factories.person(session, f"Cha Mẹ {number}", dice.choice(communities).id, Audience.PARENT)
        for number in range(dice.choice((0, 4, 9, 20)))
    ]
    for person in more:
        certificate(session, person, "CM-01", dice.choice(DAYS), None, audience="parent")
    for person in (*more, *dice.sample(people, 4)):
        for _ in range(dice.choice((0, 1, 1, 1, 1, 2))):
            answer_twice(session, dice, person)


def answer_twice(session: Session, dice: random.Random, person: User) -> None:
    """Score a random pair of a person, in a course of families or another, in a cycle of its own."""
    taken = course(session, dice.choice(("CM-01", "CM-01", "CM-01", "CM-02", "NT-01")))
    version = session.scalars(select(Version.id).order_by(Version.id)).first()
    one = Enrolment(
        user_id=person.id, course_id=taken.id, version_id=version, cycle=next(_number), enrolled_at=NOW
    )
    session.add(one)
    session.flush()
    possible = dice.randint(1, 8)
    on = dice.choice((*DAYS, date(2026, 12, 14), date(2026, 12, 15)))
    session.add(
        PairedScore(
            enrolment_id=one.id, user_id=person.id, course_id=taken.id, before_points=dice.randint(0, possible),
            after_points=dice.randint(possible // 2, possible), possible=possible, scored_at=NOW, scored_on=on,
        )
    )  # fmt: skip
    session.flush()


def parts_of(found: Figure) -> dict[str, tuple[int | None, int | None]]:
    """Return what is told of CT01b."""
    return {
        part.key: (part.numerator, part.denominator)
        for part in found.parts
        if part.key in ("paired", "risen")
    }


def _declare(session: Session, dice: random.Random, unit: Unit) -> None:
    kind = UnitKind(unit.kind)
    wanted: list[tuple[str, dict[str, object]]] = []
    wanted += [(item, {"count": dice.randint(0, 12)}) for item in COUNTS.get(kind, ()) for _ in range(2)]
    wanted += [(item, {"number": "1/QĐ", "on": "2025-01-02"}) for item in PAPERS.get(kind, ())]
    if kind in TICKS:
        item, ticks = TICKS[kind]
        wanted += [(item, {"ticks": dice.choice((ticks, ticks, ticks[1:]))})]
    if kind in (UnitKind.SCHOOL, UnitKind.COMMITTEE):
        wanted += [(item, _of_grades(dice, kind)) for item in BY_GRADE for _ in range(2)]
    for item, value in wanted:
        if dice.random() < 0.75:
            state = dice.choice((DeclarationState.APPROVED,) * 4 + (DeclarationState.SUBMITTED,))
            declare(session, item, unit.id, value, dice.choice(DAYS), state, with_file=dice.random() < 0.9)


def _of_grades(dice: random.Random, kind: UnitKind) -> dict[str, object]:
    """Return a number for some grades; of a commune, and now and then of a school, one number."""
    if kind == UnitKind.COMMITTEE or dice.random() < 0.2:
        return {"count": dice.randint(0, 12)}
    grades = ("kindergarten_5", "grade_1", "grade_9", "grade_10", "continuing")
    return {"grades": {grade: dice.randint(0, 9) for grade in grades if dice.random() < 0.5}}


def reorganise(session: Session, dice: random.Random) -> None:
    """Merge two communes with what stands in them, and perhaps two schools; perhaps districts end."""
    along = ("community", "clinic", "committee") if dice.random() < 0.7 else ("community",)
    events = [Event(Kind.MERGE, Subject.AREA, ("C1", "C2"), (Successor("C9", "Xã Mới"),), along=along)]
    if dice.random() < 0.5:
        events.append(Event(Kind.MERGE, Subject.UNIT, ("A", "A2"), (Successor("A9", "Trường Mới"),)))
    if dice.random() < 0.5:
        events += [Event(Kind.ABOLISH, Subject.AREA, (code,), (Successor("P"),)) for code in ("D1", "D2")]
    decree = Decree("Quyết định thử", "Nghị quyết số 1/NQ", date(2025, 7, 1), tuple(events))
    one = reorganising.write_down(session, decree, by_id=None, now=NOW)
    reorganising.carry_out(session, one.id, by_id=None, now=NOW, today=TODAY)


def places(session: Session, day: date, *, now: bool) -> list[Where]:
    """Return the province whole and by sectors, every district and commune, and some units."""
    end = TODAY if now else day
    areas = [
        one
        for one in session.scalars(select(Area).order_by(Area.id))
        if one.valid_from <= end and (one.valid_to is None or one.valid_to >= end)
    ]
    top = next(one for one in areas if one.code == "P")
    found = [Where(f"area:{one.code}", one.name, one.id, None, None) for one in areas]
    found += [
        Where(f"area:P/{sector}", top.name, top.id, None, frozenset({sector}))
        for sector in ("education", "labour", "health", "police")
    ]
    for unit in session.scalars(select(Unit).where(Unit.code.in_(("A", "A9", "U1", "L", "Q", "K")))):
        if unit.valid_from <= end and (unit.valid_to is None or unit.valid_to >= end):
            found.append(Where(f"unit:{unit.code}", unit.name, None, unit.id, None))
    return found


@given(st.integers(0, 2**32))
@examples(8)
def test_every_figure_is_what_a_plain_recount_finds(session: Session, world: World, seed: int) -> None:
    dice = random.Random(seed)
    nested = session.begin_nested()
    try:
        fill(session, dice)
        if dice.random() < 0.7:
            reorganise(session, dice)
        session.flush()
        rows = Rows(session)
        for period, day in (*dice.sample(ASKED[:-1], 2), *dice.sample(ASKED[-1:], dice.choice((0, 1)))):
            now = dice.random() < 0.5
            facts = Facts(session, Asked(PLAN, "province", period, day, now))
            for where in places(session, day, now=now):
                place = Place(where.area, where.unit, where.sectors)
                recount = Recount(rows, day, period.starts_on, now, place)
                for indicator, found in board(facts, where):
                    wanted = recount.figure(indicator.code)
                    got = found.numerator, found.denominator
                    assert got == wanted, (indicator.code, where.code, day, "now" if now else "then", seed)
                    if indicator.code == "CT01":
                        assert parts_of(found) == recount.ct01b(), (where.code, day, now, seed)
                    if indicator.code == "CT03" and found.rule == 2:
                        by_grade = {part.key: (part.numerator, part.denominator) for part in found.parts}
                        assert by_grade == recount.ct03_rows(), (where.code, day, seed)
                    if found.met and indicator.code != "CT17":
                        assert got[0] is None or got[1] is None or got[0] <= got[1]
                one = dice.choice(PLAN.indicators)  # alone, and read for its place alone
                alone = figure(Facts(session, facts.asked), one, where)
                assert (alone.numerator, alone.denominator) == recount.figure(one.code), (
                    one.code,
                    where.code,
                    seed,
                )
    finally:
        session.expunge_all()
        nested.rollback()

"""Applying rules: whom they reach, that they ask once, that nothing granted is touched. Both databases."""

from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses import services as learning
from courses.assignments import jobs, queries, services
from courses.assignments.errors import AlreadyEnded, DueTooEarly, NotOfTheCourse, NotWhole
from courses.assignments.models import Assignment, AssignmentRule
from courses.assignments.queries import Fate
from courses.certificates.models import Certificate
from courses.models import Completion, Course, Enrolment
from courses.queries import own_courses
from portal.core import clock
from portal.core.accounts.models import Audience, Posting
from portal.core.audit.models import Entry
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.jobs import services as job_services
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from portal.core.policy import Actor, Grant, Role
from tests.factories import NOW, TODAY, World, grant, person
from tests.security.support import certify, enrol

DUE = date(2026, 12, 31)


def course(session: Session, code: str = "GD-01") -> Course:
    return session.scalars(select(Course).where(Course.code == code)).one()


def head(world: World) -> Actor:
    return Actor(world.bruno, (Grant(Role.UNIT_HEAD, unit=world.school),))


def department(world: World) -> Actor:
    return Actor(world.dora, (Grant(Role.DEPARTMENT_HEAD, area=world.province, sector="education"),))


def wish(session: Session, world: World, **more: Any) -> services.Wish:
    facts: dict[str, Any] = {
        "course": course(session), "audience": None, "area_id": None, "unit_id": world.school, "sector": None,
        "due_on": DUE, "due_days": None, "renewal_days": 90, "valid_from": TODAY,
    }  # fmt: skip
    return services.Wish(**(facts | more))


class Plainly:
    """A run without a job: one unit of work after the other."""

    def __init__(self) -> None:
        self.said: list[tuple[int, int]] = []

    def work(self) -> AbstractContextManager[Session]:
        return unit_of_work()

    def progress(self, done: int, total: int) -> None:
        self.said.append((done, total))


def run(day: date = TODAY) -> services.Applied:
    session = db.session()
    now = clock.start_of(day) + timedelta(hours=2)
    return services.run(session, Plainly(), day, now, queries.courses_with_rules(session))


def asked(session: Session) -> dict[int, tuple[int, date]]:
    rows = session.execute(
        select(Assignment.user_id, Assignment.cycle, Assignment.due_on).where(Assignment.ended_on.is_(None))
    )
    return {user: (cycle, due) for user, cycle, due in rows}


def make(who: Actor, world: World, **more: Any) -> int:
    with unit_of_work() as work:
        return services.make(work, who, wish(work, world, **more), NOW).id


def test_a_head_asks_her_school_once(session: Session, world: World) -> None:
    make(head(world), world)

    assert run() == services.Applied(2, 0)
    assert asked(session) == {world.ana: (1, DUE), world.bruno: (1, DUE)}
    assert run() == services.Applied()
    assert session.scalar(select(func.count()).select_from(Assignment)) == 2


def test_the_same_wish_twice_is_one_rule(session: Session, world: World) -> None:
    assert make(head(world), world) == make(head(world), world)
    assert session.scalar(select(func.count()).select_from(AssignmentRule)) == 1


def test_a_department_asks_its_sector_and_nobody_else(session: Session, world: World) -> None:
    """Ana and Bruno teach at A, Carla at B; the investigator and the parent are of other sectors."""
    make(department(world), world, area_id=world.province, unit_id=None, sector="education")

    run()

    assert set(asked(session)) == {world.ana, world.bruno, world.carla}


def test_an_audience_narrows(session: Session, world: World) -> None:
    make(head(world), world, audience="manager")

    run()

    assert set(asked(session)) == {world.bruno}


def test_who_comes_later_is_asked_that_night_and_her_days_count_from_her_first(
    session: Session, world: World
) -> None:
    make(head(world), world, due_on=None, due_days=30)
    run()
    with unit_of_work() as work:
        late = person(work, "Lê Thị Mới", world.school).id
        work.execute(
            Posting.__table__.update()
            .where(Posting.user_id == late)
            .values(valid_from=TODAY + timedelta(days=7))
        )
    assert run() == services.Applied()

    assert run(TODAY + timedelta(days=7)) == services.Applied(1, 0)

    # 30 days after 24/11 is 24/12; after 1/12 it is 31/12
    assert asked(session)[world.ana] == (1, date(2026, 12, 24))
    assert asked(session)[late] == (1, date(2026, 12, 31))


def test_a_valid_completion_is_left_alone_and_what_was_granted_stays(session: Session, world: World) -> None:
    with unit_of_work() as work:
        enrolment = enrol(work, world.ana, "CM-01")
        before = (enrolment.id, enrolment.due_on)
        certificate = certify(work, world.fay, "CM-01").serial
    make(
        Actor(world.admin, (Grant(Role.STANDING_AGENCY),)), world,
        course=course(session, "CM-01"), area_id=world.province, unit_id=None,
    )  # fmt: skip

    run()

    assert world.fay not in asked(session)
    assert session.scalar(select(func.count()).select_from(Completion)) == 1
    assert session.scalars(select(Certificate.serial)).all() == [certificate]
    assert before == (enrolment.id, None)


def test_who_has_begun_gets_the_day_and_keeps_an_earlier_promise(session: Session, world: World) -> None:
    with unit_of_work() as work:
        enrol(work, world.ana, "GD-01")
        enrol(work, world.bruno, "GD-01", due_on=date(2026, 12, 1))
    make(head(world), world)

    run()

    session.expire_all()
    dues = dict(session.execute(select(Enrolment.user_id, Enrolment.due_on)).all())
    assert dues == {world.ana: DUE, world.bruno: date(2026, 12, 1)}


def test_beginning_takes_the_day_of_what_was_asked(session: Session, world: World) -> None:
    make(head(world), world)
    run()

    with unit_of_work() as work:
        begun = learning.enrol(work, Actor(world.ana), course(work), NOW)

    assert (begun.cycle, begun.due_on) == (1, DUE)


def test_ending_a_rule_takes_back_what_was_not_begun_and_leaves_what_was(
    session: Session, world: World
) -> None:
    rule = make(head(world), world)
    run()
    with unit_of_work() as work:
        learning.enrol(work, Actor(world.ana), course(work), NOW)
        services.end(work, head(world), work.get_one(AssignmentRule, rule), NOW)

    assert run() == services.Applied(0, 1)

    assert set(asked(session)) == {world.ana}
    session.expire_all()
    gone = session.scalars(select(Assignment).where(Assignment.user_id == world.bruno)).one()
    assert gone.ended_on == TODAY
    with pytest.raises(AlreadyEnded), unit_of_work() as work:
        services.end(work, head(world), work.get_one(AssignmentRule, rule), NOW)


def test_who_leaves_before_beginning_is_asked_no_more(session: Session, world: World) -> None:
    make(head(world), world)
    run()
    with unit_of_work() as work:
        work.execute(Posting.__table__.update().where(Posting.user_id == world.ana).values(valid_to=TODAY))

    assert run(TODAY + timedelta(days=1)) == services.Applied(0, 1)
    assert set(asked(session)) == {world.bruno}


def test_the_preview_says_what_the_run_will_do(session: Session, world: World) -> None:
    with unit_of_work() as work:
        enrol(work, world.ana, "GD-01")
        for number in range(60):
            person(work, f"Lê Thị {number:02d}", world.school)
    rule = services.checked(session, head(world), wish(session, world), NOW)

    shown = queries.preview(session, rule, TODAY, fate=None, page=1)
    later = queries.preview(session, rule, TODAY, fate=Fate.NEW, page=2)

    assert shown.counts == {Fate.NEW: 61, Fate.BEGUN: 1, Fate.ASKED: 0, Fate.DONE: 0}
    assert (shown.covered, shown.count, len(shown.people)) == (62, 62, 50)
    assert (later.count, len(later.people)) == (61, 11)
    assert {one.due_on for one in later.people} == {DUE}
    assert session.scalar(select(func.count()).select_from(Assignment)) == 0
    make(head(world), world)
    assert run().asked == 62
    again = queries.preview(session, rule, TODAY, fate=None, page=1)
    assert again.counts == {Fate.NEW: 0, Fate.BEGUN: 1, Fate.ASKED: 61, Fate.DONE: 0}


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"due_on": TODAY - timedelta(days=1)}, DueTooEarly),
        ({"audience": "parent"}, NotOfTheCourse),
        ({"unit_id": 2}, NotFound),
    ],
)
def test_a_wish_that_is_refused(
    session: Session, world: World, more: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        services.checked(session, head(world), wish(session, world, **more), NOW)


def test_a_department_cannot_ask_other_sectors(session: Session, world: World) -> None:
    whole = wish(session, world, area_id=world.province, unit_id=None)
    police = wish(session, world, area_id=world.province, unit_id=None, sector="police")
    with pytest.raises(NotWhole):
        services.checked(session, department(world), whole, NOW)
    with pytest.raises(NotFound):
        services.checked(session, department(world), police, NOW)


def test_a_list_holds_ones_own_rules_and_those_from_above(session: Session, world: World) -> None:
    own = make(head(world), world)
    above = make(department(world), world, area_id=world.province, unit_id=None, sector="education")
    make(department(world), world, unit_id=world.other_school)

    lines = queries.rules(session, head(world), TODAY)

    assert [(one.id, one.mine) for one in lines] == [(above, False), (own, True)]
    for who, rule, allowed in ((head(world), above, False), (department(world), own, True)):
        if allowed:
            assert queries.rule_for(session, who, rule).id == rule
        else:
            with pytest.raises(NotFound):
                queries.rule_for(session, who, rule)


def test_the_job_applies_says_how_far_and_can_be_repeated(session: Session, world: World) -> None:
    rule = make(head(world), world)
    with unit_of_work() as work:
        facts = {"course": course(work).id, "rule": rule}
        job = job_services.enqueue(work, jobs.KIND, facts, by_id=world.bruno, now=clock.now()).id

    Worker().drain()

    session.expire_all()
    done = session.get_one(Job, job)
    assert (done.state, done.progress, done.total) == (State.DONE, 2, 2)
    assert set(asked(session)) == {world.ana, world.bruno}
    assert session.get_one(AssignmentRule, rule).applied_at is not None
    entry = session.scalars(select(Entry).where(Entry.code == "assignment.apply")).one()
    assert (entry.facts["asked"], entry.facts["withdrawn"]) == (2, 0)


def test_a_certificate_that_ends_soon_is_asked_for_anew_and_the_old_one_stays(
    session: Session, world: World
) -> None:
    with unit_of_work() as work:
        certificate = certify(work, world.ana, "CM-01")
        # CM-01 does not expire: give this one paper an end, as a course with a validity would
        work.execute(
            Certificate.__table__.update()
            .where(Certificate.id == certificate.id)
            .values(expires_on=date(2027, 2, 22))
        )
    agency = Actor(world.admin, (Grant(Role.STANDING_AGENCY),))
    with unit_of_work() as work:
        work.add(
            Posting(user_id=world.ana, unit_id=world.community, audience=Audience.PARENT, valid_from=TODAY)
        )
    make(agency, world, course=course(session, "CM-01"), area_id=world.province, unit_id=None)

    run()

    assert asked(session)[world.ana] == (2, date(2027, 2, 22))  # 90 days from 24/11/2026
    with unit_of_work() as work:
        anew = learning.enrol(work, Actor(world.ana), course(work, "CM-01"), NOW)
        again = learning.enrol(work, Actor(world.ana), course(work, "CM-01"), NOW)
    assert (anew.cycle, anew.due_on, again.id) == (2, date(2027, 2, 22), anew.id)
    mine = own_courses.my_courses(session, Actor(world.ana, (), frozenset({"teacher", "parent"})), TODAY)
    two = [(one.cycle, one.completed_on is not None, one.renews) for one in mine if one.code == "CM-01"]
    assert two == [(2, False, date(2027, 2, 22)), (1, True, None)]


@pytest.mark.parametrize(
    ("day", "cycle"),
    [(date(2026, 11, 23), 1), (date(2026, 11, 24), 2), (date(2027, 3, 1), 2)],
    ids=["91 days before", "90 days before", "after its end"],
)
def test_anybody_may_renew_when_it_opens(session: Session, world: World, day: date, cycle: int) -> None:
    with unit_of_work() as work:
        certificate = certify(work, world.ana, "CM-01", now=NOW - timedelta(days=700))
        work.execute(
            Certificate.__table__.update()
            .where(Certificate.id == certificate.id)
            .values(expires_on=date(2027, 2, 22))
        )

    with unit_of_work() as work:
        begun = learning.enrol(
            work, Actor(world.ana), course(work, "CM-01"), clock.start_of(day) + timedelta(hours=9)
        )

    assert begun.cycle == cycle
    home = own_courses.my_courses(session, Actor(world.ana, (), frozenset()), day)
    assert len(home) == cycle


def test_a_rule_of_a_district_reaches_its_own_sector_only(session: Session, world: World) -> None:
    with unit_of_work() as work:
        grant(work, world.gina, Role.DISTRICT_HEAD, area_id=world.district)
    gina = Actor(world.gina, (Grant(Role.DISTRICT_HEAD, area=world.district),))
    make(gina, world, area_id=world.district, unit_id=None)

    run()

    assert world.carla not in asked(session)
    assert world.ana in asked(session)

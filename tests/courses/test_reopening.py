"""A learner is told once that she can renew: ninety days before the last day of her certificate; days typed by hand."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses import reopening
from courses.assignments.models import Assignment, AssignmentRule
from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import db, unit_of_work
from portal.core.jobs.worker import Worker
from portal.core.notices.models import Notice
from tests.factories import NOW, TODAY, World
from tests.security.support import certify, enrol

SignIn = Callable[[int], FlaskClient]
ENDS = date(2027, 3, 31)
OPENS = date(2026, 12, 31)  # ninety days before


@pytest.fixture
def certificate(session: Session, world: World) -> int:
    """Give Ana a certificate of CM-01 that is good through 31/3/2027."""
    with unit_of_work() as work:
        one = certify(work, world.ana).id
        work.execute(update(Certificate).values(expires_on=ENDS))
    return one


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, 0, tzinfo=NOW.tzinfo)


def told(session: Session, day: date) -> list[int]:
    """Tell on a day; return who was."""
    with unit_of_work() as work:
        before = set(work.scalars(select(Notice.id)))
        reopening.tell(work, day, at(day))
        return list(work.scalars(select(Notice.user_id).where(Notice.id.not_in(before))))


def test_she_is_told_on_the_day_it_opens_and_never_again(
    session: Session, world: World, sign_in: SignIn, certificate: int
) -> None:
    assert told(session, OPENS - timedelta(days=1)) == []
    assert told(session, OPENS) == [world.ana]
    assert told(session, OPENS) == []
    assert told(session, ENDS) == []
    page = sign_in(world.ana).get("/notices?lang=vi").text
    assert "31/03/2027" in page
    assert "học lại" in page


def test_a_worker_that_slept_tells_later_but_not_after_the_end(
    session: Session, world: World, certificate: int
) -> None:
    assert told(session, ENDS + timedelta(days=1)) == []
    assert told(session, ENDS) == [world.ana]


@pytest.mark.parametrize("what", ["revoked", "begun", "asked", "left", "for ever"])
def test_whoever_has_nothing_to_renew_is_not_told(
    session: Session, world: World, certificate: int, what: str
) -> None:
    with unit_of_work() as work:
        course = work.scalars(select(Course.id).where(Course.code == "CM-01")).one()
        if what == "revoked":
            work.add(
                Revocation(
                    certificate_id=certificate, revoked_at=NOW, revoked_by_id=world.admin, revoked_by_name="Quản",
                    reason="cấp nhầm người học",
                )
            )  # fmt: skip
        elif what == "begun":
            with clock.frozen(at(OPENS)):
                assert enrol(work, world.ana, now=at(OPENS)).cycle == 2
        elif what == "asked":
            rule = AssignmentRule(
                course_id=course, unit_id=world.school, due_on=ENDS, renewal_days=90, valid_from=TODAY,
                made_at=NOW, made_by_id=world.bruno,
            )  # fmt: skip
            work.add(rule)
            work.flush()
            work.add(
                Assignment(
                    user_id=world.ana,
                    course_id=course,
                    cycle=2,
                    due_on=ENDS,
                    rule_id=rule.id,
                    assigned_on=TODAY,
                )
            )
        elif what == "left":
            work.get_one(User, world.ana).ended_at = NOW
        else:
            work.execute(update(Certificate).values(expires_on=None))

    assert told(session, OPENS) == []


def test_the_nightly_work_tells(session: Session, world: World, certificate: int) -> None:
    with clock.frozen(at(OPENS)):
        Worker().drain()

    found: Any = db.session().execute(select(Notice.user_id, Notice.code)).all()
    assert [tuple(one) for one in found] == [(world.ana, "renewal.open")]

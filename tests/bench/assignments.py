"""`python -m tests.bench.assignments [sqlite|postgresql]`: a rule is applied to 25,000 people; the second time, to none.

Targets: 30 seconds for all of them in one process, 5 for a run that finds nothing to do, 3 for the preview.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from courses import loader
from courses.assignments import queries, services
from courses.assignments.models import Assignment, AssignmentRule
from courses.models import Course, Enrolment, Version
from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.accounts.models import Posting, SecretKind, User
from portal.core.db import db, unit_of_work
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from tests import machine
from tests.bench.serving import SECRET, database

PEOPLE = 25_000
UNITS = 1000
BEGAN = date(2020, 4, 10)


@dataclass(frozen=True)
class Figures:
    """Seconds for the preview, the first run and a run that finds nothing to do; people asked; the slowest batch."""

    preview: float
    first: float
    again: float
    asked: int
    slowest_batch: float


class _Timed:
    """Units of work one after the other, the longest remembered."""

    def __init__(self) -> None:
        self.slowest = 0.0

    @contextmanager
    def work(self) -> Iterator[Session]:
        """Yield a unit of work and time it."""
        began = time.perf_counter()
        with unit_of_work() as session:
            yield session
        self.slowest = max(self.slowest, time.perf_counter() - began)

    def progress(self, done: int, total: int) -> None:
        """Say nothing."""


def fill(session: Session) -> int:
    """Put in a province of 1,000 schools with 25,000 teachers, a third of whom have begun GD-01; return its id."""
    today, now = clock.today(), clock.now()
    province = Area(
        code="P", kind=AreaKind.PROVINCE, name="Tỉnh Mẫu", search_key="tinh mau", valid_from=BEGAN
    )
    session.add(province)
    session.flush()
    session.execute(
        insert(Unit),
        [
            {
                "code": f"S-{number:04d}", "kind": UnitKind.SCHOOL, "sector": Sector.EDUCATION,
                "name": f"Trường {number}", "search_key": f"truong {number}", "area_id": province.id,
                "valid_from": BEGAN,
            }
            for number in range(UNITS)
        ],
    )  # fmt: skip
    units = session.scalars(select(Unit.id).order_by(Unit.id)).all()
    names = [f"Nguyễn Thị {chr(65 + number % 26)}{number}" for number in range(PEOPLE)]
    session.execute(
        insert(User),
        [
            {
                "full_name": name, "sort_key": sort_key(name), "search_key": fold(name), "coded": False,
                "staff_code": f"B-{number:05d}", "secret_kind": SecretKind.PASSWORD, "failed_count": 0,
                "created_at": now,
            }
            for number, name in enumerate(names)
        ],
    )  # fmt: skip
    people = session.scalars(select(User.id).order_by(User.id)).all()
    session.execute(
        insert(Posting),
        [
            {
                "user_id": person, "unit_id": units[place % UNITS], "audience": "teacher",
                "valid_from": today - timedelta(days=place % 900),
            }
            for place, person in enumerate(people)
        ],
    )  # fmt: skip
    course = session.scalars(select(Course).where(Course.code == "GD-01")).one()
    version = session.scalars(select(Version.id).where(Version.course_id == course.id, Version.current)).one()
    session.execute(
        insert(Enrolment),
        [
            {
                "user_id": person, "course_id": course.id, "version_id": version, "cycle": 1,
                "enrolled_at": now,
            }
            for person in people[::3]
        ],
    )  # fmt: skip
    return province.id


def rule(session: Session, province: int) -> AssignmentRule:
    """Return a rule, not stored: everybody whom GD-01 is for, within 60 days."""
    return AssignmentRule(
        course_id=session.scalars(select(Course.id).where(Course.code == "GD-01")).one(),
        area_id=province,
        due_days=60,
        renewal_days=90,
        valid_from=clock.today(),
        made_at=clock.now(),
    )


def measure(app: Flask) -> Figures:
    """Fill an empty database, make a rule, and time the preview and two runs."""
    with app.app_context():
        upgrade()
        with unit_of_work() as session:
            loader.load_all(session, clock.now())
            province = fill(session)
        wish = rule(db.session(), province)
        began = time.perf_counter()
        queries.preview(db.session(), wish, clock.today(), fate=None, page=1)
        preview = time.perf_counter() - began
        db.session.remove()
        with unit_of_work() as session:
            session.add(rule(session, province))
        seconds = []
        timed = _Timed()
        for _run in range(2):
            began = time.perf_counter()
            services.run(
                db.session(), timed, clock.today(), clock.now(), queries.courses_with_rules(db.session())
            )
            seconds.append(time.perf_counter() - began)
        asked = db.session().scalar(select(func.count()).select_from(Assignment)) or 0
        db.session.remove()
        db.engine.dispose()
    return Figures(preview, seconds[0], seconds[1], asked, timed.slowest)


def on(where: str) -> Figures:
    """Return the figures on one database, `sqlite` or `postgresql`, made for it and dropped afterwards."""
    with tempfile.TemporaryDirectory(prefix="hoc-assign-") as name:
        place: AbstractContextManager[str] = database(where, Path(name), "assignments")
        with place as url:
            settings = Settings(environment="test", database_url=url, secret_key=SECRET, data_dir=Path(name))
            return measure(create_app(settings))


def main() -> int:
    """Print a line for each database; 1 where a target is missed."""
    missed = False
    for where in sys.argv[1:] or ("sqlite", "postgresql"):
        if where == "postgresql" and machine.postgres() is None:
            sys.stdout.write("postgresql: left out, this machine has none\n")
            continue
        found = on(where)
        good = found.first <= 30 and found.again <= 5 and found.preview <= 3 and found.asked == PEOPLE
        missed = missed or not good
        sys.stdout.write(
            f"{where}: a rule for {found.asked:,} people: preview {found.preview:.1f} s, applied in {found.first:.1f} s "
            f"(slowest batch {found.slowest_batch:.2f} s), again {found.again:.1f} s: {'met' if good else 'MISSED'}\n"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

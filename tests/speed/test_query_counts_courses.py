"""The pages of learners, of authors, of heads who ask and remind: as many queries for thirty courses, people or rules."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import count

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses import services
from courses.assignments.models import Assignment, AssignmentRule
from courses.models import Course, Enrolment, Version
from portal.core.accounts.models import Audience, User
from portal.core.db import unit_of_work
from tests.factories import NOW, TODAY, World, person
from tests.security.support import answer_all, begin_quiz, certify, enrol, issuer, read_all, rule_of_a
from tests.speed.growth import does_not_grow, table
from tests.speed.test_query_counts import certificate, more_courses

SignIn = Callable[[int], FlaskClient]

LEARNING = table("""
nobody 1 /
nobody 0 /help
nobody 1 /courses/
nobody 2 /courses/CM-01/
nobody 3 /courses/CM-01/lessons/ba-do-tuoi/
nobody 3 /courses/CM-01/lessons/noi-chuyen-voi-con-tuoi-lon/job-aid/1/
nobody 1 /courses/CM-01/1/media/muoi-phut.svg
nobody 0 /verify/
nobody 1 /verify/{serial}
ana 7 /
ana 3 /courses/
ana 10 /courses/GD-01/
ana 9 /courses/GD-01/quiz/
ana 2 /courses/CM-01/lessons/ba-do-tuoi/
ana 9 /courses/CM-01/before-after/
ana 3 /attempts/{attempt}/
ana 2 /certificates/
ana 3 /certificates/{serial}.pdf
dora 7 /manage/certificates/{serial}/revoke
author 1 /author/
author 1 /author/law
author 1 /author/law.csv
author 1 /author/quality
author 1 /author/quality.csv
author 3 /author/courses/
author 3 /author/courses/GD-01/1/quiz/final/
author 3 /author/courses/GD-01/1/quiz/final/paper
""")
ASKING = table("""
bruno 11 /manage/
bruno 11 /manage/board.csv
bruno 11 /manage/board.xlsx
bruno 14 /manage/people
bruno 12 /manage/people.csv
bruno 12 /manage/people.xlsx
bruno 10 /manage/assignments/
bruno 10 /manage/assignments/rules.csv
bruno 10 /manage/assignments/rules.xlsx
bruno 12 /manage/assignments/new
bruno 28 /manage/assignments/new?preview=1&course=GD-01&place=unit:A&by=day&due_on=2026-12-31
bruno 14 /manage/assignments/{rule}
bruno 14 /manage/assignments/{rule}/people.csv
bruno 14 /manage/assignments/{rule}/people.xlsx
bruno 14 /manage/remind/?place=unit:A&course=GD-01
bruno 12 /manage/remind/print?place=unit:A&course=GD-01
""")
PAGES = LEARNING + ASKING


def test_learning_and_writing(
    client: FlaskClient, session: Session, world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("courses.loader.check_all", list)  # what is wrong with the files asks no database
    number = count(1)
    kept: dict[str, object] = {}

    def fill(many: int) -> Mapping[str, object]:
        """Publish courses, let Ana begin them, hold certificates and try a quiz often; others have done so too."""
        first = next(number)
        for _ in range(many):
            next(number)
        courses = [one.id for one in more_courses(session, many, Audience.TEACHER, first=first)]
        with unit_of_work() as work:
            ana = work.get_one(User, world.ana)
            if not kept:
                kept["serial"] = certify(work, world.ana).serial
                kept["enrolment"] = enrol(work, world.ana, "GD-01").id
                read_all(work, work.get_one(Enrolment, kept["enrolment"]))
            for here, course_id in enumerate(courses, first):
                version = work.scalars(select(Version).where(Version.course_id == course_id)).one()
                course = work.get_one(Course, course_id)
                work.add(
                    Enrolment(
                        user_id=ana.id, course_id=course_id, version_id=version.id, cycle=1, enrolled_at=NOW,
                        due_on=TODAY,
                    )
                )  # fmt: skip
                work.add(certificate(ana, course, version, here, here))
                other = person(work, f"Người Số {here}", world.school)
                tried = begin_quiz(work, other.id, "CM-01")
                answer_all(work, tried)
                services.submit_quiz(work, issuer(), tried, NOW)
            mine = services.start_quiz(work, work.get_one(Enrolment, kept["enrolment"]), "final", 7, NOW)
            answer_all(work, mine)
            kept["attempt"] = mine.id
        return kept

    browsers = {who: sign_in(getattr(world, who)) for who in ("ana", "dora", "author")}
    does_not_grow(LEARNING, {"nobody": client, **browsers}, fill)


def test_boards_rules_and_reminders(session: Session, world: World, sign_in: SignIn) -> None:
    number = count(1)
    kept: dict[str, object] = {}

    def fill(many: int) -> Mapping[str, object]:
        """Let many people of school A be asked to learn GD-01, by a rule that applies to all and by many others."""
        first = next(number)
        for _ in range(many):
            next(number)
        courses = [one.id for one in more_courses(session, many, Audience.TEACHER, first=first)]
        with unit_of_work() as work:
            kept.setdefault("rule", 0)
            rule = kept["rule"] = kept["rule"] or rule_of_a(work, world)
            gd = work.scalars(select(Course.id).where(Course.code == "GD-01")).one()
            for here, course_id in enumerate(courses, first):
                one = person(work, f"Người Số {here}", world.school)
                if here % 2:
                    enrol(work, one.id, "GD-01")
                work.add(
                    Assignment(
                        user_id=one.id, course_id=gd, cycle=1, due_on=TODAY, rule_id=rule, assigned_on=TODAY
                    )
                )
                work.add(
                    AssignmentRule(
                        course_id=course_id, unit_id=world.school, due_on=date(2026, 12, 31), renewal_days=90,
                        valid_from=TODAY, made_at=NOW, made_by_id=one.id,
                    )
                )  # fmt: skip
        return kept

    does_not_grow(ASKING, {"bruno": sign_in(world.bruno)}, fill)

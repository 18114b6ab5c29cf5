"""Who of the large demonstration learned what: enrolments, lessons, attempts, completions, certificates."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from courses.certificates.issuing import issuer_for
from courses.certificates.models import Certificate
from courses.certificates.pdf import CertificateFacts
from courses.certificates.serial import new_serial
from courses.certificates.services import add_months, facts_digest
from courses.models import Completion, Enrolment, LessonDone, QuizAttempt
from portal.core.accounts.models import Audience, Posting
from portal.core.batches import batches
from portal.core.rosters.queries import PARENTS
from portal.core.web import settings
from portal.demo.bulk import packed
from portal.demo.exemplars import Exemplar
from portal.demo.large.places import Place
from portal.demo.large.staff import Staff
from portal.demo.large.taught import Taught
from portal.demo.large.work import DAY, TooSmall, Work, start_of
from quizzes.models import Answer, Attempt

STAFF_WHO_COMPLETE = 0.62  # of the courses that are for them, while there are certificates enough
PARENTS_WHO_COMPLETE = 0.9  # at most; beyond that there are more parents
WHO_BEGAN = 0.25  # of the others: have begun and not completed


def shares(work: Work, staff: Sequence[Staff]) -> tuple[int, int, int]:
    """Return how many certificates the staff and the parents get, and how many parents there are to be.

    Raises `TooSmall`.
    """
    have = work.count(Certificate)
    wanted = work.size.certificates - have
    if wanted < 0:
        raise TooSmall(f"the small demonstration has {have} certificates, more than {work.size.certificates}")
    slots = sum(len(work.courses_for(one.posts[0].audience)) for one in staff)
    of_staff = min(int(slots * STAFF_WHO_COMPLETE), wanted // 2)
    of_parents = wanted - of_staff
    courses = max(1, len(work.courses_for(Audience.PARENT)))
    here = work.people(Posting.audience.in_(PARENTS))
    parents = max(work.size.parents - here, math.ceil(of_parents / courses / PARENTS_WHO_COMPLETE))
    if parents > work.size.parents:
        work.report(f"{parents + here:,} parents: {work.size.parents:,} cannot earn {work.size.certificates:,} certificates")  # fmt: skip
    return of_staff, of_parents, parents


def let_staff_learn(work: Work, staff: Sequence[Staff], certificates: int) -> None:
    """Let people on staff complete courses, as often as there are certificates for them; some others begin one."""
    slots = sum(len(work.courses_for(one.posts[0].audience)) for one in staff)
    chosen = Choice(work.dice, slots, certificates)
    learnt = Learnt(work)
    for one in staff:
        first = one.posts[0]
        for course in work.courses_for(first.audience):
            if not chosen.next():
                if work.dice.random() < WHO_BEGAN:
                    learnt.begin(one.id, course, max(first.begins, work.first_day))
                continue
            last = one.posts[-1].ends or work.today
            day = work.day(max(first.begins, work.first_day), min(last, work.today - DAY))
            post = max(
                (p for p in one.posts if p.begins <= day and (p.ends is None or p.ends >= day)),
                key=lambda p: p.begins,
            )
            learnt.complete(one.id, one.name, course, day, post.place, post.audience)
    learnt.write()
    work.report(f"staff: {certificates:,} certificates")


class Choice:
    """Chooses exactly `wanted` of `slots` that come one after the other, each with the same chance."""

    def __init__(self, dice: random.Random, slots: int, wanted: int) -> None:
        self._dice, self._slots, self._wanted = dice, slots, wanted

    def next(self) -> bool:
        """Return whether this one is chosen."""
        taken = self._dice.random() * self._slots < self._wanted
        self._slots -= 1
        self._wanted -= taken
        return taken


class Learnt:
    """What people learned, collected table by table and written in the order of their keys."""

    def __init__(self, work: Work) -> None:
        self.work, self.dice = work, work.dice
        self.issuer = issuer_for(settings())
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
        work = self.work
        day = work.day(max(first, work.today - timedelta(days=240)), work.today - DAY)
        enrolled = self._moment(day)
        due = day + timedelta(days=60) if self.dice.random() < 0.5 else None
        number = self._enrol(user, course, enrolled, due)
        read = course.lessons[: int(self.dice.random() * len(course.lessons))]
        step = (work.now - enrolled) / (len(course.lessons) + 1)
        self.lessons.append((number, read, enrolled, min(step, timedelta(days=4))))

    def complete(self, user: int, name: str, course: Taught, day: date, at: Place, audience: str) -> None:
        """Let somebody complete a course on `day`: lessons, a passed attempt where it is asked for, a certificate."""
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
        self.work.issued += 1
        self.certificates.append(self._certificate(user, name, course, done, day, at, audience))

    def _enrol(self, user: int, course: Taught, at: datetime, due: date | None) -> int:
        number = self.work.new_enrolment()
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
        paper, result = (sat.paper, sat.result) if first == id_ else ("{}", "{}")
        self.attempts.append(
            (id_, user, f"enrolment:{enrolment}:{sat.quiz}", sat.release,
             paper, sat.rules, sat.pass_share, began,
             sat.deadline(began), done, sat.share, sat.passed, result)
        )  # fmt: skip
        self.sat.append((id_, enrolment, sat.quiz))
        self.answers.append((id_, sat, done))
        return {sat.quiz: sat.exact}

    def _moment(self, day: date) -> datetime:
        """Return a moment of the waking hours of a day."""
        return start_of(day) + timedelta(minutes=360 + int(self.dice.random() * 960))

    def _certificate(
        self, user: int, name: str, course: Taught, done: datetime, day: date, at: Place, audience: str
    ) -> tuple[Any, ...]:
        issuer = self.issuer
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
        write = self.work.bulk.write
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
        for some in batches(ids, 500):
            self.work.session.execute(
                update(Attempt).where(Attempt.id.in_(some)).values(**of_first),
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

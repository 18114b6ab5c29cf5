"""Reading practices: those a head arranges, those one was named to mark, one's own. Blind until all sheets are in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from courses.models import Completion, Course, Enrolment, Version
from courses.practice import rubric as rubrics
from courses.practice.models import Assessor, Practice
from courses.practice.services import THIRD, apart, assessors_of
from portal.core.accounts.models import Posting, User
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.organisation.models import Unit
from portal.core.organisation.queries import reachable
from portal.core.policy import Action, Actor
from portal.core.text import N_

PAGE = 50
MOST_WAITING = 200


class State(StrEnum):
    """How far a practice is."""

    WAITING = "waiting"
    APART = "apart"
    DECIDING = "deciding"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


STATE_LABELS = {
    State.WAITING: N_("waiting for sheets"),
    State.APART: N_("two sheets differ; name who decides"),
    State.DECIDING: N_("a third person decides"),
    State.SETTLED: N_("marked"),
    State.WITHDRAWN: N_("withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A practice in a list. mine: whether the reader still has a sheet of it to hand in."""

    id: int
    user_id: int
    full_name: str
    unit: str
    course: str
    number: int
    held_on: date
    state: State
    result: Fraction | None
    assessors: tuple[str, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A learner whose course asks for practice and who has none arranged."""

    enrolment_id: int
    user_id: int
    full_name: str
    unit: str
    course: str
    title: Mapping[str, str]
    lessons_done: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """An assessor as the reader may see her: `levels` is None where the sheet is not in, or must not be seen yet."""

    seat: int
    user_id: int
    full_name: str
    handed_in: bool
    levels: Mapping[str, int] | None
    note: str


@dataclass(frozen=True, slots=True)
class PracticePage:
    """A practice with its rubric, as one of its assessors or the head of the learner's unit may see it."""

    practice: Practice
    rubric: rubrics.Rubric
    user_id: int
    full_name: str
    unit: str
    course_code: str
    course_title: Mapping[str, str]
    pass_share: Fraction
    state: State
    sheets: Sequence[Sheet]
    apart: tuple[str, ...]
    may_arrange: bool
    mine: Sheet | None

    @property
    def result(self) -> Fraction | None:
        """Return the exact share; None until it is settled."""
        return Fraction(self.practice.result) if self.practice.result else None

    @property
    def asked(self) -> tuple[rubrics.Criterion, ...]:
        """Return the criteria that the reader's own sheet asks for."""
        third = self.mine is not None and self.mine.seat == THIRD
        return tuple(one for one in self.rubric.criteria if not third or one.ref in self.apart)


def _within(who: Actor) -> ColumnElement[bool]:
    return Practice.unit_id.in_(select(Unit.id).where(reachable(who.grants, Action.PRACTICE_MARK)))


def _named(who: Actor) -> ColumnElement[bool]:
    return exists().where(Assessor.practice_id == Practice.id, Assessor.user_id == who.id)


def practices(
    session: Session, who: Actor, search: str = "", state: State | None = None, page: int | None = 1
) -> tuple[Sequence[Line], int]:
    """Return practices that the reader arranges or was named to mark, newest first, and how many there are.

    page: from 1, of 50; None for all.
    """
    found = (
        select(Practice, User.id, User.full_name, Unit.name, Course.code)
        .join(Enrolment, Enrolment.id == Practice.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .join(Course, Course.id == Enrolment.course_id)
        .outerjoin(Unit, Unit.id == Practice.unit_id)
        .where(or_(_within(who), _named(who)))
    )
    if search:
        found = found.where(User.search_key.contains(fold(search), autoescape=True))
    if state is State.SETTLED:
        found = found.where(Practice.settled_at.is_not(None))
    elif state is State.WITHDRAWN:
        found = found.where(Practice.withdrawn_at.is_not(None))
    elif state is not None:
        found = found.where(Practice.settled_at.is_(None), Practice.withdrawn_at.is_(None))
    count = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    found = found.order_by(Practice.held_on.desc(), Practice.id.desc())
    rows = session.execute(found if page is None else found.limit(PAGE).offset((page - 1) * PAGE)).all()
    by_practice: dict[int, list[Assessor]] = {}
    for one in session.scalars(
        select(Assessor)
        .where(Assessor.practice_id.in_([row[0].id for row in rows]))
        .order_by(Assessor.practice_id, Assessor.seat)
    ):
        by_practice.setdefault(one.practice_id, []).append(one)
    lines = []
    for practice, user_id, full_name, unit, code in rows:
        people = by_practice.get(practice.id, [])
        now = _state(practice, people)
        lines.append(
            Line(
                id=practice.id,
                user_id=user_id,
                full_name=full_name,
                unit=unit or "",
                course=code,
                number=practice.number,
                held_on=practice.held_on,
                state=now,
                result=Fraction(practice.result) if practice.result else None,
                assessors=tuple(one.full_name for one in people),
                mine=now not in (State.SETTLED, State.WITHDRAWN)
                and any(one.user_id == who.id and one.handed_in_at is None for one in people),
            )
        )
    return lines, count


def _state(practice: Practice, people: Sequence[Assessor]) -> State:
    if practice.withdrawn_at is not None:
        return State.WITHDRAWN
    if practice.settled_at is not None:
        return State.SETTLED
    if sum(one.handed_in_at is not None for one in people if one.seat < THIRD) < practice.assessors:
        return State.WAITING
    return State.DECIDING if any(one.seat == THIRD for one in people) else State.APART


def waiting(session: Session, who: Actor, today: date, search: str = "") -> tuple[Sequence[Waiting], bool]:
    """Return the learners of the reader's places whose practice nobody has arranged, by name, and whether there are more.

    Of the first 200; a search by name finds the others. Only of versions that have a practice; those who completed the
    course or have passed are left out.
    """
    versions = {
        version_id: title
        for version_id, title, manifest in session.execute(
            select(Version.id, Version.title, Version.manifest)
        )
        if manifest.get("practice")
    }
    if not versions:
        return [], False
    open_or_settled = exists().where(
        Practice.enrolment_id == Enrolment.id, Practice.withdrawn_at.is_(None), Practice.settled_at.is_(None)
    )
    found = (
        select(Enrolment, User.full_name, Unit.name, Course.code)
        .join(User, User.id == Enrolment.user_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Posting, Posting.user_id == User.id)
        .join(Unit, Unit.id == Posting.unit_id)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(
            Enrolment.version_id.in_(versions),
            Completion.id.is_(None),
            Posting.valid_from <= today,
            or_(Posting.valid_to.is_(None), Posting.valid_to >= today),
            reachable(who.grants, Action.PRACTICE_MARK),
            ~open_or_settled,
        )
        .order_by(User.sort_key, User.id)
        .limit(MOST_WAITING + 1)
    )
    if search:
        found = found.where(User.search_key.contains(fold(search), autoescape=True))
    best: dict[int, Fraction] = {}
    rows = session.execute(found).all()
    more = len(rows) > MOST_WAITING
    rows = rows[:MOST_WAITING]
    for enrolment_id, result in session.execute(
        select(Practice.enrolment_id, Practice.result).where(
            Practice.enrolment_id.in_([row[0].id for row in rows]), Practice.result.is_not(None)
        )
    ):
        best[enrolment_id] = max(best.get(enrolment_id, Fraction(0)), Fraction(str(result)))
    passing = {
        version_id: _pass_share(session.get_one(Version, version_id).manifest) for version_id in versions
    }
    seen: set[int] = set()
    lines = []
    for enrolment, full_name, unit, code in rows:
        passed = best.get(enrolment.id, Fraction(-1)) >= passing[enrolment.version_id]
        if enrolment.id in seen or passed or enrolment.user_id == who.id:
            continue
        seen.add(enrolment.id)
        lines.append(
            Waiting(enrolment.id, enrolment.user_id, full_name, unit, code, versions[enrolment.version_id], 0)
        )
    return lines, more


def _pass_share(manifest: Mapping[str, Any]) -> Fraction:
    return next(
        (Fraction(rule["share"]) for rule in manifest["completion"] if rule["rule"] == "practice_marked"),
        Fraction(1),
    )


def enrolment_to_arrange(
    session: Session, who: Actor, enrolment_id: int, today: date
) -> tuple[Enrolment, User, Version, Course]:
    """Return an enrolment of somebody in the reader's places whose version has a practice. Raises `NotFound`."""
    row = session.execute(
        select(Enrolment, User, Version, Course)
        .join(User, User.id == Enrolment.user_id)
        .join(Version, Version.id == Enrolment.version_id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(
            Enrolment.id == enrolment_id,
            exists().where(
                Posting.user_id == User.id,
                Posting.unit_id == Unit.id,
                Posting.valid_from <= today,
                or_(Posting.valid_to.is_(None), Posting.valid_to >= today),
                reachable(who.grants, Action.PRACTICE_MARK),
            ),
        )
    ).first()
    if row is None or row[0].user_id == who.id or not row[2].manifest.get("practice"):
        raise NotFound
    return row[0], row[1], row[2], row[3]


def practice_page(session: Session, who: Actor, practice_id: int) -> PracticePage:
    """Return a practice that the reader arranges or was named to mark. Raises `NotFound`.

    Another's sheet is shown once all are in; to a third person from the start, for there all are in.
    """
    row = session.execute(
        select(Practice, User.full_name, Unit.name, Course.code, Version, _within(who), Enrolment.user_id)
        .join(Enrolment, Enrolment.id == Practice.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Version, Version.id == Enrolment.version_id)
        .outerjoin(Unit, Unit.id == Practice.unit_id)
        .where(Practice.id == practice_id, or_(_within(who), _named(who)))
    ).first()
    if row is None or row[6] == who.id:
        raise NotFound
    practice, full_name, unit, code, version, within, learner = row
    people = assessors_of(session, practice)
    state = _state(practice, people)
    open_sheets = state is not State.WAITING
    sheets = [
        Sheet(
            one.seat,
            one.user_id,
            one.full_name,
            one.handed_in_at is not None,
            one.levels if open_sheets or one.user_id == who.id else None,
            one.note if open_sheets or one.user_id == who.id else "",
        )
        for one in people
    ]
    return PracticePage(
        practice=practice,
        rubric=rubrics.rubric_of(practice.rubric),
        user_id=learner,
        full_name=full_name,
        unit=unit or "",
        course_code=code,
        course_title=version.title,
        pass_share=_pass_share(version.manifest),
        state=state,
        sheets=sheets,
        apart=apart(session, practice),
        may_arrange=bool(within),
        mine=next((one for one in sheets if one.user_id == who.id), None),
    )


@dataclass(frozen=True, slots=True)
class Own:
    """A try of one's own practice: the result and the notes once it is settled, nothing of the sheets before."""

    number: int
    held_on: date
    state: State
    result: Fraction | None
    rubric: rubrics.Rubric
    notes: tuple[str, ...]


def own(session: Session, enrolment: Enrolment) -> Sequence[Own]:
    """Return the learner's own tries, newest first."""
    tries = session.scalars(
        select(Practice)
        .where(and_(Practice.enrolment_id == enrolment.id, Practice.withdrawn_at.is_(None)))
        .order_by(Practice.number.desc())
    ).all()
    found = []
    for one in tries:
        people = assessors_of(session, one)
        settled = one.result is not None
        found.append(
            Own(
                one.number,
                one.held_on,
                _state(one, people),
                Fraction(one.result) if one.result else None,
                rubrics.rubric_of(one.rubric),
                tuple(person.note for person in people if person.note) if settled else (),
            )
        )
    return found

"""What counts towards a course outside its lessons and quizzes: classes attended and practice marked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from courses.completion import RuleCode
from courses.models import Enrolment
from courses.practice.models import Practice
from courses.workshops.models import Attended
from portal.core.clock import local_date
from portal.core.db import rows


@dataclass(frozen=True, slots=True)
class Legs:
    """Classes attended, and the best settled mark of practice as a share; None before there is one."""

    workshops: int = 0
    practice: Fraction | None = None


NONE = Legs()


def legs_of(session: Session, enrolment: Enrolment, manifest: Mapping[str, Any]) -> Legs:
    """Return what an enrolment has of classes and practice. No query where its version asks for neither."""
    return legs_of_many(session, [(enrolment, manifest)]).get(enrolment.id, NONE)


def legs_of_many(
    session: Session, enrolments: Iterable[tuple[Enrolment, Mapping[str, Any]]]
) -> Mapping[int, Legs]:
    """Return the legs of several enrolments by their ids: two queries at most, however many.

    A class counts for a first cycle whenever it was held; for a later cycle only from the day that cycle began.
    """
    classes, practices = [], []
    for enrolment, manifest in enrolments:
        asked = {rule["rule"] for rule in manifest["completion"]}
        if RuleCode.WORKSHOP_ATTENDED in asked:
            classes.append(enrolment)
        if RuleCode.PRACTICE_MARKED in asked:
            practices.append(enrolment.id)
    marks = _marks(session, practices) if practices else {}
    found = {enrolment_id: Legs(practice=mark) for enrolment_id, mark in marks.items()}
    if classes:
        counts = _classes(session, classes)
        for enrolment in classes:
            found[enrolment.id] = Legs(counts.get(enrolment.id, 0), marks.get(enrolment.id))
    return found


_PRACTICES = select(Practice.enrolment_id, Practice.result).where(
    Practice.enrolment_id.in_(bindparam("enrolments", expanding=True)),
    Practice.result.is_not(None),
    Practice.withdrawn_at.is_(None),
)


def _marks(session: Session, enrolment_ids: list[int]) -> dict[int, Fraction]:
    best: dict[int, Fraction] = {}
    for enrolment_id, result in rows(session, _PRACTICES, {"enrolments": enrolment_ids}):
        mark = Fraction(str(result))
        best[enrolment_id] = max(best.get(enrolment_id, mark), mark)
    return best


_ATTENDED = (
    select(Attended.user_id, Attended.course_id, Attended.on_day, func.count())
    .where(
        Attended.user_id.in_(bindparam("people", expanding=True)),
        Attended.course_id.in_(bindparam("courses", expanding=True)),
        Attended.withdrawn_at.is_(None),
    )
    .group_by(Attended.user_id, Attended.course_id, Attended.on_day)
)


def _classes(session: Session, enrolments: list[Enrolment]) -> dict[int, int]:
    asked = {
        "people": sorted({one.user_id for one in enrolments}),
        "courses": sorted({one.course_id for one in enrolments}),
    }
    attended = rows(session, _ATTENDED, asked).all()
    counts: dict[int, int] = {}
    for one in enrolments:
        began = None if one.cycle == 1 else local_date(one.enrolled_at)
        counts[one.id] = sum(
            many
            for user_id, course_id, day, many in attended
            if (user_id, course_id) == (one.user_id, one.course_id) and (began is None or day >= began)
        )
    return counts

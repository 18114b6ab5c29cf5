"""The catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from courses.completion import asked
from courses.models import Completion, Course, CourseAudience, Enrolment, Version
from courses.published import Texts, published
from courses.queries.terms import requirements_of
from portal.core.db import rows
from portal.core.names import fold
from portal.core.policy import Action, Actor


@dataclass(frozen=True, slots=True)
class Card:
    """A course in the catalogue. certificate_kinds: one, or two where it depends on who learns."""

    code: str
    sector: str
    title: Texts
    summary: Texts
    minutes: int
    lessons: int
    audiences: tuple[str, ...]
    certificate_kinds: tuple[str, ...]
    validity_months: int | None
    mine: bool
    enrolled: bool
    completed: bool


_CATALOGUE = (
    select(
        Course.id,
        Course.code,
        Course.sector,
        Course.access,
        Version.id.label("version_id"),
        Version.digest,
        CourseAudience.audience,
    )
    .join(Version, and_(Version.course_id == Course.id, Version.current))
    .outerjoin(CourseAudience, CourseAudience.course_id == Course.id)
    .order_by(Course.code)
)


_MINE = (
    select(Enrolment.course_id, Enrolment.version_id, Version.digest, Completion.id)
    .join(Version, Version.id == Enrolment.version_id)
    .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
    .where(Enrolment.user_id == bindparam("user"))
)


def catalogue(session: Session, who: Actor, audience: str | None = None, search: str = "") -> Sequence[Card]:
    """Return the courses that `who` may know of, those for her own audiences first. Two queries."""
    audiences: dict[int, set[str]] = {}
    courses: dict[int, Any] = {}
    for row in rows(session, _CATALOGUE, {}):
        courses.setdefault(row.id, row)
        audiences.setdefault(row.id, set()).update([row.audience] if row.audience else [])
    mine: dict[int, bool] = {}
    begun: dict[int, tuple[int, str]] = {}
    if who.id is not None:
        for course_id, version_id, digest, completed in rows(session, _MINE, {"user": who.id}):
            mine[course_id] = mine.get(course_id, False) or completed is not None
            begun[course_id] = (version_id, digest)
    cards = []
    for course_id, row in courses.items():
        for_whom = audiences[course_id]
        if not (_may_know(row.access, for_whom, who) or course_id in mine):
            continue
        learns = course_id in begun and not mine[course_id]  # on the version that she began
        version = published(session, *(begun[course_id] if learns else (row.version_id, row.digest)))
        cards.append(
            Card(
                code=row.code,
                sector=row.sector,
                title=version.title,
                summary=version.manifest["summary"],
                minutes=version.minutes,
                lessons=asked(requirements_of(version)),
                audiences=tuple(sorted(for_whom)),
                certificate_kinds=(
                    version.certificate_kind,
                    *version.manifest.get("certificate_for", ()),
                ),
                validity_months=version.validity_months,
                mine=bool(who.audiences & for_whom),
                enrolled=course_id in mine,
                completed=mine.get(course_id, False),
            )
        )
    wanted = fold(search)
    return sorted(
        (
            card
            for card in cards
            if (audience is None or audience in card.audiences)
            and (
                not wanted
                or any(
                    wanted in fold(text) for text in (card.code, *card.title.values(), *card.summary.values())
                )
            )
        ),
        key=lambda card: (not card.mine, card.code),
    )


def _may_know(access: str, audiences: set[str], who: Actor) -> bool:
    if who.may(Action.COURSE_PREVIEW):
        return True
    return access != "discreet" and (access == "open" or bool(who.audiences & audiences))

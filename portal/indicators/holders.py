"""Who stood on which list and held which certificates on a day, person by person: SQL in bundles, never one by one.

`queries.world` knows people as numbers; this is the same knowledge by person, for opening a figure. A test holds the
two together.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select, true, union
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from portal.core.accounts.models import Posting, User
from portal.core.clock import local_date
from portal.core.rosters.queries import stands
from portal.indicators.queries import FACTS, HOME, facts_on, valid_on

BUNDLE = 1000


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a person: unit, audience, and from when to when."""

    unit: int
    audience: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate. home: it was earned as a parent or carer, or in a course for families: nobody's business at work."""

    serial: str
    course: str
    on: date
    expires_on: date | None
    revoked_on: date | None
    home: bool

    def valid(self, day: date) -> bool:
        """Return whether it is valid at 24:00 of a day."""
        return (
            self.on <= day
            and (self.expires_on is None or self.expires_on >= day)
            and (self.revoked_on is None or self.revoked_on > day)
        )


@dataclass(frozen=True, slots=True)
class Holder:
    """A person on a day: posts that stand, posts that ended, certificates until then, facts."""

    id: int
    posts: tuple[Post, ...]
    ended: tuple[Post, ...]
    papers: tuple[Paper, ...]
    facts: frozenset[str]

    def held(self, day: date) -> frozenset[str]:
        """Return the courses of valid certificates, and the facts."""
        return frozenset(paper.course for paper in self.papers if paper.valid(day)) | self.facts


def candidates(
    session: Session,
    day: date,
    audiences: Collection[str],
    units: Collection[int] | None,
    courses: Collection[str],
    *,
    certified: bool = False,
    without: ColumnElement[bool] | None = None,
    only: Sequence[int] | None = None,
) -> Sequence[int]:
    """Return who may stand behind a figure, in the order of names.

    They are on a list of `units` as one of `audiences` on the day (certified: and hold one of `courses`); or were, and
    completed one of `courses`; or completed one as such while there. units: None for every unit. without: nobody who has
    a post (`Posting`) such as this. only: of these people alone.
    """
    if only is not None and not only:
        return ()
    those = [Posting.user_id.in_(only)] if only is not None else []
    taken = select(Course.id).where(Course.code.in_(courses))
    here = Posting.unit_id.in_(units) if units is not None else Posting.unit_id.is_not(None)
    there = Certificate.unit_id.in_(units) if units is not None else Certificate.unit_id.is_not(None)
    holding = exists().where(
        Certificate.user_id == Posting.user_id, Certificate.course_id.in_(taken), *valid_on(day)
    )
    parts: list[Select[Any]] = [
        select(Posting.user_id)
        .where(here, Posting.audience.in_(audiences), stands(day), holding if certified else true(), *those)
        .distinct()  # a union of one is none
    ]
    if courses:
        parts.append(
            select(Posting.user_id).where(
                here,
                Posting.audience.in_(audiences),
                Posting.valid_to < day,
                holding,
                *those,
            )
        )
        parts.append(
            select(Certificate.user_id).where(
                Certificate.user_id.is_not(None) if only is None else Certificate.user_id.in_(only),
                there,
                Certificate.audience.in_(audiences),
                Certificate.course_id.in_(taken),
                *valid_on(day),
            )
        )
    found = union(*parts).subquery()
    query = select(User.id).join(found, found.c[0] == User.id).order_by(User.sort_key, User.id)
    if without is not None:
        query = query.where(~exists().where(Posting.user_id == User.id, without))
    return session.scalars(query).all()


def holders(session: Session, day: date, people: Iterable[int], *, facts: bool = True) -> Iterator[Holder]:
    """Yield what is known of each of `people` on a day, in their order; three queries for every thousand.

    facts: whether somebody looks at what no course gives.
    """
    rest = iter(people)
    while some := list(islice(rest, BUNDLE)):
        posts = _posts(session, day, some)
        papers = _papers(session, day, some)
        found = _facts(session, day, some) if facts else {}
        for one in some:
            standing, ended = posts.get(one, ((), ()))
            yield Holder(
                one, tuple(standing), tuple(ended), tuple(papers.get(one, ())), found.get(one, frozenset())
            )


def _posts(session: Session, day: date, people: Sequence[int]) -> Mapping[int, tuple[list[Post], list[Post]]]:
    found: dict[int, tuple[list[Post], list[Post]]] = defaultdict(lambda: ([], []))
    met: set[tuple[int, int, str]] = set()
    rows = session.execute(
        select(Posting.user_id, Posting.unit_id, Posting.audience, Posting.valid_from, Posting.valid_to)
        .where(Posting.user_id.in_(people), Posting.valid_from <= day)
        .order_by(Posting.user_id, Posting.unit_id, Posting.valid_from, Posting.id)
    )
    for person, unit, audience, since, until in rows:
        post = Post(unit, str(audience), since, until)
        if until is not None and until < day:
            found[person][1].append(post)
        elif (person, unit, post.audience) not in met:  # the same post written twice is one
            met.add((person, unit, post.audience))
            found[person][0].append(post)
    return found


def _papers(session: Session, day: date, people: Sequence[int]) -> Mapping[int, list[Paper]]:
    found: dict[int, list[Paper]] = defaultdict(list)
    rows = session.execute(
        select(
            Certificate.user_id,
            Certificate.serial,
            Course.code,
            Certificate.completed_on,
            Certificate.expires_on,
            Certificate.audience,
            Revocation.revoked_at,
        )
        .join(Course, Course.id == Certificate.course_id)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Certificate.user_id.in_(people), Certificate.completed_on <= day)
        .order_by(Certificate.user_id, Certificate.completed_on, Certificate.id)
    )
    for person, serial, code, on, expires_on, audience, revoked_at in rows:
        if person is not None:
            home = audience in HOME or audience is None or code.startswith("CM-")
            revoked_on = local_date(revoked_at) if revoked_at is not None else None
            found[person].append(Paper(serial, code, on, expires_on, revoked_on, home))
    return found


def _facts(session: Session, day: date, people: Sequence[int]) -> Mapping[int, frozenset[str]]:
    facts = facts_on(day, people)
    return {
        person: frozenset(name for place, name in enumerate(FACTS) if int(mask) & 1 << place)
        for person, mask in session.execute(select(facts.c.user_id, facts.c.mask))
    }

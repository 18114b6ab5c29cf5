"""Figures from tallies where they are kept: what is marked is counted from the facts, so nothing read here is stale.

What stands between two looks at the state is one consistent view: every fact that is written adds a mark, in its own
transaction, and every turn of the tallies has a number. If both are as before, nothing was written in between; if not,
it is read once more, and at last from the facts alone.
"""

import json
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select, true, union
from sqlalchemy.orm import Session

from portal.core.accounts.models import Posting
from portal.core.households.models import Household, HouseholdMember
from portal.indicators import queries
from portal.indicators.definitions import Plan
from portal.indicators.models import Tally, TallyDay, TallyMark, TallyState
from portal.indicators.queries import FACTS, CrowdRow, FromFacts, HomeRow, HouseholdRow, StaffRow

#: More marks than these, and the facts are read instead: finding out whom they mean would take as long.
MOST_MARKS = 2000
#: More units than these to be counted anew, likewise.
MOST_UNITS = 150
TRIES = 6
FORMAT = 2
STAFF, HOUSEHOLDS = "staff", "households"
CROWD = (queries.POSTED, queries.WITH_CHILD, queries.CHILDLESS)
HOME = ("parents", "carers", "unlinked")

Found = TypeVar("Found")
#: Of a plan and a day: id, digest of what was tallied, and the last turn that changed it.
Days = Mapping[tuple[str, date], tuple[int, str, int]]


@dataclass(frozen=True, slots=True)
class State:
    """Where the tallies stand: the number of their last turn, and the marks since.

    marks: (what, since, how many, sum of their ids) of marks that are alike. many: how many there are in all, one more
    than `MOST_MARKS` where there are more; then the state says nothing. places_turn, said_turn: of the last turn that
    found marks of these kinds.
    """

    turn: int
    places_turn: int
    said_turn: int
    many: int
    marks: frozenset[tuple[str, date | None, int, int]]

    @property
    def clear(self) -> bool:
        """Return whether all marks were seen: two equal states that are clear have the same facts."""
        return self.many <= MOST_MARKS

    @property
    def places(self) -> Hashable:
        """Return the same of what places stand on."""
        return self.places_turn, frozenset(one for one in self.marks if one[0] == "places")

    @property
    def said(self) -> Hashable:
        """Return the same of declarations."""
        return self.said_turn, frozenset(one for one in self.marks if one[0] == "said")

    def until(self, day: date) -> Hashable:
        """Return the marks of what can differ on a day."""
        return frozenset(one for one in self.marks if one[1] is None or one[1] <= day)


def state(session: Session) -> State | None:
    """Return where the tallies stand; None: nobody has kept any yet."""
    marks = select(TallyMark.id, TallyMark.what, TallyMark.since).limit(MOST_MARKS + 1).subquery()
    alike = (
        select(marks.c.what, marks.c.since, func.count().label("n"), func.sum(marks.c.id).label("ids"))
        .group_by(marks.c.what, marks.c.since)
        .subquery()
    )
    rows = session.execute(
        select(TallyState.turn, TallyState.places_turn, TallyState.said_turn, *alike.c)
        .outerjoin(alike, true())
        .where(TallyState.id == 1)
    ).all()
    if not rows:
        return None
    found = frozenset(
        (what, since, int(n), int(ids)) for *_turns, what, since, n, ids in rows if what is not None
    )
    turn, places_turn, said_turn = (int(one) for one in rows[0][:3])
    return State(turn, places_turn, said_turn, sum(n for _what, _since, n, _ids in found), found)


def basis(plan: Plan, courses: Mapping[str, tuple[int, int]]) -> str:
    """Return the digest of what is tallied: a course or audience more, and the tallies of before say nothing."""
    told = [
        FORMAT,
        sorted((code, *ids) for code, ids in courses.items()),
        sorted(queries.staff_audiences(plan)),
        sorted(queries.audiences_of_days(plan)),
        list(queries.family_courses(plan)),
        FACTS,
    ]
    return sha256(json.dumps(told).encode()).hexdigest()


def marked(day: date | None = None, last: int | None = None) -> Select[Any]:
    """Return a select of (unit, since) of all that is marked: of what can differ on a day, by marks up to the `last`."""
    mark = TallyMark
    seen = [or_(mark.since.is_(None), mark.since <= day)] if day is not None else []
    seen += [mark.id <= last] if last is not None else []
    every = union(
        select(mark.unit.label("unit"), mark.since.label("since")).where(mark.unit.is_not(None), *seen),
        select(Posting.unit_id, mark.since).join(Posting, Posting.user_id == mark.person).where(*seen),
        select(Household.unit_id, mark.since)
        .join(HouseholdMember, HouseholdMember.user_id == mark.person)
        .join(Household, Household.id == HouseholdMember.household_id)
        .where(*seen),
    ).subquery()
    return select(every.c.unit, every.c.since)


class Kept:
    """Which days are tallied, and where the tallies stand: looked at once for all that a request reads."""

    def __init__(self, session: Session) -> None:
        """Remember where to look."""
        self._session = session
        self._state: State | None = None
        self._looked = False
        self._days: tuple[int, Days] | None = None

    @property
    def state(self) -> State | None:
        """Return the state as it was seen last; None: unknown, or too much is marked."""
        if not self._looked:
            self.look()
        return self._state if self._state is not None and self._state.clear else None

    def look(self) -> State | None:
        """Look at the state again and return it."""
        self._state, self._looked = state(self._session), True
        return self._state

    @property
    def days(self) -> Days:
        """Return the days whose tallies can be read. They come, change and go with a turn, and only then."""
        turn = self._state.turn if self._state is not None else -1
        if self._days is None or self._days[0] != turn:
            rows = self._session.execute(
                select(TallyDay.plan, TallyDay.day, TallyDay.id, TallyDay.basis, TallyDay.turn).where(
                    TallyDay.ready
                )
            )
            self._days = turn, {(plan, day): (key, digest, of) for plan, day, key, digest, of in rows}
        return self._days[1]


class FromTallies:
    """Counted from the tallies of a day, and from the facts where a unit is marked, or where none are kept."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        day: date,
        courses: Mapping[str, tuple[int, int]] | None = None,
        days: Kept | None = None,
    ) -> None:
        """Remember where to read. courses, days: where they were read before in the same request."""
        self._session, self._plan, self._day = session, plan, day
        self._facts = FromFacts(session, plan, day, courses)
        self.courses = self._facts.courses
        self._days = days or Kept(session)
        self._basis = basis(plan, self.courses)

    def staff(self, audiences: frozenset[str] | None, inside: Collection[int] | None) -> list[StaffRow]:
        """Return the rows of rosters; who has several posts anywhere is named."""

        def kept(day_id: int, stale: Collection[int]) -> list[StaffRow]:
            query = select(
                Tally.unit, Tally.audience, Tally.held, Tally.facts, Tally.person, Tally.people
            ).where(*_of(day_id, (STAFF,), stale, inside))
            if audiences is not None:
                query = query.where(Tally.audience.in_(sorted(audiences)))
            return list(self._session.execute(query))

        def anew(units: Collection[int]) -> list[StaffRow]:
            return queries.staff_rows(
                self._session, self._plan, self._day, self.courses, audiences, units, widely=True
            )

        return self._read(kept, anew, inside, lambda: self._facts.staff(audiences, inside))

    def home(self, inside: Collection[int] | None) -> list[HomeRow]:
        """Return the rows of communities."""

        def kept(day_id: int, stale: Collection[int]) -> list[HomeRow]:
            query = select(Tally.what, Tally.unit, Tally.held, Tally.facts, Tally.people)
            rows = self._session.execute(query.where(*_of(day_id, HOME, stale, inside)))
            return list(rows)

        return self._read(kept, self._facts.home, inside, lambda: self._facts.home(inside))

    def households(self, inside: Collection[int] | None) -> list[HouseholdRow]:
        """Return the rows of households."""

        def kept(day_id: int, stale: Collection[int]) -> list[HouseholdRow]:
            query = select(Tally.unit, Tally.commune, Tally.held, Tally.people)
            rows = self._session.execute(query.where(*_of(day_id, (HOUSEHOLDS,), stale, inside)))
            return list(rows)  # type: ignore[arg-type]

        return self._read(kept, self._facts.households, inside, lambda: self._facts.households(inside))

    def crowd(self, what: Collection[str], inside: Collection[int] | None) -> list[CrowdRow]:
        """Return how many stand behind figures of families."""

        def kept(day_id: int, stale: Collection[int]) -> list[CrowdRow]:
            query = select(Tally.what, Tally.unit, Tally.commune, Tally.held, Tally.people)
            return list(self._session.execute(query.where(*_of(day_id, what, stale, inside))))

        return self._read(
            kept,
            lambda units: self._facts.crowd(what, units),
            inside,
            lambda: self._facts.crowd(what, inside),
        )

    def _read(
        self,
        kept: Callable[[int, Collection[int]], list[Found]],
        anew: Callable[[Collection[int]], list[Found]],
        inside: Collection[int] | None,
        facts: Callable[[], list[Found]],
    ) -> list[Found]:
        for _try in range(TRIES):
            before = self._days.state
            key = self._plan.code, self._day
            day_id, digest, _turn = (
                self._days.days.get(key, (None, "", 0)) if before is not None else (None, "", 0)
            )
            if before is None or day_id is None or digest != self._basis:
                break
            stale = self._stale(before)
            if stale is None:
                break
            found = kept(day_id, stale)
            concerned = stale if inside is None else stale.intersection(inside)
            if concerned:
                found += anew(concerned)
            if self._days.look() == before:
                return found
        return facts()

    def _stale(self, seen: State) -> set[int] | None:
        """Return the units that must be counted from the facts; None: too many to be worth it."""
        if not seen.until(self._day):
            return set()
        if any(what == "all" for what, *_more in seen.marks):
            return None
        units = marked(self._day).subquery()
        found = set(self._session.scalars(select(units.c.unit).distinct().limit(MOST_UNITS + 1)))
        return found if len(found) <= MOST_UNITS else None


def _of(
    day_id: int, what: Collection[str], stale: Collection[int], inside: Collection[int] | None
) -> list[Any]:
    """Return the conditions on `Tally` of a day, of some kinds, without the units that are counted from the facts."""
    found: list[Any] = [Tally.day_id == day_id, Tally.what.in_(what)]
    if inside is not None:
        found.append(Tally.unit.in_(set(inside).difference(stale)))
    elif stale:
        found.append(Tally.unit.not_in(stale))
    return found

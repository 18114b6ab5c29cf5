"""What is opened, and rows that stand shelf by shelf: a page reads the shelves it shows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from portal.core.accounts.models import Posting, User
from portal.core.clock import start_of
from portal.core.names import fold
from portal.core.rosters.queries import stands
from portal.indicators.compute import Facts
from portal.indicators.definitions import Indicator, Plan, Rule
from portal.indicators.facts import UnitFact, World
from portal.indicators.opening.names import units_called
from portal.indicators.opening.row import Row
from portal.indicators.periods import Period, running
from portal.indicators.places import Where
from portal.indicators.queries import Counts
from portal.indicators.shelves import (
    Size,
)

#: Units whose people are read together where all of them are.
UNITS_AT_ONCE = 100
#: People called what was searched for who are looked up at once; of more, some units at a time.
MOST_NAMED = 2000
#: Which rows stand together: of which list of a rule, and the unit (or the code of keys of households).
Shelf = tuple[int | str, int | str]


@dataclass(frozen=True, slots=True)
class Open:
    """What is opened: the rule in force, the day whose facts count, and what is known of place and province."""

    session: Session
    plan: Plan
    rule: Rule
    period: Period
    day: date
    where: Where
    known: Callable[[date], World]
    everywhere: Callable[[date], World]
    counts: Callable[[date], Counts]

    @classmethod
    def of(cls, facts: Facts, indicator: Indicator, where: Where) -> "Open":
        """Return what is opened of an indicator in a place."""
        asked = facts.asked
        rule = indicator.rule_on(asked.day)
        day = min(asked.day, rule.frozen_on) if rule.frozen_on else asked.day
        period = running(day) if day != asked.day else asked.period
        return cls(
            facts.session, asked.plan, rule, period, day, where, facts.of(where), facts.on, facts.counts
        )

    @property
    def world(self) -> World:
        """Return what is known of the place on the day whose facts count."""
        return self.known(self.day)

    def units(self, day: date) -> Collection[int] | None:
        """Return the ids of the units of the place on a day, None for the whole province."""
        part = self.known(day).units
        return None if len(part) == len(self.everywhere(day).units) else list(part)


class Shelves:
    """Rows in their order: shelf by shelf (a unit each, in the order of codes), then those that stand on none.

    Of a shelf it is known how many rows it has before they are read (`sizes`), so a page reads the shelves it shows and
    no others. keys: the shelves in their order.
    """

    keys: Sequence[Shelf]
    #: Reasons that a row on a shelf may have, beside those of the rule's own facts.
    reasons: tuple[str, ...] = ()
    #: Whether some rows may stand on no shelf: how many is known when they are read.
    loose = True

    def __init__(self, opened: Open) -> None:
        """Remember what is opened."""
        self.opened = opened

    def sizes(self) -> Mapping[Shelf, Size]:
        """Return how many rows stand on each shelf that has any."""
        raise NotImplementedError

    def read(self, keys: Sequence[Shelf], some: Collection[int] | None = None) -> Iterator[Row]:
        """Yield the rows of some shelves, given in their order. some: of these people alone, in the order of names."""
        raise NotImplementedError

    def rest(self, called: "Called | None" = None) -> Iterator[Row]:
        """Yield the rows that stand on no shelf; called: those at least that are called what was searched for."""
        return iter(())

    def cut(
        self, keys: Sequence[Shelf], counted: bool | None, part: str, skip: int, take: int
    ) -> Iterator[Row]:
        """Yield so many rows of some shelves, without the first `skip`, of a state and a group ("": of any)."""
        fitting = (
            row
            for row in self.read(keys)
            if (counted is None or row.counted == counted) and (not part or row.part == part)
        )
        return islice(fitting, skip, skip + take)

    def called(self, key: Shelf, units: Collection[int]) -> bool:
        """Return whether a shelf has rows of no person, and in one of some units."""
        return False

    def hits(
        self, person: ColumnElement[bool], keys: Sequence[Shelf] | None = None
    ) -> Mapping[Shelf, Sequence[tuple[int, int]]]:
        """Return (place in the order of names, id) of people who are so, by shelf; some may have no row there.

        person: a condition on `User`, and on the `Posting` that puts her there.

        keys: on these shelves alone.
        """
        raise NotImplementedError

    def bears(self, key: Shelf, reason: str) -> bool:
        """Return whether a row of a shelf may have a reason."""
        return True

    def ends_with(self, reason: str) -> bool:
        """Return whether a row that stands on no shelf may have a reason."""
        return False

    def who(self, reason: str) -> ColumnElement[bool] | None:
        """Return the condition on `User` of the few who may have a row with a reason; None: any of them may."""
        return None

    def rows(self) -> Iterator[Row]:
        """Yield all of them."""
        for start in range(0, len(self.keys), UNITS_AT_ONCE):
            yield from self.read(self.keys[start : start + UNITS_AT_ONCE])
        yield from self.rest()

    def _posted(
        self,
        day: date,
        units: Collection[int] | None,
        audiences: Collection[str],
        person: ColumnElement[bool],
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (place in the order of names, person, unit) of people who are so and stand on lists of some units."""
        found = self.opened.session.execute(
            select(Posting.user_id, Posting.unit_id)
            .join(User, User.id == Posting.user_id)
            .where(
                person,
                Posting.audience.in_(sorted(audiences)),
                stands(day),
                true() if units is None else Posting.unit_id.in_(units),
            )
            .distinct()
            .order_by(User.sort_key, User.id)
            .add_columns(User.sort_key, User.id)
        )
        order: dict[int, int] = {}
        for one, unit, *_sorted in found:
            yield order.setdefault(one, len(order)), one, unit


@dataclass(frozen=True, slots=True)
class Called:
    """What was searched for: a condition on `User`, the ids of the people where they are few, and the units called so."""

    person: ColumnElement[bool]
    few: Sequence[int] | None
    units: frozenset[int]

    @classmethod
    def of(cls, session: Session, search: str, *, first: bool) -> "Called":
        """Return what a search means. first: look people up by their folded names, wherever they are."""
        person = User.search_key.contains(fold(search), autoescape=True)
        some = session.scalars(select(User.id).where(person).limit(MOST_NAMED + 1)).all() if first else ()
        few = some if first and len(some) <= MOST_NAMED else None
        return cls(person if few is None else User.id.in_(few), few, units_called(session, search))

    @property
    def posted(self) -> ColumnElement[bool]:
        """Return the condition on `User` and `Posting` that she, or the unit of the post, is called so."""
        return or_(self.person, Posting.unit_id.in_(self.units)) if self.units else self.person


def of_shelves(
    keys: Sequence[Shelf] | None, of: int | str, units: Collection[int] | None
) -> Collection[int] | None:
    """Return the units of some shelves of a list; of all of them where none are given."""
    return units if keys is None else [int(unit) for one, unit in keys if one == of]


def has_lapsed(day: date, courses: Collection[str]) -> ColumnElement[bool]:
    """Return the condition on `User` that a certificate of one of some courses expired, or was revoked."""
    gone = exists().where(
        Revocation.certificate_id == Certificate.id,
        Revocation.revoked_at < start_of(date.fromordinal(day.toordinal() + 1)),
    )
    return User.id.in_(
        select(Certificate.user_id).where(
            Certificate.course_id.in_(select(Course.id).where(Course.code.in_(sorted(courses)))),
            Certificate.completed_on <= day,
            or_(Certificate.expires_on < day, gone),
        )
    )


#: Reasons of people who are on a list of the figure.
LISTED = frozenset({"no_certificate", "wrong_course", "expired", "revoked", "double"})


def is_listed(reason: str) -> bool:
    """Return whether a reason is one of people who are on a list of the figure."""
    return reason in LISTED or reason.startswith("fact:")


def by_code(units: Iterable[UnitFact]) -> list[int]:
    """Return the ids of units in the order of their codes."""
    return [unit.id for unit in sorted(units, key=lambda one: (one.code, one.id))]


# People

"""What all steps of the large demonstration share."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.models import Enrolment
from portal.core import clock
from portal.core.accounts.models import Posting, User
from portal.core.names import fold, sort_key
from portal.demo.bulk import Bulk
from portal.demo.large.taught import Taught, courses_taught
from portal.demo.names import FAMILIES, GIVEN, MIDDLES
from portal.demo.size import Size

Report = Callable[[str], None]
DAY = timedelta(days=1)
start_of = lru_cache(maxsize=None)(clock.start_of)


class TooSmall(Exception):
    """The size asked for is less than what the small demonstration holds already."""


class Work:
    """What all steps share: the size and the day, one pair of dice, the courses, and the ids that come next."""

    def __init__(self, session: Session, size: Size, today: date, report: Report) -> None:
        self.session, self.size, self.today, self.report = session, size, today, report
        self.now = clock.start_of(today)
        self.dice = random.Random(size.seed)  # noqa: S311 - the same every time, on purpose
        self.bulk = Bulk(session)
        self.first_day = today - timedelta(days=365 * size.years)
        self.courses = courses_taught(session, self.now)
        self.next_user = self.bulk.next_id(User)
        self.next_enrolment = self.bulk.next_id(Enrolment)
        self.issued = 0

    def new_user(self) -> int:
        """Return the id of one more person."""
        self.next_user += 1
        return self.next_user - 1

    def new_enrolment(self) -> int:
        """Return the id of one more enrolment."""
        self.next_enrolment += 1
        return self.next_enrolment - 1

    def count(self, model: Any, *conditions: Any) -> int:
        """Return how many rows there are."""
        return self.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0

    def people(self, *conditions: Any) -> int:
        """Return how many people hold such a post; some hold two, or held one before."""
        return self.session.scalar(select(func.count(Posting.user_id.distinct())).where(*conditions)) or 0

    def courses_for(self, audience: str) -> list[Taught]:
        """Return the courses that are for an audience."""
        return [one for one in self.courses if audience in one.audiences]

    def day(self, first: date, last: date) -> date:
        """Return a day from `first` to `last`, both included."""
        return first + timedelta(days=int(self.dice.random() * ((last - first).days + 1)))

    def name(self) -> tuple[str, str, str]:
        """Return a name, its order and its plain letters."""
        return _named(int(self.dice.random() * (len(FAMILIES) * len(MIDDLES) * len(GIVEN))))


@cache
def _named(number: int) -> tuple[str, str, str]:
    """Return one of all names that can be put together, its order and its plain letters."""
    rest, given = divmod(number, len(GIVEN))
    family, middle = divmod(rest, len(MIDDLES))
    name = " ".join((FAMILIES[family], MIDDLES[middle], GIVEN[given]))
    return name, sort_key(name), fold(name)

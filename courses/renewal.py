"""When a course may be begun anew: pure. A new cycle stands beside the old one; nothing of the old one is touched."""

from dataclasses import dataclass
from datetime import date, timedelta

#: The refresher opens so many days before the certificate's last day.
RENEWAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class Learning:
    """How a person stands with a course.

    cycle: of the latest enrolment, 0 where there is none. completed: whether that one is. valid_through: the last
    day of its certificate, None where it does not expire. revoked: whether it was withdrawn.
    """

    cycle: int = 0
    completed: bool = False
    valid_through: date | None = None
    revoked: bool = False


def opens_on(valid_through: date, days: int = RENEWAL_DAYS) -> date:
    """Return the first day on which a certificate that is good through `valid_through` may be renewed."""
    return valid_through - timedelta(days=days)


def cycle_to_learn(learning: Learning, day: date, days: int = RENEWAL_DAYS) -> int | None:
    """Return the cycle that a person may begin, or is in, on `day`; None where there is nothing to learn again.

    One that was begun is finished first. After a completion the next opens `days` before the certificate ends, at
    once where it was revoked, and never where it does not expire.
    """
    if not learning.completed:
        return max(1, learning.cycle)
    if learning.revoked:
        return learning.cycle + 1
    if learning.valid_through is None or day < opens_on(learning.valid_through, days):
        return None
    return learning.cycle + 1

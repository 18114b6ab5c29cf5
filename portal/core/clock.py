"""The only reader of the clock, and the only place that knows where the province is.

Views and commands call `now()` and hand the moment down; everything below takes time as an argument. Tests set
`PORTAL_NOW` through `frozen` instead of patching modules.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PROVINCE = ZoneInfo("Asia/Ho_Chi_Minh")
_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """Return the present date in the province."""
    return local_date(now())


def local_date(moment: datetime) -> date:
    """Return the province's calendar date of an aware moment."""
    return moment.astimezone(PROVINCE).date()


def start_of(day: date) -> datetime:
    """Return 00:00 of `day` in the province as an aware UTC moment; 24:00 of a day is `start_of` the next."""
    return datetime(day.year, day.month, day.day, tzinfo=PROVINCE).astimezone(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Let `now()` return `moment` inside the block (tests and the deterministic demonstration only)."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)

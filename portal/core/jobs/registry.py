"""Which function does which kind of job. Filled at import; `portal.handlers` imports every module that has one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from portal.core.jobs.context import JobContext


class Handler(Protocol):
    """What does a job: idempotent, for it may be taken up again after a crash. Returns JSON values for the page."""

    def __call__(self, context: JobContext, /) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: its code, the title on pages (a message), what does it, at which hour it is begun every day."""

    code: str
    title: str
    run: Handler
    daily_at: int | None


KINDS: dict[str, Kind] = {}


@dataclass(frozen=True, slots=True)
class Tending:
    """What workers do between jobs, in small steps, and nobody asks for. run: does one; returns whether there is more."""

    code: str
    run: Callable[[], bool]


TENDED: dict[str, Tending] = {}


def tends(code: str) -> Callable[[Callable[[], bool]], Callable[[], bool]]:
    """Register a function that workers call between jobs, every few seconds. Several workers may call it at once."""

    def register(run: Callable[[], bool]) -> Callable[[], bool]:
        TENDED[code] = Tending(code, run)
        return run

    return register


def handles(code: str, title: str, *, daily_at: int | None = None) -> Callable[[Handler], Handler]:
    """Register a function for the jobs of a kind. `title` is a message marked with `N_`.

    daily_at: an hour of the day in the province; workers then begin one such job a day, with no facts.
    What it returns may hold `lines`, a list of [message, values] that the page words, and `next`, a mapping with
    `endpoint`, `values` and `label` (a message) of the page to go on to. Raises ValueError for a kind that is taken.
    """

    def register(run: Handler) -> Handler:
        if code in KINDS and KINDS[code].run is not run:
            raise ValueError(f"two functions for the jobs of kind {code}")
        KINDS[code] = Kind(code, title, run, daily_at)
        return run

    return register

"""The life of an attempt: its states, how one follows another, and when the next one may begin. Pure.

    open ──────► submitted ──► annulled
      │              ▲
      ├─► expired ───┘            every state but annulled may be annulled
      └─► annulled

An attempt is expired when its time and the grace are over and nobody has handed it in; it is then handed in by the
server, with what was saved, the next time anybody asks for it to be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar


class State(StrEnum):
    """Where an attempt stands."""

    OPEN = "open"
    EXPIRED = "expired"
    SUBMITTED = "submitted"
    ANNULLED = "annulled"


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of an attempt, frozen when it starts.

    attempts: how many, 0 for no limit. wait_after: so many failures in a row, after which each further attempt waits
    wait_hours from the last one; 0 for never. limit_minutes: 0 for no time limit. grace_seconds: how long after it
    the server still takes answers that were on their way. feedback: a value of `marking.Feedback`.
    """

    attempts: int = 0
    wait_after: int = 2
    wait_hours: int = 24
    limit_minutes: int = 0
    grace_seconds: int = 60
    feedback: str = "full"

    def document(self) -> dict[str, Any]:
        """Return the rules as JSON."""
        return asdict(self)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Rules":
        """Return the rules that `document()` wrote."""
        return cls(**document)

    def deadline(self, started_at: datetime) -> datetime | None:
        """Return when the time is over, or None without a limit."""
        return started_at + timedelta(minutes=self.limit_minutes) if self.limit_minutes else None


@dataclass(frozen=True, slots=True)
class Past:
    """An attempt that was handed in. passed: None while a person must mark it."""

    submitted_at: datetime
    passed: bool | None
    annulled: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """A new attempt may start. left: how many may, this one included; None without a limit."""

    kind: ClassVar[str] = "allowed"
    left: int | None = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """A new attempt may start at `until`."""

    kind: ClassVar[str] = "wait"
    until: datetime


@dataclass(frozen=True, slots=True)
class NoMoreAttempts:
    """All `limit` attempts are used."""

    kind: ClassVar[str] = "none"
    limit: int


def state(
    *,
    submitted_at: datetime | None,
    annulled_at: datetime | None,
    deadline_at: datetime | None,
    now: datetime,
    grace_seconds: int,
) -> State:
    """Return the state of an attempt at `now`; the last moment of the grace still belongs to the attempt."""
    if annulled_at is not None:
        return State.ANNULLED
    if submitted_at is not None:
        return State.SUBMITTED
    if deadline_at is not None and now > deadline_at + timedelta(seconds=grace_seconds):
        return State.EXPIRED
    return State.OPEN


def may_start(rules: Rules, past: Sequence[Past], now: datetime) -> Allowed | NotYet | NoMoreAttempts:
    """Return whether another attempt may start, when none is open.

    past: the attempts of this person handed in so far, in any order. Annulled ones count for nothing. Failures are
    counted since the last pass; one that still waits for a person is an attempt, but no failure.
    """
    counted = sorted((one for one in past if not one.annulled), key=lambda one: one.submitted_at)
    if rules.attempts and len(counted) >= rules.attempts:
        return NoMoreAttempts(rules.attempts)
    failures: list[Past] = []
    for one in counted:
        failures = [] if one.passed else [*failures, one] if one.passed is False else failures
    if rules.wait_after and len(failures) >= rules.wait_after:
        until = failures[-1].submitted_at + timedelta(hours=rules.wait_hours)
        if now < until:
            return NotYet(until)
    return Allowed(rules.attempts - len(counted) if rules.attempts else None)

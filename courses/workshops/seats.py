"""Who has a seat and who waits: decided by the order of registering alone. Pure.

A registration gets the next number of its workshop and keeps it. Nothing else is stored, so whoever gives a seat up
lets the first of those waiting move up by that very act, and nobody can be promoted out of turn or twice.
"""

from collections.abc import Sequence
from enum import StrEnum


class Seat(StrEnum):
    """What a registration is worth."""

    SEATED = "seated"
    WAITING = "waiting"


def seating(numbers: Sequence[int], capacity: int) -> dict[int, Seat]:
    """Return the seat of each live registration by its number: the `capacity` lowest numbers are seated."""
    return {
        number: Seat.SEATED if place < capacity else Seat.WAITING
        for place, number in enumerate(sorted(numbers))
    }


def moved_up(before: Sequence[int], after: Sequence[int], capacity: int) -> tuple[int, ...]:
    """Return the numbers that waited before and are seated now, in order."""
    then, now = seating(before, capacity), seating(after, capacity)
    return tuple(
        number for number in sorted(now) if now[number] is Seat.SEATED and then.get(number) is Seat.WAITING
    )

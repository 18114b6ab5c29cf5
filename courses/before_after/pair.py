"""When a questionnaire may be answered before and after a course, and how two answerings compare: pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

#: What stands in the place of a quiz's ref: no quiz of a course can be called so.
BEFORE, AFTER = "_before", "_after"
REFS = (BEFORE, AFTER)


class Stage(StrEnum):
    """Where one learner stands with it.

    before: may be answered. late: a lesson was read without; it is not asked any more. waiting: answered, the course
    is not completed yet. after: may be answered again. done: both are there.
    """

    BEFORE = "before"
    LATE = "late"
    WAITING = "waiting"
    AFTER = "after"
    DONE = "done"


def stage(*, before: bool, after: bool, begun: bool, completed: bool) -> Stage:
    """Return where a learner stands.

    before, after: handed in. begun: a lesson is marked as read. completed: the course's rules were met, on whatever way.
    """
    if before and after:
        return Stage.DONE
    if before:
        return Stage.AFTER if completed else Stage.WAITING
    return Stage.LATE if begun or completed else Stage.BEFORE


@dataclass(frozen=True, slots=True)
class Scores:
    """Points before and after, of the `of` questions that were answered both times; `0 <= before, after <= of`."""

    before: int
    after: int
    of: int

    @property
    def risen(self) -> bool:
        """Return whether there are more points after than before."""
        return self.after > self.before


def compare(
    before: Mapping[str, Fraction],
    after: Mapping[str, Fraction],
    answered_before: Collection[str],
    answered_after: Collection[str],
) -> Scores | None:
    """Return what two answerings of the same questions have in common; None where nothing was answered both times.

    before, after: the marks by question, 0 or 1 each. A question left out once is in neither score: else whoever skips
    one before and answers it after would seem to have learnt it.
    """
    both = [ref for ref in before if ref in after and ref in answered_before and ref in answered_after]
    if not both:
        return None
    return Scores(sum(before[ref] == 1 for ref in both), sum(after[ref] == 1 for ref in both), len(both))

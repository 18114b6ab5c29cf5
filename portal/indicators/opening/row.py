"""One row behind a figure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Reasons of rows that stand beside the ratio: in neither its numerator nor its denominator.
BESIDE = frozenset(
    {"no_roster", "totals", "moved", "left", "not_listed", "elsewhere", "double", "carer", "unlinked", "gone"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure.

    kind: person, unit, area, household or declaration (its key is then the unit's). part: the group, or the item of a
    declaration. reason: a code, "" where counted. detail: JSON without names of people.
    """

    kind: str
    key: int
    unit: int | None
    part: str | None
    counted: bool
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def beside(self) -> bool:
        """Return whether it is in neither the numerator nor the denominator."""
        return self.reason in BESIDE or self.reason.startswith("only:")

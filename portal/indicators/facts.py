"""What is known of a day, as the rules count it: pure.

A `World` holds units with the areas above them, people of rosters in bundles of equals, what was declared, who took
part. It says nothing of indicators: which people, which facts and which units count is the rules' to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class UnitFact:
    """A unit as it stood on the day.

    path: ids of its areas from the province down to its own. level: of its own area. line: ids of itself, of the units
    above it and, in today's boundaries, of what it has become. basis: what its denominator stands
    on (`named`, `coded`, `totals`; None: nobody gave anything). totals: of `totals`, people by audience.
    """

    id: int
    code: str
    name: str
    kind: str
    sector: str
    path: tuple[int, ...]
    level: str
    line: tuple[int, ...] = ()
    basis: str | None = None
    totals: Mapping[str, int] = field(default_factory=dict)

    @property
    def area(self) -> int:
        """Return the id of its own area."""
        return self.path[-1]

    @property
    def listed(self) -> bool:
        """Return whether its posts are a denominator."""
        return self.basis in ("named", "coded")


@dataclass(frozen=True, slots=True)
class AreaFact:
    """An area as it stood on the day; path as in `UnitFact`, its own id last."""

    id: int
    code: str
    name: str
    level: str
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """People of one unit and one audience who hold the same courses (and facts) on the day.

    `person` names the one person of the cell where she has a further post that matters, else None: then nobody of the
    cell is in another cell.
    """

    unit: int
    audience: str
    held: frozenset[str]
    people: int
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a unit declared, as it stands on the day: the day it was said for, approved or not.

    value, by kind of the item: a whole number; true or false; the codes of the ticks that are there; what identifies
    the document (text, or a table of its number, date, partner); words.
    """

    item: str
    unit: int
    value: Any
    on: date
    evidence: bool
    approved: bool


@dataclass(frozen=True, slots=True)
class Took:
    """People (or households) of a unit that took part in one of `courses` to the end by the day.

    courses: those they completed; the same people are in one `Took` only.
    """

    unit: int
    courses: frozenset[str]
    people: int


@dataclass(frozen=True, slots=True)
class World:
    """Everything known of `day` in one place.

    parents, carers: who completed courses for families. households: of which a grown-up did. unlinked: grown-ups who
    did and whose household nobody has written down. `sessions`: unit → plan items of classes its people attended in
    the window.
    """

    day: date
    units: Mapping[int, UnitFact]
    areas: Mapping[int, AreaFact]
    cells: Sequence[Cell] = ()
    said: Mapping[tuple[str, int], Said] = field(default_factory=dict)
    parents: Sequence[Took] = ()
    carers: Sequence[Took] = ()
    households: Sequence[Took] = ()
    unlinked: Sequence[Took] = ()
    sessions: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def within(self, units: Iterable[int], areas: Iterable[int]) -> "World":
        """Return the part of the world that stands in the units and areas given."""
        kept, places = set(units), set(areas)
        return World(
            self.day,
            {key: unit for key, unit in self.units.items() if key in kept},
            {key: area for key, area in self.areas.items() if key in places},
            [cell for cell in self.cells if cell.unit in kept],
            {key: said for key, said in self.said.items() if key[1] in kept},
            [took for took in self.parents if took.unit in kept],
            [took for took in self.carers if took.unit in kept],
            [took for took in self.households if took.unit in kept],
            [took for took in self.unlinked if took.unit in kept],
            {unit: items for unit, items in self.sessions.items() if unit in kept},
        )

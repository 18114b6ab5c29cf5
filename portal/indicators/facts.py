"""What is known of a day, as the rules count it: pure.

A `World` holds units with the areas above them, people of rosters in bundles of equals, what was declared, who took
part. It says nothing of indicators: which people, which facts and which units count is the rules' to say.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar, overload

Fact = TypeVar("Fact")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class UnitFact:
    """A unit as it stood on the day.

    path: ids of its areas from the province down to its own. level: of its own area. line: ids of itself, of the units
    above it and, in today's boundaries, of what it has become. basis: what its denominator stands
    on (`named`, `coded`, `totals`; None: nobody gave anything). totals: of `totals`, people by audience. own: id of the
    area it stood in on the day; None where `path` is of the day.
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
    own: int | None = None

    @property
    def stood(self) -> int:
        """Return the id of the area it stood in on the day."""
        return self.area if self.own is None else self.own

    @property
    def area(self) -> int:
        """Return the id of its own area, in the boundaries asked for."""
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

    `person` names the one person of the cell where she has a further post that matters, or is counted on several days,
    else None: then nobody of the cell is in another cell.
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
    the document (text, or a table of its number, date, partner); words. grades: of a number that was given grade by
    grade, the number of each grade that the unit has: the value is their sum. None: it was given as one.
    """

    item: str
    unit: int
    value: Any
    on: date
    evidence: bool
    approved: bool
    grades: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Took:
    """People (or households) of a unit that took part in one of `courses` to the end by the day.

    courses: those they completed; the same people are in one `Took` only. paired: courses before and after which they
    answered the same questions; stayed: those of them after which they scored no more than before.
    """

    unit: int
    courses: frozenset[str]
    people: int
    paired: frozenset[str] = frozenset()
    stayed: frozenset[str] = frozenset()


class Late(Sequence[Fact]):
    """Facts that are read when somebody looks at them first: a figure reads what its rule looks at, and no more."""

    def __init__(self, read: Callable[[], Sequence[Fact]]) -> None:
        """Remember how they are read."""
        self._read = read
        self._facts: Sequence[Fact] | None = None

    @property
    def facts(self) -> Sequence[Fact]:
        """Return the facts, read once."""
        if self._facts is None:
            self._facts = self._read()
        return self._facts

    @overload
    def __getitem__(self, index: int) -> Fact: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Fact]: ...
    def __getitem__(self, index: int | slice) -> Fact | Sequence[Fact]:
        """Return one or some."""
        return self.facts[index]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.facts)

    def __iter__(self) -> Iterator[Fact]:
        """Return all, in order."""
        return iter(self.facts)


class LateMap(Mapping[Key, Fact]):
    """The same for facts that are found by a key."""

    def __init__(self, read: Callable[[], Mapping[Key, Fact]]) -> None:
        """Remember how they are read."""
        self._read = read
        self._facts: Mapping[Key, Fact] | None = None

    @property
    def facts(self) -> Mapping[Key, Fact]:
        """Return the facts, read once."""
        if self._facts is None:
            self._facts = self._read()
        return self._facts

    def __getitem__(self, key: Key) -> Fact:
        """Return one."""
        return self.facts[key]

    def get(self, key: Key, default: Any = None) -> Any:
        """Return one, else the default: most units said nothing, and a missing key that is raised is dear."""
        return self.facts.get(key, default)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.facts)

    def __iter__(self) -> Iterator[Key]:
        """Return all keys."""
        return iter(self.facts)


class People(Late[Cell]):
    """The cells of a day, read for some audiences at a time: those of one rule, so that its doubles come by name."""

    def __init__(self, read: Callable[[frozenset[str] | None], Sequence[Cell]]) -> None:
        """Remember how they are read: of the audiences given, None for all."""
        super().__init__(lambda: read(None))
        self._some = read
        self._kept: dict[frozenset[str], Sequence[Cell]] = {}

    def of(self, audiences: frozenset[str]) -> Sequence[Cell]:
        """Return the cells of some audiences; who has several posts among these has a name."""
        if audiences not in self._kept:
            self._kept[audiences] = (
                self._some(audiences)
                if self._facts is None
                else [cell for cell in self._facts if cell.audience in audiences]
            )
        return self._kept[audiences]


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

    def people(self, audiences: Collection[str]) -> Sequence[Cell]:
        """Return the cells of some audiences at least."""
        return self.cells.of(frozenset(audiences)) if isinstance(self.cells, People) else self.cells

    def within(self, units: Iterable[int], areas: Iterable[int]) -> "World":
        """Return the part of the world that stands in the units and areas given; read when it is looked at."""
        kept, places = set(units), set(areas)

        def some(audiences: frozenset[str] | None) -> Sequence[Cell]:
            cells = self.cells if audiences is None else self.people(audiences)
            return [cell for cell in cells if cell.unit in kept]

        def took(of: Callable[[], Sequence[Took]]) -> Sequence[Took]:
            return Late(lambda: [one for one in of() if one.unit in kept])

        return World(
            self.day,
            {key: unit for key, unit in self.units.items() if key in kept},
            {key: area for key, area in self.areas.items() if key in places},
            People(some),
            LateMap(lambda: {key: said for key, said in self.said.items() if key[1] in kept}),
            took(lambda: self.parents),
            took(lambda: self.carers),
            took(lambda: self.households),
            took(lambda: self.unlinked),
            LateMap(lambda: {unit: items for unit, items in self.sessions.items() if unit in kept}),
        )

"""How many rows stand behind a figure, unit by unit, before one of them is read: pure arithmetic on bundles of equals.

A shelf is the rows of one unit that are listed there. Its size says how many there are in each state and group, so that
a page opens the few shelves it shows and none before them. `opening` reads the rows; a test holds the two together.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from portal.indicators.definitions import Group, Rule
from portal.indicators.facts import Cell, UnitFact
from portal.indicators.rules import belongs, has

#: Rows by whether they are counted, and by group.
Size = Counter[tuple[bool, str | None]]
Sizes = dict[int, Size]
Concerned = Mapping[str, Mapping[int, UnitFact]]


class _Stood:
    """A post as a bundle knows it: unit, group, whether what is held is enough."""

    __slots__ = ("enough", "group", "unit")

    def __init__(self, unit: int, group: str, *, enough: bool) -> None:
        self.unit, self.group, self.enough = unit, group, enough


def counted_where_all_is_met(stood: Sequence[_Stood]) -> tuple[_Stood, bool]:
    """Return which post of a person is her row, and whether it counts: the first whose group she does not meet."""
    short = next((one for one in stood if not one.enough), None)
    return (short, False) if short is not None else (stood[0], True)


def counted_where_any_is_met(stood: Sequence[_Stood]) -> tuple[_Stood, bool]:
    """Return which post of a person is her row, and whether it counts: the first whose group she meets."""
    good = next((one for one in stood if one.enough), None)
    return (good, True) if good is not None else (stood[0], False)


def of_posts(
    groups: Sequence[Group],
    concerned: Concerned,
    cells: Iterable[Cell],
    decides: Callable[[Sequence[_Stood]], tuple[_Stood, bool]],
) -> Sizes:
    """Return the sizes of lists of people: a row for each post in a listed unit, one of each person's decides.

    concerned: by group, the units it looks at. Of several posts of a person the order is that of the groups, then of
    the units' ids.
    """
    found: Sizes = defaultdict(Counter)
    several: dict[int, list[tuple[int, _Stood]]] = defaultdict(list)
    alike: dict[tuple[str, frozenset[str]], list[tuple[int, Group, bool]]] = {}
    for cell in cells:
        key = cell.audience, cell.held
        if key not in alike:
            alike[key] = [
                (place, group, has(cell.held, group.needs))
                for place, group in enumerate(groups)
                if belongs(cell, group)
            ]
        stood = [
            (place, _Stood(cell.unit, group.key, enough=enough))
            for place, group, enough in alike[key]
            if (unit := concerned[group.key].get(cell.unit)) is not None and unit.listed
        ]
        if not stood:
            continue
        if cell.person is not None:
            several[cell.person].extend(stood)
        else:
            _put(found, [one for _place, one in stood], decides, cell.people)
    for posts in several.values():
        posts.sort(key=lambda one: (one[0], one[1].unit))
        _put(found, [one for _place, one in posts], decides, 1)
    return found


def _put(
    found: Sizes,
    stood: Sequence[_Stood],
    decides: Callable[[Sequence[_Stood]], tuple[_Stood, bool]],
    people: int,
) -> None:
    first, counts = decides(stood)
    for one in stood:
        found[one.unit][counts and one is first, one.group] += people


def of_insides(rule: Rule, concerned: Mapping[int, UnitFact], cells: Iterable[Cell]) -> Sizes:
    """Return the sizes of the lists of people inside facilities: a row for each person and unit."""
    found: Sizes = defaultdict(Counter)
    several: dict[tuple[int, int], list[tuple[int, str, bool]]] = defaultdict(list)
    for cell in cells:
        unit = concerned.get(cell.unit)
        if unit is None:
            continue
        for place, group in enumerate(rule.groups):
            if belongs(cell, group):
                enough = has(cell.held, group.needs)
                if cell.person is not None:
                    several[unit.id, cell.person].append((place, group.key, enough))
                else:
                    found[unit.id][enough and unit.listed, group.key] += cell.people
                break
    for (unit_id, _person), posts in several.items():
        posts.sort()
        good = [one for one in posts if one[2]]
        _place, key, enough = (good or posts)[0]
        found[unit_id][enough and concerned[unit_id].listed, key] += 1
    return found

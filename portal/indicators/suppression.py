"""What of a public table stays hidden so that nobody is recognised in it. Pure.

A number of people from 1 to 4 is small: it may name somebody to whoever knows the place. A line with a small number is
hidden whole. So are further lines (the shortest first) until what the shown total still says of the hidden ones together is
nothing about one of them: two lines at least, and no sum of them small. A total that is small itself hides everything.

Tables are published one after the other, and anybody can subtract: what is shown of two of them shows what came and went
between. So a line is hidden also where it differs by 1 to 4 from what was shown of it before, and what the two totals say
of the lines hidden in either is looked at in the same way. Where counts only grow, a line shown now bounds what it was
when it was hidden: so what was hidden once stays hidden until the line alone is as large as all that was hidden with it.
Each pair of tables is looked at; what three of them say together is not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SMALL = 5

Numbers = Sequence[int]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has been published. lines: the numbers of each place by its key; left: the keys that were hidden."""

    lines: Mapping[str, Numbers]
    total: Numbers
    left: frozenset[str]


def hidden(lines: Sequence[Numbers], total: Numbers) -> frozenset[int] | None:
    """Return the places of the lines of a single table that stay hidden; None: not even the total may be shown.

    lines: of each line the numbers that are shown or follow from what is shown (counted, and not counted), 0 or more;
    one below 0 means that the line contradicts itself, and hides it. total: the same of the whole table. Lines are taken to
    add up to the total; where they do not (a person counted at two places), both the sum of the hidden lines and what
    the total leaves for them must be large enough. A column whose total is 0 hides nothing: all know that it is 0.
    Raises ValueError where a line has more or fewer numbers than the total.
    """
    left = hidden_after({str(place): line for place, line in enumerate(lines)}, total, ())
    return None if left is None else frozenset(map(int, left))


def hidden_after(
    lines: Mapping[str, Numbers], total: Numbers, earlier: Sequence[Table]
) -> frozenset[str] | None:
    """Return the keys of the lines that stay hidden beside what was published before; otherwise as `hidden`.

    A key that a table has not is taken as a line of noughts there: its total holds nothing of it.
    """
    if any(len(line) != len(total) for line in [*lines.values(), *(one.total for one in earlier)]):
        raise ValueError("every line has as many numbers as the total")
    if any(0 < number < SMALL or number < 0 for number in total):
        return None
    if any(_little(total, one.total) for one in earlier):
        return None
    left = {
        key
        for key, line in lines.items()
        if any(0 < number < SMALL or number < 0 for number in line)
        or any(key not in one.left and _little(line, _line(one.lines, key, total)) for one in earlier)
    }
    before = {key for one in earlier for key in one.left}
    others = sorted(
        (key for key in lines if key not in left),
        key=lambda key: (key not in before, sum(lines[key])),
    )
    while not (_blurred(lines, total, left) and all(_apart(lines, total, left, one) for one in earlier)):
        if not others:
            return None
        left.add(others.pop(0))
    return frozenset(left)


def _line(lines: Mapping[str, Numbers], key: str, total: Numbers) -> Numbers:
    return lines.get(key, (0,) * len(total))


def _little(now: Numbers, then: Numbers) -> bool:
    """Return whether some number has changed by 1 to 4."""
    return any(0 < abs(one - other) < SMALL for one, other in zip(now, then, strict=True))


def _blurred(lines: Mapping[str, Numbers], total: Numbers, left: set[str]) -> bool:
    """Return whether the hidden lines together say nothing about one of them."""
    if not left:
        return True
    if len(left) < 2:
        return False
    for column, whole in enumerate(total):
        if whole == 0:
            continue
        shown = sum(line[column] for key, line in lines.items() if key not in left)
        together = sum(lines[key][column] for key in left)
        if whole - shown < SMALL or together < SMALL:
            return False
    return True


def _apart(lines: Mapping[str, Numbers], total: Numbers, left: set[str], then: Table) -> bool:
    """Return whether the two tables, one subtracted from the other, say nothing about a line that is hidden in either."""
    unknown = left | then.left
    if not unknown:
        return True
    if len(unknown) < 2:
        return False
    keys = set(lines) | set(then.lines)
    again, new = left & then.left, left - then.left
    revealed = (then.left & set(lines)) - left
    for column, whole in enumerate(total):
        was = then.total[column]
        if whole == was == 0:
            continue
        now = {key: _line(lines, key, total)[column] for key in keys}
        old = {key: _line(then.lines, key, total)[column] for key in keys}
        # what each table says of its hidden lines together
        hidden_now = whole - sum(now[key] for key in keys - left)
        hidden_then = was - sum(old[key] for key in keys - then.left)
        if revealed:
            # any of them may have been all that was hidden then, and what is hidden now leaves room for it
            room = hidden_now - sum(old[key] for key in new)
            least = hidden_then if again else SMALL if left else 0
            if any(now[key] < hidden_then for key in revealed) or room < least:
                return False
        else:
            by_total = whole - was - sum(now[key] - old[key] for key in keys - unknown)
            by_lines = sum(now[key] - old[key] for key in unknown)
            if 0 < abs(by_total) < SMALL or 0 < abs(by_lines) < SMALL:
                return False
    return True


def pooled(leaves: Iterable[tuple[tuple[int, ...], int, int]]) -> tuple[int, int]:
    """Return (people, some of them) over all `leaves`, without those of whom there are too few to be told of.

    leaves: the path of a leaf from the top of the tree down to itself, its people, and how many of them are meant; the
    same path may come several times. Fewer than `SMALL` people are told of nowhere by themselves: they are put together
    with others next to them at the place above, and so on upwards, until they are enough. So what is told of a place
    is what is told of its parts, and of `SMALL` people or more beside these: nobody can subtract a smaller number.
    """
    left: dict[tuple[int, ...], tuple[int, int]] = {}

    def put(path: tuple[int, ...], people: int, meant: int) -> None:
        before = left.get(path, (0, 0))
        left[path] = before[0] + people, before[1] + meant

    for path, people, meant in leaves:
        put(path, people, meant)
    told = 0, 0
    for depth in range(max(map(len, left), default=0), -1, -1):
        for path in [one for one in left if len(one) == depth]:
            people, meant = left.pop(path)
            if people >= SMALL:
                told = told[0] + people, told[1] + meant
            elif path:
                put(path[:-1], people, meant)
    return told


def with_rest(lines: Sequence[Numbers], total: Numbers) -> list[Numbers]:
    """Return the lines, and one more of what the total has beyond them: anybody can subtract.

    Nothing is added where the total has nothing beyond them, or where they hold more than it.
    """
    rest = [whole - sum(line[column] for line in lines) for column, whole in enumerate(total)]
    return [*lines, rest] if any(rest) and min(rest) >= 0 else list(lines)

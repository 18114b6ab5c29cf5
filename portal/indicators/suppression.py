"""What of a public table stays hidden so that nobody is recognised in it. Pure.

A number of people from 1 to 4 is small: it may name somebody to whoever knows the place. A line with a small number is
hidden whole. So are further lines (the shortest first) until what the shown total still says of the hidden ones together is
nothing about one of them: two lines at least, and no sum of them small. A total that is small itself hides everything.
"""

from collections.abc import Iterable, Sequence

SMALL = 5

Numbers = Sequence[int]


def hidden(lines: Sequence[Numbers], total: Numbers) -> frozenset[int] | None:
    """Return the places of the lines that stay hidden; None: not even the total may be shown.

    lines: of each line the numbers that are shown or follow from what is shown (counted, and not counted), 0 or more;
    one below 0 means that the line contradicts itself, and hides it. total: the same of the whole table. Lines are taken to
    add up to the total; where they do not (a person counted at two places), both the sum of the hidden lines and what
    the total leaves for them must be large enough. A column whose total is 0 hides nothing: all know that it is 0.
    Raises ValueError where a line has more or fewer numbers than the total.
    """
    if any(len(line) != len(total) for line in lines):
        raise ValueError("every line has as many numbers as the total")
    if any(0 < number < SMALL or number < 0 for number in total):
        return None
    left = {
        place for place, line in enumerate(lines) if any(0 < number < SMALL or number < 0 for number in line)
    }
    if not left:
        return frozenset()
    others = sorted(
        (place for place in range(len(lines)) if place not in left),
        key=lambda place: (sum(lines[place]), place),
    )
    while not _blurred(lines, total, left):
        if not others:
            return None
        left.add(others.pop(0))
    return frozenset(left)


def _blurred(lines: Sequence[Numbers], total: Numbers, left: set[int]) -> bool:
    """Return whether the hidden lines together say nothing about one of them."""
    if len(left) < 2:
        return False
    for column, whole in enumerate(total):
        if whole == 0:
            continue
        shown = sum(line[column] for place, line in enumerate(lines) if place not in left)
        together = sum(lines[place][column] for place in left)
        if whole - shown < SMALL or together < SMALL:
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

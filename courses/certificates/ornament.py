"""What is drawn around and behind the words: woven border, rosette, the portal's mark, a QR code. Pure.

Everything is PDF path operators. The border is one tile of a side and one of a corner, placed many times, and the
rosette one petal, turned: that keeps a certificate small. What is the same on all of them is made and compressed once.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from math import cos, pi, radians, sin

import segno

PAGE = (841.89, 595.28)  # A4, landscape, in points
ROSETTE_CENTRE = (PAGE[0] / 2, 306.0)
QUIET_MODULES = 4

_BAND, _SWING, _RADIUS = (
    27.0,
    8.5,
    31.0,
)  # the woven band: distance of its middle from the edge, half width, corner
_CORNER_PERIODS = 2
_PERIOD = _RADIUS * pi / 2 / _CORNER_PERIODS
_PETALS = 36
_ROSETTE_RADIUS = 150.0
_KAPPA = 0.5523  # control points of a quarter circle, in radii
_QR_MASK = 0

# One strand: how far it swings (1 is the edge of the band), how often in a tile, and where in its swing it begins.
_STRANDS = (
    *((1.0, 1, 2 * pi * part / 6) for part in range(6)),
    *((0.46, 2, 2 * pi * part / 3) for part in range(3)),
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Form:
    """A drawing that a file holds once and may place often. content: its operators, deflated; uses: forms it places."""

    name: str
    content: bytes
    uses: tuple[str, ...] = ()


@cache
def forms() -> tuple[Form, ...]:
    """Return the forms of the background, the last of which, `background`, fills the page and places the others."""
    parts = {"side": _side_tile(), "corner": _corner_tile(), "petal": _petal()}
    return (
        *(Form(name, zlib.compress(operators.encode("ascii"), 9)) for name, operators in parts.items()),
        Form("background", zlib.compress(_background().encode("ascii"), 9), tuple(parts)),
    )


@cache
def mark() -> str:
    """Return the portal's mark in a square of 100: a roof, and two hands like lotus leaves around a child; filled."""
    roof = (
        "2 55 m 22 59 40 72 50 89 c 60 72 78 59 98 55 c 99 59.5 98 63.5 95 66.5 c "
        "78 70 62 82 54 97.5 c 52 101 48 101 46 97.5 c 38 82 22 70 5 66.5 c 2 63.5 1 59.5 2 55 c h"
    )
    left = "47.5 1 m 47.5 22 36 38 12 45 c 8.5 22 20 5 47.5 1 c h"
    right = "52.5 1 m 52.5 22 64 38 88 45 c 91.5 22 80 5 52.5 1 c h"
    child = _curve(lambda t: (50 + 10.5 * cos(2 * pi * t), 52 + 10.5 * sin(2 * pi * t)), 4) + " h"
    return "\n".join((roof, left, right, child, "f"))


def qr_code(text: str) -> tuple[str, int]:
    """Return the QR code of `text` as one filled path, a module being 1 wide, and its size in modules.

    The size counts the quiet zone of four modules on each side; (0, 0) is its lower left corner. Error correction M:
    it can be read with an eighth of it soiled. The mask is always the chequered one: trying all eight, to please the
    eye of a scanner that reads each of them, took half of the time of a certificate.
    """
    code = segno.make_qr(text, error="m", mask=_QR_MASK)
    size = len(code.matrix) + 2 * QUIET_MODULES
    runs = (
        f"{QUIET_MODULES + first} {size - QUIET_MODULES - 1 - row} {length} 1 re"
        for row, modules in enumerate(code.matrix)
        for first, length in _dark_runs(modules)
    )
    return "\n".join((*runs, "f")), size


def _dark_runs(modules: Iterable[int]) -> Iterable[tuple[int, int]]:
    start: int | None = None
    for column, dark in enumerate((*modules, 0)):
        if dark and start is None:
            start = column
        elif not dark and start is not None:
            yield start, column - start
            start = None


def _background() -> str:
    width, height = PAGE
    across, down = width - 2 * (_BAND + _RADIUS), height - 2 * (_BAND + _RADIUS)
    sides = (
        f"q {_turned(-90 * turn, width / 2, height / 2)} {_side(length, other)} Q"
        for turn, (length, other) in enumerate(((across, down), (down, across)) * 2)
    )
    petals = f"/petal Do {_turned(360 / _PETALS)} " * _PETALS
    return "\n".join(
        (
            f"0.9882 0.9804 0.9608 rg 0 0 {width} {height} re f",
            f"q 0.937 0.922 0.874 RG 0.5 w {_moved(*ROSETTE_CENTRE)} {petals} Q",
            "0.525 0.671 0.655 RG 0.45 w",
            *sides,
            "0.0588 0.3608 0.3608 RG",
            f"0.9 w {_frame(_BAND - _SWING - 3.5)} S",
            f"0.5 w {_frame(_BAND + _SWING + 3.5)} S",
        )
    )


def _side(length: float, other: float) -> str:
    """Place the tiles of the upper side and its right corner, (0, 0) being the middle of the page."""
    count = round(length / _PERIOD)
    stretch = length / count / _PERIOD
    tiles = f"/side Do {_moved(_PERIOD, 0)} " * count
    start = _moved(-length / 2, other / 2 + _RADIUS)
    return f"{start} q {stretch:.5f} 0 0 1 0 0 cm {tiles} Q {_moved(length, -_RADIUS)} /corner Do"


def _side_tile() -> str:
    """Draw one period of the strands of a straight side, from (0, 0) to (_PERIOD, 0)."""

    def along(reach: float, times: int, phase: float) -> Callable[[float], Point]:
        return lambda t: (t * _PERIOD, _SWING * reach * sin(2 * pi * times * t + phase))

    return "\n".join(_curve(along(*strand), 6 * strand[1]) for strand in _STRANDS) + "\nS"


def _corner_tile() -> str:
    """Draw the strands of the upper right corner, a quarter of a circle about (0, 0)."""

    def around(reach: float, times: int, phase: float) -> Callable[[float], Point]:
        def point(t: float) -> Point:
            distance = _RADIUS + _SWING * reach * sin(2 * pi * times * t * _CORNER_PERIODS + phase)
            return distance * sin(t * pi / 2), distance * cos(t * pi / 2)

        return point

    return "\n".join(_curve(around(*s), 6 * s[1] * _CORNER_PERIODS) for s in _STRANDS) + "\nS"


def _petal() -> str:
    """Draw one petal of the rosette about (0, 0): three waves, which meet those of the other petals."""

    def wave(inner: float, outer: float, sweep: int) -> Callable[[float], Point]:
        middle, swing = (inner + outer) / 2 * _ROSETTE_RADIUS, (outer - inner) / 2 * _ROSETTE_RADIUS

        def point(t: float) -> Point:
            angle = 2 * pi * sweep * t / _PETALS
            distance = middle - swing * cos(2 * pi * t)
            return distance * cos(angle), distance * sin(angle)

        return point

    waves = (wave(0.30, 1.0, 5), wave(0.52, 0.94, 3), wave(0.22, 0.62, 7))
    return "\n".join(_curve(each, 12) for each in waves) + "\nS"


def _frame(inset: float) -> str:
    left, bottom, right, top = inset, inset, PAGE[0] - inset, PAGE[1] - inset
    r = _BAND + _RADIUS - inset
    k = r * (1 - _KAPPA)
    corners = (
        ((right, top - r), (right, top - k, right - k, top, right - r, top)),
        ((left + r, top), (left + k, top, left, top - k, left, top - r)),
        ((left, bottom + r), (left, bottom + k, left + k, bottom, left + r, bottom)),
        ((right - r, bottom), (right - k, bottom, right, bottom + k, right, bottom + r)),
    )
    path = [f"{_numbers(right, bottom + r)} m"]
    path += [f"{_numbers(*start)} l {_numbers(*bend)} c" for start, bend in corners]
    return " ".join((*path, "h"))


def _curve(point: Callable[[float], Point], pieces: int) -> str:
    """Draw `point(t)`, t from 0 to 1, as Bézier curves which share its points and tangents at `pieces` + 1 places."""
    step, tiny = 1 / pieces, 1e-5

    def handle(t: float) -> Point:
        (x0, y0), (x1, y1) = point(t - tiny), point(t + tiny)
        return (x1 - x0) / (2 * tiny) * step / 3, (y1 - y0) / (2 * tiny) * step / 3

    operators = [f"{_numbers(*point(0))} m"]
    for index in range(pieces):
        here, there = index * step, (index + 1) * step
        (x0, y0), (x1, y1) = point(here), point(there)
        (u0, v0), (u1, v1) = handle(here), handle(there)
        operators.append(f"{_numbers(x0 + u0, y0 + v0, x1 - u1, y1 - v1, x1, y1)} c")
    return "\n".join(operators)


def _turned(degrees: float, x: float = 0, y: float = 0) -> str:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return f"{c:.5f} {s:.5f} {-s:.5f} {c:.5f} {_numbers(x, y)} cm"


def _moved(x: float, y: float) -> str:
    return f"1 0 0 1 {_numbers(x, y)} cm"


def _numbers(*values: float) -> str:
    return " ".join(f"{value:.2f}" for value in values)

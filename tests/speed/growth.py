"""What the bounds of pages share: a table typed by hand, and a check that no line of it grows with what is shown.

A line is who asks, at most how many queries, and where. `{name}` stands for something that the test made.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask.testing import FlaskClient

from tests.speed.test_query_counts import queries

FEW, MANY = 3, 30
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@dataclass(frozen=True)
class Page:
    who: str
    most: int
    address: str


def table(lines: str) -> tuple[Page, ...]:
    """Read a table."""
    found = []
    for line in lines.strip().splitlines():
        who, most, address = line.split()
        found.append(Page(who, int(most), address))
    return tuple(found)


def does_not_grow(
    pages: tuple[Page, ...],
    browsers: Mapping[str, FlaskClient],
    fill: Callable[[int], Mapping[str, object]],
) -> None:
    """Ask every page with few rows, then with many; say which asks more queries, and which more than its line allows.

    fill: adds so many rows of whatever the pages show; returns what the addresses name, the same both times.
    """
    counts = []
    for rows in (FEW, MANY - FEW):
        named = fill(rows)
        counts.append([queries(browsers[one.who], one.address.format(**named), cold=True) for one in pages])
    found = list(zip(pages, *counts, strict=True))

    grown = [(one.address, few, many) for one, few, many in found if few != many]
    above = [(one.address, many, one.most) for one, _few, many in found if many > one.most]
    assert not grown, f"address, queries for few rows, for many: {grown}"
    assert not above, f"address, queries, at most: {above}"


def filled_in(address: str) -> str:
    """Return an address that the url map can match: whatever the test would have named is a 1."""
    return re.sub(r"\{\w+\}", "1", address)

"""A figure of a filed report opened: the rows as they were frozen, a page at a time. Who they are is looked up when shown."""

import json
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.indicators.opening import Row
from portal.reports.filing.classes import CLASSES
from portal.reports.filing.models import Filing, FilingRows
from portal.reports.filing.work import people_of, unpacked

PAGE = 50


@dataclass(frozen=True, slots=True)
class Frozen:
    """A page of frozen rows; total: how many rows of the wanted state there are in all."""

    rows: list[Row]
    total: int


def figures(filing: Filing) -> list[tuple[str, int]]:
    """Return the figures of a filed report that have rows, in its order, with how many."""
    kept = filing.snapshot or {}
    rows = kept.get("rows", {})
    return [
        (one["code"], rows[one["code"]]["count"])
        for one in kept.get("figures", ())
        if rows.get(one["code"], {}).get("count")
    ]


def has_people(filing: Filing, code: str) -> bool:
    """Return whether people were kept beside the facilities or areas of a figure."""
    return people_of(code) in (filing.snapshot or {}).get("rows", {})


def page(
    session: Session, filing: Filing, code: str, state: str, number: int, *, people: bool = False
) -> Frozen | None:
    """Return a page of the rows of a figure, the first is 1; None: nothing of that code was filed.

    state: all, counted or not_counted. people: of those inside its facilities or areas.
    """
    key = people_of(code) if people else code
    stored = session.get(FilingRows, (filing.id, key)) if code != CLASSES else None
    if stored is None:
        return None
    wanted = {"counted": (True,), "not_counted": (False,)}.get(state, (True, False))
    found = [row for row in json.loads(unpacked(stored.rows)) if row[4] in wanted]
    some = found[(number - 1) * PAGE : number * PAGE]
    return Frozen([Row(*row) for row in some], len(found))

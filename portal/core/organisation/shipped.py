"""The decrees and areas that come with the portal: checked data files, each with its source in its first lines."""

import csv
from collections.abc import Mapping
from importlib.resources import files

from portal.core.organisation.decrees import Decree, from_rows
from portal.core.text import N_

DECREES: Mapping[str, str] = {
    "2024-11-01": N_("Thái Bình, 1 November 2024: 260 communes become 242"),
    "2025-07-01": N_("Thái Bình and Hưng Yên, 1 July 2025: one province, 104 communes, no districts"),
}


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a shipped file, its remarks left out."""
    text = files("portal.core.organisation").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def decree(name: str) -> Decree:
    """Return a shipped decree by its day. Raises `KeyError`."""
    if name not in DECREES:
        raise KeyError(name)
    return from_rows(enumerate(rows(f"decree-{name}.csv"), 2))

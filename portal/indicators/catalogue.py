"""The plan files of this portal, read once."""

from functools import cache
from importlib.resources import files

from portal.indicators.definitions import Plan, read

FOLDER = "portal.indicators.plans"


@cache
def plans() -> dict[str, Plan]:
    """Return every plan by its code, in the order of file names. Raises `FaultyPlan`."""
    found = {}
    for file in sorted(files(FOLDER).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml") and file.name != "released.toml":
            plan = read(file.read_text("utf-8"), file.name)
            found[plan.code] = plan
    return found

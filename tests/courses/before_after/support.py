"""What several files about the questions before and after need."""

from quizzes.paper import Item
from tests.security.support import right_fields


def wrong_fields(item: Item) -> dict[str, list[str]]:
    """Return what somebody posts who chooses another option than the right one."""
    right = right_fields(item)[""][0]
    shown = item.shown.get("options")
    others = [one["ref"] for one in shown] if shown else ["true", "false"]
    return {"": [next(one for one in others if one != right)]}

"""How many examples a property is tried on: enough for every day, and many with HYPOTHESIS_PROFILE=deep (`make fuzz`).

Each run draws other examples, so that many small runs see what one long run would. A machine that does much else at
once is no fault of the code under test: there is no time limit for an example.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
_usual: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    "print_blob": True,
}


def examples(number: int) -> settings:
    """Return the settings of a property that is tried on so many examples, on twenty-five times as many if deep."""
    return settings(max_examples=number * (25 if DEEP else 1), **_usual)


def begin() -> None:
    """Let the properties that say nothing else take a hundred."""
    settings.register_profile("portal", examples(100))
    settings.load_profile("portal")

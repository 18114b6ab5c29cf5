"""What a learner may be refused of the questions before and after."""

from portal.core.errors import Refused
from portal.core.text import N_


class BeforeIsOver(Refused):
    """Answers given after a lesson say nothing about the time before it."""

    message = N_(
        "You have read a lesson or completed the course already, so these are no answers from before it. Nothing is lost:"
        " go on learning."
    )


class NotAskedNow(Refused):
    """They are asked before the first lesson and after the course, once each."""

    message = N_("These questions are asked once before the first lesson and once after the course.")

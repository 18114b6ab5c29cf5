"""What may be refused of a job, and how a handler learns that it should stop."""

from portal.core.errors import Refused
from portal.core.text import N_


class NotRunning(Refused):
    """Only what has not ended can be stopped."""

    message = N_("This work has ended already; there is nothing to stop.")


class NotFailed(Refused):
    """Only what failed or was stopped can be tried again."""

    message = N_("Only work that failed or was stopped can be tried again.")


class LeaseLost(Exception):
    """Another worker has taken the job up: whatever this one still holds must not be written."""


class Stopped(Exception):
    """Somebody asked the job to stop; a handler lets this through."""

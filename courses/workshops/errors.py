"""What may be refused around a class in a hall."""

from portal.core.errors import Refused
from portal.core.text import N_


class NotOpen(Refused):
    """The class takes no registrations any more."""

    message = N_("Registration for this class is over: it has been held, closed or cancelled.")


class AlreadyClosed(Refused):
    """The class is closed: who was there is a fact, changed only by a correction with a reason."""

    message = N_(
        "This class is closed. Changes are possible only as a correction, with a reason, by who may close it."
    )


class NotClosed(Refused):
    """A correction is for a closed class."""

    message = N_("This class is not closed yet: tick who was there on its list.")


class NotOver(Refused):
    """A class is closed once its last day has come."""

    message = N_("The last day of this class is %(day)s; it can be closed from then on.")


class SeatsTaken(Refused):
    """Fewer seats than are taken would put somebody out who was told she has one."""

    message = N_("%(seated)d people have a seat already; the class cannot have fewer seats than that.")


class SignaturesDiffer(Refused):
    """The number of signatures is not that of the ticks, and nobody said why."""

    message = N_(
        "The sheet has %(signatures)d signatures, but %(ticks)d people are ticked. Look again, or write why they "
        "differ (at least 10 characters)."
    )


class CodeOver(Refused):
    """The code is not that of the screen now."""

    message = N_(
        "This code is no longer valid; it changes every 30 seconds. Look at the trainer's screen and use the code "
        "that is there now."
    )


class NotToday(Refused):
    """Nobody checks in on another day."""

    message = N_("This class is not held today, so nobody can check in.")


class ReasonTooShort(Refused):
    """A correction, a cancellation and a certificate for the past say why."""

    message = N_("Write the reason in at least 10 characters; it stays on record with your name.")


class DayHasAttendance(Refused):
    """A day on which somebody was ticked is not taken out of a class."""

    message = N_("Somebody is ticked on %(day)s; that day cannot be removed.")


class Undecided(Refused):
    """Every doubtful line of a paper list needs a decision before it counts."""

    message = N_("%(left)d doubtful lines are still to be decided. Decide each of them, then count the list.")


class AlreadyCertified(Refused):
    """There is a certificate for this person and course already."""

    message = N_("A certificate for this course exists already: %(serial)s.")


class NoCompletion(Refused):
    """A certificate stands on a completion."""

    message = N_("This person has no completion from this class, so there is nothing to certify.")

"""What a head may be refused in assigning courses and in reminding people."""

from portal.core.errors import Refused
from portal.core.text import N_


class NotOfTheCourse(Refused):
    """The rule names an audience that the course is not for."""

    message = N_("The course %(course)s is not for this audience; choose one of its own.")


class NotWhole(Refused):
    """The head may assign in a part of the area only: one sector of it."""

    message = N_("You may assign in one sector of this area only; choose the sector.")


class DueTooEarly(Refused):
    """A due date in the past would make everybody late on the first day."""

    message = N_("The due date has passed already; choose a day from today on.")


class AlreadyEnded(Refused):
    """A rule ends once."""

    message = N_("This rule has ended already.")


class NobodyToRemind(Refused):
    """Everybody of the list has completed, or was reminded a few days ago."""

    message = N_(
        "Nobody is left to remind: everybody here has completed, or was reminded in the last %(days)d days."
    )

"""What may be refused around observed practice."""

from portal.core.errors import Refused
from portal.core.text import N_


class NoPractice(Refused):
    """The version that the person learns has no practice."""

    message = N_("The version of the course that this person learns has no practice.")


class PracticeOpen(Refused):
    """One practice at a time."""

    message = N_("A practice of this person is already arranged; finish or withdraw that one first.")


class AlreadyPassed(Refused):
    """The practice has been passed; another could only confuse."""

    message = N_("This person's practice has been marked and is sufficient.")


class WrongAssessors(Refused):
    """One or two assessors, different from each other and from the learner."""

    message = N_(
        "This practice needs %(needed)d assessors, different from each other; nobody marks her own practice."
    )


class NotAnAssessor(Refused):
    """A third person is neither of the two, and not the learner."""

    message = N_("The third person must be neither of the two assessors, and not the learner.")


class NothingApart(Refused):
    """A third person is named only where two sheets differ too much."""

    message = N_("The two sheets do not differ by more than the course allows; nobody needs to decide.")


class AlreadyHandedIn(Refused):
    """A sheet is handed in once."""

    message = N_("This sheet has been handed in already; it cannot be changed.")


class LevelsMissing(Refused):
    """A sheet is whole or it is not handed in."""

    message = N_(
        "%(left)d criteria have no level yet. Choose one for each; what you have chosen is still here."
    )


class AlreadySettled(Refused):
    """The result stands."""

    message = N_("The result of this practice stands already.")

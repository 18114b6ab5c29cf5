"""What the rules of filing refuse."""

from portal.core.errors import Refused
from portal.core.text import N_


class NotAReporter(Refused):
    """Nobody must report for this place and period."""

    message = N_("Nobody has to report for this place in this period.")


class TooEarly(Refused):
    """The cut-off is still to come."""

    message = N_(
        "The figures of this period close on %(cut_off)s; a report can be drafted from the day after."
    )


class AlreadyThere(Refused):
    """There is a report for this question already."""

    message = N_("There is a report for this place and period already.")


class WrongStep(Refused):
    """A report does not go from where it is to there."""

    message = N_("The report is in another state by now. Load the page again and look at its steps.")


class ChecksFail(Refused):
    """A check that stops a report fails."""

    message = N_("The checks found faults that must be mended before the report is prepared.")


class SamePerson(Refused):
    """Who prepared does not approve."""

    message = N_("Who prepared a report does not approve it: ask another head of this place.")


class Moved(Refused):
    """The facts changed after the report was approved."""

    message = N_(
        "The figures have changed since the report was approved (%(codes)s). Take it back to a draft, look at what moved, and approve it again."
    )


class SayWhy(Refused):
    """A reason is missing."""

    message = N_("Write the reason in at least 10 characters.")


class RowsDamaged(Refused):
    """What is stored of a filed figure is not what was filed."""

    message = N_(
        "The rows behind this filed figure are damaged, so they are not shown. The figure and the report are as they were filed. Tell the administrator: “reports verify” names the fault, and a backup holds the rows."
    )


class NoNumber(Refused):
    """An issued report has a number and a day."""

    message = N_("Give the number and the day of the issued report.")

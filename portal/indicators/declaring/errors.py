"""What the rules of declaring refuse."""

from portal.core.errors import Refused
from portal.core.text import N_


class NotAsked(Refused):
    """The unit does not declare this."""

    message = N_("The plan does not ask this of the unit.")


class EvidenceNeeded(Refused):
    """The item counts only with a file."""

    message = N_("Attach the evidence (PDF, JPEG or PNG): without it this value does not count.")


class SayWhyDifferent(Refused):
    """The declared number is far from the computed one, and no note says why."""

    message = N_(
        "The portal has %(computed)s, you declare %(declared)s: more than %(share)s apart. Say in the note where your number comes from (at least 10 characters)."
    )


class StillToCome(Refused):
    """A value of the future."""

    message = N_("This day is still to come.")


class BeforeThePlan(Refused):
    """A value from before the plan."""

    message = N_("This day is before the plan was signed.")


class AlreadyDecided(Refused):
    """Somebody was quicker."""

    message = N_("This value was approved or returned in the meantime. Load the page again.")


class OwnValue(Refused):
    """Who declared does not approve."""

    message = N_(
        "Who declared a value does not decide on it: somebody else who may approve for this unit must."
    )


class OwnUnit(Refused):
    """A value of one's own unit is decided above it."""

    message = N_("This is a value of your own unit: it is approved by those above it.")


class SayWhyReturned(Refused):
    """A return without a reason."""

    message = N_("Write the reason in at least 10 characters.")


class NobodyChosen(Refused):
    """A list without a tick."""

    message = N_("Tick at least one line first.")


class NotOfTheUnit(Refused):
    """Somebody who is not on the list."""

    message = N_(
        "Somebody ticked has no such post in this unit on that day. Load the page again and compare."
    )


class ScanNeeded(Refused):
    """A registration is signed on paper."""

    message = N_("Attach the scan of the signed registrations (PDF, JPEG or PNG).")


class EndsBeforeItBegan(Refused):
    """A registration that would end before its first day."""

    message = N_("A registration ends on its first day or later. Choose another day.")


class NothingToEnd(Refused):
    """A registration that is not there."""

    message = N_("None of the people ticked has a registration on that day.")

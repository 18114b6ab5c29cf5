"""What the work on rosters may be refused for."""

from portal.core.errors import Refused
from portal.core.text import N_


class PostExists(Refused):
    """One person, one unit, one audience: one post at a time."""

    message = N_("%(name)s holds this post here already.")


class CodeTaken(Refused):
    """A staff code is one person's in the whole portal."""

    message = N_(
        "The staff code %(code)s belongs to somebody already. If it is this person, ask her present unit for a transfer; else correct the code."
    )


class NumberFull(Refused):
    """As many people as one number may serve use it."""

    message = N_("%(most)d people use this phone number already. Give another number, or a staff code only.")


class EndsBeforeItBegins(Refused):
    """A post cannot end before its first day."""

    message = N_("The post began on %(began)s; it cannot end before.")


class PostEnded(Refused):
    """What has ended is history."""

    message = N_("This post has ended; it can no longer be changed.")


class TransferOpen(Refused):
    """One open transfer for a post."""

    message = N_("A transfer of this post is waiting for an answer already. Withdraw it first.")


class RefusalNeedsReason(Refused):
    """Whoever refuses a transfer says why."""

    message = N_("Say in at least %(least)d letters why not: the other unit reads it.")


class TransferAnswered(Refused):
    """A transfer is answered once."""

    message = N_("This transfer has been answered already.")


class NotYoursToReset(Refused):
    """Whoever has more rights than the asker, or is the asker, gets a new password elsewhere."""

    message = N_(
        "%(name)s holds a role beyond your unit, so a new slip must come from the office above. Your own password you change on the page of your account."
    )


class ImportMoved(Refused):
    """An import is not in the state in which this can be done."""

    message = N_("This import has gone on meanwhile; look at its present state.")


class UndoTooLate(Refused):
    """Seven days have passed."""

    message = N_("An import can be undone for %(days)d days; that time is over.")


class TotalsNeedPaper(Refused):
    """A declared total stands on a signed paper."""

    message = N_("Declare at least one person, and attach the signed paper.")

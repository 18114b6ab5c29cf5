"""What may be refused around a group lesson."""

from portal.core.errors import Refused
from portal.core.text import N_


class TooMany(Refused):
    """More hands or people than a hall holds: a slip of the finger."""

    message = N_(
        "%(number)d is more than a hall holds (%(most)d at most). Check the numbers; nothing was lost."
    )


class NotOnTheList(Refused):
    """Somebody ticked is not of the community any more."""

    message = N_(
        "%(left)d of those ticked do not belong to this community. Open the lesson anew and tick again; the "
        "numbers are still here."
    )


class KeyOfAnother(Refused):
    """The key of an evening that somebody else noted: no key of this phone."""

    message = N_("This evening was noted by somebody else. Open the lesson anew; nothing was changed.")

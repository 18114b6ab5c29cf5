"""What a support officer may be refused."""

from portal.core.errors import Refused
from portal.core.text import N_


class AlreadyAccompanied(Refused):
    """Another officer was quicker."""

    message = N_("This household is accompanied already.")


class NotAccompanied(Refused):
    """There is nothing to end."""

    message = N_("This household is not accompanied.")

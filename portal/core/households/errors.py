"""What one row of a collaborator's list may be refused for: said per row, the others go on."""

from portal.core.errors import Refused
from portal.core.text import N_


class NoSuchHousehold(Refused):
    """A row names a household number that the commune has not given."""

    message = N_("There is no household %(number)s in this community. Leave it empty to register a new one.")


class NoConsent(Refused):
    """Nothing is kept of somebody who has not agreed."""

    message = N_("Without a signature under the consent nothing may be kept. Leave this person out.")


class OldConsent(Refused):
    """The paper carries words that are not known here."""

    message = N_("The wording %(version)s of the consent is not known here. Use a fresh list.")


class NotAPhone(Refused):
    """What was written is no Vietnamese number."""

    message = N_("This is not a phone number we know. Write it like 0912 345 678.")


class NotWholeName(Refused):
    """A certificate needs family and given name."""

    message = N_("Write family and given name, as on your papers.")


class ChildsName(Refused):
    """It reads like the name of a child. Nothing was stored."""

    message = N_(
        "This reads like the name of a child; nothing was kept. Write the grown-up's name. If it is a grown-up's, tick that it is."
    )


class NumberOfTooMany(Refused):
    """As many people as one number may serve are registered with it."""

    message = N_(
        "%(most)d people use this number already. Leave it empty: she signs in with the name on her slip."
    )


class KnownElsewhere(Refused):
    """The person stands in another household already."""

    message = N_("%(name)s with this number is in household %(household)s already. Nothing was added.")


class ListTooLong(Refused):
    """A list has at most so many rows."""

    message = N_("A list has at most %(most)d rows. Send it in two parts.")

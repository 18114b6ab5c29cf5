"""What may be refused about a certificate."""

from portal.core.errors import Refused
from portal.core.text import N_


class NeverDrawn(Refused):
    """A certificate of the large demonstration, of which only the facts were entered."""

    message = N_(
        "The file of this certificate was never drawn: the demonstration entered it with its facts alone. Its number can be verified like any other."
    )


class AlreadyRevoked(Refused):
    """It is revoked already."""

    message = N_("This certificate has been revoked already.")


class ReasonTooShort(Refused):
    """A revocation says why, in words somebody can check later."""

    message = N_("Say why, in at least 10 characters. The reason is kept with your name.")

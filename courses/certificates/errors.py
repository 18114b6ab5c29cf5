"""What may be refused about a certificate."""

from portal.core.errors import Refused
from portal.core.text import N_


class AlreadyRevoked(Refused):
    """It is revoked already."""

    message = N_("This certificate has been revoked already.")


class ReasonTooShort(Refused):
    """A revocation says why, in words somebody can check later."""

    message = N_("Say why, in at least 10 characters. The reason is kept with your name.")

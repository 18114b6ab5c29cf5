"""What may be refused of rights over data."""

from portal.core.errors import Refused
from portal.core.text import N_


class SecretNotRight(Refused):
    """Correcting and erasing need the present password or PIN."""

    message = N_(
        "The present password or PIN is not right, or the account is locked for %(minutes)d minutes after %(failures)d failures in a row. Nothing was changed."
    )


class NothingToSignInWith(Refused):
    """Without number, code or user name nobody could sign in again."""

    message = N_("Without a phone number you could not sign in any more. Give another number instead.")


class LastAdministrator(Refused):
    """Somebody must be left who can let others in."""

    message = N_("This is the last administrator. Give the role to somebody else first.")


class NotOneself(Refused):
    """One's own data are removed on one's own page, with the secret."""

    message = N_("To remove your own data, use the page My data.")


class AlreadyErased(Refused):
    """There is nothing left to remove."""

    message = N_("The data of this person have been removed already.")


class ReasonTooShort(Refused):
    """A reason is a sentence."""

    message = N_("Say why in a sentence of at least %(least)d characters.")

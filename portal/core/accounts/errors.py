"""What signing in, signing up and changing an account may be refused for."""

from portal.core.errors import Refused
from portal.core.text import N_


class SignInRefused(Refused):
    """One sentence for every reason: a stranger learns neither who has an account nor which is locked."""

    message = N_(
        "The number, code or name and the password or PIN do not go together. After %(failures)d failures in a row "
        "an account is locked for %(minutes)d minutes. Forgotten? Ask the head of your unit or your collaborator."
    )


class SecretTooEasy(Refused):
    """The new password or PIN is one that strangers try first."""

    message = N_("This one is too easy to guess. Choose another.")


class CurrentSecretWrong(Refused):
    """A change of password needs the present one."""

    message = N_("The present password or PIN is not right.")

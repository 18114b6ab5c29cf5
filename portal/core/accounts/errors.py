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


class NameUnprintable(Refused):
    """A name holds what a certificate cannot print: it is refused where it is entered, not drawn as a box later."""

    message = N_(
        "A name is printed on certificates, and %(letters)s cannot be. Write the name in Latin letters, as on the papers."
    )


class SignInNameTaken(Refused):
    """A staff code and a user name are one person's each."""

    message = N_("%(name)s signs somebody else in already. Choose another.")


class NumberFull(Refused):
    """As many people as one number may serve have signed up with it."""

    message = N_(
        "%(most)d people use this number already. Ask your collaborator to register you, or use another number."
    )


class ChangedTooOften(Refused):
    """A secret may change a few times a day: who shares a number must not try the others' PINs as his own."""

    message = N_("You have changed it %(times)d times within a day. Try again tomorrow.")


class CurrentSecretWrong(Refused):
    """A change of password needs the present one."""

    message = N_("The present password or PIN is not right.")


class FirstRefused(Refused):
    """One sentence for every reason: a stranger learns neither who is on a roster nor who has an account."""

    message = N_(
        "The number or code and the confirmation code do not go together, or the slip has been used or has expired. "
        "After %(failures)d failures in a row nothing works for %(minutes)d minutes. Ask the head of your unit for a new slip."
    )


class SlipVoid(Refused):
    """Between the two steps the slip was used, replaced or ran out."""

    message = N_("This slip no longer works. Ask the head of your unit for a new one.")


class ClaimAnswered(Refused):
    """A claim is answered once."""

    message = N_("This request has been answered already, or the person has signed in by a slip meanwhile.")


class TooManyTokens(Refused):
    """Tokens that nobody remembers are doors that nobody watches."""

    message = N_("You have %(most)d tokens already. End one that is no longer used.")

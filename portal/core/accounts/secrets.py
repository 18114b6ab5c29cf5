"""Passwords and PINs: how they are kept, and which are too easy.

Argon2id with parameters of the OWASP cheat sheet. Of those that it holds to be equally strong, nine mebibytes in four
passes take two thirds of the time of nineteen in two where several sign in at once on a small server: 13 ms each beside
20, for less memory has to be made and emptied. A hash made with others is made anew when its owner signs in. Text is NFC first: the same password
typed on two telephones may arrive composed or decomposed.
"""

import itertools
import unicodedata
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from portal.core.names import fold

MIN_LENGTH = 8
MAX_LENGTH = 200
_hasher = PasswordHasher(time_cost=4, memory_cost=9 * 1024, parallelism=1)


def hashed(secret: str) -> str:
    """Return the Argon2id hash of a password or PIN."""
    return _hasher.hash(unicodedata.normalize("NFC", secret))


def matches(secret: str, kept: str | None) -> bool:
    """Return whether `secret` is the one behind `kept`. Takes equally long when there is nothing to compare with."""
    try:
        return (
            _hasher.verify(kept or _nobody(), unicodedata.normalize("NFC", secret[:MAX_LENGTH]))
            and kept is not None
        )
    except (Argon2Error, InvalidHashError):
        return False


def grown_old(kept: str | None) -> bool:
    """Return whether a hash was made with parameters that are no longer those of new ones."""
    return kept is not None and _hasher.check_needs_rehash(kept)


def easy_password(password: str, *about_the_person: str) -> bool:
    """Return whether a password is among the common ones, or is the person's own name, code or number."""
    plain = fold(password).replace(" ", "")
    own = {fold(text).replace(" ", "") for text in about_the_person if text}
    return plain in _common() or plain in own or len(set(plain)) < 4


def easy_pin(pin: str, phone: str | None) -> bool:
    """Return whether a PIN is one that a stranger tries first: one digit, a run, a pair repeated, the number's end."""
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    return steps in ({0}, {1}, {9}) or pin[:2] * 3 == pin or pin[:3] * 2 == pin or (phone or "").endswith(pin)


@cache
def _common() -> frozenset[str]:
    text = files("portal.core.accounts").joinpath("common-passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _nobody() -> str:
    return _hasher.hash("a secret of nobody, to spend the same time on")

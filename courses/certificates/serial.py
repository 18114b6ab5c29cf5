"""Serials of certificates, such as `CN-2026-7K3Q-9XWM-2BHT-4`: made, read as people type them, and checked. Pure.

A serial is `CN`, the year of issue, twelve characters drawn at random and one check character, all in Crockford's
base 32: no I, L, O or U, so that nothing can be misread from paper.

**Guessing.** Twelve characters are 60 bits. Say that 100,000 certificates stand in one year and that a thousand
addresses each ask as often as the rate limit lets them, 30 times a minute. They send only serials whose check
character is right, 43 million a day, and each names a certificate with a chance of 10^5 / 2^60: one hit in seven
centuries. With eight characters (40 bits) it would be four hits a day. The check character is no secret and adds
nothing to this.

**Check character.** Characters are the numbers 0 to 31, read as elements of the field GF(2^5) = GF(2)[x]/(x^5+x^2+1).
The sixteen characters of year and randomness are weighted by x^16 … x^1, and the check character is their sum. No
weight is zero, so each wrong character shows; all weights differ (x has order 31), so each exchange of two different
characters shows, adjacent or not, the check character included. A remainder modulo 37 promises the same but needs
five check characters outside the alphabet (`*~$=U`), which nobody can find on a telephone.
"""

import re
import unicodedata
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_LENGTH = 12

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_MISREAD = str.maketrans("OIL", "011")
_SEPARATORS = re.compile(r"[\s.,_\-‐‑‒–—−]+")
_BODY = re.compile(rf"[0-9]{{4}}[{ALPHABET}]{{{RANDOM_LENGTH + 1}}}")
_LONGEST_TYPED = 80


def new_serial(year: int, random: Callable[[int], int]) -> str:
    """Return a new serial of `year` in canonical form.

    random: given n, a number from 0 to n - 1 that nobody can foretell; in the portal it is `secrets.randbelow`.
    Raises ValueError for a year that is not written with four digits.
    """
    if not 1000 <= year <= 9999:
        raise ValueError(f"a serial needs a year of four digits, not {year}")
    body = f"{year}" + "".join(ALPHABET[random(len(ALPHABET))] for _ in range(RANDOM_LENGTH))
    return _canonical(body + _check(body))


def normalise(text: str) -> str | None:
    """Return the canonical form of a serial as a person typed it; None if it cannot be one.

    Case, spaces, hyphens of all kinds (also where they are missing) do not matter; O is read as 0, I and L as 1.
    Whether the check character is right is another question: ask `is_valid`.
    """
    if len(text) > _LONGEST_TYPED:
        return None
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if not plain.startswith("CN"):
        return None
    body = plain.removeprefix("CN").translate(_MISREAD)
    return _canonical(body) if _BODY.fullmatch(body) else None


def is_valid(serial: str) -> bool:
    """Return whether `serial` is in canonical form and its check character is right."""
    if normalise(serial) != serial:
        return False
    body = serial.removeprefix("CN").replace("-", "")
    return _check(body[:-1]) == body[-1]


def _check(body: str) -> str:
    total = 0
    for character in body:
        total = _times_x(total ^ _VALUE[character])
    return ALPHABET[total]


def _times_x(element: int) -> int:
    doubled = element << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled


def _canonical(body: str) -> str:
    return "-".join(("CN", body[:4], body[4:8], body[8:12], body[12:16], body[16]))

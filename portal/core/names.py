"""Vietnamese names and phone numbers: how they sort, how they are searched, how they are masked. Pure.

Vietnamese people are listed by given name (the last word), then by family and middle names; letters follow the
Vietnamese alphabet and, where letters are equal, tones follow the order of the dictionaries
(ngang, huyền, hỏi, ngã, sắc, nặng). SQLite has no such collation, so the key is stored in a column.
"""

import re
import unicodedata

_LETTERS = {letter: index for index, letter in enumerate(" aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_SPACES = re.compile(r"\s+")
_MOBILE = re.compile(r"0[35789][0-9]{8}")
_LANDLINE = re.compile(r"02[0-9]{9}")


def tidy(text: str) -> str:
    """Return `text` in NFC with single spaces and none at the ends: what every input edge stores."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def fold(text: str) -> str:
    """Return `text` in lower case without accents, đ as d: what a search compares."""
    plain = unicodedata.normalize("NFC", text).replace("đ", "d").replace("Đ", "d")
    marks = unicodedata.normalize("NFD", plain)
    return _SPACES.sub(" ", "".join(c for c in marks if unicodedata.category(c) != "Mn")).strip().casefold()


def sort_key(full_name: str) -> str:
    """Return a string whose plain order is the Vietnamese order of names: given name first.

    Two characters a letter, then the tones, so that any database sorts it rightly by bytes.
    """
    words = tidy(full_name).lower().split(" ")
    ordered = " ".join([words[-1], *words[:-1]])
    letters: list[str] = []
    tones: list[str] = []
    for character in ordered:
        parts = unicodedata.normalize("NFD", character)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        place = _LETTERS.get(base, 40 + (ord(base[0]) % 59 if base else 0))
        letters.append(f"{place:02d}")
        tones.append(str(next((_TONES[part] for part in parts if part in _TONES), 0)))
    return "".join(letters) + "!" + "".join(tones)


def given_name(full_name: str) -> str:
    """Return the given name, the last word: how a person is greeted."""
    return tidy(full_name).split(" ")[-1]


def masked(full_name: str) -> str:
    """Return a name that its bearer recognises and a stranger cannot search: `Nguyễn Văn An` -> `Nguyễn V. A.`."""
    first, *rest = tidy(full_name).split(" ")
    return " ".join([first, *(f"{word[0].upper()}." for word in rest)])


def phone_number(text: str) -> str | None:
    """Return a Vietnamese number as ten (mobile) or eleven (landline) digits, or None where it is none.

    Takes any usual spelling: `0912 345 678`, `+84912345678`, `84.912.345.678`, `(0912) 345-678`, and the nine
    digits that a spreadsheet leaves of it.
    """
    digits = re.sub(r"[\s.\-()]", "", text)
    if digits.startswith("+84"):
        digits = "0" + digits[3:].removeprefix("0")
    elif digits.startswith("84") and len(digits) in (11, 12):
        digits = "0" + digits[2:]
    elif len(digits) == 9 and digits.isdigit() and digits[0] in "35789":
        digits = "0" + digits
    return digits if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits) else None

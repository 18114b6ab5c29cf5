"""Vietnamese names and phone numbers: how they sort, how they are searched, how they are masked. Pure.

Vietnamese people are listed by given name (the last word), then by family and middle names; letters follow the
Vietnamese alphabet and, where letters are equal, tones follow the order of the dictionaries
(ngang, huyền, hỏi, ngã, sắc, nặng). SQLite has no such collation, so the key is stored in a column.
"""

import re
import unicodedata
from functools import lru_cache

_LETTERS = {letter: index for index, letter in enumerate(" aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_STROKES = str.maketrans("đĐƀɃ", "ddbb")
_SPACES = re.compile(r"\s+")
_MOBILE = re.compile(r"0[35789][0-9]{8}")
_LANDLINE = re.compile(r"02[0-9]{9}")


#: What a name may be written with: what a certificate can print (a test of the certificates holds the two together).
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzĐđɃƀ0123456789 -–'’.,()/&")
_MARKS = frozenset("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u0323")
_OWN_MARKS = {"\u031b": frozenset("OoUu"), "\u0327": frozenset("CcSs")}  # the horn, the cedilla
_MOST_MARKS = 3


def tidy(text: str) -> str:
    """Return `text` in NFC with single spaces, none at the ends, and nothing invisible: what every input edge stores."""
    shown = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return _SPACES.sub(" ", unicodedata.normalize("NFC", shown)).strip()


def tidy_lines(text: str) -> str:
    """Return `text` with every line tidy and its lines kept: what several paragraphs, or a list, are stored as."""
    lines = [tidy(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n")


def unprintable(full_name: str) -> tuple[str, ...]:
    """Return the letters of a name that no certificate of ours can print, each once and in order; () if all can be.

    All of Vietnamese is printed, the letters of other peoples of Vietnam (Ê Đê, Ba Na, Gia Rai: ƀ č ĕ ê̆ ñ ŏ …), and
    Latin letters with up to three marks.
    """
    letters: list[str] = []
    for character in tidy(full_name):
        if letters and unicodedata.combining(character):
            letters[-1] += character
        else:
            letters.append(character)
    return tuple(dict.fromkeys(letter for letter in letters if not _printable(letter)))


def _printable(letter: str) -> bool:
    bare, *marks = list(unicodedata.normalize("NFD", letter))
    if not marks:
        return bare in _PLAIN
    own = [mark for mark in marks if bare in _OWN_MARKS.get(mark, ())]
    return (
        bare in _PLAIN
        and bare.isalpha()
        and len(marks) <= _MOST_MARKS
        and len(own) <= 1
        and all(mark in _MARKS or mark in own for mark in marks)
    )


def fold(text: str) -> str:
    """Return `text` in lower case without accents, đ as d, ƀ as b: what a search compares."""
    plain = "".join([_bare(character) for character in unicodedata.normalize("NFC", text)])
    return _SPACES.sub(" ", plain).strip().casefold()


@lru_cache(maxsize=4096)  # a list of staff has fifty thousand names of two hundred letters
def _bare(character: str) -> str:
    marks = unicodedata.normalize("NFD", character.translate(_STROKES))
    return "".join(part for part in marks if unicodedata.category(part) != "Mn")


def sort_key(full_name: str) -> str:
    """Return a string whose plain order is the Vietnamese order of names: given name first.

    Two characters a letter, then the tones, so that any database sorts it rightly by bytes.
    """
    words = tidy(full_name).lower().split(" ")
    ordered = " ".join([words[-1], *words[:-1]])
    places = [_placed(character) for character in ordered]
    return "".join([letter for letter, _tone in places]) + "!" + "".join([tone for _letter, tone in places])


@lru_cache(maxsize=4096)
def _placed(character: str) -> tuple[str, str]:
    """Return the two digits of a letter's place in the alphabet, and the digit of its tone."""
    parts = unicodedata.normalize("NFD", character)
    base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    bare = parts[0].translate(_STROKES)  # a letter of no Vietnamese word stands with the one it is made from
    place = _LETTERS.get(base, _LETTERS.get(bare, 40 + (ord(base[0]) % 59 if base else 0)))
    return f"{place:02d}", str(next((_TONES[part] for part in parts if part in _TONES), 0))


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

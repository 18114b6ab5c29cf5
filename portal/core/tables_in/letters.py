"""The letters of a text file: which encoding it is in, and how old Vietnamese fonts become Unicode. Pure.

Tried in this order: a byte-order mark, UTF-16 by its zeros, UTF-8 by its validity; then windows-1258 and TCVN3 ("ABC",
the .VnTime fonts), of which the one wins whose words are more often Vietnamese syllables.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import BinaryIO

SAMPLE = 256 * 1024
CHUNK = 64 * 1024


class Encoding(StrEnum):
    """How a text file writes letters; the value is Python's name for the codec, but for TCVN3, which it has not."""

    UTF8 = "utf-8"
    UTF8_BOM = "utf-8-sig"
    UTF16 = "utf-16"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"
    WINDOWS_1258 = "cp1258"
    TCVN3 = "tcvn3"


#: TCVN 5712:1993 (VN3) above ASCII, as its bytes look in Latin-1. Capital letters with tones have no place of their
#: own there: the fonts for capitals (.VnTimeH) draw them over the small ones.
_TCVN3 = dict(
    zip(
        "\xb8\xb5\xb6\xb7\xb9\xa8\xbe\xbb\xbc\xbd\xc6\xa9\xca\xc7\xc8\xc9\xcb\xae\xd0\xcc\xce\xcf\xd1\xaa\xd5\xd2\xd3\xd4\xd6"
        "\xdd\xd7\xd8\xdc\xde\xe3\xdf\xe1\xe2\xe4\xab\xe8\xe5\xe6\xe7\xe9\xac\xed\xea\xeb\xec\xee\xf3\xef\xf1\xf2\xf4"
        "\xad\xf8\xf5\xf6\xf7\xf9\xfd\xfa\xfb\xfc\xfe\xa1\xa2\xa7\xa3\xa4\xa5\xa6",
        "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵĂÂĐÊÔƠƯ",
        strict=True,
    )
)
_FROM_TCVN3 = str.maketrans(_TCVN3)

_ONSET = "(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?"
_VOWELS = "[aăâeêioôơuưy]{1,3}"
_CODA = "(?:ch|ng|nh|[cmnpt])?"
_SYLLABLE = re.compile(_ONSET + _VOWELS + _CODA)
_WORD = re.compile(r"[^\W\d_]+")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


def nfc(text: str) -> str:
    """Return text in NFC, with what windows-1258 and macOS write apart put together."""
    return unicodedata.normalize("NFC", text)


def from_tcvn3(text: str) -> str:
    """Return Unicode of text whose TCVN3 bytes were read as Latin-1 (as spreadsheets keep it)."""
    return text.translate(_FROM_TCVN3)


def is_syllable(word: str) -> bool:
    """Return whether a word can be a Vietnamese syllable: onset, vowels, coda, and one tone at most."""
    marks = unicodedata.normalize("NFD", word.lower())
    if sum(mark in _TONES for mark in marks) > 1:
        return False
    plain = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES))
    return _SYLLABLE.fullmatch(plain) is not None


def likeness(text: str) -> float:
    """Return the share (0 to 1) of words with letters beyond ASCII that are Vietnamese syllables in one case.

    A text without such words is 1: nothing speaks against it.
    """
    words = [word for word in _WORD.findall(nfc(text)) if not word.isascii()]
    good = sum((word.islower() or word.isupper() or word.istitle()) and is_syllable(word) for word in words)
    return good / len(words) if words else 1.0


def is_tcvn3(texts: Iterable[str]) -> bool:
    """Return whether texts of a workbook are TCVN3 under an old font: their words become Vietnamese only by its table."""
    text = "\n".join(texts)
    if not any(letter in _TCVN3 for letter in text) or any(ord(letter) > 0xFF for letter in text):
        return False
    return likeness(from_tcvn3(text)) > max(0.7, likeness(text))


def detect(file: BinaryIO) -> Encoding | None:
    """Return the encoding of a text file, or None where it is none of the usual ones. The file is left at its start."""
    file.seek(0)
    head = file.read(SAMPLE)
    file.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        return Encoding.UTF8_BOM if _decodes(file, "utf-8") else None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding.UTF16 if _decodes(file, "utf-16") else None
    zeros = head.count(0)
    if zeros:
        return _without_mark(file, head, zeros)
    if _decodes(file, "utf-8"):
        return Encoding.UTF8
    tcvn3 = likeness(from_tcvn3(head.decode("latin-1")))
    windows = likeness(head.decode("cp1258", "replace")) if _decodes(file, "cp1258") else -1.0
    if max(tcvn3, windows) < 0.5:
        return None
    return Encoding.TCVN3 if tcvn3 > windows else Encoding.WINDOWS_1258


def _without_mark(file: BinaryIO, head: bytes, zeros: int) -> Encoding | None:
    """Return which UTF-16 it is, by where the zeros of its ASCII letters stand; None for a file that is no text."""
    low, high = head[1::2].count(0), head[0::2].count(0)
    if zeros < len(head) // 5 or min(low, high) > max(low, high) // 20:
        return None
    encoding = Encoding.UTF16_LE if low > high else Encoding.UTF16_BE
    return encoding if _decodes(file, encoding) else None


def _decodes(file: BinaryIO, codec: str) -> bool:
    """Return whether the whole file is valid in a codec; reads it in pieces and goes back to its start."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        while piece := file.read(CHUNK):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        file.seek(0)
    return True

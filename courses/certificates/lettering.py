"""Letters on certificates: the embedded typeface, clean text, and text that fits the room it has. Pure.

Be Vietnam Pro is made for Vietnamese: each of the 134 letters has its own drawing, so a letter is one glyph and what
is extracted from the file is what was drawn. For that every text passes `clean`, which composes marks with letters.
"""

import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from struct import pack, pack_into, unpack_from
from typing import Any

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFace, TTFontMaker

REGULAR = "Certificate-Regular"
ITALIC = "Certificate-Italic"
BOLD = "Certificate-SemiBold"

_FILES = {
    REGULAR: "BeVietnamPro-Regular.ttf",
    ITALIC: "BeVietnamPro-Italic.ttf",
    BOLD: "BeVietnamPro-SemiBold.ttf",
}
_WORDS, _ONE_SCALE, _MORE, _TWO_SCALES, _MATRIX, _HAS_INSTRUCTIONS = (
    0x1,
    0x8,
    0x20,
    0x40,
    0x80,
    0x100,
)  # glyf flags
_STEP = 0.5  # sizes are whole multiples of it, in points
_LEADING = 1.18  # from one line of a wrapped text to the next, in sizes


# A font's subset is made by moving one reading position over the font's file: one thread at a time. It costs
# nothing, for the work is Python's own and threads would take turns anyway.
drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text cut into lines, and the size in points at which each line is at most as wide as asked."""

    lines: tuple[str, ...]
    size: float

    @property
    def leading(self) -> float:
        """Return the distance between two lines, in points."""
        return self.size * _LEADING


@cache
def register_fonts() -> None:
    """Make the three fonts known to ReportLab, once in a process; they are read from the installed package.

    Streams are no longer written as ASCII from then on, in any file that ReportLab makes: it makes them a quarter
    longer and has been of no use since mail carries bytes.
    """
    rl_config.useA85 = 0
    folder = files("fontpkg_be_vietnam_pro") / "files"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, BytesIO(unhinted((folder / file).read_bytes()))))


def unhinted(font: bytes) -> bytes:
    """Return a TrueType font without its hints, which serve small letters on old screens and take 40 % of a subset."""
    face: Any = TTFontFace(BytesIO(font))
    made: Any = TTFontMaker()
    for tag in set(face.table) - {"cvt ", "fpgm", "prep", "gasp", "glyf", "loca", "DSIG"}:
        made.add(tag, face.get_table(tag))
    outlines, places, whole = bytearray(), [0], face.get_table("glyf")
    for start, end in pairwise(face.glyphPos):
        outlines += _without_instructions(whole[start:end])
        outlines += bytes(-len(outlines) % 4)
        places.append(len(outlines))
    made.add("glyf", bytes(outlines))
    made.add("loca", pack(f">{len(places)}L", *places))
    head = face.get_table("head")
    made.add("head", head[:50] + pack(">h", 1) + head[52:])  # 1: places are 32 bits wide
    stream: bytes = made.makeStream()
    return stream


def _without_instructions(glyph: bytes) -> bytes:
    """Return a glyph's outline with none of its instructions; a glyph of glyphs keeps its parts and loses the rest."""
    if not glyph:
        return glyph
    (contours,) = unpack_from(">h", glyph)
    if contours >= 0:
        at = 10 + 2 * contours
        (length,) = unpack_from(">H", glyph, at)
        return glyph[:at] + b"\0\0" + glyph[at + 2 + length :]
    shorn, at, more = bytearray(glyph), 10, True
    while more:
        (flags,) = unpack_from(">H", glyph, at)
        pack_into(">H", shorn, at, flags & ~_HAS_INSTRUCTIONS)
        at += 4 + (4 if flags & _WORDS else 2)
        at += 2 if flags & _ONE_SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0
        more = bool(flags & _MORE)
    return bytes(shorn[:at])


def clean(text: str) -> str:
    """Return `text` composed (NFC), on one line, without control characters."""
    composed = unicodedata.normalize("NFC", text)
    shown = (" " if character.isspace() else character for character in composed)
    return " ".join("".join(c for c in shown if unicodedata.category(c) not in ("Cc", "Cf")).split())


def undrawable(text: str) -> frozenset[str]:
    """Return the characters of `text` for which the typeface has no drawing; a box would stand in their place."""
    register_fonts()
    font: Any = pdfmetrics.getFont(BOLD)
    return frozenset(character for character in clean(text) if ord(character) not in font.face.charToGlyph)


def width(text: str, font: str, size: float, tracking: float = 0) -> float:
    """Return how wide `text` is drawn, in points; tracking: room added after each letter but the last, in points."""
    return _width_of_one_point(text, font) * size + tracking * max(0, len(text) - 1)


def fit(text: str, font: str, room: float, *sizes: tuple[float, float]) -> Fitted:
    """Return `text` in as few lines and as large as it goes into `room` points of width.

    sizes: for one line, for two and so on, the size wished for and the smallest before another line is begun.
    Whatever the text, no line is wider than `room`: what fits at none of the sizes is set smaller still.
    """
    words = re.split(r" (?![–—-] )", text)  # a dash stays with the word before it: no line begins with one
    lines: tuple[str, ...] = (text,)
    size = 0.0
    for count, (largest, smallest) in enumerate(sizes[: len(words)], start=1):
        lines = balanced(words, count, font)
        widest = max(width(line, font, 1) for line in lines)
        size = _lowered(largest, widest, room)
        if size >= smallest:
            break
    return Fitted(lines, size)


def balanced(words: list[str], count: int, font: str) -> tuple[str, ...]:
    """Return the words in `count` lines, their longest line as short as can be; count is at most the words."""
    if count <= 1:
        return (" ".join(words),)
    cuts = _cuts(len(words), count)
    return min(
        (tuple(" ".join(words[a:b]) for a, b in pairwise((0, *cut, len(words)))) for cut in cuts),
        key=lambda lines: max(width(line, font, 1) for line in lines),
    )


@lru_cache(maxsize=1024)
def _width_of_one_point(text: str, font: str) -> float:
    measured: float = pdfmetrics.stringWidth(
        text, font, 1
    )  # in plain Python; most texts stand on every certificate
    return measured


def _cuts(words: int, count: int) -> list[tuple[int, ...]]:
    if count == 2:
        return [(cut,) for cut in range(1, words)]
    return [(*before, cut) for cut in range(count - 1, words) for before in _cuts(cut, count - 1)]


def _lowered(largest: float, widest: float, room: float) -> float:
    if widest * largest <= room:
        return largest
    return room / widest // _STEP * _STEP or room / widest

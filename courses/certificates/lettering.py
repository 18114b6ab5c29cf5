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


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of a letter put together: a character of the typeface, and by how much it is moved, in sizes."""

    character: str
    right: float
    up: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text drawn as it stands (`text` and `drawn` are the same), or one letter put together with marks."""

    text: str
    drawn: str
    marks: tuple[Mark, ...] = ()


#: Letters with a stroke, which Unicode does not take apart: the letter, and how high through its stem, in its heights.
_STROKES = {"ƀ": ("b", 0.82), "Ƀ": ("B", 0.26)}
_STROKE = "\u0304"  # the macron, moved down
_ABOVE, _BELOW = 230, 220  # combining classes


def undrawable(text: str) -> frozenset[str]:
    """Return the letters of `text` that can neither be drawn nor put together; nothing would stand in their place."""
    return frozenset(piece.text for piece in pieces(clean(text), BOLD) if not piece.drawn and piece.text)


@lru_cache(maxsize=1024)
def pieces(text: str, font: str) -> tuple[Piece, ...]:
    """Return a clean text cut where letters must be put together; most texts are one piece.

    A letter that cannot be drawn is a piece with nothing to draw.
    """
    register_fonts()
    known = _face(font).charToGlyph
    found: list[Piece] = []
    plain = ""
    for letter in _letters(text):
        if len(letter) == 1 and ord(letter) in known:
            plain += letter
            continue
        if plain:
            found.append(Piece(plain, plain))
            plain = ""
        found.append(_put_together(letter, font))
    return (*found, Piece(plain, plain)) if plain or not found else tuple(found)


def _letters(text: str) -> list[str]:
    """Return the letters of a text, each with the marks that follow it."""
    letters: list[str] = []
    for character in text:
        if letters and unicodedata.combining(character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _put_together(letter: str, font: str) -> Piece:
    """Return a letter as the most complete one that the typeface draws, and what is left of its marks."""
    known = _face(font).charToGlyph
    bare, *marks = list(unicodedata.normalize("NFD", letter))
    placed: list[Mark] = []
    if bare in _STROKES:
        stroked, height = _STROKES[bare]
        placed.append(_stroke(stroked, height, font))
        bare = stroked
    drawn, under, left = bare, bare, []
    for mark in marks:
        whole = unicodedata.normalize("NFC", drawn + mark)
        if len(whole) == 1 and ord(whole) in known:
            drawn = whole
            if unicodedata.combining(mark) == _ABOVE:
                under = unicodedata.normalize("NFC", under + mark)
        else:
            left.append(mark)
    if any(ord(c) not in known or unicodedata.combining(c) not in (_ABOVE, _BELOW) for c in left):
        return Piece(letter, "")
    if ord(drawn) not in known or (left and ord(under) not in known):
        return Piece(letter, "")
    if drawn == "i" and any(unicodedata.combining(mark) == _ABOVE for mark in left):
        drawn = under = "ı"  # a mark takes the place of the dot
    x_height = _box("x", font)[3]
    middle, top = _middle(bare, font), _box(under, font)[3]
    for mark in left:
        above = unicodedata.combining(mark) == _ABOVE
        up = top - x_height if above and top - x_height > _OVERSHOOT else 0.0
        placed.append(Mark(mark, middle - _middle(mark, font), up))
        if above:
            top = up + _box(mark, font)[3]
    return Piece(letter, drawn, tuple(placed))


_OVERSHOOT = 0.02  # by which round letters are higher than flat ones


def _stroke(letter: str, height: float, font: str) -> Mark:
    """Return the stroke through the stem, on the left, of a letter."""
    left, _bottom, _right, top = _box(letter, font)
    stem = _box("l", font)
    bar = _box(_STROKE, font)
    return Mark(
        _STROKE,
        left + (stem[2] - stem[0]) / 2 - _middle(_STROKE, font),
        top * height - (bar[1] + bar[3]) / 2,
    )


def _middle(character: str, font: str) -> float:
    left, _bottom, right, _top = _box(character, font)
    return (left + right) / 2


@cache
def _box(character: str, font: str) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a character's drawing, in sizes."""
    face = _face(font)
    at = face.glyphPos[face.charToGlyph[ord(character)]]
    box = unpack_from(">4h", face.get_table("glyf"), at + 2)
    left, bottom, right, top = (value / face.unitsPerEm for value in box)
    return left, bottom, right, top


def _face(font: str) -> Any:
    known: Any = pdfmetrics.getFont(font)
    return known.face


def width(text: str, font: str, size: float, tracking: float = 0) -> float:
    """Return how wide `text` is drawn, in points; tracking: room added after each letter but the last, in points."""
    drawn = "".join(piece.drawn for piece in pieces(text, font))
    return _width_of_one_point(drawn, font) * size + tracking * max(0, len(drawn) - 1)


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

"""How easy a lesson is to read: sentences and their words, by language: pure.

Counted are running text and list items, in every block but `law`, which quotes. Headings and tables have no sentences.
A word is a stretch of letters or digits without white space: in Vietnamese a syllable (tiếng), in English a word.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from courses.blocks import Fence, Node, Prose, cut, lesson_parser

EASY_AVERAGE, EASY_LONGEST = 15, 20
"""For parents, collaborators and postal staff (fact book §14): words in a sentence on average, and in the longest."""
AVERAGE, LONGEST = 25, 45
"""For everybody else, who reads more easily."""
EASY_READERS = frozenset({"parent", "carer", "collaborator", "volunteer", "postal_worker"})
SLOWEST, FASTEST = 80, 180
"""Words that one reads in a minute, with a little time to think."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its number of words. line: from 1, of the paragraph where it stands."""

    line: int
    words: int
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """Sentences, words in them, and the longest sentence (None where there are none). `a + b` pools two texts."""

    sentences: int = 0
    words: int = 0
    longest: Sentence | None = None

    def __add__(self, other: "Level") -> "Level":
        """Pool two texts."""
        longest = max((one for one in (self.longest, other.longest) if one), key=_words, default=None)
        return Level(self.sentences + other.sentences, self.words + other.words, longest)

    @property
    def average(self) -> Fraction | None:
        """Return the words of a sentence on average; None where there is no sentence."""
        return Fraction(self.words, self.sentences) if self.sentences else None


def is_easy(audiences: Sequence[str]) -> bool:
    """Return whether somebody among the audiences reads little: the easiest reader decides for all."""
    return not EASY_READERS.isdisjoint(audiences)


def level(body: str) -> Level:
    """Return how a lesson's text reads."""
    found = sentences(body)
    longest = max(found, key=_words, default=None)
    return Level(len(found), sum(one.words for one in found), longest)


@lru_cache(maxsize=2048)
def sentences(body: str) -> tuple[Sentence, ...]:
    """Return the sentences of a lesson's text, in order."""
    return tuple(
        Sentence(line, words, text)
        for line, paragraph in _paragraphs(cut(body)[0])
        for text in _split(paragraph)
        if (words := len(_WORD.findall(text)))
    )


def hard_on_average(body: str, easy: bool) -> str:
    """Return what is wrong with a text whose sentences are too long for its readers on average; else empty."""
    average, most = level(body).average, EASY_AVERAGE if easy else AVERAGE
    if average is None or average <= most:
        return ""
    return f"a sentence has {float(average):.1f} words on average, more than {most}; say one thing in each"


def long_sentence(body: str, easy: bool) -> tuple[int, str] | None:
    """Return (line from 1, message) for the longest sentence, where it is too long for the readers."""
    most = EASY_LONGEST if easy else LONGEST
    many = [one for one in sentences(body) if one.words > most]
    if not many:
        return None
    longest = max(many, key=_words)
    others = f" ({len(many) - 1} others are over {most})" if len(many) > 1 else ""
    message = f"a sentence has {longest.words} words, more than {most}{others}; cut it in two: "
    return longest.line, f"{message}“{_start(longest.text)} …”"


def wrong_minutes(words: int, minutes: int) -> str:
    """Return what is wrong with the minutes stated for so many words; empty where they are honest."""
    pace = Fraction(words, minutes)
    if SLOWEST <= pace <= FASTEST:
        return ""
    honest = max(1, round(Fraction(words, 120)))
    return f"{words} words in {minutes} minutes are {round(pace)} a minute; about {honest} minutes are honest"


_WORD = re.compile(r"\w+(?:[.,:/’'-]\w+)*")
_END = re.compile(r"(?<=[.!?…])[\"”’»)\]]*\s+|\s+·\s+")
_ABBREVIATED = re.compile(r"(?:\b(?:TP|Th|ThS|TS|BS|Mr|Ms|Mrs|Dr|No|Art|vs|v)|\be\.g|\bi\.e)\.$")
_PARSER = lesson_parser(lambda target: True)


def _words(sentence: Sentence) -> int:
    return sentence.words


def _start(text: str) -> str:
    return " ".join(text.split()[:8])


def _split(paragraph: str) -> Iterator[str]:
    before = ""
    for piece in _END.split(paragraph):
        before = f"{before} {piece}".strip()
        if not _ABBREVIATED.search(before):
            yield before
            before = ""
    if before:
        yield before


def _paragraphs(nodes: Sequence[Node]) -> Iterator[tuple[int, str]]:
    """Yield (line from 1, words) of every paragraph and list item."""
    for node in nodes:
        if isinstance(node, Prose):
            yield from _of_prose(node)
        elif isinstance(node, Fence) and node.block.kind != "law":
            yield from _paragraphs(node.nodes)


def _of_prose(prose: Prose) -> Iterator[tuple[int, str]]:
    tokens = _PARSER.parse(prose.source)
    for before, token in pairwise(tokens):
        if token.type == "inline" and before.type == "paragraph_open" and token.children:
            words = "".join(
                " " if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children
                if child.type in ("text", "code_inline", "softbreak", "hardbreak")
            )
            yield prose.line + (token.map[0] if token.map else 0), words

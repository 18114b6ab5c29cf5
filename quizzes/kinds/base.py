"""What a kind of question is, and the checks that all kinds share. Pure.

A question becomes two parts: what is `shown` before submission and the `key`, which never leaves the server before
it. Both are JSON objects, and no meaning hangs on the order of their names (PostgreSQL does not keep it).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from typing import Any, Protocol

#: One text in every language: `{"vi": "…", "en": "…"}`. A text that belongs to no language has the single name "".
Text = Mapping[str, str]
#: An answer as it is stored: a JSON value, its shape given by the kind.
Answer = Any
#: What the form posted for one question: the part of the field's name after `q-<ref>` (and its dot), and the values.
Fields = Mapping[str, Sequence[str]]
#: Where in a question: names and 0-based places, such as `("options", 2, "text", "en")`.
Path = tuple[str | int, ...]

LABELS = "abcdefghijklmnopqrstuvwxyz"
MOST_ENTRIES = 12
REF = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ALL_OF_THE_ABOVE = re.compile(
    r"\b(all|none|both|any) of (the )?(above|these|those)\b"
    r"|\btất cả (các )?(ý|đáp án|phương án|câu|lựa chọn)?\s*(trên|nêu trên|ở trên|đều đúng)\b"
    r"|\bcả (hai|ba|bốn|[2-9])( ý| đáp án| phương án| câu)? (trên|đều đúng)\b"
    r"|\bcả [a-e](, ?[a-e])*( và |, ?)[a-e]\b"
    r"|\bkhông (có )?(ý|đáp án|phương án|câu) nào( ở)? trên\b",
    re.IGNORECASE,
)


class Malformed(ValueError):
    """What was posted cannot be an answer to this question: an unknown reference, too long, not a number …"""


class Diverged(Malformed):
    """A story has gone another way since the page was drawn."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a question, in English, and where in it."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A question split into what is `shown` and its `key`: two JSON objects."""

    shown: dict[str, Any]
    key: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """The exact share of a question's points, 0 to 1; `unfinished` when it was not answered to the end."""

    share: Fraction
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a result: an option, a pair, a step.

    chosen: the taker picked this option, or gave something on this line. right: whether the option is a right one,
    or what was given on the line is right; None where it is not told. given, expected: what was answered and what
    would have been right, for lines that are no options. explanation: the author's words on this choice.
    """

    ref: str
    text: Text | None
    chosen: bool
    right: bool | None
    given: Text | None = None
    expected: Text | None = None
    explanation: Text | None = None
    #: of an interview: the class of what was said, and words on it (`interview.WORDS`)
    utterance: str | None = None
    words: Mapping[str, Text] = field(default_factory=dict)

    def hinted(self) -> "Line":
        """Return the line without what would give the right answer away to someone who missed it."""
        if self.chosen:
            return replace(self, expected=None)
        return replace(self, right=None, expected=None, explanation=None)


class Kind(Protocol):
    """A kind of question. Every method is total over what the one before it returned."""

    @property
    def code(self) -> str:
        """Return the word that banks use, and the name of the template."""

    @property
    def keys(self) -> frozenset[str]:
        """Return the names a question of this kind may have besides those of all questions."""

    @property
    def cumulative(self) -> bool:
        """Return whether an answer may only go on from the one saved before (see `after`)."""

    def check(self, raw: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
        """Return every fault of one raw question as read from TOML; only this kind's own names are looked at."""

    def item(self, raw: Mapping[str, Any]) -> Parts:
        """Return the parts of a question that has no faults, in the author's order and with the author's refs."""

    def drawn(self, parts: Parts, random: Random) -> Parts:
        """Return the parts as they go into one paper: shuffled, and with labels that tell nothing."""

    def parse(self, shown: Mapping[str, Any], fields: Fields) -> Answer | None:
        """Return the answer that was posted, None when nothing was given. Raises `Malformed`."""

    def after(self, saved: Answer | None, given: Answer | None) -> Answer | None:
        """Return what to keep when `given` arrives and `saved` is there. Raises `Diverged`."""

    def form(self, shown: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
        """Return what the template asks with; holds nothing of the key."""

    def mark(self, key: Mapping[str, Any], answer: Answer | None) -> Mark | None:
        """Return the mark of `answer`; None when a person must mark it."""

    def review(
        self, shown: Mapping[str, Any], key: Mapping[str, Any], answer: Answer | None
    ) -> tuple[Line, ...]:
        """Return the lines of the result: what was given, what was right, and why."""


NOTHING = Mark(Fraction(0), unfinished=True)


def texts(value: object, languages: Sequence[str], *path: str | int) -> list[Fault]:
    """Return the faults of a text: every language there and filled, none besides, NFC, no control characters."""
    if not isinstance(value, dict):
        wanted = ", ".join(f'{language} = "…"' for language in languages)
        return [Fault(path, f"must be a text in every language: {{ {wanted} }}")]
    faults = [
        Fault(path, f"has a text in {name!r}, which is no language of this bank")
        for name in value
        if name not in languages
    ]
    for language in languages:
        if language not in value:
            faults.append(Fault(path, f"has no text in {language!r}"))
        else:
            faults += words(value[language], *path, language)
    return faults


def words(value: object, *path: str | int) -> list[Fault]:
    """Return the faults of one string that people read: filled, NFC, no control characters."""
    if not isinstance(value, str) or not value.strip():
        return [Fault(path, "must be a text that is not empty")]
    faults = []
    if not unicodedata.is_normalized("NFC", value):
        faults.append(Fault(path, "is not in Unicode NFC"))
    if any(character != "\n" and unicodedata.category(character) in ("Cc", "Cs") for character in value):
        faults.append(Fault(path, "holds a control character"))
    return faults


def option_texts(value: object, languages: Sequence[str], *path: str | int) -> list[Fault]:
    """Return the faults of the text of something to choose: as `texts`, and it does not speak of other choices."""
    faults = texts(value, languages, *path)
    if isinstance(value, dict):
        faults += [
            Fault((*path, language), "must stand alone: no 'all of the above', no 'tất cả các ý trên'")
            for language, words in value.items()
            if isinstance(words, str) and _ALL_OF_THE_ABOVE.search(words)
        ]
    return faults


def strangers(raw: Mapping[str, Any], allowed: frozenset[str], *path: str | int) -> list[Fault]:
    """Return a fault for every name in `raw` that is not `allowed`."""
    return [Fault((*path, name), f"{name!r} is not known here") for name in raw if name not in allowed]


def tables(
    raw: Mapping[str, Any],
    name: str,
    allowed: frozenset[str],
    *,
    fewest: int,
    path: Path = (),
    most: int = MOST_ENTRIES,
) -> tuple[list[tuple[int, dict[str, Any]]], list[Fault]]:
    """Return the tables `[[… .name]]` with their places, and their faults.

    Checked: there are `fewest` to `most`; each is a table with only `allowed` names and a ref of its own.
    """
    here = (*path, name)
    value = raw.get(name, [])
    if not isinstance(value, list):
        return [], [Fault(here, f"{name!r} must be a list of tables")]
    faults = []
    if not fewest <= len(value) <= most:
        faults.append(Fault(here, f"needs {fewest} to {most} of {name!r}, has {len(value)}"))
    found = []
    seen: set[str] = set()
    for place, entry in enumerate(value):
        if not isinstance(entry, dict):
            faults.append(Fault((*here, place), f"{name!r} must be a list of tables"))
            continue
        faults += strangers(entry, allowed, *here, place)
        faults += ref_faults(entry.get("ref"), seen, *here, place)
        found.append((place, entry))
    return found, faults


def ref_faults(ref: object, seen: set[str], *path: str | int) -> list[Fault]:
    """Return the faults of a ref, and add it to those `seen`."""
    if not isinstance(ref, str) or not REF.fullmatch(ref):
        return [Fault((*path, "ref"), "needs a ref of a-z, 0-9 and -, at most 40 long")]
    if ref in seen:
        return [Fault((*path, "ref"), f"the ref {ref!r} is used twice")]
    seen.add(ref)
    return []


def same_texts(entries: Sequence[tuple[Path, object]], what: str) -> list[Fault]:
    """Return a fault for each text that reads like one before it, in any language."""
    faults = []
    seen: set[tuple[str, str]] = set()
    for path, value in entries:
        if not isinstance(value, dict):
            continue
        here = {
            (language, words.strip().casefold())
            for language, words in value.items()
            if isinstance(words, str)
        }
        if here & seen:
            faults.append(Fault(path, f"two {what} read the same"))
        seen |= here
    return faults


def shuffled(refs: Sequence[str], random: Random) -> tuple[list[str], dict[str, str]]:
    """Return `refs` in random order, and the label of each: its place in that order, a letter, which tells nothing."""
    order = list(refs)
    random.shuffle(order)
    return order, {ref: LABELS[place] for place, ref in enumerate(order)}


def origin(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the bank's ref of each label, which statistics need."""
    return {label: ref for ref, label in labels.items()}


def one_value(fields: Fields, *, longest: int = 40) -> str | None:
    """Return the single posted value of a question with a single field, None when it is empty. Raises `Malformed`."""
    for name in fields:
        if name:
            raise Malformed(f"unknown field {name!r}")
    values = fields.get("", ())
    if len(values) > 1:
        raise Malformed("more than one value")
    if not values or not values[0]:
        return None
    if len(values[0]) > longest:
        raise Malformed("too long")
    return values[0]


def rows(fields: Fields, names: Sequence[str], allowed: Callable[[str], bool]) -> dict[str, str] | None:
    """Return the posted value of each named row that has one, None when no row has. Raises `Malformed`."""
    found = {}
    for name, values in fields.items():
        if name not in names or len(values) > 1:
            raise Malformed(f"unknown or repeated field {name!r}")
        if values and values[0]:
            if not allowed(values[0]):
                raise Malformed("unknown value")
            found[name] = values[0]
    return found or None


def neutral(words: str) -> Text:
    """Return a text that belongs to no language, such as what a person typed."""
    return {"": words}

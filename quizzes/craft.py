"""The craft of a bank: what a careful author would mend though the bank is sound. Pure.

Faults are what gives answers away or teaches nothing new; notes are matters of style that a second reader looks at.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

from quizzes.bank import LANGUAGES, PATTERN_OF, Bank
from quizzes.toml_lines import lines_of, nearest

WITH_EXAM, SELF_CHECK = 40, 20
FEWEST_KINDS = 3
SAME, NEARLY = 0.97, 0.88
"""Likeness of two stems, 0 to 1: from SAME on they are one question, from NEARLY on a reader looks at both."""
LEAK = 3
"""So many words of the right option in a row, in the stem and in no other option, give it away."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found at a question. place: its number from 0. fault: must be mended; else a note."""

    place: int
    message: str
    fault: bool


def findings(bank: Bank) -> list[Finding]:
    """Return what a bank by itself shows, in the order of its questions."""
    questions: Sequence[Mapping[str, Any]] = bank.document["questions"]
    found = [*_doubles(questions), *_lengths(questions), *_positions(questions), *_leaks(questions)]
    return sorted(found, key=lambda one: (one.place, one.message))


def lines(text: str, found: Sequence[Finding]) -> list[tuple[int, Finding]]:
    """Return each finding with its line in the text of the bank's file."""
    where = lines_of(text) if found else {}
    return [(nearest(where, ("questions", one.place)), one) for one in found]


def shortfalls(banks: Sequence[Bank], exam: bool) -> list[str]:
    """Return what the banks of one course lack together. exam: a quiz of the course has a pass mark."""
    questions = [one for bank in banks for one in bank.document["questions"]]
    fewest = WITH_EXAM if exam else SELF_CHECK
    found = []
    if len(questions) < fewest:
        what = "an exam" if exam else "a self-check"
        found.append(f"{len(questions)} questions in all; a course with {what} has {fewest} or more")
    kinds = {one["kind"] for one in questions}
    if len(kinds) < FEWEST_KINDS:
        found.append(
            f"the questions are of {len(kinds)} kinds ({', '.join(sorted(kinds))}); use {FEWEST_KINDS} or more"
        )
    return found


def words(text: str) -> list[str]:
    """Return the words of a text, without case and signs; accents stay, for they make Vietnamese words."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold())


def _doubles(questions: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Compare the whole questions, stem and options: several may begin with the same sentence."""
    stems = [words(one["stem"]["vi"]) for one in questions]
    whole = [stems[place] + words(" ".join(_options(one, "vi"))) for place, one in enumerate(questions)]
    bags = [Counter(one) for one in whole]
    for (early, first), (late, second) in combinations(enumerate(questions), 2):
        if first["kind"] != second["kind"] or not _close(bags[early], bags[late]):
            continue
        likeness = SequenceMatcher(None, whole[early], whole[late], autojunk=False).ratio()
        if likeness >= NEARLY:
            same = likeness >= SAME
            how = "is the same question as" if same else "is nearly the same question as"
            yield Finding(late, f"{second['ref']!r} {how} {first['ref']!r}; ask something else", same)


def _close(one: Counter[str], other: Counter[str]) -> bool:
    """Return whether two texts can be nearly the same: a cheap upper bound of their likeness."""
    total = one.total() + other.total()
    return total > 0 and 2 * (one & other).total() >= NEARLY * total


def _options(question: Mapping[str, Any], language: str) -> list[str]:
    """Return every text of a question beside its stem and feedback."""
    found = [
        one["text"] for key in ("options", "items", "distractors", "steps") for one in question.get(key, ())
    ]
    found += [pair[side] for pair in question.get("pairs", ()) for side in ("left", "right")]
    return [one[language] for one in found] + [str(question.get("answer", ""))]


def _singles(questions: Sequence[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    return [(place, one) for place, one in enumerate(questions) if one["kind"] == "single"]


def _lengths(questions: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Ask that in fewer than half of the single questions the longest option is right, by itself."""
    singles = _singles(questions)
    if len(singles) < PATTERN_OF:
        return
    for language in LANGUAGES:
        longest = [place for place, one in singles if _longest_is_right(one["options"], language)]
        if len(longest) * 2 >= len(singles):
            refs = ", ".join(questions[place]["ref"] for place in longest)
            yield Finding(
                longest[0],
                f"the longest option ({language}) is the right one in {len(longest)} of {len(singles)} single"
                f" questions; lengthen distractors until it is fewer than half: {refs}",
                True,
            )


def _longest_is_right(options: Sequence[Mapping[str, Any]], language: str) -> bool:
    sizes = [len(one["text"][language]) for one in options]
    return sizes.count(max(sizes)) == 1 and bool(options[sizes.index(max(sizes))].get("right"))


def _positions(questions: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Ask that no place holds the right option in more than half of the single questions."""
    singles = _singles(questions)
    if len(singles) < 2 * PATTERN_OF:
        return
    places = Counter(
        next(at for at, option in enumerate(one["options"]) if option.get("right")) for _, one in singles
    )
    place, count = places.most_common(1)[0]
    if count * 2 > len(singles):
        yield Finding(
            singles[0][0],
            f"the right option is number {place + 1} in {count} of {len(singles)} single questions; spread it",
            True,
        )
    for unused in sorted(set(range(min(len(one["options"]) for _, one in singles))) - set(places)):
        yield Finding(
            singles[0][0],
            f"the right option is never number {unused + 1} in a single question; spread it",
            False,
        )


def _leaks(questions: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Look for words of the right option that stand in the stem and in no distractor, in both languages.

    A fault where they are the whole option; else a note, for a good answer may quote the case.
    """
    for place, one in _singles(questions):
        given = [_given_away(one, language) for language in LANGUAGES]
        if all(given):
            right = next(option["text"]["vi"] for option in one["options"] if option.get("right"))
            yield Finding(
                place,
                f"{one['ref']!r}: the stem says “{given[0]}”, as only the right option does; word one of them anew",
                words(given[0]) == words(right),
            )


def _given_away(question: Mapping[str, Any], language: str) -> str:
    """Return the longest run of words, LEAK or more, that stem and right option share and no distractor has."""
    stem = words(_QUOTED.sub(" … ", question["stem"][language]))
    right = words(next(one["text"][language] for one in question["options"] if one.get("right")))
    others = [words(one["text"][language]) for one in question["options"] if not one.get("right")]
    run = SequenceMatcher(None, stem, right, autojunk=False).find_longest_match()
    shared = stem[run.a : run.a + run.size]
    needed = LEAK if language == "vi" else LEAK - 1
    if len(shared) < needed or any(_holds(other, shared[:needed]) for other in others):
        return ""
    return " ".join(shared)


_QUOTED = re.compile(r"[“\"«‘][^“”\"«»‘’]*[”\"»’]")
"""What somebody says in the case: a right answer may well be those very words."""


def _holds(text: Sequence[str], run: Sequence[str]) -> bool:
    return any(list(text[at : at + len(run)]) == list(run) for at in range(len(text)))

"""Question banks: read and check a file, and keep it as a document. Pure.

A bank file is read strictly: every fault is reported, each with its line. What passes is a `Bank`, and its
`document` (the file's data as read) is what a release stores and what its digest is made of, so that neither depends
on how this code happens to split questions into what is shown and what is key.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from quizzes import kinds
from quizzes.kinds.base import REF, Fault, Parts, Path, Text, ref_faults, strangers, texts
from quizzes.toml_lines import lines_of, nearest

FORMAT = 1
LANGUAGES = ("vi", "en")
DIFFICULTIES = (1, 2, 3)
#: So many single questions make a pattern; fewer are chance.
PATTERN_OF = 4
_TOP = frozenset({"format", "slug", "version", "languages", "questions"})
_COMMON = frozenset({"ref", "kind", "objective", "difficulty", "lesson", "stem", "feedback", "sources"})
_FEEDBACK = frozenset({"right", "wrong"})
_SYNTAX_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class BankFault:
    """What is wrong, and in which file and line (from 1)."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class BankFaults(ValueError):
    """A bank was refused; `faults` holds every reason, in the order of their lines."""

    def __init__(self, faults: Sequence[BankFault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a bank. difficulty: 1 easy to 3 hard. lesson: the address of what to read again.

    feedback: `{"right": text, "wrong": text}`, each text in every language.
    """

    ref: str
    kind: str
    objective: str
    difficulty: int
    lesson: str
    stem: Text
    feedback: Mapping[str, Text]
    parts: Parts
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bank:
    """A sound question bank; `document` is the data of its file, JSON values only."""

    document: Mapping[str, Any]

    @property
    def slug(self) -> str:
        """Return the bank's name, the same in every version."""
        return str(self.document["slug"])

    @property
    def version(self) -> int:
        """Return the version, from 1."""
        return int(self.document["version"])

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Return the questions in the order of the file."""
        return tuple(_question(raw) for raw in self.document["questions"])

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the document in canonical JSON: names sorted, no spaces, UTF-8."""
        canonical = json.dumps(self.document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def read_bank(text: str, name: str) -> Bank:
    """Return the bank written in `text`; `name` is the file's name, such as `gd-01-1.toml`.

    Raises `BankFaults` with every fault of the file.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _SYNTAX_LINE.search(str(error))
        line = int(where[1]) if where else max(1, text.count("\n"))
        raise BankFaults([BankFault(name, line, f"is not TOML: {error}")]) from None
    faults = check(raw, name)
    if faults:
        lines = lines_of(text)
        found = {BankFault(name, nearest(lines, fault.path), _placed(fault)) for fault in faults}
        raise BankFaults(sorted(found, key=lambda fault: (fault.line, fault.message)))
    return Bank(raw)


def shipped() -> tuple[str, ...]:
    """Return the file names of the banks that come with the portal."""
    return tuple(
        sorted(
            file.name for file in files("quizzes").joinpath("banks").iterdir() if file.name.endswith(".toml")
        )
    )


def read_shipped(name: str) -> Bank:
    """Return a shipped bank by its file name. Raises `BankFaults`, also when there is no such file."""
    return read_bank(text_of(name), name)


def text_of(name: str) -> str:
    """Return the text of a shipped bank by its file name. Raises `BankFaults`, also when there is no such file."""
    file = files("quizzes").joinpath("banks", name)
    if name not in shipped():
        raise BankFaults([BankFault(name, 1, "there is no such bank")])
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise BankFaults([BankFault(name, line, "is not UTF-8")]) from None


def check(raw: Mapping[str, Any], name: str) -> list[Fault]:
    """Return every fault of a bank's data; paths are those of the data."""
    faults = strangers(raw, _TOP) + _head_faults(raw, name)
    questions = raw.get("questions")
    if not isinstance(questions, list) or not questions:
        return [*faults, Fault(("questions",), "a bank needs [[questions]]")]
    seen: set[str] = set()
    for place, question in enumerate(questions):
        here: Path = ("questions", place)
        if not isinstance(question, dict):
            faults.append(Fault(here, "a question must be a table"))
            continue
        faults += ref_faults(question.get("ref"), seen, *here)
        faults += [
            Fault((*here, *fault.path), fault.message) for fault in _question_faults(question, LANGUAGES)
        ]
    return faults + _pattern_faults([q if isinstance(q, dict) else {} for q in questions], LANGUAGES)


def _head_faults(raw: Mapping[str, Any], name: str) -> list[Fault]:
    faults = []
    if raw.get("format") != FORMAT:
        faults.append(Fault(("format",), f"'format' must be {FORMAT}; this release reads no other"))
    slug, version = raw.get("slug"), raw.get("version")
    if not isinstance(slug, str) or not REF.fullmatch(slug):
        faults.append(Fault(("slug",), "'slug' must be of a-z, 0-9 and -, at most 40 long"))
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        faults.append(Fault(("version",), "'version' must be a whole number from 1"))
    if not faults and name != f"{slug}-{version}.toml":
        faults.append(Fault(("slug",), f"the file of this bank must be called '{slug}-{version}.toml'"))
    if raw.get("languages") != list(LANGUAGES):
        faults.append(Fault(("languages",), f"'languages' must be {list(LANGUAGES)}: every text is in both"))
    return faults


def _question_faults(question: Mapping[str, Any], languages: Sequence[str]) -> list[Fault]:
    code = question.get("kind")
    kind = kinds.of(code) if isinstance(code, str) else kinds.of("")
    known = isinstance(code, str) and code in kinds.KINDS
    faults = strangers(question, _COMMON | kind.keys) if known else []
    for name in ("objective", "lesson"):
        value = question.get(name)
        if not isinstance(value, str) or not REF.fullmatch(value):
            faults.append(Fault((name,), f"{name!r} must be a ref of a-z, 0-9 and -"))
    if question.get("difficulty") not in DIFFICULTIES or isinstance(question.get("difficulty"), bool):
        faults.append(Fault(("difficulty",), "'difficulty' must be 1 (easy), 2 or 3 (hard)"))
    faults += texts(question.get("stem"), languages, "stem")
    sources = question.get("sources", [])
    if not isinstance(sources, list) or not all(
        isinstance(one, str) and REF.fullmatch(one) for one in sources
    ):
        faults.append(Fault(("sources",), "'sources' is a list of keys of the register of sources"))
    feedback = question.get("feedback")
    if not isinstance(feedback, dict):
        faults.append(Fault(("feedback",), "every question needs feedback: { right = { … }, wrong = { … } }"))
    else:
        faults += strangers(feedback, _FEEDBACK, "feedback")
        for name in ("right", "wrong"):
            faults += texts(feedback.get(name), languages, "feedback", name)
    return faults + kind.check(question, languages)


def _pattern_faults(questions: Sequence[Mapping[str, Any]], languages: Sequence[str]) -> list[Fault]:
    """Return what a test-wise reader could use without knowing anything, over all single questions that are sound."""
    singles = [
        (place, question["options"])
        for place, question in enumerate(questions)
        if question.get("kind") == "single" and not kinds.of("single").check(question, languages)
    ]
    if len(singles) < PATTERN_OF:
        return []
    faults = []
    for language in languages:
        given_away = [place for place, options in singles if _longest_is_right(options, language)]
        if len(given_away) * 100 > len(singles) * 60:
            refs = ", ".join(str(questions[place].get("ref")) for place in given_away)
            faults.append(
                Fault(
                    ("questions", given_away[0]),
                    f"the longest option ({language}) is the right one in {len(given_away)} of {len(singles)} single"
                    f" questions, more than 60 %: {refs}",
                )
            )
    places = {next(at for at, option in enumerate(options) if option.get("right")) for _, options in singles}
    if len(places) == 1:
        faults.append(
            Fault(
                ("questions", singles[0][0]),
                f"the right option is number {places.pop() + 1} in every single question",
            )
        )
    return faults


def _longest_is_right(options: Sequence[Mapping[str, Any]], language: str) -> bool:
    longest = max(len(option["text"][language]) for option in options)
    at_length = [option for option in options if len(option["text"][language]) == longest]
    return len(at_length) == 1 and at_length[0].get("right") is True


def _placed(fault: Fault) -> str:
    """Return the message with the names around it, for a reader who looks at the line."""
    names = [str(part + 1) if isinstance(part, int) else part for part in fault.path]
    return f"{' '.join(names)}: {fault.message}" if names else fault.message


def _question(raw: Mapping[str, Any]) -> Question:
    return Question(
        ref=raw["ref"],
        kind=raw["kind"],
        objective=raw["objective"],
        difficulty=raw["difficulty"],
        lesson=raw["lesson"],
        stem=raw["stem"],
        feedback=raw["feedback"],
        parts=kinds.of(raw["kind"]).item(raw),
        sources=tuple(raw.get("sources", ())),
    )

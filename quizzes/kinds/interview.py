"""Interviewing practice: what each thing said to a child was, as the literature classes it, counted over a whole talk. Pure.

Classes after the coding of investigative interviews in research on the NICHD protocol (Lamb, Orbach, Hershkowitz, Esplin
and Horowitz 2007): invitations (open, or cued by what the child has said), directive questions about details she has named,
option-posing ones that offer answers, suggestive ones that say or assume what she has not; and supportive words, which
are no questions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from portal.core.text import N_
from quizzes.kinds.base import Fault, Path, texts

Text = Mapping[str, str]


class Utterance(StrEnum):
    """What was said to the child."""

    OPEN_INVITATION = "open_invitation"
    CUED_INVITATION = "cued_invitation"
    DIRECTIVE = "directive"
    OPTION_POSING = "option_posing"
    SUGGESTIVE = "suggestive"
    SUPPORTIVE = "supportive"


UTTERANCE_LABELS = {
    Utterance.OPEN_INVITATION: N_("open invitation"),
    Utterance.CUED_INVITATION: N_("cued invitation"),
    Utterance.DIRECTIVE: N_("directive question"),
    Utterance.OPTION_POSING: N_("option-posing question"),
    Utterance.SUGGESTIVE: N_("suggestive question"),
    Utterance.SUPPORTIVE: N_("supportive words"),
}
OPEN = (Utterance.OPEN_INVITATION, Utterance.CUED_INVITATION)
WEAK = (Utterance.OPTION_POSING, Utterance.SUGGESTIVE)
#: learnt: what the child told because of it; lost: what she did not tell, or what can no longer be relied on; better: a
#: line that would have served, which every option-posing or suggestive one has
WORDS = ("learnt", "lost", "better")


@dataclass(frozen=True, slots=True)
class Better:
    """A weak line that was said, what it was, and a line that would have served."""

    said: Text
    utterance: Utterance
    instead: Text


@dataclass(frozen=True, slots=True)
class Talk:
    """A whole interview: how many of each class, what was learnt and lost, and what could have been said instead."""

    counts: Mapping[Utterance, int]
    learnt: Sequence[Text]
    lost: Sequence[Text]
    better: Sequence[Better]

    @property
    def prompts(self) -> int:
        """Return how many things asked something: supportive words do not."""
        return sum(number for one, number in self.counts.items() if one != Utterance.SUPPORTIVE)

    @property
    def open_share(self) -> Fraction | None:
        """Return the share of prompts that were open or cued invitations; None where nothing was asked."""
        asked = self.prompts
        return Fraction(sum(self.counts[one] for one in OPEN), asked) if asked else None

    @property
    def suggestive(self) -> int:
        """Return how many were suggestive."""
        return self.counts[Utterance.SUGGESTIVE]


def talk(lines: Iterable[Any]) -> Talk | None:
    """Return the interview of the lines of a story's review (`kinds.base.Line`); None where nothing is classed."""
    classed = [line for line in lines if line.utterance is not None]
    if not classed:
        return None
    counts = dict.fromkeys(Utterance, 0)
    for line in classed:
        counts[Utterance(line.utterance)] += 1
    return Talk(
        counts=counts,
        learnt=[line.words["learnt"] for line in classed if "learnt" in line.words],
        lost=[line.words["lost"] for line in classed if "lost" in line.words],
        better=[
            Better(line.given, Utterance(line.utterance), line.words["better"])
            for line in classed
            if "better" in line.words and line.given is not None
        ],
    )


def faults(choice: Mapping[str, Any], languages: Sequence[str], path: Path) -> list[Fault]:
    """Return what is wrong with the class and the words of a choice."""
    named = choice.get("utterance")
    found = []
    for name in WORDS:
        if name in choice:
            found += texts(choice[name], languages, *path, name)
            if named is None:
                found.append(
                    Fault((*path, name), f"{name!r} needs an 'utterance': what was said to the child")
                )
    if named is None:
        return found
    if named not in set(Utterance):
        return [*found, Fault((*path, "utterance"), f"'utterance' is one of {', '.join(Utterance)}")]
    if named in WEAK and "better" not in choice:
        found.append(
            Fault(
                (*path, "better"), f"a choice classed {named} needs 'better': a line that would have served"
            )
        )
    return found

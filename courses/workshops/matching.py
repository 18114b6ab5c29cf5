"""Is a line of a paper list somebody we know? A score with its reasons, and a verdict that leaves doubt to people. Pure.

Points of 100, explained: the same staff code or phone number 60; the same name (accents and case apart) 30, the same
words in another order or all but one 15; the same unit 20, a unit whose name holds the other's 10; the same year of
birth or of joining 10. A different code or phone of somebody with the same name takes 25 away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.core.names import fold, phone_number

SURE, DOUBTFUL, LEAD = 80, 40, 20


class Verdict(StrEnum):
    """What the score says. Only SURE is taken without a person."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list, as typed; "" where a cell is empty, year 0 where there is none."""

    name: str
    unit: str = ""
    code: str = ""
    phone: str = ""
    year: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A person whom the portal knows: her posts' units by name, and the years her posts began."""

    id: int
    name: str
    units: tuple[str, ...] = ()
    code: str = ""
    phone: str = ""
    years: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """A known person with the points and the reasons, in the order they were looked at."""

    id: int
    score: int
    reasons: tuple[str, ...]


def match(line: Line, one: Known) -> Match:
    """Return how well `line` fits `one`: 0 to 100 points, and why."""
    score, reasons = 0, []
    same_key, other_key = _keys(line, one)
    if same_key:
        score += 60
        reasons.append(same_key)
    ours, theirs = fold(line.name), fold(one.name)
    if ours and ours == theirs:
        score += 30
        reasons.append("same_name")
        if other_key:
            score -= 25
            reasons.append(other_key)
    elif ours and _nearly(ours, theirs):
        score += 15
        reasons.append("similar_name")
    unit = fold(line.unit)
    units = [fold(name) for name in one.units]
    if unit and unit in units:
        score += 20
        reasons.append("same_unit")
    elif unit and any(unit in name or name in unit for name in units if name):
        score += 10
        reasons.append("similar_unit")
    if line.year and line.year in one.years:
        score += 10
        reasons.append("same_year")
    return Match(one.id, max(0, min(100, score)), tuple(reasons))


def best(line: Line, known: Iterable[Known], most: int = 5) -> tuple[Verdict, Sequence[Match]]:
    """Return the verdict and the best candidates, highest first.

    Sure: at least 80 points and 20 more than the next. Doubtful: at least 40. Else nobody.
    """
    found = sorted((match(line, one) for one in known), key=lambda one: (-one.score, one.id))
    found = [one for one in found if one.score >= DOUBTFUL][:most]
    if not found:
        return Verdict.NOBODY, ()
    ahead = found[0].score - (found[1].score if len(found) > 1 else 0)
    sure = found[0].score >= SURE and ahead >= LEAD
    return (Verdict.SURE if sure else Verdict.DOUBTFUL), found


def _keys(line: Line, one: Known) -> tuple[str, str]:
    """Return which key is the same, and which key both have and differ in."""
    code, other_code = line.code.strip().upper(), one.code.strip().upper()
    phone, other_phone = phone_number(line.phone) or "", phone_number(one.phone) or ""
    if code and code == other_code:
        return "same_code", ""
    if phone and phone == other_phone:
        return "same_phone", "other_code" if code and other_code else ""
    if code and other_code:
        return "", "other_code"
    return "", "other_phone" if phone and other_phone else ""


def _nearly(one: str, other: str) -> bool:
    ours, theirs = one.split(), other.split()
    if sorted(ours) == sorted(theirs):
        return True
    if len(ours) < 2 or ours[-1] != theirs[-1] or ours[0] != theirs[0]:
        return False
    return abs(len(ours) - len(theirs)) <= 1 and len(set(ours) ^ set(theirs)) <= 2

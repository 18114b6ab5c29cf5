"""Finding the person somebody means: by staff code, phone number or user name, as people write them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.core.accounts.queries import known_as


@dataclass(frozen=True, slots=True)
class Found:
    """What came of looking: one person, or none, or several on one number (their names)."""

    text: str
    id: int | None
    names: tuple[str, ...]


def person_meant(session: Session, text: str) -> Found:
    """Return whom `text` means. Several people may share one phone number; then nobody is chosen."""
    found = known_as(session, text) if text.strip() else []
    return Found(text.strip(), found[0][0] if len(found) == 1 else None, tuple(name for _key, name in found))


def people_meant(session: Session, text: str) -> Sequence[Found]:
    """Return whom each line (or part between commas) of `text` means, in order."""
    parts = [part.strip() for part in text.replace("\n", ",").replace(";", ",").split(",")]
    return [person_meant(session, part) for part in parts if part]

"""The words people agree to, by key and version. A wording is never edited: other words are another version. Pure."""

from portal.core.text import N_

#: What a parent agrees to, on the page and on the paper list of a collaborator alike.
PARENT = "parent"
WORDINGS = {
    (PARENT, "2026-11"): N_(
        "I agree that the portal keeps my name, number, commune and what I learn here, to teach me and to count me once."
    )
}
CURRENT = {PARENT: "2026-11"}


def text_of(wording: str, version: str) -> str | None:
    """Return the words (a message to be translated), or None where there is no such version."""
    return WORDINGS.get((wording, version))

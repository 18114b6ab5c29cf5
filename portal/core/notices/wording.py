"""The words of notices, by code. Packages register theirs at import; facts fill the placeholders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext
from werkzeug.routing import BuildError

from portal.core.locale import show_date
from portal.core.text import N_


@dataclass(frozen=True, slots=True)
class Wording:
    """Title (one line, also the subject of an e-mail and the text of an SMS), text, and what the button says.

    All are messages marked with `N_` whose named placeholders are facts; facts that are days in ISO 8601 and named
    `…_on` are shown as days.
    """

    title: str
    text: str
    button: str


WORDINGS: dict[str, Wording] = {}
#: Facts that are kept as codes and shown in words, by their name.
SHOWN: dict[str, Callable[[str], str]] = {}


def say(code: str, title: str, text: str, button: str = N_("Open")) -> str:
    """Register the words of a code and return the code. Raises ValueError for a code with other words."""
    wording = Wording(title, text, button)
    if WORDINGS.setdefault(code, wording) != wording:
        raise ValueError(f"two wordings for the notice {code}")
    return code


def show_as(fact: str, how: Callable[[str], str]) -> None:
    """Let a fact of notices that is kept as a code be shown in words, in the reader's language."""
    SHOWN[fact] = how


def filled(message: str, facts: Mapping[str, Any]) -> str:
    """Return a message in the reader's language with its facts; a fact may be a text in several languages."""
    values = {key: _shown(key, value) for key, value in facts.items() if key != "to"}
    return str(gettext(message, **values))


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(get_locale())) or value.get("vi", "")
    if not isinstance(value, str):
        return value
    if key in SHOWN:
        return SHOWN[key](value)
    return show_date(value) if key.endswith("_on") else value


def wording_of(code: str) -> Wording:
    """Return the words of a code; a code that is no longer known says that much."""
    return WORDINGS.get(code) or Wording(
        N_("A notice"), N_("This notice is from an earlier version of the portal."), N_("Open")
    )


def address(facts: Mapping[str, Any], *, whole: bool = False) -> str:
    """Return the address that a notice sends on to, or an empty string. whole: with scheme and host, for e-mail."""
    there = facts.get("to")
    if not isinstance(there, Mapping):
        return ""
    try:
        return url_for(str(there["endpoint"]), **there.get("values", {}), _external=whole)
    except (BuildError, KeyError, TypeError):
        return ""

"""What the place of a look was, in words: the trail keeps it as a code that outlives the thing itself."""

from flask_babel import gettext

from portal.core.rights.queries import Look
from portal.core.text import N_

_WHOLE = {
    "households": N_("the households of a community"),
    "requests": N_("people waiting for confirmation"),
    "transfers": N_("transfers"),
    "practice": N_("observed practice"),
    "erasures": N_("removals of data"),
    "record:list": N_("a record"),
    "record": N_("a record"),
}
_NUMBERED = {
    "workshop": N_("class no. %(number)s"),
    "group_lesson": N_("group lesson no. %(number)s"),
    "practice": N_("observed practice no. %(number)s"),
    "posting": N_("post no. %(number)s"),
    "rule": N_("assignment no. %(number)s"),
    "import": N_("list from a file no. %(number)s"),
    "household": N_("household %(number)s"),
}


def in_words(look: Look) -> str:
    """Return the name of the area or unit, or what else was looked at; a code that has no words stands for itself."""
    if look.name:
        return look.name
    words: str = look.place
    kind, _colon, number = look.place.partition(":")
    if look.place in _WHOLE:
        words = gettext(_WHOLE[look.place])
    elif kind in _NUMBERED and number:
        words = gettext(_NUMBERED[kind], number=number)
    return words

"""What a browser posts about answers, turned into what the kinds read. Pure.

A field of the question `q01` is called `q-q01`, and where a question has several fields `q-q01.a`, `q-q01.b`. A
script saves one question at a time, its fields without that prefix, as JSON
`{"ref": "q01", "fields": {"": ["b"]}, "seq": 1764000000000}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quizzes.kinds.base import REF

_MOST_FIELDS = 100
_MOST_VALUES = 100
_LONGEST = 1000
#: JavaScript counts exactly up to here.
_MOST_SEQ = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Save:
    """One question's fields as a script sends them. seq: the device's count, here milliseconds of the server's day."""

    ref: str
    fields: Mapping[str, Sequence[str]]
    seq: int


def read_save(payload: object) -> Save | None:
    """Return what a decoded JSON body says, or None when it is none of ours."""
    if not isinstance(payload, dict):
        return None
    ref, fields, seq = payload.get("ref"), payload.get("fields"), payload.get("seq")
    if not isinstance(ref, str) or not REF.fullmatch(ref):
        return None
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= _MOST_SEQ:
        return None
    if not isinstance(fields, dict) or len(fields) > _MOST_FIELDS:
        return None
    for values in fields.values():
        if not isinstance(values, list) or len(values) > _MOST_VALUES:
            return None
        if not all(isinstance(value, str) and len(value) <= _LONGEST and _text(value) for value in values):
            return None
    return Save(ref, fields, seq)


def _text(value: str) -> bool:
    """Return whether a database can store it: no NUL, and no half of a character (JSON can spell both)."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def read_seq(text: str | None, otherwise: int) -> int:
    """Return the count that a page carried in a hidden field, or `otherwise` when it is no such count."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 16:
        return otherwise
    return min(int(text), _MOST_SEQ)


def fields_of(ref: str, posted: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the fields of one question without their prefix: `{"": […]}`, or one entry a row."""
    own = f"q-{ref}"
    found = {"": posted[own]} if own in posted else {}
    found.update(
        {name[len(own) + 1 :]: values for name, values in posted.items() if name.startswith(f"{own}.")}
    )
    return found

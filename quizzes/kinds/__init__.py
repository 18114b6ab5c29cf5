"""The kinds of question: one file each and one word in the list below. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from quizzes.kinds.base import Kind
from quizzes.kinds.branching import Branching
from quizzes.kinds.matching import Matching
from quizzes.kinds.multiple import Multiple
from quizzes.kinds.numeric import Numeric
from quizzes.kinds.ordering import Ordering
from quizzes.kinds.shorttext import ShortText
from quizzes.kinds.single import Single
from quizzes.kinds.truefalse import TrueFalse
from quizzes.kinds.unknown import Unknown

_ALL: tuple[Kind, ...] = (
    Single(),
    Multiple(),
    TrueFalse(),
    Matching(),
    Ordering(),
    Numeric(),
    ShortText(),
    Branching(),
)

#: Every kind a bank may use, by its code.
KINDS: Mapping[str, Kind] = MappingProxyType({kind.code: kind for kind in _ALL})


def of(code: str) -> Kind:
    """Return the kind called `code`; an unknown one is a value too, left to a person to mark."""
    return KINDS.get(code, Unknown())

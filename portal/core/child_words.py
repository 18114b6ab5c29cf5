"""Whether a free text seems to speak of a child. It warns; a person decides. Pure."""

import re

from portal.core.names import tidy

_BEFORE = r"(?:bé|cháu|em bé|con trai|con gái|con của|con ông|con bà|con anh|con chị|học sinh|trẻ)"
_FIRST = re.compile(r"^(?:bé|cháu|em|con|trẻ)\s+\w", re.IGNORECASE)
_NAMED = re.compile(rf"\b({_BEFORE}\s+(?:tên\s+(?:là\s+)?)?[A-ZĐÀ-Ỹ]\w+)")
_CHILDLIKE = (
    re.compile(r"\b((?:1[0-5]|[1-9])\s*(?:tuổi|tháng tuổi))\b", re.IGNORECASE),
    re.compile(r"\b(lớp\s*(?:1[0-2]|[1-9])(?:\s*[A-Z0-9]+)?)\b", re.IGNORECASE),
    re.compile(r"\b(sinh (?:năm )?20[12][0-9])\b", re.IGNORECASE),
)


def child_in_name(name: str) -> bool:
    """Return whether a name is written as one writes of a child (`bé Na`, `cháu Minh`), not as on papers."""
    return _FIRST.match(tidy(name)) is not None


def child_in_text(text: str) -> str:
    """Return the first words of a text that seem to name or describe a child, or an empty string."""
    clean = tidy(text)
    for pattern in (_NAMED, *_CHILDLIKE):
        found = pattern.search(clean)
        if found:
            return found.group(1)
    return ""

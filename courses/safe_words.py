"""Words that hurt or blame children, which no lesson uses, and words that ask for a content note: pure.

The list is short on purpose. Only what has no innocent sense can be tested by a machine: `quan hệ`, `tự nguyện` and
`làm nhục` are on the writers' list too, but are also everyday words, so here they stand only within the phrases that hurt.
"""

import re
from collections.abc import Iterator, Mapping

INSTEAD: Mapping[str, str] = {
    "yêu râu xanh": "người bị nghi ngờ, bị can, bị cáo",
    "thú tính": "say what the adult did: “người lớn đã lợi dụng”",
    "mất trinh": "bị xâm hại tình dục",
    "đời con gái": "bị xâm hại tình dục",
    "con gái phải giữ mình": "người lớn phải chịu trách nhiệm",
    "con mồi": "trẻ bị xâm hại",
    "kẻ mách": "người báo tin",
    "nạn nhân khai man": "lời kể của trẻ thay đổi",
    "trẻ khai man": "lời kể của trẻ thay đổi",
    "tự nguyện quan hệ": "bị xâm hại tình dục",
    "quan hệ với trẻ em": "xâm hại tình dục trẻ em",
    "quan hệ tình dục với trẻ": "xâm hại tình dục trẻ em",
    "trẻ tự nguyện cho": "người lớn đã lợi dụng trẻ",
    "ác thú": "người bị nghi ngờ, bị can, bị cáo",
    "tự tử vì": "nói về sự giúp đỡ, không nêu một nguyên nhân",
    "ảnh khiêu dâm trẻ em": "tư liệu xâm hại tình dục trẻ em",
    "phim khiêu dâm trẻ em": "tư liệu xâm hại tình dục trẻ em",
    "mại dâm trẻ em": "bóc lột tình dục trẻ em",
    "khám trinh": "giám định pháp y",
    "thương tật tâm hồn": "sang chấn",
    "commit suicide": "die by suicide",
    "committed suicide": "died by suicide",
    "kiddie porn": "child sexual abuse material",
    "child prostitute": "sexually exploited child",
    "child prostitution": "sexual exploitation of children",
    "child pornography": "child sexual abuse material",
    "child porn": "child sexual abuse material",
    "sex with a child": "sexual abuse of a child",
    "lost her virginity": "was sexually abused",
}
"""Each word and what to write instead."""

BLAMING: Mapping[str, str] = {
    "tại sao con không": "“Con đã làm hết sức rồi.”",
    "tại sao em không": "“Em đã làm hết sức rồi.”",
    "sao con không kêu": "“Con kể lại là rất dũng cảm.”",
    "sao em không kêu": "“Em kể lại là rất dũng cảm.”",
    "ăn mặc hở hang": "say what the adult did",
    "trẻ nói dối": "lời kể của trẻ thay đổi",
    "trẻ bịa": "lời kể của trẻ thay đổi",
    "why didn't you": "“You did all you could.”",
    "why did you not": "“You did all you could.”",
    "dressed provocatively": "say what the adult did",
}
"""What may be quoted as what not to say, in a `say` table or a choice, but is never said by the lesson itself."""

HARD = (
    *("xâm hại tình dục", "hiếp dâm", "dâm ô", "tự tử", "tự sát", "tự làm đau", "tự hại"),
    *("sexual abuse", "sexually abused", "sexual exploitation", "rape", "suicide", "self-harm"),
)
"""What a reader is told of before she reads it."""


def _pattern(words: Iterator[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    phrases = (r"\s+".join(map(re.escape, phrase.split())) for phrase in longest_first)
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)


_HURTING = _pattern(iter(INSTEAD))
_HARD = _pattern(iter(HARD))
_BLAMING = _pattern(iter(BLAMING))
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]|^\|.*$|^:::.*$", re.MULTILINE)


def hurting(text: str) -> list[tuple[int, str, str]]:
    """Return (line from 1, the word, what to write instead) for every hurting word of `text`, which is in NFC."""
    return [(line, word, INSTEAD[word]) for line, word in _found(_HURTING, text)]


def blaming(text: str) -> list[tuple[int, str, str]]:
    """Return (line from 1, the words, what to write instead) where `text` itself, outside quotations and tables, blames.

    A title of a block is a quotation: choices are what somebody may do, right or wrong.
    """
    plain = _QUOTED.sub(lambda quoted: re.sub(r"\S", " ", quoted.group()), text)
    return [(line, word, BLAMING[word]) for line, word in _found(_BLAMING, plain)]


def first_hard(text: str) -> tuple[int, str] | None:
    """Return (line from 1, the word) of the first word in `text` that asks for a content note, if any."""
    return next(_found(_HARD, text), None)


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, " ".join(match.group().casefold().split())

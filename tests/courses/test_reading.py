"""How easy a text is to read: sentences and words, counted by hand here."""

from fractions import Fraction

import pytest

from courses import reading

TEXT = """Con khóc. Bố ngồi xuống bên con và hỏi!

## Tiêu đề không tính

- Gọi 111
- Đưa con ra chỗ sáng; nói nhỏ

| Nên | Không nên |
|---|---|
| "Bố nghe." | "Nín ngay." |

::: note Một điều
Mẹ thở **ba nhịp**. “Con đau ở đâu?” Mẹ hỏi.
:::

::: law
Một câu luật rất dài không ai được tính vào đây vì đó là lời dẫn của văn bản.
:::
"""


def test_sentences_are_those_of_paragraphs_and_lists() -> None:
    found = [(one.line, one.words) for one in reading.sentences(TEXT)]

    # "Con khóc" 2 · "Bố ngồi xuống bên con và hỏi" 7 · "Gọi 111" 2 · "Đưa con ra chỗ sáng; nói nhỏ" 7 ·
    # "Mẹ thở ba nhịp" 4 · "Con đau ở đâu" 4 · "Mẹ hỏi" 2
    assert found == [(1, 2), (1, 7), (5, 2), (6, 7), (13, 4), (13, 4), (13, 2)]


def test_the_level_is_words_over_sentences_and_pools() -> None:
    level = reading.level(TEXT)

    assert (level.sentences, level.words, level.average) == (7, 28, Fraction(4))
    assert level.longest
    assert level.longest.words == 7
    both = level + reading.level("Một hai ba bốn năm sáu bảy tám chín mười.")
    assert (both.sentences, both.words) == (8, 38)
    assert both.longest
    assert both.longest.words == 10
    assert reading.level("").average is None
    assert reading.level("") + reading.level("") == reading.Level()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nghị định 56/2017/NĐ-CP nói rõ.", [5]),
        ("Hơn 4.2 triệu đồng.", [4]),
        ("At the age of 5, e.g. in May, she left. Then?", [10, 1]),
        ("Ông hỏi: “Ai đấy?” Bà im lặng …", [4, 3]),
        ("Nghe · Tin · Báo 111", [1, 1, 2]),
        ("Gọi\nngay 111", [3]),
    ],
)
def test_where_a_sentence_ends(text: str, words: list[int]) -> None:
    assert [one.words for one in reading.sentences(text)] == words


def test_the_easiest_reader_decides() -> None:
    assert reading.is_easy(["teacher", "parent"])
    assert reading.is_easy(["postal_worker"])
    assert not reading.is_easy(["teacher", "police_officer"])


def of(words: int) -> str:
    return " ".join(["tiếng"] * words) + "."


@pytest.mark.parametrize(
    ("words", "easy", "hard"), [(15, True, False), (16, True, True), (25, False, False), (26, False, True)]
)
def test_the_average_has_a_limit(words: int, easy: bool, hard: bool) -> None:
    assert bool(reading.hard_on_average(of(words), easy)) is hard


def test_the_longest_sentence_is_named_with_its_line() -> None:
    text = f"{of(20)}\n\n{of(21)}\n\n{of(23)}"

    found = reading.long_sentence(text, True)

    assert found
    assert found[0] == 5
    assert found[1].startswith(
        "a sentence has 23 words, more than 20 (1 others are over 20); cut it in two: “tiếng"
    )
    assert reading.long_sentence(of(20), True) is None
    assert reading.long_sentence(of(45), False) is None


@pytest.mark.parametrize(
    ("words", "minutes", "honest"),
    [(800, 10, ""), (900, 5, ""), (790, 10, "about 7"), (905, 5, "about 8"), (60, 5, "about 1")],
)
def test_minutes_fit_the_words(words: int, minutes: int, honest: str) -> None:
    said = reading.wrong_minutes(words, minutes)

    assert honest in said
    assert bool(said) is bool(honest)

"""Words that no lesson uses, and words that ask for a content note."""

import pytest

from courses.safe_words import INSTEAD, first_hard, hurting


@pytest.mark.parametrize("word", INSTEAD)
def test_every_word_is_found_with_what_to_write_instead(word: str) -> None:
    text = f"Một.\nHai {word.capitalize()}, ba.\n"

    assert hurting(text) == [(2, word, INSTEAD[word])]


def test_a_phrase_is_found_over_the_end_of_a_line() -> None:
    assert [(line, word) for line, word, _ in hurting("a yêu\n  râu xanh b")] == [(1, "yêu râu xanh")]


@pytest.mark.parametrize(
    "text", ["xây dựng quan hệ với học sinh", "tự nguyện tham gia", "không làm nhục trẻ", "mồi", "con mồide"]
)
def test_everyday_words_are_let_through(text: str) -> None:
    assert hurting(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a\nb xâm hại\ntình dục", (2, "xâm hại tình dục")),
        ("Sexual abuse of a child. Suicide.", (1, "sexual abuse")),
        ("grape, xâm hại, bạo lực", None),
    ],
)
def test_hard_words_ask_for_a_note(text: str, found: tuple[int, str] | None) -> None:
    assert first_hard(text) == found

"""Letters: composed, known to the typeface, never wider than their room."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.certificates.lettering import (
    BOLD,
    REGULAR,
    balanced,
    clean,
    fit,
    register_fonts,
    undrawable,
    width,
)

register_fonts()

names = (
    st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyẴẶỮỴỔW – ", min_size=1, max_size=160)
    .map(clean)
    .filter(bool)
)


@given(names)
def test_no_line_is_wider_than_its_room_and_no_word_is_lost(text: str) -> None:
    fitted = fit(text, BOLD, 660, (36, 27), (27, 8))

    assert " ".join(fitted.lines) == text
    assert all(width(line, BOLD, fitted.size) <= 660.001 for line in fitted.lines)
    assert 0 < fitted.size <= 36


def test_short_text_stands_on_one_line_at_the_size_wished_for() -> None:
    fitted = fit("Nguyễn Thị Hương", BOLD, 660, (36, 27), (27, 8))

    assert (fitted.lines, fitted.size) == (("Nguyễn Thị Hương",), 36)


def test_endless_word_is_set_smaller_and_not_cut() -> None:
    fitted = fit("W" * 120, BOLD, 660, (36, 27), (27, 8))

    assert fitted.lines == ("W" * 120,)
    assert width(fitted.lines[0], BOLD, fitted.size) <= 660.001


def test_empty_text_is_one_empty_line() -> None:
    assert fit("", BOLD, 660, (12, 6)).lines == ("",)


def test_lines_are_balanced_in_two_and_in_three() -> None:
    assert balanced(["aa", "aa", "aa", "aa"], 2, REGULAR) == ("aa aa", "aa aa")
    assert balanced(["a", "a", "a", "a", "a", "a"], 3, REGULAR) == ("a a", "a a", "a a")


def test_no_line_begins_with_a_dash() -> None:
    fitted = fit("GIÁM ĐỐC SỞ LAO ĐỘNG – THƯƠNG BINH VÀ XÃ HỘI", BOLD, 240, (10.5, 9), (10.5, 5))

    assert len(fitted.lines) == 2
    assert not any(line.startswith("–") for line in fitted.lines)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (unicodedata.normalize("NFD", "Đặng Thuỳ Trâm"), "Đặng Thuỳ Trâm"),
        ("  Nguyễn\u00a0Thị \t Hương\n", "Nguyễn Thị Hương"),
        ("Hư\u200bơ\u0000ng\u202e", "Hương"),
    ],
)
def test_text_is_composed_and_clean(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_characters_without_a_drawing_are_named() -> None:
    assert undrawable("Nguyễn Thị Hương, Bảo Lộc – 111 ₫") == frozenset()
    assert undrawable("Lý 李 Ж") == {"李", "Ж"}

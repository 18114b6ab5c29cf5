"""Letters: composed, known to the typeface, never wider than their room."""

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.certificates.lettering import (
    BOLD,
    REGULAR,
    balanced,
    clean,
    fit,
    pieces,
    register_fonts,
    undrawable,
    width,
)
from portal.core import names as spelling

register_fonts()

#: Of the alphabets of the Ê Đê, Ba Na and Gia Rai, what is not Vietnamese.
OTHER_LETTERS = "ƀ Ƀ č Č ĕ Ĕ ê̆ Ê̆ ĭ Ĭ ñ Ñ ŏ Ŏ ô̆ Ô̆ ơ̆ Ơ̆ ŭ Ŭ ư̆ Ư̆".split()

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


@pytest.mark.parametrize("font", [REGULAR, BOLD])
@pytest.mark.parametrize("letter", OTHER_LETTERS)
def test_letters_of_other_peoples_are_drawn(letter: str, font: str) -> None:
    (one,) = pieces(letter, font)

    assert one.text == letter
    assert one.drawn
    assert len(one.marks) == (0 if letter in "čČñÑ" else 1)
    assert undrawable(f"H’{letter}ng") == frozenset()


def test_a_mark_stands_above_the_middle_of_its_letter_and_higher_on_a_capital() -> None:
    # From the font, in thousandths: e spans 54–557 and is 540 high, x 530; E 72–573 and 740; ê 775; the breve 0–347.
    (small,), (capital,), (stacked,) = (pieces(letter, BOLD)[0].marks for letter in ("ĕ", "Ĕ", "ê̆"))

    assert (small.right, small.up) == (pytest.approx((54 + 557) / 2000 - 0.1735), 0)
    assert (capital.right, capital.up) == (pytest.approx((72 + 573) / 2000 - 0.1735), pytest.approx(0.21))
    assert stacked.up == pytest.approx(0.245)


def test_an_i_gives_its_dot_for_another_mark() -> None:
    assert pieces("Siĭ", BOLD)[1].drawn == "ı"


def test_ordinary_text_is_one_piece_and_as_wide_as_it_was() -> None:
    assert [piece.text for piece in pieces("Nguyễn Thị Hương", BOLD)] == ["Nguyễn Thị Hương"]
    assert width("Ĕê̆ƀ", BOLD, 10) == pytest.approx(width("Eêb", BOLD, 10))


def test_every_name_that_may_be_entered_can_be_drawn() -> None:
    """The door (`portal.core.names`) and the typeface, held together: every letter, with every mark and any two."""
    plain = sorted(spelling._PLAIN)
    letters = [letter for letter in plain if letter.isalpha()]
    marks = sorted({*spelling._MARKS, *spelling._OWN_MARKS})
    pairs = ["".join(pair) for pair in product(marks, repeat=2)]
    entered = [
        text
        for text in [*plain, *("".join(one) for one in product(letters, [*marks, *pairs]))]
        if not spelling.unprintable(text)
    ]

    assert {text for text in entered if undrawable(text)} == set()
    assert len(entered) > 8_000

"""Names sort, search and mask the Vietnamese way; phone numbers arrive in every spelling."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.names import fold, given_name, masked, phone_number, sort_key, tidy, tidy_lines, unprintable


def test_given_name_comes_first_in_sorting_then_family_name() -> None:
    names = ["Trần Văn Bình", "Nguyễn Thị An", "Lê Văn An", "Đỗ Văn Dũng", "Phạm Thu Đào"]

    assert sorted(names, key=sort_key) == [
        "Lê Văn An",
        "Nguyễn Thị An",
        "Trần Văn Bình",
        "Đỗ Văn Dũng",
        "Phạm Thu Đào",
    ]


def test_tones_follow_the_order_of_the_dictionaries() -> None:
    # ngang, huyền, hỏi, ngã, sắc, nặng
    names = ["Lê Bạ", "Lê Bá", "Lê Bã", "Lê Bả", "Lê Bà", "Lê Ba"]

    assert sorted(names, key=sort_key) == ["Lê Ba", "Lê Bà", "Lê Bả", "Lê Bã", "Lê Bá", "Lê Bạ"]


def test_letters_follow_the_vietnamese_alphabet() -> None:
    names = ["Ân", "Ăn", "An", "Đạt", "Dung", "Ơn", "Ông", "Oanh", "Ưng", "Út"]

    # a ă â … d đ … o ô ơ … u ư
    assert sorted(names, key=sort_key) == ["An", "Ăn", "Ân", "Dung", "Đạt", "Oanh", "Ông", "Ơn", "Út", "Ưng"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nguyễn Văn Á", "nguyen van a"),
        ("ĐỖ ĐỨC", "do duc"),
        ("Hoà", "hoa"),
        ("Hòa", "hoa"),
        ("H’Ŏng Ƀuôr Ê̆ban", "h’ong buor eban"),
        ("  Ẵ   Ỡ ", "a o"),
    ],
)
def test_folded_for_search(text: str, found: str) -> None:
    assert fold(text) == found


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_composed_and_decomposed_text_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text(min_size=1).filter(lambda text: tidy(text)))
def test_any_name_can_be_sorted_and_masked(name: str) -> None:
    assert sort_key(name)
    assert masked(name)


def test_masked_name_keeps_the_family_name_and_initials() -> None:
    assert masked("Nguyễn Văn An") == "Nguyễn V. A."
    assert masked("Đỗ Thị Ánh Đào") == "Đỗ T. Á. Đ."


def test_people_are_greeted_by_their_given_name() -> None:
    assert given_name("Phạm Thu Hương") == "Hương"


@pytest.mark.parametrize(
    "text",
    [
        "0912 345 678",
        "+84912345678",
        "84912345678",
        "84.912.345.678",
        "(0912) 345-678",
        "912345678",
        "+84 0912345678",
    ],
)
def test_every_usual_spelling_of_a_number(text: str) -> None:
    assert phone_number(text) == "0912345678"


@pytest.mark.parametrize(
    "text", ["", "111", "0112345678", "09123456789", "+1 912 345 678", "0912 345 67x", "giaovien"]
)
def test_what_is_no_number(text: str) -> None:
    assert phone_number(text) is None


def test_a_landline_has_eleven_digits() -> None:
    assert phone_number("0227 3 831 111") == "02273831111"


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Hương",
        unicodedata.normalize("NFD", "Đặng Thị Ẵm"),
        "H’Ŏng Niê Kdăm",
        "Y Bliư̆ Ƀya",
        "Siu H'Bia Ê̆ban Č Ĭ Ñ Ŭ",
        "José-María O’Neill",
        "Cán bộ 07/PC02",
    ],
)
def test_names_that_are_printed(name: str) -> None:
    assert unprintable(name) == ()


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Lý 李 Ж 李", ("李", "Ж")),
        ("An 🙂", ("🙂",)),
        ("A\u0336n", ("A\u0336",)),  # struck through
        ("Bo\u031b b\u031b", ("b\u031b",)),
        ("a\u0301\u0301\u0301\u0301", ("á\u0301\u0301\u0301",)),
        ("Nguyễn_An <b>", ("_", "<", ">")),
    ],
)
def test_names_that_are_not(name: str, letters: tuple[str, ...]) -> None:
    assert unprintable(name) == letters


def test_what_is_invisible_is_left_out() -> None:
    assert tidy("Nguy\u200bễn\u00ad Va\u2060\u0306n\ufeff  An ") == "Nguyễn Văn An"


def test_letters_of_other_peoples_stand_with_the_letter_they_are_made_from() -> None:
    names = ["Y Bình", "Y Ƀa", "Y Zin", "Y Ĕm"]

    assert sorted(names, key=sort_key) == ["Y Ƀa", "Y Bình", "Y Ĕm", "Y Zin"]


def test_lines_stay_lines() -> None:
    assert tidy_lines("\r\n# 1.  Một \r\nHai\u200b  ba\r\n\r\nBốn\n\n") == "# 1. Một\nHai ba\n\nBốn"

"""What reads like a child; words typed by hand."""

import pytest

from portal.core.child_words import child_in_name, child_in_text


@pytest.mark.parametrize("name", ["bé Na", "Bé Na Nguyễn", "cháu Minh", "em Hoa", "con Lan"])
def test_a_name_written_as_one_writes_of_a_child(name: str) -> None:
    assert child_in_name(name)


@pytest.mark.parametrize("name", ["Nguyễn Thị Bé", "Lê Văn Em", "Vũ Thị Con", "Emi Trần", "Trần Thị Trẻ"])
def test_a_grown_up_may_bear_such_a_word(name: str) -> None:
    assert not child_in_name(name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("theo dõi cháu Minh ở xóm 3", "cháu Minh"),
        ("con gái tên là Hoa", "con gái tên là Hoa"),
        ("bé 7 tuổi hay khóc", "7 tuổi"),
        ("học lớp 4A", "lớp 4A"),
        ("sinh năm 2017", "sinh năm 2017"),
        ("thăm nhà theo kế hoạch tháng 11", ""),
        ("người cha 45 tuổi", ""),
        ("lớp tập huấn ngày mai", ""),
    ],
)
def test_a_text_that_speaks_of_a_child(text: str, found: str) -> None:
    assert child_in_text(text) == found

"""Blocks: how a lesson is cut, and every fault of block syntax with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.blocks import (
    Reference,
    blocks,
    check_blocks,
    count_words,
    cut,
    heading_lines,
    html_lines,
    is_safe_link,
    media_name,
    references,
)

SOUND = """Mở đầu.

:::: scenario Giờ ra chơi
Một em đẩy bạn.

::: choice Gọi lên bảng
Em xấu hổ.
:::

::: choice best Hỏi riêng
Em được nghe.
:::
::::

::: help
Gọi 111.
:::
"""


def test_blocks_come_in_order_with_their_lines() -> None:
    found = [(block.line, block.name, block.title) for block in blocks(SOUND)]

    assert found == [
        (3, "scenario", "Giờ ra chơi"),
        (6, "choice", "Gọi lên bảng"),
        (10, "choice best", "Hỏi riêng"),
        (15, "help", ""),
    ]
    assert check_blocks(SOUND) == []


def test_a_title_may_begin_with_the_letters_of_best() -> None:
    assert [block.name for block in blocks("::: choice bestir yourself\nx\n:::")] == ["choice"]


def test_colons_inside_a_code_fence_are_text() -> None:
    assert blocks("```\n::: note\n```\n\n~~~~\n:::\n~~~\n~~~~") == ()
    assert check_blocks("```\n::: note\n```\n\n~~~~\n:::\n~~~\n~~~~") == []


def test_windows_line_ends_count_as_one() -> None:
    assert [block.line for block in blocks(SOUND.replace("\n", "\r\n"))] == [3, 6, 10, 15]


SCENARIO = ":::: scenario A\nChuyện.\n{}\n::::"
CHOICES = "::: choice a\nx\n:::\n::: choice best b\ny\n:::"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a\n\n::: note\nx", 3, "the block “note” is never closed; end it with a line of 3 colons"),
        ("a\n:::", 2, "3 colons close nothing here"),
        ("::: note\nx\n::::", 3, "4 colons close nothing here"),
        ("\n::: nota bene\nx\n:::", 2, "there is no block “nota”; use one of: note, tip, warning, law, help"),
        ("::: choice best Tôi\nx\n:::", 1, "a choice stands directly inside a scenario"),
        (":::: note\n::: choice Tôi\nx\n:::\n::::", 2, "a choice stands directly inside a scenario"),
        ("::: note\n::: tip\nx\n:::\n:::", 2, "this fence has 3 colons, not fewer than the 3 of the “note”"),
        (
            "::: note\n:::: tip\nx\n::::\n:::",
            2,
            "this fence has 4 colons, not fewer than the 3 of the “note”",
        ),
        (":::: note\n::: jobaid Phiếu\nx\n:::\n::::", 2, "a jobaid stands by itself, not inside “note”"),
        (" ::: note\nx", 1, "a fence of colons must start the line"),
        ("x\n> ::: note\n", 2, "a fence of colons must start the line"),
        ("- ::: note\n", 1, "a fence of colons must start the line"),
        ("```\n::: note\n", 1, "the code fence ``` is never closed"),
        ("::: note Tiêu đề\n\n:::", 1, "the block “note” is empty"),
        ("::: reveal\nx\n:::", 1, "the block “reveal” has no title"),
        ("::: jobaid\nx\n:::", 1, "the block “jobaid” has no title"),
        (SCENARIO.format(CHOICES).replace(" A", ""), 1, "the block “scenario” has no title"),
        (SCENARIO.format(CHOICES.replace(" a", "")), 3, "the block “choice” has no title"),
        (SCENARIO.format(CHOICES.replace("best b", "best")), 6, "the block “choice best” has no title"),
        (SCENARIO.format("::: choice best a\nx\n:::"), 1, "the scenario has 1 choices; give it at least 2"),
        (SCENARIO.format(CHOICES.replace(" best", "")), 1, "no choice of the scenario is marked “best”"),
        (
            SCENARIO.format(CHOICES).replace("Chuyện.", ""),
            1,
            "the scenario does not start with what happened",
        ),
        ("::: say\nNên nói\n:::", 1, "the block “say” holds one table of two columns"),
        ("::: say\n| a |\n|---|\n| b |\n:::", 1, "the block “say” holds one table of two columns"),
        ("::: say\n|a|b|c|\n|-|-|-|\n:::", 1, "the block “say” holds one table of two columns"),
        ("::: checklist\nHít thở\n:::", 1, "the block “checklist” holds a list"),
        ("::: help\nGọi cho ai đó.\n:::", 1, "the block “help” does not name the hotline 111"),
        ("::: video media/a.mp4 2:10 4 MB\n:::", 1, "the video has no transcript"),
        ("::: audio media/a.mp3 2:10\nLời.\n:::", 1, "audio needs file, duration and size on its first line"),
        ("::: video media/a.mp4 2:75 4 MB\nLời.\n:::", 1, "video needs file, duration and size"),
    ],
)
def test_every_fault_has_its_line_and_says_what_to_do(text: str, line: int, says: str) -> None:
    faults = check_blocks(text)

    assert [(where, message) for where, message in faults if where == line and message.startswith(says)], (
        faults
    )


def test_a_fence_left_open_inside_another_is_the_one_that_is_named() -> None:
    faults = check_blocks(":::: note\na\n::: tip\nb\n::::\n")

    assert faults == [(3, "the block “tip” is never closed; end it with a line of 3 colons")]


def test_blocks_are_not_nested_without_end() -> None:
    text = "\n".join(":" * (20 - depth) + " note" for depth in range(8))

    faults = check_blocks(text)

    assert (7, "blocks are nested more than 6 deep; close some first") in faults
    assert len(blocks(text)) == 6


def test_references_are_found_with_their_lines_whatever_they_point_to() -> None:
    text = (
        "Xem [Luật\nTrẻ em](https://a.vn)\nvà [đây](javascript:alert(1)).\n\n"
        "::: note\n![một *hình*](media/a.svg 'Lời')\n:::\n\n| <http://b.vn> |\n|---|\n| ![](x.png) |\n"
    )

    assert references(text) == (
        Reference("link", 1, "https://a.vn", "LuậtTrẻ em"),
        Reference("link", 3, "javascript:alert(1)", "đây"),
        Reference("image", 6, "media/a.svg", "một *hình*"),
        Reference("link", 9, "http://b.vn", "http://b.vn"),
        Reference("image", 11, "x.png", ""),
    )


def test_html_is_found_and_a_less_than_sign_is_not_html() -> None:
    text = "5 < 7 và 8 > 3\n\n<b>đậm</b>\n\na\n<!-- b -->\n\n`<code>`\n\n::: note\n<style>\n:::\n"

    assert html_lines(text) == (3, 6, 11)


def test_headings_are_found_by_level() -> None:
    assert heading_lines("# a\n\n## b\n\nc\n===\n\n::: note\n## d\n:::\n", 1) == (1, 5)
    assert heading_lines("# a\n\n## b\n\nc\n===\n\n::: note\n## d\n:::\n", 2) == (3, 9)


def test_words_are_stretches_without_space() -> None:
    assert count_words("Trẻ em  là\nai ? \u00a0\n") == 5


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("https://vanban.chinhphu.vn/?a=b:c#d", True),
        ("tel:111", True),
        ("../bai-khac/", True),
        ("/help", True),
        ("#s-muc", True),
        ("?lang=en", True),
        ("bai:khac", False),
        ("./bai:khac", True),
        ("http://a.vn", False),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("\x01javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("mailto:a@b.vn", False),
        ("//a.vn", False),
        ("/\\a.vn", False),
        ("\\\\a.vn", False),
        ("https:a.vn", False),
        ("", False),
    ],
)
def test_only_https_tel_and_relative_links_are_safe(target: str, safe: bool) -> None:
    assert is_safe_link(target) is safe


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("media/a-1.svg", "a-1.svg"),
        ("media/A.svg", None),
        ("media/../a.svg", None),
        ("media/a/b.svg", None),
        ("/media/a.svg", None),
        ("media/-a.svg", None),
    ],
)
def test_media_is_one_file_in_one_folder(target: str, name: str | None) -> None:
    assert media_name(target) == name


@given(st.text(alphabet=":` \nab~>-", max_size=80))
def test_no_line_is_lost_between_the_fences(text: str) -> None:
    nodes, _ = cut(text)

    assert check_blocks(text) == sorted(check_blocks(text))
    assert [block.line for block in blocks(text)] == sorted(block.line for block in blocks(text))
    assert len(nodes) <= text.count("\n") + 1

"""Markdown to HTML: every block in both languages against a kept page, and what the page promises piece by piece."""

import re
from pathlib import Path

import pytest

from courses.blocks import KINDS, check_blocks
from courses.markdown import WORDING, Heading, Rendered, render

SAMPLES = Path(__file__).parent / "samples"
SNAPSHOTS = Path(__file__).parent.parent / "snapshots"
SIZES = {"ba-bac.svg": (640, 360)}


def page(text: str, language: str = "vi") -> Rendered:
    return render(text, language, lambda name: f"/m/{name}", SIZES.get)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_lesson_with_every_block_looks_as_it_did(language: str) -> None:
    """To accept a change that was meant: write what is rendered into the snapshot, and read the difference."""
    text = (SAMPLES / f"every-block.{language}.md").read_text(encoding="utf-8")
    kept = (SNAPSHOTS / f"lesson-every-block.{language}.html").read_text(encoding="utf-8")

    rendered = page(text, language)

    assert check_blocks(text) == []
    assert {block.kind for block in rendered.blocks} == set(KINDS)
    assert rendered.html == kept


def test_wording_is_complete_in_both_languages() -> None:
    assert WORDING["vi"].keys() == WORDING["en"].keys()
    assert set(KINDS) - {"choice"} <= WORDING["vi"].keys()


def test_both_languages_have_the_same_elements() -> None:
    tags = [
        re.findall(
            r"<[a-z0-9/]+", page((SAMPLES / f"every-block.{one}.md").read_text(encoding="utf-8"), one).html
        )
        for one in ("vi", "en")
    ]

    assert tags[0] == tags[1]


def test_the_page_s_title_stays_the_only_first_heading() -> None:
    rendered = page("# Một\n\n## Hai\n\n### Ba\n\n###### Sáu\n")

    assert re.findall(r"<h\d id=[^>]*>", rendered.html) == [
        '<h2 id="s-mot">',
        '<h2 id="s-hai">',
        '<h3 id="s-ba">',
        '<h6 id="s-sau">',
    ]
    assert rendered.headings == (
        Heading(2, "s-mot", "Một"),
        Heading(2, "s-hai", "Hai"),
        Heading(3, "s-ba", "Ba"),
        Heading(6, "s-sau", "Sáu"),
    )


def test_ids_are_different_even_where_headings_try_to_collide() -> None:
    rendered = page("## a\n\n## a\n\n## a 2\n\n## ???\n\n:::: scenario a\nx\n::::\n\n## Đường **đi**\n")

    assert re.findall(r' id="([^"]*)"', rendered.html) == [
        "s-a",
        "s-a-2",
        "s-a-2-2",
        "s-x",
        "s-a-3",
        "s-duong-di",
    ]


def test_a_block_s_heading_is_one_below_the_section_it_stands_in() -> None:
    assert '<h2 class="scenario__title"' in page(":::: scenario A\nx\n::::").html
    assert '<h3 class="scenario__title"' in page("## B\n\n:::: scenario A\nx\n::::").html


def test_the_best_choice_is_marked_only_inside_what_opens() -> None:
    html = page(":::: scenario A\nx\n::: choice best Hỏi riêng\ny\n:::\n::::").html

    summary, inside = html.split("</summary>")
    assert "Cách nên chọn" not in summary
    assert '<p class="choice__mark">Cách nên chọn</p>' in inside
    assert " open" not in html


def test_a_title_that_begins_with_the_label_is_not_said_twice() -> None:
    assert '<p class="callout__title">Lưu ý khi gọi</p>' in page("::: note Lưu ý khi gọi\nx\n:::").html
    assert (
        '<span class="callout__kind">Note:</span> Notebooks' in page("::: note Notebooks\nx\n:::", "en").html
    )


def test_a_title_takes_emphasis_but_no_link() -> None:
    html = page("::: reveal Vì *sao* [không](https://a.vn) <b>?\nx\n:::").html

    assert "Vì <em>sao</em> [không](https://a.vn) &lt;b&gt;?</summary>" in html


def test_a_job_aid_can_be_printed_alone() -> None:
    rendered = page("## Trước\n\n::: jobaid Ba *bước* & một\n1. Dừng\n:::\n\nSau.")

    (aid,) = rendered.job_aids
    assert aid.title == "Ba bước & một"
    assert aid.html == "<ol>\n<li>Dừng</li>\n</ol>\n"
    assert f'<section class="jobaid" aria-labelledby="{aid.anchor}">' in rendered.html


def test_alignment_is_a_class_and_never_a_style() -> None:
    html = page("|a|b|c|d|\n|:-|-:|:-:|-|\n|1|2|3|4|\n").html

    assert re.findall(r"<td[^>]*>", html) == [
        '<td class="align-left">',
        '<td class="align-right">',
        '<td class="align-center">',
        "<td>",
    ]
    assert "style" not in html


def test_tables_scroll_by_themselves_and_are_named() -> None:
    html = page("|Việc|Phút|\n|-|-|\n\n|Việc|Phút|\n|-|-|\n\n||\n|-|\n|x|\n").html

    assert re.findall(r'tabindex="0" role="region" aria-label="([^"]*)"', html) == [
        "Bảng: Việc, Phút",
        "Bảng: Việc, Phút (2)",
        "Bảng",
    ]


def test_a_picture_alone_is_a_figure_with_room_kept_for_it() -> None:
    html = page('![Ba "bậc" thang](media/ba-bac.svg "Lời <chú>")').html

    assert html == (
        '<figure class="figure"><img src="/m/ba-bac.svg" alt="Ba &quot;bậc&quot; thang" width="640" height="360" '
        'loading="lazy"><figcaption>Lời &lt;chú&gt;</figcaption></figure>\n'
    )


def test_a_picture_in_a_list_or_a_sentence_is_no_figure() -> None:
    html = page('- ![a](media/b.svg "t")\n\nx ![c](media/d.svg)\n').html

    assert "figure" not in html
    assert '<li><img src="/m/b.svg" alt="a" title="t" loading="lazy"></li>' in html


def test_a_picture_from_elsewhere_is_its_alt_text() -> None:
    assert page("![hình](https://a.vn/b.png)").html == '<figure class="figure">hình</figure>\n'


def test_links_out_say_nothing_of_the_reader() -> None:
    html = page("[a](https://a.vn) [b](/help) [c](tel:111)").html

    assert html == (
        '<p><a href="https://a.vn" rel="noopener noreferrer">a</a> <a href="/help">b</a> <a href="tel:111">c</a></p>\n'
    )


def test_faulty_text_is_still_readable() -> None:
    html = page("::: nota bene\nMột.\n:::\n\n::: note\nHai.\n\n::: video x\nBa.\n").html

    for word in ("Một.", "Hai.", "Ba."):
        assert word in html
    assert ":::" not in html
    assert "<video" not in html


def test_checklists_have_nothing_to_fill_in() -> None:
    html = page("::: checklist\n- [ ] Hít thở\n:::").html

    assert "<input" not in html


def test_words_count_the_text_as_written() -> None:
    assert page("Một hai\n\n## Ba").words == 4


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError):
        render("x", "fr", str)

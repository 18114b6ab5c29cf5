"""The file: every letter as drawn, nothing unembedded, the same facts the same bytes."""

import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from courses.certificates.pdf import (
    DEMONSTRATION,
    HOTLINE,
    CertificateFacts,
    duration,
    long_date,
    per_cent,
    render,
)

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "certificate-completion.txt"

# The 67 letters that Vietnamese has beside a to z, by hand, in the order of the alphabet.
SMALL = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
LETTERS = SMALL + SMALL.upper()
HARD = "ẴẶỮỴỔ đĐ"

LONG_NAME = "Công Tằng Tôn Nữ Nguyễn Phúc Hoàng Thị Thùy Dương Phương Khánh Huyền Trâm Anh Ngọc Diễm Quỳnh Như Bảo Châu Hải Đường Mỹ"


def text_of(pdf: bytes) -> str:
    return PdfReader(BytesIO(pdf)).pages[0].extract_text()


def objects(reader: PdfReader) -> list[Any]:
    return [reader.get_object(number) for number in range(1, len(reader.xref[0]) + 1)]


def test_the_letters_are_all_that_composition_gives() -> None:
    bases, tones = "aăâeêioôơuưy", "\u0300\u0309\u0303\u0301\u0323"
    composed = {unicodedata.normalize("NFC", base + tone) for base in bases for tone in ("", *tones)}

    assert set(SMALL) == (composed | {"đ"}) - set("aeiouy")
    assert len(LETTERS) == len(set(LETTERS)) == 134


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_extracted_letters_are_the_drawn_letters(facts: CertificateFacts, form: str) -> None:
    drawn = unicodedata.normalize(form, LETTERS)
    hard = unicodedata.normalize(form, HARD)

    text = text_of(
        render(
            replace(
                facts,
                full_name=f"{drawn[: len(drawn) // 2]} {hard}" if form == "NFD" else f"{LETTERS[:67]} {HARD}",
                course_title_vi=drawn,  # semi-bold
                unit_name=drawn,  # regular
                course_title_en=drawn,  # italic
                area_name=hard,
            )
        )
    )

    assert text.count(LETTERS) == 3
    assert text.count(HARD) == 2
    assert text == unicodedata.normalize("NFC", text)


def test_poppler_reads_the_same_letters(
    facts: CertificateFacts, tmp_path: Path, program: Callable[..., str]
) -> None:
    file = tmp_path / "letters.pdf"
    file.write_bytes(
        render(
            replace(
                facts, full_name=HARD, course_title_vi=LETTERS, unit_name=LETTERS, course_title_en=LETTERS
            )
        )
    )

    text = program("pdftotext", "-layout", file, "-")

    assert text.count(LETTERS) == 3
    assert HARD in text


def test_poppler_reads_letters_that_were_put_together(
    facts: CertificateFacts, tmp_path: Path, program: Callable[..., str]
) -> None:
    name, place = "H’Ŏng Niê Ê̆ban Y Bliư̆ Ƀya", "ƀ č ĕ ê̆ ĭ ñ ŏ ô̆ ơ̆ ŭ ư̆ Ƀ Č Ĕ Ê̆ Ĭ Ñ Ŏ Ô̆ Ơ̆ Ŭ Ư̆"
    file = tmp_path / "put-together.pdf"
    file.write_bytes(render(replace(facts, full_name=name, unit_name=place, area_name="")))

    text = program("pdftotext", "-layout", file, "-")

    assert name in text
    assert place in text


def test_what_cannot_be_drawn_leaves_no_box(facts: CertificateFacts) -> None:
    """A name with such letters is refused where it is entered; what gets past (a unit's, say) is left out."""
    text = text_of(render(replace(facts, unit_name="Trường 李 Hoa Sen")))

    assert "Trường  Hoa Sen" in text or "Trường Hoa Sen" in text
    assert "\x00" not in text


def test_everything_on_an_ordinary_certificate(facts: CertificateFacts) -> None:
    page = PdfReader(BytesIO(render(facts))).pages[0]

    text = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)

    rows = [re.sub(r" {3,}", "   ", row.strip()) for row in text.splitlines() if row.strip()]
    assert "\n".join(rows) + "\n" == SNAPSHOT.read_text(encoding="utf-8")


def test_confirmation_of_participation_claims_no_more(facts: CertificateFacts) -> None:
    text = text_of(render(replace(facts, kind="participation", share=None, expires_on=None)))

    assert "Giấy xác nhận tham gia" in text
    assert "đã tham gia khóa học" in text
    for claim in ("chứng nhận", "hoàn thành", "Kết quả", "Có giá trị đến", "ompletion"):
        assert claim not in text


@pytest.mark.parametrize("kind", ["completion", "participation"])
def test_never_called_a_diploma_and_always_names_the_hotline(facts: CertificateFacts, kind: str) -> None:
    text = text_of(render(replace(facts, kind=kind)))

    assert "chứng chỉ" not in text.lower()
    assert HOTLINE in text
    assert facts.serial in text
    assert facts.verify_url in text


def test_unknown_kind_is_refused(facts: CertificateFacts) -> None:
    with pytest.raises(ValueError, match="diploma"):
        render(replace(facts, kind="diploma"))


def test_only_the_demonstration_says_that_it_is_one(facts: CertificateFacts) -> None:
    assert DEMONSTRATION in text_of(render(facts))
    assert "DEMONSTRATION" not in text_of(render(replace(facts, demonstration=False)))


def test_what_is_not_known_is_not_drawn(facts: CertificateFacts) -> None:
    bare = replace(
        facts,
        expires_on=None,
        share=None,
        unit_name="",
        area_name="",
        place="",
        course_title_en="",
        demonstration=False,
    )

    text = text_of(render(bare))

    assert "Có giá trị đến" not in text
    assert "Kết quả" not in text
    assert "Ngày 14 tháng 11 năm 2026" in text
    assert facts.issuer_name in text  # in the place of a signatory


def test_signatory_stands_in_the_place_of_the_issuer(facts: CertificateFacts) -> None:
    office = ("TM. CƠ QUAN THƯỜNG TRỰC", "GIÁM ĐỐC SỞ LAO ĐỘNG – THƯƠNG BINH VÀ XÃ HỘI")

    text = text_of(render(replace(facts, signatory=office)))

    assert " ".join(office) in " ".join(text.split())
    assert facts.issuer_name not in text


def test_very_long_texts_stay_whole_and_inside_the_frame(
    facts: CertificateFacts, tmp_path: Path, program: Callable[..., str]
) -> None:
    assert len(LONG_NAME) >= 115
    title = "Phỏng vấn thân thiện với trẻ em trong hoạt động điều tra, xử lý các vụ việc xâm hại trẻ em và người chưa thành niên"
    crowded = replace(
        facts,
        full_name=LONG_NAME,
        course_title_vi=title,
        course_title_en=title,
        unit_name="Phòng Cảnh sát điều tra tội phạm về trật tự xã hội Công an tỉnh Thái Bình",
        area_name="phường Trần Hưng Đạo, thành phố Thái Bình, tỉnh Thái Bình",
        verify_url=f"https://hoctap.baovetreem.sld.thaibinh.gov.vn/verify/{facts.serial}",
    )
    file = tmp_path / "long.pdf"
    file.write_bytes(render(crowded))

    words = " ".join(text_of(file.read_bytes()).split())
    assert LONG_NAME in words
    assert words.count(title) == 2
    assert crowded.verify_url in words
    for left, right in re.findall(
        r'xMin="([\d.]+)".*?xMax="([\d.]+)"', program("pdftotext", "-bbox", file, "-")
    ):
        assert float(left) >= 45
        assert float(right) <= 842 - 45


def test_rows_do_not_overlap_whatever_their_length(
    facts: CertificateFacts, tmp_path: Path, program: Callable[..., str]
) -> None:
    for name in ("Vi", LONG_NAME, "W" * 120):
        for title in ("Gia đình", "Kỷ luật tích cực " * 7):
            file = tmp_path / "rows.pdf"
            file.write_bytes(
                render(replace(facts, full_name=name, course_title_vi=title, course_title_en=title))
            )
            boxes = [
                tuple(map(float, box))
                for box in re.findall(
                    r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"',
                    program("pdftotext", "-bbox", file, "-"),
                )
            ]
            for one in boxes:
                for other in boxes:
                    # Boxes are as tall as the typeface's line; letters fill less: baselines must differ by half of it.
                    apart = abs(one[3] - other[3])
                    if one is other or apart < 1 or min(one[2], other[2]) <= max(one[0], other[0]):
                        continue
                    assert apart > 0.45 * min(one[3] - one[1], other[3] - other[1])


def test_same_facts_give_the_same_bytes_in_any_thread(facts: CertificateFacts) -> None:
    other = replace(facts, full_name="Bùi Văn Bình")
    expected = {facts: render(facts), other: render(other)}

    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(render, [facts, other] * 12))

    assert drawn == [expected[one] for one in [facts, other] * 12]
    assert expected[facts] != expected[other]


def test_every_font_is_embedded(facts: CertificateFacts) -> None:
    pdf = render(facts)

    fonts = [
        one
        for one in objects(PdfReader(BytesIO(pdf)))
        if isinstance(one, dict) and one.get("/Type") == "/Font"
    ]

    assert sorted(font["/BaseFont"].split("+")[-1] for font in fonts) == [
        "BeVietnamPro-Italic",
        "BeVietnamPro-Regular",
        "BeVietnamPro-SemiBold",
    ]
    assert all("/FontFile2" in font["/FontDescriptor"] and "/ToUnicode" in font for font in fonts)
    assert b"Helvetica" not in pdf


def test_page_is_a4_landscape_and_light(facts: CertificateFacts) -> None:
    pdf = render(facts)

    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 1
    assert [round(float(side)) for side in reader.pages[0].mediabox] == [0, 0, 842, 595]
    assert len(pdf) < 45_000


def test_file_describes_itself(facts: CertificateFacts) -> None:
    reader = PdfReader(BytesIO(render(facts)))

    about = reader.metadata
    assert about is not None
    assert about.title == f"Giấy chứng nhận hoàn thành khóa học – Nguyễn Thị Hương – {facts.serial}"
    assert about.author == facts.issuer_name
    assert about.subject == "GD-01. Kỷ luật tích cực trong nhà trường"
    assert about.creation_date is not None
    assert about.creation_date.date() == facts.issued_on
    assert reader.trailer["/Root"]["/Lang"] == "vi-VN"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]


def test_address_can_be_clicked(facts: CertificateFacts) -> None:
    (link,) = PdfReader(BytesIO(render(facts))).pages[0]["/Annots"]

    assert link.get_object()["/A"]["/URI"] == facts.verify_url


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(45, "45 phút"), (60, "1 giờ"), (390, "6 giờ 30 phút"), (0, "0 phút"), (1440, "24 giờ")],
)
def test_length_of_a_course(minutes: int, text: str) -> None:
    assert duration(minutes) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 14), "ngày 14 tháng 11 năm 2026"),
        (date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        (date(2026, 3, 10), "ngày 10 tháng 3 năm 2026"),
    ],
)
def test_dates_are_written_as_in_documents(day: date, text: str) -> None:
    assert long_date(day) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [("1", "100 %"), ("0.8", "80 %"), ("0.925", "92,5 %"), ("0.79999", "79,9 %"), ("0", "0 %")],
)
def test_marks_are_never_rounded_up(share: str, text: str) -> None:
    assert per_cent(Decimal(share)) == text

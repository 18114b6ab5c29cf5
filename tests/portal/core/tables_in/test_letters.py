"""Old encodings: every letter by an independent table, every file by its own bytes, and nothing guessed at random."""

import io
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.tables_in.letters import (
    Encoding,
    detect,
    from_tcvn3,
    is_syllable,
    is_tcvn3,
    likeness,
    nfc,
)

NAMES = "Nguyễn Thị Hường;Trường Mầm non Hoa Sữa;0912345678\nĐỗ Văn Quyết;Trạm Y tế xã Bình Định;0987654321\n"
SMALL = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"
CAPITALS = "ĂÂĐÊÔƠƯ"


def in_tcvn3(text: str) -> bytes:
    """Write text in TCVN3 with a table typed here, from the standard's rows, not from the code."""
    rows = {
        0xB5: "àảãáạ", 0xBB: "ằẳẵắ", 0xC6: "ặầẩẫấậ", 0xCC: "è", 0xCE: "ẻẽéẹềểễếệ", 0xD7: "ìỉ", 0xDC: "ĩíịò", 0xE1: "ỏõóọồổỗốộ",
        0xEA: "ờởỡớợù", 0xF1: "ủũúụừửữứựỳỷỹýỵ",
        0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    }  # fmt: skip
    table = {letter: start + place for start, letters in rows.items() for place, letter in enumerate(letters)}
    return bytes(table[letter] if letter in table else ord(letter) for letter in text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (NAMES.encode(), Encoding.UTF8),
        (b"\xef\xbb\xbf" + NAMES.encode(), Encoding.UTF8_BOM),
        (unicodedata.normalize("NFD", NAMES).encode(), Encoding.UTF8),
        (NAMES.encode("utf-16"), Encoding.UTF16),
        (NAMES.encode("utf-16-le"), Encoding.UTF16_LE),
        (NAMES.encode("utf-16-be"), Encoding.UTF16_BE),
        (b"ho ten;don vi\nTran Van An;Truong A\n", Encoding.UTF8),
    ],
)
def test_the_encoding_is_found(raw: bytes, expected: Encoding) -> None:
    assert detect(io.BytesIO(raw)) == expected


def in_windows_1258(text: str) -> bytes:
    """Write text in windows-1258: letters that it has, and the five tones as marks behind them."""
    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", letter)
            tone = next(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
            out += unicodedata.normalize("NFC", marks.replace(tone, "")).encode("cp1258") + tone.encode(
                "cp1258"
            )
    return out


def test_windows_1258_is_found_and_its_tones_put_together() -> None:
    raw = in_windows_1258(NAMES)

    assert detect(io.BytesIO(raw)) == Encoding.WINDOWS_1258
    assert nfc(raw.decode("cp1258")) == NAMES


def test_tcvn3_is_found_and_read() -> None:
    raw = in_tcvn3(NAMES)

    assert detect(io.BytesIO(raw)) == Encoding.TCVN3
    assert from_tcvn3(raw.decode("latin-1")) == NAMES


def test_every_letter_of_tcvn3_is_the_standard_s() -> None:
    raw = in_tcvn3(SMALL + CAPITALS)

    assert len(set(raw)) == len(SMALL + CAPITALS) == 74
    assert from_tcvn3(raw.decode("latin-1")) == SMALL + CAPITALS


def test_every_letter_of_tcvn3_is_that_of_the_system_s_own_table() -> None:
    iconv = shutil.which("iconv")
    if iconv is None:
        pytest.skip("this machine has no iconv")
    raw = bytes(range(0xA1, 0xFF))
    letters = [
        subprocess.run(
            [iconv, "-f", "TCVN", "-t", "UTF-8"], input=bytes([one]), capture_output=True, check=False
        )
        for one in raw
    ]

    agreed = 0
    for byte, ran in zip(raw, letters, strict=True):
        said = unicodedata.normalize("NFC", ran.stdout.decode()) if ran.returncode == 0 else ""
        if (
            said and said in SMALL + CAPITALS
        ):  # it also knows capitals with tones, which the ABC fonts have not
            assert from_tcvn3(chr(byte)) == said, hex(byte)
            agreed += 1
    assert agreed == 74


def test_text_of_other_bytes_is_refused_not_guessed() -> None:
    assert detect(io.BytesIO(bytes(range(128, 256)) * 40)) is None
    assert detect(io.BytesIO(b"\x00\x01\x02" * 100)) is None
    assert detect(io.BytesIO(b"\xef\xbb\xbfabc\xff\xfe")) is None


def test_a_bad_byte_far_behind_is_seen() -> None:
    raw = NAMES.encode() * 20_000 + b"\xff\n"

    assert detect(io.BytesIO(raw)) != Encoding.UTF8


@pytest.mark.parametrize("word", ["nghiêng", "quyết", "giữa", "hường", "ý", "Đỗ", "thuở", "khuỷu"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["NguyÔn", "brá", "strứ", "áà", "wứ", "Ðêêêê"])
def test_what_is_no_syllable(word: str) -> None:
    assert not (is_syllable(word) and (word.islower() or word.istitle()))


def test_a_workbook_under_an_old_font_is_known_by_its_words() -> None:
    old = [in_tcvn3(line).decode("latin-1") for line in NAMES.splitlines()]

    assert is_tcvn3(old)
    assert not is_tcvn3(NAMES.splitlines())
    assert not is_tcvn3(["Tran Van An", "0912345678"])
    assert not is_tcvn3(["Café crème", "Müller"])


@given(
    st.lists(
        st.sampled_from("Nguyễn Trần Lê Phạm Đỗ Vũ Hường Ánh Quyết Thắng Bình Cường".split()), min_size=4
    )
)
def test_right_letters_are_never_taken_for_old_ones(words: list[str]) -> None:
    assert not is_tcvn3([" ".join(words)])
    assert likeness(" ".join(words)) == 1.0


@given(st.binary(max_size=300))
def test_any_bytes_have_an_answer(raw: bytes) -> None:
    found = detect(io.BytesIO(raw))

    if found not in (None, Encoding.TCVN3):
        raw.decode(str(found))

"""Drawings: the QR code is one path with each module where it belongs; the background is small."""

import re
import zlib

import segno
from hypothesis import given
from hypothesis import strategies as st

from courses.certificates.ornament import QUIET_MODULES, forms, mark, qr_code
from tests.examples import examples


@examples(25)
@given(st.text(alphabet="abcdefghij0123456789/:.-", min_size=1, max_size=110))
def test_qr_path_covers_exactly_the_dark_modules(text: str) -> None:
    path, size = qr_code(text)

    covered = {
        (int(x) + step, size - 1 - int(y))
        for x, y, length in re.findall(r"^(\d+) (\d+) (\d+) 1 re$", path, re.MULTILINE)
        for step in range(int(length))
    }
    code = segno.make_qr(text, error="m", mask=0)
    dark = {
        (column + QUIET_MODULES, row + QUIET_MODULES)
        for row, modules in enumerate(code.matrix)
        for column, module in enumerate(modules)
        if module
    }
    assert covered == dark
    assert code.error in ("M", "Q", "H")


def test_qr_code_is_filled_once() -> None:
    path, _ = qr_code("https://hoc.example.vn/verify/CN-2026-7K3Q-9XWM-2BHT-4")

    assert re.fullmatch(r"(?:\d+ \d+ \d+ 1 re\n)+f", path)


def test_background_places_the_other_forms_and_stays_small() -> None:
    *parts, background = forms()

    assert background.name == "background"
    assert background.uses == tuple(part.name for part in parts)
    assert sum(len(form.content) for form in forms()) < 6_000
    drawn = zlib.decompress(background.content).decode()
    assert all(f"/{name} Do" in drawn for name in background.uses)
    assert drawn.split().count("q") == drawn.split().count("Q")


def test_mark_is_one_filled_path() -> None:
    operators = mark().split()

    assert operators.count("f") == 1
    assert operators.count("m") == operators.count("h") == 4

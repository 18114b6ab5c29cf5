"""The sound course folder that each test reads or spoils."""

from pathlib import Path

import pytest

from tests.courses.manifests.support import COURSE, FIRST, PICTURE, SECOND, WORDS


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Return a folder in which every test finds the smallest sound course."""
    folder = tmp_path / "GD-01" / "1"
    for language in ("vi", "en"):
        (folder / language).mkdir(parents=True)
        for name, text in (("010-vi-sao", FIRST), ("020-the-nao", SECOND)):
            (folder / language / f"{name}.md").write_text(text.format(words=WORDS), encoding="utf-8")
    (folder / "media").mkdir()
    (folder / "media" / "ba-bac.svg").write_text(PICTURE, encoding="utf-8")
    (folder / "media" / "lop.mp4").write_bytes(b"film")
    (folder / "course.toml").write_text(COURSE, encoding="utf-8")
    return folder

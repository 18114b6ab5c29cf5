"""What is released never changes: the digests stand in a file, and the check compares."""

import shutil
from pathlib import Path

from courses import loader


def copied(tmp_path: Path) -> Path:
    """Return a copy of the shipped content."""
    content = tmp_path / "content"
    shutil.copytree(loader.CONTENT, content)
    (content / loader.SEALS).unlink(missing_ok=True)
    return content


def test_everything_shipped_is_sealed() -> None:
    names = {f"{folder.parent.name}/{folder.name}" for folder in loader.folders()}

    assert names <= set(loader.seals())
    assert {"ca-01-1", "cm-01-1", "gd-01-1"} <= set(loader.seals())


def test_a_sealed_version_that_was_changed_is_a_fault(tmp_path: Path) -> None:
    content = copied(tmp_path)
    assert "GD-01/1" in loader.seal(content)
    lesson = next((content / "GD-01" / "1" / "vi").glob("*.md"))
    lesson.write_text(lesson.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    faults = {one.name: one.faults for one in loader.check_all(content)}

    assert [fault.message for fault in faults["GD-01/1"]] == [
        "this version is published and its files were changed; put them back and copy the folder to 2"
    ]
    assert faults["CM-01/1"] == ()


def test_sealing_twice_keeps_the_first_digest(tmp_path: Path) -> None:
    content = copied(tmp_path)
    loader.seal(content)
    before = dict(loader.seals(content))
    lesson = next((content / "GD-01" / "1" / "vi").glob("*.md"))
    lesson.write_text(lesson.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert loader.seal(content) == []
    assert loader.seals(content) == before

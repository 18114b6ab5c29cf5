"""The digest of a course folder: of all its files, and of nothing else."""

import hashlib
import os
from pathlib import Path

import pytest

from courses.manifest import folder_digest, read_course
from tests.courses.manifests.support import VI, Spoiler, spoil, write


def test_the_digest_is_of_all_files_and_nothing_else(sound: Path) -> None:
    before = folder_digest(sound)
    write(sound.parent, "2/course.toml", "x")

    assert before == folder_digest(sound) == read_course(sound).digest
    assert len(before) == 64


def test_the_digest_is_worked_by_hand(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "hai")
    write(tmp_path, "a/c.txt", "")

    assert folder_digest(tmp_path) == hashlib.sha256(b"a/c.txt\x000\x00b.txt\x003\x00hai").hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: spoil(folder, VI, "Mở", "Mờ"),
        lambda folder: (folder / VI).rename(folder / "vi/011-vi-sao.md"),
        lambda folder: write(folder, "media/them.svg", ""),
        lambda folder: (folder / "media/lop.mp4").unlink(),
    ],
)
def test_any_change_changes_the_digest(sound: Path, change: Spoiler) -> None:
    before = folder_digest(sound)

    change(sound)

    assert folder_digest(sound) != before


def test_what_a_link_points_to_is_not_read(sound: Path, tmp_path: Path) -> None:
    before = folder_digest(sound)
    write(tmp_path, "secret/a.md", "x")

    (sound / "vi" / "030-a.md").symlink_to(tmp_path / "secret" / "a.md")
    (sound / "more").symlink_to(tmp_path / "secret")

    assert folder_digest(sound) == before


def test_the_time_of_a_file_does_not_matter(sound: Path) -> None:
    before = folder_digest(sound)

    os.utime(sound / VI, (0, 0))

    assert folder_digest(sound) == before

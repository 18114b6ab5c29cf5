"""What is wrong with a rubric in course.toml is named with its line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from courses import loader
from courses.manifest import check_course, document_of, read_course
from courses.practice.rubric import rubric_of


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a copy of GD-01/2, which has a practice."""
    shutil.copytree(loader.CONTENT / "GD-01" / "2", tmp_path / "GD-01" / "2")
    return tmp_path / "GD-01" / "2"


def change(folder: Path, old: str, new: str, times: int = 1) -> None:
    path = folder / "course.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, times), encoding="utf-8")


def line_of(folder: Path, words: str) -> int:
    lines = (folder / "course.toml").read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if words in line)


def test_the_shipped_rubric_is_five_things_of_three_points(course: Path) -> None:
    practice = read_course(course).practice

    assert practice is not None
    assert (len(practice.criteria), practice.most, practice.two_assessors) == (5, 15, False)
    assert rubric_of(document_of(read_course(course))["practice"]) == practice


def test_a_rule_without_a_rubric_is_a_fault(course: Path) -> None:
    path = course / "course.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[practice]")] + text[text.index("[[quizzes]]") :], encoding="utf-8")

    (fault,) = check_course(course)

    assert "“practice_marked” needs a rubric" in fault.message
    assert fault.line == line_of(course, "[[completion]]")


def test_a_rubric_that_no_rule_asks_for_is_a_fault(course: Path) -> None:
    change(course, '[[completion]]\nrule = "practice_marked"\nshare = "0.70"\n', "")

    (fault,) = check_course(course)

    assert fault.message.startswith("no rule asks for this practice")
    assert fault.line == line_of(course, "[practice]")


FAULTS: list[tuple[Callable[[Path], None], str, str]] = [
    (lambda f: change(f, "points = 1\n", "points = 0\n"), "points = 0\nvi", "let points rise"),
    (lambda f: change(f, "differ_by = 1", "differ_by = -1"), "differ_by", "a whole number from 0 to 10"),
    (lambda f: change(f, "two_assessors = false", 'two_assessors = "no"'), "two_assessors", "true or false"),
    (lambda f: change(f, 'ref = "he-qua"', 'ref = "noi-quy"'), 'ref = "noi-quy"', "already the ref"),
    (lambda f: change(f, '"observed_lesson"', '"exam"'), 'kind = "exam"', "use one of: observed_lesson"),
    (lambda f: change(f, "minutes = 240", "minuts = 240"), "[practice]", "“minutes” is missing here"),
]


@pytest.mark.parametrize(("spoil", "where", "words"), FAULTS, ids=[words for _, _, words in FAULTS])
def test_every_fault_of_a_rubric_is_named(
    course: Path, spoil: Callable[[Path], None], where: str, words: str
) -> None:
    spoil(course)

    found = [fault for fault in check_course(course) if words in fault.message]

    assert found, check_course(course)
    lines = (course / "course.toml").read_text(encoding="utf-8").split("\n")
    assert where.split("\n")[0] in lines[found[0].line - 1]

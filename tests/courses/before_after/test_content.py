"""What course.toml says of the questions before and after: read strictly, every fault with its line."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from courses import loader
from courses.faults import FaultyCourse
from courses.manifest import BeforeAfter, check_course, document_of, read_course
from courses.toml_tables import Text
from quizzes import bank as banks
from tests.factories import NOW, World

TABLE = """[before_after]
bank = "cm-01-before-after-1"
title = { vi = "Tám câu hỏi trước và sau khi học", en = "Eight questions before and after the course" }
minutes = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy CM-01/3 where it may be spoilt."""
    to = tmp_path / "CM-01" / "3"
    shutil.copytree(loader.CONTENT / "CM-01" / "3", to)
    return to


def spoil(folder: Path, old: str, new: str) -> int:
    """Write something else; return the line where it begins."""
    path = folder / "course.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_table_is_read_and_stored(folder: Path) -> None:
    course = read_course(folder)

    title = Text("Tám câu hỏi trước và sau khi học", "Eight questions before and after the course")
    assert course.before_after == BeforeAfter("cm-01-before-after-1", title, 2)
    assert document_of(course)["before_after"] == {
        "bank": "cm-01-before-after-1",
        "title": {"vi": title.vi, "en": title.en},
        "minutes": 2,
    }


def test_a_version_without_it_is_stored_as_before() -> None:
    course = read_course(loader.CONTENT / "CM-01" / "2")

    assert course.before_after is None
    assert "before_after" not in document_of(course)


@pytest.mark.parametrize(
    ("old", "new", "after", "message"),
    [
        ("minutes = 2\n", "minutes = 0\n", 3, "“minutes” must be a whole number from 1 to 15"),
        ("minutes = 2\n", "minutes = 2\npass_share = 1\n", 4, "“pass_share”"),
        ('bank = "cm-01-before-after-1"', 'bank = "CM 01"', 1, "has not the form of “bank”"),
        ('", en = "Eight questions before and after the course" }', '" }', 2, "“en” is missing here"),
    ],
)
def test_every_fault_has_its_line(folder: Path, old: str, new: str, after: int, message: str) -> None:
    begins = spoil(folder, TABLE, TABLE.replace(old, new))

    (fault,) = check_course(folder)
    assert (fault.file, fault.line) == ("CM-01/3/course.toml", begins + after)
    assert message in fault.message


def _checked(folder: Path, session: Session) -> list[str]:
    with pytest.raises(FaultyCourse) as refused:
        loader.load(session, _next(folder), NOW)
    return [fault.message for fault in refused.value.faults]


def _next(folder: Path) -> Path:
    """Make it version 4, which nobody has published."""
    spoil(folder, "\nversion = 3\n", "\nversion = 4\n")
    return folder.rename(folder.parent / "4")


def test_a_bank_that_is_not_there_is_refused(folder: Path, session: Session, world: World) -> None:
    spoil(folder, '"cm-01-before-after-1"', '"cm-01-before-after-9"')

    assert _checked(folder, session) == [
        "the bank 'cm-01-before-after-9' of [before_after] is missing or has faults"
    ]


def test_a_bank_has_one_use_and_only_questions_that_stand_as_written(
    folder: Path, session: Session, world: World
) -> None:
    """The bank of the self-checks: it is in a quiz, has stories and matching, and far too many questions."""
    spoil(folder, '"cm-01-before-after-1"', '"cm-01-2"')

    found = _checked(folder, session)

    assert "the bank 'cm-01-2' is asked before and after and in a quiz; give it one use" in found
    assert any(one.startswith("asked before and after are only single and truefalse") for one in found)
    many = len(banks.read_shipped("cm-01-2.toml").questions)
    assert f"{many} questions are too many to be asked twice; keep 12" in found


def test_a_question_that_sends_to_no_lesson_is_refused(folder: Path, session: Session, world: World) -> None:
    for language in ("vi", "en"):
        (folder / language / "050-khi-con-ke.md").rename(folder / language / "050-khi-con-noi.md")
    spoil(folder, '"050-khi-con-ke"', '"050-khi-con-noi"')

    found = _checked(folder, session)

    assert "question 'q5' sends the learner to 'khi-con-ke', which is no lesson of CM-01/4" in found


def test_the_content_check_knows_them() -> None:
    found = {one.name: one for one in loader.check_all()}

    assert found["CM-01/3"].faults == ()
    assert found["cm-01-before-after-1.toml"].faults == ()
    assert len(banks.read_shipped("cm-01-before-after-1.toml").questions) == 8


def test_a_discreet_course_asks_what_its_face_asks() -> None:
    face = document_of(read_course(loader.CONTENT / "CM-01" / "3"))
    course = read_course(loader.CONTENT / "CM-01" / "2")
    discreet = type(course)(
        **{name: getattr(course, name) for name in course.__slots__} | {"stands_for": "CM-01"}
    )

    (fault,) = loader._discreet_faults("CM-02/1", discreet, face)
    assert fault.message.startswith("“before_after” differs from CM-01 and would give this course away")

"""What authors see: the law used, what courses are made of, and both as files; in both languages."""

import csv
import html
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from courses import loader
from courses.loader import Checked
from tests.factories import World

SignIn = Callable[[int], FlaskClient]


def test_the_pages_are_linked_from_the_course_files(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.author).get("/author/").text

    assert 'href="/author/law"' in page
    assert 'href="/author/quality"' in page
    assert "CM-01/1/course.toml:1" in page  # the notes stand with their course


def test_a_change_of_law_lists_what_to_revise(world: World, sign_in: SignIn) -> None:
    page = html.unescape(sign_in(world.author).get("/author/law?q=19/2025/TT-BGDĐT").text)

    assert "19/2025/TT-BGDĐT · Thông tư quy định về khen thưởng và kỷ luật học sinh" in page
    assert "Hiệu lực từ 31/10/2025." in page
    assert "Thay thế: Thông tư 08/TT ngày 21/3/1988." in page
    assert "/courses/GD-01/lessons/duoc-lam-gi/" in page
    assert "Luật Trẻ em</h2>" not in page  # not searched for


def test_a_search_without_a_hit_says_what_to_do(world: World, sign_in: SignIn) -> None:
    page = html.unescape(sign_in(world.author).get("/author/law?q=khongcogi&lang=en").text)

    assert "No legal text, lesson or course holds these words." in page
    assert 'href="/author/law"' in page


def test_the_law_comes_as_a_file_with_a_row_for_each_use(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.author).get("/author/law.csv?q=73/2025/QH15&lang=en")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    head = next(at for at, row in enumerate(rows) if "Number" in row)
    uses = [
        dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :] if len(row) == len(rows[head])
    ]
    teacher_law = [one for one in uses if one["Number"] == "73/2025/QH15"]
    assert {one["In force since"] for one in teacher_law} == {"2026-01-01"}
    assert ("GD-01/3", "khi-thay-co-lo-tay") in {
        (one["Course and version"], one["Lesson or question"]) for one in teacher_law
    }


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "Các khóa học gồm những gì"), ("en", "What the courses are made of")]
)
def test_what_courses_are_made_of(world: World, sign_in: SignIn, language: str, said: str) -> None:
    page = html.unescape(sign_in(world.author).get(f"/author/quality?lang={language}").text)

    assert f"<h1>{said}</h1>" in page
    for folder in loader.folders():
        assert f"{folder.parent.name}/{folder.name}" in page
    assert ("8,6" if language == "vi" else "8.6") in page  # words in a sentence of CM-01/1, measured
    assert "CM-01/1/course.toml:1" in page
    kinds = (
        "một đáp án đúng: 13 · " if language == "vi" else "one right answer: 13 · several right answers: 3 · "
    )
    assert kinds in page  # of the 32 questions of CM-01/1, counted by hand


def test_the_measures_come_as_a_file(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.author).get("/author/quality.csv?lang=en")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    head = next(at for at, row in enumerate(rows) if "Course and version" in row)
    lines = {
        row[0]: dict(zip(rows[head], row, strict=True))
        for row in rows[head + 1 :]
        if len(row) == len(rows[head])
    }
    parents = lines["CM-01/1"]
    assert (parents["Lessons"], parents["Sources"], parents["Sources without a key"]) == ("12", "33", "33")
    assert parents["Questions"] == "32"
    kinds = ("one right answer", "several right answers", "true or false", "matching", "ordering", "a number")
    more = ("a word or three", "a story in steps")
    assert sum(int(parents[kind]) for kind in (*kinds, *more)) == 32
    assert sum(int(parents[f"Questions of difficulty {level}"]) for level in (1, 2, 3)) == 32
    assert sign_in(world.author).get("/author/quality.xlsx").data[:2] == b"PK"


def test_a_course_with_faults_shows_them_and_an_unreadable_one_is_left_out(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(one for one in loader.check_all() if one.name == "CM-01/1")
    fault = loader.Fault("CM-01/1/vi/010-ba-do-tuoi.md", 5, "something to mend")
    bad = Checked("CM-01/1", (fault,), (), one.course, None, False)
    monkeypatch.setattr("courses.loader.check_all", lambda: [bad, Checked("XX-01/1", (fault,))])

    page = html.unescape(sign_in(world.author).get("/author/quality?lang=en").text)

    assert "1 fault" in page
    assert "something to mend" in page
    assert "XX-01/1" not in page

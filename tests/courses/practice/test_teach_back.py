"""What TG-01 promises of its teach-back and its quiz: safety cannot be made up for, two stories are always drawn."""

import tomllib
from fractions import Fraction

import pytest

from courses import loader
from courses.manifest import read_course
from courses.practice.rubric import Rubric, share
from portal.config import ROOT

COURSE = read_course(loader.CONTENT / "TG-01" / "1")
PASS = Fraction(3, 4)


@pytest.fixture
def rubric() -> Rubric:
    assert COURSE.practice is not None
    return COURSE.practice


def sheet(rubric: Rubric, safety: int) -> dict[str, int]:
    """Return a sheet with the highest level at every criterion but safety."""
    return {one.ref: len(one.levels) - 1 for one in rubric.criteria} | {"an-toan": safety}


def test_full_points_elsewhere_do_not_make_up_for_the_lowest_level_at_safety(rubric: Rubric) -> None:
    # six criteria of 3 points and safety of 9: 27 at most; 18 of 27 are two thirds
    assert share(rubric, [sheet(rubric, 0), sheet(rubric, 0)]) == Fraction(18, 27) < PASS
    # one observer sees the lowest level, the other the next (3 points): 18 + 1.5 of 27
    assert share(rubric, [sheet(rubric, 0), sheet(rubric, 1)]) == Fraction(39, 54) < PASS


def test_who_forgets_one_of_four_may_still_pass(rubric: Rubric) -> None:
    assert share(rubric, [sheet(rubric, 1), sheet(rubric, 1)]) == Fraction(21, 27) >= PASS


def test_every_final_quiz_draws_a_story_of_safety_and_one_of_hard_questions() -> None:
    with (ROOT / "quizzes/banks/tg-01-1.toml").open("rb") as file:
        questions = tomllib.load(file)["questions"]
    stories = {(one["objective"], one["kind"]) for one in questions if one["difficulty"] == 3}
    drawn = {one.objective: one.count for one in COURSE.quizzes[0].draw if one.difficulty == (3,)}

    assert stories == {("o4", "branching"), ("o5", "branching")}
    assert drawn == {"o4": 1, "o5": 1}
    assert sum(one.count for one in COURSE.quizzes[0].draw) == 20

"""What the partial templates draw: fields with labels, and never anything of the key."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, get_template_attribute

from quizzes.marking import Feedback, mark, review
from quizzes.paper import Draw, asked, draw
from tests.quizzes.conftest import a_bank

ITEMS = draw(a_bank(), (Draw("o1", 8),), 5).items
ANSWERS: dict[str, Any] = {
    "q1": "a",
    "q2": ["a", "b"],
    "q3": True,
    "q4": {"a": "b"},
    "q5": {"a": 2},
    "q6": "24,5",
    "q7": "<b>111</b>",
    "q8": ["s1.a"],
}


def pick(texts: dict[str, str]) -> str:
    return texts.get("vi") or ""


@pytest.fixture
def draw_question(app: Flask) -> Any:
    with app.test_request_context():
        yield lambda one: str(get_template_attribute("quizzes/_question.html", "question")(one, 8, pick))


@pytest.fixture
def draw_review(app: Flask) -> Any:
    with app.test_request_context():
        macro = get_template_attribute("quizzes/_review.html", "reviewed")
        yield lambda one: str(macro(one, pick, "1 / 1", lambda slug: f"/bai/{slug}", lambda slug: slug))


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.kind)
def test_a_question_asks_and_tells_no_key(draw_question: Callable[[Any], str], item: Any) -> None:
    for answer in (None, ANSWERS[item.ref]):
        html = draw_question(asked(item, 3, answer))

        assert "BÍ-MẬT" not in html
        assert "weight" not in html
        assert "<fieldset" in html
        assert f"Câu {item.ref}?" in html
        assert f'name="q-{item.ref}' in html
        assert "style=" not in html
        assert "onclick" not in html


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.kind)
def test_a_review_explains(draw_review: Callable[[Any], str], item: Any) -> None:
    for answers in ({}, ANSWERS):
        for feedback in Feedback:
            told = {one.ref: one for one in review(ITEMS, answers, mark(ITEMS, answers), feedback)}

            html = draw_review(told[item.ref])

            assert f"Câu {item.ref}?" in html
            assert ("BÍ-MẬT" in html) <= (feedback is not Feedback.NONE)
            assert "<b>111" not in html


def test_hints_do_not_tell_the_right_answer(draw_review: Callable[[Any], str]) -> None:
    wrong = {**ANSWERS, "q1": next(label for label in "abc" if label not in ITEMS_BY_REF["q1"].key["right"])}
    told = {one.ref: one for one in review(ITEMS, wrong, mark(ITEMS, wrong), Feedback.HINTS)}

    html = draw_review(told["q1"])

    assert "choice--wrong" in html
    assert "choice--right" not in html


ITEMS_BY_REF = {item.ref: item for item in ITEMS}


def test_a_story_shows_the_way_so_far_only(draw_question: Callable[[Any], str]) -> None:
    first = draw_question(asked(ITEMS_BY_REF["q8"], 1, None))
    second = draw_question(asked(ITEMS_BY_REF["q8"], 1, ["s1.a"]))
    ended = draw_question(asked(ITEMS_BY_REF["q8"], 1, ["s1.b"]))

    assert "Bước một" in first
    assert "Bước hai" not in first
    assert '<input type="hidden" name="q-q8" value="s1.a">' in second
    assert 'type="radio" name="q-q8" value="s2.a"' in second
    assert "radio" not in ended


def test_a_saved_answer_is_drawn_again(draw_question: Callable[[Any], str]) -> None:
    assert draw_question(asked(ITEMS_BY_REF["q2"], 1, ["a", "b"])).count(" checked") == 2
    assert draw_question(asked(ITEMS_BY_REF["q4"], 1, {"a": "b"})).count(" selected") == 1
    assert draw_question(asked(ITEMS_BY_REF["q5"], 1, {"a": 2})).count(" selected") == 1
    assert 'value="24,5"' in draw_question(asked(ITEMS_BY_REF["q6"], 1, "24,5"))
    assert "&lt;b&gt;111" in draw_question(asked(ITEMS_BY_REF["q7"], 1, "<b>111</b>"))

"""Until a paper is handed in, nothing of its key leaves the server: not in the page, not in what saving answers."""

import html
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.db import unit_of_work
from quizzes import bank as banks
from quizzes.kinds import KINDS
from quizzes.paper import Item, Paper
from tests.factories import World
from tests.security.support import begin_quiz, right_fields

#: Names under which the key and what tells it stand in papers and banks; none may appear as data.
WORDS = (
    "weight",
    "feedback",
    "explain",
    "explanation",
    "tolerance",
    "accept",
    "right",
    "best",
    "origin",
    "expected",
)


def texts(value: Any) -> Iterator[str]:
    """Yield every text inside a document that is longer than a word."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str) and len(value) > 12:
        yield value


def secrets_of(item: Item) -> set[str]:
    """Return every sentence that only the key and the feedback hold."""
    shown = set(texts(dict(item.shown))) | set(texts(dict(item.stem)))
    return (set(texts(dict(item.key))) | set(texts(dict(item.feedback)))) - shown


def a_paper_of_everything(session: Session, user_id: int, code: str) -> tuple[str, tuple[Item, ...]]:
    """Begin an attempt whose paper holds every question of the course's bank."""
    from random import Random

    from quizzes.paper import Draw, draw

    attempt = begin_quiz(session, user_id, code)
    bank = banks.read_shipped(f"{code.lower()}-1.toml")
    counts: dict[str, int] = {}
    for question in bank.questions:
        counts[question.objective] = counts.get(question.objective, 0) + 1
    paper = draw(
        bank, [Draw(objective, number) for objective, number in counts.items()], Random(1).getrandbits(60)
    )
    attempt.paper = paper.document()
    session.flush()
    return attempt.id, Paper.read(attempt.paper).items


@pytest.mark.parametrize("code", ["GD-01", "CM-01"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_open_paper_tells_no_key(
    code: str, language: str, sign_in: Callable[[int], FlaskClient], session: Session, world: World
) -> None:
    with unit_of_work() as work:
        attempt_id, items = a_paper_of_everything(work, world.ana, code)

    answer = sign_in(world.ana).get(f"/attempts/{attempt_id}/?lang={language}")
    page = html.unescape(answer.text)

    assert answer.status_code == 200
    form = page[page.index('<form method="post" action="/attempts/') : page.index("quiz-bar")]
    asked = "\n".join(one for item in items for part in (item.shown, item.stem) for one in texts(dict(part)))
    told = [(item.ref, one) for item in items for one in secrets_of(item) if one in page and one not in asked]
    assert told == []
    for word in WORDS:
        assert f'"{word}"' not in form
        assert f"data-{word}" not in form
        assert f'name="{word}' not in form
    assert "choice--right" not in form
    assert "application/json" not in page  # the paper does not travel as data either


def test_the_shipped_banks_ask_by_every_kind() -> None:
    asked = {question.kind for name in banks.shipped() for question in banks.read_shipped(name).questions}

    assert asked == {kind for kind in KINDS if kind != "unknown"}


@pytest.mark.parametrize("code", ["GD-01"])
def test_saving_tells_no_key_either(
    code: str, sign_in: Callable[[int], FlaskClient], session: Session, world: World
) -> None:
    """Right and wrong answers get the same words back; a story goes on by one step and no further."""
    with unit_of_work() as work:
        attempt_id, items = a_paper_of_everything(work, world.ana, code)
    browser = sign_in(world.ana)

    for item in items:
        right = right_fields(item)
        if item.kind == "branching":
            right = {"": right[""][:1]}
        answer = browser.post(
            f"/attempts/{attempt_id}/answers", json={"ref": item.ref, "fields": right, "seq": 1}
        )
        assert answer.status_code == 200, item.ref
        assert set(answer.json or {}) <= {"saved", "ref", "story", "seq"}
        plain = html.unescape(json.dumps(answer.json, ensure_ascii=False))
        assert [one for one in secrets_of(item) if one in plain] == []
        if item.kind == "branching":
            steps = item.shown["steps"]
            taken = right[""][0].partition(".")
            after = next(c["to"] for c in steps[taken[0]]["choices"] if c["ref"] == taken[2])
            ahead = [ref for ref in steps if ref not in (item.shown["start"], after)]
            far = [steps[ref]["text"]["vi"] for ref in ahead]
            assert [one for one in far if one in plain] == []


def test_labels_are_places_not_the_author_s_names(session: Session, world: World) -> None:
    """An option called `right` by its author is called `a`, `b`, … on the paper."""
    with unit_of_work() as work:
        _attempt_id, items = a_paper_of_everything(work, world.ana, "GD-01")

    for item in items:
        for option in item.shown.get("options", ()):
            assert len(option["ref"]) == 1


def test_a_result_tells_as_much_as_its_course_allows(
    sign_in: Callable[[int], FlaskClient], session: Session, world: World
) -> None:
    """With `none`, not even a paper handed in tells what was right."""
    with unit_of_work() as work:
        attempt = begin_quiz(work, world.ana, "GD-01")
        attempt.rules = {**attempt.rules, "feedback": "none"}
        attempt_id, items = attempt.id, Paper.read(attempt.paper).items
    browser = sign_in(world.ana)
    assert browser.post(f"/attempts/{attempt_id}/submit", data={"then": "submit"}).status_code == 303

    page = html.unescape(browser.get(f"/attempts/{attempt_id}/").text)

    assert [(item.ref, one) for item in items for one in secrets_of(item) if one in page] == []


PREVIEWS = ["", "GD-01/1/quiz/final/", "GD-01/1/quiz/final/paper", "CM-01/1/quiz/tu-kiem-tra/"]


@pytest.mark.parametrize("who", ["ana", "bruno", "gina", "dora", "fay", "stranger"])
@pytest.mark.parametrize("address", PREVIEWS)
def test_an_author_s_pages_tell_nobody_else_a_word(
    who: str,
    address: str,
    sign_in: Callable[[int], FlaskClient],
    client: FlaskClient,
    session: Session,
    world: World,
) -> None:
    browser = client if who == "stranger" else sign_in(getattr(world, who))
    bank = banks.read_shipped("cm-01-1.toml" if "CM-01" in address else "gd-01-1.toml")

    answers = [browser.get(f"/author/courses/{address}")]
    if address.endswith("paper"):
        answers.append(browser.post(f"/author/courses/{address}", data={"seed": "7", "then": "mark"}))

    for answer in answers:
        page = html.unescape(answer.text)
        assert answer.status_code == (303 if who == "stranger" else 403)
        for question in bank.questions:
            parts = question.parts
            words = {*texts(dict(question.stem)), *texts(dict(question.feedback)), *texts(parts.key)}
            assert not [text for text in words if text in page]


def test_the_paper_an_author_tries_tells_no_key_before_it_is_marked(
    sign_in: Callable[[int], FlaskClient], session: Session, world: World
) -> None:
    """So that what she tries is what a learner gets."""
    page = html.unescape(sign_in(world.author).get("/author/courses/GD-01/1/quiz/final/paper").text)
    bank = banks.read_shipped("gd-01-1.toml")

    asked = [
        text
        for question in bank.questions
        for text in (*texts(question.parts.shown), *texts(dict(question.stem)))
    ]
    for question in bank.questions:
        secret = {*texts(question.parts.key), *texts(dict(question.feedback))}
        untold = {text for text in secret if not any(text in shown for shown in asked)}
        assert not [text for text in untold if text in page]

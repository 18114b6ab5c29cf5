"""An author sees every question with its key and tries a paper; nothing is stored, and nobody else gets there."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.previews import preview_for
from portal.core.db import Base
from portal.core.errors import NotFound
from portal.core.policy import Actor, Grant, Role
from quizzes import bank as banks
from quizzes import paper, trial
from quizzes.paper import Paper
from tests.factories import World
from tests.security.support import right_fields

SignIn = Callable[[int], FlaskClient]
GD = "/author/courses/GD-01/1/quiz/final/"
CA = "/author/courses/CA-01/1/quiz/final/"
AUTHOR = Actor(1, (Grant(Role.AUTHOR),))


def counted(session: Session) -> dict[str, int]:
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def sentences(value: Any) -> set[str]:
    """Return every Vietnamese text in a document."""
    if isinstance(value, dict):
        return (
            {value["vi"]}
            if isinstance(value.get("vi"), str)
            else set().union(*map(sentences, value.values()))
        )
    if isinstance(value, list):
        return set().union(*map(sentences, value))
    return set()


def posted(drawn: Paper, **more: str) -> dict[str, Any]:
    """Return the form of somebody who knows everything."""
    form: dict[str, Any] = {"seed": str(drawn.seed), "then": "mark", **more}
    for item in drawn.items:
        for name, values in right_fields(item).items():
            form[f"q-{item.ref}" + (f".{name}" if name else "")] = values
    return form


def drawn_from(session: Session, code: str, seed: int) -> Paper:
    preview = preview_for(session, AUTHOR, code, 1, "final")
    return paper.draw(preview.bank, preview.blueprint, seed)


@pytest.mark.parametrize(("address", "bank"), [(GD, "gd-01-1.toml"), (CA, "ca-01-1.toml")])
def test_every_word_of_a_bank_is_shown(
    sign_in: SignIn, session: Session, world: World, address: str, bank: str
) -> None:
    """Stems, options, feedback on right and wrong, the words on each option, steps of stories with their weights."""
    page = html.unescape(sign_in(world.author).get(address).text)
    file = banks.read_shipped(bank)

    words = sentences(dict(file.document))
    assert len(words) > 200
    assert {text for text in words if text not in page} == set()
    for one in file.questions:
        assert f'id="{one.ref}"' in page
    assert page.count("Mục tiêu o") >= len(file.questions)


def test_the_bank_is_filtered(sign_in: SignIn, world: World) -> None:
    author = sign_in(world.author)
    file = banks.read_shipped("gd-01-1.toml")
    expected = [one.ref for one in file.questions if one.objective == "o1" and one.difficulty == 2]

    page = author.get(f"{GD}?objective=o1&difficulty=2").text
    assert re.findall(r'<article class="question" id="([^"]+)"', page) == expected
    assert 0 < len(expected) < len(file.questions)
    page = author.get(f"{GD}?q=to chuc y te the gioi").text
    assert "q01" in re.findall(r'<article class="question" id="([^"]+)"', page)
    assert "Không có câu hỏi nào phù hợp" in author.get(f"{GD}?q=khongcogi").text
    everything = author.get(f"{GD}?objective=nope&difficulty=9").text
    assert everything.count('<article class="question"') == len(file.questions)


@pytest.mark.parametrize("code", ["GD-01", "CA-01"])
def test_a_tried_paper_is_marked_and_nothing_is_kept(
    sign_in: SignIn, session: Session, world: World, code: str
) -> None:
    author = sign_in(world.author)
    address = f"/author/courses/{code}/1/quiz/final/paper"
    before = counted(session)

    opened = author.get(address)
    seed = int(re.search(r'name="seed" value="(\d+)"', opened.text)[1])  # type: ignore[index]
    drawn = drawn_from(session, code, seed)
    assert [opened.text.index(f'data-question="{item.ref}"') for item in drawn.items] == sorted(
        opened.text.index(f'data-question="{item.ref}"') for item in drawn.items
    )
    full = author.post(address, data=posted(drawn))
    empty = author.post(address, data={"seed": str(seed), "then": "mark"})

    assert (full.status_code, empty.status_code) == (200, 200)
    count = len(drawn.items)
    assert f"{count} / {count}" in full.text
    assert "Đạt" in full.text
    assert f"0 / {count}" in empty.text
    assert counted(session) == before


def test_what_cannot_be_read_is_named_and_the_rest_is_kept(
    sign_in: SignIn, session: Session, world: World
) -> None:
    drawn = drawn_from(session, "GD-01", 7)
    number, item = next(
        (place, one) for place, one in enumerate(drawn.items, 1) if one.kind in ("single", "truefalse")
    )
    form = posted(drawn) | {f"q-{item.ref}": ["no such option"]}

    page = sign_in(world.author).post(f"{GD}paper", data=form)

    assert page.status_code == 422
    assert f"Câu {number}:" in page.text
    assert page.text.count(" checked") >= 1


def test_a_story_goes_on_step_by_step_without_script(sign_in: SignIn, session: Session, world: World) -> None:
    seed, story = next(
        (seed, item)
        for seed in range(200)
        for item in drawn_from(session, "CA-01", seed).items
        if item.kind == "branching"
    )
    start = story.shown["start"]
    step = story.shown["steps"][start]["choices"][0]

    page = sign_in(world.author).post(
        f"{CA}paper", data={"seed": str(seed), "then": "save", f"q-{story.ref}": f"{start}.{step['ref']}"}
    )

    text = html.unescape(page.text)
    assert page.status_code == 200
    assert step["text"]["vi"] in text
    assert "Kết quả làm thử" not in text
    assert story.shown["steps"][step["to"]]["text"]["vi"] in text


def test_the_list_is_searched(sign_in: SignIn, world: World) -> None:
    author = sign_in(world.author)

    assert GD in author.get("/author/courses/").text
    assert GD in author.get("/author/courses/?q=ky luat").text
    assert GD not in author.get("/author/courses/?q=ca-01").text
    assert "Không có bài kiểm tra nào" in author.get("/author/courses/?q=khongcogi").text


@pytest.mark.parametrize(
    "address",
    ["GD-01/9/quiz/final/", "GD-01/1/quiz/nope/", "XX-01/1/quiz/final/", "GD-01/1/quiz/nope/paper"],
)
def test_what_is_not_there_is_not_found(sign_in: SignIn, world: World, address: str) -> None:
    assert sign_in(world.author).get(f"/author/courses/{address}").status_code == 404


def test_the_loader_itself_authorises(session: Session, world: World) -> None:
    with pytest.raises(NotFound):
        preview_for(session, Actor(world.ana), "GD-01", 1, "final")
    with pytest.raises(NotFound):
        preview_for(session, Actor(world.bruno, (Grant(Role.DEPARTMENT_HEAD),)), "GD-01", 1, "final")


def test_answers_that_cannot_be_read_are_told_apart() -> None:
    file = banks.read_shipped("gd-01-1.toml")
    drawn = paper.draw(file, [paper.Draw("o1", 3)], 1)
    first = drawn.items[0]
    answers, unread = trial.answers_in(drawn, {f"q-{first.ref}": ["x" * 50]})

    assert (answers, unread) == ({}, (first.ref,))
    assert trial.marked(drawn.items, {}).points == 0

"""Drawing papers."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.bank import Bank
from quizzes.marking import mark
from quizzes.paper import CannotDraw, Draw, Paper, asked, draw, not_as_written, shortfalls, whole
from tests.quizzes.conftest import RAW, a_bank


def wide_bank(*questions: tuple[str, int]) -> Bank:
    """Return a bank of true/false questions: (objective, difficulty) each, with refs q0, q1, …"""
    raw = [
        {**RAW["truefalse"], "ref": f"q{n}", "objective": objective, "difficulty": difficulty}
        for n, (objective, difficulty) in enumerate(questions)
    ]
    return Bank({"format": 1, "slug": "rong", "version": 1, "languages": ["vi", "en"], "questions": raw})


WIDE = wide_bank(*(("o1", 1 + n % 3) for n in range(9)), *(("o2", 1) for _ in range(4)))


@given(st.integers())
def test_the_same_seed_draws_the_same_paper(seed: int) -> None:
    blueprint = (Draw("o1", 3), Draw("o2", 2))

    assert draw(WIDE, blueprint, seed) == draw(WIDE, blueprint, seed)
    assert (
        draw(a_bank(), (Draw("o1", 8),), seed).document() == draw(a_bank(), (Draw("o1", 8),), seed).document()
    )


def test_seeds_draw_different_papers() -> None:
    papers = {
        tuple(item.ref for item in draw(WIDE, (Draw("o1", 3), Draw("o2", 2)), seed).items)
        for seed in range(50)
    }

    assert len(papers) > 40


@given(st.integers())
def test_a_paper_follows_its_blueprint(seed: int) -> None:
    paper = draw(WIDE, (Draw("o1", 2, (1, 2)), Draw("o1", 1, (3,), points=3), Draw("o2", 2)), seed)

    assert Counter(item.objective for item in paper.items) == {"o1": 3, "o2": 2}
    assert [(item.difficulty, item.points) for item in paper.items if item.points == 3] == [(3, 3)]
    assert len({item.ref for item in paper.items}) == 5


def test_every_question_is_drawn_about_as_often() -> None:
    """3 of 9 in 900 papers: 300 each on average; 240 to 360 is over four standard deviations (14) either way."""
    counts = Counter(item.ref for seed in range(900) for item in draw(WIDE, (Draw("o1", 3),), seed).items)

    assert len(counts) == 9
    assert all(240 <= count <= 360 for count in counts.values())


@given(st.integers())
def test_rules_that_overlap_are_met_where_they_can_be(seed: int) -> None:
    """One of 1 or 2, one of 2 or 3, one of 1: only q0 (1), q1 (2), q2 (3) in exactly one way for the second."""
    bank = wide_bank(("o1", 1), ("o1", 2), ("o1", 3))

    paper = draw(bank, (Draw("o1", 1, (1, 2)), Draw("o1", 1, (2, 3)), Draw("o1", 1, (1,))), seed)

    assert {item.ref for item in paper.items} == {"q0", "q1", "q2"}


def test_too_few_questions_cannot_be_drawn() -> None:
    bank = wide_bank(("o1", 1), ("o1", 2))

    with pytest.raises(CannotDraw, match="not enough questions on 'o1'"):
        draw(bank, (Draw("o1", 3),), 1)
    assert shortfalls(bank, (Draw("o1", 2),)) == ()
    assert shortfalls(bank, (Draw("o1", 3), Draw("o9", 1), Draw("o1", 1, (3,)))) == (
        "asks for 3 questions on 'o1', the bank has 2",
        "asks for 1 questions on 'o9', the bank has 0",
        "asks for 1 questions on 'o1' of difficulty 3, the bank has 0",
    )
    assert shortfalls(bank, (Draw("o1", 2), Draw("o1", 1))) == (
        "not enough questions on 'o1' for all that is drawn of it",
    )


@given(st.integers(), st.lists(st.sampled_from(["true", "a", "b", "24", "s1.a"]), min_size=8, max_size=8))
def test_a_paper_from_the_database_marks_equally(seed: int, values: list[str]) -> None:
    paper = draw(a_bank(), (Draw("o1", 8),), seed)
    again = Paper.read(json.loads(json.dumps(paper.document(), sort_keys=True)))
    from quizzes import kinds

    answers = {}
    for item, value in zip(paper.items, values, strict=True):
        try:
            answers[item.ref] = kinds.of(item.kind).parse(item.shown, {"": [value]})
        except ValueError:
            answers[item.ref] = None

    assert again == paper
    assert mark(again.items, answers) == mark(paper.items, answers)


def test_asked_has_no_key() -> None:
    for number, item in enumerate(draw(a_bank(), (Draw("o1", 8),), 3).items, start=1):
        one = asked(item, number, None)

        assert (one.number, one.ref, one.answered) == (number, item.ref, False)
        assert "BÍ-MẬT" not in repr(one)
        assert not hasattr(one, "key")


def test_a_whole_bank_is_asked_in_its_order_as_it_is_written() -> None:
    raw = [
        {**RAW["truefalse"], "ref": "q2"},
        {**RAW["single"], "ref": "q1"},
        {**RAW["truefalse"], "ref": "q3"},
    ]
    bank = Bank({"format": 1, "slug": "hai-lan", "version": 1, "languages": ["vi", "en"], "questions": raw})

    paper = whole(bank)

    assert paper == whole(bank) == Paper.read(json.loads(json.dumps(paper.document())))
    assert [item.ref for item in paper.items] == ["q2", "q1", "q3"]
    assert [one["ref"] for one in paper.items[1].shown["options"]] == [
        one["ref"] for one in RAW["single"]["options"]
    ]
    assert [item.points for item in paper.items] == [1, 1, 1]
    assert paper.items[1].key["right"] == [one["ref"] for one in RAW["single"]["options"] if one.get("right")]


def test_what_would_stand_there_solved_is_named() -> None:
    raw = [{**RAW[kind], "ref": f"q{n}"} for n, kind in enumerate(("truefalse", "ordering", "matching"))]
    bank = Bank({"format": 1, "slug": "hai-lan", "version": 1, "languages": ["vi", "en"], "questions": raw})

    assert not_as_written(bank) == ("q1", "q2")

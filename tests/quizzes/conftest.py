"""A small bank of every kind, and an attempt to sit, for the tests of quizzes."""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy.orm import Session

from quizzes import queries, services
from quizzes.bank import Bank
from quizzes.lifecycle import Rules
from quizzes.models import Attempt
from quizzes.paper import Draw, Item
from tests.factories import World


def both(vi: str, en: str | None = None) -> dict[str, str]:
    """Return a text in both languages."""
    return {"vi": vi, "en": en or f"{vi} (en)"}


def question(ref: str, kind: str, **own: Any) -> dict[str, Any]:
    """Return a raw question of a kind."""
    return {
        "ref": ref,
        "kind": kind,
        "objective": "o1",
        "difficulty": 1,
        "lesson": "bai-mot",
        "stem": both(f"Câu {ref}?"),
        "feedback": {"right": both(f"BÍ-MẬT đúng {ref}"), "wrong": both(f"BÍ-MẬT sai {ref}")},
        **own,
    }


def option(ref: str, *, right: bool = False) -> dict[str, Any]:
    """Return a raw option."""
    raw = {"ref": ref, "text": both(f"Phương án {ref}"), "feedback": both(f"BÍ-MẬT lời {ref}")}
    return {**raw, "right": True} if right else raw


def choice(ref: str, weight: str, to: str) -> dict[str, Any]:
    """Return a raw choice of a story."""
    return {
        "ref": ref,
        "weight": weight,
        "to": to,
        "text": both(f"Chọn {ref} đi {to}"),
        "explain": both(f"BÍ-MẬT vì {ref}"),
    }


#: One question of each kind. The story: s1 -> s2 (good, 1) or end (bad, 0); s2 -> end (1 or 0.5). Best sum 2.
RAW: dict[str, dict[str, Any]] = {
    "single": question("q1", "single", options=[option("a"), option("b", right=True), option("c")]),
    "multiple": question(
        "q2", "multiple", options=[option("a", right=True), option("b", right=True), option("c"), option("d")]
    ),
    "truefalse": question("q3", "truefalse", answer=False),
    "matching": question(
        "q4",
        "matching",
        pairs=[
            {"ref": "p1", "left": both("Trái 1"), "right": both("Phải 1")},
            {"ref": "p2", "left": both("Trái 2"), "right": both("Phải 2")},
            {"ref": "p3", "left": both("Trái 3"), "right": both("Phải 3")},
        ],
        distractors=[{"ref": "x1", "text": both("Phải thừa")}],
    ),
    "ordering": question(
        "q5", "ordering", items=[{"ref": f"i{n}", "text": both(f"Việc {n}")} for n in range(1, 5)]
    ),
    "numeric": question("q6", "numeric", answer="24", tolerance="0.5", unit=both("giờ", "hours")),
    "shorttext": question(
        "q7", "shorttext", match="tolerant", accept={"vi": ["một một một", "111"], "en": ["111"]}
    ),
    "branching": question(
        "q8",
        "branching",
        start="s1",
        steps=[
            {
                "ref": "s1",
                "text": both("Bước một"),
                "choices": [choice("a", "1", "s2"), choice("b", "0", "end")],
            },
            {
                "ref": "s2",
                "text": both("Bước hai"),
                "choices": [choice("a", "1", "end"), choice("b", "0.5", "end")],
            },
        ],
    ),
}


def a_bank(*kinds: str) -> Bank:
    """Return a bank with one question of each kind named, or of every kind."""
    questions = [RAW[kind] for kind in kinds or RAW]
    return Bank({"format": 1, "slug": "thu", "version": 1, "languages": ["vi", "en"], "questions": questions})


def right_fields(item: Item) -> dict[str, list[str]]:
    """What a person who knows everything posts for an item of the small bank."""
    if item.kind in ("single", "multiple"):
        return {"": list(item.key["right"])}
    if item.kind == "matching":
        return {left: [right] for left, right in item.key["pairs"].items()}
    if item.kind == "ordering":
        return {label: [str(place)] for place, label in enumerate(item.key["order"], start=1)}
    return {
        "truefalse": {"": ["false"]},
        "numeric": {"": ["24"]},
        "shorttext": {"": ["Mot mot mot"]},
        "branching": {"": ["s1.a", "s2.a"]},
    }[item.kind]


Start = Callable[..., Attempt]


@pytest.fixture
def start(session: Session, world: World, now: datetime) -> Start:
    """Return a function that begins an attempt of Ana's on the bank of every kind."""
    services.release(session, a_bank(), now)

    def begin(
        *, taker_id: int | None = None, scope: str = "thu", at: datetime = now, **rules: Any
    ) -> Attempt:
        return services.start(
            session,
            taker_id=taker_id or world.ana,
            scope=scope,
            release=queries.released(session, "thu", 1),
            blueprint=(Draw("o1", len(RAW)),),
            rules=Rules(**rules),
            pass_share=Fraction(4, 5),
            seed=7,
            now=at,
        )

    return begin

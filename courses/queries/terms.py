"""What a version asks for, from its stored manifest: completion rules, quizzes, what they draw, their limits."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from courses.completion import Requirements, Rule
from courses.published import Published
from portal.core.errors import NotFound
from quizzes.lifecycle import Rules
from quizzes.paper import Draw
from quizzes.queries import Released, released


def requirements_of(version: Published) -> Requirements:
    """Return what a version asks for, from its stored manifest."""
    manifest = version.manifest
    return Requirements(
        rules=tuple(
            Rule(
                code=rule["rule"],
                quiz=rule.get("quiz"),
                share=Fraction(rule["share"]) if "share" in rule else None,
                times=rule.get("times"),
                modules=tuple(rule.get("modules", ())),
            )
            for rule in manifest["completion"]
        ),
        lessons=tuple(slug for module in manifest["modules"] for slug in module["lessons"]),
        pass_shares={quiz["ref"]: Fraction(quiz["pass_share"]) for quiz in manifest.get("quizzes", [])},
        modules={module["ref"]: tuple(module["lessons"]) for module in manifest["modules"]},
    )


def quiz_of(version: Published, ref: str) -> dict[str, Any]:
    """Return the quiz of a version as its course.toml describes it. Raises `NotFound`."""
    for quiz in version.manifest.get("quizzes", []):
        if quiz["ref"] == ref:
            found: dict[str, Any] = quiz
            return found
    raise NotFound


def is_decisive(version: Published, ref: str) -> bool:
    """Return whether a quiz is one of the completion rules, rather than a self-check."""
    return any(rule.get("quiz") == ref for rule in version.manifest["completion"])


def release_of(session: Session, quiz: Mapping[str, Any]) -> Released:
    """Return the published bank of a quiz (`gd-01-1`: version 1 of gd-01)."""
    slug, _, number = quiz["bank"].rpartition("-")
    return released(session, slug, int(number))


def blueprint_of(quiz: Mapping[str, Any]) -> tuple[Draw, ...]:
    """Return what a quiz draws from its bank."""
    return tuple(
        Draw(objective=draw["objective"], count=draw["count"], difficulty=tuple(draw.get("difficulty", ())))
        for draw in quiz["draw"]
    )


def rules_of(quiz: Mapping[str, Any]) -> Rules:
    """Return the limits of a quiz's attempts."""
    return Rules(
        attempts=quiz["attempts"],
        wait_after=quiz["wait_after"],
        wait_hours=quiz["wait_hours"],
        limit_minutes=quiz["limit_minutes"],
        feedback=quiz["feedback"],
    )

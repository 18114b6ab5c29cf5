"""What a version asks for, from its stored manifest: completion rules, quizzes, what they draw, their limits."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from courses.completion import Requirements, Rule, binds
from courses.models import Version
from courses.published import Published
from portal.core.errors import NotFound
from quizzes.lifecycle import Rules
from quizzes.paper import Draw
from quizzes.queries import Released, released


def requirements_of(version: Published) -> Requirements:
    """Return what a version asks for, of everybody together, from its stored manifest."""
    manifest = version.manifest
    return Requirements(
        rules=tuple(
            Rule(
                code=rule["rule"],
                quiz=rule.get("quiz"),
                share=Fraction(rule["share"]) if "share" in rule else None,
                times=rule.get("times"),
                modules=tuple(rule.get("modules", ())),
                audiences=tuple(rule.get("audiences", ())),
            )
            for rule in manifest["completion"]
        ),
        lessons=tuple(slug for module in manifest["modules"] for slug in module["lessons"]),
        pass_shares={quiz["ref"]: Fraction(quiz["pass_share"]) for quiz in manifest.get("quizzes", [])},
        modules={module["ref"]: tuple(module["lessons"]) for module in manifest["modules"]},
    )


def differs_by_audience(manifest: Mapping[str, Any]) -> bool:
    """Return whether a version asks different things of different audiences, or gives them different certificates."""
    return "certificate_for" in manifest or any("audiences" in rule for rule in manifest["completion"])


def rules_for(manifest: Mapping[str, Any], audience: str | None) -> list[dict[str, Any]]:
    """Return the completion rules, as stored, that bind her who is counted for `audience`."""
    return [rule for rule in manifest["completion"] if binds(rule.get("audiences", ()), audience)]


def quizzes_for(manifest: Mapping[str, Any], audience: str | None) -> Sequence[dict[str, Any]]:
    """Return the quizzes offered to her who is counted for `audience`: those of her rules, and those of no rule."""
    hers = {rule.get("quiz") for rule in rules_for(manifest, audience)}
    others = {rule.get("quiz") for rule in manifest["completion"]} - hers
    return [quiz for quiz in manifest.get("quizzes", []) if quiz["ref"] not in others]


def certificate_kind(version: Version | Published, audience: str | None) -> str:
    """Return the kind of certificate that a version gives to her who is counted for `audience`."""
    others: Mapping[str, Sequence[str]] = version.manifest.get("certificate_for", {})
    return next(
        (kind for kind, audiences in others.items() if audience in audiences), version.certificate_kind
    )


def quiz_of(version: Published, ref: str) -> dict[str, Any]:
    """Return the quiz of a version as its course.toml describes it. Raises `NotFound`."""
    for quiz in version.manifest.get("quizzes", []):
        if quiz["ref"] == ref:
            found: dict[str, Any] = quiz
            return found
    raise NotFound


def before_after_of(version: Published) -> Mapping[str, Any]:
    """Return what a version asks before and after, as its course.toml describes it. Raises `NotFound`."""
    asked: Mapping[str, Any] | None = version.manifest.get("before_after")
    if asked is None:
        raise NotFound
    return asked


def offered(version: Published, ref: str, audience: str | None) -> dict[str, Any]:
    """Return a quiz that is offered to her who is counted for `audience`. Raises `NotFound`, for those of others too."""
    quiz = quiz_of(version, ref)
    if quiz not in quizzes_for(version.manifest, audience):
        raise NotFound
    return quiz


def is_decisive(version: Published, ref: str) -> bool:
    """Return whether a quiz is one of the completion rules, of whomever it is asked, rather than a self-check."""
    return any(rule.get("quiz") == ref for rule in version.manifest["completion"])


def release_of(session: Session, quiz: Mapping[str, Any]) -> Released:
    """Return the published bank of a quiz, or of what is asked before and after (`gd-01-1`: version 1 of gd-01)."""
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

"""The API of figures: read by machines with a token, scoped like its owner; described by `/api/v1/openapi.json`.

Errors are JSON with a status, what is wrong and what to do. Nothing here writes.
"""

import tomllib
from collections.abc import Callable
from functools import cache, wraps
from importlib.resources import files
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import WWWAuthenticate

from portal.core import clock
from portal.core.accounts import api_tokens
from portal.core.accounts.queries import actor_of
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.policy import Action, Actor
from portal.core.web import public
from portal.indicators import answers, asking, compute
from portal.indicators.asking import BadQuestion, Question

bp = Blueprint("api", __name__, url_prefix="/api/v1")
View = TypeVar("View", bound=Callable[..., Any])


def _fault(status: int, title: str, text: str) -> Response:
    answer = jsonify(error={"status": status, "title": title, "text": text})
    answer.status_code = status
    if status == 401:
        answer.www_authenticate = WWWAuthenticate("bearer", {"realm": "api"})
    return answer


def token_requires(action: Action) -> Callable[[View], View]:
    """Let the view run for the owner of a token who may do `action` somewhere; a session's cookie opens nothing here."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> Any:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            owner = (
                api_tokens.owner(db.session(), token.strip()) if kind.lower() == "bearer" and token else None
            )
            who = actor_of(db.session(), owner, clock.today()) if owner is not None else Actor()
            if who.id is None:
                return _fault(
                    401,
                    "No token, or one that has ended",
                    "Send “Authorization: Bearer <token>”; make a token on the page of your account.",
                )
            if not who.may(action):
                return _fault(403, "Not for this token", "Its owner's role does not see figures.")
            return view(who, *args, **kwargs)

        guarded.policy = action  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def _asked(who: Actor) -> Question | Response:
    try:
        return asking.read(db.session(), who, request.args, clock.today())
    except BadQuestion as fault:
        return _fault(400, "The question cannot be answered", fault.message)
    except NotFound:
        return _fault(
            404, "No such place", "There is no place of that code, or it is not the token's to see."
        )


@bp.get("/indicators")
@token_requires(Action.INDICATOR_READ)
def figures(who: Actor) -> Response:
    """Return every figure of a place: the same as on the board and in the files."""
    question = _asked(who)
    if isinstance(question, Response):
        return question
    facts = compute.Facts(db.session(), question.asked)
    board = compute.board(facts, question.where, compute.relevant(question.asked.plan, question.where))
    world = facts.of(question.where)(question.asked.day)
    return jsonify(answers.document(question.asked, question.where, board, world))


@bp.get("/data-value-sets")
@token_requires(Action.INDICATOR_READ)
def data_value_sets(who: Actor) -> Response:
    """Return the same figures as a DHIS2 `dataValueSets` document."""
    question = _asked(who)
    if isinstance(question, Response):
        return question
    facts = compute.Facts(db.session(), question.asked)
    board = compute.board(facts, question.where, compute.relevant(question.asked.plan, question.where))
    code = question.where.code
    org_unit = org_units().get(code, code.partition("/")[0].partition(":")[2])
    return jsonify(answers.data_value_sets(question.asked, question.where, board, org_unit))


@cache
def org_units() -> dict[str, str]:
    """Return the map from the portal's places to DHIS2's organisation units (`org_units.toml`)."""
    text = files("portal.indicators").joinpath("org_units.toml").read_text("utf-8")
    return dict(tomllib.loads(text).get("map", {}))


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """Return the description of this API (OpenAPI 3.1)."""
    return jsonify(DESCRIPTION)


def _parameter(name: str, text: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": {"type": "string"},
        "example": example,
    }


_PARAMETERS = [
    _parameter("plan", "The plan; the first one by default.", "plan-39"),
    _parameter(
        "period",
        "Half a year (2025-H1) or a year (2025); by default the last one that has closed.",
        "2025-H1",
    ),
    _parameter(
        "place",
        "area:CODE, area:CODE/sector or unit:CODE; by default where the owner's role begins.",
        "area:34",
    ),
    _parameter("bounds", "Boundaries: “then” (of the cut-off) or “now”.", "then"),
    _parameter("targets", "The target set.", "province"),
]
_COUNT = {"type": ["integer", "null"], "minimum": 0}
_SHARE = {"type": ["number", "null"]}
_FAULTS = {
    str(status): {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for status, words in (
        (400, "The question cannot be answered; the text says why."),
        (401, "No token, or one that has ended."),
        (403, "The owner's role does not see figures."),
        (404, "No such place, or not the token's to see."),
    )
}
DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Figures of the plan",
        "version": str(answers.FORMAT),
        "description": "Every figure is a numerator and a denominator. Unknown is null, never 0.",
    },
    "paths": {
        "/api/v1/indicators": {
            "get": {
                "operationId": "indicators",
                "summary": "Every figure of a place for a period",
                "parameters": _PARAMETERS,
                "security": [{"token": []}],
                "responses": {
                    "200": {
                        "description": "The figures.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Figures"}}},
                    },
                    **_FAULTS,
                },
            }
        },
        "/api/v1/data-value-sets": {
            "get": {
                "operationId": "dataValueSets",
                "summary": "The same figures as a DHIS2 dataValueSets document",
                "description": (
                    "DHIS2 has no period from 15/12 to 14/6: `period` is the month of the cut-off, and the window's"
                    " dates are the attribute option combination (yyyyMMdd-yyyyMMdd); of some sectors of a place"
                    " only, their codes follow (yyyyMMdd-yyyyMMdd-EDUCATION). Import with"
                    " dataElementIdScheme=CODE and orgUnitIdScheme=CODE."
                ),
                "parameters": _PARAMETERS,
                "security": [{"token": []}],
                "responses": {
                    "200": {
                        "description": "The document.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/DataValueSet"}}
                        },
                    },
                    **_FAULTS,
                },
            }
        },
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Error": {
                "type": "object",
                "required": ["error"],
                "properties": {
                    "error": {
                        "type": "object",
                        "required": ["status", "title", "text"],
                        "properties": {
                            "status": {"type": "integer"},
                            "title": {"type": "string"},
                            "text": {"type": "string"},
                        },
                    }
                },
            },
            "Figures": {
                "type": "object",
                "required": [
                    "format",
                    "plan",
                    "target_set",
                    "period",
                    "cut_off",
                    "as_of",
                    "place",
                    "indicators",
                ],
                "properties": {
                    "format": {"const": answers.FORMAT},
                    "plan": {"type": "string"},
                    "plan_digest": {"type": "string"},
                    "target_set": {"type": "string"},
                    "period": {"type": "string"},
                    "starts_on": {"type": "string", "format": "date"},
                    "cut_off": {"type": "string", "format": "date"},
                    "as_of": {"type": "string", "format": "date"},
                    "boundaries": {"enum": ["then", "now"]},
                    "place": {
                        "type": "object",
                        "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
                    },
                    "indicators": {"type": "array", "items": {"$ref": "#/components/schemas/Figure"}},
                },
            },
            "Figure": {
                "type": "object",
                "required": ["code", "rule", "numerator", "denominator", "value", "target", "met"],
                "properties": {
                    "code": {"type": "string"},
                    "title": {"type": "object"},
                    "class": {"enum": ["computed", "mixed", "declared", "outside"]},
                    "counted": {"type": "string"},
                    "way": {"type": "string"},
                    "rule": {"type": "integer", "minimum": 1},
                    "as_of": {"type": "string", "format": "date"},
                    "frozen": {"type": "boolean"},
                    "numerator": _COUNT,
                    "denominator": _COUNT,
                    "value": _SHARE,
                    "target": _SHARE,
                    "needed": _COUNT,
                    "met": {"type": ["boolean", "null"]},
                    "parts": {"type": "array", "items": {"type": "object"}},
                    "missing": {"type": "array", "items": {"type": "string"}},
                    "outside": {"type": "integer"},
                    "coded": {"type": "integer"},
                    "totals_only": {"type": "integer"},
                    "waiting": {"type": "integer"},
                    "warnings": {"type": "array", "items": {"type": "string"}},
                },
            },
            "DataValueSet": {
                "type": "object",
                "required": ["dataSet", "period", "orgUnit", "dataValues"],
                "properties": {
                    "dataSet": {"type": "string"},
                    "completeDate": {"type": "string", "format": "date"},
                    "period": {"type": "string"},
                    "orgUnit": {"type": "string"},
                    "attributeOptionCombo": {"type": "string"},
                    "dataValues": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["dataElement", "value"],
                            "properties": {
                                "dataElement": {"type": "string"},
                                "value": {"type": "string"},
                                "comment": {"type": "string"},
                            },
                        },
                    },
                },
            },
        },
    },
}

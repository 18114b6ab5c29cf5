"""What a learner does, as requests: a whole quiz from signing in to the result, and answers one after the other."""

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode, urlsplit

from flask import Flask

from tests.bench import people
from tests.bench.load import Journey, request
from tests.bench.people import Place, Signed

ANSWERS = 10
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_DRAWN = re.compile(rb'name="seq" value="(\d+)"')
_FORM = "Content-Type: application/x-www-form-urlencoded"
_JSON = "Content-Type: application/json\r\nAccept: application/json\r\nX-CSRFToken: "


def answer(attempt: str, signed: Signed, ref: str, fields: dict[str, list[str]], seq: int) -> bytes:
    """Return the request that saves one answer."""
    body = json.dumps({"ref": ref, "fields": fields, "seq": seq}, ensure_ascii=False).encode()
    return request(
        "POST", f"/attempts/{attempt}/answers", cookie=signed.cookie, body=body, head=_JSON + signed.csrf
    )


def _cookie(head: bytes, before: str) -> str:
    found = re.search(rb"\r\nset-cookie: *([^;\r]+)", head, re.IGNORECASE)
    return found[1].decode() if found else before


def _token(body: bytes) -> str:
    found = _TOKEN.search(body)
    if found is None:
        raise ValueError(f"a page without a form: {body[:300]!r}")
    return found[1].decode()


def _drawn(body: bytes) -> str:
    found = _DRAWN.search(body)
    if found is None:
        raise ValueError("a paper that does not say when it was drawn")
    return found[1].decode()


def whole_quiz(app: Flask, place: Place, learners: Iterator[int]) -> Callable[[], Journey]:
    """Return the journey of the next of `learners`: sign in, start, ten answers, hand in, read the result.

    What is handed in is what a browser posts: the page's fields with what was chosen, and when the page was drawn.
    """

    def journey() -> Journey:
        number = next(learners)
        reply = yield "sign-in page", request("GET", "/login")
        cookie = _cookie(reply.head, "")
        form = {"login": f"do-{number}", "secret": people.PASSWORD, "csrf_token": _token(reply.body)}
        reply = yield (
            "sign in",
            request("POST", "/login", cookie=cookie, body=urlencode(form).encode(), head=_FORM),
        )
        if reply.status != 303:
            raise ValueError(f"do-{number} could not sign in: {reply.status}")
        cookie = _cookie(reply.head, cookie)
        reply = yield "quiz page", request("GET", f"/courses/{place.course}/quiz/", cookie=cookie)
        cookie = _cookie(reply.head, cookie)
        token = _token(reply.body)
        signed = Signed(number, cookie, token)
        form = {"csrf_token": token}
        start = f"/courses/{place.course}/quiz/?ref={place.quiz}"
        reply = yield (
            "start",
            request("POST", start, cookie=cookie, body=urlencode(form).encode(), head=_FORM),
        )
        if reply.status != 303:
            raise ValueError(f"do-{number} could not start: {reply.status}")
        here = urlsplit(reply.header("location")).path
        attempt = here.strip("/").rpartition("/")[2]
        reply = yield "paper", request("GET", here, cookie=cookie)
        page = [("csrf_token", token), ("seq", _drawn(reply.body))]
        for seq, (ref, fields) in enumerate(people.paper(app, attempt)[:ANSWERS], 1):
            yield "answer", answer(attempt, signed, ref, fields, seq)
            page += [
                (f"q-{ref}.{name}" if name else f"q-{ref}", value)
                for name, values in fields.items()
                for value in values
            ]
        reply = yield (
            "hand in",
            request("POST", f"{here}submit", cookie=cookie, body=urlencode(page).encode(), head=_FORM),
        )
        if reply.status != 303:
            raise ValueError(f"do-{number} could not hand in: {reply.status}")
        reply = yield "result", request("GET", here, cookie=cookie)
        if reply.status != 200:
            raise ValueError(f"do-{number} has no result: {reply.status}")

    return journey


def answering(app: Flask, attempt: str, signed: Signed) -> Callable[[], Journey]:
    """Return the journey of someone who saves an answer after the other, for ever."""
    questions = people.paper(app, attempt)

    def journey() -> Journey:
        seq = 0
        while True:
            seq += 1
            ref, fields = questions[seq % len(questions)]
            yield "answer", answer(attempt, signed, ref, fields, seq)

    return journey

"""The server is killed (-9, the whole group) at random moments under load: nothing it said was saved is lost.

Learners save answers as fast as they can and note what was acknowledged. After every kill the database is compared
with their notes, and the server starts again on what it finds. Only processes started here are ended.
"""

import contextlib
import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.orm import Session

from courses import loader, services
from courses.models import Course, Enrolment, Lesson, LessonDone, Version
from portal.app import create_app
from portal.config import Settings
from portal.core.accounts.models import Audience
from portal.core.db import db, unit_of_work
from quizzes.models import Answer, Attempt
from tests import databases, factories
from tests.bench import people
from tests.bench.serving import SECRET, NotServing, Server, portal_environ
from tests.conftest import DATABASES
from tests.machine import redis_server

LEARNERS = 6
ROUNDS = 5
LONGEST = 40.0  # seconds of killing, on each database


@dataclass
class Notes:
    """What one learner knows: of each question the last answer sent and the last acknowledged, by the count she sent."""

    attempt: str
    signed: people.Signed
    questions: list[tuple[str, dict[str, list[str]]]]
    seq: int = 0
    sent: dict[str, list[tuple[int, dict[str, list[str]]]]] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    handing_in: bool = False
    handed_in: bool = False
    refused: list[str] = field(default_factory=list)
    answered: threading.Event = field(default_factory=threading.Event)  # the hand-in was acknowledged


def _save(connection: http.client.HTTPConnection, notes: Notes) -> None:
    """Send the next answer; note it before, and note the acknowledgement after."""
    notes.seq += 1
    ref, right = notes.questions[notes.seq % len(notes.questions)]
    # every second time the question is left empty: what is kept must be the later one, whichever that is
    fields: dict[str, list[str]] = (
        right if (notes.seq // len(notes.questions)) % 2 == 0 else {name: [""] for name in right}
    )
    notes.sent.setdefault(ref, []).append((notes.seq, fields))
    body = json.dumps({"ref": ref, "fields": fields, "seq": notes.seq})
    head = {
        "Cookie": notes.signed.cookie,
        "X-CSRFToken": notes.signed.csrf,
        "Content-Type": "application/json",
    }
    connection.request("POST", f"/attempts/{notes.attempt}/answers", body, head)
    reply = connection.getresponse()
    text = reply.read()
    if reply.status == 200 and "saved" in json.loads(text):
        notes.acknowledged[ref] = notes.seq
    else:
        notes.refused.append(f"{reply.status} {text[:200]!r}")


def _hand_in(connection: http.client.HTTPConnection, notes: Notes) -> None:
    notes.handing_in = True
    head = {
        "Cookie": notes.signed.cookie,
        "X-CSRFToken": notes.signed.csrf,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", f"/attempts/{notes.attempt}/submit", "", head)
    reply = connection.getresponse()
    reply.read()
    if reply.status == 303:
        notes.handed_in = True
        notes.answered.set()
    else:
        notes.refused.append(f"submit: {reply.status}")


def _learn(port: int, notes: Notes, hand_in_at: float) -> None:
    """Save answers until the server is gone; hand in at a moment of `time.monotonic()`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError), contextlib.closing(connection):
        while not notes.refused:
            if time.monotonic() >= hand_in_at:
                _hand_in(connection, notes)
                return
            _save(connection, notes)


def _kept(engine: Engine, notes: Notes) -> tuple[dict[str, tuple[int, Any]], Attempt]:
    with Session(engine) as session:
        rows = session.execute(
            select(Answer.ref, Answer.seq, Answer.value).where(Answer.attempt_id == notes.attempt)
        )
        return {ref: (seq, value) for ref, seq, value in rows}, session.get_one(Attempt, notes.attempt)


def _compare(engine: Engine, notes: Notes) -> None:
    """Every acknowledged answer is there, or a later one that was sent; and it is whole."""
    kept, attempt = _kept(engine, notes)
    for ref, seq in notes.acknowledged.items():
        assert ref in kept, f"the answer to {ref} was acknowledged and is gone"
        assert kept[ref][0] >= seq, f"{ref}: {seq} was acknowledged, {kept[ref][0]} is there"
    for ref, (seq, value) in kept.items():
        if attempt.paper["items"][ref]["kind"] == "branching":
            # a story never goes back to its beginning, and the server counts its steps itself
            assert value is not None, f"{ref}: a story lost its way"
            continue
        if seq not in dict(notes.sent[ref]):
            assert notes.handing_in, f"{ref}: nobody sent {seq}"  # handing in keeps what the page held
            continue
        fields = dict(notes.sent[ref])[seq]
        filled = any(any(values) for values in fields.values())
        assert (value is not None) == filled, f"{ref}: half an answer: {value!r} for {fields!r}"
    if notes.handed_in:
        assert attempt.submitted_at is not None, "handed in, acknowledged, and open again"
        assert attempt.share is not None
    if attempt.submitted_at is not None:
        assert notes.handing_in
        assert attempt.result is not None, "closed and not marked"


@pytest.fixture(params=DATABASES)
def portal(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Server, Engine, list[list[people.Signed]], Any]]:
    """Yield a portal with learners who have read every lesson, and a function that begins an attempt for one."""
    with databases.with_tables(request.param, tmp_path) as url:
        app = create_app(
            Settings(environment="test", database_url=url, secret_key=SECRET, data_dir=tmp_path / "data")
        )
        ids = _fill(app)
        rounds = [
            people.signed_in(app, ids[number * LEARNERS : (number + 1) * LEARNERS])
            for number in range(ROUNDS)
        ]
        redis = redis_server() if request.param == "postgresql" else None
        server = Server(
            "wsgi:app",
            portal_environ(url, tmp_path / "data", redis=redis),
            ready="/readyz",
            workers=2 if redis else 1,
        )
        engine = create_engine(url)
        try:
            yield server, engine, rounds, lambda one: _begin(app, one)
        finally:
            server.stop()
            engine.dispose()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def _fill(app: Any) -> list[int]:
    now = datetime.now(UTC)
    with app.app_context():
        with unit_of_work() as session:
            loader.load_all(session, now)
        with unit_of_work() as session:
            course, version = next(
                (course, version)
                for course, version in session.execute(
                    select(Course, Version).join(Version, Version.course_id == Course.id).order_by(Course.id)
                )
                if version.current and version.manifest.get("quizzes")
            )
            school = factories.build(session).school
            lessons = session.scalars(select(Lesson.id).where(Lesson.version_id == version.id)).all()
            ids = []
            for number in range(ROUNDS * LEARNERS):
                one = factories.person(
                    session, f"Trần Thị {number}", school, Audience.TEACHER, username=f"kill-{number}"
                )
                ids.append(one.id)
                enrolment = Enrolment(
                    user_id=one.id, course_id=course.id, version_id=version.id, cycle=1, enrolled_at=now
                )
                session.add(enrolment)
                session.flush()
                session.execute(
                    insert(LessonDone),
                    [
                        {"enrolment_id": enrolment.id, "lesson_id": lesson, "done_at": now}
                        for lesson in lessons
                    ],
                )
        db.session.remove()
    return ids


def _begin(app: Any, one: people.Signed) -> Notes:
    with app.app_context():
        with unit_of_work() as session:
            enrolment = session.scalars(select(Enrolment).where(Enrolment.user_id == one.user_id)).one()
            version = session.get_one(Version, enrolment.version_id)
            quiz = version.manifest["quizzes"][0]["ref"]
            attempt = services.start_quiz(session, enrolment, quiz, one.user_id, datetime.now(UTC)).id
        db.session.remove()
    return Notes(attempt, one, people.paper(app, attempt))


def test_killed_at_any_moment_nothing_acknowledged_is_lost(portal):
    server, engine, rounds, begin = portal
    dice = random.Random()  # the moments differ from run to run on purpose
    began = time.monotonic()
    acknowledged = handed_in = killed = 0
    everybody: list[Notes] = []
    for learners in rounds:
        if killed >= 2 and time.monotonic() - began > LONGEST - 10:
            break
        server.start()
        notes = [begin(one) for one in learners]
        everybody += notes
        now, moment = time.monotonic(), dice.uniform(0.4, 2.5)
        threads = [
            # two hand in: one well before the kill, one as close to it as can be
            threading.Thread(
                target=_learn,
                args=(server.port, one, now + {0: moment / 2, 1: moment - 0.01}.get(place, 3600.0)),
            )
            for place, one in enumerate(notes)
        ]
        for thread in threads:
            thread.start()
        time.sleep(max(0.0, moment - (time.monotonic() - now)))
        if not killed:  # on the busiest machine, too, one hand-in is to be acknowledged before its kill
            notes[0].answered.wait(timeout=60)
        server.kill()
        killed += 1
        for thread in threads:
            thread.join(timeout=30)
            assert not thread.is_alive()
        for one in notes:
            assert not one.refused, one.refused
            _compare(engine, one)
        acknowledged += sum(len(one.acknowledged) for one in notes)
        handed_in += sum(one.handed_in for one in notes)
    assert killed >= 2
    assert acknowledged > 10 * killed, "there was next to no load; nothing was tested"
    assert handed_in >= 1
    server.start()  # on whatever the last kill left; those before must still be there, and saving goes on
    for one in everybody:
        _compare(engine, one)
    open_one = next(one for one in everybody if not one.handing_in)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        connection.request(
            "GET", f"/attempts/{open_one.attempt}/", headers={"Cookie": open_one.signed.cookie}
        )
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 200
        _save(connection, open_one)
    assert not open_one.refused
    _compare(engine, open_one)


def test_a_server_that_cannot_start_says_why(tmp_path: Path):
    environ = portal_environ(f"sqlite:///{tmp_path / 'x.db'}", tmp_path) | {"PORTAL_IDLE_MINUTES": "soon"}
    server = Server("wsgi:app", environ, ready="/readyz")
    try:
        with pytest.raises(NotServing, match="PORTAL_IDLE_MINUTES"):
            server.start()
    finally:
        server.stop()

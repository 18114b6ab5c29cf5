"""Whoever tries serials learns nothing from the wording and is stopped by the limit."""

import re
import uuid
from pathlib import Path
from random import Random

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from courses.certificates.serial import is_valid, new_serial
from portal.core.db import unit_of_work
from tests import machine
from tests.factories import World
from tests.security.support import certify, portal_of_its_own


def words(client: FlaskClient, serial: str) -> tuple[int, str]:
    answer = client.get(f"/verify/{serial}")
    return answer.status_code, re.sub(r"CN[-\w]*|nonsense|%\w\w", "", answer.text.replace(serial, ""))


def test_every_number_that_is_none_gets_the_same_answer(client: FlaskClient, world: World) -> None:
    random = Random(7)
    unknown = [new_serial(year, random.randrange) for year in (2026, 2026, 1999)]
    wrong_check = unknown[0][:-1] + ("0" if unknown[0][-1] != "0" else "1")
    assert is_valid(unknown[0])
    assert not is_valid(wrong_check)

    answers = [words(client, serial) for serial in (*unknown, wrong_check, "nonsense", "CN-2026")]

    assert {status for status, _text in answers} == {404}
    assert len({text for _status, text in answers}) == 1


def test_nothing_counts_up(session: Session, world: World) -> None:
    with unit_of_work() as work:
        first, second = certify(work, world.ana).serial, certify(work, world.fay).serial

    assert is_valid(first)
    assert is_valid(second)
    assert first[8:-2] != second[8:-2]


def test_the_file_needs_more_than_the_serial(client: FlaskClient, session: Session, world: World) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial

    assert client.get(f"/certificates/{serial}.pdf").status_code == 303
    assert client.get(f"/verify/{serial}").status_code == 200


def tries(folder: Path, **settings: str) -> list[int]:
    with portal_of_its_own("sqlite", folder, verify_limit="5 per minute", **settings) as (app, _world):
        client = app.test_client()
        return [client.get(f"/verify/CN-2026-{number:04d}").status_code for number in range(8)]


def test_the_limit_stops_the_sixth_look_in_a_minute(tmp_path: Path) -> None:
    assert tries(tmp_path) == [404] * 5 + [429] * 3


@pytest.mark.redis
def test_the_limit_counts_in_redis(tmp_path: Path) -> None:
    import redis

    address = machine.redis_server()
    assert address is not None
    store = redis.Redis.from_url(address)
    before = set(store.scan_iter("*cong-hoc-tap*"))
    store.delete(*before) if before else None
    try:
        assert tries(tmp_path, redis_url=address) == [404] * 5 + [429] * 3
        assert any(b"cong-hoc-tap" in key for key in store.scan_iter("*"))
    finally:
        left = set(store.scan_iter("*cong-hoc-tap*"))
        store.delete(*left) if left else None
        store.close()


def test_both_ways_of_asking_are_limited_and_so_is_signing_in(tmp_path: Path) -> None:
    limits = {"verify_limit": "2 per minute", "sign_in_limit": "2 per minute", "register_limit": "2 per hour"}
    with portal_of_its_own("sqlite", tmp_path, **limits) as (app, _world):
        client = app.test_client()
        asked = [client.get("/verify/?serial=CN-1").status_code for _try in range(3)]
        signed = [client.post("/login", data={"login": "x", "secret": "y"}).status_code for _try in range(3)]
        registered = [client.post("/register", data={"x": uuid.uuid4().hex}).status_code for _try in range(3)]
        other = client.get("/verify/?serial=CN-1", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code

    assert asked == [422, 422, 429]
    assert signed == [422, 422, 429]
    assert registered == [422, 422, 429]
    assert other == 422


def test_nobody_chooses_her_own_address(tmp_path: Path) -> None:
    """Without a proxy in front, X-Forwarded-For is only something a stranger wrote."""
    with portal_of_its_own("sqlite", tmp_path, verify_limit="2 per minute") as (app, _world):
        client = app.test_client()
        got = [
            client.get("/verify/CN-1", headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code
            for number in range(4)
        ]

    assert got == [404, 404, 429, 429]

"""What a rolled-back test cannot show: reading without a transaction, rows that stream, writing outside a unit of work."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from portal.core import clock
from portal.core.accounts import services as accounts
from portal.core.accounts.login import TOKEN_KEY
from portal.core.accounts.models import User
from portal.core.db import WriteOutside, begin_early, db, unit_of_work
from tests.conftest import DATABASES
from tests.factories import NOW, World
from tests.security.support import portal_of_its_own


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, World]]:
    with clock.frozen(NOW), portal_of_its_own(request.param, tmp_path) as made:
        yield made


def signed_in(app: Flask, user_id: int) -> FlaskClient:
    with app.app_context(), unit_of_work() as session:
        token = accounts.sign_in(session, user_id, NOW)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[TOKEN_KEY] = token
        cookie.permanent = True
    return client


@pytest.mark.parametrize(
    "address",
    ["/manage/", "/manage/people", "/manage/people.csv", "/manage/people.xlsx", "/manage/board.xlsx"],
)
def test_the_head_reads_and_exports(portal: tuple[Flask, World], address: str) -> None:
    app, world = portal

    answer = signed_in(app, world.dora).get(address)

    assert answer.status_code == 200
    assert len(answer.get_data()) > 300


def test_every_row_streams(portal: tuple[Flask, World]) -> None:
    app, world = portal

    text = signed_in(app, world.dora).get("/manage/people.csv").get_data().decode("utf-8-sig")

    with app.app_context():
        names = (
            db.session().scalars(select(User.full_name).where(User.id.in_((world.ana, world.carla)))).all()
        )
    assert len(names) == 2
    for name in names:
        assert sum(name in line for line in text.splitlines()) == 1


@pytest.mark.parametrize("whole", [True, False], ids=["read to its end", "given up"])
@pytest.mark.parametrize("address", ["/manage/people.csv", "/manage/roster/units/A/roster.csv"])
def test_a_file_gives_its_connection_back(portal: tuple[Flask, World], address: str, whole: bool) -> None:
    app, world = portal

    answer = signed_in(app, world.dora).get(address)
    pieces = iter(answer.response)
    assert next(pieces)
    if whole:
        assert sum(len(str(piece)) for piece in pieces) > 0
    answer.close()

    assert answer.status_code == 200
    with app.app_context():
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_nothing_is_written_outside_a_unit_of_work(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        person = db.session().get_one(User, world.ana)
        person.full_name = "Changed by the way"

        with pytest.raises(WriteOutside):
            db.session().flush()

        db.session.remove()
        assert db.session().get_one(User, world.ana).full_name != "Changed by the way"


def test_a_unit_begun_early_is_kept_or_given_up_whole(portal: tuple[Flask, World]) -> None:
    app, world = portal
    with app.app_context():
        begin_early()
        db.session().execute(select(User.id)).all()
        with unit_of_work(one_statement=True) as session:
            session.execute(update(User).where(User.id == world.ana).values(language="en"))
        db.session.remove()
        assert db.session().scalar(select(User.language).where(User.id == world.ana)) == "en"
        db.session.remove()
        begin_early()  # a request that is refused before it writes
        db.session.remove()
        with unit_of_work() as session:  # whoever comes next need not wait
            session.execute(update(User).where(User.id == world.ana).values(language="vi"))


def test_the_database_is_told_who_does_not_wait_for_its_disk(portal: tuple[Flask, World]) -> None:
    app, _world = portal
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            told = text("SHOW synchronous_commit")
            with unit_of_work(at_leisure=True) as session:
                assert session.scalar(told) == "off"
            with unit_of_work() as session:
                assert session.scalar(told) == "on"  # it held for that one unit


def test_writers_of_one_process_take_turns(portal: tuple[Flask, World]) -> None:
    """Eight threads of twenty units each: every one is counted, and none sleeps for its turn."""
    app, world = portal

    def add_twenty() -> None:
        with app.app_context():
            for _ in range(20):
                with unit_of_work() as session:
                    person = session.scalars(
                        select(User).where(User.id == world.ana).with_for_update(key_share=True)
                    ).one()
                    person.failed_count += 1
                    session.flush()
                    sleep(0.001)
            db.session.remove()

    threads = [Thread(target=add_twenty) for _ in range(8)]
    began = monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with app.app_context():
        assert db.session().scalar(select(User.failed_count).where(User.id == world.ana)) == 160
    assert monotonic() - began < 60

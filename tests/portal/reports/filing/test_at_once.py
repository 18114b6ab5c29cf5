"""Two people at one report at the same moment, each with a connection of her own."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.policy import Action, Actor, Grant, Role
from portal.indicators import opening
from portal.reports import document
from portal.reports.filing import queries, reporters, services
from portal.reports.filing.models import Filing, FilingState, FilingStep
from tests.conftest import DATABASES
from tests.factories import NOW, World
from tests.portal.reports.filing import support
from tests.portal.reports.filing.support import DISTRICT, HALF, JUNE_15, PLAN
from tests.portal.test_real_connections import signed_in
from tests.security.support import portal_of_its_own

HEAD = (Grant(Role.STANDING_AGENCY),)


@pytest.fixture(params=DATABASES)
def prepared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, World, int, int]]:
    """Yield a portal of its own with a prepared report; its id, and who may approve it."""
    with clock.frozen(NOW), portal_of_its_own(request.param, tmp_path) as (app, world):
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            with unit_of_work() as work:
                other = support.second_head(work, world)
                place = reporters.the_one(work, PLAN, HALF, DISTRICT)
                assert place is not None
                gina = services.By(world.gina, "Ngô Thị Giang")
                one = services.draft(work, PLAN, HALF, place, opening.rows, gina, JUNE_15)
                services.prepare(work, one, opening.rows, gina, JUNE_15)
                key = one.id
            db.session.remove()
        yield app, world, key, other


def steps(app: Flask, key: int) -> list[str]:
    with app.app_context(), unit_of_work() as work:
        return list(
            work.scalars(select(FilingStep.state).where(FilingStep.filing_id == key).order_by(FilingStep.id))
        )


def test_who_approves_while_the_words_change_is_asked_to_look_again(
    prepared: tuple[Flask, World, int, int],
) -> None:
    """The approval comes while another transaction has the report: it waits, and then finds another report than was read."""
    app, world, key, other = prepared
    reader = signed_in(app, other)
    seen = re.findall(r'name="seen" value="(\d+)"', reader.get(f"/reports/filings/{key}/").text)[0]
    holds, answered = Event(), Event()
    answers: list[int] = []

    def approve() -> None:
        holds.wait(10)
        answers.append(reader.post(f"/reports/filings/{key}/approve", data={"seen": seen}).status_code)
        answered.set()

    thread = Thread(target=approve)
    thread.start()
    with app.app_context():
        with unit_of_work() as work:
            one = queries.find(work, Actor(world.gina, HEAD), key, Action.REPORT_PREPARE, lock=True)
            gina = services.By(world.gina, "Ngô Thị Giang")
            services.take_back(work, one, gina, NOW)
            holds.set()
            assert not answered.wait(1.0)  # it waits for the row, or for its turn
            services.reword(work, one, dict.fromkeys(document.NARRATIVE, "Lời khác."))
            services.prepare(work, one, opening.rows, gina, NOW)
        db.session.remove()
    thread.join(20)

    assert answers == [303]
    with app.app_context(), unit_of_work() as work:
        assert work.get_one(Filing, key).state == FilingState.PREPARED
    assert steps(app, key) == ["draft", "prepared", "draft", "prepared"]


def test_of_two_who_press_at_once_one_does_it(prepared: tuple[Flask, World, int, int]) -> None:
    app, _world, key, other = prepared
    readers = [signed_in(app, other) for _ in range(3)]
    seen = re.findall(r'name="seen" value="(\d+)"', readers[0].get(f"/reports/filings/{key}/").text)[0]
    for step, ends in (("approve", "approved"), ("file", "filed")):
        assert pressed(readers, f"/reports/filings/{key}/{step}", seen) == [303] * 3
        assert steps(app, key).count(ends) == 1
        page = readers[0].get(f"/reports/filings/{key}/").text
        seen = (re.findall(r'name="seen" value="(\d+)"', page) or [""])[0]


def pressed(readers: list[FlaskClient], address: str, seen: str) -> list[int]:
    """Let all press the button at the same moment; return what each was answered."""
    together, answers = Barrier(len(readers)), list[int]()

    def press(reader: FlaskClient) -> None:
        together.wait(10)
        answers.append(reader.post(address, data={"seen": seen}).status_code)

    threads = [Thread(target=press, args=(reader,)) for reader in readers]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return answers

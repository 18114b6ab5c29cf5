"""The command line files and verifies; whatever happens after filing, the filed report stays as it was."""

import json
from datetime import date

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.accounts.models import Posting
from portal.core.db import unit_of_work
from portal.reports.filing import adjustments, chunks, reporters, services, snapshot
from portal.reports.filing.work import counted_keys
from tests.factories import World
from tests.portal.reports.filing import support
from tests.portal.reports.filing.support import HALF, JUNE_15, PLAN, opener


def test_a_report_is_filed_and_verified_from_the_command_line(app: Flask, world: World) -> None:
    run = app.test_cli_runner().invoke
    with unit_of_work() as work:
        support.second_head(work, world)
    arguments = ["reports", "file", "--period", "2025-H1", "--place", "area:D1", "--by", "hoa-huyen"]

    nobody = run(args=arguments)
    assert nobody.exit_code == 1
    assert "--prepared-by" in nobody.stderr
    wrong = run(args=[*arguments[:-1], "dora", "--prepared-by", "gina"])  # education, not the district
    assert "may not do this" in wrong.stderr
    done = run(args=[*arguments, "--prepared-by", "gina", "--format", "json"])
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert len(answer["digest"]) == 64

    whole = run(args=["reports", "verify"])
    assert whole.exit_code == 0
    assert whole.stdout.strip() == "1 filed reports verified, 0 not as filed"
    with unit_of_work() as work:
        if work.connection().dialect.name == "postgresql":
            work.execute(text("ALTER TABLE filing_rows DISABLE TRIGGER filing_rows_no_change"))
        else:
            work.execute(text("DROP TRIGGER filing_rows_no_update"))
        work.execute(text("UPDATE filing_rows SET row_count = row_count + 1 WHERE indicator = 'CT06'"))
    broken = run(args=["reports", "verify", "--id", str(answer["id"])])
    assert broken.exit_code == 1
    assert "rows CT06: their number differs" in broken.stderr


STEPS = st.lists(
    st.tuples(st.sampled_from(["train", "hire", "leave", "evening", "hall"]), st.integers(0, 3)), max_size=8
)


@pytest.mark.parametrize("before", [0, 2])
def test_no_history_moves_a_filed_report(app: Flask, session: Session, world: World, before: int) -> None:
    for number in range(before):
        support.officer(session, world, f"Cao Văn {number}", trained_on=date(2025, 3, 1))
    people = [support.officer(session, world, f"Bùi Văn {number}") for number in range(4)]
    place = reporters.the_one(session, PLAN, HALF, "area:P/health")
    assert place is not None
    one = services.draft(session, PLAN, HALF, place, opener, services.By(world.gina, "a"), JUNE_15)
    services.prepare(session, one, opener, services.By(world.gina, "a"), JUNE_15)
    services.approve(session, one, services.By(world.dora, "b"), JUNE_15)
    services.file(session, one, opener, services.By(world.dora, "b"), JUNE_15)
    was, digest = json.dumps(one.snapshot, sort_keys=True), one.digest
    frozen = {
        code: set(keys)
        for code, keys in ((code, counted_keys(rows)) for code, rows in chunks.whole(session, one.id).items())
    }

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(STEPS)
    def whatever_happens(history: list[tuple[str, int]]) -> None:
        point = session.begin_nested()
        for kind, number in history:
            if kind == "train":
                support.certify(session, people[number], "YT-01", date(2025, 5, 1 + number))
            elif kind == "hire":
                support.officer(session, world, "Hồ Văn Mới", trained_on=date(2025, 2, 1 + number))
            elif kind == "leave":
                session.query(Posting).filter_by(user_id=people[number].id).delete()
            elif kind == "evening":
                support.evening(session, world, date(2025, 6, 1 + number), number)
            else:
                support.hall(session, world, date(2025, 6, 1 + number), people[:number])
        session.flush()
        session.expire_all()
        found = adjustments.since_filed(session, PLAN, one, place.where, opener)

        assert (json.dumps(one.snapshot, sort_keys=True), one.digest) == (was, digest)
        assert snapshot.verify(session, one) == []
        again = {
            change.code: (frozen.get(change.code, set()) | set(change.came)) - set(change.left)
            for change in found
        }
        work = services.compute(session, PLAN, HALF, place.where, "province", opener)
        for code, keys in again.items():  # what was filed, and what came and left, make what is known now
            assert keys == work.opened[code].keys
        for code, opened in work.opened.items():
            if code not in again:
                assert frozen.get(code, set()) == opened.keys
        point.rollback()

    whatever_happens()

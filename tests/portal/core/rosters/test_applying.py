"""Applying a list: told while it is written, looked at again under the lock, and the same in batches of any size."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Posting
from portal.core.jobs import beside, queries
from portal.core.jobs.models import Job, State
from portal.core.policy import Actor, Grant, Role
from portal.core.rosters import applying
from tests.factories import NOW, World
from tests.portal.core.rosters.test_fuzz import bring_in


def row(unit: str | None, name: str, code: str | None, began: Any = "5/9/2024") -> dict[str, Any]:
    return {
        "unit": unit, "code": code, "name": name, "phone": None, "audience": "Giáo viên", "title": None, "began": began,
    }  # fmt: skip


def agency(world: World) -> Actor:
    return Actor(world.gina, (Grant(Role.DISTRICT_HEAD, area=world.province),))


def test_how_far_it_is_is_told_after_every_batch(session: Session, world: World) -> None:
    who = agency(world)
    one = bring_in(session, who, [row("A", f"Lê Thị {x}", f"X-{x}") for x in "ABCDE"], full=False, unit=None)
    told: list[tuple[int, int]] = []

    applying.apply(
        session,
        who,
        one,
        applying.check(session, who, one),
        NOW,
        lambda done, all_: told.append((done, all_)),
    )

    assert told == [(5, 5)]


def test_a_post_that_ended_after_the_check_stops_the_application(session: Session, world: World) -> None:
    who = agency(world)
    one = bring_in(session, who, [row("A", "Lê Thị Mới", "X-1")], full=True, unit=None)
    assert one.counts["left"] > 0
    checked = applying.check(session, who, one)
    post = session.scalars(select(Posting).where(Posting.id.in_(checked.left)).limit(1)).one()
    post.valid_to = post.valid_from
    session.flush()

    with pytest.raises(applying.Moved):
        applying.apply(session, who, one, checked, NOW)

    assert session.scalar(select(Posting.id).where(Posting.import_id == one.id)) is None


def test_an_unreadable_row_of_a_unit_that_later_batches_name_is_that_units_in_batches_of_any_size(
    session: Session, world: World
) -> None:
    """The dry run here has batches of three, the check one of a thousand: both must say the same."""
    rows = [
        row("A", "Lê Thị An", "X-1"), row("B", "Trần Thị Bé", "X-2", "32/1/2024"), row("K", "Trần Thị Ánh", "X-3"),
        row("B", "Lê Văn Bảo", "X-4"),
    ]  # fmt: skip
    one = bring_in(session, agency(world), rows, full=True, unit=None)

    checked = applying.check(session, agency(world), one)

    assert checked.seen.incomplete == {"B"}
    assert not checked.seen.nowhere


def test_a_page_sees_what_is_told_beside_the_database(session: Session, world: World) -> None:
    job = Job(
        kind="roster.apply", facts={}, state=State.RUNNING, progress=10, total=100, tries=1, not_before=NOW,
        token="t" * 32, lease_until=NOW, by_id=world.gina, created_at=NOW,
    )  # fmt: skip
    session.add(job)
    session.flush()

    beside.tell(job.id, "t" * 32, 60, 100)
    seen = queries.shown(job)
    beside.tell(job.id, "another worker's, which is gone", 90, 100)
    stale = queries.shown(job)
    beside.forget(job.id)

    on_sqlite = session.connection().dialect.name == "sqlite"
    assert (seen.progress, seen.percent) == ((60, 60) if on_sqlite else (10, 10))
    assert (stale.progress, stale.percent) == (10, 10)
    assert beside.told(job.id, "t" * 32) is None

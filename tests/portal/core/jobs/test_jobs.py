"""Jobs: asked for once, done once, tried three times, stopped when asked; pages show one's own and nobody else's."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit.models import Entry
from portal.core.audit.services import record
from portal.core.db import unit_of_work
from portal.core.errors import Refused
from portal.core.jobs import registry, services
from portal.core.jobs.context import JobContext
from portal.core.jobs.errors import LeaseLost
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from tests.factories import NOW, World

SignIn = Callable[[int], FlaskClient]


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that says what the jobs of kind `test.one` do; no other kind is known meanwhile."""
    monkeypatch.setattr(registry, "KINDS", registry.KINDS)
    kept = dict(registry.KINDS)
    registry.KINDS.clear()

    def does(run: Callable[[JobContext], dict[str, Any]], **more: Any) -> None:
        registry.KINDS.pop("test.one", None)
        registry.handles("test.one", "My background work", **more)(run)

    yield does
    registry.KINDS.clear()
    registry.KINDS.update(kept)


def ask(facts: dict[str, Any] | None = None, *, by: int | None = None, key: str | None = None) -> int:
    with unit_of_work() as session:
        return services.enqueue(session, "test.one", facts or {}, by_id=by, now=clock.now(), key=key).id


def job(session: Session, job_id: int) -> Job:
    session.expire_all()
    return session.get_one(Job, job_id)


def test_a_job_is_done_and_its_result_kept(session: Session, kind: Callable[..., None]) -> None:
    kind(lambda context: {"sum": sum(context.facts["numbers"])})
    one = ask({"numbers": [2, 3, 5]})

    assert Worker().drain() == 1

    assert job(session, one).state == State.DONE
    assert job(session, one).result == {"sum": 10}
    assert Worker().drain() == 0


def test_the_same_key_is_one_job_for_ever(session: Session, kind: Callable[..., None]) -> None:
    done: list[int] = []
    kind(lambda context: done.append(context.job_id) or {})
    first = ask(key="import:7")
    Worker().drain()

    assert ask(key="import:7") == first
    assert Worker().drain() == 0
    assert done == [first]


def test_the_oldest_comes_first(session: Session, kind: Callable[..., None]) -> None:
    done: list[int] = []
    kind(lambda context: done.append(context.facts["n"]) or {})
    for number in range(4):
        ask({"n": number})

    Worker().drain()

    assert done == [0, 1, 2, 3]


def test_a_crash_is_tried_three_times_with_longer_pauses(session: Session, kind: Callable[..., None]) -> None:
    def crash(context: JobContext) -> dict[str, Any]:
        raise ValueError("the sky fell")

    kind(crash)
    one = ask()

    # pauses typed by hand: ten seconds after the first, two minutes after the second
    for after, expected in (
        (0, State.WAITING),
        (9, None),
        (11, State.WAITING),
        (100, None),
        (200, State.FAILED),
    ):
        with clock.frozen(NOW + timedelta(seconds=after)):
            taken = Worker().drain()
        assert taken == (0 if expected is None else 1), after
        if expected is not None:
            assert job(session, one).state == expected, after

    assert "the sky fell" in (job(session, one).error or "")
    assert job(session, one).tries == 3


def test_a_refusal_is_not_tried_again_and_is_worded_on_the_page(
    session: Session, kind: Callable[..., None], sign_in: SignIn, world: World
) -> None:
    class TooMany(Refused):
        message = "%(most)d people use this number already. Ask your collaborator to register you, or use another number."

    def refuse(context: JobContext) -> dict[str, Any]:
        raise TooMany(most=10)

    kind(refuse)
    one = ask(by=world.ana)
    Worker().drain()

    assert job(session, one).state == State.FAILED
    assert job(session, one).tries == 1
    assert "10 người" in sign_in(world.ana).get(f"/manage/jobs/{one}").text


def test_what_a_crashed_try_wrote_is_rolled_back(session: Session, kind: Callable[..., None]) -> None:
    def half(context: JobContext) -> dict[str, Any]:
        with context.work() as work:
            record(work, at=NOW, actor_id=None, code="test.half", target="x")
            raise ValueError

    kind(half)
    ask()
    Worker().drain()

    assert session.scalars(select(Entry).where(Entry.code == "test.half")).all() == []


def test_finishing_inside_the_work_is_one_transaction_with_it(
    session: Session, kind: Callable[..., None]
) -> None:
    def whole(context: JobContext) -> dict[str, Any]:
        with context.work() as work:
            record(work, at=NOW, actor_id=None, code="test.whole", target="x")
            context.finish(work, {"rows": 1})
        raise ValueError("after the end")

    kind(whole)
    one = ask()
    Worker().drain()

    assert job(session, one).state == State.DONE
    assert job(session, one).result == {"rows": 1}
    assert len(session.scalars(select(Entry).where(Entry.code == "test.whole")).all()) == 1


def test_a_worker_whose_lease_was_taken_can_write_nothing(
    session: Session, kind: Callable[..., None]
) -> None:
    kind(lambda context: {})
    ask()
    with unit_of_work() as work:
        late = services.claim(work, NOW)
    with unit_of_work() as work:
        assert services.claim(work, NOW + timedelta(seconds=59)) is None
    with unit_of_work() as work:
        later = services.claim(work, NOW + timedelta(seconds=61))
    assert late is not None
    assert later is not None
    assert later.job_id == late.job_id

    with pytest.raises(LeaseLost), late.work() as work:
        record(work, at=NOW, actor_id=None, code="test.late", target="x")
    with pytest.raises(LeaseLost):
        late.progress(1, 2)

    assert session.scalars(select(Entry).where(Entry.code == "test.late")).all() == []
    later.progress(1, 2)
    assert job(session, later.job_id).progress == 1


def test_what_kills_every_worker_is_given_up(session: Session, kind: Callable[..., None]) -> None:
    kind(lambda context: {})
    one = ask()
    for number in range(4):
        with unit_of_work() as work:
            taken = services.claim(work, NOW + timedelta(minutes=2 * number))
        assert (taken is None) == (number == 3)

    assert job(session, one).state == State.FAILED
    assert "each time its worker was gone" in (job(session, one).error or "")


def test_progress_is_seen_while_it_works(session: Session, kind: Callable[..., None]) -> None:
    seen: list[tuple[int, int]] = []

    def slow(context: JobContext) -> dict[str, Any]:
        for step in range(3):
            context.progress(step, 3)
            found = job(session, context.job_id)
            seen.append((found.progress, found.total))
        return {}

    kind(slow)
    one = ask()
    Worker().drain()

    assert seen == [(0, 3), (1, 3), (2, 3)]
    assert job(session, one).progress == 3, "done is all of it"


def test_progress_inside_the_work_is_there_after_it(session: Session, kind: Callable[..., None]) -> None:
    def inside(context: JobContext) -> dict[str, Any]:
        with context.work() as work:
            record(work, at=NOW, actor_id=None, code="test.inside", target="x")
            context.progress(2, 4)
        found = job(session, context.job_id)
        assert (found.progress, found.total) == (2, 4)
        return {}

    kind(inside)
    one = ask()
    Worker().drain()

    assert job(session, one).error is None
    assert job(session, one).state == State.DONE


def test_an_unknown_kind_says_so(session: Session, kind: Callable[..., None]) -> None:
    with unit_of_work() as work:
        one = services.enqueue(work, "test.unknown", {}, by_id=None, now=NOW).id
    Worker().drain()

    assert "test.unknown" in (job(session, one).error or "")


def test_daily_work_is_asked_for_once_a_day_from_its_hour(
    session: Session, kind: Callable[..., None]
) -> None:
    done: list[int] = []
    kind(lambda context: done.append(context.job_id) or {}, daily_at=11)

    one, another = Worker(), Worker()
    one.drain()  # it is 10:00 in the province
    assert done == []
    with clock.frozen(NOW + timedelta(hours=1)):
        one.drain()
        one.drain()
        another.drain()
    assert len(done) == 1
    with clock.frozen(NOW + timedelta(hours=25)):
        Worker().drain()
    assert len(done) == 2


def test_two_functions_for_one_kind_are_refused(kind: Callable[..., None]) -> None:
    kind(lambda context: {})
    with pytest.raises(ValueError, match=r"test\.one"):
        registry.handles("test.one", "x")(lambda context: {})


def test_a_waiting_job_is_stopped_at_once_and_begins_anew_when_asked(
    session: Session, kind: Callable[..., None], sign_in: SignIn, world: World
) -> None:
    kind(lambda context: {})
    one = ask(by=world.ana)
    ana = sign_in(world.ana)

    assert ana.post(f"/manage/jobs/{one}/stop").status_code == 303
    assert job(session, one).state == State.STOPPED
    assert Worker().drain() == 0
    assert ana.post(f"/manage/jobs/{one}/stop").status_code == 409
    assert ana.post(f"/manage/jobs/{one}/again").status_code == 303
    assert ana.post(f"/manage/jobs/{one}/again").status_code == 409
    assert Worker().drain() == 1
    assert job(session, one).state == State.DONE


def test_a_running_job_stops_at_its_next_step(
    session: Session, kind: Callable[..., None], sign_in: SignIn, world: World
) -> None:
    steps: list[int] = []

    def slow(context: JobContext) -> dict[str, Any]:
        for step in range(5):
            context.stop_if_asked()
            steps.append(step)
            if step == 1:
                with unit_of_work() as work:
                    services.ask_to_stop(work, work.get_one(Job, context.job_id), NOW)
        return {}

    kind(slow)
    one = ask(by=world.ana)
    Worker().drain()

    assert steps == [0, 1]
    assert job(session, one).state == State.STOPPED


def test_pages_show_one_s_own_and_nobody_else_s(
    session: Session, kind: Callable[..., None], sign_in: SignIn, world: World
) -> None:
    kind(
        lambda context: {
            "lines": [["%(done)d of %(all)d lessons read", {"done": 1, "all": 2}]],
            "next": {"endpoint": "accounts.account", "values": {}, "label": "My account"},
        }
    )
    one = ask(by=world.ana)
    ana, bruno, admin = sign_in(world.ana), sign_in(world.bruno), sign_in(world.admin)

    waiting = ana.get(f"/manage/jobs/{one}")
    assert "http-equiv" in waiting.text, "without JavaScript the page reloads itself"
    assert ana.get(f"/manage/jobs/{one}/state").json == {
        "state": "waiting", "open": True, "progress": 0, "total": 0, "words": "đang chờ đến lượt",
    }  # fmt: skip
    Worker().drain()
    done = ana.get(f"/manage/jobs/{one}")
    assert "Đã đọc 1/2 bài" in done.text
    assert 'href="/account"' in done.text
    assert "http-equiv" not in done.text
    assert f"/manage/jobs/{one}" in ana.get("/manage/jobs/").text
    assert f"/manage/jobs/{one}" in ana.get("/manage/jobs/?state=done").text
    assert f"/manage/jobs/{one}" not in ana.get("/manage/jobs/?state=failed").text
    assert f"/manage/jobs/{one}" not in ana.get("/manage/jobs/?q=khong+co+viec+nay").text
    for other in (bruno, admin):
        assert f"/manage/jobs/{one}" not in other.get("/manage/jobs/").text
        assert other.get(f"/manage/jobs/{one}").status_code == 404
        assert other.get(f"/manage/jobs/{one}/state").status_code == 404
        assert other.post(f"/manage/jobs/{one}/stop").status_code == 404
        assert other.post(f"/manage/jobs/{one}/again").status_code == 404
    assert ana.get("/manage/jobs/99999999999999999999").status_code == 404


def test_a_list_of_jobs_makes_as_many_queries_for_many_as_for_few(
    session: Session, kind: Callable[..., None], sign_in: SignIn, world: World
) -> None:
    from tests.speed.test_query_counts import queries

    ana = sign_in(world.ana)
    ask(by=world.ana)
    few = queries(ana, "/manage/jobs/")
    for _ in range(30):
        ask(by=world.ana)

    assert queries(ana, "/manage/jobs/") == few <= 3

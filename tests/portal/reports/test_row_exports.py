"""The rows behind a figure as a file of a job: the same rows as the page, once, whatever becomes of its worker."""

import io
from collections.abc import Callable
from datetime import date, timedelta

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock, policy
from portal.core.accounts.models import Membership
from portal.core.db import unit_of_work
from portal.core.files.models import StoredFile
from portal.core.jobs import services, worker
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from portal.core.policy import Action, Role
from portal.core.rights.models import ListView, ListViewPerson
from portal.indicators import asking, pages
from portal.reports import row_exports
from tests.factories import NOW, World, grant
from tests.portal.reports.filing import support

SignIn = Callable[[int], FlaskClient]
ASKED = "/indicators/CT11a/rows.xlsx?period=2025-H1&place=area:D1&of=people"


@pytest.fixture
def officers(world: World) -> None:
    """Let three health workers stand at clinic K, one with the course."""
    with unit_of_work() as session:
        support.officer(session, world, "Cao Thị Lụa", trained_on=date(2025, 4, 1))
        support.officer(session, world, "Lê Văn Sỹ")
        support.officer(session, world, "Bùi Thị Tơ")


def asked_for(client: FlaskClient) -> int:
    """Press the button; return the id of the job."""
    answer = client.post(ASKED)
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def job(session: Session, job_id: int) -> Job:
    session.expire_all()
    return session.get_one(Job, job_id)


def sheet(client: FlaskClient, job_id: int) -> list[list[object]]:
    """Return the body of the file of a job."""
    with client.get(f"/indicators/files/{job_id}") as answer:
        assert answer.status_code == 200
        book = openpyxl.load_workbook(io.BytesIO(answer.data), read_only=True)
    return [list(row) for row in book.worksheets[0].iter_rows(min_row=5, values_only=True)]


def test_the_file_has_the_rows_of_the_page_and_says_who_stood_on_it(
    session: Session, world: World, sign_in: SignIn, officers: None
) -> None:
    gina = sign_in(world.gina)
    one = asked_for(gina)
    assert Worker().drain() >= 1

    made = job(session, one)
    assert made.state == State.DONE
    rows = sheet(gina, one)
    named = {str(row[0]): (row[4], row[5], row[6]) for row in rows}
    assert named["Cao Thị Lụa"][0] == "được tính"
    assert str(named["Cao Thị Lụa"][2]).startswith("TEST-")
    assert named["Lê Văn Sỹ"][:2] == ("chưa được tính", "chưa có giấy chứng nhận YT-01")
    page = gina.get("/indicators/CT11a/rows?period=2025-H1&place=area:D1&of=people").text
    assert all(name in page for name in named)
    look = session.scalars(select(ListView).where(ListView.code == "indicator.export")).one()
    stood = session.scalar(
        select(func.count()).select_from(ListViewPerson).where(ListViewPerson.view_id == look.id)
    )
    assert (look.by_id, stood) == (world.gina, len(rows))


def test_the_file_is_nobody_else_s(session: Session, world: World, sign_in: SignIn, officers: None) -> None:
    one = asked_for(sign_in(world.gina))
    Worker().drain()

    assert sign_in(world.dora).get(f"/indicators/files/{one}").status_code == 404
    assert sign_in(world.gina).get("/indicators/files/999999").status_code == 404


def test_a_worker_that_is_ended_leaves_the_job_to_the_next_one(
    session: Session, world: World, sign_in: SignIn, officers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_exports, "BUNDLE", 1)
    gina = sign_in(world.gina)
    one = asked_for(gina)
    leaving = Worker()
    seen: list[int] = []

    def progress(self: object, done: int, total: int) -> None:
        seen.append(done)
        leaving.leaving.set()  # as a signal does, in the middle of the rows

    monkeypatch.setattr(worker.JobContext, "progress", progress)
    leaving.drain()
    assert job(session, one).state == State.WAITING
    assert (
        session.scalar(
            select(func.count()).select_from(StoredFile).where(StoredFile.purpose == row_exports.PURPOSE)
        )
        == 0
    )
    assert seen == [1]

    monkeypatch.undo()
    Worker().drain()

    assert job(session, one).state == State.DONE
    assert len(sheet(gina, one)) >= 3
    assert (
        session.scalar(select(func.count()).select_from(ListView).where(ListView.code == "indicator.export"))
        == 1
    )


def test_a_worker_that_was_killed_leaves_the_job_to_the_next_one(
    session: Session, world: World, sign_in: SignIn, officers: None
) -> None:
    gina = sign_in(world.gina)
    one = asked_for(gina)
    with unit_of_work() as work:
        taken = services.claim(work, clock.now())  # and never heard of again
    assert taken is not None
    assert Worker().drain() == 0 or job(session, one).state == State.RUNNING

    with clock.frozen(NOW + timedelta(minutes=5)):
        Worker().drain()

    assert job(session, one).state == State.DONE
    assert (
        session.scalar(select(func.count()).select_from(ListView).where(ListView.code == "indicator.export"))
        == 1
    )


def test_who_lost_the_role_meanwhile_gets_nothing(
    session: Session, world: World, sign_in: SignIn, officers: None
) -> None:
    one = asked_for(sign_in(world.gina))
    with unit_of_work() as work:
        for held in work.scalars(select(Membership).where(Membership.user_id == world.gina)):
            work.delete(held)

    Worker().drain()

    made = job(session, one)
    assert made.state == State.FAILED
    assert made.refusal is not None
    assert (
        session.scalar(
            select(func.count()).select_from(StoredFile).where(StoredFile.purpose == row_exports.PURPOSE)
        )
        == 0
    )


@pytest.mark.parametrize("stays", ["nothing", "another place", "one sector"])
def test_who_lost_the_role_since_cannot_take_the_file(
    session: Session, world: World, sign_in: SignIn, officers: None, stays: str
) -> None:
    gina = sign_in(world.gina)
    one = asked_for(gina)
    Worker().drain()
    with gina.get(f"/indicators/files/{one}") as answer:
        assert answer.status_code == 200

    with unit_of_work() as work:
        for held in work.scalars(select(Membership).where(Membership.user_id == world.gina)):
            work.delete(held)
        if stays == "another place":
            grant(work, world.gina, Role.DISTRICT_HEAD, area_id=world.elsewhere)
        elif stays == "one sector":  # of the district she still sees education: the file has clinics
            grant(work, world.gina, Role.DEPARTMENT_HEAD, area_id=world.district, sector="education")

    assert gina.get(f"/indicators/files/{one}").status_code == 404


def test_who_has_more_than_before_can_take_the_file(
    session: Session, world: World, sign_in: SignIn, officers: None
) -> None:
    gina = sign_in(world.gina)
    one = asked_for(gina)
    Worker().drain()
    with unit_of_work() as work:
        for held in work.scalars(select(Membership).where(Membership.user_id == world.gina)):
            work.delete(held)
        grant(work, world.gina, Role.STANDING_AGENCY, area_id=world.province)

    with gina.get(f"/indicators/files/{one}") as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("bounds", ["now", "then"])
def test_a_list_of_people_needs_the_right_to_export_at_its_place_in_any_boundaries(
    session: Session,
    world: World,
    sign_in: SignIn,
    officers: None,
    bounds: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody who reads the figures of a district, and may export the lists of one school: not those of the district."""
    monkeypatch.setattr(asking.history, "changed_since", lambda *_: True)  # boundaries of then are others
    only_reads = policy.MAY[Role.STANDING_AGENCY] - {Action.PEOPLE_EXPORT}
    monkeypatch.setitem(policy.MAY, Role.STANDING_AGENCY, only_reads)  # type: ignore[arg-type]
    with unit_of_work() as work:
        for held in work.scalars(select(Membership).where(Membership.user_id == world.gina)):
            work.delete(held)
        grant(work, world.gina, Role.STANDING_AGENCY, area_id=world.province)
        grant(work, world.gina, Role.UNIT_HEAD, unit_id=world.school)
    gina = sign_in(world.gina)
    where = "/indicators/CT11a/rows{}?period=2025-H1&place={}&of=people&bounds=" + bounds

    assert gina.get(where.format("", "area:D1")).status_code == 200
    assert gina.get(where.format(".csv", "area:D1")).status_code == 404
    assert gina.post(where.format(".csv", "area:D1")).status_code == 404
    assert gina.get(where.format(".csv", "unit:A")).status_code == 200


def test_a_long_list_is_not_written_by_the_page(
    world: World, sign_in: SignIn, officers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    gina = sign_in(world.gina)

    answer = gina.get(ASKED)

    assert answer.status_code == 303
    assert "/indicators/CT11a/rows" in answer.location
    page = gina.get(answer.location).text
    assert "Lập tệp Excel" in page
    assert "rows.xlsx" in page


def test_files_are_let_go_after_a_week(
    session: Session, world: World, sign_in: SignIn, officers: None
) -> None:
    gina = sign_in(world.gina)
    one = asked_for(gina)
    Worker().drain()
    with gina.get(f"/indicators/files/{one}") as answer:
        assert answer.status_code == 200

    with clock.frozen(NOW + timedelta(days=8)), unit_of_work() as work:
        services.enqueue(work, row_exports.CLEAN, {}, by_id=None, now=clock.now())
    with clock.frozen(NOW + timedelta(days=8)):
        Worker().drain()

    assert sign_in(world.gina).get(f"/indicators/files/{one}").status_code == 404

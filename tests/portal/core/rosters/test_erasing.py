"""Somebody whose data are removed is gone from staff lists that came as files too; every figure stays what it was."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts.models import Posting
from portal.core.db import unit_of_work
from portal.core.files import services as files
from portal.core.files.models import StoredFile
from portal.core.jobs.worker import Worker
from portal.core.rights import download
from portal.core.rights.erasing import erase
from portal.core.rights.holdings import NAMELESS
from portal.core.rights.models import ErasureWay
from portal.core.rosters import queries
from portal.core.rosters.erasing import remove_files
from portal.core.rosters.models import ImportState, RosterChange, RosterImport, RosterLine
from tests.factories import NOW, TODAY, World
from tests.portal.core.rosters.support import everything, found, fresh, person_named, send, step, workbook

SignIn = Callable[[int], FlaskClient]
NA = ("A", "GV-901", "Nguyễn Thị Na", "0912000002", "Giáo viên", None, date(2024, 9, 5))
OANH = ("A", "GV-902", "Phạm Thị Oanh", "0912000003", "Giáo viên", None, date(2024, 9, 5))
ANA = ("A", None, "Trần Thị Ánh", "0912000001", "Giáo viên", "Tổ trưởng", None)
DAYS = (date(2024, 6, 1), date(2024, 10, 1), date(2026, 11, 24), date(2026, 11, 25))


@pytest.fixture
def head(sign_in: SignIn, world: World) -> FlaskClient:
    return sign_in(world.bruno)


def gone(user_id: int, by_id: int) -> None:
    with unit_of_work() as work:
        erase(
            work, user_id, by_id=by_id, way=ErasureWay.ADMINISTRATOR, reason="đơn đề nghị số 15", today=TODAY,
            now=NOW,
        )  # fmt: skip


def headcounts(world: World) -> list[int]:
    """Return how many posts stand at school A on each day: counted one by one, and as the roster counts them."""
    session = fresh()
    posts = session.execute(
        select(Posting.user_id, Posting.valid_from, Posting.valid_to).where(Posting.unit_id == world.school)
    ).all()
    by_hand = [
        len({one for one, since, until in posts if since <= day and (until is None or until >= day)})
        for day in DAYS
    ]
    assert [queries.headcount(session, world.school, day) for day in DAYS] == by_hand
    return by_hand


def words_kept() -> str:
    """Return everything that the rows and the changes of imports say, as one text."""
    session = fresh()
    kept = [
        *session.scalars(select(cast(RosterLine.row, String))),
        *session.scalars(select(cast(RosterLine.outcome, String))),
        *session.scalars(select(RosterLine.search_key)),
        *session.scalars(select(cast(RosterChange.before, String)).where(RosterChange.before.is_not(None))),
    ]
    return "\n".join(one.encode().decode("unicode_escape", "ignore") + one for one in kept)


def test_rows_and_changes_name_the_removed_no_more_and_every_headcount_stays(
    head: FlaskClient, session: Session, world: World
) -> None:
    import_id = send(head, workbook([ANA, NA, OANH]))
    step(head, import_id, "apply")
    counts, before = found(session, import_id).counts, headcounts(world)
    na = person_named(session, "Nguyễn Thị Na").id
    for secret in ("Nguyễn Thị Na", "0912000002", "GV-901", "nguyen thi na"):
        assert secret in words_kept()

    gone(na, world.admin)
    gone(world.ana, world.admin)

    for secret in (
        "Nguyễn Thị Na",
        "0912000002",
        "GV-901",
        "nguyen thi na",
        "Trần Thị Ánh",
        "tran thi anh",
        "0912000001",
    ):
        assert secret not in words_kept(), secret
    assert "Phạm Thị Oanh" in words_kept(), "nobody else is touched"
    assert found(session, import_id).counts == counts
    # Na and Ana were there until today, and are counted so; from tomorrow on they are not
    assert headcounts(world) == [*before[:3], before[3] - 2]
    page = head.get(f"/manage/roster/imports/{import_id}?lang=vi").text
    assert page.count(NAMELESS) == 2
    assert "2 người" in page


def test_an_import_with_a_removed_person_is_not_undone_and_nothing_changes(
    head: FlaskClient, session: Session, world: World
) -> None:
    import_id = send(head, workbook([ANA, NA]))
    step(head, import_id, "apply")
    gone(world.ana, world.admin)
    before = everything(session)

    step(head, import_id, "undo")

    assert found(session, import_id).state == ImportState.APPLIED
    assert everything(session) == before
    page = head.get(f"/manage/roster/imports/{import_id}").text
    assert f"/manage/roster/imports/{import_id}/undo" not in page


def test_an_import_that_was_undone_before_brings_no_name_back(
    head: FlaskClient, session: Session, world: World
) -> None:
    import_id = send(head, workbook([ANA]))
    step(head, import_id, "apply")
    step(head, import_id, "undo")
    assert "Trần Thị Ánh" in words_kept()

    gone(world.ana, world.admin)

    assert "Trần Thị Ánh" not in words_kept()
    stored = fresh().scalars(select(StoredFile)).one()
    assert stored.removed_at == NOW, "an undone list needs its file no more"


def test_a_row_that_was_not_applied_yet_is_refused_and_the_others_go_on(
    head: FlaskClient, session: Session, world: World
) -> None:
    import_id = send(head, workbook([ANA, OANH]))
    assert found(session, import_id).counts == {"changed": 1, "added": 1, "units": 1, "whole": 0}

    gone(world.ana, world.admin)

    one = found(session, import_id)
    assert {key: one.counts[key] for key in ("changed", "added", "refused")} == {
        "changed": 0, "added": 1, "refused": 1,
    }  # fmt: skip
    step(head, import_id, "apply")
    assert found(session, import_id).state == ImportState.APPLIED
    assert person_named(session, "Phạm Thị Oanh").staff_code == "GV-902"
    assert "Trần Thị Ánh" not in words_kept()


def test_the_file_goes_when_its_undo_is_past(head: FlaskClient, session: Session, world: World) -> None:
    import_id = send(head, workbook([ANA, NA]))
    step(head, import_id, "apply")
    gone(world.ana, world.admin)
    path = files.path_of(fresh().scalars(select(StoredFile)).one())
    assert path.is_file()
    assert "02/12/2026" in head.get(f"/manage/roster/imports/{import_id}?lang=vi").text

    with unit_of_work() as work:
        assert remove_files(work, NOW + timedelta(days=7)) == 0
        assert remove_files(work, NOW + timedelta(days=9)) == 1
        assert remove_files(work, NOW + timedelta(days=9)) == 0

    with unit_of_work() as work:
        assert files.sweep(work, NOW + timedelta(days=9000)) >= 1  # other tests leave files in this folder
    assert not path.exists()
    assert "đã được xóa" in head.get(f"/manage/roster/imports/{import_id}?lang=vi").text


def test_a_file_of_nobody_who_was_removed_stays(head: FlaskClient, session: Session) -> None:
    import_id = send(head, workbook([NA]))
    step(head, import_id, "apply")

    with unit_of_work() as work:
        assert remove_files(work, NOW + timedelta(days=900)) == 0
        assert work.scalar(select(func.count()).where(StoredFile.removed_at.is_not(None))) == 0
        assert work.scalars(select(RosterImport.erased_people)).all() == [0]


def test_the_nightly_work_lets_go_of_the_file(head: FlaskClient, session: Session, world: World) -> None:
    import_id = send(head, workbook([ANA]))
    step(head, import_id, "apply")
    gone(world.ana, world.admin)

    with clock.frozen(NOW + timedelta(days=10)):
        Worker().drain()

    assert fresh().scalars(select(StoredFile)).one().removed_at is not None


def test_one_sees_the_rows_about_oneself(head: FlaskClient, session: Session) -> None:
    import_id = send(head, workbook([NA, OANH]))
    step(head, import_id, "apply")
    na = person_named(session, "Nguyễn Thị Na").id

    rows = {holding.code: part.rows for holding, part in download.parts_of(fresh(), na)}["roster_rows"]

    assert [(row["number"], row["name"], row["phone"]) for row in rows] == [
        (2, "Nguyễn Thị Na", "0912000002")
    ]

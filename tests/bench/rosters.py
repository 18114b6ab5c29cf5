"""Staff lists: a file of 50,000 rows read, applied and undone (time, peak memory), and the page of a unit of 300 people.

`python -m tests.bench.rosters` prints the figures; `figures` `in_a_process` gives them to the table of `make bench`.
"""

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from portal.app import create_app
from portal.config import ROOT, Settings
from portal.core import clock
from portal.core.accounts import services as accounts
from portal.core.accounts.login import TOKEN_KEY
from portal.core.accounts.models import Posting
from portal.core.db import db, unit_of_work
from portal.core.files import services as files
from portal.core.files.models import FileKind
from portal.core.jobs import services as jobs
from portal.core.jobs.worker import Worker
from portal.core.organisation.models import Unit
from portal.core.policy import Role
from portal.core.rosters.models import Evidence, ImportState, RosterBasis, RosterImport
from portal.core.rosters.rows import HEADINGS
from tests.factories import BEGAN, NOW, build, grant, person

ROWS = 50_000
UNITS = 250
PAGE_PEOPLE = 300


def workbook(rows: int, units: int) -> bytes:
    """Return a staff list of so many rows over so many units, as Excel would write it."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    for column, heading in enumerate(HEADINGS.values()):
        sheet.write_string(0, column, heading)
    for number in range(rows):
        name = f"Nguyễn Thị {'ABCDEGHIKLMNOPQRSTUVXY'[number % 22]}{'aăâeêioôơuư'[number % 11]}n"
        cells = (f"BN{number % units}", f"BN-{number:06d}", name, None, "Giáo viên", None, 45540)
        for column, cell in enumerate(cells):
            if cell is not None:
                sheet.write(number + 1, column, cell)
    book.close()
    return file.getvalue()


@contextmanager
def portal(folder: Path, url: str) -> Iterator[tuple[Flask, int]]:
    """Yield a portal on a new database with the bench's units, and the id of whoever keeps them all."""
    app = create_app(
        Settings(
            environment="test",
            secret_key="a secret of the bench, long enough",
            data_dir=folder,
            database_url=url,
        )
    )
    with app.app_context(), clock.frozen(NOW):
        upgrade()
        with unit_of_work() as session:
            world = build(session)
            chief = person(session, "Cao Thị Trưởng", None, username="chief")
            grant(session, chief.id, Role.DISTRICT_HEAD, area_id=world.province)
            user_id = chief.id
            for number in range(UNITS):
                session.add(
                    Unit(
                        code=f"BN{number}", kind="school", sector="education", name=f"Trường {number}",
                        search_key=f"truong {number}", area_id=world.commune, valid_from=BEGAN,
                    )
                )  # fmt: skip
        db.session.remove()
        yield app, user_id
        db.session.remove()
        db.engine.dispose()


def step(import_id: int, kind: str, state: ImportState, by_id: int) -> float:
    """Let one job of an import be done in this process; return its seconds."""
    with unit_of_work() as session:
        session.get_one(RosterImport, import_id).state = state
        jobs.enqueue(session, kind, {"import": import_id}, by_id=by_id, now=clock.now())
    began = time.perf_counter()
    Worker().drain()
    return time.perf_counter() - began


def measured(folder: Path, url: str, rows: int = ROWS) -> dict[str, Any]:
    """Return seconds of the dry run, the application and the undo, and the peak memory (MB) that they added."""
    content = workbook(rows, UNITS)
    with portal(folder, url) as (_app, by_id):
        with unit_of_work() as session:
            stored = files.keep_bytes(
                session,
                content,
                "bench.xlsx",
                purpose="roster.import",
                kind=FileKind.XLSX,
                by_id=by_id,
                now=NOW,
            )
            one = RosterImport(
                file_id=stored.id, file_name="bench.xlsx", full_list=True, as_of=clock.today(),
                state=ImportState.PLANNING, counts={}, created_by_id=by_id, created_at=NOW,
            )  # fmt: skip
            session.add(one)
            session.flush()
            import_id = one.id
        before = _peak()
        found: dict[str, Any] = {"rows": rows, "file_mb": len(content) / 1e6}
        found["read"] = step(import_id, "roster.plan", ImportState.PLANNING, by_id)
        assert db.session().get_one(RosterImport, import_id).counts["added"] == rows
        found["applied"] = step(import_id, "roster.apply", ImportState.APPLYING, by_id)
        assert db.session().get_one(RosterImport, import_id).state == ImportState.APPLIED
        assert db.session().scalar(select(func.count()).select_from(Posting)) > rows
        found["undone"] = step(import_id, "roster.undo", ImportState.UNDOING, by_id)
        assert db.session().get_one(RosterImport, import_id).state == ImportState.UNDONE
        found["peak_mb"] = _peak() - before
    return found


def page(folder: Path, url: str, times: int = 20) -> float:
    """Return the median seconds of the page of a unit with 300 people (fifty of them on it), in this process."""
    with portal(folder, url) as (app, by_id):
        with unit_of_work() as session:
            unit = session.scalars(select(Unit).where(Unit.code == "BN0")).one()
            session.add(RosterBasis(unit_id=unit.id, evidence=Evidence.NAMED, valid_from=BEGAN))
            for number in range(PAGE_PEOPLE):
                person(session, f"Nguyễn Thị {'ABCDEGHIKL'[number % 10]}n", unit.id)
            token = accounts.sign_in(session, by_id, NOW)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN_KEY] = token
        spent = []
        for _time in range(times):
            began = time.perf_counter()
            assert client.get("/manage/roster/units/BN0/").status_code == 200
            spent.append(time.perf_counter() - began)
        return sorted(spent)[len(spent) // 2]


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(urls: Sequence[str], rows: int = ROWS) -> dict[str, Any]:
    """Measure in a process of its own (peak memory is a process's), on two empty databases; return the figures."""
    code = (
        "import json, sys; from pathlib import Path; from tests.bench import rosters; f = Path(sys.argv[1]);"
        "(f / 'a').mkdir(); (f / 'b').mkdir();"
        "found = rosters.measured(f / 'a', sys.argv[3], int(sys.argv[2]));"
        "found['page'] = rosters.page(f / 'b', sys.argv[4]); print(json.dumps(found))"
    )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code, folder, str(rows), *urls],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def figures(say: Callable[[str], None] = print, rows: int = ROWS) -> dict[str, Any]:
    """Measure on SQLite; say and return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        found = in_a_process([f"sqlite:///{folder}/1.db", f"sqlite:///{folder}/2.db"], rows)
    say(
        f"staff list of {found['rows']:,} rows ({found['file_mb']:.1f} MB): read {found['read']:.1f} s, "
        f"applied {found['applied']:.1f} s, undone {found['undone']:.1f} s, memory +{found['peak_mb']:.0f} MB; "
        f"page of a unit with {PAGE_PEOPLE} people {found['page'] * 1000:.0f} ms"
    )
    return found


if __name__ == "__main__":
    figures(rows=int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)

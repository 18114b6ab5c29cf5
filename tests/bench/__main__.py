"""`python -m tests.bench [--quick] [--only NAME]`: the figures of the portal beside the floor of the same run.

Machines drift by a factor of two, so only ratios within one run count: floor and portal take turns, two seconds each.
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import event

from courses.certificates import pdf, signing
from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.db import db
from tests import machine
from tests.bench import assignments, exports, floor, indicators, journeys, people, rosters, units, weights
from tests.bench.load import Journey, Samples, over_and_over, request, run
from tests.bench.serving import ROOT, SECRET, Server, database, portal_environ, serving

CONNECTIONS = 8
NAMES = ("pages", "quiz", "head", "certificate", "weights", "assignments", "units", "rosters", "indicators")
Verdict = tuple[str, bool | None]


class Bench:
    """One run: what was measured so far, and how long each thing may take."""

    def __init__(self, *, quick: bool, only: str | None) -> None:
        self.quick, self.only = quick, only
        self.rows: list[dict[str, Any]] = []

    def wants(self, name: str) -> bool:
        """Return whether a group of measurements was asked for."""
        return self.only in (None, name)

    def add(
        self, where: str, what: str, *, target: str = "", met: bool | None = None, **figures: Any
    ) -> None:
        """Keep a line and show it."""
        row = {"database": where, "what": what, "target": target, "met": met, **figures}
        self.rows.append(row)
        say(_line(row))


def say(text: str) -> None:
    """Show a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


_COLUMNS = (
    ("rate", "/s", 8),
    ("p50", "p50 ms", 9),
    ("p95", "p95 ms", 9),
    ("ratio", "x floor", 8),
    ("cpu", "CPU ms", 7),
    ("sql", "SQL", 4),
)


def _line(row: dict[str, Any]) -> str:
    cells = [f"{row['database']:<11}", f"{row['what']:<44}"]
    for key, _label, width in _COLUMNS:
        value = row.get(key)
        shown = (
            ""
            if value is None
            else f"{value:.2f}"
            if key in ("ratio", "cpu")
            else f"{value:.0f}"
            if key == "sql"
            else f"{value:.1f}"
        )
        cells.append(f"{shown:>{width}}")
    verdict = {True: "pass", False: "MISS", None: ""}[row["met"]]
    return " ".join(
        [*cells, f" {row.get('note', '')}", f"[{row['target']}] {verdict}" if row["target"] else ""]
    ).rstrip()


def heading() -> str:
    """Return the table's head."""
    labels = " ".join(f"{label:>{width}}" for _key, label, width in _COLUMNS)
    return f"{'database':<11} {'what':<44} {labels}  notes [target] verdict"


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """Yield the list of statements that the block sends to the database; begin and end of transactions are not among them."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def statements(app: Flask, signed: people.Signed, path: str, *, body: bytes = b"") -> int:
    """Return how many statements one request makes, the first having warmed what is kept."""
    client = app.test_client()
    name, _, value = signed.cookie.partition("=")
    client.set_cookie(name, value)
    count = 0
    for _ in range(2):
        with counting(app) as sent:
            if body:
                head = {"X-CSRFToken": signed.csrf}
                reply = client.post(path, data=body, content_type="application/json", headers=head)
            else:
                reply = client.get(path, headers={"Accept-Language": "vi"})
        assert reply.status_code == 200, (path, reply.status)
        count = len(sent)
    return count


def merged(parts: list[Samples]) -> Samples:
    """Return several runs of one thing as one."""
    whole = Samples(sum(part.seconds for part in parts))
    for part in parts:
        whole.journeys += part.journeys
        whole.wrong += part.wrong
        whole.cpu += part.cpu
        whole.answered += part.answered
        for step, times in part.steps.items():
            whole.steps.setdefault(step, []).extend(times)
    return whole


def in_turns(
    measured: list[tuple[str, Server, list[Callable[[], Journey]]]], rounds: int, seconds: float
) -> dict[str, Samples]:
    """Measure several things in turns; return each one's samples."""
    found: dict[str, list[Samples]] = {}
    for _ in range(rounds):
        for name, server, all_of_them in measured:
            found.setdefault(name, []).append(run(server, all_of_them, seconds, warm=0.5))
    return {name: merged(parts) for name, parts in found.items()}


def plain_page(floor_cookie: Callable[[int], str]) -> list[Callable[[], Journey]]:
    """Return the journeys of several people who ask for the floor's page again and again."""
    return [
        over_and_over("page", [request("GET", "/page", cookie=floor_cookie(1 + n * 97))])
        for n in range(CONNECTIONS)
    ]


def pages(
    bench: Bench,
    where: str,
    app: Flask,
    place: people.Place,
    portal: Server,
    base: Server,
    floor_cookie: Callable[[int], str],
) -> None:
    """Measure lesson, catalogue and autosave beside the floor."""
    ids = place.learners[:CONNECTIONS]
    signed = people.signed_in(app, ids)
    attempts = people.open_attempts(app, place, ids)
    lessons = [f"/courses/{place.course}/lessons/{slug}/" for slug in place.slugs]
    measured = [
        ("bare route", base, [over_and_over("bare", [request("GET", "/bare")])] * CONNECTIONS),
        (
            "plain page",
            base,
            plain_page(floor_cookie),
        ),
        (
            "lesson",
            portal,
            [
                over_and_over("lesson", [request("GET", path, cookie=one.cookie) for path in lessons])
                for one in signed
            ],
        ),
        (
            "lesson, gzip",
            portal,
            [
                over_and_over(
                    "lesson",
                    [
                        request("GET", path, cookie=one.cookie, head="Accept-Encoding: gzip")
                        for path in lessons
                    ],
                )
                for one in signed
            ],
        ),
        (
            "catalogue",
            portal,
            [over_and_over("catalogue", [request("GET", "/courses/", cookie=one.cookie)]) for one in signed],
        ),
        ("autosave", portal, [journeys.answering(app, attempts[one.user_id], one) for one in signed]),
    ]
    rounds, seconds = (1, 2.0) if bench.quick else (3, 2.0)
    found = in_turns(measured, rounds, seconds)
    ref, fields = people.paper(app, attempts[ids[0]])[0]
    body = json.dumps({"ref": ref, "fields": fields, "seq": 10**9}).encode()
    sql = {
        "lesson": statements(app, signed[0], lessons[0]),
        "catalogue": statements(app, signed[0], "/courses/"),
        "autosave": statements(app, signed[0], f"/attempts/{attempts[ids[0]]}/answers", body=body),
        "plain page": 4,
    }
    sql["lesson, gzip"] = sql["lesson"]
    under = found["plain page"].rate
    targets = {"lesson": 1.0, "autosave": 1.5}
    for name, one in found.items():
        ratio = one.rate / under
        limit = targets.get(name)
        bench.add(
            where,
            name if "lesson" not in name else f"{name} (signed in)",
            rate=one.rate,
            p50=one.quantile(0.5),
            p95=one.quantile(0.95),
            ratio=ratio,
            cpu=one.cost,
            sql=sql.get(name),
            target=f">= {limit} x plain page" if limit else "",
            met=None if limit is None else ratio >= limit and not one.wrong,
            note=f"{len(one.wrong)} wrong: {one.wrong[0]}" if one.wrong else "",
        )
    bench.add(where, "SQL of a signed-in lesson", sql=sql["lesson"], target="<= 4", met=sql["lesson"] <= 4)
    bench.add(
        where,
        "RSS of a worker, MB",
        note=", ".join(f"{one:.0f}" for one in portal.rss()) + f" (floor {base.rss()[0]:.0f})",
    )


def quiz(
    bench: Bench,
    where: str,
    app: Flask,
    place: people.Place,
    portal: Server,
    learners: Iterator[int],
    plain: Callable[[], Samples],
) -> None:
    """Measure whole quiz attempts: with ten answers, and where these pass and a certificate is issued.

    The plain page is measured before and after, so that the figure has its floor beside it.
    """
    for name, passing in (("whole quiz attempt", False), ("the same, passed: certificate issued", True)):
        if passing:
            people.let_ten_right_pass(app)
        before = plain()
        found = run(
            portal,
            [journeys.whole_quiz(app, place, learners)] * CONNECTIONS,
            4.0 if bench.quick else 8.0,
            warm_journeys=2 * CONNECTIONS,
        )
        under = merged([before, plain()])
        slow = found.slowest
        rate, p95 = found.journeys / found.seconds, found.quantile(0.95, slow)
        each = found.requests / max(1, found.journeys)
        steps = ", ".join(f"{step} {found.quantile(0.95, step):.0f}" for step in found.steps)
        bench.add(
            where,
            name,
            rate=rate,
            p50=found.quantile(0.5),
            p95=p95,
            ratio=rate / under.rate,
            cpu=found.cpu / max(1, found.journeys) * 1000,
            target="" if passing else ">= 18/s, every step p95 <= 150 ms",
            met=None if passing else rate >= 18 and p95 <= 150 and not found.wrong,
            note=f"plain page {under.rate:.0f}/s; {each:.0f} requests each; p95 of steps: {steps}"
            + (f"; wrong: {found.wrong[:2]}" if found.wrong else ""),
        )


def head(bench: Bench, where: str, app: Flask, place: people.Place, portal: Server) -> None:
    """Measure the head's page of 60,000 people and its files, while somebody else reads a lesson."""
    people.add_everybody(app)
    people.say_why(app, place.head)
    chief, other = people.signed_in(app, [place.head, place.learners[0]])
    lesson = f"/courses/{place.course}/lessons/{place.slugs[0]}/"
    times = 3 if bench.quick else 9
    for name, path in (
        ("head's page by course", "/manage/"),
        ("head's page by district", "/manage/?by=place"),
        ("head's page by audience", "/manage/?by=audience"),
        ("head's page of one course by district", f"/manage/?course={place.course}"),
        ("list of people, first page", "/manage/people"),
        ("list of one course, not completed", f"/manage/people?course={place.course}&state=not_completed"),
    ):
        found = exports.quickest(portal.port, path, chief.cookie, times)
        p50, p95 = found[len(found) // 2], found[min(len(found) - 1, int(0.95 * len(found)))]
        bench.add(
            where,
            f"60,000: {name}",
            p50=p50,
            p95=p95,
            sql=statements(app, chief, path),
            target="<= 200 ms" if "head" in name else "",
            met=p50 <= 200 if "head" in name else None,
        )
    calm = exports.reading(portal.port, lesson, other.cookie, 1.5)
    for kind in ("xlsx", "csv"):
        one = exports.file(portal, f"/manage/people.{kind}", chief.cookie, lesson, other.cookie)
        bench.add(
            where,
            f"60,000: {kind.upper()} of everybody, s",
            p50=one.seconds * 1000,
            target="<= 10 s, <= 200 MB",
            met=one.seconds <= 10 and one.rss_peak <= 200,
            note=f"first byte {one.first_byte:.2f} s; {one.size / 1e6:.1f} MB; RSS {one.rss_before:.0f} -> {one.rss_peak:.0f} MB",
            seconds=one.seconds,
        )
        bench.add(
            where,
            f"another's lesson during the {kind.upper()}",
            p50=one.reader_p50,
            p95=one.reader_p95,
            target="blocks nobody: p95 <= 150 ms",
            met=one.reader_p95 <= 150,
            note=f"worst {one.reader_worst:.0f} ms; alone: p50 {calm.quantile(0.5):.0f}, p95 {calm.quantile(0.95):.0f}",
        )

    with people.all_teach_at_one_school(app):
        made = exports.rows_by_job(app, portal.environ, place.head)
    bench.add(
        where,
        "60,000: rows behind a figure as XLSX, by a job, s",
        p50=made.seconds * 1000,
        target="<= 200 MB",
        met=made.rss_peak <= 200,
        note=f"{made.rows} rows; RSS {made.rss_peak:.0f} MB; with the start of its worker",
        seconds=made.seconds,
    )


def certificate(bench: Bench) -> None:
    """Measure drawing and signing in one process."""
    today = date(2026, 11, 24)
    number = iter(range(1 << 40))

    def facts() -> pdf.CertificateFacts:
        serial = f"BVTE-2026-{next(number):08d}"
        return pdf.CertificateFacts(
            kind="completion",
            serial=serial,
            full_name="Nguyễn Thị Ánh Nguyệt",
            course_title_vi="Kỷ luật tích cực trong nhà trường",
            course_title_en="Positive discipline at school",
            course_code="GD-01",
            version=1,
            minutes=240,
            completed_on=today,
            issued_on=today,
            expires_on=today + timedelta(days=730),
            unit_name="Trường Tiểu học Ánh Sao",
            area_name="Xã Ba",
            issuer_name="Cổng học tập Bảo vệ trẻ em",
            verify_url=f"https://hoc.example.vn/verify/{serial}",
            demonstration=True,
        )

    seconds = 1.0 if bench.quick else 4.0
    drawn = exports.per_second(lambda: pdf.render(facts()), seconds)
    made = pdf.render(facts())
    with tempfile.TemporaryDirectory() as folder:
        signer = signing.self_made(Path(folder) / "key")
        signed = exports.per_second(lambda: signer.sign(made, at=clock.now()), seconds)
    bench.add(
        "",
        "certificates drawn, a core",
        rate=drawn,
        p50=1000 / drawn,
        target=">= 60/s",
        met=drawn >= 60,
        note=f"{len(made) / 1024:.0f} KB",
    )
    bench.add("", "certificates signed, a core", rate=signed, p50=1000 / signed)


def weight(bench: Bench, where: str, app: Flask, place: people.Place, portal: Server) -> None:
    """Weigh a first and a later lesson, and find the heaviest of all."""
    (one,) = people.signed_in(app, [place.learners[1]])
    paths = [f"/courses/{place.course}/lessons/{slug}/" for slug in place.slugs[:2]]
    found = weights.of(portal.port, one.cookie, *paths)
    packed = "gzip as a proxy would" if found.packed_here else "gzip by the portal"
    bench.add(
        where,
        "first lesson, KB",
        target="<= 60 KB in <= 8 requests",
        met=found.first <= 60_000 and found.first_requests <= 8,
        note=f"{found.first / 1000:.1f} KB in {found.first_requests} requests ({packed}): "
        + ", ".join(
            f"{path.rpartition('/')[2].partition('?')[0] or 'page'} {size / 1000:.1f}"
            for path, size in found.parts
        ),
        bytes=found.first,
        requests=found.first_requests,
    )
    bench.add(
        where,
        "later lesson, KB",
        target="<= 15 KB",
        met=found.later <= 15_000,
        note=f"{found.later / 1000:.1f} KB in {found.later_requests} requests",
        bytes=found.later,
        requests=found.later_requests,
    )
    heaviest = max(
        weights.lessons(portal.port, one.cookie, list(people.heaviest(app, place))), key=lambda pair: pair[1]
    )
    bench.add(
        where,
        "heaviest later lesson of all courses, KB",
        target="<= 15 KB",
        met=heaviest[1] <= 15_000,
        note=f"{heaviest[1] / 1000:.1f} KB {heaviest[0]}",
        bytes=heaviest[1],
    )


def measure(bench: Bench, where: str, folder: Path) -> None:
    """Measure everything that needs a database, on one of them."""
    redis = machine.redis_server() if where == "postgresql" else None
    workers = 2 if redis else 1
    with ExitStack() as stack:
        url = stack.enter_context(database(where, folder, "bench"))
        data_dir = folder / where
        data_dir.mkdir()
        app = create_app(Settings(environment="test", database_url=url, secret_key=SECRET, data_dir=data_dir))
        stack.callback(_closed, app)
        began = time.perf_counter()
        place = people.prepare(app)
        floor_url = stack.enter_context(database(where, folder, "floor"))
        os.environ["FLOOR_DATABASE_URL"] = floor_url
        base_app = floor.create_app()
        floor.fill(base_app)
        base = stack.enter_context(
            serving(
                "tests.bench.floor:create_app()",
                {"FLOOR_DATABASE_URL": floor_url},
                ready="/bare",
                workers=workers,
            )
        )
        portal = stack.enter_context(
            serving("wsgi:app", portal_environ(url, data_dir, redis=redis), ready="/readyz", workers=workers)
        )
        say(
            f"-- {where}: {len(place.learners)} learners, {workers} worker(s)"
            f"{', limits in Redis' if redis else ''}; prepared in {time.perf_counter() - began:.1f} s; course {place.course}"
        )
        signing_ = SecureCookieSessionInterface().get_signing_serializer(base_app)
        assert signing_ is not None
        learners = iter(place.learners[100:])

        def cookie(number: int) -> str:
            return f"floor={signing_.dumps({'person': number})}"

        if bench.wants("pages"):
            pages(bench, where, app, place, portal, base, cookie)
        if bench.wants("weights") and where == "sqlite":
            weight(bench, where, app, place, portal)
        if bench.wants("quiz"):
            quiz(
                bench,
                where,
                app,
                place,
                portal,
                learners,
                lambda: run(base, plain_page(cookie), 2.0, warm=0.5),
            )
        if bench.wants("head"):
            head(bench, where, app, place, portal)
        if bench.wants("units"):
            units.measure(bench.add, where, app, quick=bench.quick)


def rules(bench: Bench, where: str) -> None:
    """Measure a rule applied to 25,000 people, on a database of its own."""
    found = assignments.on(where)
    for what, seconds, most in (
        ("preview", found.preview, 3),
        ("applied", found.first, 30),
        ("applied again, nothing to do", found.again, 5),
    ):
        bench.add(
            where,
            f"rule for 25,000: {what}, s",
            p50=seconds * 1000,
            target=f"<= {most} s",
            met=seconds <= most and found.asked == assignments.PEOPLE,
            seconds=seconds,
        )


def figures(bench: Bench, where: str, url: str, folder: Path) -> None:
    """Measure the figures of a province that was loaded before."""
    app = create_app(Settings(environment="test", database_url=url, secret_key=SECRET, data_dir=folder))
    try:
        indicators.measure(bench.add, where, app, folder, quick=bench.quick)
    finally:
        _closed(app)


def staff_lists(bench: Bench, where: str, urls: Sequence[str]) -> None:
    """Measure a list of 50,000 staff read, applied and undone, and the page of a unit with 300 people."""
    rows = 5_000 if bench.quick else rosters.ROWS
    found = rosters.in_a_process(urls, rows)
    for what, key, most in (("read", "read", 120), ("applied", "applied", 60), ("undone", "undone", 60)):
        bench.add(
            where,
            f"staff list of {rows:,}: {what}, s",
            p50=found[key] * 1000,
            target=f"<= {most} s",
            met=found[key] <= most,
            seconds=found[key],
        )
    bench.add(
        where,
        f"staff list of {rows:,}: peak memory, MB",
        target="<= 200 MB",
        met=found["peak_mb"] <= 200,
        note=f"+{found['peak_mb']:.0f} MB for a file of {found['file_mb']:.1f} MB",
        megabytes=found["peak_mb"],
    )
    bench.add(
        where,
        f"roster page of a unit with {rosters.PAGE_PEOPLE} people",
        p50=found["page"] * 1000,
        target="<= 200 ms",
        met=found["page"] <= 0.2,
    )


def _closed(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def main() -> int:
    """Run what was asked for, show the table, write build/bench.json."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="short runs, under a minute: for trying, not for quoting"
    )
    parser.add_argument("--only", choices=NAMES, help="one group of measurements")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one database")
    parser.add_argument(
        "--province",
        metavar="URL",
        help="a database that `flask demo load --size province` filled: for the group indicators, which is left out without it",
    )
    given = parser.parse_args()
    bench = Bench(quick=given.quick, only=given.only)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit("stopped")
    )  # so that servers and databases do not stay behind
    began = time.perf_counter()
    say(
        f"Python {platform.python_version()}, {os.cpu_count()} cores shared with the load, load average {os.getloadavg()[0]:.1f}"
    )
    say(
        "gunicorn with portal/gunicorn.py; settings of production but for https, the key's certificate and limits on one address\n"
    )
    say(heading())
    with tempfile.TemporaryDirectory(prefix="hoc-bench-") as name:
        if bench.wants("certificate"):
            certificate(bench)
        for where in ("sqlite", "postgresql"):
            if given.database not in (None, where) or given.only == "certificate":
                continue
            if where == "postgresql" and machine.postgres() is None:
                say("-- postgresql: left out, this machine has none")
                continue
            if bench.wants("indicators") and given.province and given.province.startswith(where):
                figures(bench, where, given.province, Path(name))
            if bench.wants("assignments"):
                rules(bench, where)
            if bench.wants("rosters"):
                with ExitStack() as stack:
                    urls = [stack.enter_context(database(where, Path(name), f"rosters{n}")) for n in (1, 2)]
                    staff_lists(bench, where, urls)
            if given.only in ("assignments", "rosters", "indicators"):
                continue
            measure(bench, where, Path(name))
    say(f"\n{time.perf_counter() - began:.0f} s, load average {os.getloadavg()[0]:.1f}\n\n{heading()}")
    for row in bench.rows:
        say(_line(row))
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    about = {"python": platform.python_version(), "cores": os.cpu_count(), "quick": given.quick}
    target.write_text(json.dumps({"about": about, "rows": bench.rows}, ensure_ascii=False, indent=1) + "\n")
    missed = [f"{row['database']} {row['what']}".strip() for row in bench.rows if row["met"] is False]
    say("\nevery target is met" if not missed else f"\nmissed: {'; '.join(missed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A real server and a real browser: what the tests of whole journeys stand on.

A file of tests gets a server of its own (gunicorn, one process, SQLite, a copy of the demonstration, which is built
once a run), so that no file sees what another one did and they may run in any order. Files that do nothing to the
same people say so by one name, `PORTAL = "…"`, and share a server, whose start costs more than many a test; whoever
joins them looks first who signs in there. A file that needs the portal to tell more than it tells people names another
application, `APPLICATION = "…"`.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from portal.config import ROOT
from portal.demo.accounts import PASSWORD
from tests import machine

LIMITS = {
    "PORTAL_SIGN_IN_LIMIT": "10000 per minute",
    "PORTAL_VERIFY_LIMIT": "10000 per minute",
    "PORTAL_REGISTER_LIMIT": "10000 per minute",
}
PHONE = {"width": 360, "height": 740}
WAIT = 20_000  # milliseconds; a machine that does much else at once is slow
WAIT_FOR_SERVER = 120.0  # seconds
DESK = {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class Server:
    """A running portal: its address, and the environment it was started with."""

    url: str
    environ: dict[str, str]


@dataclass(slots=True)
class Visitor:
    """One person's browser: a context with its first page, and everything the browser complained about.

    `allowed` holds parts of complaints that the test has caused on purpose (a 404, a lost network).
    """

    context: BrowserContext
    page: Page
    url: str
    language: str
    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open an address of the portal."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, login: str, secret: str = PASSWORD) -> Page:
        """Sign in by the form, like anybody."""
        page = self.go("/login")
        page.fill("#login", login)
        page.fill("#secret", secret)
        page.click("main form button[type=submit]")
        page.wait_for_selector("details.account", state="attached")
        return page

    def more(self) -> Page:
        """Open another tab of the same browser."""
        return self.context.new_page()

    def unexpected(self) -> list[str]:
        """Return the complaints that the test did not cause on purpose."""
        return [one for one in self.complaints if not any(part in one for part in self.allowed)]


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory with the demonstration, built once a run by whichever worker comes first.

    Whoever runs one file again and again names a folder that was filled today in TEST_DEMONSTRATION.
    """
    if os.environ.get("TEST_DEMONSTRATION"):
        return Path(os.environ["TEST_DEMONSTRATION"])
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if os.environ.get("PYTEST_XDIST_WORKER") else mine
    folder = shared / "demonstration"
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "wsgi", "setup"],
                cwd=ROOT,
                env=environment(folder),
                check=True,
                capture_output=True,
                timeout=600,
            )
            (folder / "ready").touch()
    return folder


def environment(data: Path, **more: str) -> dict[str, str]:
    """Return the environment of a portal that keeps everything in `data`; nothing of the caller's settings is left."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")}
    kept.pop("WEB_CONCURRENCY", None)
    kept.pop("FLASK_DEBUG", None)
    return {**kept, **LIMITS, "PORTAL_DATA_DIR": str(data), **more}


@pytest.fixture(scope="session")
def shared_servers(
    demonstration: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    """Yield a function that returns the server of a name, started once a worker."""
    with ExitStack() as stack:

        @cache
        def shared(name: str) -> Server:
            return stack.enter_context(serving(demonstration, tmp_path_factory.mktemp(name)))

        yield shared


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest,
    demonstration: Path,
    shared_servers: Callable[[str], Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """Yield the portal of this file, or the one that it shares."""
    name = getattr(request.module, "PORTAL", None)
    if name is not None:
        yield shared_servers(name)
        return
    app = getattr(request.module, "APPLICATION", "wsgi:app")
    with serving(demonstration, tmp_path_factory.mktemp("portal"), app) as own:
        yield own


@contextmanager
def serving(demonstration: Path, folder: Path, app: str = "wsgi:app") -> Iterator[Server]:
    """Yield a portal on a copy of the demonstration, at an address that the system chose."""
    data = folder / "data"
    shutil.copytree(demonstration, data)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        environ = environment(data, PORTAL_BASE_URL=url, PORTAL_PUBLIC_FIGURES="on")
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "gunicorn", "--config", "portal/gunicorn.py",
                    "--bind", f"fd://{listening.fileno()}", app,
                ],
                cwd=ROOT, env=environ, pass_fds=[listening.fileno()], stdout=log, stderr=log,
            )  # fmt: skip
    try:
        _wait_until_ready(url, process, folder / "server.log")
        yield Server(url, environ)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + WAIT_FOR_SERVER
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"the portal ended at its start:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"the portal did not answer in time:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield one Chromium for all tests of this worker."""
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=machine.chromium(),
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-quic", "--no-first-run",
            ],
        )  # fmt: skip
        yield chromium
        chromium.close()


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Return a function that opens a browser of one person; the test fails when any page of it complains.

    visit(width=360 or 1280, language="vi", scheme="light", script=True, login=None).
    """
    visitors: list[Visitor] = []

    def opened(
        *,
        width: int = 360,
        language: str = "vi",
        scheme: str = "light",
        script: bool = True,
        login: str | None = None,
    ) -> Visitor:
        visitor = open_visitor(browser, server.url, width, language, scheme, script)
        visitors.append(visitor)
        if login is not None:
            visitor.sign_in(login)
        return visitor

    yield opened
    unexpected = [one for visitor in visitors for one in visitor.unexpected()]
    for visitor in visitors:
        visitor.context.close()
    assert unexpected == [], "the browser complained"


def open_visitor(
    browser: Browser,
    url: str,
    width: int,
    language: str,
    scheme: str,
    script: bool = True,
    state: Any = None,
) -> Visitor:
    """Open a context whose every page is listened to; whoever opens it closes it."""
    context = browser.new_context(
        viewport=PHONE if width == 360 else {**DESK, "width": width},  # type: ignore[arg-type]
        locale="vi-VN" if language == "vi" else "en-GB",
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=script,
        timezone_id="Asia/Ho_Chi_Minh",
        accept_downloads=True,
        reduced_motion="reduce",
        storage_state=state,
    )
    context.set_default_timeout(WAIT)
    visitor = Visitor(context, None, url, language)  # type: ignore[arg-type]  # its page comes three lines below

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            visitor.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    # a violation of the Content-Security-Policy is an error of the console, with or without script
    context.on("console", heard)
    context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
    visitor.page = context.new_page()
    return visitor

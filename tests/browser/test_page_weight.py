"""What a lesson costs on a 3G phone: the first visit at most 60 KB in 8 requests, each later lesson at most 15 KB.

Measured at the browser: bytes that came over the wire, headers and all, of every request of the visit.
"""

import gzip

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PORTAL = "looking"
FIRST_KB, FIRST_REQUESTS, LATER_KB = 60, 8, 15


class Scale:
    """Counts requests and transferred bytes of one page."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("Network.enable")
        self.addresses: dict[str, str] = {}
        self.encodings: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        self.cdp.on("Network.requestWillBeSent", self._sent)
        self.cdp.on("Network.responseReceived", self._received)
        self.cdp.on("Network.loadingFinished", self._finished)
        self.kept: set[str] = set()
        self.cdp.on("Network.requestServedFromCache", lambda event: self.kept.add(event["requestId"]))

    def _sent(self, event: dict) -> None:  # type: ignore[type-arg]
        self.addresses[event["requestId"]] = event["request"]["url"]

    def _received(self, event: dict) -> None:  # type: ignore[type-arg]
        response = event["response"]
        headers = {name.lower(): value for name, value in response["headers"].items()}
        self.encodings[event["requestId"]] = headers.get("content-encoding", "")
        if response.get("fromDiskCache") or response.get("fromPrefetchCache"):
            self.kept.add(event["requestId"])

    def _finished(self, event: dict) -> None:  # type: ignore[type-arg]
        self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def visit(self, address: str, page: Page) -> dict[str, int]:
        """Open the address; return what each request weighed as it would over a compressing server.

        What the server does not compress itself (a proxy in front may) counts as gzip makes it.
        """
        for store in (self.addresses, self.encodings, self.bytes, self.kept):
            store.clear()
        page.goto(address, wait_until="networkidle")
        weights: dict[str, int] = {}
        for request, size in self.bytes.items():
            url = self.addresses.get(request, "")
            if request in self.kept or not url.startswith("http"):
                continue
            if not self.encodings.get(request) and not url.endswith(".woff2"):
                body = page.request.get(url).body()
                size = min(size, size - len(body) + len(gzip.compress(body, 6)))
            weights[url] = size
        return weights


def test_a_lesson_is_light(visit: Visit) -> None:
    """Signed in, with an empty cache; then the next lesson, with what the browser kept."""
    huong = visit(login="giaovien")
    page = huong.page
    page.goto(f"{huong.url}/courses/GD-01/")
    lessons = page.locator(".modules a[href*='/lessons/']").evaluate_all("all => all.map(one => one.href)")
    scale = Scale(page)
    scale.cdp.send("Network.clearBrowserCache")
    heaviest = 0
    assert len(lessons) >= 8
    for number, lesson in enumerate(lessons):
        weights = scale.visit(lesson, page)
        table = "\n".join(f"{size:7d} {url}" for url, size in sorted(weights.items()))
        total = sum(weights.values())
        if number == 0:
            print(f"first visit: {total} bytes in {len(weights)} requests\n{table}")  # noqa: T201
            assert len(weights) <= FIRST_REQUESTS, table
            assert total <= FIRST_KB * 1024, table
        else:
            heaviest = max(heaviest, total)
            assert total <= LATER_KB * 1024, table
    print(f"heaviest later lesson: {heaviest} bytes")  # noqa: T201


def test_pictures_of_lessons_are_light(visit: Visit) -> None:
    """Each picture weighs what a phone on 3G loads in a blink."""
    stranger = visit()
    stranger.go("/courses/GD-01/")
    lessons = stranger.page.locator(".modules a[href*='/lessons/']").evaluate_all(
        "all => all.map(one => one.href)"
    )
    seen = 0
    for lesson in lessons:
        stranger.page.goto(lesson)
        for picture in stranger.page.locator("main img").evaluate_all("all => all.map(one => one.src)"):
            body = stranger.page.request.get(picture).body()
            assert len(gzip.compress(body, 6)) <= 12 * 1024, picture
            seen += 1
    assert seen > 0

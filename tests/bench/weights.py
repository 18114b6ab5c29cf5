"""What a first and a later visit to a lesson transfer: bytes of heads and bodies, and how many requests."""

import gzip
import http.client
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

_REFERENCE = re.compile(
    rb'<(?:script|img|source|audio|video)\b[^>]*?\ssrc="([^"]+)"|<link\b(?=[^>]*rel="(?:stylesheet|preload|icon)")[^>]*href="([^"]+)"'
)
_CSS = re.compile(rb"url\(\s*[\"']?([^\"')]+)")
_PACKED = ("image/svg+xml", "text/", "application/javascript", "application/json")


@dataclass(frozen=True)
class Weight:
    """Bytes on the wire. `packed_here`: whether the server left compressing to the proxy, which is then done here."""

    first: int
    first_requests: int
    later: int
    later_requests: int
    parts: tuple[tuple[str, int], ...]
    packed_here: bool


class _Browser:
    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self.kept: set[str] = set()
        self.packed_here = False

    def get(self, path: str) -> tuple[bytes, int]:
        """Return a body, unpacked, and its weight."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            head = {"Cookie": self.cookie, "Accept-Encoding": "gzip, deflate, br", "Accept-Language": "vi"}
            connection.request("GET", path, headers=head)
            reply = connection.getresponse()
            body = reply.read()
            if reply.status != 200:
                raise ValueError(f"{path}: {reply.status}")
            heads = len(b"".join(f"{name}: {value}\r\n".encode() for name, value in reply.getheaders())) + 19
            if "max-age=31536000" in (reply.getheader("Cache-Control") or ""):
                self.kept.add(path)
            if reply.getheader("Content-Encoding") == "gzip":
                return gzip.decompress(body), len(body) + heads
            kind = reply.getheader("Content-Type") or ""
            if kind.startswith(_PACKED) and len(body) > 1024:
                self.packed_here = True
                return body, len(gzip.compress(body, 6)) + heads
            return body, len(body) + heads
        finally:
            connection.close()

    def visit(self, path: str) -> list[tuple[str, int]]:
        """Return every request that opening `path` makes, with its weight; what is kept from before costs nothing."""
        body, weight = self.get(path)
        parts = [(path, weight)]
        wanted = {
            urljoin(path, (one or two).decode().replace("&amp;", "&"))
            for one, two in _REFERENCE.findall(body)
        }
        plain = {urlsplit(one).path for one in wanted}
        for one in sorted(wanted):
            if one in self.kept:
                continue
            content, weight = self.get(one)
            parts.append((one, weight))
            if urlsplit(one).path.endswith(".css"):
                for url in _CSS.findall(content):
                    other = urljoin(one, url.decode())
                    if (
                        not other.startswith("data:")
                        and urlsplit(other).path not in plain
                        and other not in self.kept
                    ):
                        parts.append((other, self.get(other)[1]))
        return parts


def of(port: int, cookie: str, first: str, later: str) -> Weight:
    """Return the weight of a first visit to the lesson `first`, and then of the lesson `later`."""
    browser = _Browser(port, cookie)
    one = browser.visit(first)
    two = browser.visit(later)
    return Weight(
        sum(weight for _, weight in one),
        len(one),
        sum(weight for _, weight in two),
        len(two),
        tuple(one),
        browser.packed_here,
    )


def lessons(port: int, cookie: str, paths: list[str]) -> list[tuple[str, int]]:
    """Return the weight of each lesson's own page, for those who have the style sheet already."""
    browser = _Browser(port, cookie)
    browser.visit(paths[0])
    return [(path, sum(weight for _, weight in browser.visit(path))) for path in paths]

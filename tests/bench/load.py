"""The load: a handful of kept-alive connections on the loopback, driven by one thread that reads little and stops by itself.

It shares the cores with the server, so it does next to nothing: what is sent was made beforehand, and of an answer
only status, length and (where a journey asks) the text are looked at. Connections are renewed now and then, so that
several workers get equal shares.
"""

import gc
import re
import select
import socket
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from tests.bench.serving import Server

RENEW_AFTER = 40
LONGEST_WAIT = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status, its head and its body as they came."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's first value, or an empty string."""
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found[1].decode("latin-1") if found else ""


#: A journey yields (name of the step, bytes of the request) and is sent the reply; it ends when it is over.
Journey = Generator[tuple[str, bytes], Reply, None]


def request(method: str, path: str, *, cookie: str = "", body: bytes = b"", head: str = "") -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html", "Accept-Language: vi"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    if head:
        lines.append(head)
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass
class Samples:
    """What was measured: seconds of every step after the warm-up, journeys ended, answers that were not as they should be."""

    seconds: float
    steps: dict[str, list[float]] = field(default_factory=dict)
    journeys: int = 0
    wrong: list[str] = field(default_factory=list)
    answered: int = 0
    cpu: float = 0.0

    @property
    def requests(self) -> int:
        """Return how many requests were answered."""
        return sum(len(times) for times in self.steps.values())

    @property
    def rate(self) -> float:
        """Return requests a second."""
        return self.requests / self.seconds

    def quantile(self, share: float, step: str | None = None) -> float:
        """Return the time in milliseconds that `share` of the answers (of one step) did not exceed."""
        times = sorted(self.steps.get(step, []) if step else [t for one in self.steps.values() for t in one])
        return times[min(len(times) - 1, int(share * len(times)))] * 1000 if times else float("nan")

    @property
    def cost(self) -> float:
        """Return the processor milliseconds that the server spent on an answer; other work on the machine hardly moves it."""
        return self.cpu / max(1, self.answered) * 1000

    @property
    def slowest(self) -> str:
        """Return the step whose p95 is the longest."""
        return max(self.steps, key=lambda step: self.quantile(0.95, step))


class _Connection:
    def __init__(self, port: int, begin: Callable[[], Journey]) -> None:
        self.port, self.begin = port, begin
        self.socket: socket.socket | None = None
        self.used = 0
        self.buffer = b""
        self.expected = -1
        self.journey = begin()
        self.step, self.out = next(self.journey)
        self.started = 0.0

    def send(self, poll: select.epoll, by: dict[int, "_Connection"]) -> None:
        self.started = time.perf_counter()
        if self.socket is None or self.used >= RENEW_AFTER:
            self.close(poll, by)
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST_WAIT)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            by[self.socket.fileno()] = self
            poll.register(self.socket.fileno(), select.EPOLLIN)
            self.used = 0
        self.used += 1
        self.buffer, self.expected = b"", -1
        self.socket.sendall(self.out)

    def close(self, poll: select.epoll, by: dict[int, "_Connection"]) -> None:
        if self.socket is not None:
            poll.unregister(self.socket.fileno())
            del by[self.socket.fileno()]
            self.socket.close()
            self.socket = None

    def receive(self) -> Reply | None:
        assert self.socket is not None
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError(f"closed in the middle of {self.step}")
        self.buffer = self.buffer + piece if self.buffer else piece
        if self.expected < 0:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(self.buffer, 0, end)
            self.expected = end + 4 + (int(length[1]) if length else 0)
        if len(self.buffer) < self.expected:
            return None
        end = self.buffer.find(b"\r\n\r\n")
        return Reply(int(self.buffer[9:12]), self.buffer[:end], self.buffer[end + 4 :])


def run(
    server: Server,
    journeys: list[Callable[[], Journey]],
    seconds: float,
    *,
    warm: float = 1.0,
    warm_journeys: int = 0,
) -> Samples:
    """Let one connection for each of `journeys` go through it again and again; return what was measured.

    Answers of the first `warm` seconds are not counted, nor those before `warm_journeys` were ended: a worker reads
    banks and compiles templates and statements when they are first wanted, and each thread opens a connection of its
    own. A journey that raises `ValueError` ends the run with it.
    """
    poll, by = select.epoll(), {}
    connections = [_Connection(server.port, begin) for begin in journeys]
    samples = Samples(seconds)
    gc.collect()
    gc.disable()
    warmed = time.perf_counter() + warm
    began = until = float("inf")
    ended = 0
    try:
        for connection in connections:
            connection.send(poll, by)
        while (now := time.perf_counter()) < until:
            if until == float("inf") and now >= warmed and ended >= warm_journeys:
                began, until = now, now + seconds
                samples.cpu = -server.cpu()
            events = poll.poll(LONGEST_WAIT)
            if not events:
                raise TimeoutError(f"no answer to {[one.step for one in connections]} in {LONGEST_WAIT:g} s")
            for number, _event in events:
                connection = by[number]
                reply = connection.receive()
                if reply is None:
                    continue
                now = time.perf_counter()
                counts = began <= now < until
                if counts:
                    samples.answered += 1
                    samples.steps.setdefault(connection.step, []).append(now - connection.started)
                if reply.status >= 400:
                    samples.wrong.append(f"{connection.step}: {reply.status}")
                    if len(samples.wrong) > 20:
                        raise ValueError(f"{samples.wrong[:5]}: {reply.body[:600]!r}")
                if b"\r\nConnection: close" in reply.head:
                    connection.used = RENEW_AFTER
                try:
                    connection.step, connection.out = connection.journey.send(reply)
                except StopIteration:
                    samples.journeys += counts
                    ended += 1
                    connection.journey = connection.begin()
                    connection.step, connection.out = next(connection.journey)
                connection.send(poll, by)
    finally:
        for connection in connections:
            connection.close(poll, by)
        poll.close()
        gc.enable()
    samples.cpu += server.cpu()
    return samples


def over_and_over(step: str, requests: list[bytes]) -> Callable[[], Journey]:
    """Return a journey of one step that sends `requests` in turn, for ever."""

    def journey() -> Journey:
        place = 0
        while True:
            yield step, requests[place % len(requests)]
            place += 1

    return journey

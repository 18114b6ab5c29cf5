"""Starting gunicorn on a port that the system chooses, asking the kernel about it, ending it. Only its own processes."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import create_engine, text

from tests import machine

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret of the benchmarks, long enough for anybody"


class NotServing(Exception):
    """A server did not answer in time; the text is what it said."""


class Server:
    """One gunicorn with its workers, in a process group of its own."""

    def __init__(self, app: str, environ: Mapping[str, str], *, ready: str, workers: int = 1) -> None:
        """Remember how to start; `ready` is the address that answers 200 once it serves."""
        self._app, self._ready, self._workers = app, ready, workers
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")}
        self.environ |= {
            "PORTAL_JOBS": "apart",
            **environ,
            "WEB_CONCURRENCY": str(workers),
            "PYTHONUNBUFFERED": "1",
        }
        # the socket is made here, so that no other process can take its port between two starts
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Return the port."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Start and wait until it answers. Raises `NotServing`."""
        fd = self._socket.fileno()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "portal/gunicorn.py",
                "--bind",
                f"fd://{fd}",
                self._app,
            ],
            cwd=ROOT,
            env=self.environ,
            pass_fds=(fd,),
            start_new_session=True,
            stdout=self._log,
            stderr=self._log,
        )
        until = time.monotonic() + 90
        while time.monotonic() < until:
            if self._process.poll() is None and len(self.workers()) == self._workers and self._answers():
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.kill()
        raise NotServing(self.said())

    def said(self) -> str:
        """Return the end of the server's log."""
        self._log.seek(0)
        return self._log.read()[-4000:].decode(errors="replace")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", self._ready)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        assert self._process is not None
        pid = self._process.pid
        try:
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            return []

    def rss(self) -> list[float]:
        """Return the resident memory of every worker in megabytes."""
        found = []
        for pid in self.workers():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")]
        return found

    def cpu(self) -> float:
        """Return the processor seconds that all workers have used."""
        ticks = 0
        for pid in self.workers():
            with contextlib.suppress(OSError):
                after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(after_name[11]) + int(after_name[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it the usual way, and for good."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=8)
            self.kill()
        self._socket.close()
        self._log.close()


@contextlib.contextmanager
def serving(app: str, environ: Mapping[str, str], *, ready: str, workers: int = 1) -> Iterator[Server]:
    """Yield a server that runs, and end it."""
    server = Server(app, environ, ready=ready, workers=workers)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def database(kind: str, folder: Path, name: str) -> Iterator[str]:
    """Yield the address of an empty database of one's own, `sqlite` or `postgresql`; a PostgreSQL one is dropped."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.db"
        return
    server = machine.postgres()
    assert server is not None, "there is no PostgreSQL"
    own = f"hoc_{name}_{os.getpid()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{own}"'))
    try:
        yield server.rsplit("/", 1)[0] + "/" + own
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)'))
        admin.dispose()


def portal_environ(url: str, data_dir: Path, *, redis: str | None = None) -> dict[str, str]:
    """Return the settings of a portal under load: those of production, but for https and limits on one address."""
    environ = {
        "PORTAL_ENVIRONMENT": "demonstration",  # production insists on https and on a key that somebody vouches for
        "PORTAL_DATABASE_URL": url,
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_DATA_DIR": str(data_dir),
        "PORTAL_SIGN_IN_LIMIT": "1000000 per minute",  # all the load comes from one address
        "PORTAL_VERIFY_LIMIT": "1000000 per minute",
        "PORTAL_REGISTER_LIMIT": "1000000 per minute",
    }
    return environ | ({"PORTAL_REDIS_URL": redis} if redis else {})

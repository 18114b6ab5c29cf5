"""The settings of gunicorn: one process with threads for the embedded default, several with PostgreSQL and Redis.

With `memory://` limits each process counts for itself, so several processes need Redis; the number follows from
`PORTAL_REDIS_URL` unless `WEB_CONCURRENCY` says otherwise.
"""

import contextlib
import ctypes
import gc
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

with contextlib.suppress(OSError, AttributeError):  # another C library has other knobs, and needs none
    # Signing in takes 9 MiB for a moment. The C library would keep such a piece for each thread that ever had one:
    # 70 MB in a worker of eight threads. Large pieces go straight back to the system, and threads share one pool: one at a time
    # runs Python anyway, and of two pools each keeps what a list of 60,000 people took.
    _libc = ctypes.CDLL("libc.so.6")
    _libc.mallopt(-3, 1024 * 1024)  # M_MMAP_THRESHOLD
    _libc.mallopt(-8, 1)  # M_ARENA_MAX

# Whoever writes on SQLite holds its one lock through several statements, and lets other threads run at each of them.
# Five milliseconds, the interpreter's own, until she may go on again would be five for everybody behind her.
sys.setswitchinterval(0.001)

workers = int(os.environ.get("WEB_CONCURRENCY", "2" if os.environ.get("PORTAL_REDIS_URL") else "1"))
# One thread at a time runs Python. Among eight learners with eight threads a sign-in took a third longer than with five
# (p95 on SQLite, same run), and nobody was done sooner; with fewer, a few long files could keep everybody waiting.
threads = 5
worker_class = "gthread"
preload_app = False
timeout = 60
graceful_timeout = 20
keepalive = 30
max_requests = 0
accesslog = None
errorlog = "-"
loglevel = "warning"
forwarded_allow_ips = "127.0.0.1"
control_socket_disable = True

_keeper: "subprocess.Popen[bytes] | None" = None


def _embedded() -> bool:
    """Return whether the background worker is started here (`PORTAL_JOBS`)."""
    production = os.environ.get("PORTAL_ENVIRONMENT") == "production"
    return (os.environ.get("PORTAL_JOBS") or ("apart" if production else "embedded")) == "embedded"


def when_ready(server: Any) -> None:
    """Start the keeper of the worker once gunicorn serves."""
    global _keeper
    if _embedded():
        root = Path(__file__).resolve().parent.parent
        _keeper = subprocess.Popen([sys.executable, "-m", "portal.keeper"], cwd=root)


def post_worker_init(worker: Any) -> None:
    """Leave what was made by loading the application out of every later search for garbage.

    It is three hundred thousand objects that stay; looking through them took a fifth of a second, in the middle of
    somebody's board.
    """
    gc.collect()
    gc.freeze()


def on_exit(server: Any) -> None:
    """End the keeper, and with it the worker; both also end by themselves when gunicorn is gone."""
    if _keeper is not None and _keeper.poll() is None:
        _keeper.send_signal(signal.SIGTERM)

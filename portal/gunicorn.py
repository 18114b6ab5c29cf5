"""The settings of gunicorn: one process with threads for the embedded default, several with PostgreSQL and Redis.

With `memory://` limits each process counts for itself, so several processes need Redis; the number follows from
`PORTAL_REDIS_URL` unless `WEB_CONCURRENCY` says otherwise.
"""

import contextlib
import ctypes
import os

with contextlib.suppress(OSError, AttributeError):  # another C library has other knobs, and needs none
    # Signing in takes 19 MiB for a moment. The C library would keep such a piece for each thread that ever had one:
    # 150 MB in a worker of eight. Large pieces go straight back to the system, and threads share two pools.
    _libc = ctypes.CDLL("libc.so.6")
    _libc.mallopt(-3, 1024 * 1024)  # M_MMAP_THRESHOLD
    _libc.mallopt(-8, 2)  # M_ARENA_MAX

workers = int(os.environ.get("WEB_CONCURRENCY", "2" if os.environ.get("PORTAL_REDIS_URL") else "1"))
threads = 8
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

"""The settings of gunicorn: one process with threads for the embedded default, several with PostgreSQL and Redis.

With `memory://` limits each process counts for itself, so several processes need Redis; the number follows from
`PORTAL_REDIS_URL` unless `WEB_CONCURRENCY` says otherwise.
"""

import os

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

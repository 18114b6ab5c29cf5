"""Keeps one worker for background work running beside gunicorn: begins it again when it dies, ends it with gunicorn.

A process of its own, and a small one (it imports nothing of ours), because gunicorn collects the ends of all children
it started and would take this one's for a server's.
"""

import os
import signal
import subprocess
import sys
import threading

PAUSE_SECONDS = 2.0
LONGEST_END_SECONDS = 30.0


def main() -> None:
    """Run until a signal says so or gunicorn is gone."""
    parent, over = os.getppid(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work", "--parent", str(os.getpid())]
    over.wait(PAUSE_SECONDS)  # the server comes first
    while not over.is_set():
        worker = subprocess.Popen(command)  # noqa: S603 - our own command
        while worker.poll() is None and not over.is_set():
            over.wait(0.5)
            if os.getppid() != parent:
                over.set()
        if worker.poll() is None:
            worker.terminate()
            try:
                worker.wait(LONGEST_END_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
        over.wait(PAUSE_SECONDS)


if __name__ == "__main__":
    main()

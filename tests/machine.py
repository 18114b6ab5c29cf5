"""What this machine has for the tests, one line each; with REQUIRE_ALL=1 what is missing is a failure.

Run as `python -m tests.machine`; the fixtures ask the same functions.
"""

import os
import shutil
import sys
from functools import cache

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://root@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


@cache
def postgres() -> str | None:
    """Return the address of a PostgreSQL server where databases may be made, or None."""
    try:
        engine = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()
    except OperationalError:
        return None
    return POSTGRES


@cache
def redis_server() -> str | None:
    """Return the address of a Redis server, or None."""
    try:
        client = redis.Redis.from_url(REDIS, socket_connect_timeout=3)
        client.ping()
        client.close()
    except redis.RedisError:
        return None
    return REDIS


@cache
def chromium() -> str | None:
    """Return the path of Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def missing() -> list[str]:
    """Return one sentence for each thing that is not there."""
    sentences = []
    if postgres() is None:
        sentences.append(
            f"no PostgreSQL at {POSTGRES}: the database tests run on SQLite only (TEST_POSTGRES_URL names another)"
        )
    if redis_server() is None:
        sentences.append(
            f"no Redis at {REDIS}: rate limits are tested in memory only (TEST_REDIS_URL names another)"
        )
    if chromium() is None:
        sentences.append("no Chromium: the browser tests are left out (Debian: apt-get install chromium)")
    for program, package, about in (
        ("pdfsig", "poppler-utils", "certificates"),
        ("pdftotext", "poppler-utils", "certificates"),
        ("iconv", "libc-bin", "old Vietnamese encodings"),
    ):
        if shutil.which(program) is None:
            sentences.append(
                f"no {program}: its tests of {about} are left out (Debian: apt-get install {package})"
            )
    return sentences


if __name__ == "__main__":
    lacking = missing()
    for sentence in lacking:
        print(("MISSING: " if os.environ.get("REQUIRE_ALL") == "1" else "left out: ") + sentence)  # noqa: T201
    sys.exit(1 if lacking and os.environ.get("REQUIRE_ALL") == "1" else 0)

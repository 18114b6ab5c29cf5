"""`flask assignments`: who must learn what."""

import json
from contextlib import AbstractContextManager

import click
from sqlalchemy.orm import Session

from courses.assignments import queries as rule_queries
from courses.assignments import services as rules
from portal.cli.options import text_or_json
from portal.core import clock
from portal.core.db import db, unit_of_work


@click.group()
def assignments() -> None:
    """Who must learn what."""


@assignments.command("run")
@text_or_json
def assignments_run(shape: str) -> None:
    """Apply every rule now, as the background work does every night; running it again changes nothing."""
    applied = rules.run(
        db.session(), _Plainly(), clock.today(), clock.now(), rule_queries.courses_with_rules(db.session())
    )
    if shape == "json":
        click.echo(json.dumps({"asked": applied.asked, "withdrawn": applied.withdrawn}))
    else:
        click.echo(f"asked {applied.asked} people, took it back from {applied.withdrawn}")


class _Plainly:
    """Units of work one after the other, without a job around them."""

    def work(self) -> AbstractContextManager[Session]:
        return unit_of_work()

    def progress(self, done: int, total: int) -> None:
        pass

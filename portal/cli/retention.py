"""`flask retention`: how long what is kept for its own sake stays."""

import json

import click

from portal.cli.options import text_or_json
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.jobs import services as jobs_services
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from portal.core.rights import retention
from portal.core.web import settings


@click.group("retention")
def retain() -> None:
    """How long what is kept for its own sake stays."""


@retain.command("run")
@click.option("--dry-run", is_flag=True, help="say what would be deleted, and delete nothing")
@text_or_json
def retention_run(dry_run: bool, shape: str) -> None:
    """Delete what is older than the rules allow (PORTAL_KEEP_…_DAYS)."""
    now = clock.now()
    found = {name: retention.count(db.session(), rule, now) for name, rule in retention.RULES.items()}
    db.session.remove()
    if not dry_run:
        with unit_of_work() as session:
            asked = jobs_services.enqueue(session, "retention.run", {}, by_id=None, now=now).id
        while Worker().step():
            pass
        ended = db.session().get_one(Job, asked)
        if ended.state != State.DONE:
            raise click.ClickException(
                f"the clean-up is {ended.state}: {ended.error or 'see flask jobs work'}"
            )
        found = dict((ended.result or {})["deleted"])
    if shape == "json":
        click.echo(json.dumps(found))
        return
    for name, many in found.items():
        days = retention.RULES[name].days(settings()) if name in retention.RULES else 1
        kept = f"older than {days} days" if days else "kept for ever"
        click.echo(f"{name}: {many} rows {'would be deleted' if dry_run else 'deleted'} ({kept})")

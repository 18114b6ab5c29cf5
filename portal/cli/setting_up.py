"""`flask setup`: everything a new checkout needs before it serves."""

import sys

import click
from flask_migrate import upgrade

from portal import demo
from portal.cli.content import PARTLY_REFUSED, publish_new
from portal.core import clock
from portal.core.db import db
from portal.core.web import settings


@click.command("setup")
def setup() -> None:
    """Bring the database up to date, publish the shipped courses, and (in a demonstration) fill an empty province.

    Exit code 3 if a course was refused; everything else was done.
    """
    upgrade()
    whole = publish_new()
    if not settings().production and not demo.loaded(db.session()):
        demo.load(clock.today(), report=click.echo)
    if not whole:
        sys.exit(PARTLY_REFUSED)

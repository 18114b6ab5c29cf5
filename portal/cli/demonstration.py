"""`flask demo`: the demonstration province."""

import time
from dataclasses import replace
from pathlib import Path

import click
from flask_migrate import upgrade

from portal import demo
from portal.cli.content import publish_new
from portal.core import clock
from portal.core.db import db
from portal.core.web import settings
from portal.demo import sample_roster
from portal.demo.large import loading
from portal.demo.large.work import TooSmall
from portal.demo.size import PROVINCE


@click.group("demo")
def demonstration() -> None:
    """The demonstration province: real areas, invented units and people."""


@demonstration.command("load")
@click.option(
    "--size",
    "how_large",
    type=click.Choice(["small", "province"]),
    default="small",
    help="province: 1,000 schools, 25,000 staff, 300,000 parents, three years of learning",
)
@click.option(
    "--certificates",
    type=click.IntRange(min=1),
    default=PROVINCE.certificates,
    show_default=True,
    help="how many certificates the province has; 300000 and 1000000 are for measuring",
)
def demo_load(how_large: str, certificates: int) -> None:
    """Fill an empty database with the demonstration province.

    --size province makes the tables and publishes the courses first where that was not done. It refuses a database
    that has people in it. Only the certificates of the small demonstration have files; the others are facts alone.
    """
    if settings().production:
        raise click.ClickException("production refuses demonstration data (PORTAL_ENVIRONMENT=production)")
    if how_large == "small":
        demo.load(clock.today(), report=click.echo)
        return
    began = time.monotonic()

    def report(line: str) -> None:
        click.echo(f"{time.monotonic() - began:5.0f} s  {line}")

    upgrade()
    if demo.loaded(db.session()):
        raise click.ClickException(
            "the database has people in it already; the province goes into an empty one (PORTAL_DATABASE_URL names it)"
        )
    if not publish_new():
        raise click.ClickException("a course was refused; the province's people learn all of them")
    try:
        loading.load(replace(PROVINCE, certificates=certificates), clock.today(), report)
    except TooSmall as fault:
        raise click.ClickException(str(fault)) from None
    report(
        f"done. {loading.drawn(db.session()):,} certificates have a file, as issued; the others were entered with their "
        "facts alone and can be verified, not opened"
    )


@demonstration.command("roster")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def demo_roster(file: Path) -> None:
    """Write a sample staff list (Excel) of the demonstration's kindergarten, with twelve bad rows, to FILE."""
    file.write_bytes(sample_roster.write(db.session(), clock.today()))
    click.echo(f"{file}: sign in as hieutruong and bring it in at /manage/roster/imports/new")

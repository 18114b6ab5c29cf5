"""`flask translations`: the message catalogues."""

import sys

import click

from portal import translations


@click.group("translations")
def catalogues() -> None:
    """Message catalogues."""


@catalogues.command("update")
def translations_update() -> None:
    """Collect the messages of code and templates into the catalogues."""
    translations.update()


@catalogues.command("check")
def translations_check() -> None:
    """Fail on a missing, stale or fuzzy entry, or on placeholders that differ."""
    faults = translations.check()
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    click.echo("catalogues: in order")

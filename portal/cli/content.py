"""`flask content`: check, publish and seal course files."""

import json
import sys

import click

from courses import loader
from portal.cli.options import text_or_json
from portal.core import clock
from portal.core.db import unit_of_work

PARTLY_REFUSED = 3


@click.group()
def content() -> None:
    """Check and publish course files."""


@content.command("check")
@text_or_json
def content_check(shape: str) -> None:
    """Name every fault of every course and bank file, with its line (exit code 1), and every note (exit code 0).

    A note is a matter of style, or what a published version has that a new one must not.
    """
    checked = loader.check_all()
    faults = [fault for one in checked for fault in one.faults]
    if shape == "json":
        found = [("fault", fault) for fault in faults]
        found += [("note", note) for one in checked for note in one.notes]
        click.echo(
            json.dumps(
                [
                    {"file": f.file, "line": f.line, "message": f.message, "level": level}
                    for level, f in found
                ],
                ensure_ascii=False,
            )
        )
    else:
        for fault in faults:
            click.echo(f"{fault.file}:{fault.line}: {fault.message}", err=True)
        for one in checked:
            for note in one.notes:
                click.echo(f"{note.file}:{note.line}: note: {note.message}")
            counts = [
                f"{len(found)} {name}"
                for found, name in ((one.faults, "faults"), (one.notes, "notes"))
                if found
            ]
            click.echo(f"{one.name}: " + (", ".join(counts) or "in order"))
    if faults:
        sys.exit(1)


@content.command("load")
def content_load() -> None:
    """Publish courses and banks that are new; what is published stays as it is. Exit code 3 if one was refused."""
    if not publish_new():
        sys.exit(PARTLY_REFUSED)


def publish_new() -> bool:
    """Publish what is new and say so; return whether nothing was refused."""
    with unit_of_work() as session:
        loaded = loader.load_all(session, clock.now())
    for sentence in loaded.published:
        click.echo(sentence)
    for sentence in loaded.refused:
        click.echo(sentence, err=True)
    return not loaded.refused


@content.command("seal")
def content_seal() -> None:
    """Write down the digests of what is released with the portal; `content check` then refuses any change to it."""
    for name in loader.seal():
        click.echo(f"sealed {name}")

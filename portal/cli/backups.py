"""`flask backup`: backups, and the proof that they restore."""

from pathlib import Path

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import Engine

from portal import backup
from portal.config import ROOT
from portal.core import clock
from portal.core.db import db
from portal.core.files.services import folder


@click.group("backup")
def backups() -> None:
    """Backups that are proven to restore."""


@backups.command("create")
@click.argument("file", type=click.Path(path_type=Path))
def backup_create(file: Path) -> None:
    """Write every row to FILE (a zip of JSON lines). Keys are not in it."""
    try:
        rows = backup.create(db.engine, file, clock.now(), folder())
    except FileExistsError:
        raise click.ClickException(f"{file} exists; a backup is never overwritten") from None
    click.echo(f"{file}: {sum(rows.values())} rows of {len(rows)} tables")


@backups.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def backup_verify(file: Path) -> None:
    """Restore FILE into a scratch database, count, and check every certificate's file against its digest."""
    try:
        rows = backup.verify(file, at_head)
    except backup.BadBackup as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(
        f"{file}: {sum(rows.values())} rows restored and counted, {rows['certificate']} certificates as issued"
    )


def at_head(engine: Engine) -> None:
    """Make the tables of the present revision in a scratch database."""
    db.metadata.create_all(engine)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with db.engine.connect() as here:
            revision = MigrationContext.configure(here).get_current_revision()
        context.stamp(ScriptDirectory(str(ROOT / "portal" / "migrations")), revision or "head")


@backups.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def backup_restore(file: Path) -> None:
    """Fill this (new, empty) database from FILE."""
    upgrade()
    try:
        rows = backup.restore(db.engine, file, folder())
    except backup.BadBackup as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(f"restored {sum(rows.values())} rows")

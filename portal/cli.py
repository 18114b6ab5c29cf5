"""The command line: `flask --app wsgi GROUP COMMAND`. Exit code 0, or a message on stderr and non-zero."""

import csv
import getpass
import json
import sys
from datetime import date
from pathlib import Path

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine

from courses import loader
from portal import backup, demo, translations
from portal.config import ROOT
from portal.core import clock
from portal.core.accounts import secrets
from portal.core.accounts import services as accounts
from portal.core.accounts.models import Audience, Membership, Posting, SecretKind
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.jobs.worker import Worker
from portal.core.names import phone_number
from portal.core.organisation import services as organisation
from portal.core.organisation.models import Area, Unit
from portal.core.policy import Role
from portal.core.web import settings


def init_app(app: Flask) -> None:
    """Register the groups."""
    for command in (content, demonstration, user, units, backups, catalogues, jobs, setup):
        app.cli.add_command(command)


@click.group()
def content() -> None:
    """Check and publish course files."""


@content.command("check")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
def content_check(shape: str) -> None:
    """Name every fault of every course and bank file, with its line."""
    checked = loader.check_all()
    faults = [fault for one in checked for fault in one.faults]
    if shape == "json":
        click.echo(
            json.dumps(
                [{"file": f.file, "line": f.line, "message": f.message} for f in faults], ensure_ascii=False
            )
        )
    else:
        for fault in faults:
            click.echo(f"{fault.file}:{fault.line}: {fault.message}", err=True)
        for one in checked:
            click.echo(f"{one.name}: " + (f"{len(one.faults)} faults" if one.faults else "in order"))
    if faults:
        sys.exit(1)


@content.command("load")
def content_load() -> None:
    """Publish courses and banks that are new; what is published stays as it is."""
    with unit_of_work() as session:
        for sentence in loader.load_all(session, clock.now()):
            click.echo(sentence)


@content.command("seal")
def content_seal() -> None:
    """Write down the digests of what is released with the portal; `content check` then refuses any change to it."""
    for name in loader.seal():
        click.echo(f"sealed {name}")


@click.group("demo")
def demonstration() -> None:
    """The demonstration province: real areas, invented units and people."""


@demonstration.command("load")
def demo_load() -> None:
    """Fill an empty database with the demonstration province."""
    if settings().production:
        raise click.ClickException("production refuses demonstration data (PORTAL_ENVIRONMENT=production)")
    demo.load(clock.today(), report=click.echo)


@click.group()
def user() -> None:
    """People."""


@user.command("add")
@click.option("--name", required=True, help="full name")
@click.option("--phone", help="phone number, any usual spelling")
@click.option("--code", "staff_code", help="staff code")
@click.option("--username")
@click.option("--unit", "unit_code", help="code of the unit of the posting")
@click.option("--audience", type=click.Choice([str(one) for one in Audience]))
@click.option("--role", type=click.Choice([str(one) for one in Role]))
@click.option("--area", "area_code", help="code of the area the role covers")
@click.option("--sector", help="narrow the role to one sector")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input")
def user_add(
    name: str,
    phone: str | None,
    staff_code: str | None,
    username: str | None,
    unit_code: str | None,
    audience: str | None,
    role: str | None,
    area_code: str | None,
    sector: str | None,
    password_stdin: bool,
) -> None:
    """Add a person, with a posting and a role where given."""
    number = phone_number(phone) if phone else None
    if phone and number is None:
        raise click.ClickException(f"--phone {phone!r} is not a Vietnamese number; write it like 0912345678")
    if not (number or staff_code or username):
        raise click.ClickException("give --phone, --code or --username: something to sign in with")
    if bool(unit_code) != bool(audience):
        raise click.ClickException("--unit and --audience belong together")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass("Password: ")
    if len(password) < secrets.MIN_LENGTH:
        raise click.ClickException(f"a password has at least {secrets.MIN_LENGTH} characters")
    if secrets.easy_password(password, name, number or "", staff_code or "", username or ""):
        raise click.ClickException("this password is too easy to guess")
    if role in (Role.UNIT_HEAD, Role.COLLABORATOR, Role.DISTRICT_HEAD) and not (unit_code or area_code):
        raise click.ClickException(
            f"--role {role} needs --unit or --area: without, it would cover the whole province"
        )
    with unit_of_work() as session:
        unit = organisation.unit_named(session, unit_code) if unit_code else None
        area = organisation.area_named(session, area_code) if area_code else None
        if (unit_code and unit is None) or (area_code and area is None):
            raise click.ClickException(f"there is no unit or area with the code {unit_code or area_code!r}")
        now, today = clock.now(), clock.today()
        one = accounts.new_user(
            session,
            full_name=name,
            secret=password,
            secret_kind=SecretKind.PASSWORD,
            phone=number,
            staff_code=staff_code,
            username=username,
            now=now,
        )
        if unit is not None:
            session.add(
                Posting(user_id=one.id, unit_id=unit.id, audience=Audience(audience or ""), valid_from=today)
            )
        if role is not None:
            session.add(_membership(one.id, Role(role), area, unit, sector, today))
        record(
            session,
            at=now,
            actor_id=None,
            code="user.add",
            target=f"user:{one.id}",
            by="command line",
            role=role or "",
        )
        click.echo(f"added {name} with the id {one.id}")


def _membership(
    user_id: int, role: Role, area: Area | None, unit: Unit | None, sector: str | None, day: date
) -> Membership:
    narrowed = unit.id if unit is not None and area is None else None
    return Membership(
        user_id=user_id,
        role=role,
        area_id=area.id if area else None,
        sector=sector,
        unit_id=narrowed,
        valid_from=day,
    )


@click.group()
def units() -> None:
    """Areas and units."""


@units.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def units_import(file: Path) -> None:
    """Add units from a CSV file: code, name, kind, sector, area (code), parent (code or empty), roster_on (date or empty)."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with unit_of_work() as session:
        faults, added = organisation.import_units(session, rows, clock.today())
        if faults:
            for fault in faults:
                click.echo(f"{file.name}:{fault}", err=True)
            raise click.ClickException(f"{len(faults)} faults; nothing was added")
        click.echo(f"added {added} units")


@click.group("backup")
def backups() -> None:
    """Backups that are proven to restore."""


@backups.command("create")
@click.argument("file", type=click.Path(path_type=Path))
def backup_create(file: Path) -> None:
    """Write every row to FILE (a zip of JSON lines). Keys are not in it."""
    try:
        rows = backup.create(db.engine, file, clock.now())
    except FileExistsError:
        raise click.ClickException(f"{file} exists; a backup is never overwritten") from None
    click.echo(f"{file}: {sum(rows.values())} rows of {len(rows)} tables")


@backups.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def backup_verify(file: Path) -> None:
    """Restore FILE into a scratch database, count, and check every certificate's file against its digest."""
    try:
        rows = backup.verify(file, _at_head)
    except backup.BadBackup as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(
        f"{file}: {sum(rows.values())} rows restored and counted, {rows['certificate']} certificates as issued"
    )


def _at_head(engine: Engine) -> None:
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
        rows = backup.restore(db.engine, file)
    except backup.BadBackup as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(f"restored {sum(rows.values())} rows")


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


@click.group("jobs")
def jobs() -> None:
    """Background work."""


@jobs.command("work")
@click.option("--once", is_flag=True, help="do one job, if one is due, and end")
@click.option("--drain", is_flag=True, help="do everything that is due, and end")
@click.option("--parent", type=int, help="end when this process (the one that began this) is gone")
def jobs_work(once: bool, drain: bool, parent: int | None) -> None:
    """Do background work until a signal says to end; what is begun is finished or given back."""
    worker = Worker(parent=parent)
    worker.listen()
    if once:
        worker.step()
    elif drain:
        click.echo(f"{worker.drain()} jobs")
    else:
        worker.run()


@click.command("setup")
def setup() -> None:
    """Bring the database up to date, publish the shipped courses, and (in a demonstration) fill an empty province."""
    upgrade()
    with unit_of_work() as session:
        for sentence in loader.load_all(session, clock.now()):
            click.echo(sentence)
    if not settings().production and not demo.loaded(db.session()):
        demo.load(clock.today(), report=click.echo)

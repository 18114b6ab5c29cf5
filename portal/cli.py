"""The command line: `flask --app wsgi GROUP COMMAND`. Exit code 0, or a message on stderr and non-zero.

Exit code 3: something of a list was refused, and is named on stderr; all the rest was done and stands.
"""

import csv
import getpass
import json
import shutil
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, select, true
from sqlalchemy.orm import Session

from courses import loader
from courses.assignments import queries as rule_queries
from courses.assignments import services as rules
from portal import backup, demo, translations
from portal.config import ROOT
from portal.core import clock
from portal.core.accounts import queries as account_queries
from portal.core.accounts import secrets
from portal.core.accounts import services as accounts
from portal.core.accounts.models import Audience, Membership, Posting, SecretKind, User
from portal.core.audit.services import record
from portal.core.db import db, one_view, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files.services import folder
from portal.core.jobs import services as jobs_services
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from portal.core.names import phone_number
from portal.core.organisation import reading, reorganise, reorganising, shipped, tree, unit_files
from portal.core.organisation import services as organisation
from portal.core.organisation.decrees import Decree, Unreadable
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.unit_files import Outcome
from portal.core.policy import Action, Actor, Grant, Role
from portal.core.rights import retention
from portal.core.rounding import percents, places
from portal.core.web import settings
from portal.demo import large, sample_roster
from portal.demo.size import PROVINCE
from portal.indicators import answers, compute, opening
from portal.indicators.catalogue import plans
from portal.indicators.definitions import Plan
from portal.indicators.periods import NoPeriod, Period, running
from portal.indicators.places import Where, where_for, where_then
from portal.indicators.tallies import keeping
from portal.reports import units as reports_units
from portal.reports.filing import queries as filing_queries
from portal.reports.filing import reporters
from portal.reports.filing import services as filing_services
from portal.reports.filing import snapshot as frozen
from portal.reports.filing.errors import NotAReporter
from portal.reports.filing.models import Filing, FilingState
from portal.reports.writers import csv as csv_writer
from portal.reports.writers import xlsx as xlsx_writer

PARTLY_REFUSED = 3


def init_app(app: Flask) -> None:
    """Register the groups."""
    for command in (
        content,
        demonstration,
        user,
        units,
        assignments,
        backups,
        catalogues,
        jobs,
        reports,
        indicators,
        retain,
        setup,
    ):
        app.cli.add_command(command)


@click.group()
def content() -> None:
    """Check and publish course files."""


@content.command("check")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
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
    if not _loaded():
        sys.exit(PARTLY_REFUSED)


def _loaded() -> bool:
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
    if not _loaded():
        raise click.ClickException("a course was refused; the province's people learn all of them")
    try:
        large.load(replace(PROVINCE, certificates=certificates), clock.today(), report)
    except large.TooSmall as fault:
        raise click.ClickException(str(fault)) from None
    report(
        f"done. {large.drawn(db.session()):,} certificates have a file, as issued; the others were entered with their "
        "facts alone and can be verified, not opened"
    )


@demonstration.command("roster")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def demo_roster(file: Path) -> None:
    """Write a sample staff list (Excel) of the demonstration's kindergarten, with twelve bad rows, to FILE."""
    file.write_bytes(sample_roster.write(db.session(), clock.today()))
    click.echo(f"{file}: sign in as hieutruong and bring it in at /manage/roster/imports/new")


@click.group()
def user() -> None:
    """People."""


@user.command("add")
@click.option("--name", required=True, help="full name")
@click.option("--phone", help="phone number, any usual spelling")
@click.option("--code", "staff_code", help="staff code")
@click.option("--shared-phone", is_flag=True, help="the number is a family's: others use it already")
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
    shared_phone: bool,
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
        others = accounts.people_on_number(session, number) if number else 0
        if others >= (accounts.MOST_ON_ONE_NUMBER if shared_phone else 1):
            most = f"at most {accounts.MOST_ON_ONE_NUMBER} people may share one"
            raise click.ClickException(
                f"--phone {number} is in use already, by {others}; "
                + (most if shared_phone else f"give --shared-phone if they share it ({most})")
            )
        try:
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
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from None
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
@click.option("--dry-run", is_flag=True, help="say what would happen, write nothing")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
def units_import(file: Path, dry_run: bool, shape: str) -> None:
    """Add and correct units from an XLSX or CSV file, by code.

    Columns: code, name, kind, sector, area (code), parent (code or empty), roster_on and valid_from (dates or empty).
    """
    try:
        rows, unknown = reading.units_in(file, file.name)
        with unit_of_work() as session:
            if dry_run:
                done = unit_files.unit_table(session, rows, today=clock.today())
            else:
                done = unit_files.write_units(
                    session, rows, today=clock.today(), now=clock.now(), by_id=None, source=file.name
                )
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    counts = {str(outcome): done.count(outcome) for outcome in Outcome}
    faults = [
        (verdict.number, message % values) for verdict in done.verdicts for message, values in verdict.faults
    ]
    if shape == "json":
        listed = [{"row": number, "message": message} for number, message in faults]
        click.echo(
            json.dumps(
                {**counts, "dry_run": dry_run, "faults": listed, "unused": unknown}, ensure_ascii=False
            )
        )
    else:
        for number, message in faults:
            click.echo(f"{file.name}:{number}: {message}", err=True)
    if faults:
        raise click.ClickException(f"{len(faults)} faults; nothing was added")
    if shape == "text":
        would = "would add" if dry_run else "added"
        click.echo(
            f"{would} {counts['added']} units, {counts['changed']} changed, {counts['same']} as they were"
        )


@units.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--day", help="as of this day (2025-06-30); today unless given")
def units_export(file: Path, day: str | None) -> None:
    """Write all units to FILE (.csv or .xlsx), in the form that `units import` reads."""
    kind = file.suffix.removeprefix(".").casefold()
    if kind not in ("csv", "xlsx"):
        raise click.ClickException("FILE ends in .csv or .xlsx")
    on = _day(day) or clock.today()
    found, count = tree.units(db.session(), on, true(), tree.Wanted(), None)
    table = reports_units.unit_table(found, on)
    with file.open("wb") as target:
        if kind == "csv":
            target.writelines(csv_writer.write(table, ""))
        else:
            with xlsx_writer.write(table, "", "vi") as source:
                shutil.copyfileobj(source, target)
    click.echo(f"{file}: {count} units as of {on.isoformat()}")


@units.command("areas")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def units_areas(file: Path) -> None:
    """Add areas from a CSV file: code, kind, name, parent (code or empty), valid_from (date or empty)."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(enumerate(csv.DictReader(line for line in stream if not line.startswith("#")), 2))
    with unit_of_work() as session:
        faults, added = unit_files.add_areas(session, rows, today=clock.today())
        if faults:
            for number, message, values in faults:
                click.echo(f"{file.name}:{number}: {message % values}", err=True)
            raise click.ClickException(f"{len(faults)} faults; nothing was added")
        record(
            session, at=clock.now(), actor_id=None, code="areas.import", target="areas", source=file.name, added=added
        )  # fmt: skip
        click.echo(f"added {added} areas")


@units.command("reorganise")
@click.option(
    "--file", "source", required=True, help="a file of events (CSV, XLSX, TOML), or shipped:2025-07-01"
)
@click.option("--apply", "do_apply", is_flag=True, help="apply it; without, a dry run that writes nothing")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
def units_reorganise(source: str, do_apply: bool, shape: str) -> None:
    """Carry out a decree of many events, or (without --apply) say what it would do."""
    decree = _decree(source)
    try:
        with unit_of_work() as session:
            one = reorganising.write_down(session, decree, by_id=None, now=clock.now())
            state, plan = reorganising.preview(session, one)
            faults = [f"event {fault.event}: {fault.message % fault.values}" for fault in plan.faults]
            touched = reorganise.effects(state, plan.changes)
            if faults:
                for fault in faults:
                    click.echo(fault, err=True)
                raise click.ClickException(f"{len(faults)} faults; nothing was changed")
            if do_apply:
                reorganising.carry_out(session, one.id, by_id=None, now=clock.now(), today=clock.today())
            else:
                raise _DryRun
    except _DryRun:
        pass
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    facts = {
        "events": len(decree.events),
        "effective_on": decree.effective_on.isoformat(),
        "applied": do_apply,
        "areas_ended": len(touched.areas_ended),
        "areas_new": len(touched.areas_new),
        "units_ended": len(touched.units_ended),
        "units_new": len(touched.units_new),
        "units_changed": len(touched.units_changed),
        "posts": touched.posts,
        "grants_lost": touched.lost,
        "without_denominator": len(touched.unlisted),
    }
    if shape == "json":
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        click.echo(
            ("applied: " if do_apply else "dry run: ")
            + ", ".join(f"{k} {v}" for k, v in facts.items() if k != "applied")
        )


class _DryRun(Exception):
    """Ends a unit of work that is not to stay."""


def _decree(source: str) -> Decree:
    kind, _sep, name = source.partition(":")
    try:
        if kind == "shipped":
            return shipped.decree(name)
        path = Path(source)
        if not path.is_file():
            raise click.ClickException(f"there is no file {source}")
        return reading.decree_in(path.read_bytes(), path.name)
    except KeyError:
        raise click.ClickException(f"shipped decrees: {', '.join(shipped.DECREES)}") from None
    except Unreadable as unreadable:
        for fault in unreadable.faults:
            click.echo(f"{source}:{fault.row}: {fault.message % fault.values}", err=True)
        raise click.ClickException(f"{len(unreadable.faults)} faults; nothing was changed") from None
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise click.ClickException(f"{text!r} is not a day; write it like 2025-06-30") from None


@click.group()
def assignments() -> None:
    """Who must learn what."""


@assignments.command("run")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
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
        rows = backup.restore(db.engine, file, folder())
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


@click.group("indicators")
def indicators() -> None:
    """Figures of the plan."""


@indicators.command("compute")
@click.option("--plan", "plan_code", default="plan-39", show_default=True)
@click.option("--as-of", "as_of", required=True, help="a day, like 2025-12-14")
@click.option("--place", required=True, help="area:34, area:34/education, unit:CODE, or a bare code")
@click.option("--bounds", type=click.Choice(["then", "now"]), default="then", show_default=True)
@click.option("--targets", help="target set; the plan's first one by default")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
def indicators_compute(
    plan_code: str, as_of: str, place: str, bounds: str, targets: str | None, shape: str
) -> None:
    """Compute every figure of a place from the facts of a day: those of the board, the files and the API."""
    plan = plans().get(plan_code)
    if plan is None:
        raise click.ClickException(f"there is no plan {plan_code}; there are: {', '.join(plans())}")
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        raise click.ClickException(f"{as_of!r} is no day: write it like 2025-12-14") from None
    sets = [one.code for one in plan.target_sets]
    if targets is not None and targets not in sets:
        raise click.ClickException(f"the plan has no target set {targets}; it has: {', '.join(sets)}")
    session = db.session()
    asked = compute.Asked(plan, targets or sets[0], running(day), day, bounds == "now")
    where = _anywhere(session, place, asked)
    facts = compute.Facts(session, asked)
    figures = compute.board(facts, where, compute.relevant(plan, where))
    if shape == "json":
        answer = answers.document(asked, where, figures, facts.of(where)(day))
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    click.echo(f"{where.name}, {as_of}, {asked.period.code}, {asked.target_set}")
    for indicator, figure in figures:
        counts = "/".join("?" if one is None else str(one) for one in (figure.numerator, figure.denominator))
        share = (
            ""
            if figure.value is None
            else f"{percents(figure.value, places(figure.value, figure.target)):f} %"
        )
        click.echo(f"{indicator.code:<6} {counts:>17} {share:>8}  {indicator.title.en}")


@indicators.command("recount")
@click.option(
    "--write", "mend", is_flag=True, help="tally everything anew that differs, and what is not tallied yet"
)
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
def indicators_recount(mend: bool, shape: str) -> None:
    """Compare the tallies that figures are added up from with the facts; end with 1 where they differ.

    What was written since the last turn is not compared: figures count it from the facts anyway.
    """
    session = db.session()
    with one_view(session):
        found = [(kept.plan, kept.day, wrong) for kept, wrong in keeping.compare(session)]
    wrong = [one for _plan, _day, differ in found for one in differ]
    if shape == "json":
        click.echo(
            json.dumps(
                {
                    "days": [f"{plan}:{day.isoformat()}" for plan, day, _differ in found],
                    "differences": [{**asdict(one), "day": one.day.isoformat()} for one in wrong],
                }
            )
        )
    else:
        for plan, day, differ in found:
            click.echo(f"{plan} {day}: {len(differ)} differences")
            for one in differ:
                click.echo(f"  {one.what} of unit {one.unit}: {one.tallied} tallied, {one.counted} counted")
    if mend:
        if wrong:
            with unit_of_work() as work:
                keeping.forget(work)
        while keeping.tend(clock.today()):
            pass
        click.echo("tallied anew", err=True)
    elif wrong:
        raise click.exceptions.Exit(1)


def _anywhere(session: Session, code: str, asked: compute.Asked) -> Where:
    """Return a place for the command line, which sees all of them."""
    everywhere = Actor(0, (Grant(Role.STANDING_AGENCY),))
    for named in [code] if ":" in code else [f"area:{code}", f"unit:{code}"]:
        try:
            if asked.now:
                return where_for(session, everywhere, named, Action.INDICATOR_READ)
            return where_then(session, everywhere, named, Action.INDICATOR_READ, asked.day)
        except NotFound:
            continue
    raise click.ClickException(f"there is no area or unit {code}")


@click.group("reports")
def reports() -> None:
    """Filed reports."""


@reports.command("file")
@click.option("--plan", "plan_code", default="plan-39", show_default=True)
@click.option("--period", "period_code", required=True, help="2025-H1 (half a year) or 2025 (a year)")
@click.option("--place", required=True, help="who reports: area:34/education, area:336")
@click.option("--prepared-by", help="user name of who prepares, where the report is not prepared yet")
@click.option("--by", "filed_by", required=True, help="user name of who approves and files")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
def reports_file(
    plan_code: str, period_code: str, place: str, prepared_by: str | None, filed_by: str, shape: str
) -> None:
    """File the report of a place, drafting, preparing and approving it first where that is still to be done."""
    plan = plans().get(plan_code)
    if plan is None:
        raise click.ClickException(f"there is no plan {plan_code}")
    try:
        period = Period.parse(period_code)
        with unit_of_work() as session:
            filing = _filed(session, plan, period, place, prepared_by, filed_by)
            answer = {
                "id": filing.id,
                "period": filing.period,
                "place": filing.place,
                "digest": filing.digest,
            }
    except (NoPeriod, Refused) as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(json.dumps(answer) if shape == "json" else f"filed report {answer['id']}: {answer['digest']}")


def _filed(
    session: Session, plan: Plan, period: Period, place: str, prepared_by: str | None, filed_by: str
) -> Filing:
    now = clock.now()
    must = reporters.the_one(session, plan, period, place)
    if must is None:
        raise NotAReporter
    approver = _allowed_to(session, filed_by, Action.REPORT_FILE, must)
    filing = filing_queries.latest(session, plan.code, period.code, place)
    preparer = _allowed_to(session, prepared_by, Action.REPORT_PREPARE, must) if prepared_by else None
    if filing is None or filing.state == FilingState.RETURNED:
        filing = filing_services.draft(
            session, plan, period, must, opening.rows, preparer or filing_services.NIGHT, now
        )
    if filing.state == FilingState.DRAFT:
        if preparer is None:
            raise click.ClickException("the report is a draft: name who prepares it (--prepared-by)")
        filing_services.prepare(session, filing, opening.rows, preparer, now)
    if filing.state == FilingState.PREPARED:
        filing_services.approve(session, filing, approver, now)
    filing_services.file(session, filing, opening.rows, approver, now)
    return filing


def _allowed_to(session: Session, username: str, action: Action, place: reporters.Must) -> filing_services.By:
    """Return a person who may do it there; the command line gives nobody more than the pages do."""
    person = session.scalars(select(User).where(User.username == username)).first()
    if person is None:
        raise click.ClickException(f"there is no user {username}")
    if not filing_queries.covers(
        session, account_queries.actor_of(session, person.id, clock.today()).grants, action, place
    ):
        raise click.ClickException(f"{username} may not do this for {place.code}")
    return filing_services.By(person.id, person.full_name)


@reports.command("verify")
@click.option("--id", "filing_id", type=int, help="one report; else every filed one")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
def reports_verify(filing_id: int | None, shape: str) -> None:
    """Recompute every digest of filed reports and name what differs. Exit code 1 if anything does."""
    session = db.session()
    query = select(Filing).where(Filing.digest.is_not(None)).order_by(Filing.id)
    if filing_id is not None:
        query = query.where(Filing.id == filing_id)
    found = session.scalars(query).all()
    if filing_id is not None and not found:
        raise click.ClickException(f"there is no filed report {filing_id}")
    faults = {one.id: frozen.verify(session, one) for one in found}
    if shape == "json":
        click.echo(json.dumps({str(key): said for key, said in faults.items()}, ensure_ascii=False))
    else:
        for key, said in faults.items():
            for fault in said:
                click.echo(f"report {key}: {fault}", err=True)
        click.echo(f"{len(found)} filed reports verified, {sum(map(bool, faults.values()))} not as filed")
    if any(faults.values()):
        sys.exit(1)


@click.group("retention")
def retain() -> None:
    """How long what is kept for its own sake stays."""


@retain.command("run")
@click.option("--dry-run", is_flag=True, help="say what would be deleted, and delete nothing")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")
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


@click.command("setup")
def setup() -> None:
    """Bring the database up to date, publish the shipped courses, and (in a demonstration) fill an empty province.

    Exit code 3 if a course was refused; everything else was done.
    """
    upgrade()
    whole = _loaded()
    if not settings().production and not demo.loaded(db.session()):
        demo.load(clock.today(), report=click.echo)
    if not whole:
        sys.exit(PARTLY_REFUSED)

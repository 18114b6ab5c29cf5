"""`flask units`: areas and units in and out of files, and decrees that reorganise them."""

import csv
import json
import shutil
from datetime import date
from pathlib import Path

import click
from sqlalchemy import true

from portal.cli.options import text_or_json
from portal.core import clock
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.organisation import reading, reorganise, reorganising, shipped, tree, unit_files
from portal.core.organisation.decrees import Decree, Unreadable
from portal.core.organisation.unit_files import Outcome
from portal.reports import units as reports_units
from portal.reports.writers import csv as csv_writer
from portal.reports.writers import xlsx as xlsx_writer


@click.group()
def units() -> None:
    """Areas and units."""


@units.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="say what would happen, write nothing")
@text_or_json
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


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise click.ClickException(f"{text!r} is not a day; write it like 2025-06-30") from None


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
@text_or_json
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

"""Every group of commands, registered with the application."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.cli.assignments import assignments
from portal.cli.backups import backups
from portal.cli.catalogues import catalogues
from portal.cli.content import content
from portal.cli.demonstration import demonstration
from portal.cli.indicators import indicators
from portal.cli.jobs import jobs
from portal.cli.people import user
from portal.cli.reports import reports
from portal.cli.retention import retain
from portal.cli.setting_up import setup
from portal.cli.units import units

GROUPS = (
    content, demonstration, user, units, assignments, backups, catalogues, jobs, reports, indicators, retain, setup,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register the groups."""
    for group in GROUPS:
        app.cli.add_command(group)


def _telling(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command, ending with one line where the database is not there or its tables are not."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except DBAPIError as fault:
            if not isinstance(fault, OperationalError) and type(fault.orig).__name__ != "UndefinedTable":
                raise
            why = str(fault.orig).partition("\n")[0]
            raise click.ClickException(
                f"the database cannot be used ({why}). Is it there? Up to date? flask --app wsgi db upgrade"
            ) from fault

    return run


def _tell(command: click.Command) -> None:
    if isinstance(command, click.Group):
        for one in command.commands.values():
            _tell(one)
    elif command.callback is not None:
        command.callback = _telling(command.callback)


for _group in GROUPS:
    if _group is not jobs:  # a worker runs for months; whoever reads its journal wants to know where it was
        _tell(_group)

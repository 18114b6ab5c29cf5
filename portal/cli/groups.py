"""Every group of commands, registered with the application."""

from flask import Flask

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

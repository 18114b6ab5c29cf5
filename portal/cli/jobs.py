"""`flask jobs`: background work."""

import click

from portal.core.jobs.worker import Worker


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

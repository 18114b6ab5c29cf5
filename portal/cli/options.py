"""Options that several commands have."""

import click

#: `shape`: what the command prints is for a person, or one JSON document for a program.
text_or_json = click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text")

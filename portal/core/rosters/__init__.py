"""Rosters: who holds a post where, since when, on whose word; lists brought in from files, and taken back.

The way of a list: `reading` takes its rows, `known` what the roster holds already, `plan` decides, `lines` keeps what
was decided (`dry_run`); `applying` writes it through `writing` and `bases`, noting `changes`, by which `undoing` takes
it back. `jobs` runs all three in the background.
"""

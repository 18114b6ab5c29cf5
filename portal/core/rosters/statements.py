"""Rows written many at a time by statement, past the objects of the session. Does not commit."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session


def add_rows(session: Session, model: Any, values: Sequence[dict[str, Any]]) -> Sequence[int]:
    """Add rows, at least one; return their ids in the order of `values`."""
    table = model.__table__
    return session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), values).all()


def change_rows(
    session: Session, model: Any, names: Sequence[str], changes: Sequence[dict[str, Any]]
) -> None:
    """Write the named columns of rows, at least one; each of `changes` has all of them, and under `of` the row's id."""
    table = model.__table__
    session.connection().execute(
        update(table).where(table.c.id == bindparam("of")).values({name: bindparam(name) for name in names}),
        changes,
    )


def read_anew(session: Session, model: Any) -> None:
    """Let the session read its objects of a kind again: their rows were written by statement."""
    for known in list(session.identity_map.values()):
        if isinstance(known, model):
            session.expire(known)

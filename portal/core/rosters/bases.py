"""What the denominators of units stand on, from a day on. Does not commit."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.core.batches import batches
from portal.core.rosters.changes import BASIS_FIELDS, json_fields, json_values
from portal.core.rosters.models import BATCH, Evidence, RosterBasis
from portal.core.rosters.statements import add_rows, change_rows, read_anew


def set_basis(
    session: Session,
    unit_id: int,
    evidence: Evidence,
    day: date,
    *,
    by_id: int | None,
    now: datetime,
    import_id: int | None = None,
    totals: dict[str, int] | None = None,
    file_id: int | None = None,
) -> list[tuple[int, dict[str, Any] | None, dict[str, Any]]]:
    """Let a unit's denominator stand on something from `day` on; return what was written (id, before, after)."""
    written = set_bases(
        session, {unit_id: evidence}, day, by_id=by_id, now=now, import_id=import_id, totals=totals, file_id=file_id
    )  # fmt: skip
    read_anew(session, RosterBasis)
    return written


def set_bases(
    session: Session,
    wanted: Mapping[int, Evidence],
    day: date,
    *,
    by_id: int | None,
    now: datetime,
    import_id: int | None = None,
    totals: dict[str, int] | None = None,
    file_id: int | None = None,
) -> list[tuple[int, dict[str, Any] | None, dict[str, Any]]]:
    """Let denominators of units (by id) stand on something from `day` on; return what was written (id, before, after).

    A list of the same kind that holds already is left alone. What held before ends the day before; one that began
    on `day` itself is replaced; one that begins later ends this one. Objects in the session are not refreshed.
    """
    session.flush()
    table: Any = RosterBasis.__table__
    written: list[tuple[int, dict[str, Any] | None, dict[str, Any]]] = []
    made: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for units in batches(sorted(wanted), BATCH):
        holding = {
            row.unit_id: row
            for row in session.execute(
                select(table).where(
                    table.c.unit_id.in_(units), table.c.valid_from <= day,
                    or_(table.c.valid_to.is_(None), table.c.valid_to >= day),
                )
            )
        }  # fmt: skip
        later: dict[int, date] = dict(
            session.execute(
                select(table.c.unit_id, func.min(table.c.valid_from))
                .where(table.c.unit_id.in_(units), table.c.valid_from > day)
                .group_by(table.c.unit_id)
            ).all()
        )
        for unit_id in units:
            evidence, current = wanted[unit_id], holding.get(unit_id)
            new = {
                "unit_id": unit_id,
                "evidence": evidence,
                "valid_from": day,
                "totals": totals,
                "file_id": file_id,
            }
            until = later[unit_id] - timedelta(days=1) if unit_id in later else None
            if current is not None:
                if current.evidence == evidence and evidence != Evidence.TOTALS:
                    continue
                before = json_fields(current, BASIS_FIELDS)
                until = current.valid_to
                confirmed = {"confirmed_by_id": current.confirmed_by_id, "confirmed_at": current.confirmed_at}
                after = {name: getattr(current, name) for name in BASIS_FIELDS}
                if current.valid_from == day:
                    after |= new
                    confirmed = {"confirmed_by_id": by_id, "confirmed_at": now}
                else:
                    after["valid_to"] = day - timedelta(days=1)
                changed.append({**after, **confirmed, "of": current.id})
                written.append((current.id, before, json_values(after)))
                if current.valid_from == day:
                    continue
            made.append(
                {
                    **new,
                    "valid_to": until,
                    "import_id": import_id,
                    "confirmed_by_id": by_id,
                    "confirmed_at": now,
                }
            )
    if changed:
        change_rows(session, RosterBasis, (*BASIS_FIELDS, "confirmed_by_id", "confirmed_at"), changed)
    if made:
        ids = add_rows(session, RosterBasis, made)
        written += [
            (id_, None, json_values({name: one[name] for name in BASIS_FIELDS}))
            for id_, one in zip(ids, made, strict=True)
        ]
    return written

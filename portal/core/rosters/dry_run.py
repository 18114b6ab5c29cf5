"""The dry run of an import: each row is planned, its outcome kept as a line, and nothing else written."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.policy import Actor
from portal.core.rosters import plan as planner
from portal.core.rosters.known import digest_of, known_for, standing
from portal.core.rosters.lines import decisions_of, item_of, left_line, outcome_json, stored
from portal.core.rosters.models import ImportState, RosterImport, RosterLine
from portal.core.rosters.plan import Kind, Outcome, Seen
from portal.core.rosters.reading import Item, Unread, unit_of, units_named
from portal.core.rosters.rows import Row


def planned(
    session: Session,
    who: Actor,
    batch: Sequence[Item],
    seen: Seen,
    *,
    as_of: date,
    decisions: Mapping[int, str],
) -> tuple[list[tuple[Item, Outcome]], str]:
    """Return a batch with its outcomes, and a digest of everything known that they stand on."""
    rows = [item for item in batch if isinstance(item, Row)]
    known = known_for(session, who, rows, as_of, units_named(batch))
    outcomes: list[tuple[Item, Outcome]] = []
    for item in batch:
        if isinstance(item, Unread):
            where = unit_of(item)
            seen.refused(where if where in known.units else "")
            outcomes.append((item, Outcome(Kind.REFUSED, item.reason, values=item.values)))
    done = dict(
        zip((row.number for row in rows), planner.plan(rows, known, seen, as_of, decisions), strict=True)
    )
    outcomes += done.values()
    order = {item.number: place for place, item in enumerate(batch)}
    outcomes.sort(key=lambda pair: order[pair[0].number])
    return outcomes, digest_of(known)


def finish_plan(session: Session, one: RosterImport, seen: Seen, position: int) -> None:
    """Add the lines of those who are no longer on the list, and count: the dry run is ready to be looked at."""
    if one.full_list:
        values = []
        whole = [unit for unit in seen.units if seen.whole(unit)]
        for post, outcome in planner.left(standing(session, whole, one.as_of), seen, one.as_of):
            position += 1
            name = session.scalar(select(User.full_name).where(User.id == post.person)) or ""
            values.append(left_line(one.id, position, post, outcome, name))
        if values:
            session.execute(insert(RosterLine), values)
    counts = dict(
        session.execute(
            select(RosterLine.kind, func.count())
            .where(RosterLine.import_id == one.id)
            .group_by(RosterLine.kind)
        ).all()
    )
    units = session.scalar(
        select(func.count(RosterLine.unit_code.distinct())).where(RosterLine.import_id == one.id)
    )
    one.counts = {
        **{str(kind): int(many) for kind, many in counts.items()},
        "units": units or 0,
        "whole": sum(seen.whole(unit) for unit in seen.units) if one.full_list else 0,
    }
    one.state = ImportState.PLANNED


def replan(session: Session, who: Actor, one: RosterImport) -> None:
    """Plan the stored rows of an import again, with the decisions made so far."""
    session.execute(delete(RosterLine).where(RosterLine.import_id == one.id, RosterLine.number == 0))
    decisions = decisions_of(session, one.id)
    seen, position = Seen(), -1
    for lines in stored(session, one.id):
        outcomes, _digest = planned(
            session, who, [item_of(line) for line in lines], seen, as_of=one.as_of, decisions=decisions
        )
        for line, (item, outcome) in zip(lines, outcomes, strict=True):
            line.kind, line.reason = str(outcome.kind), outcome.reason
            line.outcome = outcome_json(outcome, readable=isinstance(item, Row))
            position = line.position
        session.flush()
    finish_plan(session, one, seen, position)

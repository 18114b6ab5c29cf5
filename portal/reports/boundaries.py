"""The board in the boundaries of a day: as they were then, or as they are today.

Where no reorganisation lies between the day and today the two are one, and `queries` answers alone. Otherwise people
are still counted where they had their posts on the day, once; what differs is into which places they are grouped.
Who may look is decided by today's place of each unit in both views: an old commune is seen by whoever sees what it
has become.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from portal.core.errors import NotFound
from portal.core.organisation import history
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.queries import areas_above, reachable, subtree, unit_subtree
from portal.core.policy import Action, Actor
from portal.core.text import N_
from portal.reports import queries
from portal.reports.queries import By, Counts, Filters, Line, Scope


class Bounds(StrEnum):
    """Into whose boundaries figures are grouped."""

    NOW = "now"
    THEN = "then"


BOUNDS_LABELS = {Bounds.NOW: N_("as they are now"), Bounds.THEN: N_("as they were then")}


def scope_on(
    session: Session, who: Actor, code: str, action: Action, *, day: date, today: date, bounds: Bounds
) -> Scope:
    """Return the place of `code` on a day, in the boundaries asked for, narrowed to what `who` may do `action` on.

    A code that has passed to another place is read in the boundaries asked for: then its holder of the day, now its
    present holder, or what has become of the last one. Raises `NotFound` like `queries.scope_for`.
    """
    if day >= today or not history.changed_since(session, day):
        return queries.scope_for(session, who, code, action)
    kind, _, text = code.partition(":")
    then = day if bounds == Bounds.THEN else None
    if kind in ("area", "own"):
        area = history.area_called(session, text, then)
        if area is not None:
            return _of_area(session, who, code, action, area, day, then, own=kind == "own")
    if kind == "unit":
        unit = history.unit_called(session, text, then)
        if unit is not None:
            return _of_unit(session, who, code, action, unit, day, then)
    raise NotFound


def _reached(who: Actor, action: Action, *more: ColumnElement[bool]) -> Select[tuple[int]]:
    """Return a select of the units, of whatever day, of which the asker may see what they are today."""
    line = history.unit_now()
    return select(line.c.old).join(Unit, Unit.id == line.c.now).where(reachable(who.grants, action), *more)


def _of_area(
    session: Session,
    who: Actor,
    code: str,
    action: Action,
    area: Area,
    day: date,
    then: date | None,
    *,
    own: bool,
) -> Scope:
    chain = (
        _chain_on(session, area.id, day)
        if then
        else [(one.id, one.code, one.name) for one in areas_above(session, area.id)]
    )
    seen = _seen(session, chain, who, action)
    if not seen or seen[-1][0] != area.id:
        raise NotFound
    crumbs = tuple((f"area:{code_of}", name) for _, code_of, name in (seen if own else seen[:-1]))
    shown, kept = seen[-1][2], None if own else area
    if then is None:
        inside = Unit.area_id == area.id if own else Unit.area_id.in_(subtree(area.id))
        today = f"{'own' if own else 'area'}:{area.code}"
        return Scope(today, shown, kept, None, crumbs, Unit.id.in_(_reached(who, action, inside)), own=own)
    past = _past(day)
    stood = past.c.area_id == area.id if own else past.c.area_id.in_(history.subtree_on(area.id, day))
    condition = and_(Unit.id.in_(_reached(who, action)), Unit.id.in_(select(past.c.unit).where(stood)))
    return Scope(code, shown, kept, None, crumbs, condition, own=own, past=past)


def _seen(
    session: Session, chain: Sequence[tuple[int, str, str]], who: Actor, action: Action
) -> list[tuple[int, str, str]]:
    """Return those of a chain of areas (id, code, name) that the asker may look at, by what they are today."""
    line = history.area_now()
    now = session.execute(select(line.c.old, line.c.now).where(line.c.old.in_([key for key, _, _ in chain])))
    above = {old: [one.id for one in areas_above(session, new)] for old, new in now.all()}
    return [one for one in chain if queries._may_look_at(above[one[0]], who, action)]


def _of_unit(
    session: Session, who: Actor, code: str, action: Action, unit: Unit, day: date, then: date | None
) -> Scope:
    line = history.unit_now()
    stands = select(line.c.now).where(line.c.old == unit.id)
    mine = session.scalar(select(Unit.id).where(Unit.id.in_(stands), reachable(who.grants, action)).limit(1))
    if mine is None:
        raise NotFound
    if then is None:
        condition: ColumnElement[bool] = Unit.id.in_(
            _reached(who, action, Unit.id.in_(unit_subtree(unit.id)))
        )
        chain = areas_above(session, unit.area_id)
        return Scope(
            f"unit:{unit.code}", unit.name, None, unit, queries._crumbs(chain, who, action), condition
        )
    past = _past(day)
    tree = select(past.c.unit).where(past.c.unit == unit.id).cte(recursive=True)
    below = _past(day)
    tree = tree.union_all(select(below.c.unit).where(below.c.parent_id == tree.c.unit))
    condition = and_(Unit.id.in_(_reached(who, action)), Unit.id.in_(select(tree.c.unit)))
    name, area_id = session.execute(select(past.c.name, past.c.area_id).where(past.c.unit == unit.id)).one()
    seen = _seen(session, _chain_on(session, area_id, day), who, action)
    crumbs = tuple((f"area:{code_of}", called) for _, code_of, called in seen)
    return Scope(code, name, None, unit, crumbs, condition, past=past)


def _past(day: date) -> Any:
    """Return a table of the units valid on a day with the names of that day: unit, name, area_id, parent_id, area."""
    units, areas = history.units_on(day).subquery(), history.areas_on(day).subquery()
    return (
        select(
            units.c.id.label("unit"),
            units.c.code.label("code"),
            units.c.name.label("name"),
            units.c.area_id.label("area_id"),
            units.c.parent_id.label("parent_id"),
            areas.c.name.label("area"),
        )
        .outerjoin(areas, areas.c.id == units.c.area_id)
        .subquery()
    )


def _chain_on(session: Session, area_id: int, day: date) -> list[tuple[int, str, str]]:
    """Return an area and those above it as they stood on a day, the topmost first: id, code, name."""
    places = history.areas_on(day).subquery()
    found: dict[int, tuple[int | None, str, str]] = {
        key: (parent, code, name)
        for key, parent, code, name in session.execute(
            select(places.c.id, places.c.parent_id, places.c.code, places.c.name)
        )
    }
    chain: list[tuple[int, str, str]] = []
    here: int | None = area_id
    while here in found:
        parent, code, name = found[here]
        chain.insert(0, (here, code, name))
        here = parent
    return chain


def board(
    session: Session,
    scope: Scope,
    filters: Filters,
    by: By,
    language: str,
    *,
    today: date,
    bounds: Bounds,
) -> tuple[Sequence[Line], Counts]:
    """Return the rows of the board and everybody once; by place in the boundaries asked for."""
    day = filters.day
    if by != By.PLACE or day >= today or not history.changed_since(session, day):
        return queries.board(session, scope, filters, by, language)
    if bounds == Bounds.THEN:
        return _then(session, scope, filters)
    return _today(session, scope, filters)


def _then(session: Session, scope: Scope, filters: Filters) -> tuple[Sequence[Line], Counts]:
    """Return a row for each area next below as it was, or for each unit that stood there."""
    day, past = filters.day, scope.past
    if scope.area is not None:
        areas = history.areas_on(day).subquery()
        children = session.execute(
            select(areas.c.id, areas.c.code, areas.c.name)
            .where(areas.c.parent_id == scope.area.id)
            .order_by(areas.c.code)
        ).all()
        if children:
            first, below = history.areas_on(day).subquery(), history.areas_on(day).subquery()
            top = (
                select(first.c.id.label("top"), first.c.id.label("area"))
                .where(first.c.parent_id == scope.area.id)
                .cte(recursive=True)
            )
            top = top.union_all(select(top.c.top, below.c.id).join(below, below.c.parent_id == top.c.area))
            key = func.coalesce(top.c.top, scope.area.id)
            facts = queries._facts(filters, scope, key).outerjoin(past, past.c.unit == Unit.id)
            counted, total = queries._run(session, facts.outerjoin(top, top.c.area == past.c.area_id))
            return _lines(children, counted, scope.area.id, scope.code), total
    counted, total = queries._run(session, queries._facts(filters, scope, Unit.id))
    units = session.execute(
        select(Unit.id, past.c.code, past.c.name)
        .join(past, past.c.unit == Unit.id)
        .where(scope.condition)
        .order_by(past.c.name)
    )
    return [Line(f"unit:{code}", name, counted.get(str(key), Counts())) for key, code, name in units], total


def _today(session: Session, scope: Scope, filters: Filters) -> tuple[Sequence[Line], Counts]:
    """Return a row for each area next below as it is, or for each unit of today; people of then go where it became."""
    line, present = history.unit_now(), aliased(Unit)
    if scope.area is not None:
        children = session.execute(
            select(Area.id, Area.code, Area.name)
            .where(Area.parent_id == scope.area.id, Area.valid_to.is_(None))
            .order_by(Area.code)
        ).all()
        if children:
            top = (
                select(Area.id.label("top"), Area.id.label("area"))
                .where(Area.parent_id == scope.area.id, Area.valid_to.is_(None))
                .cte(recursive=True)
            )
            below = aliased(Area)
            top = top.union_all(select(top.c.top, below.id).join(below, below.parent_id == top.c.area))
            key = func.coalesce(top.c.top, scope.area.id)
            facts = (
                queries._facts(filters, scope, key)
                .join(line, line.c.old == Unit.id)
                .join(present, present.id == line.c.now)
                .outerjoin(top, top.c.area == present.area_id)
            )
            counted, total = queries._run(session, facts)
            return _lines(children, counted, scope.area.id, scope.code), total
    facts = queries._facts(filters, scope, line.c.now).join(line, line.c.old == Unit.id)
    counted, total = queries._run(session, facts)
    ids = select(line.c.now).join(Unit, Unit.id == line.c.old).where(scope.condition)
    units = session.execute(
        select(present.id, present.code, present.name).where(present.id.in_(ids)).order_by(present.name)
    )
    return [Line(f"unit:{code}", name, counted.get(str(key), Counts())) for key, code, name in units], total


def _lines(children: Sequence[Any], counted: dict[str, Counts], own_id: int, code: str) -> list[Line]:
    lines = [
        Line(f"area:{one}", name, counted[str(key)]) for key, one, name in children if str(key) in counted
    ]
    own = counted.get(str(own_id))
    return [Line(f"own:{code.partition(':')[2]}", "", own), *lines] if own is not None else lines

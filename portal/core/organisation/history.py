"""Places as of a day: the tree as it stood then, and what of then has become of now.

`areas_on` and `units_on` are tables of how things stood on a day, in the boundaries of that day. `unit_now` and
`area_now` map whatever ever was to what stands for it today, so that figures of then can be shown in today's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.organisation.models import (
    Area,
    AreaLineage,
    AreaPast,
    Reorganisation,
    ReorganisationEvent,
    ReorganisationState,
    Unit,
    UnitLineage,
    UnitPast,
)

Place = TypeVar("Place", Area, Unit)


def changed_since(session: Session, day: date) -> bool:
    """Return whether a reorganisation in force took effect after `day`: only then do then and now differ."""
    query = select(Reorganisation.id).where(
        Reorganisation.state == ReorganisationState.APPLIED, Reorganisation.effective_on > day
    )
    return session.scalar(query.limit(1)) is not None


def _valid(model: type[Area] | type[Unit], day: date) -> ColumnElement[bool]:
    return and_(model.valid_from <= day, or_(model.valid_to.is_(None), model.valid_to >= day))


def _then(past: Any, present: Any, *names: str) -> list[ColumnElement[Any]]:
    """Return columns as they were: of the past row where one covers the day, else of the row itself."""
    return [
        case((past.id.is_not(None), getattr(past, name)), else_=getattr(present, name)).label(name)
        for name in names
    ]


def areas_on(day: date) -> Select[Any]:
    """Return a select of the areas valid on `day` as they stood: id, code, kind, name, parent_id."""
    past = aliased(AreaPast)
    return (
        select(Area.id.label("id"), *_then(past, Area, "code", "kind", "name", "parent_id"))
        .outerjoin(past, and_(past.area_id == Area.id, past.valid_from <= day, past.valid_to >= day))
        .where(_valid(Area, day))
    )


def units_on(day: date) -> Select[Any]:
    """Return a select of the units valid on `day` as they stood: id, code, kind, sector, name, area_id, parent_id."""
    past = aliased(UnitPast)
    columns = ("code", "kind", "sector", "name", "area_id", "parent_id")
    return (
        select(Unit.id.label("id"), *_then(past, Unit, *columns))
        .outerjoin(past, and_(past.unit_id == Unit.id, past.valid_from <= day, past.valid_to >= day))
        .where(_valid(Unit, day))
    )


def subtree_on(area_id: int, day: date) -> Select[tuple[int]]:
    """Return a select of the ids of an area and of all that stood below it on `day`."""
    places = areas_on(day).subquery()
    tree = select(places.c.id).where(places.c.id == area_id).cte(recursive=True)
    tree = tree.union_all(select(places.c.id).where(places.c.parent_id == tree.c.id))
    return select(tree.c.id)


def _now(model: Any, lineage: Any) -> Subquery:
    """Return a table (old, now): every row, and the one that stands for it today; itself where nobody follows it."""
    onward = aliased(lineage)
    followed = select(onward.id).where(onward.predecessor_id == model.id, onward.main).exists()
    line = select(model.id.label("old"), model.id.label("now")).where(~followed).cte(recursive=True)
    back = aliased(lineage)
    line = line.union_all(
        select(back.predecessor_id, line.c.now).where(back.successor_id == line.c.old, back.main)
    )
    return select(line.c.old, line.c.now).subquery()


def unit_now() -> Subquery:
    """Return a table of every unit (`old`) and the unit that stands for it today (`now`)."""
    return _now(Unit, UnitLineage)


def area_now() -> Subquery:
    """Return a table of every area (`old`) and the area that stands for it today (`now`)."""
    return _now(Area, AreaLineage)


def became(session: Session, area_id: int, day: date, until: date) -> set[int]:
    """Return the areas that have become an area after `day` and by `until`, itself among them, however many steps it took."""
    found, here = {area_id}, {area_id}
    while here:
        here = (
            set(
                session.scalars(
                    select(AreaLineage.predecessor_id)
                    .join(ReorganisationEvent, ReorganisationEvent.id == AreaLineage.event_id)
                    .join(Reorganisation, Reorganisation.id == ReorganisationEvent.reorganisation_id)
                    .where(
                        AreaLineage.successor_id.in_(here),
                        AreaLineage.main,
                        Reorganisation.effective_on > day,
                        Reorganisation.effective_on <= until,
                    )
                )
            )
            - found
        )
        found |= here
    return found


def area_called(session: Session, code: str, day: date | None = None) -> Area | None:
    """Return the area of a code: who holds it now, or held it on `day`; else what followed its last holder."""
    return _called(session, Area, areas_on, area_now, code, day)


def unit_called(session: Session, code: str, day: date | None = None) -> Unit | None:
    """Return the unit of a code: who holds it now, or held it on `day`; else what followed its last holder."""
    return _called(session, Unit, units_on, unit_now, code, day)


def _called(
    session: Session,
    model: type[Place],
    on: Callable[[date], Any],
    followed: Callable[[], Subquery],
    code: str,
    day: date | None,
) -> Place | None:
    if day is not None:
        places = on(day).subquery()
        held = session.scalar(select(places.c.id).where(places.c.code == code))
        return session.get(model, held) if held is not None else None
    last = session.scalar(
        select(model)
        .where(model.code == code)
        .order_by(model.valid_to.is_(None).desc(), model.valid_to.desc())
        .limit(1)
    )
    if last is None or last.valid_to is None:
        return last
    line = followed()
    now = session.scalar(select(line.c.now).where(line.c.old == last.id))
    return session.get(model, now) if now is not None else last


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a family tree: who came from whom, when, by what decree, with what share."""

    day: date
    title: str
    reorganisation_id: int
    old: str
    new: str
    share: tuple[int, int]


def lineage_of(session: Session, reorganisation_id: int) -> Sequence[Step]:
    """Return who became whom by one decree: areas, then units; each in the order of names."""
    steps: list[Step] = []
    pairs: tuple[tuple[Any, Any], ...] = ((Area, AreaLineage), (Unit, UnitLineage))
    for model, lineage in pairs:
        old, new = aliased(model), aliased(model)
        steps += _steps(
            session,
            _lineage(old, new, lineage)
            .where(Reorganisation.id == reorganisation_id)
            .order_by(new.search_key, old.search_key),
        )
    return steps


def _lineage(old: Any, new: Any, lineage: Any) -> Select[Any]:
    """Select the fields of a `Step` from every predecessor (`old`) to every successor (`new`)."""
    return (
        select(
            Reorganisation.effective_on, Reorganisation.title, Reorganisation.id, old.code, old.name, new.code, new.name,
            lineage.share_part, lineage.share_whole,
        )
        .select_from(lineage)
        .join(ReorganisationEvent, ReorganisationEvent.id == lineage.event_id)
        .join(Reorganisation, Reorganisation.id == ReorganisationEvent.reorganisation_id)
        .join(old, old.id == lineage.predecessor_id)
        .join(new, new.id == lineage.successor_id)
    )  # fmt: skip


def _steps(session: Session, query: Select[Any]) -> list[Step]:
    return [
        Step(day, title, key, f"{a} {b}", f"{c} {d}", (part, whole))
        for day, title, key, a, b, c, d, part, whole in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Former:
    """How a place stood until a day, and which decree changed it."""

    valid_from: date
    valid_to: date
    code: str
    name: str
    above: str
    title: str
    reorganisation_id: int


def former_states(session: Session, place: Area | Unit) -> Sequence[Former]:
    """Return how an area or unit stood before its present state, the latest first."""
    past: Any = aliased(AreaPast if isinstance(place, Area) else UnitPast)
    stood = past.parent_id if isinstance(place, Area) else past.area_id
    own = past.area_id if isinstance(place, Area) else past.unit_id
    rows = session.execute(
        select(
            past.valid_from,
            past.valid_to,
            past.code,
            past.name,
            Area.name,
            Reorganisation.title,
            Reorganisation.id,
        )
        .select_from(past)
        .join(ReorganisationEvent, ReorganisationEvent.id == past.event_id)
        .join(Reorganisation, Reorganisation.id == ReorganisationEvent.reorganisation_id)
        .outerjoin(Area, Area.id == stood)
        .where(own == place.id)
        .order_by(past.valid_from.desc())
    )
    return [Former(a, b, code, name, above or "", title, key) for a, b, code, name, above, title, key in rows]


def family_of(session: Session, place: Area | Unit) -> Sequence[Step]:
    """Return from whom an area or unit came and what became of it, the latest first."""
    model: Any = Area if isinstance(place, Area) else Unit
    lineage: Any = AreaLineage if isinstance(place, Area) else UnitLineage
    old, new = aliased(model), aliased(model)
    return _steps(
        session,
        _lineage(old, new, lineage)
        .where(or_(lineage.predecessor_id == place.id, lineage.successor_id == place.id))
        .order_by(Reorganisation.effective_on.desc(), new.code, old.code)
        .limit(200),
    )

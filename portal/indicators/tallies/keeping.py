"""Keeping tallies: brought up to the facts turn by turn, built for the days that pages ask for, compared with the facts.

One turn takes the marks it sees, counts what they mean from facts read after that, and takes just these marks away, in
one transaction and one at a time: a fact that is written meanwhile has its own mark, which stays.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from portal.core.db import db, insert_once, unit_of_work
from portal.core.organisation.models import Unit
from portal.indicators import compute, queries
from portal.indicators.catalogue import plans
from portal.indicators.definitions import Plan
from portal.indicators.models import Tally, TallyDay, TallyMark, TallyState
from portal.indicators.periods import Period, running, since
from portal.indicators.tallies.reading import CROWD, HOME, HOUSEHOLDS, STAFF, basis, marked

#: Marks of one turn.
AT_ONCE = 5000
#: If more of the units than one in so many are marked, building all days anew is quicker.
SHARE = 4
#: Units of a step on SQLite, where nobody else writes meanwhile.
STEP = 100
INSERT = 5000

Key = tuple[str, int, str | None, str | None, int, int, int | None]


def counted(
    session: Session,
    plan: Plan,
    day: date,
    courses: Mapping[str, tuple[int, int]],
    units: Collection[int] | None,
) -> Counter[Key]:
    """Return how many are alike on a day, of some units or of all, from the facts."""
    found: Counter[Key] = Counter()
    of_families = queries.taken(plan, courses)
    for unit, audience, held, facts, person, number in queries.staff_rows(
        session, plan, day, courses, None, units, widely=True
    ):
        found[STAFF, unit, audience, None, held, facts, person] += number
    for what, unit, held, pairs, number in queries.home_rows(session, day, of_families, units):
        found[what, unit, None, None, held, pairs, None] += number
    for unit, commune, held, number in queries.household_rows(session, day, of_families, units):
        found[HOUSEHOLDS, unit, None, commune, held, 0, None] += number
    for what, unit, code, held, number in queries.crowd_rows(session, day, of_families, CROWD, units):
        found[what, unit, None, code, held, 0, None] += number
    return found


def _write(session: Session, day_id: int, rows: Mapping[Key, int]) -> None:
    waiting = [
        {
            "day_id": day_id, "what": what, "unit": unit, "audience": audience, "commune": commune, "held": held,
            "facts": facts, "person": person, "people": number,
        }
        for (what, unit, audience, commune, held, facts, person), number in rows.items()
    ]  # fmt: skip
    for start in range(0, len(waiting), INSERT):
        session.execute(insert(Tally), waiting[start : start + INSERT])


def _take_turn(session: Session) -> TallyState:
    """Return the state, locked until the transaction ends: turns follow each other."""
    insert_once(session, TallyState, id=1, turn=0, places_turn=0, said_turn=0)
    return session.scalars(
        select(TallyState)
        .where(TallyState.id == 1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def freshen(session: Session) -> bool:
    """Count what is marked anew, some thousands of marks at a time; return whether there were any."""
    state = _take_turn(session)
    marks = session.execute(
        select(TallyMark.id, TallyMark.what, TallyMark.since).order_by(TallyMark.id).limit(AT_ONCE)
    ).all()
    if not marks:
        return False
    ids, kinds = [key for key, *_more in marks], {what for _key, what, _since in marks}
    first = min((since or date.min for _key, _what, since in marks), default=date.max)
    state.turn += 1
    kept = session.scalars(select(TallyDay).order_by(TallyDay.id)).all()
    stale: dict[int, date] = {}
    if kept and "all" not in kinds:
        rows = marked(last=ids[-1]).subquery()
        for unit, day in session.execute(select(rows.c.unit, rows.c.since)):
            stale[unit] = min(stale.get(unit, date.max), day or date.min)
    if not kept or "all" in kinds or len(stale) * SHARE > max(200, _units(session)):
        # everything is counted from the facts until the days are built anew
        session.execute(delete(Tally))
        session.execute(delete(TallyDay))
        session.execute(delete(TallyMark))
        kinds |= {"places", "said"}  # whatever else is deleted here was not looked at
    else:
        for one in kept:
            if first <= one.day:
                one.turn = state.turn
            _count_anew(session, one, [unit for unit, day in stale.items() if day <= one.day])
        session.execute(delete(TallyMark).where(TallyMark.id.in_(ids)))
    state.places_turn += "places" in kinds
    state.said_turn += "said" in kinds
    session.flush()
    return True


def _units(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Unit)) or 0


def _count_anew(session: Session, kept: TallyDay, units: Sequence[int]) -> None:
    """Write the tallies of some units on a day anew; of a day whose courses are others now, all go."""
    plan = plans().get(kept.plan)
    courses = queries.course_bits(session, plan) if plan is not None else {}
    if plan is None or basis(plan, courses) != kept.basis:
        _drop(session, kept)
        return
    for start in range(0, len(units), 500):
        some = units[start : start + 500]
        session.execute(delete(Tally).where(Tally.day_id == kept.id, Tally.unit.in_(some)))
        _write(session, kept.id, counted(session, plan, kept.day, courses, some))


def wanted(plan: Plan, today: date) -> list[date]:
    """Return the days that pages ask for, those of today first: today and tomorrow, every cut-off, and their bases."""
    periods = [running(today + timedelta(days=1)), *since(plan.signed_on, today)]
    found: dict[date, None] = {}

    def ask(period: Period, day: date) -> None:
        asked = compute.Asked(plan, plan.target_sets[0].code, period, day, now=True)
        found[day] = None
        for indicator in plan.indicators:
            found.update(dict.fromkeys(sorted(compute.days(asked, indicator))))

    ask(running(today), today)
    for period in periods:
        ask(period, min(period.cut_off, today))
    ask(running(today + timedelta(days=1)), today + timedelta(days=1))
    return list(found)


def tally(session: Session, plan: Plan, day: date) -> None:
    """Tally a day at once, in the transaction of `session`: on PostgreSQL nobody waits for it but other turns."""
    key = _begin(session, plan, day)
    _count_units(session, plan, day, key, None)
    _end(session, plan, key)


def build(plan: Plan, day: date) -> None:
    """Tally a day; on SQLite in steps, for nobody else writes during one. Taken up again where it was left."""
    with unit_of_work() as session:
        if session.get_bind().dialect.name != "sqlite":
            tally(session, plan, day)
            return
        key = _begin(session, plan, day)
    # a unit that comes after this is marked with its first post
    units = db.session.scalars(select(Unit.id).order_by(Unit.id)).all()
    for start in range(0, len(units), STEP):
        with unit_of_work() as session:
            if _count_units(session, plan, day, key, units[start : start + STEP]) is None:
                return
    with unit_of_work() as session:
        _end(session, plan, key)


def _begin(session: Session, plan: Plan, day: date) -> int:
    """Return the id of a day that nobody reads yet; from here on every turn brings it up to the facts, too."""
    state = _take_turn(session)
    digest = basis(plan, queries.course_bits(session, plan))
    known = session.scalars(select(TallyDay).where(TallyDay.plan == plan.code, TallyDay.day == day)).first()
    if known is not None and known.basis != digest:
        _drop(session, known)
        state.turn += 1
        known = None
    if known is None:
        known = TallyDay(plan=plan.code, day=day, basis=digest, ready=False, turn=state.turn)
        session.add(known)
        session.flush()
    return known.id


def _count_units(
    session: Session, plan: Plan, day: date, key: int, units: Sequence[int] | None
) -> TallyDay | None:
    """Write the tallies of some units (None: of all) and return their day; None: it is gone, everything has changed."""
    _take_turn(session)
    one = session.get(TallyDay, key)
    courses = queries.course_bits(session, plan)
    if one is None or one.basis != basis(plan, courses):
        return None
    here = [Tally.unit.in_(units)] if units is not None else []
    session.execute(delete(Tally).where(Tally.day_id == key, *here))
    _write(session, key, counted(session, plan, day, courses, units))
    return one


def _end(session: Session, plan: Plan, key: int) -> None:
    """Let the day be read."""
    state = _take_turn(session)
    one = session.get(TallyDay, key)
    if one is not None and one.basis == basis(plan, queries.course_bits(session, plan)):
        state.turn += 1
        one.ready, one.turn = True, state.turn
    session.flush()


def due(session: Session, today: date) -> bool:
    """Return whether there is something to do: a look that locks nothing."""
    if session.scalar(select(TallyMark.id).limit(1)) is not None:
        return True
    asked = {
        (plan.code, day, basis(plan, queries.course_bits(session, plan)))
        for plan in plans().values()
        for day in wanted(plan, today)
    }
    kept = session.execute(select(TallyDay.plan, TallyDay.day, TallyDay.basis, TallyDay.ready)).all()
    return asked != {(plan, day, digest) for plan, day, digest, ready in kept if ready}


def tend(today: date) -> bool:
    """Do one step of what there is to do; return whether there may be more.

    Marks come first, then the days that nobody has tallied yet, then those that nobody asks for any more.
    """
    with unit_of_work() as session:
        if freshen(session):
            return True
        for plan in plans().values():
            courses = queries.course_bits(session, plan)
            digest = basis(plan, courses)
            ready = set(
                session.scalars(
                    select(TallyDay.day).where(
                        TallyDay.plan == plan.code, TallyDay.basis == digest, TallyDay.ready
                    )
                )
            )
            lacking = [day for day in wanted(plan, today) if day not in ready]
            if lacking:
                break
        else:
            return _let_go(session, today)
    build(plan, lacking[0])
    return True


def _let_go(session: Session, today: date) -> bool:
    asked = {(plan.code, day) for plan in plans().values() for day in wanted(plan, today)}
    state = _take_turn(session)
    old = [one for one in session.scalars(select(TallyDay)).all() if (one.plan, one.day) not in asked]
    for one in old:
        _drop(session, one)
        state.turn += 1
    return bool(old)


def _drop(session: Session, one: TallyDay) -> None:
    """Delete a day; whoever does it ends a turn."""
    session.execute(delete(Tally).where(Tally.day_id == one.id))
    session.execute(delete(TallyDay).where(TallyDay.id == one.id))
    session.expunge(one)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a tally and the facts are not the same."""

    plan: str
    day: date
    what: str
    unit: int
    tallied: int
    counted: int


def compare(session: Session) -> Iterator[tuple[TallyDay, list[Difference]]]:
    """Yield every day that is kept, and where its tallies differ from the facts. `session` must hold one view.

    What is marked is left out: readers count it from the facts, too. Each day is counted at once, by other statements
    than those that keep it up to date.
    """
    rows = marked().subquery()
    stale: dict[int, date] = {}
    for unit, day in session.execute(select(rows.c.unit, rows.c.since)):
        stale[unit] = min(stale.get(unit, date.max), day or date.min)
    for one in session.scalars(
        select(TallyDay).where(TallyDay.ready).order_by(TallyDay.plan, TallyDay.day)
    ).all():
        plan = plans().get(one.plan)
        courses = queries.course_bits(session, plan) if plan is not None else {}
        if plan is None or basis(plan, courses) != one.basis:
            continue  # nobody reads it
        kept: Counter[Key] = Counter()
        for what, unit, audience, commune, held, facts, person, number in session.execute(
            select(
                Tally.what, Tally.unit, Tally.audience, Tally.commune, Tally.held, Tally.facts, Tally.person,
                Tally.people,
            ).where(Tally.day_id == one.id)
        ):  # fmt: skip
            kept[what, unit, audience, commune, held, facts, person] += number
        facts_of = counted(session, plan, one.day, courses, None)
        units: dict[tuple[str, int], None] = {}
        for key in kept.keys() | facts_of.keys():
            if kept[key] != facts_of[key] and stale.get(key[1], date.max) > one.day:
                units[key[0], key[1]] = None
        yield (
            one,
            [
                Difference(one.plan, one.day, what, unit, _sum(kept, what, unit), _sum(facts_of, what, unit))
                for what, unit in sorted(units)
            ],
        )


def _sum(rows: Mapping[Key, int], what: str, unit: int) -> int:
    return sum(number for key, number in rows.items() if key[:2] == (what, unit))


def forget(session: Session) -> None:
    """Throw all tallies away: figures are counted from the facts until they are built anew."""
    state = _take_turn(session)
    session.execute(delete(Tally))
    session.execute(delete(TallyDay))
    state.turn += 1
    session.flush()


__all__ = [
    "HOME",
    "Difference",
    "build",
    "compare",
    "counted",
    "due",
    "forget",
    "freshen",
    "tally",
    "tend",
    "wanted",
]

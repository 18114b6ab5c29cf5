"""Working events out: what each kind of reorganisation does to every row, before anything is written. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from portal.core.names import fold, tidy
from portal.core.organisation.book import Book
from portal.core.organisation.reorganise import (
    AREA_KINDS,
    Event,
    Fault,
    Impossible,
    Kind,
    Plan,
    State,
    Subject,
    Successor,
)
from portal.core.text import N_


def plan(events: Sequence[tuple[int, Event]], day: date, state: State) -> Plan:
    """Return what the events (each with the id of its row) would change on `day`, one after the other.

    Either every event can be, and there are changes; or there are faults and nothing to apply.
    """
    book = Book(state, day)
    faults = []
    for number, (event_id, event) in enumerate(events, 1):
        book.event_id, book.number = event_id, number
        try:
            _STEPS[event.kind](book, event)
        except Impossible as fault:
            faults.append(Fault(number, fault.message, fault.values))
    if not faults:
        faults.extend(book.twice())
    return Plan(() if faults else tuple(book.changes()), tuple(faults))


def _merge(book: Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if len(event.successors) != 1:
        raise Impossible(N_("A merge has one successor."))
    if not olds and not event.outside:
        raise Impossible(N_("A merge needs at least one predecessor."))
    wanted = event.successors[0]
    came = {
        unit: (book.rows["area"][old]["code"], book.rows["area"][old]["name"])
        for old in (olds if event.subject == Subject.AREA else ())
        for unit in book.at("unit", "area_id", old)
    }
    new = _stand(book, event, wanted, olds)
    _lift(book, event.subject, new, [old for old in olds if old != new])
    for old in olds:
        book.lineage(event.subject, old, new, Fraction(1), main=True)
        if old != new:
            _hand_over(book, event.subject, old, {0: new})
            book.end(event.subject, old, new)
    if event.subject == Subject.UNIT:
        book.rebase(olds, [new])
    if event.subject == Subject.AREA and event.along:
        _along(book, event.along, new, came)


def _split(book: Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if len(olds) != 1:
        raise Impossible(N_("A split has one predecessor."))
    if len(event.successors) < 2:
        raise Impossible(N_("A split needs at least two successors."))
    if sum((one.share for one in event.successors), Fraction(0)) != 1 or any(
        one.share <= 0 for one in event.successors
    ):
        raise Impossible(N_("The shares of a split are above nought and sum to 1."))
    old = olds[0]
    staying = [one for one in event.successors if one.goes_on]
    if len(staying) > 1:
        raise Impossible(N_("Only one successor can be the predecessor that goes on."))
    made = {one.code: _stand(book, event, one, olds) for one in event.successors}
    if len(made) < len(event.successors):
        raise Impossible(N_("Two successors have the same code."))
    first = staying[0] if staying else max(event.successors, key=lambda one: one.share)
    for one in event.successors:
        book.lineage(event.subject, old, made[one.code], one.share, main=one is first)
    for key in made.values():
        _lift(book, event.subject, key, [] if staying else [old])
    chosen = {0: made[first.code]}
    for what, code in event.assign.items():
        sort, _, text = what.partition(":")
        if code not in made:
            raise Impossible(N_("%(code)s is none of the successors."), code=code)
        if sort in ("unit", "area"):
            chosen_key = book.now(sort, text)
            column = {
                ("unit", "area"): "area_id",
                ("unit", "unit"): "parent_id",
                ("area", "area"): "parent_id",
            }.get((sort, str(event.subject)))
            if column is None or book.rows[sort][chosen_key][column] != old:
                raise Impossible(N_("%(what)s does not stand in what is split."), what=what)
            book.restate(sort, chosen_key, **{column: made[code]})
        elif sort == "person" and event.subject == Subject.UNIT:
            ids = [user for user, staff_code in book.people.items() if staff_code == text.upper()]
            if not ids:
                raise Impossible(N_("Nobody with the staff code %(code)s has a post there."), code=text)
            chosen.update(dict.fromkeys(ids, made[code]))
        else:
            raise Impossible(
                N_(
                    "%(what)s cannot be sent to a successor; write unit:CODE, area:CODE or person:STAFF-CODE."
                ),
                what=what,
            )
    _hand_over(book, event.subject, old, chosen)
    if event.subject == Subject.UNIT:
        book.rebase(olds, list(made.values()))
    if not staying:
        book.end(event.subject, old, made[first.code])


def _rename(book: Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if len(olds) != 1 or len(event.successors) != 1:
        raise Impossible(N_("A rename has one predecessor and one new name."))
    old, wanted = olds[0], event.successors[0]
    name = tidy(wanted.name)
    row = book.rows[event.subject][old]
    code = wanted.code or row["code"]
    if not name and code == row["code"]:
        raise Impossible(N_("A rename has one predecessor and one new name."))
    if code != row["code"]:
        _free(book, event.subject, code)
        book.claims[event.subject, code] = (book.number, old)
    book.restate(event.subject, old, name=name or row["name"], code=code)


def _move(book: Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if not olds or len(event.successors) != 1:
        raise Impossible(N_("A move names what is moved, and where to."))
    wanted = event.successors[0]
    values: dict[str, Any] = {}
    if wanted.parent:
        values["parent_id"] = book.now(event.subject, wanted.parent)
    if event.subject == Subject.UNIT:
        if wanted.area:
            values["area_id"] = book.now("area", wanted.area)
        if wanted.sector:
            values["sector"] = wanted.sector
    if not values:
        raise Impossible(N_("A move names what is moved, and where to."))
    for old in olds:
        above, passed = values.get("parent_id"), set[int]()
        while above is not None and above not in passed:
            passed.add(above)
            if above == old:
                raise Impossible(
                    N_("%(name)s cannot be moved below itself."), name=book.rows[event.subject][old]["name"]
                )
            above = book.rows[event.subject][above]["parent_id"]
        book.restate(event.subject, old, **values)


def _abolish(book: Book, event: Event) -> None:
    olds = _predecessors(book, event)
    if not olds or len(event.successors) > 1:
        raise Impossible(N_("Abolishing names what ends, and at most one that takes over what stands in it."))
    into = book.now(event.subject, event.successors[0].code) if event.successors else None
    for old in olds:
        row = book.rows[event.subject][old]
        if into == old:
            raise Impossible(N_("%(name)s cannot take over from itself."), name=row["name"])
        if into is not None:
            _lift(book, event.subject, into, [old])
        book.end(event.subject, old)
        records = [one for one in book.followers if one.subject == event.subject and not one.dated]
        standing = sum(
            one.going_on(book.rows[one.table][key], book.day)
            for one in records
            for key in book.at(one.table, one.column, old)
        )
        if event.subject == Subject.AREA:
            standing += sum(
                not book.rows[table][key].get("valid_to")
                for table, column in (("area", "parent_id"), ("unit", "area_id"))
                for key in book.at(table, column, old)
            )
        if standing and into is None:
            raise Impossible(
                N_(
                    "%(name)s cannot be abolished: %(count)d areas, units or records stand in it. Say who takes them over."
                ),
                name=row["name"],
                count=standing,
            )
        if event.subject == Subject.AREA:
            if into is not None:
                book.lineage("area", old, into, Fraction(1), main=True)
                _hand_over(book, Subject.AREA, old, {0: into}, abolished=True)
                book.end("area", old, into)
                continue
        else:
            book.rebase([old], [])
            for one in records:
                book.follow(one, old, into)
            for key in book.at("unit", "parent_id", old):
                if key != into:
                    book.restate("unit", key, parent_id=into if into is not None else row["parent_id"])
        for follower in book.followers:
            if follower.subject == event.subject and follower.dated:
                book.follow(follower, old, None)


_STEPS = {
    Kind.MERGE: _merge,
    Kind.SPLIT: _split,
    Kind.RENAME: _rename,
    Kind.MOVE: _move,
    Kind.ABOLISH: _abolish,
}


def _predecessors(book: Book, event: Event) -> list[int]:
    """Return who the event happens to; of `outside`, those that this portal holds after all."""
    if len(set(event.predecessors)) < len(event.predecessors):
        raise Impossible(N_("A predecessor is named twice."))
    found = [book.before(event.subject, code) for code in event.predecessors]
    for text in event.outside:
        try:
            key = book.before(event.subject, text)
        except Impossible:
            continue
        if key not in found:
            found.append(key)
    return found


def _free(book: Book, subject: str, code: str) -> None:
    """Refuse a code that somebody else holds from the day on and whom no event of the decree ends."""
    if not code:
        raise Impossible(N_("A successor needs a code."))
    holders = [key for key in book.codes.get((subject, code), ()) if book.rows[subject][key]["code"] == code]
    for key in holders:
        row = book.rows[subject][key]
        if key < 0 or row["valid_from"] >= book.day:
            raise Impossible(N_("The code %(code)s is taken by %(name)s."), code=code, name=row["name"])


def _stand(book: Book, event: Event, wanted: Successor, olds: Sequence[int]) -> int:
    """Return the number of a successor: the predecessor that goes on, or a new row."""
    subject = str(event.subject)
    model = book.rows[subject][olds[0]] if olds else {}
    if wanted.goes_on:
        found = [key for key in olds if book.rows[subject][key]["code"] == wanted.code]
        if not found:
            raise Impossible(N_("%(code)s goes on, and is none of the predecessors."), code=wanted.code)
        if wanted.name:
            book.restate(subject, found[0], name=tidy(wanted.name))
        return found[0]
    _free(book, subject, wanted.code)
    if not tidy(wanted.name):
        raise Impossible(N_("The new %(code)s needs a name."), code=wanted.code)
    parent = book.now(subject, wanted.parent) if wanted.parent else model.get("parent_id")
    values: dict[str, Any] = {
        "code": wanted.code,
        "kind": wanted.kind or model.get("kind") or "",
        "name": tidy(wanted.name),
        "search_key": fold(wanted.name),
        "parent_id": parent,
        "valid_from": book.day,
        "valid_to": None,
    }
    if subject == "unit":
        if wanted.area:
            values["area_id"] = book.now("area", wanted.area)
        elif model:
            values["area_id"] = model["area_id"]
        else:
            raise Impossible(N_("The new %(code)s needs an area."), code=wanted.code)
        values["sector"] = wanted.sector or model.get("sector", "")
    if not values["kind"] or (subject == "area" and values["kind"] not in AREA_KINDS):
        raise Impossible(N_("The new %(code)s needs a kind."), code=wanted.code)
    key = book.insert(subject, **values)
    book.claims[subject, wanted.code] = (book.number, key)
    return key


def _lift(book: Book, subject: str, new: int, olds: Sequence[int]) -> None:
    """Let a successor that would stand below one of those that end stand where the topmost of them stood."""
    chain, here = [new], book.rows[subject][new]["parent_id"]
    while here is not None and here not in chain:
        chain.append(here)
        here = book.rows[subject][here]["parent_id"]
    if here is not None:
        raise Impossible(N_("%(name)s cannot be moved below itself."), name=book.rows[subject][new]["name"])
    ending = [key for key in chain[1:] if key in olds]
    if ending:
        book.restate(subject, new, parent_id=book.rows[subject][ending[-1]]["parent_id"])


def _hand_over(
    book: Book, subject: Subject, old: int, chosen: Mapping[int, int], *, abolished: bool = False
) -> None:
    """Let everything at `old` go on at its successor: `chosen[0]`, or for a person's rows hers."""
    new = chosen[0]
    places = (
        (("area", "parent_id"), ("unit", "area_id")) if subject == Subject.AREA else (("unit", "parent_id"),)
    )
    if new != old:
        for table, column in places:
            for key in book.at(table, column, old):
                if (table, key) != (subject, new):
                    book.restate(table, key, **{column: new})
    for follower in book.followers:
        if follower.subject == subject:
            book.follow(follower, old, None if abolished and follower.grants else chosen)


def _along(book: Book, kinds: Iterable[str], area: int, came: Mapping[int, tuple[str, str]]) -> None:
    """Merge the units of some kinds that came with merged areas: one of each kind and sector remains.

    `came` gives the code and name of the area in which each stood: code and name of the new unit are made from the
    first one's, with the new area's in their place.
    """
    here = book.rows["area"][area]
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key in sorted(came):
        row = book.rows["unit"][key]
        if row["kind"] in kinds and row["valid_to"] is None and row["valid_from"] < book.day:
            groups[row["kind"], row["sector"]].append(key)
    for (kind, _sector), units in sorted(groups.items()):
        first = book.rows["unit"][units[0]]
        old_code, old_name = came[units[0]]
        fits = old_name in first["name"]
        name = first["name"].replace(old_name, here["name"]) if fits else f"{first['name']} – {here['name']}"
        if len(units) == 1:
            if fits:
                book.restate("unit", units[0], name=name)
            continue
        code = first["code"].replace(old_code, here["code"])
        one = Successor(
            code if old_code in first["code"] else f"{kind}-{here['code']}", name, area=here["code"]
        )
        codes = tuple(book.rows["unit"][key]["code"] for key in units)
        _merge(book, Event(Kind.MERGE, Subject.UNIT, codes, (one,)))

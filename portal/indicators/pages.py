"""One page of rows: filtered, counted by reason, and who of them is named. Used by the page and by the file."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, islice

from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience
from portal.core.organisation.models import Sector
from portal.indicators import compute, opening
from portal.indicators.compute import Facts
from portal.indicators.definitions import Indicator, Way
from portal.indicators.opening import shelved
from portal.indicators.opening.names import matching
from portal.indicators.opening.row import Row
from portal.indicators.opening.shelved import Called, Shelf, Shelves
from portal.indicators.places import Where
from portal.indicators.queries import FACTS
from portal.indicators.shelves import Size

PAGE = 50
#: Lists of no more rows than these are read as a whole, so that reasons have numbers. Of a longer one a page reads what
#: it shows: a commune's officers are a dozen, a province's parents three hundred thousand.
MOST_READ = 500
#: Rows that are read together where it is not known how many of them fit.
BUNDLE = 200
MOST_AT_ONCE = 2_000
#: Rows of units that are looked through together for a name that thousands have.
LOOKED_THROUGH = 4_000
#: Rows that one answer writes to a file; a longer one is made in the background.
AT_ONCE = 5_000
POLICE = frozenset({Audience.POLICE_OFFICER, Audience.INVESTIGATOR})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for. state: counted, not_counted or all. of: `people` inside facilities or areas."""

    state: str = "all"
    reason: str = ""
    part: str = ""
    search: str = ""
    of: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows. whole: whether the total is all there are; else there are at least so many.

    reasons: how many rows have each; None where they were not counted. parts, counted, not_counted: of all rows; with
    `at_least`, of those on lists, beside which others may stand.
    """

    rows: list[Row]
    more: bool
    total: int
    whole: bool
    reasons: Mapping[str, int | None] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    counted: int = 0
    not_counted: int = 0
    at_least: bool = False


def shows_people(indicator: Indicator) -> bool:
    """Return whether a figure of facilities or areas opens further into the people inside."""
    rule = indicator.rules[-1]
    return indicator.way in (Way.FACILITIES, Way.AREAS) and bool(rule.groups)


def asks_reason(facts: Facts, indicator: Indicator, where: Where, wanted: Wanted) -> bool:
    """Return whether a list may hold police officers by name or code: such a list asks why it is opened.

    A figure that is frozen lists who stood there on its own day, when there may have been police that are no more.
    """
    if indicator.way in (Way.FACILITIES, Way.AREAS) and wanted.of != "people":
        return False
    rule = indicator.rule_on(facts.asked.day)
    groups = any(POLICE.intersection(group.audiences) for group in rule.groups)
    return groups and any(
        unit.sector == Sector.POLICE
        for day in compute.days(facts.asked, indicator)
        for unit in facts.of(where)(day).units.values()
    )


def all_rows(facts: Facts, indicator: Indicator, where: Where, wanted: Wanted) -> Iterator[Row]:
    """Yield every row of a figure, or of the people inside it."""
    if wanted.of == "people":
        return opening.people(facts, indicator, where)
    return opening.rows(facts, indicator, where)


def fitting(session: Session, some: Iterable[Row], wanted: Wanted) -> Iterator[Row]:
    """Yield the rows that were asked for."""
    fits = _fits(session, wanted)
    return (row for row in some if fits(row))


def _fits(session: Session, wanted: Wanted, people: Collection[int] | None = None) -> Callable[[Row], bool]:
    """Return whether a row was asked for. people: whose rows alone will be asked about, None: anybody's."""
    called = matching(session, wanted.search, people) if wanted.search else None

    def fits(row: Row) -> bool:
        return (
            (wanted.state != "counted" or row.counted)
            and (wanted.state != "not_counted" or not row.counted)
            and (not wanted.reason or row.reason == wanted.reason)
            and (not wanted.part or row.part == wanted.part)
            and (called is None or called(row))
        )

    return fits


def page(facts: Facts, indicator: Indicator, where: Where, wanted: Wanted) -> Found:
    """Return one page of rows: those of `all_rows` that fit, in their order.

    Of a short list all rows are read. Of a long one it is known unit by unit how many rows there are, so only the units
    are read that the page shows; filtered by a reason or a name, those before them that may have such rows.
    """
    shelves = opening.shelves(facts, indicator, where, inside=wanted.of == "people")
    if shelves is None:
        return _all(facts, all_rows(facts, indicator, where, wanted), wanted)
    sizes = shelves.sizes()
    if sum(size.total() for size in sizes.values()) <= MOST_READ:
        stream = chain(shelves.read([key for key in shelves.keys if key in sizes]), shelves.rest())
        return _all(facts, stream, wanted)
    parts: Counter[str] = Counter()
    counted = not_counted = 0
    for size in sizes.values():
        for (counts, part), number in size.items():
            counted += number if counts else 0
            not_counted += 0 if counts else number
            if part is not None:
                parts[part] += number
    if wanted.search:
        made = _searched(facts, shelves, sizes, wanted)
    elif wanted.reason:
        made = _sifted(shelves, sizes, wanted, _fits(facts.session, wanted))
    else:
        made = _cut(shelves, sizes, wanted, _fits(facts.session, wanted))
    reasons = dict.fromkeys((*shelves.reasons, *_facts_asked(indicator, facts)))
    return replace(
        made,
        reasons=reasons,
        parts=dict(parts),
        counted=counted,
        not_counted=not_counted,
        at_least=shelves.loose,
    )


def _facts_asked(indicator: Indicator, facts: Facts) -> Iterator[str]:
    """Yield the reasons that name a fact about a person that the rule asks for."""
    for group in indicator.rule_on(facts.asked.day).groups:
        yield from (f"fact:{code}" for need in group.needs for code in need if code in FACTS)
        yield from (f"only:{code}" for code in group.only)


def _all(facts: Facts, stream: Iterable[Row], wanted: Wanted) -> Found:
    """Return a page of rows that are all read."""
    some = list(stream)
    people = {row.key for row in some if row.kind == "person"}
    fits = _fits(facts.session, wanted, people)
    first = (wanted.page - 1) * PAGE
    fitting_rows = [row for row in some if fits(row)]
    reasons = Counter(row.reason for row in some if row.reason)
    parts = Counter(row.part for row in some if row.part is not None)
    counted = sum(row.counted for row in some)
    total = len(fitting_rows)
    return Found(
        fitting_rows[first : first + PAGE],
        total > first + PAGE,
        total,
        True,
        dict(reasons),
        dict(parts),
        counted,
        len(some) - counted,
    )


def _may_fit(wanted: Wanted, counted: bool, part: str | None) -> bool:
    """Return whether rows of a state and group are asked for, as far as these say."""
    return (
        (wanted.state != "counted" or counted)
        and (wanted.state != "not_counted" or not counted)
        and (not wanted.part or part == wanted.part)
        and (not wanted.reason or not counted)
    )


def _number(size: Size, wanted: Wanted) -> int:
    return sum(number for (counted, part), number in size.items() if _may_fit(wanted, counted, part))


def _cut(shelves: Shelves, sizes: Mapping[Shelf, Size], wanted: Wanted, fits: Callable[[Row], bool]) -> Found:
    """Return a page of rows of which it is known how many stand where."""
    first, total = (wanted.page - 1) * PAGE, 0
    shown: list[Shelf] = []
    skip = 0
    for key in shelves.keys:
        number = _number(sizes[key], wanted) if key in sizes else 0
        if number and total < first + PAGE and total + number > first:
            if not shown:
                skip = first - total
            shown.append(key)
        total += number
    state = {"counted": True, "not_counted": False}.get(wanted.state)
    rows = list(shelves.cut(shown, state, wanted.part, skip, PAGE)) if shown else []
    loose = shelves.loose and state is not True
    if not loose or first + PAGE < total:
        return Found(rows, first + PAGE < total, total, not loose)
    others = [row for row in shelves.rest() if fits(row)]
    rows += others[max(0, first - total) : max(0, first + PAGE - total)]
    total += len(others)
    return Found(rows, first + PAGE < total, total, True)


def _sifted(
    shelves: Shelves, sizes: Mapping[Shelf, Size], wanted: Wanted, fits: Callable[[Row], bool]
) -> Found:
    """Return a page of rows with a reason: how many a unit has of it is known when its rows are read.

    Where few people may have it, these are found first, and of them alone the rows are read.
    """
    keys = [
        (key, number)
        for key in shelves.keys
        if key in sizes and shelves.bears(key, wanted.reason) and (number := _number(sizes[key], wanted))
    ]

    def some() -> Iterator[Row]:
        if keys and (who := shelves.who(wanted.reason)) is not None:
            yield from _of_people(shelves, keys, shelves.hits(who))
        else:
            # a page that is far away is reached in larger steps
            for bundle in _bundles(keys, max(BUNDLE, min(wanted.page * PAGE, MOST_AT_ONCE))):
                yield from shelves.read(bundle)
        if shelves.ends_with(wanted.reason):
            yield from shelves.rest()

    return _streamed((row for row in some() if fits(row)), wanted)


def _searched(facts: Facts, shelves: Shelves, sizes: Mapping[Shelf, Size], wanted: Wanted) -> Found:
    """Return a page of rows by a name: the people called so are found first, and of these alone the rows are read.

    In a small place they are found there, and where thousands are called so some units at a time, until the page is full.
    """
    small = sum(size.total() for size in sizes.values()) <= LOOKED_THROUGH
    called = Called.of(facts.session, wanted.search, first=not small)
    keys = [
        (key, number)
        for key in shelves.keys
        if key in sizes
        and (not wanted.reason or shelves.bears(key, wanted.reason))
        and (number := _number(sizes[key], wanted))
    ]
    in_units = sum(number for (_of, unit), number in keys if unit in called.units)
    few = called.few is not None and in_units <= shelved.MOST_NAMED
    hits = shelves.hits(called.posted) if few else None

    def some() -> Iterator[Row]:
        for whole, of in groupby(keys, key=lambda one: shelves.called(one[0], called.units)):
            if whole:
                for bundle in _bundles(list(of), BUNDLE):
                    yield from shelves.read(bundle)
            elif hits is not None:
                yield from _of_people(shelves, list(of), hits)
            else:
                numbers = dict(of)
                for bundle in _bundles(list(numbers.items()), LOOKED_THROUGH):
                    here = [(key, numbers[key]) for key in bundle]
                    yield from _of_people(shelves, here, shelves.hits(called.posted, bundle))
        if shelves.loose and (not wanted.reason or shelves.ends_with(wanted.reason)):
            yield from shelves.rest(called)

    return _streamed(_fitting_in_bundles(facts.session, some(), wanted), wanted)


def _of_people(
    shelves: Shelves, keys: Sequence[tuple[Shelf, int]], hits: Mapping[Shelf, Sequence[tuple[int, int]]]
) -> Iterator[Row]:
    """Yield the rows of some people on some shelves."""
    with_some = [(key, len(hits[key])) for key, _number in keys if hits.get(key)]
    for bundle in _bundles(with_some, BUNDLE):
        people = dict.fromkeys(
            person for _order, person in sorted(hit for key in bundle for hit in hits[key])
        )
        yield from shelves.read(bundle, list(people))


def _fitting_in_bundles(session: Session, some: Iterator[Row], wanted: Wanted) -> Iterator[Row]:
    """Yield rows that fit; who is called so is asked for some rows at a time."""
    while bundle := list(islice(some, BUNDLE)):
        fits = _fits(session, wanted, {row.key for row in bundle if row.kind == "person"})
        yield from (row for row in bundle if fits(row))


def _bundles(keys: Sequence[tuple[Shelf, int]], many: int) -> Iterator[list[Shelf]]:
    """Yield shelves some at a time, so that about so many rows are read together."""
    some: list[Shelf] = []
    number = 0
    for key, of_it in keys:
        some.append(key)
        number += of_it
        if number >= many:
            yield some
            some, number = [], 0
    if some:
        yield some


def _streamed(fitting_rows: Iterator[Row], wanted: Wanted) -> Found:
    """Return a page of rows that come one by one; beyond the page one more is read, and a short list to its end."""
    first = (wanted.page - 1) * PAGE
    found = list(islice(fitting_rows, first + PAGE + 1))
    whole = len(found) <= first + PAGE
    return Found(found[first : first + PAGE], not whole, len(found) if whole else first + PAGE, whole)

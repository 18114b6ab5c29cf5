"""One page of rows: filtered, counted by reason, and who of them is named. Used by the page and by the file."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience
from portal.core.organisation.models import Sector
from portal.indicators import compute, opening
from portal.indicators.compute import Facts
from portal.indicators.definitions import Indicator, Way
from portal.indicators.opening import Row
from portal.indicators.places import Where

PAGE = 50
#: Rows read for a page before its counts are given up (and shown with a plus): a commune's parents are hundreds, a
#: province's half a million, and nobody waits for these to be counted by reason when the figure says their sum.
MOST_READ = 1_000
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
    """A page of rows. whole: whether every row was read, so that the counts are all there are."""

    rows: list[Row]
    more: bool
    total: int
    whole: bool
    reasons: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    counted: int = 0
    not_counted: int = 0


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


def _fits(session: Session, wanted: Wanted) -> Callable[[Row], bool]:
    called = opening.matching(session, wanted.search) if wanted.search else None

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
    """Return one page of rows, with how many there are of each reason and part as far as was read."""
    fits = _fits(facts.session, wanted)
    first = (wanted.page - 1) * PAGE
    reasons: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    chosen: list[Row] = []
    total = counted = not_counted = 0
    stream = all_rows(facts, indicator, where, wanted)
    whole = True
    for read, row in enumerate(stream, 1):
        reasons[row.reason] += 1
        if row.part is not None:
            parts[row.part] += 1
        counted += row.counted
        not_counted += not row.counted
        if fits(row):
            if first <= total < first + PAGE:
                chosen.append(row)
            total += 1
        if read >= MOST_READ and total > first + PAGE:
            whole = next(chain(stream, [None]), None) is None
            break
    reasons.pop("", None)
    return Found(chosen, total > first + PAGE, total, whole, dict(reasons), dict(parts), counted, not_counted)
